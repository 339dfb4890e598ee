#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "input.h"
#include "session/connection.h"

namespace tenon::fuzz {

// The broker around a connection, which answers at once or later, as the input says; holds the connection to
// the words of session/ports.h.
class FuzzPorts final : public session::Ports {
 public:
  explicit FuzzPorts(Input& input) : input_(input) {}

  session::Connection* connection = nullptr;
  std::size_t inbox_first = 1;  // number of the next item of the inbox
  std::uint64_t queued_bytes = 0;

  bool is_attached() const { return attached_ && !ended_; }
  bool has_inbox() const { return has_inbox_; }

  // One thing that was put off is answered; false: there is none.
  bool answer_one() {
    if (auth_waits_) return answer_auth(), true;
    if (attach_waits_ && !connection->closing()) return answer_attach(), true;
    if (!tokens_.empty()) {
      // Any of them, not the first alone.
      const std::size_t i = input_.byte() % tokens_.size();
      const session::PublishToken token = tokens_[i];
      tokens_.erase(tokens_.begin() + static_cast<std::ptrdiff_t>(i));
      connection->on_published(
          token, input_.byte() % 8 == 0 ? mqtt::ReasonCode::quota_exceeded : mqtt::ReasonCode::success);
      return true;
    }
    if (!releases_.empty()) {
      const std::uint64_t number = releases_.front();
      releases_.pop_front();
      connection->on_released(number);
      return true;
    }
    if (forgets_.empty()) return false;
    const mqtt::PacketId id = forgets_.front();
    forgets_.pop_front();
    connection->on_forgotten(id);
    return true;
  }
  void add_item(session::InboxItem::State state) {
    session::InboxItem item;
    item.position = ++positions_;
    item.number = inbox_first++;
    item.state = state;
    item.qos = input_.byte() % 2 == 0 ? mqtt::QoS::at_least_once : mqtt::QoS::exactly_once;
    if (state == session::InboxItem::State::released) item.qos = mqtt::QoS::exactly_once;
    if (state == session::InboxItem::State::fresh || state == session::InboxItem::State::sent) {
      session::MessageView view;
      view.topic = "inbox";
      view.qos = item.qos;
      item.message = session::Message::make(view);
    }
    inbox_.push_back(std::move(item));
  }

  void connect_came() override {}
  void authenticate(const mqtt::Connect&, std::string_view) override {
    TENON_BUG(!attached_ && !auth_waits_, "one CONNECT, one login");
    auth_waits_ = true;
    if (at_once()) answer_auth();
  }
  void continue_authentication(const mqtt::Auth&) override {
    TENON_BUG(!auth_waits_, "one step after the other");
    auth_waits_ = true;
    if (at_once()) answer_auth();
  }
  std::string assign_client_id() override { return "assigned"; }
  void attach(const session::AttachRequest& request) override {
    TENON_BUG(!attached_ && !attach_waits_, "a connection attaches once");
    may_store_ = request.session_expiry_s > 0;
    attach_waits_ = true;
    if (at_once()) answer_attach();
  }
  std::optional<mqtt::ReasonCode> publish(const session::MessageView& message,
                                          session::PublishToken token) override {
    require_attached();
    TENON_BUG(!message.topic.empty(), "a message has a topic");
    if (message.qos == mqtt::QoS::at_most_once || at_once()) return mqtt::ReasonCode::success;
    tokens_.push_back(token);
    return std::nullopt;
  }
  void refused(mqtt::QoS, session::Limit) override { require_attached(); }
  void subscribe(const mqtt::Subscribe& packet) override {
    require_attached();
    std::vector<mqtt::ReasonCode> codes(packet.subscriptions.size(), mqtt::ReasonCode::success);
    connection->on_subscribed(packet.packet_id, codes);
  }
  void unsubscribe(const mqtt::Unsubscribe& packet) override {
    require_attached();
    std::vector<mqtt::ReasonCode> codes(packet.filters.size(), mqtt::ReasonCode::success);
    connection->on_unsubscribed(packet.packet_id, codes);
  }
  bool fetch(std::uint64_t position, std::size_t message_count_max,
             std::vector<session::InboxItem>& items) override {
    require_attached();
    for (const auto& item : inbox_) {
      if (item.position < position) continue;
      if (item.message && message_count_max-- == 0) return true;
      items.push_back(item);
    }
    return false;
  }
  void sent(std::uint64_t) override { require_attached(); }
  void acknowledge(std::uint64_t number) override {
    require_attached();
    TENON_BUG(has_inbox_, "only an inbox is told");
    std::erase_if(inbox_, [&](const auto& item) { return item.number == number; });
  }
  void release(std::uint64_t number) override {
    require_attached();
    releases_.push_back(number);
  }
  void remember_received(mqtt::PacketId) override { require_attached(); }
  void forget_received(mqtt::PacketId id) override {
    require_attached();
    forgets_.push_back(id);
  }
  bool queue_grows(std::uint64_t bytes) override {
    if (input_.byte() % 16 == 1) return false;
    queued_bytes += bytes;
    return true;
  }
  void queue_shrinks(std::uint64_t bytes) override {
    TENON_BUG(bytes <= queued_bytes, "no more goes than has come");
    queued_bytes -= bytes;
  }
  void dropped(session::DropCause, mqtt::QoS) override {}
  void limit_met(session::Limit) override {}
  void ended(const session::EndInfo&) override {
    require_attached();
    ended_ = true;
    releases_.clear();
    forgets_.clear();
  }

 private:
  bool at_once() { return input_.byte() % 4 != 0; }
  void require_attached() const {
    TENON_BUG(attached_ && !ended_, "nothing is asked before attach or behind the end");
  }
  void answer_auth() {
    auth_waits_ = false;
    session::AuthOutcome outcome;
    const std::uint8_t how = input_.byte();
    if (how % 16 == 1) outcome.code = mqtt::ReasonCode::not_authorized;
    if (how % 16 == 2 && connection->has_auth_method())
      outcome.code = mqtt::ReasonCode::continue_authentication;
    if (how % 16 == 3) outcome.qos_max = mqtt::QoS::at_least_once;
    if (how % 16 == 4) outcome.valid_ms = 1000;
    if (how % 16 == 5) outcome.receive_maximum = 2;
    connection->on_authenticated(outcome);
  }
  void answer_attach() {
    attach_waits_ = false;
    session::AttachOutcome outcome;
    const std::uint8_t how = input_.byte();
    if (how % 16 == 1) outcome.code = mqtt::ReasonCode::server_unavailable;
    outcome.stored = has_inbox_ = may_store_ && how % 2 == 0;
    outcome.session_present = has_inbox_ && how % 4 == 0;
    outcome.first_number = 1;
    attached_ = outcome.code == mqtt::ReasonCode::success;
    using State = session::InboxItem::State;
    constexpr State states[] = {State::sent, State::released, State::withheld, State::fresh};
    if (outcome.session_present)
      for (unsigned i = how / 16 % 4; i > 0; --i) add_item(states[input_.byte() % 4]);
    connection->on_attached(outcome);
  }

  Input& input_;
  std::vector<session::InboxItem> inbox_;
  std::deque<session::PublishToken> tokens_;
  std::deque<std::uint64_t> releases_;
  std::deque<mqtt::PacketId> forgets_;
  std::uint64_t positions_ = 0;
  bool auth_waits_ = false;
  bool attach_waits_ = false;
  bool may_store_ = false;
  bool attached_ = false;
  bool ended_ = false;
  bool has_inbox_ = false;
};

}  // namespace tenon::fuzz
