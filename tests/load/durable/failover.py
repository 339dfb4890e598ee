"""How long a cluster of three can't be written to when the leader of a range dies: from SIGKILL (or, with --silent, from SIGSTOP, after
which its connections stay open) to the acknowledgement of a message that was published after it, at another node, for a
session whose range it led. Messages of QoS 1 leave every few milliseconds all the time, so that the figure is right within
that."""
import argparse
import asyncio
import json
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "support"), str(HERE.parent / "compare"), str(HERE)]
import run_info  # noqa: E402
from cluster import Cluster  # noqa: E402
from mqtt_client import Client  # noqa: E402

INTERVAL_S = 0.002
PATIENCE_S = 60


class Probe:
    """A publisher that never stops, and when its messages were sent and acknowledged."""

    def __init__(self, port):
        self.client = Client("failover-publisher", port, window=20_000)
        self.sent = []  # times; the n-th is that of message n
        self.first_after = None  # (since, future)
        self.refused = 0
        self.slowest_s = 0.0
        self._task = None

    async def begin(self):
        await self.client.connect_again()
        self._task = asyncio.ensure_future(self._publish())

    async def end(self):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.client.disconnect()

    async def _publish(self):
        while True:
            self.sent.append(time.monotonic())
            self.client.publish("failover/t", b"%010d" % len(self.sent), 1, done=self._done(len(self.sent) - 1))
            await asyncio.sleep(INTERVAL_S)

    def _done(self, number):
        def done(code):
            now = time.monotonic()
            self.refused += 0 if code == 0 else 1
            self.slowest_s = max(self.slowest_s, now - self.sent[number])
            if self.first_after and self.sent[number] >= self.first_after[0] and not self.first_after[1].done():
                self.first_after[1].set_result(now)
        return done

    async def acknowledged_after(self, since):
        """When the first message that left after `since` was acknowledged."""
        self.first_after = (since, asyncio.get_running_loop().create_future())
        return await asyncio.wait_for(self.first_after[1], PATIENCE_S)


async def one_round(cluster, silent):
    leader = await cluster.leader()
    publisher_node = cluster.others(leader)[0]
    probe = Probe(lambda: publisher_node.port)
    await probe.begin()
    await probe.acknowledged_after(time.monotonic())
    struck = time.monotonic()
    if silent:
        cluster.freeze(leader)
    else:
        leader.process.kill()
    took_s = await probe.acknowledged_after(struck) - struck
    await probe.end()
    if silent:
        cluster.thaw(leader)
    else:
        await cluster.kill(leader)
        cluster.restart(leader)
    await cluster.ready()
    return took_s, probe.refused


async def run(rounds, silent, say):
    config = {"mqtt": {"session_queue_count_max": 10_000_000}}
    async with Cluster(3, config) as cluster:
        await cluster.ready()
        subscriber = Client("failover-subscriber", cluster.any_port)
        await subscriber.connect_again()
        await subscriber.subscribe("failover/#", 1)
        await subscriber.disconnect()
        times, refused = [], 0
        for number in range(rounds):
            took_s, refused_now = await one_round(cluster, silent)
            times.append(took_s)
            refused += refused_now
            say(f"{number + 1}: {took_s * 1000:.0f} ms")
        return sorted(times), refused


def quantile(times, share):
    return times[min(len(times) - 1, int(share * len(times)))]


def main():
    parser = argparse.ArgumentParser(prog="failover.sh", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--silent", action="store_true", help="the leader falls silent instead of dying")
    parser.add_argument("--quiet", action="store_true", help="only the result")
    parser.add_argument("--json", metavar="FILE", help="also write JSON lines, for report.sh")
    arguments = parser.parse_args()
    say = (lambda text: None) if arguments.quiet else (lambda text: print(text, flush=True))
    times, refused = asyncio.run(run(arguments.rounds, arguments.silent, say))
    shown = ", ".join(f"{name} {value * 1000:.0f} ms" for name, value in (
        ("p50", quantile(times, 0.5)), ("p90", quantile(times, 0.9)), ("p99", quantile(times, 0.99)), ("max", times[-1])))
    title = "leader silent" if arguments.silent else "leader killed"
    print(f"{title}, {len(times)} rounds: {shown}; {refused} messages refused")
    goal = "max 3,000 ms" if arguments.silent else "p50 500 ms, p99 1,000 ms"
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as out:
            print(json.dumps({"run": run_info.describe("tests/load/failover.sh", sys.argv[1:])}), file=out)
            print(json.dumps({"row": "failover", "title": f"{title}, until a message is acknowledged again",
                              "text": f"{shown}; {refused} messages refused (goal {goal})"}), file=out)


if __name__ == "__main__":
    main()
