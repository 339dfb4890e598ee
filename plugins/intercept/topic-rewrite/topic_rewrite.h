#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <tenon/kind/intercept.hpp>

#include "options.h"
#include "shared/published.h"

namespace tenon::topic_rewrite {

// Gives messages other topics, or refuses or drops them, by rules. README.md is the manual.
class TopicRewrite : public sdk::InterceptPlugin<TopicRewrite> {
 public:
  static constexpr const char* required_tables[] = {TENON_HOST_CONFIG_ID, nullptr};
  static constexpr sdk::PluginInfo info = {
      .id = "tenon.intercept-topic-rewrite",
      .name = "topic-rewrite",
      .version = TENON_VERSION,
      .config_schema_json = options_schema,
      .requires_host = required_tables,
  };

  using Rules = std::vector<Rule>;
  class Worker {
   public:
    Worker(TopicRewrite& plugin, std::uint32_t) : rules_(plugin.rules_) {}
    // What the last answer gives as its reason is among them, until the next call.
    const Rules& rules() { return *rules_.get(); }

   private:
    Published<Rules>::Reader rules_;
  };

  using InterceptPlugin::InterceptPlugin;

  void init();
  tenon_status reconfigure();
  std::vector<std::string> filters() const;
  tenon_status intercept(Worker& worker, const sdk::InterceptedMessage& message, tenon_op op,
                         sdk::InterceptAnswer answer);

 private:
  Published<Rules> rules_;
};

}  // namespace tenon::topic_rewrite
