"""Plays one vector against a broker: sends, and compares what comes with what must come."""
import itertools
import os
import re
import time

from packets import V5, Malformed, encode
from scram_texts import Refused
from script import defaults, expand, raw_bytes, steps_of
from wire import CLOSED, SECURE, SILENCE_S, WEB, Mismatch, WebSocketWire, Wire, trust

ANY_ORDER = ("expect-any-order", "allow-any-order")

_numbers = itertools.count(int.from_bytes(os.urandom(3), "big"))


def dial(target, silence_s=SILENCE_S):
    """Makes connections for a Player, to each node of the target in turn."""
    ports, web = itertools.cycle(target.ports), target.transport in WEB
    tls = trust(target.authority) if target.transport in SECURE else None
    goodbyes = "goodbyes" in target.provides

    def make(version, websocket):
        if web:
            return WebSocketWire((target.host, next(ports)), version, silence_s, tls, goodbyes, **(websocket or {}))
        if websocket is None:
            return Wire((target.host, next(ports)), version, silence_s, tls, goodbyes)
        return WebSocketWire((target.host, target.websocket), version, silence_s, None, goodbyes, **websocket)
    return make


class Player:
    """One run of one vector in one version. `dial(version, fields of a websocket step or None)` makes the connections,
    `sleep` waits. With `says_why` a broker must send the DISCONNECT that 5.0 leaves to it.

    Each run has names of its own, so that vectors can be played side by side and again."""

    def __init__(self, vector, version, dial, sleep=time.sleep, prefix=None, says_why=False):
        self.vector, self.version, self.dial, self.sleep, self.says_why = vector, version, dial, sleep, says_why
        self.names = {"~": prefix or f"cf{next(_numbers):08x}"[:10]}
        self.wires, self.pending, self.retained, self.clients = {}, {}, set(), set()
        self.step, self.optional_count = None, 0

    def run(self):
        """Mismatch or Malformed when the broker does not do what the vector says."""
        try:
            self.judge(self.steps())
        except (Mismatch, Malformed, Refused) as error:
            step = self.step
            raise Mismatch(f"{self.vector.file}:{step.line} {step.connection} {step.do} {step.kind}: {error}") from None
        finally:
            for wire in self.wires.values():
                wire.close()

    def steps(self):
        return steps_of(self.vector, self.version)

    def judge(self, steps):
        for index, self.step in enumerate(steps):
            if self.step.do in ANY_ORDER:
                self._collect(steps, index)
            else:
                self.do(self.step)
        for name in list(self.wires):
            self.quiet_end(name)

    def do(self, step):
        name = step.connection
        if step.do == "wait":
            self.sleep(step.fields["seconds"])
        elif step.do in ("open", "websocket"):
            self._open(name, step.fields if step.do == "websocket" else None)
        elif step.do == "abort":
            self.wires.pop(name).close(reset=True)
        elif step.do == "forget":
            self.names.pop(step.fields["id"][1:], None)
        elif step.do in ("send", "hex"):
            if name not in self.wires:
                self._open(name)
            self.send(step)
        elif step.do == "expect":
            self.match(self.next(name), step)
        elif step.do == "came":
            if self.optional_count != step.fields["count"]:
                raise Mismatch(f"{self.optional_count} of the packets that may come, not {step.fields['count']}")
        elif step.do == "rejected":
            self._rejected(name, step)
        elif step.do in ("closed", "refused"):
            within = step.fields.get("within")
            self._ended(name, self.next(name, within and float(within)), step)

    def _open(self, name, websocket=None):
        if name in self.wires:
            raise ValueError(f"{name} is connected already")
        self.wires[name] = self.dial(self.version, websocket)

    def send(self, step):
        if step.do == "hex":
            return self.wires[step.connection].send(raw_bytes(step.fields["text"], self.names))
        fields = {key: expand(value, self.names) for key, value in step.fields.items()}
        if step.kind == "PUBLISH" and fields.get("retain") == "1":
            self.retained.add(fields.get("topic", ""))
        if fields.get("will.retain") == "1":
            self.retained.add(fields["will.topic"])
        if step.kind == "CONNECT" and fields.get("client"):
            self.clients.add(fields["client"])
        self.wires[step.connection].send(encode(step.kind, fields, self.version))

    def next(self, name, within_s=None):
        return self.wires[name].next(within_s)

    def match(self, event, step):
        if event is CLOSED:
            raise Mismatch(f"closed instead of {step.kind} {step.fields}")
        wrong = self._difference(event.packet, step)
        if wrong:
            raise Mismatch(f"{wrong}; came {event.packet}")

    def _difference(self, packet, step):
        """What is wrong with a packet, or None; names that the step gives to values are kept when nothing is."""
        if packet["type"] != step.kind:
            return f"{packet['type']} instead of {step.kind}"
        bound = {}
        for field, wanted in defaults(step.kind, step.fields, self.version).items():
            seen = packet.get(field)
            variable = re.fullmatch(r"@(\w+)", wanted) if isinstance(wanted, str) else None
            if variable and variable[1] not in self.names and seen is not None:
                bound[variable[1]] = seen
            elif not _fits(seen, wanted, {**self.names, **bound}):
                return f"{field} is {seen!r}, not {wanted!r}"
        self.names.update(bound)
        return None

    def _collect(self, steps, index):
        """Packets of one connection that may come in any order: taken together at the first of their steps, until all have
        come that must."""
        step = steps[index]

        def belongs(other):
            return other.do in ANY_ORDER and other.connection == step.connection

        if index and belongs(steps[index - 1]):
            return
        group = list(itertools.takewhile(belongs, steps[index:]))
        while any(s.do == "expect-any-order" for s in group):
            event = self.next(step.connection)
            fitting = next((s for s in group if event is not CLOSED and not self._difference(event.packet, s)), None)
            if not fitting:
                raise Mismatch(f"{event.packet or 'closed'} is none of {[(s.kind, s.fields) for s in group]}")
            group.remove(fitting)
            self.optional_count += fitting.do == "allow-any-order"

    def _rejected(self, name, step):
        """A SUBSCRIBE was not granted: a code of failure in its SUBACK, or the end of the connection."""
        event = self.next(name)
        if event is CLOSED or event.packet["type"] != "SUBACK":
            self._ended(name, event, step)
        elif not all(_fits(code, step.fields.get("codes", "0x80"), self.names) for code in event.packet["codes"]):
            raise Mismatch(f"{event.packet} instead of a failure")

    def _ended(self, name, event, step):
        """The broker has closed; before, it may say why: by CONNACK when it refuses, in 5.0 by DISCONNECT else."""
        code = step.fields.get("code")
        if event is CLOSED and code and step.do != "refused" and self.says_why and self.version >= V5:
            raise Mismatch("closed without a word")
        if event is not CLOSED and code is not None:
            kind = "CONNACK" if step.do == "refused" else "DISCONNECT"
            if event.packet["type"] != kind or not _fits(event.packet["code"], code, self.names):
                raise Mismatch(f"{event.packet} before the end, not {kind} with {code}")
            if event.packet.get("session"):
                raise Mismatch("session present in a refusal")
            event = self.next(name)
        if event is not CLOSED:
            raise Mismatch(f"{event.packet} instead of the end")
        self.wires.pop(name).close()

    def quiet_end(self, name):
        """Nothing more comes on a connection than was asked for; DISCONNECT ends it."""
        self.step = self.step._replace(connection=name, do="quiet end", kind="")
        self.wires[name].send(encode("PINGREQ", {}, self.version))
        event = self.next(name)
        if event is CLOSED or event.packet["type"] != "PINGRESP":
            raise Mismatch(f"{event.packet or 'closed'} behind the last step")
        self.wires[name].send(encode("DISCONNECT", {}, self.version))
        event = self.next(name)
        if event is not CLOSED:
            raise Mismatch(f"{event.packet} behind the end")

    def clean_up(self):
        """Takes away what the run has left in the broker: retained messages and sessions."""
        for client in self.clients if self.retained or self.clients else ():
            wire = self.dial(self.version, None)
            wire.send(encode("CONNECT", {"client": client, "clean": "1"}, self.version))
            try:
                if wire.next().packet:
                    for topic in self.retained:
                        wire.send(encode("PUBLISH", {"topic": topic, "retain": "1"}, self.version))
                    self.retained = set()
                    wire.send(encode("DISCONNECT", {}, self.version))
                    wire.next()
            except (Mismatch, Malformed):
                pass
            wire.close()


