#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "admin/sources/traffic_source.h"
#include "base/random.h"
#include "broker/traffic/traffic.h"
#include "node/meta/meta_watch.h"
#include "node/traffic/traffic_report.h"
#include "observe/log/log.h"

namespace tenon::node {

// Who serves whose clients, for the whole cluster: has this node follow what is in the store `meta`, and
// brings changes there. On the control thread but where said.
class TrafficDesk final : public admin::TrafficSource {
 public:
  static constexpr std::size_t directives_max = 1000;
  static constexpr std::size_t changes_running_max = 16;
  static constexpr std::size_t audit_shown = 100;

  struct World {
    MetaWatch& meta;
    Random& random;
    observe::Log& log;
    kv::NodeId self = kv::NodeId::none;
    // This node follows them from now on.
    std::function<void(broker::Traffic::Orders orders)> follow;
    // Asks all nodes. Any thread; `done` is called once, later, on any.
    std::function<void(std::function<void(TrafficReports&& reports)> done)> ask_all;
  };
  // Before the first read of `meta`. All of the world outlives it. `groups`: of this node by conf.d.
  TrafficDesk(World world, std::vector<std::string> groups);

  // A conf.d that was read again is in use.
  void conf_changed(std::vector<std::string> groups);

  // What `meta` says was read once.
  bool is_known() const { return is_known_; }

  // admin::TrafficSource; any thread.
  void list(admin::Then<admin::TrafficStatus> then) override;
  void show(const admin::DirectiveName& name, admin::Then<admin::DirectiveStatus> then) override;
  void change(const admin::DirectiveChange& change, admin::Then<admin::DirectiveStatus> then) override;
  void change_groups(const admin::GroupsChange& change, admin::Then<admin::GroupsStatus> then) override;

 private:
  void take(const MetaWatch::Values& values);
  void take_audit(std::uint64_t revision, const service::meta::AuditRecord& record);
  void follow();
  admin::TrafficStatus status(const TrafficReports& reports) const;
  admin::TrafficNode node_of(kv::NodeId id, const TrafficReport& report) const;
  // False: there are too many; `then` was told so.
  template <class T>
  bool begin(const admin::Then<T>& then);
  void set_groups(const admin::GroupsChange& change, admin::Then<admin::GroupsStatus> then);
  void log_changed(bool removes, const std::string& what, const std::string& by, const std::string& reason);
  std::string who(const std::string& by) const;

  const World world_;
  std::vector<std::string> conf_groups_;
  bool is_known_ = false;
  std::map<std::string, admin::DirectiveStatus> directives_;  // by paths
  std::map<std::string, admin::GroupsStatus> groups_;         // by nodes
  std::deque<admin::TrafficAudit> audit_;
  std::size_t running_ = 0;
};

}  // namespace tenon::node
