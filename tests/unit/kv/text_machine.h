#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kv/machine.h"

namespace tenon::kv {

// A machine whose commands are words:
//   put KEY VALUE   insert KEY VALUE   erase KEY   get KEY   log KEY VALUE   clear   count   time   notify
//   NODE
// `log` appends a comma and the value to the item. `count` adds one to the item "count", `time` keeps the
// entry's time under "time". "spoil" changes the state and is refused nevertheless, "later" is of a newer
// version, "fail" meets a broken disk. "notify" came with the second version, which is this one's.
class TextMachine final : public Machine {
 public:
  Status load(const StateView& state) override {
    is_loaded = true;
    return state.scan({}, {}, [](std::string_view, std::string_view) { return true; });
  }
  std::uint8_t version_of(std::string_view command) const override {
    return command.substr(0, 5) == "later" ? 3 : command.substr(0, 6) == "notify" ? 2 : 1;
  }
  std::uint8_t version() const override { return 2; }
  Status apply(const ApplyContext& context, std::string_view command, State& state,
               std::string& ret_reply) override {
    const std::vector<std::string> words = split(command);
    const std::string verb = words.empty() ? "" : words[0];
    if (words.size() == 3 && verb == "put") return state.put(words[1], words[2]), Status();
    if (words.size() == 3 && verb == "insert") return state.insert(words[1], words[2]), Status();
    if (words.size() == 3 && verb == "log") {
      const auto before = state.get(words[1]);
      if (!before) return before.error();
      return state.put(words[1], before->value_or("") + "," + words[2]), Status();
    }
    if (words.size() == 2 && verb == "erase") return state.erase(words[1]), Status();
    if (words.size() == 2 && verb == "get") return get(words[1], state, ret_reply);
    if (words.size() == 2 && verb == "notify") {
      context.notices.push_back({NodeId{std::stoull(words[1])}, "hello"});
      return {};
    }
    if (verb == "clear") return state.erase_all({}, {});
    if (verb == "count") return count(state, ret_reply);
    if (verb == "time") return state.put("time", std::to_string(context.now_ms)), Status();
    if (verb == "later") return Error{Errc::unsupported, "later"};
    if (verb == "fail") {
      state.put("half", "done");
      return Error{Errc::io, "the disk is gone"};
    }
    state.put("spoiled", "yes");
    state.erase("count");
    context.notices.push_back({NodeId{1}, "spoiled"});
    ret_reply = "spoiled";
    return Error{Errc::invalid, "no such command"};
  }
  Status query(UnixMs, std::string_view question, const StateView& state,
               std::string& ret_reply) const override {
    if (question == "fail") return Error{Errc::io, "the disk is gone"};
    return get(question, state, ret_reply);
  }
  void due(UnixMs now_ms, std::vector<std::string>& ret_commands) override {
    if (has_dues) ret_commands.push_back("put due " + std::to_string(now_ms));
  }

  // Keys with a slash belong to the one before it.
  bool may_split_at(std::string_view key) const override { return key.find('/') == std::string_view::npos; }

  std::string split_place(std::string_view key) const override {
    return std::string(key.substr(0, key.find('/')));
  }

  bool is_loaded = false;
  bool has_dues = true;  // each second

 private:
  static std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find(' '), text.size());
      words.emplace_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
  }
  static Status get(std::string_view key, const StateView& state, std::string& ret_reply) {
    const Result<std::optional<std::string>> value = state.get(key);
    if (!value) return value.error();
    ret_reply = value->value_or("none");
    return {};
  }
  static Status count(State& state, std::string& ret_reply) {
    const Result<std::optional<std::string>> value = state.get("count");
    if (!value) return value.error();
    ret_reply = std::to_string(std::stoull(value->value_or("0")) + 1);
    state.put("count", ret_reply);
    return {};
  }
};

inline Descriptor whole_store() {
  Descriptor descriptor;
  descriptor.store = StoreId::inbox;
  descriptor.members.voters = {NodeId{1}, NodeId{2}, NodeId{3}};
  return descriptor;
}

inline RangeRecord new_record() {
  return {{7, 1}, whole_store(), {}, 0};
}

}  // namespace tenon::kv
