"""Shows that the vectors can fail: breaks what a broker answered, in every way that a vector ought to see.

A vector is played once against a broker, and all that came on its connections is written down. Then it is played against
that record, with one thing changed each time: a packet lost, sent twice, put in front of, replaced by the end of the connection,
an end that does not come, or a field of a packet with another value. No broker and no time is needed for that."""
import collections
import copy

import play
import wire

# Each connection's events, in the order in which connections were opened; `prefix` and `says_why` are those of the player.
Record = collections.namedtuple("Record", "prefix says_why connections")
# `what` happened to event number `event` of connection number `connection`.
Break = collections.namedtuple("Break", "what connection event")

# A message that nobody sent.
INTRUDER = {"type": "PUBLISH", "size": 20, "dup": 0, "qos": 0, "retain": 0, "topic": "intruder", "payload": "intruder"}

REFUSED = 0x80
PLAIN_FIELDS = ("dup", "qos", "retain", "topic", "payload", "session")


class _Recorder:
    def __init__(self, inner):
        self.inner, self.events = inner, []

    def next(self, within_s=None):
        self.events.append(self.inner.next(within_s))
        return self.events[-1]

    def __getattr__(self, name):
        return getattr(self.inner, name)


class _Replay:
    """A wire that brings what it was given, then nothing."""

    def __init__(self, events):
        self.events = list(events)

    def send(self, data):
        pass

    def close(self, reset=False):
        pass

    def next(self, within_s=None):
        if not self.events:
            raise wire.Mismatch("nothing came")
        return self.events.pop(0)


def record(vector, version, target, make=play.Player):
    """The Record of a vector, or of what else is played of it, that the broker passes; Mismatch when it does not."""
    wires = []

    dial = play.dial(target)

    def recording(*how):
        wires.append(_Recorder(dial(*how)))
        return wires[-1]

    player = make(vector, version, recording, says_why="reasons" in target.provides)
    player.run()
    recorded = Record(player.names["~"], player.says_why, [one.events for one in wires])
    player.dial = dial
    player.clean_up()
    return recorded


def replay(vector, version, recorded, make=play.Player):
    """Plays the vector against the record. Mismatch as against a broker."""
    connections = iter(recorded.connections)
    make(vector, version, lambda *_: _Replay(next(connections)), lambda _: None, recorded.prefix, recorded.says_why).run()


def _changed(value):
    """Other values that a field could have had."""
    if isinstance(value, int):
        return [value ^ 1] if value in (0, 1) else [value + 1, value - 1]
    if isinstance(value, str):
        return [value + "x", value[:-1]] if value else ["x"]
    return [value[:-1], [*value, value[-1]]] + ([value[::-1]] if value[::-1] != value else []) if value else [[1]]


def breaks(recorded, replacements=None):
    """Each way to break a record, or only these: (Break, the broken Record)."""
    for number, events in enumerate(recorded.connections):
        for at, event in enumerate(events):
            for what, replacement in (replacements or _replacements)(event):
                connections = list(recorded.connections)
                connections[number] = events[:at] + replacement + ([] if what == "ended" else events[at + 1:])
                yield Break(what, number, at), recorded._replace(connections=connections)


def _replacements(event):
    intruder = wire.Event(dict(INTRUDER))
    if event is wire.CLOSED:
        return [("kept open", []), ("intruder", [intruder, event])]
    found = [("lost", []), ("twice", [event, event]), ("intruder", [intruder, event]), ("ended", [wire.CLOSED])]
    for field, value in event.packet.items():
        for other in _changed(value) if field not in ("type", "size") else []:
            packet = copy.deepcopy(event.packet)
            packet[field] = other
            found.append((f"{field}={other!r}", [wire.Event(packet)]))
    return found


def refusals(event):
    """The ways to refuse where something came: the end of the connection, or a code that says so."""
    if event is wire.CLOSED or event.packet.get("code", 0) >= REFUSED:
        return []
    failed = {"code": REFUSED, "codes": [REFUSED]}
    return [("ended", [wire.CLOSED])] + [(f"{field} of failure", [wire.Event({**event.packet, field: code})])
                                         for field, code in failed.items() if field in event.packet]


def survivors(vector, version, recorded, make=play.Player, replacements=None):
    """(how many breaks there were, those that the vector did not see)."""
    count, unseen = 0, []
    for broken, changed in breaks(recorded, replacements):
        count += 1
        try:
            replay(vector, version, changed, make)
        except (wire.Mismatch, StopIteration):
            continue
        unseen.append(broken)
    return count, unseen


def must_be_seen(broken, recorded):
    """Whether a break is one that no vector may overlook. Left to the vector are values of properties and codes; left to the
    broker is CONNACK before it closes, or DISCONNECT if it does not promise that; and nobody sees what comes right before he goes himself."""
    events = recorded.connections[broken.connection]
    packet, last = events[broken.event].packet, broken.event + 1 == len(events)
    if "=" in broken.what:
        return broken.what.split("=")[0] in PLAIN_FIELDS
    kept_to_itself = ("CONNACK",) if recorded.says_why else ("CONNACK", "DISCONNECT")
    optional = packet is not None and packet["type"] in kept_to_itself
    return not (optional and broken.what in ("lost", "ended")) and not (last and broken.what in ("twice", "ended"))
