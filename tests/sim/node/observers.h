#pragma once

#include <set>
#include <utility>
#include <vector>

#include "sim/node/observer.h"

namespace tenon::sim {

// Tells several observers the same, in the order in which they were added. They outlive it.
class Observers final : public NodeObserver {
 public:
  void add(NodeObserver& observer) { all_.push_back(&observer); }

  void on_leads(std::uint32_t node, const kv::RangeId& range, std::uint64_t term) override {
    for (NodeObserver* one : all_) one->on_leads(node, range, term);
  }
  void on_committed(std::uint32_t node, const kv::RangeId& range, const kv::LogPoint& at,
                    std::uint64_t digest) override {
    if (has_concluded(node, range)) return;
    for (NodeObserver* one : all_) one->on_committed(node, range, at, digest);
  }
  void on_applied(const AppliedCommand& command) override {
    if (has_concluded(command.node, command.range)) return;
    for (NodeObserver* one : all_) one->on_applied(command);
  }
  void on_birth(std::uint32_t node) override {
    std::erase_if(concluded_, [node](const auto& one) { return one.first == node; });
    for (NodeObserver* one : all_) one->on_birth(node);
  }
  void on_log_found(std::uint32_t node, const FoundLog& log) override {
    for (NodeObserver* one : all_) one->on_log_found(node, log);
  }
  void on_joined(std::uint32_t node, const kv::RangeId& range, const kv::LogPoint& applied,
                 const tenon_membership& membership) override {
    concluded_.erase({node, range});
    for (NodeObserver* one : all_) one->on_joined(node, range, applied, membership);
  }
  void on_log_write(std::uint32_t node, std::span<const tenon_log_write> writes) override {
    for (NodeObserver* one : all_) one->on_log_write(node, writes);
  }
  void on_log_durable(std::uint32_t node, std::span<const tenon_log_write> writes) override {
    for (NodeObserver* one : all_) one->on_log_durable(node, writes);
  }
  void on_sent(std::uint32_t node, const tenon_peer_message& message) override {
    for (NodeObserver* one : all_) one->on_sent(node, message);
  }
  void on_received(std::uint32_t node, const tenon_peer_message& message) override {
    for (NodeObserver* one : all_) one->on_received(node, message);
  }
  void on_answered(std::uint32_t node, const store::Request& request, const store::Answer& answer) override {
    for (NodeObserver* one : all_) one->on_answered(node, request, answer);
  }
  void on_peer_state(std::uint32_t node, std::uint64_t other, bool is_up) override {
    for (NodeObserver* one : all_) one->on_peer_state(node, other, is_up);
  }
  void on_concluded(std::uint32_t node, const kv::RangeId& range, const kv::LogPoint& end) override {
    concluded_.emplace(node, range);
    for (NodeObserver* one : all_) one->on_concluded(node, range, end);
  }
  void on_recovery_report(std::uint32_t node, const kv::RangeId& range, std::string_view text) override {
    for (NodeObserver* one : all_) one->on_recovery_report(node, range, text);
  }
  void on_given_up(std::uint32_t node, const store::GivenUp& given_up) override {
    for (NodeObserver* one : all_) one->on_given_up(node, given_up);
  }
  void on_misapplied(std::uint32_t node, const kv::RangeId& range, std::uint64_t index,
                     std::uint64_t expected) override {
    for (NodeObserver* one : all_) one->on_misapplied(node, range, index, expected);
  }
  void on_status(std::uint32_t node, const kv::RangeId& range, const tenon_group_status& status) override {
    if (has_concluded(node, range)) return;
    for (NodeObserver* one : all_) one->on_status(node, range, status);
  }
  void on_read_asked(std::uint32_t node, const kv::RangeId& range, std::uint64_t context) override {
    for (NodeObserver* one : all_) one->on_read_asked(node, range, context);
  }
  void on_read_ready(std::uint32_t node, const kv::RangeId& range, std::uint64_t context,
                     std::uint64_t index) override {
    for (NodeObserver* one : all_) one->on_read_ready(node, range, context, index);
  }
  void on_replica_failed(std::uint32_t node, const kv::RangeId& range, std::string_view why) override {
    for (NodeObserver* one : all_) one->on_replica_failed(node, range, why);
  }
  void on_replica_closed(std::uint32_t node, const kv::RangeId& range) override {
    for (NodeObserver* one : all_) one->on_replica_closed(node, range);
  }
  void on_start_failed(std::uint32_t node, std::string_view why) override {
    for (NodeObserver* one : all_) one->on_start_failed(node, why);
  }
  void on_started(std::uint32_t node) override {
    for (NodeObserver* one : all_) one->on_started(node);
  }
  void on_fell_behind(std::uint32_t node, const kv::RangeId& range) override {
    for (NodeObserver* one : all_) one->on_fell_behind(node, range);
  }
  void on_contact_settled(std::uint32_t node, std::uint64_t other) override {
    for (NodeObserver* one : all_) one->on_contact_settled(node, other);
  }
  void on_caught_up(std::uint32_t node, const kv::RangeId& range) override {
    for (NodeObserver* one : all_) one->on_caught_up(node, range);
  }
  void on_notice(std::uint32_t node, std::string_view text) override {
    for (NodeObserver* one : all_) one->on_notice(node, text);
  }

 private:
  bool has_concluded(std::uint32_t node, const kv::RangeId& range) const {
    return concluded_.contains({node, range});
  }

  std::vector<NodeObserver*> all_;
  std::set<std::pair<std::uint32_t, kv::RangeId>> concluded_;  // and not joined again
};

}  // namespace tenon::sim
