#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "sim/checkers/log_checker.h"
#include "sim/clients/client_world.h"

namespace tenon::sim {

// Where ranges are recovered behind a majority that is lost:
//   - the report is true: what it calls committed was, and up to where the range goes on nothing of that is
//   missing; what it calls lost is;
//   - a message that was acknowledged is there unless every entry that brought it was one of a former
//   incarnation which the survivor's log did not hold;
//   - one that is not there stands in the report of a replica that was given up, which goes to the end of its
//   log;
//   - none is there twice, and those of a source are in their order;
//   - in the end each node holds the last incarnation of each range, and no other.
//
// Where that was on nothing but silence:
//   - a message that was acknowledged is there, unless every entry that brought it was one of a provisional
//     incarnation that is over: what a majority has taken is never lost, also of one that nobody went on
//     with;
//   - one that is not there stands in a report;
//   - one may be there twice, as its sender could not know what became of it;
//   - in the end all nodes hold the same incarnation of a range, which was the former one or a provisional
//     one.
class RecoveryChecker final : public NodeObserver {
 public:
  // All outlive it. The logs are told of everything before this is.
  RecoveryChecker(World& world, const LogChecker& logs) : world_(world), logs_(logs) {}

  void on_acknowledged(std::uint32_t client, const MessageName& message);
  // The world is whole again, and the client's inbox holds these, in this order.
  void on_found(std::uint32_t client, const std::vector<MessageName>& messages);
  // The same moment: what the nodes hold.
  void check_incarnations(const std::vector<std::unique_ptr<SimNode>>& nodes);

  std::uint64_t recovery_count() const { return survivors_.size() + provisional_.size(); }
  std::uint64_t acknowledged_count() const { return acknowledged_count_; }
  std::uint64_t lost_count() const { return lost_count_; }

  void on_applied(const AppliedCommand& command) override;
  void on_concluded(std::uint32_t node, const kv::RangeId& range, const kv::LogPoint& end) override;
  void on_recovery_report(std::uint32_t node, const kv::RangeId& range, std::string_view text) override;
  void on_given_up(std::uint32_t node, const store::GivenUp& given_up) override;

 private:
  struct Entry {
    kv::RangeId range;
    std::uint64_t index = 0;
    friend auto operator<=>(const Entry&, const Entry&) = default;
  };
  struct Survivor {
    kv::LogPoint end;
    MemberLog log;                  // when its group was ended
    std::uint64_t known_until = 0;  // what had been committed anywhere by then
  };
  bool is_kept(const Entry& entry) const;
  bool may_be_lost(std::uint32_t client, const MessageName& message) const;
  std::string places_of(std::uint32_t client, const MessageName& message) const;
  bool had_provisional_only(std::uint32_t client, const MessageName& message) const;
  void check_missing(const std::set<kv::RangeId>& held);
  void check_order(std::uint32_t client, const std::vector<MessageName>& messages);
  void fail(const kv::RangeId& range, const std::string& what);

  World& world_;
  const LogChecker& logs_;
  std::map<std::tuple<std::uint32_t, kv::RangeId>, Survivor> concluded_;  // by node; may be in vain
  std::map<kv::RangeId, Survivor> survivors_;                             // by the incarnation that is over
  std::set<kv::RangeId> provisional_;                                     // some may be over
  std::map<std::pair<std::uint32_t, MessageName>, std::set<Entry>> brought_by_;
  std::set<std::pair<std::uint32_t, MessageName>> given_up_;        // that stand in a report
  std::map<std::uint32_t, std::vector<MessageName>> acknowledged_;  // by client
  std::set<std::pair<std::uint32_t, MessageName>> missing_;         // that only provisional ones had
  std::uint64_t acknowledged_count_ = 0;
  std::uint64_t lost_count_ = 0;
};

}  // namespace tenon::sim
