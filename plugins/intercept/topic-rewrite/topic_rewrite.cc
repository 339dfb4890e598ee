#include "topic_rewrite.h"

namespace tenon::topic_rewrite {

namespace {

constexpr std::uint32_t not_authorized = 0x87;
constexpr std::uint32_t topic_name_invalid = 0x90;

}  // namespace

void TopicRewrite::init() {
  rules_.put(std::make_shared<const Rules>(read_rules(config())));
}

tenon_status TopicRewrite::reconfigure() {
  init();
  return TENON_OK;
}

std::vector<std::string> TopicRewrite::filters() const {
  std::vector<std::string> filters;
  for (const Rule& rule : *rules_.newest()) filters.push_back(rule.filter);
  return filters;
}

tenon_status TopicRewrite::intercept(Worker& worker, const sdk::InterceptedMessage& message, tenon_op,
                                     sdk::InterceptAnswer answer) {
  const std::string_view topic = message.topic();
  for (const Rule& rule : worker.rules()) {
    const auto values = match(rule.filter, topic);
    if (!values || (!rule.except.empty() && match(rule.except, topic))) continue;
    if (rule.drops) {
      answer.drop();
    } else if (!rule.topic) {
      answer.refuse(not_authorized, rule.reason);
    } else if (!message.has(TENON_INTERCEPT_WILL)) {
      try {
        answer.topic(rule.topic->fill(*values));
      } catch (const sdk::Failure&) {
        // Of what stands in the topic: it would be too long, or empty.
        answer.refuse(topic_name_invalid, "what the rule makes of the topic is no topic");
      }
    }
    return TENON_OK;
  }
  return TENON_OK;
}

}  // namespace tenon::topic_rewrite
