"""MQTT 3.1, 3.1.1 and 5.0 packets for the conformance vectors: fields to bytes, and bytes of a server to fields.

Written from the specifications alone and sharing nothing with the broker's code: a mistake there must not be repeated here.
Packets of a server are read strictly. Whatever the standard forbids a server to send is a Malformed."""
import struct

V31, V311, V5 = 3, 4, 5

TYPES = {1: "CONNECT", 2: "CONNACK", 3: "PUBLISH", 4: "PUBACK", 5: "PUBREC", 6: "PUBREL", 7: "PUBCOMP", 8: "SUBSCRIBE",
         9: "SUBACK", 10: "UNSUBSCRIBE", 11: "UNSUBACK", 12: "PINGREQ", 13: "PINGRESP", 14: "DISCONNECT", 15: "AUTH"}
NUMBERS = {name: number for number, name in TYPES.items()}
ACKS = ("PUBACK", "PUBREC", "PUBREL", "PUBCOMP")

# Name: (identifier, how it is written, packets in which a server may send it). MQTT 5.0, 2.2.2.2.
# Kinds: B, H, I numbers of 1, 2, 4 bytes; v variable byte integer; s string; b binary; p string pair.
_ALL_ACKS = {"CONNACK", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBACK", "UNSUBACK", "DISCONNECT", "AUTH"}
PROPERTIES = {
    "payload-format": (1, "B", {"PUBLISH"}),
    "message-expiry": (2, "I", {"PUBLISH"}),
    "content-type": (3, "s", {"PUBLISH"}),
    "response-topic": (8, "s", {"PUBLISH"}),
    "correlation-data": (9, "b", {"PUBLISH"}),
    "subscription-id": (11, "v", {"PUBLISH"}),
    "session-expiry": (17, "I", {"CONNACK"}),
    "assigned-client-id": (18, "s", {"CONNACK"}),
    "server-keep-alive": (19, "H", {"CONNACK"}),
    "auth-method": (21, "s", {"CONNACK", "AUTH"}),
    "auth-data": (22, "b", {"CONNACK", "AUTH"}),
    "request-problem-info": (23, "B", set()),
    "will-delay": (24, "I", set()),
    "request-response-info": (25, "B", set()),
    "response-info": (26, "s", {"CONNACK"}),
    "server-reference": (28, "s", {"CONNACK", "DISCONNECT"}),
    "reason-string": (31, "s", _ALL_ACKS),
    "receive-maximum": (33, "H", {"CONNACK"}),
    "topic-alias-maximum": (34, "H", {"CONNACK"}),
    "topic-alias": (35, "H", {"PUBLISH"}),
    "maximum-qos": (36, "B", {"CONNACK"}),
    "retain-available": (37, "B", {"CONNACK"}),
    "user": (38, "p", _ALL_ACKS | {"PUBLISH"}),
    "maximum-packet-size": (39, "I", {"CONNACK"}),
    "wildcard-available": (40, "B", {"CONNACK"}),
    "subscription-id-available": (41, "B", {"CONNACK"}),
    "shared-available": (42, "B", {"CONNACK"}),
}
_NAMES = {number: name for name, (number, _, _) in PROPERTIES.items()}
REPEATED = {"user", "subscription-id"}

# The codes that a server may send in each packet of 5.0, and in each of 3.1.1. CONNACK 1 answers a level of the protocol
# that the server does not know, in the form of 3.1.1. 3.1 has no word for a subscription that is refused; brokers say 0x80 there, too.
CODES_5 = {
    "CONNACK": {0, 1, *range(0x80, 0x8B), 0x8C, 0x90, 0x95, 0x97, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9F},
    "PUBACK": {0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99},
    "PUBREC": {0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99},
    "PUBREL": {0, 0x92},
    "PUBCOMP": {0, 0x92},
    "SUBACK": {0, 1, 2, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2},
    "UNSUBACK": {0, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91},
    "DISCONNECT": {0, *range(0x80, 0x84), 0x87, 0x89, 0x8B, *range(0x8C, 0xA3)} - {0x91, 0x92},  # 0x8C: by 2.4 only
    "AUTH": {0, 0x18},
}
CODES_311 = {"CONNACK": {0, 1, 2, 3, 4, 5}, "SUBACK": {0, 1, 2, 0x80}}


class Malformed(Exception):
    """The server sent what no server may send; says what, with the id of the statement where there is one."""


def varint(value):
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def binary(value):
    value = value if isinstance(value, bytes) else value.encode()
    return struct.pack("!H", len(value)) + value


def framed(first, body):
    return bytes([first]) + varint(len(body)) + body


# --- written: fields are a dict of the names that the vectors use; what a packet needs and is not given has a default

def _property(name, value):
    number, kind, _ = PROPERTIES[name]
    if kind == "v":
        return bytes([number]) + varint(int(value))
    if kind in "sb":
        return bytes([number]) + binary(value)
    if kind == "p":
        key, _, text = value.partition(":")
        return bytes([number]) + binary(key) + binary(text)
    return bytes([number]) + struct.pack("!" + kind, int(value))


def _properties(fields, version, prefix=""):
    if version < V5:
        return b""
    body = b""
    for name, value in fields.items():
        if name.startswith(prefix) and name[len(prefix):] in PROPERTIES:
            values = value if isinstance(value, list) else [value]
            body += b"".join(_property(name[len(prefix):], one) for one in values)
    return varint(len(body)) + body


def _number(fields, name, default=0):
    return int(str(fields.get(name, default)), 0)


def _connect(fields, version):
    flags = 2 * _number(fields, "clean", 1)
    payload = binary(fields.get("client", ""))
    if "will.topic" in fields:
        flags |= 4 | _number(fields, "will.qos") << 3 | _number(fields, "will.retain") << 5
        payload += _properties(fields, version, "will.")
        payload += binary(fields["will.topic"]) + binary(fields.get("will.payload", "will"))
    if "username" in fields:
        flags |= 0x80
        payload += binary(fields["username"])
    if "password" in fields:
        flags |= 0x40
        payload += binary(fields["password"])
    head = binary(fields.get("protocol", "MQIsdp" if version == V31 else "MQTT")) + bytes([_number(fields, "level", version)])
    head += bytes([_number(fields, "flags", flags)]) + struct.pack("!H", _number(fields, "keepalive", 60))
    return 0x10, head + _properties(fields, version) + payload


def _publish(fields, version):
    qos = _number(fields, "qos")
    first = 0x30 | _number(fields, "dup") << 3 | qos << 1 | _number(fields, "retain")
    body = binary(fields.get("topic", ""))
    if qos:
        body += struct.pack("!H", _number(fields, "id", 1))
    payload = fields.get("payload", "")
    return first, body + _properties(fields, version) + (payload if isinstance(payload, bytes) else payload.encode())


def _subscribe(fields, version):
    """Each filter is TOPIC or TOPIC:OPTIONS; the options are one number."""
    body = struct.pack("!H", _number(fields, "id", 1)) + _properties(fields, version)
    for text in fields.get("filter", []):
        topic, _, options = text.rpartition(":")
        body += binary(topic) + bytes([int(options, 0)])
    return 0x82, body


def _unsubscribe(fields, version):
    body = struct.pack("!H", _number(fields, "id", 1)) + _properties(fields, version)
    return 0xA2, body + b"".join(binary(topic) for topic in fields.get("filter", []))


def _with_code(first, head, fields, version):
    """The code and the properties are left out where they say nothing."""
    properties = _properties(fields, version)
    if version < V5 or ("code" not in fields and len(properties) == 1):
        return first, head
    return first, head + bytes([_number(fields, "code")]) + (properties if len(properties) > 1 else b"")


def encode(kind, fields, version):
    """The bytes of a client's packet. Properties and codes that 3.1.1 does not have are left out there."""
    if kind == "CONNECT":
        first, body = _connect(fields, version)
    elif kind == "PUBLISH":
        first, body = _publish(fields, version)
    elif kind == "SUBSCRIBE":
        first, body = _subscribe(fields, version)
    elif kind == "UNSUBSCRIBE":
        first, body = _unsubscribe(fields, version)
    elif kind in ACKS:
        head = struct.pack("!H", _number(fields, "id", 1))
        first, body = _with_code(NUMBERS[kind] << 4 | (2 if kind == "PUBREL" else 0), head, fields, version)
    elif kind in ("PINGREQ", "DISCONNECT", "AUTH"):
        first, body = _with_code(NUMBERS[kind] << 4, b"", fields, version if kind != "PINGREQ" else V311)
    else:
        raise ValueError(f"no client sends {kind}")
    return framed(first, body)


# --- read

class _Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def left(self):
        return len(self.data) - self.at

    def take(self, count):
        if self.left() < count:
            raise Malformed("a packet ends inside a field")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, kind):
        return struct.unpack("!" + kind, self.take(struct.calcsize(kind)))[0]

    def varint(self):
        value = 0
        for shift in (0, 7, 14, 21):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if shift and not byte:
                    raise Malformed("a variable byte integer is longer than it needs to be [MQTT-1.5.5-1]")
                return value
        raise Malformed("a variable byte integer is longer than four bytes")

    def text(self):
        raw = self.take(self.number("H"))
        try:
            value = raw.decode("utf-8")  # refuses surrogates and overlong forms
        except UnicodeDecodeError:
            raise Malformed(f"not UTF-8: {raw!r} [MQTT-1.5.4-1]") from None
        if "\0" in value:
            raise Malformed("U+0000 in a string [MQTT-1.5.4-2]")
        return value

    def value(self, kind):
        if kind == "v":
            return self.varint()
        if kind == "s":
            return self.text()
        if kind == "b":
            return self.take(self.number("H")).decode("latin-1")
        if kind == "p":
            return self.text() + ":" + self.text()
        return self.number(kind)


