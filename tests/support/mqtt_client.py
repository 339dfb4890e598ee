"""An asyncio MQTT client for tests: 3.1.1 and 5.0, sessions that outlive connections, a window of messages under way, and
what was not acknowledged sent again after a reconnect.

It keeps what MQTT asks a client to keep (what it sent and has no acknowledgement for; the QoS 2 packet ids that it has
received and not released), so that a test can tell a broker's mistake from what the protocol allows."""
import asyncio
import collections
import struct

from link import packet, text

V311, V5 = 4, 5
NEVER = 0xFFFFFFFF
WAIT_S = 20

Message = collections.namedtuple("Message", "topic payload qos retain dup packet_id properties")
Connack = collections.namedtuple("Connack", "code session_present properties")
# `properties`: (number, value) besides the delay.
Will = collections.namedtuple("Will", "topic payload qos retain delay_s properties", defaults=(1, False, 0, ()))

# How the value of each property is written. MQTT 5.0, 2.2.2.2.
_KINDS = {1: "B", 2: "I", 3: "s", 8: "s", 9: "s", 11: "v", 17: "I", 18: "s", 19: "H", 21: "s", 22: "s", 23: "B", 24: "I",
          25: "B", 26: "s", 28: "s", 31: "s", 33: "H", 34: "H", 35: "H", 36: "B", 37: "B", 38: "p", 39: "I", 40: "B",
          41: "B", 42: "B"}
MESSAGE_EXPIRY, SESSION_EXPIRY, SERVER_RECEIVE_MAX, SUBSCRIPTION_ID, WILL_DELAY = 2, 17, 33, 11, 24
AUTH_METHOD, AUTH_DATA, REASON = 21, 22, 31
PAYLOAD_FORMAT, CONTENT_TYPE, RESPONSE_TOPIC, CORRELATION, USER = 1, 3, 8, 9, 38
SERVER_REFERENCE, PACKET_BYTES_MAX = 28, 39
CONTINUE, REAUTHENTICATE = 0x18, 0x19
SHUTTING_DOWN = 0x8B
USE_ANOTHER_SERVER = 0x9C


class ConnectionLost(Exception):
    """The connection ended before the answer came."""


def _varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def _text(data, at):
    end = at + 2 + struct.unpack_from("!H", data, at)[0]
    return bytes(data[at + 2:end]), end


def read_properties(data, at):
    """(properties by id, where they end). Texts are bytes; user properties a list of (name, value)."""
    size, at = _varint(data, at)
    end, found = at + size, {}
    while at < end:
        number = data[at]
        kind, at = _KINDS[number], at + 1
        if kind == "v":
            found[number], at = _varint(data, at)
        elif kind == "s":
            found[number], at = _text(data, at)
        elif kind == "p":
            name, at = _text(data, at)
            value, at = _text(data, at)
            found.setdefault(number, []).append((name, value))
        else:
            found[number] = struct.unpack_from("!" + kind, data, at)[0]
            at += struct.calcsize(kind)
    return found, end


def property_bytes(values):
    return packet(0, b"".join(bytes([number]) + _property(_KINDS[number], value) for number, value in values))[1:]


def _property(kind, value):
    if kind == "p":
        return text(value[0]) + text(value[1])
    return text(value) if kind == "s" else struct.pack("!" + kind, value)


def reason_of(properties):
    """The reason string, if there is one."""
    return properties[REASON].decode() if REASON in properties else None


class _Outgoing:
    __slots__ = ("topic", "payload", "qos", "retain", "done", "released", "sends", "expiry_s")

    def __init__(self, topic, payload, qos, retain, done, expiry_s):
        self.topic, self.payload, self.qos, self.retain, self.done = topic, payload, qos, retain, done
        self.expiry_s = expiry_s
        self.released = False
        self.sends = 0


