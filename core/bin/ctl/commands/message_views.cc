#include "bin/ctl/commands/message_views.h"

#include "bin/ctl/commands/view_text.h"

namespace tenon::ctl {

Result<std::string> published_view(const std::string& json) {
  return std::string(Json::parse(json).at("matched").get<bool>() ? "published\n"
                                                                 : "published; nobody subscribes to it\n");
}

Result<std::string> retained_list_view(const std::string& json) {
  const Json page = Json::parse(json);
  Table table({"TOPIC", "QOS", "BYTES"});
  for (const Json& message : page.at("messages"))
    table.add({text_at(message, "topic"), number_at(message, "qos"), number_at(message, "payload_bytes")});
  return with_rest(table.to_text(), page);
}

Result<std::string> retained_view(const std::string& json) {
  const Json message = Json::parse(json);
  if (const auto payload = message.find("payload"); payload != message.end())
    return shown_whole(payload->get<std::string>()) + "\n";
  return "base64: " + shown_whole(message.at("payload_base64").get<std::string>()) + "\n";
}

Result<std::string> deleted_view(const std::string&) {
  return std::string("deleted\n");
}

}  // namespace tenon::ctl
