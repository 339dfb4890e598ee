"""What messages cost when publishers and subscribers are at different nodes: pairs at one node that is alone, and pairs whose
publishers are at one node of three and whose subscribers are at another, in turn. CPU is that of all nodes together. The rows
with stored sessions have each message in the ranges of all replicas, on disk, before it is acknowledged; the last one shows
how long that takes at half the rate that the row before it came to, and how long a small write takes to be on the same disk meanwhile."""
import argparse
import asyncio
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "support"), str(HERE.parent / "compare"), str(HERE)]
import figures  # noqa: E402
from brokers import GENERATOR  # noqa: E402
from cluster import Cluster  # noqa: E402
from fdatasync import SyncProbe  # noqa: E402

# name, title, what tenon-load is told
ROWS = (
    ("across-q0", "QoS 0, 100 pairs, window 100", ("--qos", "0")),
    ("across-q1", "QoS 1, 100 pairs, window 100", ("--qos", "1", "--window", "100")),
    ("across-q1-w1", "QoS 1, 1 pair, window 1", ("--qos", "1", "--pairs", "1", "--window", "1")),
    ("stored-q1", "QoS 1 to stored sessions, 100 pairs, window 100", ("--qos", "1", "--persistent", "--window", "100")),
)
STORED = ROWS[-1]
SESSION_RANGES = 4


def make_cluster(count):
    """For publishers at one node and subscribers at another; not started yet."""
    return Cluster(count, {"mqtt": {"session_queue_count_max": 10_000_000}}, inbox_ranges=SESSION_RANGES, balancers={})


def words_for(cluster):
    """Of tenon-load: from the last node to the first, and whose CPU counts."""
    words = ["--port", str(cluster.nodes[0].port), "--publish-port", str(cluster.nodes[-1].port)]
    for node in cluster.nodes:
        words += ["--pid", str(node.process.pid)]
    return words


class Run:
    """A cluster of `count` nodes, and how one row went there each time."""

    def __init__(self, count, duration):
        self.count, self.duration = count, duration
        self.reports = {}

    async def measure(self, rows):
        async with make_cluster(self.count) as cluster:
            await cluster.ready()
            for name, _, options in rows:
                await self._add(cluster, name, options)
        rate = self.reports[STORED[0]][-1]["steady"]["delivered_per_s"] / 2
        # By itself: what the rows before have left to write is none of it.
        async with make_cluster(self.count) as cluster:
            await cluster.ready()
            with SyncProbe() as disk:
                await self._add(cluster, "half", (*STORED[2], "--rate", str(int(rate))))
            self.reports["half"][-1]["fdatasync_p99_ms"] = disk.p99_ms()

    async def _add(self, cluster, name, options):
        report = await asyncio.to_thread(self._load, cluster, name, options)
        self.reports.setdefault(name, []).append(report)

    def _load(self, cluster, name, options):
        command = [str(GENERATOR), "p2p", *words_for(cluster), *options, "--duration", str(self.duration), "--topic-prefix", name, "--json"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def found(self, name, of):
        """What of() takes from each report of a row."""
        return [of(report) for report in self.reports[name]]


def rate_of(report):
    return report["steady"]["delivered_per_s"] / 1000


def cpu_of(report):
    """None: too little for the clock that the kernel counts by."""
    return report["broker"]["cpu_us_per_delivered"]


def acknowledged_ms(report):
    return report["ack_us"]["p99"] / 1000


def add_rows(record, alone, three):
    for name, title, _ in ROWS:
        found = {f"{word} {unit}": run.found(name, of) for word, run in (("one", alone), ("three", three))
                 for unit, of in (("k/s", rate_of), ("us", cpu_of))}
        found["times"] = [b / a if a and b else None for a, b in zip(found["one us"], found["three us"])]
        found = {key: [value for value in values if value is not None] for key, values in found.items()}
        shown = {key: figures.spread(values, "{:,.2f}") for key, values in found.items()}
        record.row(name, title, f"one node {shown['one k/s']} k/s at {shown['one us']} us of CPU a message; three nodes "
                   f"{shown['three k/s']} k/s at {shown['three us']} us, ratio {shown['times']}", found)


def add_half(record, alone, three):
    found, texts = {}, []
    for word, run in (("one", alone), ("three", three)):
        p99, disk = run.found("half", acknowledged_ms), run.found("half", lambda report: report["fdatasync_p99_ms"])
        found |= {f"{word} p99 ms": p99, f"{word} fdatasync p99 ms": disk, f"{word} times fdatasync": [a / b for a, b in zip(p99, disk)]}
        texts.append(f"{word} node{'s' if word != 'one' else ''} {figures.spread(p99)} ms at {figures.spread(run.found('half', rate_of))} k/s, "
                     f"{figures.spread(found[f'{word} times fdatasync'])} times fdatasync of 512 B ({figures.spread(disk)} ms)")
    record.row("stored-half", "QoS 1 to stored sessions at half load, p99 until it is acknowledged", "; ".join(texts), found)


def main():
    parser = argparse.ArgumentParser(prog="across.sh", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--duration", type=int, default=5, help="seconds of each measurement")
    figures.add_argument(parser)
    arguments = parser.parse_args()
    alone, three = Run(1, arguments.duration), Run(3, arguments.duration)
    with figures.recorded("across.sh", arguments.json) as record:
        for _ in range(arguments.rounds):
            asyncio.run(alone.measure(ROWS))
            asyncio.run(three.measure(ROWS))
        add_rows(record, alone, three)
        add_half(record, alone, three)


if __name__ == "__main__":
    main()
