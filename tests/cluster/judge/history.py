"""What clients did and saw."""
import dataclasses
import typing

from judge.stamp import Stamp


@dataclasses.dataclass(slots=True)
class Sent:
    """A message that a publisher began to publish. `code` is None until it is acknowledged (PUBACK, PUBCOMP or an error);
    `sends` is how often it went out so far. `connection`: by which of its client's it went out first. `expiry_s`: None is never.
    `node`: to which it was given first; `answered_by`: which one answered. `stored`: its publisher has a session. `patient`: it is not
    sent again elsewhere, and its publisher waits for as long as the node may take to answer."""
    stamp: Stamp
    qos: int
    began: float
    retain: bool = False
    empty: bool = False  # deletes a retained message; has no payload, so no receiver can name it
    code: int | None = None
    ended: float | None = None
    sends: int = 1
    connection: int = 0
    expiry_s: int | None = None
    node: str = ""
    answered_by: str = ""
    stored: bool = False
    patient: bool = False

    @property
    def acknowledged(self):
        return self.code is not None and self.code < 0x80


class Delivery(typing.NamedTuple):
    """A message that came to a client. `connection` counts those of the client. `stamp` is None when the payload is no
    publisher's. `expiry_s`: what was left of the message's time, as the broker says. `properties` of wills, for clients of 5.0: as
    those of Armed."""
    client: str
    connection: int
    at: float
    topic: str
    qos: int
    retain: bool
    stamp: Stamp | None
    expiry_s: int | None = None
    dup: bool = False
    properties: dict | None = None


@dataclasses.dataclass(slots=True)
class Subscription:
    """From the SUBACK until the UNSUBSCRIBE was sent. `asked`: when the SUBSCRIBE was sent, `connection`: by which of its client's.
    `lasting`: the session outlives connections, for ever; `stored`: for a while at least. Members of a `group` share. `denied`: a filter of what its client may not read."""
    client: str
    filter: str
    qos: int
    since: float
    until: float | None = None
    lasting: bool = True
    stored: bool = True
    group: str | None = None
    denied: str | None = None
    asked: float = 0.0
    connection: int = 1


@dataclasses.dataclass(slots=True)
class Wish:
    """A SUBSCRIBE (or an UNSUBSCRIBE: `qos` is None) of a session that lasts, and whether the broker has answered it."""
    client: str
    filter: str
    qos: int | None
    answered: bool = False


@dataclasses.dataclass(slots=True)
class Connection:
    """An attempt to connect and what came of it. `let_in` is when CONNACK 0 came; `over` when the attempt or the connection had ended for
    the client. `effects`: (asked, answered) of what the broker did for the client after that. `refused`: the code of CONNACK if that is not 0.

    `expiry_s`: how long the session outlives it; None: for ever, or not at all. `proven`: when the client asked for the last thing that its
    session's range has answered. `silent`: the client left without a word that the broker could hear."""
    client: str
    number: int
    node: str
    began: float
    let_in: float | None = None
    over: float | None = None
    session_present: bool = False
    expects_session: bool = False
    given_up: bool = False  # the client did not wait longer for CONNACK
    effects: list = dataclasses.field(default_factory=list)
    refused: int | None = None
    expiry_s: int | None = None
    proven: float | None = None
    silent: bool = False
    patient: bool = False  # the client waits for CONNACK for as long as the node may take


@dataclasses.dataclass(slots=True)
class Armed:
    """A will that was sent with a CONNECT. `least` and `most`: how often it may come, by how its connection ended; `note`: that in
    words. `properties`: what it was given of those that come with a message, by their numbers of MQTT 5.0, user properties in a list."""
    stamp: Stamp
    least: int = 0
    most: int = 1
    note: str = ""
    qos: int = 2
    retain: bool = False
    properties: dict = dataclasses.field(default_factory=dict)


class Breach(typing.NamedTuple):
    """A packet that a broker must not send, and why."""
    client: str
    connection: int
    at: float
    node: str
    what: str


def client_id_of(name):
    """Of a client whose connections are sessions of their own, each with a name: `id#number`."""
    return name.partition("#")[0]


class Read(typing.NamedTuple):
    """What a new subscription to the one topic got of its retained message: a number, or None when there was none. `answered`: when SUBACK came."""
    node: str
    topic: str
    began: float
    answered: float
    number: int | None
    final: bool  # when all faults were over
    live: bool = False  # it came behind the subscription, and not as retained


class Reading(typing.NamedTuple):
    """What a new subscription to a filter got of retained messages: their stamps, as often as they came. `answered`: when SUBACK came."""
    node: str
    filter: str
    began: float
    answered: float
    stamps: tuple
    final: bool


@dataclasses.dataclass(slots=True)
class Disturbance:
    """A fault that was made: from when it was there until it was about to be taken away. `nodes`: those that it struck, by name. `value`:
    of a clock, by how many seconds it was wrong."""
    kind: str
    nodes: tuple
    began: float
    ended: float | None = None
    value: float = 0.0

    def until(self):
        return float("inf") if self.ended is None else self.ended


class Replica(typing.NamedTuple):
    """What a node said of a range and of its own replica of it. `process`: of the node. `epoch`: (boundary, members). `voters`: their names. `role`: empty when it
    has no replica. `digest`: of the state at `applied`; None: not asked for."""
    at: float
    node: str
    process: int
    store: str
    range: str
    incarnation: int
    begin: str
    end: str
    epoch: tuple
    voters: tuple
    role: str = ""
    term: int = 0
    applied: int = 0
    committed: int = 0
    digest: str | None = None


class History:
    """All lists grow in the order of time."""

    def __init__(self):
        self.sent: dict[Stamp, Sent] = {}
        self.deliveries: list[Delivery] = []
        self.subscriptions: list[Subscription] = []
        self.wishes: list[Wish] = []
        self.breaches: list[Breach] = []
        self.connections: list[Connection] = []
        self.wills: dict[Stamp, Armed] = {}
        self.reads: list[Read] = []
        self.readings: list[Reading] = []
        self.disturbances: list[Disturbance] = []
        self.troubles: list[Disturbance] = []  # each time in which clients were told of one; of no kind, and of no nodes
        self.replicas: list[Replica] = []  # all that a node says at once have one time
        self.settled: float | None = None  # when all faults were over and the nodes had had time to recover

    def send(self, stamp, qos, began, **more):
        self.sent[stamp] = Sent(stamp, qos, began, **more)
        return self.sent[stamp]
