"""The goals that figures are judged by, as data, and what keeps those that are missed from theirs.

A goal for CPU is a ratio to others of the same run, as microseconds wander between machines: CPU says what a delivery cost
each of them where the goals were set. `why` stands in the page where a goal is missed, and holds no figure of a run."""

import statistics
from dataclasses import dataclass

CPU_FIGURE = "broker.cpu_us_per_delivered"


@dataclass(frozen=True)
class Cpu:
    """Of a row of rows.py: microseconds for a delivery, of the floor (0: it can't do the row), of mosquitto 2.0, and wanted."""

    row: str
    floor_us: float
    mosquitto_us: float
    goal_us: float
    why: str = ""

    def text(self):
        limits = " and ".join(f"{goal.text()} times {'the floor' if goal.beside == 'floor' else goal.beside}" for goal in self.goals())
        return f"CPU {limits}"

    def goals(self):
        """One for each of those that it is compared with."""
        for beside, us in (("floor", self.floor_us), ("mosquitto", self.mosquitto_us)):
            if us:
                yield Goal(self.row, CPU_FIGURE, f"CPU for a delivery, times that of {beside}", self.goal_us / us, beside=beside,
                           form="{:.3f}" if self.goal_us / us < 1 else "{:.2f}", why=self.why)


@dataclass(frozen=True)
class Goal:
    row: str  # of rows.py, or of what a script records
    figure: str  # the path of a metric; of scripts the name that they give it
    title: str
    limit: float
    unit: str = ""
    at_least: bool = False
    beside: str = ""  # the ratio to what this broker has in the same round
    scale: float = 1.0
    form: str = "{:,.1f}"
    limit_text: str = ""  # in place of the number
    why: str = ""

    def text(self):
        if self.limit_text:
            return self.limit_text
        number = self.form.format(self.limit)
        number = number.rstrip("0").rstrip(".") if "." in number else number
        return f"{'>=' if self.at_least else '<='} {number}{' ' if self.unit else ''}{self.unit}"

    def is_reached(self, values):
        median = statistics.median(values)
        return median >= self.limit if self.at_least else median <= self.limit


MANY_WAKE = "few messages come at a time, so that most of the CPU is the kernel's"
WORKER_SWITCHES = "two workers and the generator are three threads on two processors: where the two clients belong to different workers, a message wakes one more"
OPENSSL = "OpenSSL 3.0 takes most of it, whatever its options: [memory](internals/memory.md)"
SHARED_DISK = "three nodes and the generator share two processors and a disk, and a flush of a range holds the store thread up"
HALF_IS_MUCH = "the peak is one of full windows, where a read takes many messages; messages that come one by one cost several times as much each, so that half of it is nearly all that this machine takes"
FLUSHES = "[caches of the engine and the journal, receivers of topics, what is not flushed yet](internals/memory.md)"
WRITTEN_TWICE = "inserts are scattered over the pages of the database, and each page is written twice; the kernel takes a small write into a large folio for the whole of it"
REFUSED_COST = "those that are refused cost what the others lack; to stored sessions, one store thread has it all"

CPU = (
    Cpu("p2p-q0-16b", 0.15, 17.1, 0.5),
    Cpu("p2p-q0", 0.24, 19.2, 0.6),
    Cpu("p2p-q0-4k", 2.3, 29.4, 3.0, why="the payload is copied into the output, or into memory that goes to the other worker"),
    Cpu("p2p-q0-w10", 1.1, 18.0, 2.5),
    Cpu("p2p-q1", 0.40, 36.0, 1.0),
    Cpu("p2p-q1-w1", 21, 37.9, 25, why="four system calls a message (`calls.sh`), which the floor makes as well, and one thread more that is woken"),
    Cpu("p2p-q1-1000", 2.9, 39.9, 4.5),
    Cpu("p2p-q2", 0, 93.7, 2.0),
    Cpu("fan-out-q0", 0.84, 15.9, 1.0),
    Cpu("fan-out-q1", 1.3, 21.4, 1.9),
    Cpu("fan-in-q0", 0.43, 15.4, 0.9),
    Cpu("shared-q1", 0, 34.0, 1.6, why=MANY_WAKE),
    Cpu("p2p-v5-q1", 0, 38.1, 1.2),
)

