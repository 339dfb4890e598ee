"""What messages cost when publishers and subscribers are at different nodes: pairs at one node that is alone, and pairs whose
publishers are at one node of three and whose subscribers are at another, in turn. CPU is that of all nodes together. The rows
with stored sessions have each message in the ranges of all replicas, on disk, before it is acknowledged; the last one shows
how long that takes at half the rate that the row before it came to."""
import argparse
import asyncio
import json
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "support"), str(HERE.parent / "compare"), str(HERE)]
import run_info  # noqa: E402
from broker import BUILD  # noqa: E402
from cluster import Cluster  # noqa: E402

GENERATOR = BUILD / "tests/load/tenon-load"
# name, title, what tenon-load is told
ROWS = (
    ("across-q0", "QoS 0, 100 pairs, window 100", ("--qos", "0")),
    ("across-q1", "QoS 1, 100 pairs, window 100", ("--qos", "1", "--window", "100")),
    ("across-q1-w1", "QoS 1, 1 pair, window 1", ("--qos", "1", "--pairs", "1", "--window", "1")),
    ("stored-q1", "QoS 1 to stored sessions, 100 pairs, window 100", ("--qos", "1", "--persistent", "--window", "100")),
)
STORED = ROWS[-1]
SESSION_RANGES = 4


class Run:
    """A cluster of `count` nodes, and how one row went there each time."""

    def __init__(self, count, duration):
        self.count, self.duration = count, duration
        self.reports = {}

    async def measure(self, rows):
        async with self._cluster() as cluster:
            await cluster.ready()
            for name, _, options in rows:
                await self._add(cluster, name, options)
        rate = self.reports[STORED[0]][-1]["steady"]["delivered_per_s"] / 2
        # By itself: what the rows before have left to write is none of it.
        async with self._cluster() as cluster:
            await cluster.ready()
            await self._add(cluster, "half", (*STORED[2], "--rate", str(int(rate))))

    def _cluster(self):
        return Cluster(self.count, {"mqtt": {"session_queue_count_max": 10_000_000}}, inbox_ranges=SESSION_RANGES, balancers={})

    async def _add(self, cluster, name, options):
        report = await asyncio.to_thread(self._load, cluster, name, options)
        self.reports.setdefault(name, []).append(report)

    def _load(self, cluster, name, options):
        to, at = cluster.nodes[0], cluster.nodes[-1]
        command = [str(GENERATOR), "p2p", "--port", str(to.port), "--publish-port", str(at.port), *options, "--duration",
                   str(self.duration), "--topic-prefix", name, "--json"]
        for node in cluster.nodes:
            command += ["--pid", str(node.process.pid)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def figures(self, name, of):
        return [of(report) for report in self.reports[name]]


def spread(figures, form):
    return f"{form % statistics.median(figures)} ({form % min(figures)} to {form % max(figures)})"


def rate_of(report):
    return report["steady"]["delivered_per_s"] / 1000


def cpu_of(report):
    return report["broker"]["cpu_us_per_delivered"]


def lines_of(alone, three):
    """(name, title, text) of each row."""
    for name, title, _ in ROWS:
        ratios = [b / a for a, b in zip(alone.figures(name, cpu_of), three.figures(name, cpu_of))]
        yield name, title, (
            f"one node {spread(alone.figures(name, rate_of), '%.1f')} k/s at {spread(alone.figures(name, cpu_of), '%.2f')} us of CPU"
            f" a message; three nodes {spread(three.figures(name, rate_of), '%.1f')} k/s at"
            f" {spread(three.figures(name, cpu_of), '%.2f')} us, ratio {spread(ratios, '%.2f')}")
    acknowledged = [f"{word} {spread(run.figures('half', lambda r: r['ack_us']['p99'] / 1000), '%.1f')} ms at"
                    f" {spread(run.figures('half', rate_of), '%.1f')} k/s" for word, run in (("one node", alone), ("three", three))]
    yield "stored-half", "QoS 1 to stored sessions at half load, p99 until it is acknowledged", "; ".join(acknowledged)


def main():
    parser = argparse.ArgumentParser(prog="across.sh", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--duration", type=int, default=5, help="seconds of each measurement")
    parser.add_argument("--json", metavar="FILE", help="also write JSON lines, for report.sh")
    arguments = parser.parse_args()
    alone, three = Run(1, arguments.duration), Run(3, arguments.duration)
    for _ in range(arguments.rounds):
        asyncio.run(alone.measure(ROWS))
        asyncio.run(three.measure(ROWS))
    lines = list(lines_of(alone, three))
    for _, title, text in lines:
        print(f"{title}: {text}")
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as out:
            print(json.dumps({"run": run_info.describe("tests/load/across.sh", sys.argv[1:])}), file=out)
            for name, title, text in lines:
                print(json.dumps({"row": name, "title": title, "text": text}), file=out)


if __name__ == "__main__":
    main()