def _read_properties(reader, packet):
    block = _Reader(reader.take(reader.varint()))
    while block.left():
        number = block.varint()
        name = _NAMES.get(number)
        if name is None or packet["type"] not in PROPERTIES[name][2]:
            raise Malformed(f"property {number} ({name}) in a {packet['type']} of a server")
        value = block.value(PROPERTIES[name][1])
        if name in REPEATED:
            packet.setdefault(name, []).append(value)
        elif name in packet:
            raise Malformed(f"property {name} twice")
        else:
            packet[name] = value


def _check_code(packet, code, version):
    known = (CODES_5 if version >= V5 else CODES_311).get(packet["type"])
    if known is not None and code not in known:
        raise Malformed(f"code {code:#x} in a {packet['type']}")
    return code


def _read_publish(reader, flags, packet, version):
    packet.update(dup=flags >> 3 & 1, qos=flags >> 1 & 3, retain=flags & 1)
    if packet["qos"] == 3:
        raise Malformed("QoS 3 [MQTT-3.3.1-4]")
    packet["topic"] = reader.text()
    if "+" in packet["topic"] or "#" in packet["topic"]:
        raise Malformed("a wildcard in a topic name [MQTT-3.3.2-2]")
    if packet["qos"]:
        packet["id"] = reader.number("H")
        if not packet["id"]:
            raise Malformed("packet id 0")
    elif packet["dup"]:
        raise Malformed("DUP with QoS 0 [MQTT-3.3.1-2]")
    if version >= V5:
        _read_properties(reader, packet)
    packet["payload"] = reader.take(reader.left()).decode("latin-1")


