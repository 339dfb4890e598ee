#include "load/scenarios/traffic_plan.h"

#include <algorithm>

#include "load/wire/publish_template.h"

namespace tenon::load {

namespace {

constexpr std::uint32_t persistent_expiry_s = 3600;

bool is_pairs(const Options& o) {
  return o.scenario == Scenario::p2p || o.scenario == Scenario::latency;
}

Pacing pacing_of(const Options& o) {
  if (o.rate_per_s > 0) return Pacing::schedule;
  return o.qos == Qos::at_most_once ? Pacing::deliveries : Pacing::acks;
}

std::string topic_of(const Options& o, std::uint32_t stream) {
  if (is_pairs(o) || o.own_topics) return numbered_topic(o.topic_prefix, stream);
  return o.topic_prefix + "/all";
}

std::string filter_of(const Options& o, std::uint32_t subscriber) {
  if (is_pairs(o)) return numbered_topic(o.topic_prefix, subscriber);
  const std::string plain = o.topic_prefix + (o.own_topics ? "/+" : "/all");
  return o.scenario == Scenario::shared ? "$share/" + o.client_prefix + '/' + plain : plain;
}

// How many workers each side has: the same ones, or half of all, the publishers the first ones.
std::uint32_t workers_of_side(const Options& o) {
  return o.readers_apart ? o.threads / 2 : o.threads;
}

// Receivers of one stream stay on one worker, except where each message has many.
std::uint32_t subscriber_worker(const Options& o, std::uint32_t subscriber) {
  const std::uint32_t first = o.readers_apart ? workers_of_side(o) : 0;
  return o.scenario == Scenario::shared ? 0 : first + subscriber % workers_of_side(o);
}

TrafficPlan::PublisherSeat publisher_seat(const Options& o, std::uint32_t index) {
  const bool one_part = is_pairs(o) || o.scenario == Scenario::shared;
  PublisherPlan plan{
      .qos = o.qos,
      .pacing = pacing_of(o),
      .window = o.window,
      .backlog_max = o.backlog_max,
      .messages_max = share_of_messages(o.messages, index, o.publishers),
      .topic = topic_of(o, index),
      .payload_bytes = o.payload_bytes,
      .first_stream = index,
      .receiving_parts = one_part ? 1 : std::min(o.subscribers, o.threads),
  };
  LinkPlan link{.client_id = o.client_prefix + "-p" + std::to_string(index), .at_publish_broker = true};
  return {index % workers_of_side(o), std::move(plan), std::move(link)};
}

TrafficPlan::SubscriberSeat subscriber_seat(const Options& o, std::uint32_t index,
                                            const std::shared_ptr<Trackers>& group) {
  SubscriberPlan plan{
      .first_stream = is_pairs(o) ? index : 0,
      .stream_count = is_pairs(o) ? 1 : o.publishers,
      .tracker_depth = 8 * o.window,
      .group = group,
  };
  LinkPlan link{
      .client_id = o.client_prefix + "-s" + std::to_string(index),
      .clean = !o.persistent,
      .session_expiry_s = o.persistent ? persistent_expiry_s : 0,
      .filters = {filter_of(o, index)},
      .subscribe_qos = o.subscribe_qos,
  };
  return {subscriber_worker(o, index), std::move(plan), std::move(link)};
}

}  // namespace

std::uint64_t share_of_messages(std::uint64_t messages, std::uint32_t index, std::uint32_t count) {
  if (messages == 0) return ~std::uint64_t{0};
  return messages / count + (index < messages % count ? 1 : 0);
}

TrafficPlan plan_traffic(const Options& o) {
  TrafficPlan plan;
  const bool closed_over_deliveries = pacing_of(o) == Pacing::deliveries;
  plan.counts_deliveries = closed_over_deliveries || o.backlog_max != 0;
  plan.deliveries_window = closed_over_deliveries ? o.window : o.backlog_max;
  plan.receivers_per_message = is_pairs(o) || o.scenario == Scenario::shared ? 1 : o.subscribers;
  for (std::uint32_t i = 0; i < o.publishers; ++i) plan.publishers.push_back(publisher_seat(o, i));
  std::shared_ptr<Trackers> group;
  if (o.scenario == Scenario::shared) {
    group = std::make_shared<Trackers>(o.publishers, SequenceTracker(8 * o.window));
  }
  for (std::uint32_t i = 0; i < o.subscribers; ++i) plan.subscribers.push_back(subscriber_seat(o, i, group));
  return plan;
}

}  // namespace tenon::load