class _Connection(asyncio.Protocol):
    """One connection of a client: cuts what comes into packets. The client looks at its newest one only."""

    def __init__(self, client):
        self.client, self.transport, self.buffer = client, None, bytearray()

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, exc):
        self.client._lost(self)

    def data_received(self, data):
        buffer = self.buffer
        buffer += data
        at, end = 0, len(buffer)
        while end - at >= 2:
            size, body = buffer[at + 1], at + 2
            if size >= 0x80:
                try:
                    size, body = _varint(buffer, at + 1)
                except IndexError:
                    break
            if body + size > end:
                break
            if self.client._connection is self:
                self.client._on_packet(buffer[at], bytes(buffer[body:body + size]))
            at = body + size
        del buffer[:at]


class Client:
    """One session of one client. `port` may be a callable: a broker that comes back has another one. `address`, too: it is asked
    for behind the port.

    Answers to messages are given as soon as on_message(message) has returned, unless `hold_answers`. `auth` speaks for
    the client in enhanced authentication: it has a method, first() for CONNECT and AUTH that begins, and next(data) for
    the answers to the broker's AUTH. `tls` is the context of a connection over TLS."""

    def __init__(self, client_id, port, version=V5, clean=False, expiry_s=NEVER, will=None, window=64, keepalive_s=60,
                 receive_max=None, on_message=None, hold_answers=False, user=None, password=None, auth=None,
                 address="127.0.0.1", tls=None, packet_bytes_max=None):
        self.address, self.tls = address, tls
        self.user, self.password, self.auth = user, password, auth
        self.client_id, self.port, self.version, self.clean = client_id, port, version, clean
        self.expiry_s, self.will, self.window, self.keepalive_s = expiry_s, will, window, keepalive_s
        self.receive_max, self.on_message, self.hold_answers = receive_max, on_message, hold_answers
        self.packet_bytes_max = packet_bytes_max
        self.messages = []  # when there is no on_message
        self.connack = None
        self.disconnect_code = None  # of the broker's DISCONNECT
        self.disconnect_properties = {}
        self.refusals = []  # of messages, by PUBACK or PUBREC: (reason code, reason string or None)
        self.sessions_lost = 0  # reconnects that found no session
        self.connects = 0
        self.resent = 0
        self.outgoing = {}  # by packet id, in the order of publishing
        self._pending = collections.deque()
        self._received = set()  # QoS 2 packet ids
        self._next_id = 1
        self._connection = None
        self._left = []
        self._answers = {}  # futures by (packet type, packet id)
        self._closed = asyncio.Event()
        self._arrived = asyncio.Event()
        self._keeper = None
        self._allowed = window

    # --- connection

    async def connect(self, timeout_s=WAIT_S):
        """One attempt. ConnectionError or ConnectionLost when there is nobody or the broker hangs up; a refusal is in the
        result's code."""
        port = self.port() if callable(self.port) else self.port
        self._closed.clear()
        self.connack = self.disconnect_code = None
        self.disconnect_properties = {}
        address = self.address() if callable(self.address) else self.address
        _, self._connection = await asyncio.get_running_loop().create_connection(lambda: _Connection(self), address, port,
                                                                                ssl=self.tls)
        self._write(self._connect_packet())
        self.connack = await self._answer((2, 0), timeout_s)
        if self.connack.code == 0:
            self._resume()
        return self.connack

    async def connect_again(self, timeout_s=60):
        """As often as it takes until the broker lets it in."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        while True:
            try:
                if (await self.connect()).code == 0:
                    return
            except (OSError, ConnectionLost, asyncio.TimeoutError):
                pass
            if self._connection:
                self.abort()
                await self._closed.wait()
            if asyncio.get_running_loop().time() > deadline:
                raise TimeoutError(f"{self.client_id}: the broker does not let it in")
            await asyncio.sleep(0.05)

    def keep_connected(self):
        """Reconnects from now on, until release() or disconnect()."""
        self._keeper = asyncio.ensure_future(self._keep())

    async def _keep(self):
        while True:
            if not self.connected:
                await self.connect_again()
            await self._closed.wait()

    async def release(self):
        if self._keeper:
            keeper, self._keeper = self._keeper, None
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)

    async def disconnect(self, code=0, expiry_s=None, timeout_s=WAIT_S):
        """Says good-bye and waits until the broker has hung up: it has read everything then."""
        await self.release()
        if not self.connected:
            return
        values = [] if expiry_s is None else [(SESSION_EXPIRY, expiry_s)]
        self._write(b"\xe0\x00" if self.version < V5 else packet(0xE0, bytes([code]) + property_bytes(values)))
        await self.closed(timeout_s)

    def part(self):
        """Says good-bye and does not wait for anything."""
        self._write(b"\xe0\x00")
        self.leave()

    def abort(self):
        """The connection just ends."""
        for connection in [*self._left, self._connection]:
            if connection:
                connection.transport.abort()
        self._left.clear()

    def leave(self):
        """Goes away without a word, as on a broken network: the broker does not learn of it."""
        connection = self._connection
        self._left.append(connection)
        self._lost(connection)

    async def closed(self, timeout_s=WAIT_S):
        await asyncio.wait_for(self._closed.wait(), timeout_s)

    @property
    def connected(self):
        return self._connection is not None and self.connack is not None and self.connack.code == 0

    @property
    def peer_port(self):
        return self._connection.transport.get_extra_info("peername")[1]

    def _connect_packet(self):
        flags = 2 if self.clean else 0
        payload = text(self.client_id)
        if self.will:
            flags |= 4 | self.will.qos << 3 | (0x20 if self.will.retain else 0)
            if self.version >= V5:
                payload += property_bytes([(WILL_DELAY, self.will.delay_s), *self.will.properties])
            payload += text(self.will.topic) + text(self.will.payload)
        if self.user is not None:
            flags |= 0x80
            payload += text(self.user)
        if self.password is not None:
            flags |= 0x40
            payload += text(self.password)
        head = text("MQTT") + bytes([self.version, flags]) + struct.pack("!H", self.keepalive_s)
        if self.version >= V5:
            values = [(SESSION_EXPIRY, self.expiry_s)] if self.expiry_s else []
            if self.receive_max:
                values.append((SERVER_RECEIVE_MAX, self.receive_max))
            if self.packet_bytes_max:
                values.append((PACKET_BYTES_MAX, self.packet_bytes_max))
            if self.auth:
                values += [(AUTH_METHOD, self.auth.method), (AUTH_DATA, self.auth.first())]
            head += property_bytes(values)
        return packet(0x10, head + payload)

    def send_auth(self, code, data, method=None, more=()):
        self._write(packet(0xF0, bytes([code]) + property_bytes([(AUTH_METHOD, method or self.auth.method),
                                                                 (AUTH_DATA, data), *more])))

    async def authenticate_again(self, timeout_s=WAIT_S, more=()):
        """The data of the broker's last AUTH; ConnectionLost when it is refused. The first one has `more` properties."""
        self.send_auth(REAUTHENTICATE, self.auth.first(), more=more)
        return await self._answer((15, 0), timeout_s)

    def _on_auth(self, body):
        code = body[0] if body else 0
        properties = read_properties(body, 1)[0] if len(body) > 1 else {}
        if code == CONTINUE:
            self.send_auth(CONTINUE, self.auth.next(properties.get(AUTH_DATA, b"")))
        else:
            self._resolve((15, 0), properties.get(AUTH_DATA, b""))

    def _resume(self):
        """Both sides go on where they were; without a session there, the broker has forgotten what was received."""
        self.connects += 1
        self._allowed = min(self.window, self.connack.properties.get(SERVER_RECEIVE_MAX, 65535))
        if not self.connack.session_present:
            if self.connects > 1 and not self.clean:
                self.sessions_lost += 1
            self._received.clear()
            for message in self.outgoing.values():
                message.released = False
        for packet_id, message in self.outgoing.items():
            self.resent += 1
            if message.released:
                self._write(struct.pack("!BBH", 0x62, 2, packet_id))
            else:
                self._send(packet_id, message, dup=message.sends > 0)
        self._fill()

    # --- publishing

    def publish(self, topic, payload, qos=1, retain=False, done=None, expiry_s=None):
        """Leaves when the window allows. done(code) is called when it is acknowledged, on whatever connection."""
        message = _Outgoing(topic, payload, qos, retain, done, expiry_s)
        self._pending.append(message)
        self._fill()
        return message

    async def deliver(self, topic, payload, qos=1, retain=False, timeout_s=WAIT_S, expiry_s=None):
        """Publishes and waits for the acknowledgement: its reason code."""
        future = asyncio.get_running_loop().create_future()
        self.publish(topic, payload, qos, retain, lambda code: future.done() or future.set_result(code),
                     expiry_s)
        return await asyncio.wait_for(future, timeout_s)

    @property
    def unacknowledged_count(self):
        return len(self.outgoing) + len(self._pending)

    def _fill(self):
        if not self.connected:
            return
        while self._pending and len(self.outgoing) < self._allowed:
            message = self._pending.popleft()
            if message.qos == 0:
                self._send(0, message, dup=False)
                if message.done:
                    message.done(0)
                continue
            packet_id = self._free_id()
            self.outgoing[packet_id] = message
            self._send(packet_id, message, dup=False)

    def _free_id(self):
        while self._next_id in self.outgoing:
            self._next_id = self._next_id % 65535 + 1
        packet_id, self._next_id = self._next_id, self._next_id % 65535 + 1
        return packet_id

    def _send(self, packet_id, message, dup):
        message.sends += 1
        first = 0x30 | (8 if dup else 0) | message.qos << 1 | (1 if message.retain else 0)
        body = text(message.topic) + (struct.pack("!H", packet_id) if message.qos else b"")
        payload = message.payload if isinstance(message.payload, bytes) else message.payload.encode()
        if self.version >= V5:
            body += b"\0" if message.expiry_s is None else property_bytes([(MESSAGE_EXPIRY, message.expiry_s)])
        self._write(packet(first, body + payload))

    def _acknowledged(self, packet_id, code):
        message = self.outgoing.pop(packet_id, None)
        if message and message.done:
            message.done(code)
        self._fill()

    # --- subscribing

    async def subscribe(self, topic, qos=1, timeout_s=WAIT_S, subscription_id=None):
        """The reason code."""
        packet_id = self._free_id()
        body = struct.pack("!H", packet_id)
        if self.version >= V5:
            body += bytes([2, SUBSCRIPTION_ID, subscription_id]) if subscription_id else b"\0"
        self._write(packet(0x82, body + text(topic) + bytes([qos])))
        return (await self._answer((9, packet_id), timeout_s))[-1]

    async def subscribe_all(self, topics, qos=1, timeout_s=WAIT_S):
        """The reason codes of one packet with all of them."""
        packet_id = self._free_id()
        body = struct.pack("!H", packet_id) + (b"\0" if self.version >= V5 else b"")
        self._write(packet(0x82, body + b"".join(text(topic) + bytes([qos]) for topic in topics)))
        return list((await self._answer((9, packet_id), timeout_s))[-len(topics):])

    async def unsubscribe(self, topic, timeout_s=WAIT_S):
        packet_id = self._free_id()
        body = struct.pack("!H", packet_id) + (b"\0" if self.version >= V5 else b"")
        self._write(packet(0xA2, body + text(topic)))
        return (await self._answer((11, packet_id), timeout_s))[-1]

    async def ping(self, timeout_s=WAIT_S):
        """Comes back behind everything that the broker had to say before."""
        self._write(b"\xc0\x00")
        await self._answer((13, 0), timeout_s)

    async def received(self, count, timeout_s=WAIT_S):
        """The first `count` messages, when they are there."""
        async def wait():
            while len(self.messages) < count:
                self._arrived.clear()
                await self._arrived.wait()
        try:
            await asyncio.wait_for(wait(), timeout_s)
        except asyncio.TimeoutError:
            raise AssertionError(f"{self.client_id}: {len(self.messages)} of {count} messages came: "
                                 f"{self.messages[:20]}") from None
        return self.messages[:count]

    def answer_held(self, message):
        """With hold_answers: PUBACK or PUBREC for a message."""
        self._answer_message(message.qos, message.packet_id)

    # --- what comes in

    async def _answer(self, what, timeout_s):
        future = asyncio.get_running_loop().create_future()
        self._answers[what] = future
        if self._closed.is_set():
            raise ConnectionLost(self.client_id)
        return await asyncio.wait_for(future, timeout_s)

    def _resolve(self, what, value):
        future = self._answers.pop(what, None)
        if future and not future.done():
            future.set_result(value)

    def _lost(self, connection):
        if connection is not self._connection:
            return
        self._connection = None
        for future in self._answers.values():
            if not future.done():
                future.set_exception(ConnectionLost(self.client_id))
        self._answers.clear()
        self._closed.set()

    def _on_packet(self, first, body):
        kind = first >> 4
        if kind == 3:
            self._on_publish(first, body)
        elif kind == 4:
            self._acknowledged(struct.unpack_from("!H", body)[0], self._code_of(body))
        elif kind == 5:
            self._on_pubrec(struct.unpack_from("!H", body)[0], self._code_of(body))
        elif kind == 6:
            packet_id = struct.unpack_from("!H", body)[0]
            self._received.discard(packet_id)
            self._write(struct.pack("!BBH", 0x70, 2, packet_id))
        elif kind == 7:
            self._acknowledged(struct.unpack_from("!H", body)[0], 0)
        elif kind == 2:
            properties = read_properties(body, 2)[0] if self.version >= V5 and len(body) > 2 else {}
            self._resolve((2, 0), Connack(body[1], bool(body[0] & 1), properties))
        elif kind == 14:
            self.disconnect_code = body[0] if body else 0
            self.disconnect_properties = read_properties(body, 1)[0] if len(body) > 1 else {}
        elif kind == 15:
            self._on_auth(body)
        elif kind == 13:
            self._resolve((13, 0), body)
        else:
            self._resolve((kind, struct.unpack_from("!H", body)[0]), body)

    def _code_of(self, body):
        """Of PUBACK or PUBREC."""
        code = body[2] if len(body) > 2 else 0
        if code >= 0x80:
            self.refusals.append((code, reason_of(read_properties(body, 3)[0] if len(body) > 3 else {})))
        return code

    def _on_publish(self, first, body):
        qos, dup = first >> 1 & 3, bool(first & 8)
        length = body[0] << 8 | body[1]
        topic, at, packet_id = body[2:2 + length].decode(), 2 + length, 0
        if qos:
            packet_id = body[at] << 8 | body[at + 1]
            at += 2
        properties = {}
        if self.version >= V5:
            if body[at] == 0:
                at += 1
            else:
                properties, at = read_properties(body, at)
        if qos == 2 and packet_id in self._received:
            return self._answer_message(qos, packet_id)
        if qos == 2:
            self._received.add(packet_id)
        message = Message(topic, body[at:], qos, bool(first & 1), dup, packet_id, properties)
        if self.on_message:
            self.on_message(message)
        else:
            self.messages.append(message)
        self._arrived.set()
        if not self.hold_answers:
            self._answer_message(qos, packet_id)

    def _answer_message(self, qos, packet_id):
        if qos:
            self._write(struct.pack("!BBH", 0x40 if qos == 1 else 0x50, 2, packet_id))

    def _on_pubrec(self, packet_id, code):
        if code >= 0x80:
            return self._acknowledged(packet_id, code)
        if packet_id in self.outgoing:
            self.outgoing[packet_id].released = True
        self._write(struct.pack("!BBH", 0x62, 2, packet_id))

    def _write(self, data):
        if self._connection and not self._connection.transport.is_closing():
            self._connection.transport.write(data)
