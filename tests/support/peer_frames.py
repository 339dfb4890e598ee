"""What nodes say to each other, byte by byte (docs/internals/peer-wire.md), for tests that speak to a node's cluster port."""
import hashlib
import hmac
import struct

HELLO, WELCOME, END, PING, PONG, BATCH, STREAM, CREDIT = 1, 2, 3, 4, 5, 16, 17, 18
GROUPS, REQUESTS, DELIVERIES, SNAPSHOTS = 2, 3, 4, 5  # lanes
ENDS = {1: "environment", 2: "cluster_id", 3: "itself", 4: "version", 5: "token", 6: "duplicate", 7: "replaced", 8: "stale",
        9: "malformed", 10: "checksum", 11: "too_large", 12: "silent", 13: "handshake", 14: "leaving", 15: "lost", 16: "tls",
        17: "removed", 18: "twin", 19: "crowded", 20: "unread"}


def _crc_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


CRC_TABLE = _crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def frame(kind, body, lane=0, version=1):
    head = struct.pack("<IBBH", len(body), lane, kind, version)
    return head + struct.pack("<I", crc32c(head + body)) + body


def varint(number):
    data = b""
    while number >= 0x80:
        data, number = data + bytes([number & 0x7F | 0x80]), number >> 7
    return data + bytes([number])


def take_varint(data, at=0):
    """The number there and where it ends; None: the data ends before it does."""
    number = shift = 0
    for end in range(at, len(data)):
        number |= (data[end] & 0x7F) << shift
        shift += 7
        if data[end] < 0x80:
            return number, end + 1
    return None


def sized(data):
    """Bytes behind their length."""
    return varint(len(data)) + data


def message(kind, body):
    """One message of a batch or a lane."""
    return bytes([kind]) + sized(body)


def take_messages(data):
    """The whole messages in `data` as (kind, body), and what is left."""
    messages, at = [], 0
    while (found := take_varint(data, at + 1)) and len(data) >= found[1] + found[0]:
        length, begin = found
        messages.append((data[at], data[begin:begin + length]))
        at = begin + length
    return messages, data[at:]


def credit(lane, limit):
    """The body."""
    return struct.pack("<BQ", lane, limit)


def hello(node, incarnation=1, cluster_id=0, nonce=bytes(16), env=b"default", host=b"127.0.0.1", port=1, versions=(1, 1)):
    """The body; see frame()."""
    return (b"TNON" + struct.pack("<HHQQQ", *versions, node, incarnation, cluster_id) + nonce + sized(env) + sized(host) +
            struct.pack("<H", port))


def welcome(token, dialled, own, other):
    """The body of the side that dialled, or of the other one; `own` and `other` are bodies of hellos."""
    first, second = (own, other) if dialled else (other, own)
    text = b"tenon peer proof 1" + bytes([0 if dialled else 1]) + sized(first) + sized(second)
    return hmac.new(token.encode(), text, hashlib.sha256).digest()


def take_frames(data, with_lanes=False):
    """The whole frames in `data` as (type, body), or (type, lane, body), and what is left."""
    frames, at = [], 0
    while len(data) - at >= 12:
        length, lane, kind, _ = struct.unpack_from("<IBBH", data, at)
        if len(data) - at < 12 + length:
            break
        body = data[at + 12:at + 12 + length]
        frames.append((kind, lane, body) if with_lanes else (kind, body))
        at += 12 + length
    return frames, data[at:]
