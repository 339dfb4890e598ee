"""Inputs of strangers that begin no session: no CONNECT at all, or one that is broken in one place. All comes from a seed.

Written from the specifications and sharing nothing with the broker's code. An input says what may be answered to it, so that a
broker that hangs up without the reason that 5.0 has for it is seen, too."""
import collections
import struct

from link import packet, text

SILENCE = None
MALFORMED, PROTOCOL_ERROR, TOPIC_NAME_INVALID = 0x81, 0x82, 0x90
# What MQTT 5.0 has for a protocol name or level that is not served, and 3.1.1 [MQTT-3.1.2-2].
UNKNOWN_VERSION = (SILENCE, 0x01, 0x84)

# `data` is sent at once. `whole`: it shows that it is broken, and the broker hangs up; else it is the beginning of something,
# and the sender hangs up. `codes`: one of these CONNACKs comes, or with SILENCE among them nothing. None: anything may come
# that lets nobody in; it may also be sound after all.
Input = collections.namedtuple("Input", "kind data whole codes")

BAD_TEXT = (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"a\0b", b"\xe2\x82")
NUMBERS = {"session_expiry": b"\x11\0\0\0\0", "receive_max": b"\x21\0\5", "packet_max": b"\x27\0\1\0\0", "alias_max": b"\x22\0\5",
           "response": b"\x19\1", "problem": b"\x17\1"}


def length_of(size, bytes_more=0):
    """A variable byte integer, longer than it needs to be if that is asked for."""
    out = bytearray()
    while True:
        size, low = size >> 7, size & 0x7F
        out.append(low | (0x80 if size or bytes_more else 0))
        if not size:
            return bytes(out) + b"\x80" * (bytes_more - 1) + b"\0" * bool(bytes_more)


def properties(block):
    return length_of(len(block)) + block


class Connect:
    """A sound CONNECT of 5.0 (`level` 5) or 3.1.1 (4) in its parts, which a fault then changes. It always has a will, a user
    name and a password when `full`."""

    def __init__(self, chance, level, full=False):
        self.level, self.name, self.keepalive = level, b"MQTT", struct.pack("!H", chance.randrange(65536))
        self.has_will = full or chance.random() < 0.5
        self.has_user = full or chance.random() < 0.5
        self.will_bits = chance.choice((0x04, 0x0C, 0x14, 0x24)) if self.has_will else 0
        self.more_bits = 0
        self.client_id = b"bad%06x" % chance.randrange(1 << 24)
        block = b"".join(value for value in NUMBERS.values() if chance.random() < 0.3)
        self.properties = properties(block + (b"\x26" + text("k") + text("v")) * chance.randrange(3))
        self.will_properties = properties(b"\x01\1" * chance.randrange(2))
        self.will_topic, self.will_payload = b"bad/will", chance.randbytes(chance.randrange(50))
        self.user, self.password = b"somebody", chance.randbytes(chance.randrange(30))

    def body(self):
        flags = 2 | self.will_bits | (0xC0 if self.has_user else 0)
        parts = [text(self.name), bytes([self.level, flags ^ self.more_bits]), self.keepalive]
        parts += [self.properties] * (self.level == 5) + [text(self.client_id)]
        if self.has_will:
            parts += [self.will_properties] * (self.level == 5) + [text(self.will_topic), text(self.will_payload)]
        if self.has_user:
            parts += [text(self.user), text(self.password)]
        return b"".join(parts)

    def data(self):
        return packet(0x10, self.body())


# --- faults of a CONNECT: each returns (data, codes of 5.0)

def reserved_flag(chance, connect):
    connect.more_bits = 1
    return connect.data(), {MALFORMED}


def will_qos_3(chance, connect):
    connect.will_bits |= 0x1C
    connect.has_will = True
    return connect.data(), {MALFORMED}


def will_bits_without_will(chance, connect):
    connect.has_will, connect.will_bits = False, chance.choice((0x08, 0x10, 0x20, 0x28))
    return connect.data(), {MALFORMED, PROTOCOL_ERROR}


