#include "node/traffic/traffic_desk.h"

#include <utility>

#include "node/marks/node_marks.h"
#include "node/meta/meta_edit.h"
#include "node/traffic/traffic_record.h"

namespace tenon::node {

namespace events = observe::events;
using admin::DirectiveStatus;
using admin::GroupsStatus;

namespace {

constexpr std::string_view not_read = "this node has not read the store meta yet";

std::string words_of(const admin::DirectiveName& name) {
  return name.service + " " + name.tenants;
}

Error no_directive(const admin::DirectiveName& name) {
  return {Errc::not_found, "there is no directive of " + words_of(name)};
}

}  // namespace

// --- what holds

TrafficDesk::TrafficDesk(World world, std::vector<std::string> groups)
    : world_(std::move(world)), conf_groups_(std::move(groups)) {
  world_.meta.follow({std::string(traffic_prefix), [this](const MetaWatch::Values& values) { take(values); },
                      [this](std::uint64_t revision, const service::meta::AuditRecord& record) {
                        take_audit(revision, record);
                      }});
}

void TrafficDesk::take(const MetaWatch::Values& values) {
  directives_.clear();
  groups_.clear();
  for (const auto& [path, value] : values) {
    if (auto directive = read_directive(path, value.record()))
      directives_.emplace(path, std::move(*directive));
    if (auto groups = read_groups(path, value.record())) groups_.emplace(groups->node, std::move(*groups));
  }
  is_known_ = true;
  follow();
}

void TrafficDesk::take_audit(std::uint64_t revision, const service::meta::AuditRecord& record) {
  audit_.push_back({revision, record.stamp_ms, std::string(record.who), traffic_words_of(record.path),
                    record.change == service::meta::Change::erase});
  if (audit_.size() > audit_shown) audit_.pop_front();
}

void TrafficDesk::follow() {
  std::vector<broker::Directive> all;
  for (const auto& [path, directive] : directives_)
    if (directive.name.service == "mqtt") all.push_back({directive.name.tenants, directive.weights});
  const auto said = groups_.find(text_of(world_.self));
  world_.follow(
      {broker::Directives(std::move(all)), said == groups_.end() ? conf_groups_ : said->second.groups});
}

void TrafficDesk::conf_changed(std::vector<std::string> groups) {
  conf_groups_ = std::move(groups);
  if (is_known_) follow();
}

// --- what is shown

admin::TrafficNode TrafficDesk::node_of(kv::NodeId id, const TrafficReport& report) const {
  admin::TrafficNode node;
  const auto said = groups_.find(text_of(id));
  if (said != groups_.end()) node.groups = said->second;
  node.groups.node = text_of(id);
  node.groups.groups = report.groups;
  node.is_this = id == world_.self;
  node.lets_in = report.lets_in;
  for (const TrafficReport::Row& row : report.rows)
    node.rows.push_back({{"mqtt", row.tenants}, row.weight, row.clients});
  return node;
}

admin::TrafficStatus TrafficDesk::status(const TrafficReports& reports) const {
  admin::TrafficStatus status;
  for (const auto& [path, directive] : directives_) status.directives.push_back(directive);
  for (const auto& [id, report] : reports.of) status.nodes.push_back(node_of(id, report));
  for (const auto& [id, groups] : groups_)
    if (const auto node = read_node_id(id); node && !reports.of.contains(*node))
      status.away.push_back(groups);
  for (const kv::NodeId node : reports.missing) status.missing_nodes.push_back(text_of(node));
  status.audit.assign(audit_.begin(), audit_.end());
  return status;
}

void TrafficDesk::list(admin::Then<admin::TrafficStatus> then) {
  world_.ask_all([this, then = std::move(then)](TrafficReports&& reports) {
    world_.meta.on_control([this, then, reports = std::move(reports)] {
      if (!is_known_) return then(Error{Errc::busy, std::string(not_read)});
      then(status(reports));
    });
  });
}

void TrafficDesk::show(const admin::DirectiveName& name, admin::Then<DirectiveStatus> then) {
  world_.meta.on_control([this, name, then = std::move(then)] {
    if (!is_known_) return then(Error{Errc::busy, std::string(not_read)});
    const auto found = directives_.find(path_of_directive(name));
    if (found == directives_.end()) return then(no_directive(name));
    then(DirectiveStatus(found->second));
  });
}

// --- changes

std::string TrafficDesk::who(const std::string& by) const {
  return by + " at " + text_of(world_.self);
}

template <class T>
bool TrafficDesk::begin(const admin::Then<T>& then) {
  if (running_ >= changes_running_max) {
    then(Error{Errc::busy, "too many changes are running at this node; later"});
    return false;
  }
  ++running_;
  return true;
}

void TrafficDesk::log_changed(bool removes, const std::string& what, const std::string& by,
                              const std::string& reason) {
  world_.log.write(events::node_traffic_changed, removes ? "it was taken back" : "it was set",
                   {{"what", what}, {"by", by}, {"reason", reason}});
}

void TrafficDesk::change(const admin::DirectiveChange& change, admin::Then<DirectiveStatus> then) {
  if (const Status sound = may_direct(change); !sound.ok()) return then(sound.error());
  world_.meta.on_control([this, change, then = std::move(then)] {
    const std::string path = path_of_directive(change.name);
    if (!change.removes && !directives_.contains(path) && directives_.size() >= directives_max)
      return then(Error{Errc::busy, "there are " + std::to_string(directives_max) +
                                        " directives, as many as there may be"});
    if (!begin(then)) return;
    const auto present = directives_.find(path);
    const DirectiveStatus before = present == directives_.end() ? DirectiveStatus{} : present->second;
    MetaEdit edit{path, change.removes ? "" : text_of_directive(change, std::to_string(world_.random.next())),
                  change.version, who(change.by)};
    edit_meta(world_.meta, std::move(edit), [=, this](Result<std::uint64_t>&& version) {
      --running_;
      if (!version.ok()) {
        if (version.error().code == Errc::not_found) return then(no_directive(change.name));
        return then(Error{version.error().code, words_of(change.name) + ": " + version.error().message});
      }
      log_changed(change.removes, "directive " + words_of(change.name), change.by, change.reason);
      DirectiveStatus status = before;
      if (const auto now = directives_.find(path); !change.removes && now != directives_.end())
        status = now->second;
      status.name = change.name;
      status.version = *version;
      then(std::move(status));
    });
  });
}

// Of a node that nobody knows nothing is said; one that is away keeps what is said of it.
void TrafficDesk::change_groups(const admin::GroupsChange& change, admin::Then<GroupsStatus> then) {
  if (const Status sound = may_group(change); !sound.ok()) return then(sound.error());
  world_.ask_all([this, change, then = std::move(then)](TrafficReports&& reports) {
    world_.meta.on_control([this, change, then, reports = std::move(reports)] {
      const auto node = read_node_id(change.node);
      if (!node || !(reports.of.contains(*node) || groups_.contains(change.node)))
        return then(Error{Errc::not_found, "no node " + change.node + " has answered"});
      set_groups(change, then);
    });
  });
}

void TrafficDesk::set_groups(const admin::GroupsChange& change, admin::Then<GroupsStatus> then) {
  if (!begin(then)) return;
  const auto present = groups_.find(change.node);
  const GroupsStatus before = present == groups_.end() ? GroupsStatus{} : present->second;
  MetaEdit edit{path_of_groups(*read_node_id(change.node)),
                change.removes ? "" : text_of_groups(change, std::to_string(world_.random.next())),
                change.version, who(change.by)};
  edit_meta(world_.meta, std::move(edit), [=, this](Result<std::uint64_t>&& version) {
    --running_;
    if (!version.ok())
      return then(Error{version.error().code, "groups of " + change.node + ": " + version.error().message});
    log_changed(change.removes, "groups of " + change.node, change.by, change.reason);
    GroupsStatus status = before;
    if (const auto now = groups_.find(change.node); !change.removes && now != groups_.end())
      status = now->second;
    status.node = change.node;
    status.version = *version;
    then(std::move(status));
  });
}

}  // namespace tenon::node
