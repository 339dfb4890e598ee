"""What nodes say to each other, byte by byte (docs/internals/peer-wire.md), for tests that speak to a node's cluster port."""
import hashlib
import hmac
import struct

HELLO, WELCOME, END, PING, BATCH = 1, 2, 3, 4, 16
ENDS = {1: "environment", 2: "cluster_id", 3: "itself", 4: "version", 5: "token", 6: "duplicate", 7: "replaced", 8: "stale",
        9: "malformed", 10: "checksum", 11: "too_large", 12: "silent", 13: "handshake", 14: "leaving", 15: "lost", 16: "tls"}


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


def sized(data):
    """Bytes behind their length; below 128 of them, or two bytes of length."""
    length = len(data)
    return (bytes([length]) if length < 128 else bytes([length & 0x7F | 0x80, length >> 7])) + data


def hello(node, incarnation=1, cluster_id=0, nonce=bytes(16), env=b"default", host=b"127.0.0.1", port=1, versions=(1, 1)):
    """The body; see frame()."""
    return (b"TNON" + struct.pack("<HHQQQ", *versions, node, incarnation, cluster_id) + nonce + sized(env) + sized(host) +
            struct.pack("<H", port))


def welcome(token, dialled, own, other):
    """The body of the side that dialled, or of the other one; `own` and `other` are bodies of hellos."""
    first, second = (own, other) if dialled else (other, own)
    text = b"tenon peer proof 1" + bytes([0 if dialled else 1]) + sized(first) + sized(second)
    return hmac.new(token.encode(), text, hashlib.sha256).digest()


def take_frames(data):
    """The whole frames in `data` as (type, body), and what is left."""
    frames = []
    while len(data) >= 12:
        length, _, kind, _ = struct.unpack_from("<IBBH", data)
        if len(data) < 12 + length:
            break
        frames.append((kind, data[12:12 + length]))
        data = data[12 + length:]
    return frames, data