def cut(chance, connect):
    """Behind the level, and with a length that agrees."""
    body = connect.body()
    return packet(0x10, body[:chance.randrange(7, len(body))]), {MALFORMED}


def longer(chance, connect):
    return packet(0x10, connect.body() + chance.randbytes(chance.randrange(1, 30))), {MALFORMED}


def length_too_small(chance, connect):
    body = connect.body()
    return b"\x10" + length_of(chance.randrange(7, len(body))) + body, {MALFORMED}


def text_is_none(chance, connect):
    field = chance.choice(("client_id", "user", "will_topic"))
    setattr(connect, field, getattr(connect, field)[:chance.randrange(9)] + chance.choice(BAD_TEXT))
    return connect.data(), {MALFORMED}


def text_reaches_beyond(chance, connect):
    data = connect.data()
    at = data.index(text(connect.client_id))
    return data[:at] + struct.pack("!H", chance.randrange(1000, 65536)) + data[at + 2:], {MALFORMED}


def will_topic_is_none(chance, connect):
    connect.will_topic = chance.choice((b"", b"#", b"a/+", b"a#b", b"+"))
    return connect.data(), {MALFORMED, PROTOCOL_ERROR, TOPIC_NAME_INVALID}


def property_is_wrong(chance, connect):
    wrong = {"receive maximum 0": (b"\x21\0\0", {PROTOCOL_ERROR}), "maximum size 0": (b"\x27\0\0\0\0", {PROTOCOL_ERROR}),
             "flag 2": (b"\x17\2", {PROTOCOL_ERROR}), "flag 255": (b"\x19\xff", {PROTOCOL_ERROR}),
             "data without method": (b"\x16" + text("data"), {PROTOCOL_ERROR}), "cut": (b"\x11\0", {MALFORMED}),
             "user property cut": (b"\x26" + text("k"), {MALFORMED}),
             "bad text": (b"\x26" + text("k") + text(chance.choice(BAD_TEXT)), {MALFORMED}),
             "text too long": (b"\x15\xff\xff" + b"x" * 20, {MALFORMED}),
             "of another packet": (chance.choice((b"\x0b\1", b"\x23\0\1", b"\x1f" + text("r"), b"\x12" + text("i"))),
                                   {MALFORMED, PROTOCOL_ERROR}),
             "unknown": (bytes([chance.randrange(0x30, 256)]) + b"\0\0", {MALFORMED, PROTOCOL_ERROR}),
             "twice": (chance.choice(tuple(NUMBERS.values())) * 2, {PROTOCOL_ERROR})}
    block, codes = wrong[chance.choice(tuple(wrong))]
    connect.properties = properties(block)
    return connect.data(), codes


def will_property_is_wrong(chance, connect):
    wrong = {b"\x01\2": {PROTOCOL_ERROR, MALFORMED}, b"\x01\1\x01\1": {PROTOCOL_ERROR}, b"\x18\0": {MALFORMED},
             b"\x21\0\1": {MALFORMED, PROTOCOL_ERROR}, b"\x08" + text("a/#"): {MALFORMED, PROTOCOL_ERROR, TOPIC_NAME_INVALID}}
    block = chance.choice(tuple(wrong))
    connect.will_properties = properties(block)
    return connect.data(), wrong[block]


