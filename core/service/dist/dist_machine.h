#pragma once

#include <cstdint>

#include "kv/machine.h"
#include "service/dist/dist_ops.h"
#include "service/dist/route_sink.h"

namespace tenon::service::dist {

// The store `dist`: the routes of sessions that outlive their connections. Commands and questions are of
// dist_ops.h; what is applied goes to the sink, too.
class DistMachine final : public kv::Machine {
 public:
  // `sink` outlives the machine.
  explicit DistMachine(RouteSink& sink) : sink_(sink) {}

  Status load(const kv::StateView& state) override;
  std::uint8_t version_of(std::string_view command) const override;
  std::uint8_t version() const override;
  // The sink keeps what it has: what went is another range's of this node, and what came was one's.
  Status bounds_changed(const kv::StateView& state) override { return read(state, false); }
  Status apply(const kv::ApplyContext& context, std::string_view command, kv::State& state,
               std::string& ret_reply) override;
  Status query(UnixMs now_ms, std::string_view question, const kv::StateView& state,
               std::string& ret_reply) const override;
  void due(UnixMs, std::vector<std::string>&) override {}
  // Before all routes of a filter.
  bool may_split_at(std::string_view key) const override;
  std::string split_place(std::string_view key) const override;

  std::uint64_t route_count() const { return route_count_; }

 private:
  Status read(const kv::StateView& state, bool tell_sink);
  Result<RouteReply> apply_op(const Add& op, kv::State& state) { return add(op, {}, state); }
  Result<RouteReply> apply_op(const AddAt& op, kv::State& state) { return add(op.add, op.epoch, state); }
  Result<RouteReply> apply_op(const Remove& op, kv::State& state) { return remove(op, {}, state); }
  Result<RouteReply> apply_op(const RemoveAt& op, kv::State& state) {
    return remove(op.remove, op.epoch, state);
  }
  Result<RemoveAll::Reply> apply_op(const RemoveAll& op, kv::State& state);
  // Empty: whoever asks has no epoch. It is done whatever the row says, which knows of none from then on, as
  // versions do it that know of none.
  using Epoch = std::optional<std::uint64_t>;
  Result<RouteReply> add(const Add& op, Epoch epoch, kv::State& state);
  Result<RouteReply> remove(const Remove& op, Epoch epoch, kv::State& state);
  // False: there was none.
  Result<bool> remove(const Route& route, Epoch epoch, kv::State& state);

  RouteSink& sink_;
  std::uint64_t route_count_ = 0;
};

}  // namespace tenon::service::dist