def _read_ack(reader, packet, version):
    packet["id"] = reader.number("H")
    if version >= V5:
        packet["code"] = _check_code(packet, reader.number("B"), version) if reader.left() else 0
        if reader.left():
            _read_properties(reader, packet)


def _read_codes(reader, packet, version):
    packet["id"] = reader.number("H")
    if version >= V5:
        _read_properties(reader, packet)
    if packet["type"] == "SUBACK" or version >= V5:
        packet["codes"] = [_check_code(packet, code, version) for code in reader.take(reader.left())]


def _read_connack(reader, packet, version):
    flags = reader.number("B")
    if flags & 0xFE or (flags and version == V31):
        raise Malformed("reserved flags of CONNACK [MQTT-3.2.2-1]")
    packet.update(session=flags, code=_check_code(packet, reader.number("B"), version))
    if version >= V5 and packet["code"] != 1:
        _read_properties(reader, packet)


def _read_goodbye(reader, packet, version):
    packet["code"] = 0
    if version < V5:
        raise Malformed(f"a {packet['type']} of a server in 3.1.1")
    if reader.left():
        packet["code"] = _check_code(packet, reader.number("B"), version)
        if reader.left():
            _read_properties(reader, packet)


def decode(first, body, version):
    """The fields of a server's packet, with `type` and `size` (bytes of the whole). Malformed when it must not send it."""
    packet = {"type": TYPES.get(first >> 4, "0"), "size": len(framed(first, body))}
    kind, flags, reader = packet["type"], first & 15, _Reader(body)
    if kind in ("0", "CONNECT", "SUBSCRIBE", "UNSUBSCRIBE", "PINGREQ"):
        raise Malformed(f"a packet of type {kind} from a server")
    if kind != "PUBLISH" and flags != (2 if kind == "PUBREL" else 0):
        raise Malformed(f"flags {flags} of a {kind} [MQTT-2.1.3-1]")
    if kind == "PUBLISH":
        _read_publish(reader, flags, packet, version)
    elif kind == "CONNACK":
        _read_connack(reader, packet, version)
    elif kind in ACKS:
        _read_ack(reader, packet, version)
    elif kind in ("SUBACK", "UNSUBACK"):
        _read_codes(reader, packet, version)
    elif kind in ("DISCONNECT", "AUTH"):
        _read_goodbye(reader, packet, version)
    if reader.left():
        raise Malformed(f"{reader.left()} bytes behind the end of a {kind}")
    return packet
