"""Many bare clients at once: what comes is counted, acknowledged, and not kept."""
import collections
import resource
import select
import socket
import struct
import time

from link import packet, text

V311, V5 = 4, 5
SOURCES = 200  # addresses of loopback that links come from: one alone has fewer ports than there may be links


def descriptors(wanted):
    """How many of them this process may have at once, as many as are wanted if the system lets it. A broker started from now on
    has no fewer."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    here = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(here, resource.getrlimit(resource.RLIMIT_NOFILE)[0]), hard))
    return here


def connect(client_id, version, stored):
    lasting = b"\5\x11\xff\xff\xff\xff" if stored else b"\0"
    body = text("MQTT") + bytes([version, 0 if stored else 2]) + struct.pack("!H", 0)
    return packet(0x10, body + (lasting if version == V5 else b"") + text(client_id))


def subscribe(version, topic, qos):
    return packet(0x82, b"\0\1" + (b"\0" if version == V5 else b"") + text(topic) + bytes([qos]))


def publish(version, topic, payload, qos=0, retain=False, packet_id=1):
    head = text(topic) + (struct.pack("!H", packet_id) if qos else b"") + (b"\0" if version == V5 else b"")
    return packet(0x30 | qos << 1 | retain, head + payload)


class Member:
    """One link, which says CONNECT. `came` counts packets by their type. The system keeps next to nothing of what it has not
    read yet."""

    def __init__(self, port, client_id, version, number=0, stored=False):
        self.client_id, self.version = client_id, version
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(30)
        self.socket.bind((f"127.2.0.{number % SOURCES + 1}", 0))
        self.socket.connect(("127.0.0.1", port))
        self.came, self.buffer, self.closed = collections.Counter(), bytearray(), False
        self.send(connect(client_id, version, stored))

    def send(self, data):
        self.socket.sendall(data)

    def read(self):
        """Takes what is there."""
        try:
            data = self.socket.recv(1 << 18, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except ConnectionResetError:
            data = b""
        if not data:
            self.closed = True
            return
        self.buffer += data
        self._take()

    def widen(self):
        """It reads much from now on."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)

    def _take(self):
        data, at, answers = self.buffer, 0, []
        while len(data) - at >= 2:
            size, shift, body = data[at + 1] & 0x7F, 7, at + 2
            while data[body - 1] & 0x80 and body < len(data):
                size |= (data[body] & 0x7F) << shift
                shift, body = shift + 7, body + 1
            if data[body - 1] & 0x80 or body + size > len(data):
                break
            self._packet(data[at], data, body, size, answers)
            at = body + size
        del data[:at]
        if answers:
            self.send(b"".join(answers))

    def _packet(self, first, data, body, size, answers):
        kind = first >> 4
        self.came[kind] += 1
        qos = first >> 1 & 3
        if kind == 3:
            if qos:
                packet_id = body + 2 + (data[body] << 8 | data[body + 1])
                answers.append(bytes([0x40 if qos == 1 else 0x50, 2, *data[packet_id:packet_id + 2]]))
        elif kind == 6:
            answers.append(bytes([0x70, 2, *data[body:body + 2]]))


class Crowd:
    """Members that are read together."""

    def __init__(self):
        self.poll, self.members = select.epoll(), {}

    def add(self, member):
        self.members[member.socket.fileno()] = member
        self.poll.register(member.socket.fileno(), select.EPOLLIN)
        return member

    def remove(self, member):
        """It is gone with this."""
        descriptor = member.socket.fileno()
        if not member.closed:
            self.poll.unregister(descriptor)
        del self.members[descriptor]
        member.socket.close()

    def turn(self, timeout_s=0.0):
        """Reads once what has come to anybody."""
        for descriptor, _ in self.poll.poll(timeout_s, 512):
            member = self.members[descriptor]
            member.read()
            if member.closed:
                self.poll.unregister(descriptor)

    def until(self, holds, wait_s, meanwhile=lambda: None):
        """Reads until `holds()`. TimeoutError when that takes too long."""
        deadline = time.monotonic() + wait_s
        while not holds():
            if time.monotonic() > deadline:
                raise TimeoutError("it never came true")
            meanwhile()
            self.turn(0.01)

    def close(self):
        for member in self.members.values():
            member.socket.close()
        self.poll.close()
