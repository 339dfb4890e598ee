#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kv/reshape/split.h"
#include "store/client/range_client.h"

namespace tenon::store {

inline constexpr NodeId node_1{1};
constexpr NodeId node_2{2};
constexpr RangeId low{10, 1};
constexpr RangeId high{11, 1};
constexpr RangeId child{kv::split_off_bit | 10, 1};
constexpr kv::SourceId source{77};
constexpr std::int64_t ms = ns_per_ms;

struct Asked {
  NodeId node;
  RangeId range;
  std::uint64_t sequence;
  std::string key;
  std::string text;
  std::uint64_t id;
  std::string last_key;
};

// Each key is its own text; a command is the texts of its keys.
class Letters final : public ManyKeys {
 public:
  explicit Letters(std::string letters) : letters_(std::move(letters)) {}
  std::size_t count() const override { return letters_.size(); }
  std::string_view key(std::size_t at) const override { return std::string_view(letters_).substr(at, 1); }
  std::string text(std::size_t begin, std::size_t end) const override {
    return letters_.substr(begin, end - begin);
  }
  std::size_t size_bytes() const override { return letters_.size(); }

 private:
  const std::string letters_;
};

// Two ranges of the store `inbox`: keys below "m", and the others.
class RangeClientTest : public ::testing::Test, protected RangeClientPorts {
 protected:
  RangeClientTest() {
    learn(low, "", "m");
    learn(high, "m", "");
  }

  void learn(const RangeId& id, std::string begin, std::string end, std::uint32_t boundary_epoch = 0) {
    kv::Descriptor descriptor;
    descriptor.store = StoreId::inbox;
    descriptor.begin = std::move(begin);
    descriptor.end = std::move(end);
    descriptor.epoch.boundary = boundary_epoch;
    descriptor.members.voters = {node_1, node_2};
    ranges.learn(id, descriptor);
  }
  void submit(Request::Kind kind, std::string key, std::string text, MonoNs deadline_ns = 0,
              bool may_lapse = false) {
    Request request;
    request.may_lapse = may_lapse;
    request.may_be_withdrawn = may_lapse;
    request.store = StoreId::inbox;
    request.kind = kind;
    request.key = std::move(key);
    request.text = std::move(text);
    request.ticket = Ticket{++last_ticket};
    request.deadline_ns = deadline_ns;
    client.submit(std::move(request), now);
  }
  void append(std::string key, std::string text, MonoNs deadline_ns = 0) {
    submit(Request::Kind::append, std::move(key), std::move(text), deadline_ns);
  }
  void append_many(std::string letters, MonoNs deadline_ns = 0) {
    Request request;
    request.store = StoreId::inbox;
    request.kind = Request::Kind::append;
    request.many = std::make_shared<const Letters>(std::move(letters));
    request.ticket = Ticket{++last_ticket};
    request.deadline_ns = deadline_ns;
    client.submit(std::move(request), now);
  }
  // "BEGIN-END:CODE" of each part of the last answer.
  std::string parts() const {
    std::string found;
    for (const PartAnswer& part : last_parts)
      found += (found.empty() ? "" : " ") + std::to_string(part.begin) + '-' + std::to_string(part.end) +
               ':' + std::to_string(static_cast<int>(part.code));
    return found;
  }
  void append_that_may_lapse(std::string text, MonoNs deadline_ns) {
    submit(Request::Kind::append, "a", std::move(text), deadline_ns, true);
  }
  void append_of(std::uint64_t sender, std::string key, std::string text, MonoNs deadline_ns) {
    Request request;
    request.store = StoreId::inbox;
    request.kind = Request::Kind::append;
    request.may_lapse = true;
    request.sender = sender;
    request.key = std::move(key);
    request.text = std::move(text);
    request.ticket = Ticket{++last_ticket};
    request.deadline_ns = deadline_ns;
    client.submit(std::move(request), now);
  }
  void withdraw(std::uint64_t ticket) {
    Request request;
    request.ticket = Ticket{ticket};
    request.withdraws = true;
    client.submit(std::move(request), now);
  }
  // As time passes in steps.
  void pass(std::int64_t ns) {
    for (const MonoNs end = now + ns; now < end;) tick(50 * ms);
  }
  void tick(std::int64_t passed_ns = ms) { client.tick(now += passed_ns); }
  void answer(const Asked& asked, AnswerCode code, NodeId leader = NodeId::none) {
    client.on_answer(asked.id, {code, leader, {}, 0}, now);
  }
  // What was asked since the last call: "NODE:TEXT#NUMBER" each, without a number when it has none.
  std::string asked_for() {
    std::string found;
    for (; looked_at < asks.size(); ++looked_at) {
      const Asked& one = asks[looked_at];
      if (!found.empty()) found += ' ';
      found += std::to_string(static_cast<std::uint64_t>(one.node)) + ':' + one.text;
      if (one.sequence != 0) found += '#' + std::to_string(one.sequence);
    }
    return found;
  }

  void ask(NodeId node, const RangeId& range, Request::Kind kind, const kv::Command& command,
           std::uint64_t id) override {
    const bool is_of_a_sender = command.sequence != 0 || kind == Request::Kind::source;
    EXPECT_EQ(command.source, is_of_a_sender ? source : kv::SourceId::none);
    asks.push_back({node, range, command.sequence, std::string(command.key), std::string(command.text), id,
                    std::string(command.last_key)});
  }
  bool answers_surely(NodeId node) override { return node == sure; }
  NodeId guess(const RangeId&, std::uint64_t turn) override {
    return guesses.empty() ? NodeId::none : guesses[turn % guesses.size()];
  }
  void finished(const Request& request, const RangeId& range, Answer&& answer) override {
    ends.emplace_back(static_cast<std::uint64_t>(request.ticket), answer.code);
    last_range = range;
    last_parts = std::move(answer.parts);
  }

  // The range `low` ends before "g", and `child` goes on.
  void split_low() {
    learn(low, "", "g", 1);
    learn(child, "g", "m", 1);
    client.on_leader(child, node_2, now);
  }
  // Answers the newest question, which is for the row of this sender.
  void answer_row(std::uint64_t last, std::vector<std::uint64_t> refused = {}) {
    const kv::SourceRow row{last, std::move(refused)};
    client.on_answer(asks.back().id,
                     {AnswerCode::done, NodeId::none, last == 0 ? "" : kv::encode(row), 9, {}}, now);
  }

  using Ends = std::vector<std::pair<std::uint64_t, AnswerCode>>;
  Ranges ranges;
  RangeClient client{source, ranges, *this};
  MonoNs now = 1'000 * ms;
  std::uint64_t last_ticket = 0;
  std::vector<Asked> asks;
  std::size_t looked_at = 0;
  std::vector<NodeId> guesses;
  NodeId sure = NodeId::none;
  Ends ends;
  RangeId last_range;
  std::vector<PartAnswer> last_parts;
};

class WithoutRanges : public RangeClientTest {
 protected:
  WithoutRanges() { ranges = Ranges(); }
};

}  // namespace tenon::store
