#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "admin/balance/rule_source.h"
#include "base/random.h"
#include "node/balance/balancer_set.h"
#include "node/meta/meta_watch.h"
#include "observe/health.h"
#include "observe/log/log.h"

namespace tenon::node {

// Rules for balancers: has those follow that are in the store `meta`, and brings changes there. On the
// control thread but where said.
//
// A change reads the rule, lays over it what is said, has the plugin look at what comes of it, and puts it if
// the rule is still the one that was read.
class RuleDesk final : public admin::RuleSource {
 public:
  static constexpr std::size_t changes_kept = 256;
  static constexpr std::size_t changes_running_max = 16;
  static constexpr std::size_t audit_shown = 100;

  struct World {
    MetaWatch& meta;
    Random& random;
    observe::Log& log;
    observe::Health& health;
    std::string node_id;
    // All rules that were put before MetaWatch::want() gave this number are in force here.
    std::function<void(std::uint64_t number)> on_read;
  };
  // Before the first read of `meta`. All of the world, and `balancers`, outlive it.
  RuleDesk(World world, Balancers& balancers);

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
    std::string tag;  // of the rule that it puts
  };
  using Record = std::optional<service::meta::ValueRecord>;

  void take(const MetaWatch::Values& values);
  void take_audit(std::uint64_t revision, const service::meta::AuditRecord& record);
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
  // Logs what came of the change, and ends it.
  void finish(std::uint64_t id, std::string_view state, std::string detail, std::uint64_t version = 0);
  // Ends it without a word in the log.
  void close(std::uint64_t id, std::string_view state, std::string detail, std::uint64_t version = 0);
  void forget_old();

  const World world_;
  Balancers& balancers_;
  bool is_known_ = false;
  std::vector<ReadRule> rules_;
  std::map<std::uint64_t, Running> running_;  // by the ids of changes

  mutable std::mutex mutex_;  // of all below
  std::optional<admin::RuleReport> shown_;
  std::deque<admin::RuleAudit> audit_;
  std::map<std::uint64_t, admin::RuleChangeStatus> changes_;
  std::size_t open_count_ = 0;
  std::uint64_t last_change_ = 0;
};

}  // namespace tenon::node
