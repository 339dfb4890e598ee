"""Judge of what a broker may send at all: one Monitor for each client, and the faults that they wrote down."""
import pathlib
import struct
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "conformance"))
from packets import TYPES, V5, Malformed, decode  # noqa: E402


class Monitor:
    """Follows the packets of one client, both ways, and says of each one that comes why it must not: nothing, when all is well.

    It knows what the client sent, so that an answer to nothing, a packet id that is used twice, or more messages under way than the client
    takes show. Packets are whole; each is told once, in the order in which the client wrote or read it; nothing is told that a client reads
    from a connection that it has left. That a message is lost or comes twice is for other judges."""

    def __init__(self, version=V5):
        self.version = version
        self.begin(clean=True)

    def begin(self, clean, receive_max=None):
        """A CONNECT with Clean Start, or a clean session, or not. The client sends no Topic Alias Maximum."""
        self._clean, self._receive_max = clean, receive_max or 65535
        self._is_answered = self._has_ended = self._has_session = False
        self._asked = {}  # what the client waits for, by packet id: a packet type, and how many codes are in it
        self._coming = {}  # what the broker sent and is not done with, by packet id: the packet type that must come from the client
        self._pings = 0

    def sent(self, data):
        """One packet of the client's, but CONNECT."""
        kind, body = TYPES[data[0] >> 4], memoryview(data)[_body_at(data):]
        if kind == "PUBLISH":
            if qos := data[0] >> 1 & 3:
                self._asked[_number(body, 2 + _number(body))] = ("PUBACK" if qos == 1 else "PUBREC", 0)
        elif kind in ("SUBSCRIBE", "UNSUBSCRIBE"):
            self._asked[_number(body)] = (kind.replace("SCRIBE", "ACK"), self._filters(kind, body))
        elif kind == "PUBREL":
            self._asked[_number(body)] = ("PUBCOMP", 0)
        elif kind == "PUBREC" and (len(body) < 3 or body[2] < 0x80):
            self._coming[_number(body)] = "PUBCOMP"
        elif kind in ("PUBACK", "PUBREC", "PUBCOMP"):
            self._coming.pop(_number(body), None)
        elif kind == "PINGREQ":
            self._pings += 1

    def _filters(self, kind, body):
        """How many codes must answer it."""
        if kind == "UNSUBSCRIBE" and self.version < V5:
            return 0
        at, count = 2 + (1 + body[2] if self.version >= V5 else 0), 0
        while at < len(body):
            at += 2 + _number(body, at) + (1 if kind == "SUBSCRIBE" else 0)
            count += 1
        return count

    def received(self, first, body):
        """Why this packet must not come, in words."""
        try:
            packet = decode(first, body, self.version)
        except Malformed as fault:
            return [str(fault)]
        kind = packet["type"]
        faults = []
        if self._has_ended:
            faults.append(f"{kind} behind DISCONNECT [MQTT-3.14.4-1]")
        if not self._is_answered and kind not in ("CONNACK", "AUTH"):
            faults.append(f"{kind} before CONNACK [MQTT-3.2.0-1]")
        faults += self._WAYS[kind](self, packet)
        return faults

    def _on_connack(self, packet):
        if self._is_answered:
            yield "a second CONNACK [MQTT-3.2.0-2]"
        self._is_answered, self._has_session = True, bool(packet["session"])
        if self._has_session and packet["code"]:
            yield "a refusal with a session [MQTT-3.2.2-6]"
        if self._has_session and self._clean:
            yield "a session after Clean Start [MQTT-3.2.2-2]"

    def _on_publish(self, packet):
        if "topic-alias" in packet:
            yield "a topic alias, and the client takes none [MQTT-3.1.2-27]"
        if not packet["topic"]:
            yield "PUBLISH without a topic [MQTT-3.3.2-1]"
        if not packet["qos"]:
            return
        packet_id = packet["id"]
        if packet_id in self._coming:
            yield f"PUBLISH with packet id {packet_id}, which is in use [MQTT-2.2.1-4, MQTT-4.4.0-1]"
        if packet["dup"] and not self._has_session:
            yield f"PUBLISH {packet_id} with DUP in a session that began with this connection [MQTT-3.3.1-1]"
        self._coming[packet_id] = "PUBACK" if packet["qos"] == 1 else "PUBREC"
        if len(self._coming) > self._receive_max:
            yield (f"PUBLISH {packet_id} is one of {len(self._coming)} under way, and the client takes {self._receive_max} "
                   f"[MQTT-3.3.4-9]")

    def _on_pubrel(self, packet):
        must_send = self._coming.get(packet["id"])
        if must_send != "PUBCOMP" and (must_send or not self._has_session):
            yield f"PUBREL {packet['id']} without a PUBREC [MQTT-4.3.3-4]"

    def _on_ack(self, packet):
        """All that answer something with a packet id."""
        kind, packet_id = packet["type"], packet["id"]
        wanted, count = self._asked.get(packet_id, (None, 0))
        if wanted != kind:
            yield f"{kind} {packet_id}, and nothing with that packet id waits for it [MQTT-2.2.1-5, MQTT-2.2.1-6]"
            return
        del self._asked[packet_id]
        if len(packet.get("codes", ())) != count:
            yield f"{kind} {packet_id} with {len(packet['codes'])} codes for {count} filters [MQTT-3.8.4-6]"

    def _on_pingresp(self, _):
        self._pings -= 1
        if self._pings < 0:
            yield "PINGRESP, and nobody asked [MQTT-3.12.4-1]"

    def _on_disconnect(self, _):
        self._has_ended = True
        return ()

    def _on_auth(self, _):
        return ()

    _WAYS = {"CONNACK": _on_connack, "PUBLISH": _on_publish, "PUBACK": _on_ack, "PUBREC": _on_ack, "PUBREL": _on_pubrel,
             "PUBCOMP": _on_ack, "SUBACK": _on_ack, "UNSUBACK": _on_ack, "PINGRESP": _on_pingresp, "DISCONNECT": _on_disconnect,
             "AUTH": _on_auth}


def _number(body, at=0):
    return struct.unpack_from("!H", body, at)[0]


def _body_at(data):
    at = 1
    while data[at] >= 0x80:
        at += 1
    return at + 1


def faults(history):
    """INV-P1, INV-O2: no packet breaks a statement that binds the broker."""
    for one in history.breaches:
        yield f"{one.client}: {one.node} sent, at connection {one.connection} and {one.at:.3f} s: {one.what}"
