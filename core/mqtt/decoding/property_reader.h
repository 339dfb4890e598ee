#pragma once

#include "mqtt/decoding/reader.h"
#include "mqtt/packet_properties.h"
#include "mqtt/types.h"

namespace tenon::mqtt::decoding {

// Each reads a property length and the properties behind it (MQTT 5.0 §2.2.2), with every rule that holds for
// them in that packet. False: the error is in `reader`.
bool read_properties(Reader& reader, ConnectProperties& out);
bool read_properties(Reader& reader, WillProperties& out);
bool read_properties(Reader& reader, ConnackProperties& out);
bool read_properties(Reader& reader, PublishProperties& out, Sender sender);
bool read_properties(Reader& reader, AckProperties& out);
bool read_properties(Reader& reader, SubscribeProperties& out);
bool read_properties(Reader& reader, UnsubscribeProperties& out);
bool read_properties(Reader& reader, DisconnectProperties& out, Sender sender);
bool read_properties(Reader& reader, AuthProperties& out);

}  // namespace tenon::mqtt::decoding
