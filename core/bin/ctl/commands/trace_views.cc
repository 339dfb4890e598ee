#include "bin/ctl/commands/trace_views.h"

#include "bin/ctl/commands/view_text.h"

namespace tenon::ctl {

namespace {

// "05:20:00.123"
std::string moment(std::int64_t unix_ms) {
  const std::string millis = std::to_string(1000 + unix_ms % 1000).substr(1);
  return time_text(unix_ms).substr(11, 8) + "." + millis;
}

std::string filter_of(const Json& trace) {
  std::string out;
  for (const char* name : {"client", "topic", "address"})
    if (const auto value = trace.at(name).get<std::string>(); !value.empty())
      out += (out.empty() ? "" : " ") + std::string(name) + " " + value;
  return out;
}

std::string line_text(const Json& line) {
  const auto way = line.at("way").get<std::string>();
  const std::string arrow = way == "received" ? " < " : way == "sent" ? " > " : " - ";
  return moment(line.at("at_ms").get<std::int64_t>()) + " " + shown(text_at(line, "node")) + " " +
         shown(text_at(line, "client_id")) + " " + shown(text_at(line, "address")) + arrow +
         shown(text_at(line, "text")) + "\n";
}

}  // namespace

Result<std::string> trace_begun_view(const std::string& json) {
  const Json trace = Json::parse(json);
  return "trace " + shown(text_at(trace, "id")) + " runs until " +
         time_text(trace.at("until_ms").get<std::int64_t>()) + "\n";
}

Result<std::string> traces_view(const std::string& json) {
  const Json answer = Json::parse(json);
  Table table({"TRACE", "FILTER", "STATE", "LINES", "UNTIL", "BY"});
  for (const Json& trace : answer.at("traces"))
    table.add({text_at(trace, "id"), filter_of(trace), text_at(trace, "state"),
               number_at(trace, "line_count"), time_text(trace.at("until_ms").get<std::int64_t>()),
               text_at(trace, "by")});
  return table.to_text();
}

Result<std::string> trace_view(const std::string& json) {
  const Json page = Json::parse(json);
  std::string out;
  for (const Json& line : page.at("lines")) out += line_text(line);
  return with_rest(out, page, "has not answered, or does not have the trace");
}

Result<std::string> trace_stopped_view(const std::string& json) {
  const Json trace = Json::parse(json);
  return number_at(trace, "line_count") + " lines; ended by " + shown(text_at(trace, "state")) + "\n";
}

}  // namespace tenon::ctl
