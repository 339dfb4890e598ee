"""Connections to a broker: what comes is cut into packets and read strictly."""
import base64
import collections
import hashlib
import os
import socket
import ssl
import struct

from packets import Malformed, decode

SILENCE_S = 10  # how long a packet may take before it counts as missing


TRANSPORTS = ("tcp", "tls", "ws", "wss")
SECURE, WEB = ("tls", "wss"), ("ws", "wss")

# A broker to play against: `ports` are those of its nodes, and speak `transport`; `websocket` is the port of a listener for
# plain WebSocket or None, which vectors need that ask for it when the transport is none; `provides` is what README.md
# calls so; certificates must be signed by `authority` (a file) if that is given.
Target = collections.namedtuple("Target", "host ports transport websocket provides authority",
                                defaults=("tcp", None, (), None))


class Mismatch(Exception):
    """The broker did something else than the vector says."""


# What a connection has brought: a packet, or its end. `packet` is None at the end.
Event = collections.namedtuple("Event", "packet")
CLOSED = Event(None)


def trust(authority):
    """How a client meets a server: its certificate is looked at if `authority`, a file, is given."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = authority is not None
    context.verify_mode = ssl.CERT_REQUIRED if authority else ssl.CERT_NONE
    if authority:
        context.load_verify_locations(authority)
    return context


class Wire:
    """One connection to the broker by TCP, or by TLS if that is given. With `goodbyes` its end must be said in each protocol
    beneath MQTT that has a word for it."""

    def __init__(self, address, version, silence_s=SILENCE_S, tls=None, goodbyes=False):
        self.version, self.buffer, self.goodbyes, self.silence_s = version, b"", goodbyes, silence_s
        self.socket = socket.create_connection(address, silence_s)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=address[0], suppress_ragged_eofs=False)

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass  # closed by the broker; the next next() says so

    def next(self, within_s=None):
        """The next Event. Mismatch when none comes in time (without it: that of the wire), Malformed when it is nothing that
        a server may send."""
        self.socket.settimeout(within_s or self.silence_s)
        try:
            first, size = self._read(1)[0], 0
            for shift in (0, 7, 14, 21):
                byte = self._read(1)[0]
                size |= (byte & 0x7F) << shift
                if byte < 0x80:
                    break
            else:
                raise Malformed("a remaining length of more than four bytes")
            return Event(decode(first, self._read(size), self.version))
        except EOFError:
            return CLOSED
        except TimeoutError:
            raise Mismatch("nothing came") from None

    def _read(self, count):
        while len(self.buffer) < count:
            try:
                more = self.socket.recv(65536)
            except ssl.SSLEOFError:
                if self.goodbyes:
                    raise Mismatch("the end of TLS without close_notify") from None
                more = b""
            except ConnectionError:
                self.goodbyes = False  # a reset takes away what was on its way
                more = b""
            if not more:
                raise EOFError
            self.buffer += more
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def close(self, reset=False):
        if reset:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


class WebSocketWire(Wire):
    """The same over WebSocket (RFC 6455): packets in binary frames, of `split` bytes each if that is given. `opcode` 1 sends
    text frames, as no client should."""

    def __init__(self, address, version, silence_s, tls=None, goodbyes=False, split="0", opcode="2"):
        super().__init__(address, version, silence_s, tls, goodbyes)
        self.split, self.opcode, self.payload = int(split), int(opcode), b""
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET /mqtt HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\nUpgrade: websocket\r\n"
                             f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                             "Sec-WebSocket-Protocol: mqtt\r\n\r\n").encode())
        self._check_answer(key)

    def _check_answer(self, key):
        head = b""
        try:
            while not head.endswith(b"\r\n\r\n"):
                head += super()._read(1)
        except (EOFError, TimeoutError):
            raise Mismatch(f"no answer to a WebSocket handshake, but {head!r}") from None
        lines = head.decode("latin-1").split("\r\n")
        fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        if lines[0].split(" ")[1:2] != ["101"] or fields.get("sec-websocket-accept") != base64.b64encode(digest).decode():
            raise Mismatch(f"a WebSocket handshake was answered with {lines[0]!r}")
        if fields.get("sec-websocket-protocol") != "mqtt":
            raise Mismatch(f"subprotocol {fields.get('sec-websocket-protocol')!r}, not mqtt [MQTT-6.0.0-4]")

    def send(self, data):
        size = self.split or len(data)
        for at in range(0, len(data), size):
            super().send(self._frame(data[at:at + size]))

    def _frame(self, data):
        mask = os.urandom(4)
        if len(data) < 126:
            size = bytes([0x80 | len(data)])
        elif len(data) < 0x10000:
            size = struct.pack("!BH", 0x80 | 126, len(data))
        else:
            size = struct.pack("!BQ", 0x80 | 127, len(data))
        return bytes([0x80 | self.opcode]) + size + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))

    def _frame_head(self):
        try:
            return super()._read(2)
        except EOFError:
            if self.goodbyes:
                raise Mismatch("the end of a WebSocket without a closing frame") from None
            raise

    def _read(self, count):
        while len(self.payload) < count:
            first, size = self._frame_head()
            if size & 0x80:
                raise Malformed("a masked frame of a server")
            if size >= 126:
                kind = "!H" if size == 126 else "!Q"
                size = struct.unpack(kind, super()._read(struct.calcsize(kind)))[0]
            body = super()._read(size)
            if first & 15 == 8:
                if self.goodbyes and super()._read(1):  # nothing comes behind it but the end
                    raise Malformed("something behind a closing frame")
                raise EOFError
            if first & 15 == 1:
                raise Malformed("a text frame of a server [MQTT-6.0.0-1]")
            if first & 15 in (0, 2):
                self.payload += body
        data, self.payload = self.payload[:count], self.payload[count:]
        return data
