#include "admin/json/traces_json.h"

#include <nlohmann/json.hpp>

#include "admin/path_text.h"

namespace tenon::admin {

namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json trace_of(const TraceStatus& trace) {
  return {{"id", trace.id},
          {"client", trace.order.client},
          {"topic", trace.order.topic},
          {"address", trace.order.address},
          {"by", trace.order.by},
          {"begun_ms", trace.begun_ms},
          {"until_ms", trace.until_ms},
          {"lines_max", trace.order.lines_max},
          {"bytes_max", trace.order.bytes_max},
          {"state", trace.state},
          {"line_count", trace.line_count},
          {"byte_count", trace.byte_count}};
}

}  // namespace

std::string trace_json(const TraceStatus& trace) {
  return text_of(trace_of(trace));
}

std::string traces_json(const std::vector<TraceStatus>& traces) {
  Json json = {{"traces", Json::array()}};
  for (const TraceStatus& trace : traces) json["traces"].push_back(trace_of(trace));
  return text_of(json);
}

std::string trace_page_json(const TracePage& page) {
  Json json = {
      {"trace", trace_of(page.trace)}, {"lines", Json::array()}, {"missing_nodes", page.missing_nodes}};
  for (const TraceLine& line : page.lines)
    json["lines"].push_back({{"node", line.node},
                             {"at_ms", line.at_ms},
                             {"way", line.way},
                             {"client_id", line.client_id},
                             {"address", line.address},
                             {"text", line.text}});
  if (page.cursor) json["cursor"] = cursor_text(*page.cursor);
  return text_of(json);
}

}  // namespace tenon::admin
