#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "kv/machine.h"
#include "service/deadlines.h"
#include "service/retain/retain_ops.h"
#include "service/retain/retain_row.h"
#include "service/retain/retain_sink.h"

namespace tenon::service::retain {

// The store `retain`: the retained message of each topic. Commands and questions are of retain_ops.h. In
// memory are the deadlines of messages that expire, and of writers that are remembered without one, and the
// count of topics of each tenant.
class RetainMachine final : public kv::Machine {
 public:
  // Whose message was removed is remembered for so long, and no longer than there is room for.
  static constexpr UnixMs remembered_ms = UnixMs{10} * 60 * 1000;
  static constexpr std::uint64_t remembered_bytes_max = 8u << 20;  // of a range's rows without a message

  // `hash_seed` is secret and random; nothing but speed depends on it. `sink` outlives the machine; null:
  // nobody follows.
  explicit RetainMachine(std::uint64_t hash_seed, RetainSink* sink = nullptr)
      : deadlines_(hash_seed), lapsing_(hash_seed), sink_(sink) {}

  Status load(const kv::StateView& state) override;
  std::uint8_t version_of(std::string_view command) const override;
  std::uint8_t version() const override;
  // The sink keeps what it has: what went is another range's of this node, and what came was one's.
  Status bounds_changed(const kv::StateView& state) override { return read(state, false); }
  Status apply(const kv::ApplyContext& context, std::string_view command, kv::State& state,
               std::string& ret_reply) override;
  Status query(UnixMs now_ms, std::string_view question, const kv::StateView& state,
               std::string& ret_reply) const override;
  void due(UnixMs now_ms, std::vector<std::string>& ret_commands) override;
  // Before any topic: each op writes the key of one.
  bool may_split_at(std::string_view key) const override;
  std::string split_place(std::string_view key) const override { return std::string(key); }

  std::uint64_t topic_count() const;

 private:
  // Where a command changes the state.
  struct Place {
    std::string_view tenant;
    std::string_view topic;
    std::string key;
    std::string text;  // of `row`
    std::optional<Row> row;

    bool has_message() const { return row && row->has_message(); }
  };
  static Status find(const kv::State& state, std::string_view tenant, std::string_view topic,
                     Place& ret_place);

  Status read(const kv::StateView& state, bool tell_sink);
  Result<PutReply> apply_op(const kv::ApplyContext& context, const Put& op, kv::State& state);
  Result<PutReply> apply_op(const kv::ApplyContext& context, const Expire& op, kv::State& state);
  Result<PutReply> apply_op(const kv::ApplyContext& context, const Import& op, kv::State& state);
  Result<PutReply> apply_op(const kv::ApplyContext& context, const PutBy& op, kv::State& state);
  Result<PutReply> apply_op(const kv::ApplyContext& context, const Lapse& op, kv::State& state);
  PutStatus put(const kv::ApplyContext& context, const Place& place, const Put& op, WriterMarks writers,
                kv::State& state);
  void refuse(const kv::ApplyContext& context, const Place& place, const session::MessageView& late);
  // The message is gone, and the row, unless there are writers to remember.
  PutStatus remove(const kv::ApplyContext& context, const Place& place, WriterMarks writers,
                   kv::State& state);
  bool is_full(std::string_view tenant, std::uint64_t count_max) const;
  // `remembers`: as Lapse, else as Expire.
  Result<PutReply> expire(const kv::ApplyContext& context, std::string_view tenant, std::string_view topic,
                          bool remembers, kv::State& state);
  // `text`: of the row.
  void write(const Place& place, const Row& row, std::string_view text, kv::State& state);
  void erase(const Place& place, kv::State& state);
  // The row is, or is no more, what memory counts.
  void count_in(std::string_view tenant, std::string_view key, const Row& row, std::size_t row_bytes);
  void count_out(const Place& place);

  Deadlines deadlines_;                                             // by key, of rows without writers
  Deadlines lapsing_;                                               // of those with
  std::map<std::string, std::uint64_t, std::less<>> topic_counts_;  // by tenant; none is 0
  std::uint64_t remembered_bytes_ = 0;                              // of rows without a message
  RetainSink* const sink_;
};

}  // namespace tenon::service::retain