TRANSIENT = (
    Goal("latency", "latency_us.p50", "5,000 messages a second: p50", 85, "us", form="{:,.0f}", why=WORKER_SWITCHES),
    Goal("latency", "latency_us.p50", "the same, times that of the floor", 85 / 77, beside="floor", form="{:.2f}", why=WORKER_SWITCHES),
    Goal("latency", "latency_us.p99", "the same: p99, times that of the floor", 1.0, beside="floor", form="{:.2f}", why=WORKER_SWITCHES),
    Goal("instructions-q0", "allocations", "allocations for a message with QoS 0", 0.005, form="{:.3f}", limit_text="no allocation"),
    Goal("instructions-q1", "allocations", "allocations for a message with QoS 1, window 100", 0.005, form="{:.3f}", limit_text="no allocation",
         why="what goes to the other worker, or waits behind a full window, is copied"),
)

PERSISTENT = (
    Goal("offline-drain", "publish.seconds", "a million messages to 1,000 sessions that are away: published", 17, "s"),
    Goal("offline-drain", "drain.seconds", "the same: drained", 6, "s"),
    Goal("offline-drain", "publish.acked_per_s", "the same: acknowledged", 60, "k/s", at_least=True, scale=1e-3),
    Goal("offline-drain", "publish.broker_cpu_us_per_message", "the same: CPU for a message (30 k/s for each core)", 33.3, "us"),
    Goal("offline-drain", "publish.broker_written_bytes", "the same: written", 770, "MB", scale=1e-6, form="{:,.0f}", why=WRITTEN_TWICE),
    Goal("offline-drain", "publish.broker_written_bytes", "the same: written for a byte of payload", 3, scale=1 / 256e6, why=WRITTEN_TWICE),
    Goal("offline-drain", "publish.broker_rss_bytes", "the same: memory with all of them queued", 64, "MB", scale=1e-6, form="{:,.0f}", why=FLUSHES),
    Goal("killed-tenon", "lost", "of 100,000 acknowledged messages lost by SIGKILL", 0, form="{:,.0f}", limit_text="nothing"),
    Goal("persistent-p2p-q1", "steady.delivered_per_s", "stored sessions that are there, one node", 50, "k/s", at_least=True, scale=1e-3),
    Goal("stored-q1", "three k/s", "the same, three nodes on one machine", 15, "k/s", at_least=True),
    Goal("stored-half", "three times fdatasync", "the same at half of that: p99 until it is acknowledged, times that of fdatasync", 2.5, why=SHARED_DISK),
    Goal("fan-out-away", "payloads written until acknowledged", "a message to 1,000 sessions that are away: payloads written by a range until it is acknowledged",
         1.2, form="{:.2f}"),
    Goal("fan-out-away", "payloads written", "the same: in the end", 1.2,
         why="one for each session in the engine, of what waits longer than ten seconds, by design: [0008](decisions/0008-outbox.md)"),
    Goal("restart-tenon", "seconds", "restart over a million queued messages and 100,000 sessions", 5, "s"),
    *(Goal(f"secure-{of}", "p99 ms", f"TLS, permissions, stored sessions, half of the peak, {title}: p99", 5, "ms", why=why) for of, title, why in (
        ("q0-tenon", "QoS 0", HALF_IS_MUCH), ("q1-tenon", "QoS 1", HALF_IS_MUCH), ("q2-tenon", "QoS 2", HALF_IS_MUCH),
        *((f"q{qos}-tenon-3", f"QoS {qos}, three nodes", f"{HALF_IS_MUCH}; {SHARED_DISK}") for qos in (0, 1, 2)))),
)

