#include "common/event_options.h"

#include <tenon/kind/events.hpp>

#include "common/event_json.h"
#include "shared/option_failure.h"

namespace tenon::events_common {

namespace {

std::vector<std::string> read_texts(const sdk::Config& config, const char* path) {
  std::vector<std::string> all;
  for (std::uint32_t i = 0; i < config.count(path); ++i)
    all.push_back(config.require_text((std::string(path) + "." + std::to_string(i)).c_str()));
  return all;
}

std::uint64_t bit_named(const sdk::Config& config, const std::string& name) {
  for (std::uint32_t type = 1; type <= TENON_EVENT_TYPE_LAST; ++type)
    if (name == name_of(type) && type != TENON_EVENT_MESSAGE_PUBLISHED) return sdk::EventWishes::bit(type);
  shared::fail_option(config, "events",
                      "names \"" + name + "\", which is no event; messages are chosen by \"messages\"");
}

}  // namespace

EventOptions read_event_options(const sdk::Config& config) {
  EventOptions options;
  for (const std::string& name : read_texts(config, "events")) options.types |= bit_named(config, name);
  if (options.types == 0)
    for (std::uint32_t type = 1; type <= TENON_EVENT_TYPE_LAST; ++type)
      if (type != TENON_EVENT_MESSAGE_PUBLISHED) options.types |= sdk::EventWishes::bit(type);
  options.messages = read_texts(config, "messages");
  if (!options.messages.empty()) options.types |= sdk::EventWishes::bit(TENON_EVENT_MESSAGE_PUBLISHED);
  return options;
}

}  // namespace tenon::events_common
