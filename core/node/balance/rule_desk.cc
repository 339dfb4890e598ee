#include "node/balance/rule_desk.h"

#include <algorithm>

#include "base/text/hex.h"

namespace tenon::node {

namespace events = observe::events;
namespace meta = service::meta;
using admin::RuleChangeStatus;
using store::Request;

namespace {

constexpr std::string_view health_name = "balance.rules";

std::string place_of(const std::string& store, const std::string& balancer) {
  return store + "/" + balancer;
}

std::string_view state_of(const store::Answer& answer) {
  return answer.code == store::AnswerCode::timed_out ? "timed_out" : "refused";
}

std::string rule_text(std::uint64_t version) {
  return version == 0 ? "there is no rule" : "the rule has version " + std::to_string(version);
}

}  // namespace

// --- what is in force

RuleDesk::RuleDesk(World world, Balancers& balancers) : world_(std::move(world)), balancers_(balancers) {
  world_.meta.follow(
      {std::string(rules_prefix), [this](const MetaWatch::Values& values) { take(values); },
       [this](std::uint64_t revision, const meta::AuditRecord& record) { take_audit(revision, record); },
       world_.on_read});
}

void RuleDesk::take(const MetaWatch::Values& values) {
  rules_.clear();
  for (const auto& [path, value] : values)
    if (auto rule = read_rule(path, value.record())) rules_.push_back(std::move(*rule));
  is_known_ = true;
  apply();
}

void RuleDesk::take_audit(std::uint64_t revision, const meta::AuditRecord& record) {
  const auto place = place_of_path(record.path);
  if (!place) return;
  const std::lock_guard lock(mutex_);
  audit_.push_back({revision, record.stamp_ms, std::string(record.who),
                    std::string(kv::to_string(place->store)), place->balancer,
                    record.change == meta::Change::erase});
  if (audit_.size() > audit_shown) audit_.pop_front();
}

void RuleDesk::conf_changed() {
  if (is_known_) apply();
}

void RuleDesk::apply() {
  auto shown = balancers_.apply(rules_);
  std::string trouble;
  std::size_t ruled = 0;
  for (const admin::BalancerRule& one : shown) {
    if (one.version != 0) ++ruled;
    if (one.failure.empty()) continue;
    const std::string place = place_of(one.store, one.balancer);
    world_.log.write(events::balance_rule_failed, one.failure,
                     {{"balancer", place}, {"version", one.version}});
    trouble = place + " does not run here: " + one.failure;
  }
  if (trouble.empty())
    world_.health.remove(health_name);
  else
    world_.health.set(health_name, observe::HealthState::degraded, trouble);
  world_.log.write(events::balance_rules_applied, "balancers follow these rules besides conf.d",
                   {{"rules", ruled}});
  const std::lock_guard lock(mutex_);
  shown_.emplace().rules = std::move(shown);
}

std::optional<admin::RuleReport> RuleDesk::rules() const {
  const std::lock_guard lock(mutex_);
  auto report = shown_;
  if (report) report->audit.assign(audit_.begin(), audit_.end());
  return report;
}

// --- changes

Result<RuleChangeStatus> RuleDesk::change(const admin::RuleChange& change) {
  if (!store_named(change.store))
    return Error{Errc::not_found, "there is no store \"" + change.store + "\": dist, inbox, meta, retain"};
  RuleChangeStatus status;
  {
    const std::lock_guard lock(mutex_);
    if (open_count_ >= changes_running_max)
      return Error{Errc::busy, "too many changes are running at this node; later"};
    ++open_count_;
    status.id = ++last_change_;
    status.store = change.store;
    status.balancer = change.balancer;
    status.state = "running";
    changes_.emplace(status.id, status);
    forget_old();
  }
  world_.meta.on_control([this, id = status.id, change] {
    running_[id] = {change, hex_text(world_.random.next())};
    begin(id);
  });
  return status;
}

std::optional<RuleChangeStatus> RuleDesk::change_status(std::uint64_t id) const {
  const std::lock_guard lock(mutex_);
  const auto found = changes_.find(id);
  return found == changes_.end() ? std::nullopt : std::optional(found->second);
}

void RuleDesk::begin(std::uint64_t id) {
  const admin::RuleChange& change = running_[id].change;
  // What is not there any more may be taken away.
  const auto conf = balancers_.in_conf(change.store, change.balancer);
  if (!conf.ok() && !change.removes) return finish(id, "refused", conf.error().message);
  ask_present(id, &RuleDesk::on_present);
}

void RuleDesk::ask_present(std::uint64_t id, void (RuleDesk::*then)(std::uint64_t, const Record&)) {
  const admin::RuleChange& change = running_[id].change;
  const std::string path = path_of(*store_named(change.store), change.balancer);
  service::BatchBuilder<meta::Question> question;
  question.add(meta::Get{path});
  world_.meta.ask(Request::Kind::query, path, question.take(), [this, id, then](const store::Answer& answer) {
    if (const auto trouble = trouble_of(answer)) return finish(id, state_of(answer), trouble->message);
    const auto reply = meta::AnswerReader(answer.text).next<meta::Get>();
    if (!reply.ok()) return finish(id, "refused", reply.error().message);
    (this->*then)(id, reply->value);
  });
}

void RuleDesk::on_present(std::uint64_t id, const Record& present) {
  const admin::RuleChange& change = running_[id].change;
  const std::uint64_t version = present ? present->version : 0;
  if (change.version && *change.version != version)
    return finish(id, "conflict", rule_text(version) + ", not " + std::to_string(*change.version), version);
  if (!change.removes) return put(id, present);
  if (version == 0) return close(id, "done", "there was no rule; conf.d holds");
  erase(id, version);
}

void RuleDesk::put(std::uint64_t id, const Record& present) {
  const Running& running = running_[id];
  const admin::RuleChange& change = running.change;
  ReadRule before{{*store_named(change.store), change.balancer}, std::nullopt};
  const std::string path = path_of(before.rule.store, change.balancer);
  if (present) before = *read_rule(path, *present);
  if (before.error) return finish(id, "refused", before.error->message + "; it can only be removed here");
  auto rule = change_rule(before.rule, change);
  if (!rule.ok()) return finish(id, "refused", rule.error().message);
  rule->change = running.tag;
  const auto conf = balancers_.in_conf(change.store, change.balancer);
  if (!conf.ok()) return finish(id, "refused", conf.error().message);
  const Status taken = balancers_.check(effective_balancer(rule->store, *conf, &*rule));
  if (!taken.ok()) return finish(id, "refused", taken.error().message);
  const std::string value = text_of(*rule);
  const std::string who = change.by + " at " + world_.node_id;
  meta::CommandBuilder command;
  command.add(meta::Put{path, value, before.rule.version, who});
  give(id, command.take());
}

void RuleDesk::erase(std::uint64_t id, std::uint64_t version) {
  const admin::RuleChange& change = running_[id].change;
  const std::string path = path_of(*store_named(change.store), change.balancer);
  const std::string who = change.by + " at " + world_.node_id;
  meta::CommandBuilder command;
  command.add(meta::Erase{path, version, who});
  give(id, command.take());
}

void RuleDesk::give(std::uint64_t id, std::string&& command) {
  const admin::RuleChange& change = running_[id].change;
  world_.meta.ask(Request::Kind::command, path_of(*store_named(change.store), change.balancer),
                  std::move(command), [this, id](const store::Answer& answer) { on_given(id, answer); });
}

// Replies of both ops have the same form.
void RuleDesk::on_given(std::uint64_t id, const store::Answer& answer) {
  if (const auto trouble = trouble_of(answer)) return finish(id, state_of(answer), trouble->message);
  meta::ReplyReader reader(answer.text);
  const bool removes = running_[id].change.removes;
  const auto reply = removes ? reader.next<meta::Erase>() : reader.next<meta::Put>();
  if (!reply.ok()) return finish(id, "refused", reply.error().message);
  // A command may be applied twice: the second time it finds what the first one has left.
  if (reply->status == meta::ChangeStatus::conflict) return ask_present(id, &RuleDesk::on_confirmed);
  done(id, removes ? 0 : reply->version);
}

void RuleDesk::on_confirmed(std::uint64_t id, const Record& present) {
  const Running& running = running_[id];
  const admin::RuleChange& change = running.change;
  if (!present && change.removes) return done(id, 0);
  const auto read = present ? read_rule(path_of(*store_named(change.store), change.balancer), *present)
                            : std::optional<ReadRule>();
  if (read && !change.removes && read->rule.change == running.tag) return done(id, read->rule.version);
  const std::uint64_t version = present ? present->version : 0;
  finish(id, "conflict", "somebody was faster: " + rule_text(version) + " now", version);
}

// Who hears that it is done finds it in the list.
void RuleDesk::done(std::uint64_t id, std::uint64_t version) {
  world_.meta.when_read([this, id, version] {
    finish(id, "done", running_[id].change.removes ? "the rule is gone; conf.d holds" : rule_text(version),
           version);
  });
}

void RuleDesk::finish(std::uint64_t id, std::string_view state, std::string detail, std::uint64_t version) {
  const admin::RuleChange& change = running_[id].change;
  const std::string place = place_of(change.store, change.balancer);
  if (state == "done")
    world_.log.write(
        events::balance_rule_changed, change.removes ? "a rule was removed" : "a rule was set",
        {{"balancer", place}, {"version", version}, {"by", change.by}, {"reason", change.reason}});
  else
    world_.log.write(events::balance_rule_refused, detail,
                     {{"balancer", place}, {"state", state}, {"by", change.by}, {"reason", change.reason}});
  close(id, state, std::move(detail), version);
}

void RuleDesk::close(std::uint64_t id, std::string_view state, std::string detail, std::uint64_t version) {
  running_.erase(id);
  const std::lock_guard lock(mutex_);
  --open_count_;
  RuleChangeStatus& status = changes_[id];
  status.state = state;
  status.detail = std::move(detail);
  status.version = version;
}

// Those that run are kept.
void RuleDesk::forget_old() {
  for (auto change = changes_.begin(); change != changes_.end() && changes_.size() > changes_kept;)
    change = change->second.state == "running" ? std::next(change) : changes_.erase(change);
}

}  // namespace tenon::node
