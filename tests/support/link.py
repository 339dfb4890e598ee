"""A bare MQTT 5.0 client for tests."""
import socket
import struct

WAIT_S = 20


def text(value):
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("!H", len(data)) + data


def packet(first, body):
    size, length = b"", len(body)
    while True:
        byte, length = length % 128, length // 128
        size += bytes([byte | (0x80 if length else 0)])
        if not length:
            return bytes([first]) + size + body


def connect_packet(client_id, user=None, password=None, version=5, keepalive_s=60):
    flags = 2 | (0x80 if user is not None else 0) | (0x40 if password is not None else 0)
    body = text("MQTT") + bytes([version, flags]) + struct.pack("!H", keepalive_s) + (b"\0" if version == 5 else b"") + text(client_id)
    return packet(0x10, body + b"".join(text(part) for part in (user, password) if part is not None))


class Link:
    """A bare 5.0 client."""

    def __init__(self, port, client_id="c", user=None, password=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=WAIT_S)
        self.socket.sendall(connect_packet(client_id, user, password))
        first, body = self.read()
        self.code = body[1] if first == 0x20 else None

    def read(self):
        """One packet: (first byte, body); (None, b"") when the link is closed."""
        head = self.take(1)
        if not head:
            return None, b""
        length, shift = 0, 0
        while True:
            byte = self.take(1)[0]
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return head[0], self.take(length)

    def take(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                return b""
            data += more
        return data

    def subscribe(self, topic, qos=1):
        self.socket.sendall(packet(0x82, b"\0\1\0" + text(topic) + bytes([qos])))
        first, body = self.read()
        assert first == 0x90, (first, body)
        return body[-1]

    def publish(self, topic, payload=b"x"):
        """The reason code of the PUBACK."""
        self.socket.sendall(packet(0x32, text(topic) + b"\0\1\0" + payload))
        while True:
            first, body = self.read()
            if first == 0x40:
                return body[2] if len(body) > 2 else 0
            assert first is not None

    def close(self):
        self.socket.close()
