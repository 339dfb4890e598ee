#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "kv/machine.h"
#include "map_state.h"
#include "service/batch.h"

namespace tenon::service {

// Applies ops to a machine over a map and asks it, one at a time.
template <class Op, class Question>
class MachineFixture : public ::testing::Test {
 protected:
  template <class T>
  typename T::Reply apply(kv::Machine& machine, const T& op) {
    BatchBuilder<Op> builder;
    builder.add(op);
    std::string& reply = texts.emplace_back();
    EXPECT_TRUE(apply_text(machine, builder.take(), reply).ok());
    BatchReplyReader<Op> reader(reply);
    auto read = reader.template next<T>();
    EXPECT_TRUE(read.ok());
    return read.ok() ? *read : typename T::Reply{};
  }
  Status apply_text(kv::Machine& machine, std::string_view command, std::string& reply) {
    std::vector<kv::Notice> notices;
    const kv::ApplyContext context{now_ms, ++index, notices};
    return machine.apply(context, command, state, reply);
  }
  template <class T>
  typename T::Reply ask(const kv::Machine& machine, const T& question) {
    BatchBuilder<Question> builder;
    builder.add(question);
    std::string& reply = texts.emplace_back();
    EXPECT_TRUE(machine.query(now_ms, texts.emplace_back(builder.take()), state, reply).ok());
    BatchReplyReader<Question> reader(reply);
    auto read = reader.template next<T>();
    EXPECT_TRUE(read.ok());
    return read.ok() ? *read : typename T::Reply{};
  }
  // A cut command is refused whole; one with a flipped bit is, or it means something else.
  void expect_refused_when_damaged(kv::Machine& machine, const std::string& command) {
    const auto before = state.items;
    for (std::size_t cut = 0; cut < command.size(); ++cut) {
      std::string reply;
      const Status applied = apply_text(machine, command.substr(0, cut), reply);
      ASSERT_FALSE(applied.ok()) << "cut at " << cut;
      ASSERT_EQ(applied.error().code, Errc::invalid) << "cut at " << cut;
      ASSERT_EQ(state.items, before) << "cut at " << cut;
    }
    for (std::size_t bit = 0; bit < 8 * command.size(); ++bit) {
      std::string flipped = command;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
      state.items = before;
      ASSERT_TRUE(machine.load(state).ok());
      std::string reply;
      const Status applied = apply_text(machine, flipped, reply);
      if (applied.ok())
        ASSERT_TRUE(machine.load(state).ok()) << "bit " << bit;
      else
        ASSERT_EQ(state.items, before) << "bit " << bit;
    }
    state.items = before;
    ASSERT_TRUE(machine.load(state).ok());
  }

  UnixMs now_ms = 1'000'000;
  std::uint64_t index = 0;
  MapState state;
  std::deque<std::string> texts;  // replies, which what is read is views of
};

template <class Op>
std::string command_of(const Op& op) {
  BatchBuilder<Op> builder;
  std::visit([&](const auto& value) { builder.add(value); }, op);
  return builder.take();
}

}  // namespace tenon::service
