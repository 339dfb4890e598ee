"""What is measured: the rows of the performance table, and the figures of each kind of row."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Metric:
    label: str
    path: str  # in the JSON of tenon-load
    format: str = "{:.2f}"
    scale: float = 1.0


# CPU microseconds per message are CPU seconds per million messages.
TRAFFIC = [
    Metric("CPU us/delivery", "broker.cpu_us_per_delivered", "{:.3f}"),
    Metric("deliveries/s", "steady.delivered_per_s", "{:,.0f}"),
    Metric("p50 us", "latency_us.p50", "{:,.0f}"),
    Metric("p99 us", "latency_us.p99", "{:,.0f}"),
]
IDLE = [
    Metric("RSS B/connection", "rss_bytes_per_connection", "{:,.0f}"),
    Metric("CPU us/connect", "broker.cpu_us_per_connect", "{:.1f}"),
]
STORM = [
    Metric("CPU us/connect", "broker.cpu_us_per_connect", "{:.1f}"),
    Metric("connects/s", "connected_per_s", "{:,.0f}"),
    Metric("p50 us", "connect_us.p50", "{:,.0f}"),
    Metric("p99 us", "connect_us.p99", "{:,.0f}"),
]
SUBSCRIBE = [
    Metric("CPU us/filter", "broker.cpu_us_per_filter", "{:.2f}"),
    Metric("filters/s", "subscribed_per_s", "{:,.0f}"),
    Metric("RSS B/filter", "broker.rss_bytes_per_filter", "{:,.0f}"),
]
RETAINED = [
    Metric("CPU us/publish", "broker.cpu_us_per_publish", "{:.2f}"),
    Metric("publishes/s", "publish.per_s", "{:,.0f}"),
    Metric("reads/s", "read.delivered_per_s", "{:,.0f}"),
    Metric("first read ms", "read.first_ms", "{:.2f}"),
    Metric("RSS B/topic", "broker.rss_bytes_per_topic", "{:,.0f}"),
]
PAYLOAD_BYTES = 256  # of tenon-load, unless a row says otherwise


def drain_metrics(messages):
    payload_bytes = messages * PAYLOAD_BYTES
    return [*DRAIN, Metric("written B/payload B", "publish.broker_written_bytes", "{:.2f}", 1 / payload_bytes),
            Metric("written B/payload B, draining", "drain.broker_written_bytes", "{:.2f}", 1 / payload_bytes)]


DRAIN = [
    Metric("publish s", "publish.seconds", "{:.2f}"),
    Metric("acknowledged/s", "publish.acked_per_s", "{:,.0f}"),
    Metric("p99 ms", "ack_us.p99", "{:,.1f}", 1e-3),
    Metric("drain s", "drain.seconds", "{:.2f}"),
    Metric("drained/s", "drain.delivered_per_s", "{:,.0f}"),
    Metric("CPU us/publish", "publish.broker_cpu_us_per_message", "{:.2f}"),
    Metric("CPU us/drained", "drain.broker_cpu_us_per_message", "{:.2f}"),
    Metric("RSS queued MB", "publish.broker_rss_bytes", "{:,.0f}", 1e-6),
    Metric("written MB", "publish.broker_written_bytes", "{:,.0f}", 1e-6),
]
# Of sessions that outlive their connections, with the clients there.
PERSISTENT = [
    *TRAFFIC,
    Metric("RSS MB", "broker.rss_bytes", "{:,.0f}", 1e-6),
    Metric("written B/payload B", "broker.written_bytes_per_delivered", "{:.2f}", 1 / PAYLOAD_BYTES),
]

# mosquitto keeps its sessions in memory and writes all of them into one file every autosave_interval; what came in
# between is lost with the process.
KEEPING = {"mosquitto": ["persistence true", "persistence_location {directory}/", "autosave_interval 10"]}


@dataclass(frozen=True)
class Row:
    name: str
    title: str
    arguments: str  # of tenon-load
    metrics: list = field(default_factory=lambda: TRAFFIC)
    timed: bool = True  # takes --duration
    quick: bool = False
    floor: bool = False  # the forwarder can do it
    tls: bool = False  # links speak it, both brokers with the same kind of certificate
    settings: dict = field(default_factory=dict)  # per broker, more lines of configuration

    def survives(self):
        """Whether its messages outlive their connections: persistent.sh measures it."""
        return self.settings is KEEPING


# At QoS 1 and 2 the backlog keeps what waits in a broker to a few windows per publisher: without it a broker that
# acknowledges sooner than it delivers would be measured while its queues grow without end.
ROWS = [
    Row("p2p-q0-16b", "p2p 100 pairs, QoS 0, 16 B, w100", "p2p --payload 16", floor=True),
    Row("p2p-q0", "p2p 100 pairs, QoS 0, 256 B, w100", "p2p", quick=True, floor=True),
    Row("p2p-q0-4k", "p2p 100 pairs, QoS 0, 4 KiB, w100", "p2p --payload 4096", floor=True),
    Row("p2p-q0-w10", "p2p 100 pairs, QoS 0, 256 B, w10", "p2p --window 10", floor=True),
    Row("p2p-q1", "p2p 100 pairs, QoS 1, 256 B, w100", "p2p --qos 1 --backlog 300", quick=True, floor=True),
    Row("p2p-q1-w1", "p2p 100 pairs, QoS 1, 256 B, w1", "p2p --qos 1 --window 1 --backlog 3", quick=True, floor=True),
    Row("p2p-q1-1000", "p2p 1000 pairs, QoS 1, 256 B, w10", "p2p --pairs 1000 --qos 1 --window 10 --backlog 30",
        floor=True),
    # mosquitto disconnects a 3.1.1 client that has more QoS 2 messages under way than its limit, 20 by default.
    Row("p2p-q2", "p2p 100 pairs, QoS 2, 256 B, w100", "p2p --qos 2 --backlog 300",
        settings={"mosquitto": ["max_inflight_messages 100"]}),
    Row("fan-out-q0", "fan-out 1 -> 500, QoS 0, 256 B, w10", "fan-out", quick=True, floor=True),
    Row("fan-out-q1", "fan-out 1 -> 500, QoS 1, 256 B, w10", "fan-out --qos 1 --backlog 30", floor=True),
    Row("fan-in-q0", "fan-in 500 -> 1, QoS 0, 256 B, w10", "fan-in", quick=True, floor=True),
    Row("shared-q1", "shared 500 -> 5, QoS 1, 256 B, w10", "shared --backlog 30"),
    Row("p2p-v5-q1", "p2p 100 pairs, v5, QoS 1, 256 B, w100", "p2p --version 5 --qos 1 --backlog 300"),
    Row("latency", "latency, 100 pairs, 5 k/s, QoS 0, 256 B", "latency", floor=True),
    Row("idle", "10,000 idle connections", "idle --connections 10k", IDLE, timed=False, quick=True),
    Row("idle-19k", "19,000 idle connections", "idle --connections 19k --timeout 30", IDLE, timed=False),
    Row("storm", "connect and disconnect, 100 at once", "connect-storm --bind 127.0.0.1-127.0.0.16", STORM),
    # Two threads: a client's part of a handshake costs as much as the broker's.
    Row("tls-storm", "connect and disconnect over TLS, full handshakes, 100 at once",
        "connect-storm --threads 2 --bind 127.0.0.1-127.0.0.16", STORM, tls=True),
    Row("tls-p2p-q1", "p2p 100 pairs, QoS 1, 256 B, w100, over TLS", "p2p --qos 1 --backlog 300", tls=True),
    Row("tls-idle", "10,000 idle connections over TLS", "idle --connections 10k --timeout 30", IDLE, timed=False, tls=True),
    Row("subscribe", "1 M distinct filters over 100 links", "subscribe --filters 1M", SUBSCRIBE, timed=False),
    Row("retained", "100 k retained topics, QoS 1, 100 B", "retained --topics 100k --qos 1 --payload 100 --window 100",
        RETAINED, timed=False),
    Row("retained-1m", "1 M retained topics, QoS 1, 100 B", "retained --topics 1M --qos 1 --payload 100 --window 100 --timeout 60",
        RETAINED, timed=False),
    Row("offline-drain", "1 M QoS 1 messages to 1,000 offline sessions",
        "persistent-offline-drain --messages 1M --timeout 60", drain_metrics(1_000_000), timed=False,
        settings=KEEPING),
    Row("persistent-drain", "100 k QoS 1 messages to 1,000 offline sessions",
        "persistent-offline-drain --messages 100k --timeout 60", drain_metrics(100_000), timed=False, settings=KEEPING),
    Row("persistent-drain-q2", "100 k QoS 2 messages to 1,000 offline sessions",
        "persistent-offline-drain --messages 100k --qos 2 --window 20 --timeout 60", drain_metrics(100_000), timed=False,
        settings=KEEPING),
    Row("persistent-p2p-q1", "p2p 100 pairs, QoS 1, 256 B, w100, persistent subscribers",
        "p2p --qos 1 --persistent --backlog 300", PERSISTENT, settings=KEEPING),
    Row("persistent-p2p-q1-w1", "p2p 100 pairs, QoS 1, 256 B, w1, persistent subscribers",
        "p2p --qos 1 --persistent --window 1 --backlog 3", PERSISTENT, settings=KEEPING),
]


def rows_named(names, everything):
    """The rows that `names` ask for (all but those of persistent.sh, or the quick ones, when empty); KeyError for a name that is
    none."""
    if not names:
        return [row for row in ROWS if (everything and not row.survives()) or row.quick]
    by_name = {row.name: row for row in ROWS}
    return [by_name[name] for name in names]
