#include "observe/log/record_format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

#include "observe/log/escape.h"

namespace tenon::observe {

namespace {

void append_padded(std::string& out, std::int64_t value, std::size_t digits) {
  const std::string text = std::to_string(value);
  out.append(digits - std::min(digits, text.size()), '0');
  out += text;
}

// "2026-01-02T03:04:05.678Z"
void append_time(std::string& out, UnixMs time) {
  using namespace std::chrono;
  const sys_time<milliseconds> at{milliseconds{time}};
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss clock{at - day};
  append_padded(out, static_cast<int>(date.year()), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_padded(out, clock.hours().count(), 2);
  out += ':';
  append_padded(out, clock.minutes().count(), 2);
  out += ':';
  append_padded(out, clock.seconds().count(), 2);
  out += '.';
  append_padded(out, clock.subseconds().count(), 3);
  out += 'Z';
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '-';
}

// Names that plugins choose: cut, and everything unusual replaced, so that they need no quotes in either
// format.
void append_name(std::string& out, std::string_view name) {
  for (const char c : name.substr(0, log_name_bytes_max)) out += is_name_character(c) ? c : '_';
  if (name.empty()) out += '_';
}

bool is_plain(std::string_view text) {
  if (text.empty() || text.size() > log_value_bytes_max) return false;
  constexpr std::string_view also = ":/@+,#*$%";
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_name_character(c) || also.find(c) != std::string_view::npos; });
}

template <class T>
void append_number(std::string& out, T value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), end.ptr);
}

// Appends a value in the manner of one format; texts go to `put_text`.
template <class PutText>
class ValueWriter {
 public:
  ValueWriter(std::string& out, PutText put_text) : out_(out), put_text_(put_text) {}

  void operator()(std::string_view text) { put_text_(text); }
  void operator()(bool truth) { out_ += truth ? "true" : "false"; }
  void operator()(std::int64_t number) { append_number(out_, number); }
  void operator()(std::uint64_t number) { append_number(out_, number); }
  void operator()(double real) {
    if (std::isfinite(real))
      append_number(out_, real);
    else  // JSON has no number for these
      put_text_(std::isnan(real) ? "nan" : real > 0 ? "inf" : "-inf");
  }

 private:
  std::string& out_;
  PutText put_text_;
};

template <class PutText>
void append_value(std::string& out, const FieldValue& value, PutText put_text) {
  std::visit(ValueWriter<PutText>(out, put_text), value.storage());
}

void append_text_field(std::string& out, std::string_view key, const FieldValue& value) {
  out += ' ';
  append_name(out, key);
  out += '=';
  append_value(out, value, [&](std::string_view text) {
    if (is_plain(text))
      out += text;
    else
      append_quoted(out, text, log_value_bytes_max);
  });
}

void append_json_field(std::string& out, std::string_view key, const FieldValue& value) {
  if (out.back() != '{') out += ',';
  out += '"';
  append_name(out, key);
  out += "\":";
  append_value(out, value,
               [&](std::string_view text) { append_json_string(out, text, log_value_bytes_max); });
}

// Calls put(key, value) for each field that is shown.
template <class Put>
void each_field(const LogRecord& record, std::uint64_t suppressed, Put put) {
  if (!record.source.empty()) put("plugin", FieldValue(record.source));
  for (const Field& field : record.fields.first(std::min(record.fields.size(), log_field_count_max)))
    put(field.key, field.value);
  if (suppressed > 0) put("suppressed", FieldValue(suppressed));
}

void append_message(std::string& out, std::string_view message) {
  if (message.find_first_of("=\"") == std::string_view::npos)
    append_escaped(out, message, log_message_bytes_max);
  else
    append_quoted(out, message, log_message_bytes_max);
}

constexpr std::array<std::string_view, 5> text_levels = {"TRACE ", "DEBUG ", "INFO  ", "WARN  ", "ERROR "};

void append_text_record(std::string& out, UnixMs time, const LogRecord& record, std::uint64_t suppressed) {
  append_time(out, time);
  out += ' ';
  out += text_levels[std::min<std::size_t>(static_cast<std::size_t>(record.level), text_levels.size() - 1)];
  append_name(out, record.event);
  out += ": ";
  append_message(out, record.message);
  each_field(record, suppressed,
             [&](std::string_view key, const FieldValue& value) { append_text_field(out, key, value); });
}

void append_json_record(std::string& out, UnixMs time, const LogRecord& record, std::uint64_t suppressed) {
  out += R"({"time":")";
  append_time(out, time);
  out += R"(","level":")";
  out += to_string(record.level);
  out += R"(","event":")";
  append_name(out, record.event);
  out += R"(","message":)";
  append_json_string(out, record.message, log_message_bytes_max);
  out += R"(,"fields":{)";
  each_field(record, suppressed,
             [&](std::string_view key, const FieldValue& value) { append_json_field(out, key, value); });
  out += "}}";
}

}  // namespace

void append_record(std::string& out, LogFormat format, UnixMs time, const LogRecord& record,
                   std::uint64_t suppressed) {
  if (format == LogFormat::json)
    append_json_record(out, time, record, suppressed);
  else
    append_text_record(out, time, record, suppressed);
}

}  // namespace tenon::observe
