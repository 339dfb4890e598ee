// An interceptor for the scenario tests: what it does with a message is the second level of its topic,
// "ODD/WHAT/...", where ODD is its option "root". "wait" waits until a message with "release" comes, of any
// client.
#include <tenon/async.hpp>
#include <tenon/config.hpp>
#include <tenon/kind/intercept.hpp>
#include <tenon/module.hpp>

#include <algorithm>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::odd {

class Odd : public sdk::InterceptPlugin<Odd> {
 public:
  static constexpr const char* required_tables[] = {TENON_HOST_CONFIG_ID, TENON_HOST_ASYNC_ID, nullptr};
  static constexpr sdk::PluginInfo info = {
      .id = "test.intercept-odd", .name = "odd", .version = "1", .requires_host = required_tables};
  using InterceptPlugin::InterceptPlugin;

  void init() {
    async_ = sdk::Async(host());
    reconfigure();
  }
  tenon_status reconfigure() {
    const std::string root = config().text_or("root", "odd");
    // An error leaves filters behind that nobody may ask for.
    filters_ = {root + "/#"};
    if (root == "bad") throw sdk::Failure(TENON_E_INVALID, "option \"root\" is bad");
    return TENON_OK;
  }
  std::vector<std::string> filters() const { return filters_; }

  tenon_status intercept(const sdk::InterceptedMessage& message, tenon_op op, sdk::InterceptAnswer answer) {
    const std::string what = level(message.topic(), 1);
    if (what == "refuse") answer.refuse(0x97, "not today");
    if (what == "refuse_as_success") answer.refuse(0x00);
    if (what == "drop") answer.drop();
    if (what == "payload") answer.payload("seen: " + std::string(message.payload()));
    if (what == "topic") answer.topic(message.payload());
    if (what == "nobinary") answer.payload("\xff");
    if (what == "large") answer.payload(std::string(2u << 20, 'x'));
    if (what == "describe") describe(message, answer);
    if (what == "strip") answer.clear_user_properties();
    if (what == "throw") throw sdk::Failure(TENON_E_INTERNAL, "it does not like that");
    if (what == "release") release();
    if (what == "never") return never(op);
    if (what == "wait") return wait(op, answer, message);
    return TENON_OK;
  }
  tenon_status cancel(tenon_op op) {
    const std::lock_guard lock(mutex_);
    const bool was_here =
        std::erase(never_, op) + std::erase_if(waiting_, [&](const Waiting& one) { return one.op == op; }) >
        0;
    // Otherwise release() has it, and writes into its answer.
    return was_here ? TENON_OK : TENON_PENDING;
  }
  // As a plugin whose service it can reach no more.
  tenon_status quiesce(tenon_op) {
    for (const Waiting& one : take_waiting()) async_.complete(one.op, TENON_E_IO);
    return TENON_OK;
  }

 private:
  struct Waiting {
    tenon_op op;
    sdk::InterceptAnswer answer;
    std::string payload;
  };

  static std::string level(std::string_view topic, int number) {
    for (; number > 0; --number) topic.remove_prefix(std::min(topic.find('/'), topic.size() - 1) + 1);
    return std::string(topic.substr(0, topic.find('/')));
  }
  static void describe(const sdk::InterceptedMessage& m, sdk::InterceptAnswer answer) {
    std::string text =
        std::string(m.tenant()) + "|" + std::string(m.client_id()) + "|" + std::string(m.user()) + "|" +
        std::string(m.listener()) + "|" + std::to_string(m.qos()) + "|" + std::to_string(m.version()) + "|" +
        (m.has(TENON_INTERCEPT_RETAIN) ? "retain" : "") + (m.has(TENON_INTERCEPT_WILL) ? "will" : "") +
        (m.has(TENON_INTERCEPT_OPERATOR) ? "operator" : "");
    for (const tenon_kv& pair : m.user_properties())
      text += "|" + std::string(sdk::text_of(pair.key)) + "=" + std::string(sdk::text_of(pair.value));
    answer.payload(text);
    answer.add_user_property("seen", "yes");
  }
  tenon_status wait(tenon_op op, sdk::InterceptAnswer answer, const sdk::InterceptedMessage& message) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({op, answer, std::string(message.payload())});
    return TENON_PENDING;
  }
  tenon_status never(tenon_op op) {
    const std::lock_guard lock(mutex_);
    never_.push_back(op);
    return TENON_PENDING;
  }
  std::vector<Waiting> take_waiting() {
    const std::lock_guard lock(mutex_);
    return std::exchange(waiting_, {});
  }
  void release() {
    for (Waiting& one : take_waiting()) {
      one.answer.payload("waited: " + one.payload);
      async_.complete(one.op, TENON_OK);
    }
  }

  sdk::Async async_;
  std::vector<std::string> filters_;
  std::mutex mutex_;
  std::vector<Waiting> waiting_;
  std::vector<tenon_op> never_;
};

}  // namespace tenon::odd

TENON_CPP_MODULE(1, "test.intercept-odd", "1", tenon::odd::Odd)
