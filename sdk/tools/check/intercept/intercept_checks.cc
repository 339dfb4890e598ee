#include <tenon/draft/intercept.h>

#include <string>
#include <vector>

#include "base/text/topic_syntax.h"
#include "host/intercept/wished_filters.h"
#include "intercept/intercept_driver.h"
#include "made_plugin.h"

namespace tenon::tools {
namespace {

using host::Instance;
using host::InterceptedMessage;
using Look = Finding (*)(InterceptDriver& driver, const std::vector<InterceptedMessage>& messages);

constexpr int rounds_of_goers = 50;

// A topic that the filter matches: each of its wildcards stands for `level`.
std::string topic_of(const std::string& filter, std::string_view level) {
  std::string topic;
  for (const char sign : filter)
    if (sign == '+' || sign == '#')
      topic += level;
    else
      topic += sign;
  return topic;
}

const std::string large_text(70'000, 'x');
const std::string odd_bytes("\0\xff\xc3 \"\\\n", 7);

// Topics of its own, with all sorts of texts and flags. Views of `topics`, and of what is static.
std::vector<InterceptedMessage> messages_to(const std::vector<std::string>& topics) {
  std::vector<InterceptedMessage> messages;
  for (const std::string& topic : topics)
    for (const std::string_view payload : {std::string_view(), std::string_view("text"),
                                           std::string_view(odd_bytes), std::string_view(large_text)})
      for (const std::uint32_t flags : {0u, TENON_INTERCEPT_RETAIN, TENON_INTERCEPT_WILL,
                                        TENON_INTERCEPT_OPERATOR, ~TENON_INTERCEPT_WILL}) {
        InterceptedMessage message;
        message.topic = topic;
        message.payload = as_bytes(payload);
        message.flags = flags;
        message.qos = static_cast<std::uint32_t>(messages.size() % 3);
        message.tenant = "default";
        if (flags != TENON_INTERCEPT_OPERATOR) message.client_id = "\xc3\xa4 \"\\\n";
        if (flags == 0 || flags == TENON_INTERCEPT_RETAIN) {
          message.user = payload.size() < 100 ? "ann" : std::string_view(large_text);
          message.peer = "[2001:db8::1]:4711";
          message.listener = "default";
          message.version = 3 + static_cast<std::uint32_t>(messages.size() % 3);
          message.user_properties = {{"a", "1"}, {"a", ""}, {"", large_text}};
        }
        messages.push_back(std::move(message));
      }
  return messages;
}

std::vector<std::string> topics_of(const std::vector<std::string>& filters) {
  std::vector<std::string> topics;
  for (std::size_t i = 0; i < filters.size() && i < 10; ++i)
    for (const std::string_view level : {"a", "\xc3\xa4 $1", ""}) {
      std::string topic = topic_of(filters[i], level);
      if (is_topic_name(topic)) topics.push_back(std::move(topic));
    }
  return topics;
}

// Runs `look` with an interceptor whose workers run; plugins of other kinds pass.
std::function<Finding(const Subject&)> on_interceptors(Look look) {
  return [look](const Subject& subject) {
    return for_each_instance(subject, [&](CheckHost& check_host, Instance& instance) {
      if (instance.spec().kind != host::Kind::intercept) return pass("is no interceptor");
      if (const Status s = start(instance); !s) return start_failed(s.error());
      const auto filters = host::wished_filters(instance);
      const auto topics = filters.ok() ? topics_of(*filters) : std::vector<std::string>();
      Finding found = pass();
      {
        InterceptDriver driver(check_host, instance);
        found = driver.failure().empty() ? look(driver, messages_to(topics)) : fail(driver.failure());
      }
      check_host.without_workers([&] { instance.deactivate(); });
      return found;
    });
  };
}

Finding check_wishes(CheckHost&, Instance& instance) {
  const auto first = host::wished_filters(instance);
  if (!first.ok()) return fail(first.error().message);
  const auto again = host::wished_filters(instance);
  if (!again.ok() || *again != *first) return fail("it decides on something else when it is asked again");
  return pass();
}

std::function<Finding(const Subject&)> on_wishes() {
  return [](const Subject& subject) {
    return for_each_instance(subject, [&](CheckHost& check_host, Instance& instance) {
      if (instance.spec().kind != host::Kind::intercept) return pass("is no interceptor");
      if (const Status s = start(instance); !s) return start_failed(s.error());
      Finding found = check_wishes(check_host, instance);
      instance.deactivate();
      return found;
    });
  };
}

std::string described(const InterceptedMessage& message) {
  return "a message with flags " + std::to_string(message.flags) + " and " +
         std::to_string(message.payload.size()) + " bytes to \"" + std::string(message.topic) + "\"";
}

Finding check_answers(InterceptDriver& driver, const std::vector<InterceptedMessage>& messages) {
  for (const InterceptedMessage& message : messages) {
    set_scene("it was shown " + described(message));
    for (std::uint32_t worker = 0; worker < CheckHost::worker_count; ++worker) {
      const host::InterceptOutcome outcome = driver.show(worker, message);
      if (driver.failed_count() > 0) return fail(described(message) + ": " + outcome.why);
    }
  }
  return driver.closes_all() ? pass(std::to_string(messages.size()) + " messages")
                             : fail("it has answered, but holds on to messages");
}

Finding check_gone(InterceptDriver& driver, const std::vector<InterceptedMessage>& messages) {
  for (int round = 0; round < rounds_of_goers; ++round)
    for (std::uint32_t worker = 0; worker < CheckHost::worker_count && !messages.empty(); ++worker)
      driver.show_and_go(worker, messages[static_cast<std::size_t>(round) % messages.size()]);
  if (!driver.closes_all())
    return fail("it does not close the operations of messages that nobody waits for any more");
  return pass();
}

}  // namespace

std::vector<Check> intercept_checks() {
  return {
      {"intercept.wishes",
       "an interceptor names the topics that it decides on, by topic filters that are such, and the same "
       "when "
       "it is asked again",
       "name at least one filter, without $share, also when there is nothing to be done",
       {"lifecycle.start-stop"},
       on_wishes()},
      {"intercept.answers",
       "an interceptor decides on messages with any texts and flags, on each worker, and within 5 s",
       "read texts by their length, pass over flags that it does not know, and close each operation that it "
       "answers TENON_PENDING for",
       {"lifecycle.start-stop", "intercept.wishes"},
       on_interceptors(check_answers)},
      {"intercept.gone",
       "an interceptor closes the operations of messages that nobody waits for any more",
       "answer cancel with TENON_OK and forget the message, or with TENON_PENDING and complete it soon",
       {"lifecycle.start-stop", "intercept.answers"},
       on_interceptors(check_gone)},
  };
}

}  // namespace tenon::tools
