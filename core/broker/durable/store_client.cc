#include "broker/durable/store_client.h"

#include <algorithm>
#include <utility>

namespace tenon::broker {

void StoreClient::ask(store::StoreId store, store::Request::Kind kind, std::string key, std::string text,
                      Done done) {
  store::Request& request = requests_.emplace_back();
  request.store = store;
  request.kind = kind;
  request.key = std::move(key);
  request.text = std::move(text);
  request.deadline_ns = time_.mono_ns + timeout_ns_;
  if (!done) return;
  const std::uint64_t number = next_number_++;
  request.ticket = store::ticket_of(worker_, number);
  open_.emplace(number, std::move(done));
}

void StoreClient::ask_soon(store::StoreId store, store::Request::Kind kind, std::string key, std::string text,
                           std::int64_t timeout_ns, Done done) {
  ask(store, kind, std::move(key), std::move(text), std::move(done));
  requests_.back().deadline_ns = time_.mono_ns + std::min(timeout_ns, timeout_ns_);
}

void StoreClient::ask_in_time(store::StoreId store, std::string key, std::string text, Done done,
                              session::ReceiverKey sender) {
  ask(store, store::Request::Kind::append, std::move(key), std::move(text), std::move(done));
  requests_.back().may_lapse = true;
  requests_.back().sender = static_cast<std::uint64_t>(sender);
}

StoreClient::Asked StoreClient::ask_while_wanted(store::StoreId store, std::string key, std::string text,
                                                 Done done) {
  ask_in_time(store, std::move(key), std::move(text), std::move(done));
  requests_.back().may_be_withdrawn = true;
  return static_cast<Asked>(requests_.back().ticket);
}

void StoreClient::withdraw(Asked asked) {
  store::Request& request = requests_.emplace_back();
  request.ticket = static_cast<store::Ticket>(asked);
  request.withdraws = true;
}

void StoreClient::ask_endlessly(store::StoreId store, std::string key, std::string text, Done done) {
  ask(store, store::Request::Kind::append, std::move(key), std::move(text), std::move(done));
  requests_.back().deadline_ns = 0;
}

void StoreClient::append(store::StoreId store, std::string key, std::string text, Patience patience,
                         Done done, session::ReceiverKey sender) {
  if (patience == Patience::endless)
    ask_endlessly(store, std::move(key), std::move(text), std::move(done));
  else
    ask_in_time(store, std::move(key), std::move(text), std::move(done), sender);
}

void StoreClient::ask_many(store::StoreId store, std::shared_ptr<const store::ManyKeys> many,
                           Patience patience, Done done, session::ReceiverKey sender) {
  append(store, {}, {}, patience, std::move(done), sender);
  requests_.back().many = std::move(many);
}

void StoreClient::ask_everywhere(store::StoreId store, std::string key, std::string text, Done done) {
  ask(store, store::Request::Kind::append, std::move(key), std::move(text), std::move(done));
  requests_.back().everywhere = true;
}

void StoreClient::ask_for_here(store::StoreId store, std::string key, std::string text,
                               std::int64_t timeout_ns, Done done) {
  ask_soon(store, store::Request::Kind::query, std::move(key), std::move(text), timeout_ns, std::move(done));
  requests_.back().here = true;
}

void StoreClient::ask_whole_range(store::StoreId store, std::string key, std::string text, Done done) {
  ask(store, store::Request::Kind::command, std::move(key), std::move(text), std::move(done));
  requests_.back().whole_range = true;
}

void StoreClient::flush() {
  if (!requests_.empty()) gate_.submit(std::exchange(requests_, {}));
}

void StoreClient::finish(std::vector<store::FinishedRequest>&& finished) {
  for (store::FinishedRequest& one : finished) {
    const auto found = open_.find(store::number_of(one.ticket));
    if (found == open_.end()) continue;
    const Done done = std::move(found->second);
    open_.erase(found);
    done(one.answer);
  }
}

}  // namespace tenon::broker
