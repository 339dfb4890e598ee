#include "admin/http/response_writer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string_view>

namespace tenon::admin {

namespace {

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  for (const char c : value)
    if (c != '\r' && c != '\n') out += c;
  out += "\r\n";
}

bool has_field(const HttpResponse& response, std::string_view name) {
  return std::any_of(response.fields.begin(), response.fields.end(),
                     [&](const auto& field) { return equal_ignoring_case(field.first, name); });
}

void append_link_field(std::string& out, ResponseShape::Link link) {
  if (link == ResponseShape::Link::closed) append_field(out, "Connection", "close");
  if (link == ResponseShape::Link::kept_1_0) append_field(out, "Connection", "keep-alive");
}

}  // namespace

std::string http_date(UnixMs time) {
  using namespace std::chrono;
  constexpr std::array<const char*, 7> days_of_week = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto at = floor<seconds>(sys_time<milliseconds>{milliseconds{time}});
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss clock{at - day};
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                days_of_week[weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
                months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

void append_response(std::string& out, const HttpResponse& response, ResponseShape shape, UnixMs now) {
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  out += reason_phrase(response.status);
  out += "\r\n";
  append_field(out, "Date", http_date(now));
  // A 304 ends with its header: it has no content, nor says anything of one (RFC 9110 section 15.4.5).
  const bool has_content = response.status != 304;
  if (has_content) {
    append_field(out, "Content-Type", response.content_type);
    append_field(out, "Content-Length", std::to_string(response.body.size()));
  }
  if (!has_field(response, "Cache-Control")) append_field(out, "Cache-Control", "no-store");
  append_field(out, "X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.fields) append_field(out, name, value);
  append_link_field(out, shape.link);
  out += "\r\n";
  if (has_content && shape.body == ResponseShape::Body::sent) out += response.body;
}

}  // namespace tenon::admin