def _fits(seen, wanted, names):
    """Whether a value is what the vector asks for; README.md lists the forms."""
    if isinstance(wanted, list):
        return sorted(map(str, seen or [])) == sorted(expand(wanted, names)) if _numeric(wanted) else \
            (seen or ["none"]) == expand(wanted, names)
    if wanted in ("*", "none"):
        return wanted == "*" or seen is None
    if wanted.startswith("!"):
        return not _fits(seen, wanted[1:], names)
    if re.fullmatch(r"(0x[0-9a-f]+|\d+)\.\.(0x[0-9a-f]+|\d+)", wanted):
        low, high = (int(end, 0) for end in wanted.split(".."))
        return isinstance(seen, int) and low <= seen <= high
    if isinstance(seen, list):  # codes
        parts = wanted.split(",")
        return len(parts) == len(seen) and all(_fits(code, part, names) for code, part in zip(seen, parts))
    for one in expand(wanted, names).split("|"):
        if one == "none" and seen is None:
            return True
        if isinstance(seen, int) and re.fullmatch(r"0x[0-9a-f]+|\d+", one, re.I) and int(one, 0) == seen:
            return True
        if isinstance(seen, str) and seen == one:
            return True
    return False


def _numeric(values):
    return all(value.isdigit() for value in values)
