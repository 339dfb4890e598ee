#include <algorithm>

#include "base/text/tenant_topic.h"
#include "broker/link/link.h"
#include "broker/link/link_jobs.h"
#include "broker/link/link_replay.h"
#include "topic/topic.h"

// Subscriptions. Those of a session without inbox are this node's affair; those of one with an inbox are
// routes in the store `dist` and part of the session in the store `inbox`, in this order, and in the opposite
// one when they go.

namespace tenon::broker {

namespace events = observe::events;
namespace inbox = service::inbox;
using mqtt::ReasonCode;
using store::Request;
using store::StoreId;

namespace {

template <class Filter>
inbox::PutSubscription put_of(const InboxFeed& feed, const Filter& filter, std::uint32_t count_max) {
  return {feed.held(), filter.text, {filter.options}, count_max};
}

constexpr std::size_t record_head_bytes_max = 64;

// What one record of an inbox takes of a SUBSCRIBE.
struct RecordRoom {
  std::size_t count;
  std::size_t bytes;

  bool take(const inbox::PutSubscription& put) {
    inbox::CommandBuilder command;
    command.add(put);
    if (count == 0 || command.size_bytes() > bytes) return false;
    --count;
    bytes -= command.size_bytes();
    return true;
  }
};

}  // namespace

void Link::subscribe(const mqtt::Subscribe& packet) {
  if (permset_.stale() && !refresh_permissions()) return;
  if (!conn_ && !feed_) return;  // the session ends with the link, and gets nothing any more
  SubscriptionJob job;
  job.packet_id = packet.packet_id;
  job.subscribes = true;
  const std::uint32_t id = packet.properties.subscription_id.value_or(0);
  std::vector<std::string> known;
  SubscriptionRoom room = tenant_room(known);
  const std::uint32_t count_max = shard_.context().subscriptions_per_session_max;
  RecordRoom record{count_max, store::request_text_bytes_max - record_head_bytes_max};
  for (const mqtt::Subscription& wanted : packet.subscriptions) {
    SubscriptionJob::Filter& filter = job.filters.emplace_back();
    filter.text = filter_with_prefix(tenant_->prefix(), wanted.filter);
    filter.retain_handling = wanted.retain_handling;
    filter.options.subscription_id = id;
    filter.options.qos = mqtt::min(wanted.qos, connection_.qos_max());
    filter.options.no_local = wanted.no_local;
    filter.options.retain_as_published = wanted.retain_as_published;
    filter.code = admit_filter(wanted.filter, wanted.qos);
    if (!mqtt::is_failure(filter.code) && !room.admit(filter.text)) {
      filter.code = ReasonCode::quota_exceeded;
      metrics().limits_met[LimitMet::tenant_subscriptions].add(shard_.index());
    }
    // Its route would be made before the inbox says that it has no room for it.
    if (feed_ && !mqtt::is_failure(filter.code) && !record.take(put_of(*feed_, filter, count_max))) {
      filter.code = ReasonCode::quota_exceeded;
      metrics().limits_met[LimitMet::subscriptions].add(shard_.index());
    }
    if (!mqtt::is_failure(filter.code)) filter.code = static_cast<ReasonCode>(filter.options.qos);
  }
  take_job(std::move(job));
}

void Link::unsubscribe(const mqtt::Unsubscribe& packet) {
  SubscriptionJob job;
  job.packet_id = packet.packet_id;
  for (const std::string_view text : packet.filters)
    job.filters.emplace_back().text = filter_with_prefix(tenant_->prefix(), text);
  take_job(std::move(job));
}

ReasonCode Link::admit_filter(std::string_view filter, mqtt::QoS qos) {
  const auto& limits = settings_.limits;
  const topic::TopicLimits topic_limits{limits.topic_bytes_max, limits.topic_levels_max,
                                        limits.wildcard_levels_max};
  if (topic::check_filter(filter, topic_limits) != topic::TopicFault::none) {
    limit_met(session::Limit::topic);
    return ReasonCode::topic_filter_invalid;
  }
  const std::string_view pattern = split_filter(filter).pattern;
  if (filter.size() + tenant_->prefix().size() > topic_bytes_max) return ReasonCode::topic_filter_invalid;
  // No wildcard matches a name that begins with '$', so that other tenants' topics can be named in words
  // only.
  const bool is_of_tenants =
      tenant_->prefix().empty() && (pattern.starts_with(tenant_mark) || pattern == "$tenant");
  if (!is_of_tenants &&
      permset_.check(host::Action::subscribe, pattern, static_cast<std::uint8_t>(qos), false))
    return ReasonCode::success;
  metrics().subscribe_denied.add(shard_.index());
  shard_.context().log.write(events::auth_access_denied, "a subscription was refused",
                             {{"client_id", connection_.client_id()}, {"filter", filter}});
  return ReasonCode::not_authorized;
}

// The routes are asked once for all filters of a packet: the store thread waits meanwhile.
SubscriptionRoom Link::tenant_room(std::vector<std::string>& known) const {
  const std::uint64_t limit = tenant_->limits().subscriptions_max;
  if (limit == 0) return {0, 0, {}};
  const std::uint64_t taken = tenant_->subscriptions().taken() + tables().routes.count_of(tenant_->name());
  if (feed_)
    for (auto& route : tables().routes.of_inbox(feed_->number())) known.push_back(std::move(route.filter));
  else
    filters_.for_each([&](std::string_view filter) { known.emplace_back(filter); });
  return {limit, taken, known};
}

// One after another: each sees what those before it have left.
void Link::take_job(SubscriptionJob&& job) {
  if (!feed_) {
    if (job.subscribes)
      subscribe_here(job);
    else
      unsubscribe_here(job);
    return answer_when_known(std::move(job));
  }
  if (!rare().jobs) rare_->jobs = std::make_unique<Jobs>();
  auto& open = rare_->jobs->open;
  open.push_back(std::move(job));
  run_jobs();
}

void Link::subscribe_here(SubscriptionJob& job) {
  for (auto& filter : job.filters) {
    if (mqtt::is_failure(filter.code)) continue;
    if (!add_filter(filter.text)) {
      filter.code = ReasonCode::quota_exceeded;
      metrics().limits_met[LimitMet::subscriptions].add(shard_.index());
      continue;
    }
    filter.is_new = tables().subscriptions.put(filter.text, connection_.key(), filter.options);
    if (!filter.is_new) continue;
    (void)tenant_->subscriptions().take(1, 0);
    tables().remote.own().add(filter.text, OwnRoutes::Wants::all);
  }
}

// Notes the filter as the session's; false: it has too many.
bool Link::add_filter(std::string_view filter) {
  if (filters_.size() >= shard_.context().subscriptions_per_session_max) return filters_.contains(filter);
  (void)filters_.insert(filter);
  return true;
}

void Link::unsubscribe_here(SubscriptionJob& job) {
  for (auto& filter : job.filters) {
    const bool was_there = filters_.erase(filter.text);
    if (was_there) forget_filter(filter.text);
    filter.code = was_there ? ReasonCode::success : ReasonCode::no_subscription_existed;
  }
}

void Link::forget_filter(std::string_view filter) {
  if (!tables().subscriptions.remove(filter, connection_.key())) return;
  tenant_->subscriptions().give_back(1);
  tables().remote.own().remove(filter, OwnRoutes::Wants::all);
}

void Link::forget_filters() {
  filters_.for_each([this](std::string_view filter) { forget_filter(filter); });
  filters_.clear();
}

// One after another; those that end at once do so in this loop.
void Link::run_jobs() {
  Jobs& jobs = *rare_->jobs;
  if (std::exchange(jobs.is_running, true)) return;
  while (!connection_.closing() && feed_ && !jobs.open.empty() && !jobs.is_started) {
    jobs.is_started = true;
    start_job();
  }
  jobs.is_running = false;
  if (!jobs.open.empty()) return;
  rare_->jobs.reset();
  forget_opening();
}

void Link::start_job() {
  SubscriptionJob& job = rare_->jobs->open.front();
  if (job.subscribes)
    change_routes(job, [](Link& link) { link.record_job(); });
  else
    record_job();
}

Shard::RouteChange Link::removal_of_route(std::string_view filter) const {
  return {owner(), feed_->number(), std::string(filter), {}, nullptr, feed_->epoch()};
}

// Adds or removes the routes of the job's filters, then goes on.
void Link::change_routes(const SubscriptionJob& job, void (*then)(Link& link)) {
  auto changes = std::make_shared<Countdown>();
  for (const auto& filter : job.filters) {
    // A route is removed even where the session has no such subscription: an earlier UNSUBSCRIBE may have
    // been cut off in between.
    if (job.subscribes && mqtt::is_failure(filter.code)) continue;
    changes->start_one();
    auto change = removal_of_route(filter.text);
    if (job.subscribes) change.options = filter.options;
    change.changed = changes;
    shard_.change_route(std::move(change));
  }
  if (!changes->open()) return then(*this);
  changes->wait([&shard = shard_, address = address_, then](ReasonCode code) {
    Link* link = shard.find(address);
    if (!link || !link->feed_) return;
    shard.mark(*link);
    if (mqtt::is_failure(code)) return link->lose_session(code);
    then(*link);
  });
}

// Tells the inbox of the job's filters, as one command.
void Link::record_job() {
  const SubscriptionJob& job = rare_->jobs->open.front();
  inbox::CommandBuilder command;
  for (const auto& filter : job.filters) {
    if (job.subscribes && mqtt::is_failure(filter.code)) continue;
    if (job.subscribes)
      command.add(put_of(*feed_, filter, shard_.context().subscriptions_per_session_max));
    else
      command.add(inbox::RemoveSubscription{feed_->held(), filter.text});
  }
  if (command.count() == 0) return finish_job();
  if (job.subscribes) leave_to_groups(job);
  shard_.store().ask(StoreId::inbox, Request::Kind::append, feed_->key(), command.take(),
                     shard_.for_link(address_, [](Link& link, const store::Answer& answer) {
                       link.on_job_recorded(answer);
                     }));
}

// Before the subscription: who is a member leaves to others what it does not finish. Of a range that has
// members of an earlier version the answer is `unsupported`, and the session takes it along when it ends.
void Link::leave_to_groups(const SubscriptionJob& job) {
  const bool joins = std::ranges::any_of(job.filters, [](const SubscriptionJob::Filter& filter) {
    return !mqtt::is_failure(filter.code) && filter.options.qos != mqtt::QoS::at_most_once &&
           split_filter(filter.text).sharing != Sharing::none;
  });
  if (!joins) return;
  inbox::CommandBuilder command;
  command.add(inbox::LeaveToGroups{feed_->held().owner, feed_->number()});
  shard_.store().ask(StoreId::inbox, Request::Kind::append, feed_->key(), command.take(),
                     [](const store::Answer&) {});
}

void Link::on_job_recorded(const store::Answer& answer) {
  if (!feed_) return;
  shard_.mark(*this);
  // Whether it was applied nobody knows. The client has to come again, and its session says what it
  // subscribes.
  if (answer.code != store::AnswerCode::done) return lose_session(ReasonCode::server_unavailable);
  SubscriptionJob& job = rare_->jobs->open.front();
  inbox::ReplyReader replies(answer.text);
  for (auto& filter : job.filters) {
    if (job.subscribes && mqtt::is_failure(filter.code)) continue;
    // The two have the same reply, under the kinds of their own.
    const auto reply =
        job.subscribes ? replies.next<inbox::PutSubscription>() : replies.next<inbox::RemoveSubscription>();
    if (!reply.ok()) return lose_session(ReasonCode::unspecified_error);
    if (reply->status == inbox::OpStatus::gone || reply->status == inbox::OpStatus::stale)
      return lose_session(ReasonCode::session_taken_over);
    filter.is_new = !reply->existed;
    if (!job.subscribes)
      filter.code = reply->existed ? ReasonCode::success : ReasonCode::no_subscription_existed;
    else if (reply->status == inbox::OpStatus::full) {
      filter.code = ReasonCode::quota_exceeded;
      metrics().limits_met[LimitMet::subscriptions].add(shard_.index());
      // Its route was made before the inbox had no room for it.
      shard_.change_route(removal_of_route(filter.text));
    }
  }
  if (job.subscribes) return finish_job();
  change_routes(job, [](Link& link) { link.finish_job(); });
}

void Link::finish_job() {
  auto& open = rare_->jobs->open;
  SubscriptionJob job = std::move(open.front());
  open.pop_front();
  rare_->jobs->is_started = false;
  announce(job);
  answer_when_known(std::move(job));
  run_jobs();
}

// Other nodes send what does not wait in the inbox.
void Link::announce(const SubscriptionJob& job) {
  if (!announced_) return;
  for (const auto& filter : job.filters) {
    if (mqtt::is_failure(filter.code)) continue;
    if (job.subscribes)
      announced_->put(filter.text, filter.options.qos);
    else
      announced_->remove(filter.text);
  }
}

bool Link::SubscriptionJob::Filter::wants_retained() const {
  const bool wants = retain_handling == mqtt::RetainHandling::send ||
                     (retain_handling == mqtt::RetainHandling::send_if_new && is_new);
  // A shared subscription gets none. (MQTT 5.0 §4.8.2)
  return wants && !mqtt::is_failure(code) && split_filter(text).sharing == Sharing::none;
}

// Whoever publishes at any node behind the SUBACK reaches the subscriber. [PROMISE-3]
void Link::answer_when_known(SubscriptionJob&& job) {
  OwnRoutes& own = tables().remote.own();
  if (!job.subscribes || own.is_alone()) return answer_job(job);
  ++waiting_subacks_;
  const auto waiting = std::make_shared<SubscriptionJob>(std::move(job));
  const auto later = [&shard = shard_, address = address_, waiting] {
    shard.worker().post(make_task([&shard, address, waiting] {
      shard.enter();
      if (Link* link = shard.find(address)) link->answer_when_shown(waiting);
    }));
  };
  if (!own.when_known(later)) return;
  if (waiting_subacks_ == 1) return answer_when_shown(waiting);
  later();  // behind one that is known, too, and has not had its turn yet
}

// It finds what was retained, and acknowledged, anywhere before it subscribed (INV-R1). What was not
// committed when that is asked for comes live, as its node looks for subscribers again when it is (INV-R2):
// for that, all have to know the subscription before. Nobody goes past those that wait: of one filter the
// last SUBSCRIBE holds.
void Link::answer_when_shown(const std::shared_ptr<SubscriptionJob>& job) {
  if (waiting_replays_ == 0 && std::ranges::none_of(job->filters, &SubscriptionJob::Filter::wants_retained))
    return answer_waiting(*job);
  ++waiting_replays_;
  shard_.retain_barrier().wait([&shard = shard_, address = address_, job] {
    Link* link = shard.find(address);
    if (!link) return;
    --link->waiting_replays_;
    link->answer_waiting(*job);
  });
}

void Link::answer_waiting(const SubscriptionJob& job) {
  shard_.mark(*this);
  --waiting_subacks_;
  answer_job(job);
}

// It may have been given up while others were told of it.
bool Link::has_filter(std::string_view filter) const {
  if (feed_) return !announced_ || announced_->has(filter);
  return filters_.contains(filter);
}

void Link::answer_job(const SubscriptionJob& job) {
  if (connection_.closing()) return;
  std::vector<ReasonCode> codes;
  codes.reserve(job.filters.size());
  for (const auto& filter : job.filters) codes.push_back(filter.code);
  tell_subscriptions(job);
  shard_.mark(*this);
  if (!job.subscribes) {
    for (const auto& filter : job.filters) drop_replay(filter.text);
    return connection_.on_unsubscribed(job.packet_id, codes);  // [MQTT-3.10.4-4] [MQTT-3.10.4-5]
  }
  // [MQTT-3.8.4-1] [MQTT-3.8.4-2] [MQTT-3.8.4-6]
  connection_.on_subscribed(job.packet_id, codes);
  begin_or_change_replays(job);
}

}  // namespace tenon::broker