def properties_reach_beyond(chance, connect):
    connect.properties = chance.choice((b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff\x01", b"\xff\x7f")) + connect.properties
    return connect.data(), {MALFORMED}


def length_not_shortest(chance, connect):
    body = connect.body()
    return b"\x10" + length_of(len(body), chance.choice((1, 2))) + body, {MALFORMED}


FAULTS = (reserved_flag, will_qos_3, will_bits_without_will, cut, longer, length_too_small, text_is_none, text_reaches_beyond,
          will_topic_is_none)
FAULTS_OF_5 = (property_is_wrong, will_property_is_wrong, properties_reach_beyond, length_not_shortest)


class Generator:
    """Inputs without end from a random.Random."""

    def __init__(self, chance):
        self.chance = chance
        self.kinds = (self.faulty_5,) * 8 + (self.faulty_311,) * 3 + (self.other_version, self.noise, self.other_packet,
                      self.other_protocol, self.wrong_first_byte, self.impossible_length, self.unfinished, self.mutated)

    def next(self):
        return self.chance.choice(self.kinds)()

    def whole(self):
        """The next one after which the broker hangs up by itself."""
        while not (found := self.next()).whole:
            pass
        return found

    def faulty_5(self):
        fault = self.chance.choice(FAULTS + FAULTS_OF_5)
        data, codes = fault(self.chance, Connect(self.chance, 5, full=True))
        return Input("5.0: " + fault.__name__, data, True, codes)

    def faulty_311(self):
        """3.1.1 asks for no answer to these, and has none that says more than no."""
        fault = self.chance.choice(FAULTS)
        data, _ = fault(self.chance, Connect(self.chance, 4, full=True))
        return Input("3.1.1: " + fault.__name__, data, True, {SILENCE, 1, 2, 3, 4, 5})

    def other_version(self):
        connect = Connect(self.chance, self.chance.choice((0, 1, 2, 6, 7, 127, 128, 131, 132, 255)))
        if self.chance.random() < 0.5:
            connect.level = self.chance.choice((4, 5))
            connect.name = self.chance.choice((b"", b"mqtt", b"MQTT\0", b"MQIsdp", b"MQTTX", self.chance.randbytes(6)))
        return Input("another version", connect.data(), True, UNKNOWN_VERSION)

    def noise(self):
        """A first byte that is no CONNECT's."""
        first = self.chance.choice([byte for byte in range(256) if byte != 0x10])
        return Input("noise", bytes([first]) + self.chance.randbytes(self.chance.randrange(400)), True, {SILENCE})

    def other_packet(self):
        body = self.chance.randbytes(self.chance.randrange(60))
        return Input("another packet", packet(self.chance.choice((0x30, 0x32, 0x40, 0x50, 0x62, 0x70, 0x82, 0x90, 0xa2, 0xb0, 0xc0,
                                                                  0xd0, 0xe0, 0xf0)), body), True, {SILENCE})

    def other_protocol(self):
        data = self.chance.choice((b"GET / HTTP/1.1\r\nHost: here\r\n\r\n", b"SSH-2.0-client\r\n", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03",
                                   b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n", b"\r\n\r\n\0\r\nQUIT\n", b"*1\r\n$4\r\nPING\r\n", b"EHLO x\r\n"))
        return Input("another protocol", data, True, {SILENCE})

    def wrong_first_byte(self):
        data = Connect(self.chance, self.chance.choice((4, 5))).data()
        return Input("flags of the first byte", bytes([0x10 | self.chance.randrange(1, 16)]) + data[1:], True, {SILENCE})

    def impossible_length(self):
        head = self.chance.choice((b"\xff\xff\xff\xff\x01", b"\x80\x80\x80\x80\0", b"\xff\xff\xff\x7f", b"\0"))
        return Input("a length that can't be", b"\x10" + head + self.chance.randbytes(20), True, {SILENCE})

    def unfinished(self):
        data = Connect(self.chance, self.chance.choice((4, 5))).data()
        return Input("unfinished", data[:self.chance.randrange(len(data))], False, {SILENCE})

    def mutated(self):
        data = bytearray(Connect(self.chance, self.chance.choice((4, 5))).data())
        for _ in range(self.chance.randrange(1, 5)):
            data[self.chance.randrange(len(data))] = self.chance.randrange(256)
        return Input("bytes changed", bytes(data), False, None)


def code_of(said):
    """The code of the CONNACK that is all that was said; SILENCE when nothing was. ValueError when it is something else."""
    if not said:
        return SILENCE
    if len(said) < 4 or said[0] != 0x20 or said[1] != len(said) - 2 or said[2]:
        raise ValueError(f"no CONNACK: {said!r}")
    return said[3]
