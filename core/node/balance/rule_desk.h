#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "admin/balance/rule_source.h"
#include "base/clock.h"
#include "base/random.h"
#include "node/balance/balancer_set.h"
#include "observe/health.h"
#include "observe/log/log.h"
#include "store/request.h"

namespace tenon::node {

// Rules for balancers: has those follow that are in the store `meta`, and brings changes there. On the
// control thread but where said.
//
// A change reads the rule, lays over it what is said, has the plugin look at what comes of it, and puts it if
// the rule is still the one that was read. `meta` is read anew when this node's replica of it has applied
// something, and every few seconds by a node that has none.
class RuleDesk final : public admin::RuleSource {
 public:
  static constexpr std::size_t changes_kept = 256;
  static constexpr std::size_t changes_running_max = 16;
  static constexpr std::size_t audit_shown = 100;
  static constexpr std::uint32_t looks_between_reads = 5;  // of a node without a replica

  struct World {
    const Clock& clock;
    Random& random;
    observe::Log& log;
    observe::Health& health;
    std::string node_id;
    // Any thread; `answered` is called once, later, on any.
    std::function<void(store::Request&& request, std::function<void(store::Answer&& answer)> answered)> ask;
    // Any thread: soon, on the control thread.
    std::function<void(std::function<void()> fn)> on_control;
    // All rules that were put before want() gave this number are in force here.
    std::function<void(std::uint64_t number)> on_read;
  };
  // All of the world, and `balancers`, outlive it.
  RuleDesk(World world, Balancers& balancers) : world_(std::move(world)), balancers_(balancers) {}

  // Has the rules read anew; see World::on_read. Any thread.
  std::uint64_t want() { return wanted_.fetch_add(1) + 1; }
  // Each second: what this node's replica of `meta` has applied; empty: it has none. Any thread.
  void look(std::optional<std::uint64_t> applied);
  // A conf.d that was read again is in use.
  void conf_changed();

  // admin::RuleSource; any thread.
  std::optional<admin::RuleReport> rules() const override;
  Result<admin::RuleChangeStatus> change(const admin::RuleChange& change) override;
  std::optional<admin::RuleChangeStatus> change_status(std::uint64_t id) const override;

 private:
  // A change while it runs.
  struct Running {
    admin::RuleChange change;
    std::string tag;                 // of the rule that it puts
    std::uint64_t version = 0;       // it is done, and the rule has this version
    std::uint64_t shown_behind = 0;  // a read that was begun behind this number shows it; 0: not done yet
  };
  using Record = std::optional<service::meta::ValueRecord>;

  void look_now(std::optional<std::uint64_t> applied);
  void read();
  void on_list(std::uint64_t number, const store::Answer& answer);
  void take(std::vector<ReadRule>&& rules);
  // True: there is more of it to be read.
  bool take_audit(const service::meta::ListAudit::Reply& audit);
  void finish_done(std::uint64_t number);
  void apply();

  void begin(std::uint64_t id);
  void ask_present(std::uint64_t id, void (RuleDesk::*then)(std::uint64_t id, const Record& present));
  void on_present(std::uint64_t id, const Record& present);
  void put(std::uint64_t id, const Record& present);
  void erase(std::uint64_t id, std::uint64_t version);
  void give(std::uint64_t id, std::string&& command);
  void on_given(std::uint64_t id, const store::Answer& answer);
  // Whether what stands there instead of the expected is what the change wanted.
  void on_confirmed(std::uint64_t id, const Record& present);
  void done(std::uint64_t id, std::uint64_t version);
  void finish(std::uint64_t id, std::string_view state, std::string detail, std::uint64_t version = 0);
  store::Request request_of(store::Request::Kind kind, std::string key, std::string&& text) const;
  void forget_old();

  const World world_;
  Balancers& balancers_;
  std::atomic<std::uint64_t> wanted_{1};

  std::uint64_t known_ = 0;  // the last number of want() that a read was begun behind
  bool is_reading_ = false;
  std::optional<std::uint64_t> applied_at_read_;
  std::uint32_t looks_since_read_ = 0;
  std::vector<ReadRule> rules_;
  std::uint64_t audit_from_ = 0;              // the first revision that was not read
  std::map<std::uint64_t, Running> running_;  // by the ids of changes

  mutable std::mutex mutex_;  // of all below
  std::optional<admin::RuleReport> shown_;
  std::deque<admin::RuleAudit> audit_;
  std::map<std::uint64_t, admin::RuleChangeStatus> changes_;
  std::size_t open_count_ = 0;
  std::uint64_t last_change_ = 0;
};

}  // namespace tenon::node
