#pragma once

#include <optional>

#include "mqtt/decode_error.h"
#include "mqtt/frame.h"
#include "mqtt/packets.h"

// One function per packet: bytes to checked values. All are pure, never allocate, and may run on any thread.
//
// REQUIRES: a frame of the named type, found by find_frame under rules for the same version and sender.
// Success: every rule that the packet alone can prove holds: lengths, UTF-8, topic names and filters,
// reserved bits, packet id not 0, property allowed here, once only, in range. What needs memory of earlier
// packets (packet id in use, alias known, receive maximum, ...) is the session's to check. Failure: the
// reason code to answer with where the version allows an answer, and a static text. 3.x closes
// [MQTT-4.8.0-1]; 5.0 sends the code and closes [MQTT-4.13.1-1].

namespace tenon::mqtt {

// The version a CONNECT asks for, when name and level are those of a supported version; for answering a
// CONNECT that decode_connect refused. Empty: answer in the form of 3.1.1 or not at all.
std::optional<Version> peek_version(const Frame& frame);

// Error unsupported_protocol_version: name or level is not one of "MQIsdp" 3, "MQTT" 4, "MQTT" 5.
Decoded<Connect> decode_connect(const Frame& frame);
Decoded<Connack> decode_connack(const Frame& frame, Version version);
Decoded<Publish> decode_publish(const Frame& frame, Version version, Sender sender);
// PUBACK, PUBREC, PUBREL, PUBCOMP.
Decoded<Ack> decode_ack(const Frame& frame, Version version);
// In 5.0 the shape of $share filters is checked; in 3.x they are ordinary filters to the protocol, and a
// misshapen one is for the session to refuse in SUBACK.
Decoded<Subscribe> decode_subscribe(const Frame& frame, Version version);
Decoded<Suback> decode_suback(const Frame& frame, Version version);
Decoded<Unsubscribe> decode_unsubscribe(const Frame& frame, Version version);
Decoded<Suback> decode_unsuback(const Frame& frame, Version version);
Decoded<Disconnect> decode_disconnect(const Frame& frame, Version version, Sender sender);
// 5.0 only.
Decoded<Auth> decode_auth(const Frame& frame, Sender sender);
// PINGREQ, PINGRESP: nothing inside.
DecodeError decode_ping(const Frame& frame);

}  // namespace tenon::mqtt
