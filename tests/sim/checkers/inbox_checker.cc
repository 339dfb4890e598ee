#include "sim/checkers/inbox_checker.h"

#include <algorithm>

namespace tenon::sim {
namespace {

std::string text_of(const MessageName& message) {
  return "message " + std::to_string(message.sequence) + " of source " + std::to_string(message.source);
}

}  // namespace

void InboxChecker::fail(std::uint32_t client, const std::string& what) {
  world_.fail("client " + std::to_string(client) + ": " + what);
}

void InboxChecker::on_attach_asked(std::uint32_t client, std::uint64_t candidate, bool clean_start) {
  world_.trace().note("client.attach", {client, candidate, clean_start});
  if (clean_start) clients_[client].open_cleans.insert(candidate);
}

void InboxChecker::on_attached(std::uint32_t client, std::uint64_t candidate, bool clean_start, bool present,
                               std::uint64_t number, std::uint64_t epoch) {
  world_.trace().note("client.attached", {client, candidate, present, number, epoch});
  Client& c = clients_[client];
  const bool is_answer_of_clean = c.open_cleans.erase(candidate) > 0;
  // A clean start that nobody heard of again may have come through in between, now or long ago.
  const bool may_be_new = !c.open_cleans.empty() || is_answer_of_clean;
  // A connection of before may have come in between, with or without a clean start of its own.
  if (clean_start && present && number != candidate && c.open_cleans.empty())
    fail(client, "a clean start found a session");
  if (!clean_start && c.number != 0 && !may_be_new && (!present || number != c.number))
    fail(client, "its session is gone");
  if (!clean_start && !present && number != candidate)
    fail(client, "a new session has a number that nobody gave it");
  if (number != c.number) c.holders.clear();
  const auto [holder, is_first] = c.holders.try_emplace(epoch, candidate);
  if (!is_first && holder->second != candidate)
    fail(client, "epoch " + std::to_string(epoch) + " was given to two connections");
  c.open_cleans.erase(number);
  c.number = number;
  c.epoch = epoch;
}

bool InboxChecker::is_fenced(std::uint32_t client, std::uint64_t number, std::uint64_t epoch) const {
  const auto found = clients_.find(client);
  if (found == clients_.end()) return false;
  return found->second.number != number || found->second.epoch > epoch;
}

void InboxChecker::on_fenced_effect(std::uint32_t client, std::uint64_t epoch) {
  fail(client, "an op with epoch " + std::to_string(epoch) + " took effect behind a takeover");
}

void InboxChecker::on_subscribed(std::uint32_t client, std::uint64_t number, const std::string& filter) {
  world_.trace().note("client.subscribed", {client, number}, filter);
  inbox(client, number).filters.insert(filter);
}

void InboxChecker::on_unsubscribe_asked(std::uint32_t client, std::uint64_t number,
                                        const std::string& filter) {
  world_.trace().note("client.unsubscribe", {client, number}, filter);
  inbox(client, number).filters.erase(filter);
}

void InboxChecker::on_subscriptions(std::uint32_t client, std::uint64_t number,
                                    const std::set<std::string>& expected,
                                    const std::set<std::string>& found) {
  // The question names no session: a clean start may have come through since.
  if (!clients_[client].open_cleans.empty()) return;
  const Inbox& box = inbox(client, number);
  for (const std::string& filter : expected)
    if (box.filters.contains(filter) && !found.contains(filter))
      fail(client, "its subscription to " + filter + " is gone");
}

void InboxChecker::on_acknowledged_append(std::uint32_t client, std::uint64_t number,
                                          const MessageName& message) {
  Inbox& box = inbox(client, number);
  if (box.refused.contains(message)) fail(client, text_of(message) + " was refused and then acknowledged");
  box.acknowledged.push_back(message);
  ++acknowledged_count_;
}

void InboxChecker::on_append_refused(std::uint32_t client, std::uint64_t number, const MessageName& message) {
  Inbox& box = inbox(client, number);
  box.refused.insert(message);
  if (box.places.contains(message)) fail(client, text_of(message) + " was refused, and is there");
}

// Neighbours of the same source must have come in the order of their numbers.
void InboxChecker::check_order(std::uint32_t client, const Inbox& box, const Item& item) {
  const auto place = box.places.find(item.message);
  const auto report = [&](const MessageName& other) {
    fail(client, text_of(item.message) + " and " + text_of(other) + " are in the wrong order");
  };
  if (const auto next = std::next(place);
      next != box.places.end() && next->first.source == item.message.source && next->second < item.number)
    report(next->first);
  if (place == box.places.begin()) return;
  const auto before = std::prev(place);
  if (before->first.source == item.message.source && before->second > item.number) report(before->first);
}

void InboxChecker::see(std::uint32_t client, Inbox& box, const Item& item) {
  const auto [known, is_new] = box.items.try_emplace(item.number, Seen{item.message, ++moment_});
  if (!is_new) {
    if (known->second.message != item.message)
      fail(client, "place " + std::to_string(item.number) + " holds another message than before");
    return;
  }
  ++seen_count_;
  const auto [place, is_only] = box.places.try_emplace(item.message, item.number);
  if (!is_only)
    return fail(client, text_of(item.message) + " is there twice, at " + std::to_string(place->second) +
                            " and " + std::to_string(item.number));
  if (box.refused.contains(item.message)) fail(client, text_of(item.message) + " was refused, and is there");
  check_order(client, box, item);
}

void InboxChecker::on_fetched(std::uint32_t client, std::uint64_t number, std::uint64_t from, bool is_all,
                              const std::vector<Item>& items, Moment asked_at) {
  Inbox& box = inbox(client, number);
  std::set<std::uint64_t> found;
  std::uint64_t last = from == 0 ? 0 : from - 1;
  for (const Item& item : items) {
    if (item.number <= last && !found.empty()) fail(client, "a fetch is not in order");
    last = item.number;
    found.insert(item.number);
    const auto acked = box.ack_done.find(item.number);
    if (acked != box.ack_done.end() && acked->second <= asked_at)
      fail(client, "place " + std::to_string(item.number) + " is there, though it was acknowledged");
    see(client, box, item);
  }
  // What was seen before and never acknowledged is still there.
  for (auto known = box.items.lower_bound(from); known != box.items.end(); ++known) {
    if (!is_all && known->first > last) break;
    if (known->second.at <= asked_at && !found.contains(known->first) &&
        !box.ack_asked.contains(known->first))
      fail(client, "place " + std::to_string(known->first) + " is gone, though it was not acknowledged");
  }
}

void InboxChecker::on_ack_asked(std::uint32_t client, std::uint64_t number,
                                const std::vector<std::uint64_t>& items) {
  inbox(client, number).ack_asked.insert(items.begin(), items.end());
}

void InboxChecker::on_ack_done(std::uint32_t client, std::uint64_t number,
                               const std::vector<std::uint64_t>& items) {
  Inbox& box = inbox(client, number);
  ++moment_;
  for (const std::uint64_t item : items) box.ack_done.try_emplace(item, moment_);
}

void InboxChecker::on_drained(std::uint32_t client, std::uint64_t number) {
  const Inbox& box = inbox(client, number);
  for (const MessageName& message : box.acknowledged)
    if (!box.places.contains(message))
      return fail(client, text_of(message) + " was acknowledged, and is lost");
}

}  // namespace tenon::sim