SIZE = (
    Goal("idle", "rss_bytes_per_connection", "10,000 idle connections, each", 1024, "B", form="{:,.0f}"),
    Goal("idle-19k", "rss_bytes_per_connection", "19,000 idle connections, each", 1024, "B", form="{:,.0f}"),
    Goal("tls-idle", "rss_bytes_per_connection", "10,000 idle connections over TLS, each", 12288, "B", form="{:,.0f}", why=OPENSSL),
    Goal("subscribe", "subscribed_per_s", "a million filters", 300, "k/s", at_least=True, scale=1e-3, form="{:,.0f}"),
    Goal("subscribe", "broker.rss_bytes_per_filter", "the same: each, right behind the last (150 beside a filter of 20 bytes)", 170, "B", form="{:,.0f}",
         why="what 100 links hold of SUBSCRIBEs that come as fast as they can is in it; it is given back at rest, as the next line says"),
    Goal("memory-subscriptions-2", "bytes", "a filter of 22 bytes, at rest (150 beside the filter)", 172, "B", form="{:,.0f}"),
    Goal("filters", "times", "a delivery with a million filters, times one with 100", 1.5, form="{:.2f}"),
    Goal("match-none", "times", "a match with a million filters, none of which matches, times one with none", 1.2, form="{:.2f}"),
    Goal("memory-sessions-1", "bytes behind a restart", "a session that is away, behind a restart", 100, "B", form="{:,.0f}",
         why="what is kept for it, and what the allocator and SQLite hold: [memory](internals/memory.md)"),
    Goal("retained-1m", "broker.rss_bytes_per_topic", "a million retained messages of 100 B, each, right behind the last", 60, "B", form="{:,.0f}",
         why="the index of topics alone takes more; what waits to be flushed is in it: [memory](internals/memory.md)"),
    Goal("memory-retained-1", "bytes behind a restart", "a retained message of 100 B, behind a restart, the engine's cache of 16 MiB included", 60, "B", form="{:,.0f}",
         why="the index of topics alone takes more: [memory](internals/memory.md)"),
    Goal("retained-1m", "read.first_ms", "the same: first message of a wildcard", 10, "ms"),
    Goal("storm", "connected_per_s", "connect and disconnect", 20, "k/s", at_least=True, scale=1e-3),
    Goal("tls-storm", "connected_per_s", "the same over TLS, full handshakes", 1.5, "k/s", at_least=True, scale=1e-3, form="{:.2f}",
         why="the generator's half of each handshake is on the same two processors"),
    Goal("reconnect-storm", "times", "p99 of other clients during a storm, times that before", 2, why="generator, probe and broker share two processors"),
    Goal("start-tenon", "ms", "start until a client is let in", 150, "ms", form="{:,.0f}"),
    Goal("size", "MiB", "tenond and its default plugins, stripped", 8, "MiB", form="{:.2f}"),
)

CLUSTER = (
    Goal("failover-killed", "p50 ms", "a leader is killed, until a message is acknowledged again: p50", 500, "ms", form="{:,.0f}"),
    Goal("failover-killed", "p99 ms", "the same: p99", 1000, "ms", form="{:,.0f}"),
    Goal("failover-silent", "max ms", "a leader falls silent, until a message is acknowledged again: max", 3000, "ms", form="{:,.0f}"),
    Goal("overload-stored", "goodput of the peak", "three times what it takes is offered: delivered to stored sessions, of the peak", 0.9,
         at_least=True, form="{:.2f}", why=REFUSED_COST),
    Goal("overload-clean", "goodput of the peak", "the same to others", 0.9, at_least=True, form="{:.2f}", why=REFUSED_COST),
    *(Goal(f"overload-{kind}", figure, f"the same, {title}: {what}", limit, unit, form="{:,.0f}", limit_text=limit_text)
      for kind, title in (("stored", "stored sessions"), ("clean", "others"))
      for figure, what, limit, unit, limit_text in (
          ("not counted", "acknowledged, neither delivered nor counted", 0, "", "none"),
          ("memory of the mark", "memory, times its mark", 1, "", "<= 1"),
          ("normal again s", "until it is as before", 10, "s", ""))),
    *(Goal(f"reconnect-{kind}", figure, f"19,000 clients come at once, {title}: {what}", limit, unit, why=why)
      for kind, title in (("clean", "without a session"), ("stored", "a message stored for each"))
      for figure, what, limit, unit, why in (
          ("all back s", "all are back", 60, "s", ""),
          ("times", "p99 of others meanwhile, times that before", 2, "", "generator, probe and broker share two processors"))),
    Goal("idle-ranges", "CPU %", "1,000 ranges that nobody uses, one node: of a core", 2, "%", form="{:.2f}"),
)

GROUPS = {"Messages that need not survive": TRANSIENT, "Messages that survive": PERSISTENT, "Size": SIZE, "Clusters, overload": CLUSTER}
ALL = [*(goal for cpu in CPU for goal in cpu.goals()), *(goal for group in GROUPS.values() for goal in group)]


def text_of(row):
    """Those of a row, in words; empty: it has none."""
    of_cpu = [cpu.text() for cpu in CPU if cpu.row == row]
    others = [goal for group in GROUPS.values() for goal in group if goal.row == row]
    if of_cpu or len(others) == 1:
        return of_cpu[0] if of_cpu else others[0].text()
    return ", ".join(f"{goal.title.rsplit(': ', 1)[-1]} {goal.text()}" for goal in others)
