"""A broker for MQTT 3.1.1, QoS 0 and 1, that misbehaves on purpose: what a load generator must notice."""

import socket
import threading

CONNECT, PUBLISH, PUBACK, SUBSCRIBE, PINGREQ, DISCONNECT = 1, 3, 4, 8, 12, 14


def read_exactly(stream, count):
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data


def read_packet(stream):
    """(first byte, body) of the next packet; EOFError at the end."""
    first = read_exactly(stream, 1)[0]
    length, shift = 0, 0
    while True:
        digit = read_exactly(stream, 1)[0]
        length |= (digit & 0x7F) << shift
        shift += 7
        if digit < 0x80:
            return first, read_exactly(stream, length)


def packet(first, body):
    length, encoded = len(body), bytearray()
    while True:
        length, digit = divmod(length, 128)
        encoded.append(digit | (0x80 if length else 0))
        if not length:
            return bytes([first]) + bytes(encoded) + body


class FaultyBroker:
    """Serves until stop(). `fault`: none, drop, twice, swap, misdirect, refuse-connect, refuse-subscribe, cut,
    wrong-ack or no-ack. The traffic faults strike each tenth publish."""

    def __init__(self, fault):
        self.fault = fault
        self.lock = threading.Lock()
        self.subscribers = {}  # topic to sockets
        self.published = 0
        self.held_back = None
        self.links = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self.listener.close()
        with self.lock:
            for link in self.links:
                link.close()

    def _accept(self):
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.links.append(link)
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link):
        try:
            with link, link.makefile("rb") as stream:
                while self._handle(link, *read_packet(stream)):
                    pass
        except (EOFError, OSError, ValueError):
            pass

    def _handle(self, link, first, body):
        kind = first >> 4
        with self.lock:
            if kind == CONNECT:
                link.sendall(packet(0x20, bytes([0, 5 if self.fault == "refuse-connect" else 0])))
            elif kind == SUBSCRIBE:
                self._subscribe(link, body)
            elif kind == PUBLISH:
                self._publish(link, first, body)
                return not (self.fault == "cut" and self.published == 10)
            elif kind == PINGREQ:
                link.sendall(packet(0xD0, b""))
        return kind != DISCONNECT

    def _subscribe(self, link, body):
        topic = body[4:4 + int.from_bytes(body[2:4], "big")]
        self.subscribers.setdefault(topic, []).append(link)
        granted = 0x80 if self.fault == "refuse-subscribe" else body[-1]
        link.sendall(packet(0x90, body[:2] + bytes([granted])))

    def _publish(self, link, first, body):
        self.published += 1
        topic = body[2:2 + int.from_bytes(body[:2], "big")]
        if (first >> 1) & 3:
            self._acknowledge(link, body[2 + len(topic):4 + len(topic)])
        self._deliver(topic, packet(first, body), strikes=self.published % 10 == 0)

    def _acknowledge(self, link, packet_id):
        if self.fault == "wrong-ack":
            packet_id = (int.from_bytes(packet_id, "big") + 1000).to_bytes(2, "big")
        if self.fault != "no-ack":
            link.sendall(packet(0x40, packet_id))

    def _deliver(self, topic, data, strikes):
        if strikes and self.fault == "misdirect":
            topic = next(other for other in self.subscribers if other != topic)
        if strikes and self.fault == "drop":
            return
        if strikes and self.fault == "swap":
            self.held_back = (topic, data)
            return
        times = 2 if strikes and self.fault == "twice" else 1
        for link in self.subscribers.get(topic, []):
            link.sendall(data * times)
        if self.held_back and self.held_back[0] == topic:
            held, self.held_back = self.held_back[1], None
            for link in self.subscribers[topic]:
                link.sendall(held)
