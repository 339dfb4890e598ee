#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "mqtt/types.h"

namespace tenon::session {

// QoS 1 and 2 messages sent to one client and not yet acknowledged.
//
// Each has a number, counted up by one from message to message over the whole life of the session; its packet
// id follows from the number, so that a session that is resumed elsewhere uses the same ids again
// [MQTT-4.4.0-1] with nothing but the number stored. Two in flight never share an id, because they are less
// than 65535 apart.
//
// One byte an entry, and no memory before the first one. Pure; not thread-safe.
// Invariant: span_ <= span_max; the entry of first_ is not done. outstanding_ is above the receive maximum
// only by what was pushed as released.
class SendWindow {
 public:
  enum class State : std::uint8_t {
    done,       // acknowledged, or never to be sent
    sent_qos1,  // waits for PUBACK
    sent_qos2,  // waits for PUBREC
    releasing,  // PUBREC has come, but is not on record yet
    released,   // PUBREL is sent, waits for PUBCOMP
  };

  // `receive_maximum`: how many the client takes at once; 1..65535 (MQTT 5.0 §3.1.2.11.3).
  explicit SendWindow(std::uint16_t receive_maximum) : receive_maximum_(receive_maximum) {}

  // The number of the next message; to be called while empty only.
  void start_at(std::uint64_t number);

  // How many more the client takes at the moment.
  std::uint32_t room() const {
    return outstanding_ < receive_maximum_ ? std::uint32_t{receive_maximum_} - outstanding_ : 0;
  }
  bool has_room() const { return outstanding_ < receive_maximum_ && span_ < span_max; }
  // Whether `number` is near enough to the oldest one in flight not to share its packet id.
  bool reaches(std::uint64_t number) const { return empty() || number < first_ + span_max; }
  // Takes the next number for a message in `state`. REQUIRES: the number reaches(); has_room(), but for what
  // is done or released: no PUBLISH of those goes out. [MQTT-4.9.0-3]
  std::uint64_t push(State state);

  static mqtt::PacketId packet_id(std::uint64_t number) {
    return static_cast<mqtt::PacketId>(number % span_limit + 1);
  }
  // The number in flight that has this id; empty when none has: a client may cause that.
  std::optional<std::uint64_t> find(mqtt::PacketId id) const;
  // REQUIRES: first() <= number < next().
  State state(std::uint64_t number) const { return ring_[index(number)]; }
  // REQUIRES: as state().
  void set_releasing(std::uint64_t number) { ring_[index(number)] = State::releasing; }
  void set_released(std::uint64_t number) { ring_[index(number)] = State::released; }
  void set_done(std::uint64_t number);

  std::uint64_t first() const { return first_; }
  std::uint64_t next() const { return first_ + span_; }
  std::uint32_t outstanding() const { return outstanding_; }
  bool empty() const { return span_ == 0; }

 private:
  static constexpr std::uint64_t span_limit = 65535;
  static constexpr std::uint16_t span_max = span_limit - 1;

  std::size_t capacity() const { return ring_ ? std::size_t{1} << capacity_bits_ : 0; }
  std::size_t index(std::uint64_t number) const { return number & (capacity() - 1); }
  void grow();

  // Every link has one, and most have nothing in flight: counts are as small as the span allows.
  std::uint64_t first_ = 0;
  std::unique_ptr<State[]> ring_;  // null, or 1 << capacity_bits_ entries, span_ at least
  std::uint16_t span_ = 0;         // how many numbers from first_ on are taken
  std::uint16_t outstanding_ = 0;
  std::uint16_t receive_maximum_;
  std::uint8_t capacity_bits_ = 0;
};

}  // namespace tenon::session
