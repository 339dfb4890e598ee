#include "driver/turn_output.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <tenon/bytes.hpp>

#include "wire/message_codec.h"

namespace tenon::raft {
namespace {

constexpr std::size_t kept_bytes_max = 1 << 20;  // a buffer that grew beyond it is given back

void reset(std::string& buffer) {
  buffer.clear();
  if (buffer.capacity() > kept_bytes_max) buffer.shrink_to_fit();
}

template <class T>
void reset(std::vector<T>& buffer) {
  buffer.clear();
  if (buffer.capacity() > kept_bytes_max / sizeof(T)) buffer.shrink_to_fit();
}

}  // namespace

void TurnOutput::add(tenon_log_write abi, std::vector<Entry> entries, std::string_view hard_state) {
  abi.entry_count = static_cast<std::uint32_t>(entries.size());
  if (!hard_state.empty()) abi.flags |= TENON_LOG_SET_HARD_STATE;
  writes_.push_back({abi, entries_.size(), hard_states_.size(), hard_state.size()});
  std::move(entries.begin(), entries.end(), std::back_inserter(entries_));
  hard_states_.append(hard_state);
}

void TurnOutput::write(tenon_group_id group, std::vector<Entry> entries, std::string_view hard_state) {
  tenon_log_write abi{};
  abi.group = group;
  add(abi, std::move(entries), hard_state);
}

void TurnOutput::write_from(tenon_group_id group, tenon_log_point base, std::vector<Entry> entries,
                            std::string_view hard_state) {
  tenon_log_write abi{};
  abi.group = group;
  abi.flags = TENON_LOG_SET_BASE;
  abi.base = base;
  add(abi, std::move(entries), hard_state);
}

void TurnOutput::send(tenon_group_id group, const Message& message) {
  const std::size_t at = payloads_.size();
  encode_message(message, &payloads_);
  messages_.push_back({static_cast<std::uint64_t>(message.to), group, at, payloads_.size() - at});
}

std::uint64_t TurnOutput::flush_writes(const Env& env) {
  for (const Entry& entry : entries_)
    abi_entries_.push_back({{entry.index, entry.term},
                            static_cast<std::uint32_t>(entry.kind),
                            0,
                            sdk::abi(entry.payload.view())});
  for (Write& write : writes_) {
    write.abi.entries = abi_entries_.data() + write.first_entry;
    write.abi.hard_state =
        sdk::abi(std::string_view(hard_states_).substr(write.hard_state_at, write.hard_state_bytes));
    abi_writes_.push_back(write.abi);
  }
  std::uint64_t sequence = 0;
  env->write_v(env.user(), abi_writes_.data(), abi_writes_.size(), &sequence);
  reset(writes_);
  reset(entries_);
  reset(hard_states_);
  reset(abi_entries_);
  reset(abi_writes_);
  return sequence;
}

void TurnOutput::flush_messages(const Env& env) {
  std::stable_sort(messages_.begin(), messages_.end(),
                   [](const Outgoing& a, const Outgoing& b) { return a.node < b.node; });
  const std::string_view payloads = payloads_;
  for (const Outgoing& message : messages_)
    abi_messages_.push_back(
        {message.node, message.group, sdk::abi(payloads.substr(message.at, message.bytes))});
  env->send_v(env.user(), abi_messages_.data(), abi_messages_.size());
  reset(messages_);
  reset(payloads_);
  reset(abi_messages_);
}

void TurnOutput::clear() {
  for (auto* buffer : {&hard_states_, &payloads_}) reset(*buffer);
  reset(writes_);
  reset(entries_);
  reset(messages_);
  reset(abi_entries_);
  reset(abi_writes_);
  reset(abi_messages_);
}

}  // namespace tenon::raft
