"""How long a cluster of three can't be written to when the leader of a range dies: from SIGKILL (or, with --silent, from SIGSTOP, after
which its connections stay open) to the acknowledgement of what was sent after it, by way of another node, to the store whose range it
led: a message for a session (inbox), a retained message (retain), a subscription of a session (dist), a ban (meta). Messages leave every two
milliseconds all the time, the others every twenty, so that the figure is right within that. The leader of one store may lead others, too. A subscription
waits besides until each node that lives has taken note of it, and for a silent one until it is given up (three seconds)."""
import argparse
import asyncio
import functools
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "support"), str(HERE.parent / "compare"), str(HERE)]
import figures  # noqa: E402
from cluster import Cluster  # noqa: E402
from failover_writers import NUMBERS, WRITERS  # noqa: E402
from mqtt_client import Client  # noqa: E402

PATIENCE_S = 60


class Probe:
    """A writer that never stops, and when what it wrote was sent and acknowledged."""

    def __init__(self, writer):
        self.writer = writer
        self.sent_at = {}  # of what has no answer yet, by number
        self.first_after = None  # (since, future)
        self.refused = 0
        self._task = None

    async def begin(self):
        await self.writer.begin()
        self._task = asyncio.ensure_future(self._write())

    async def end(self):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.writer.end()

    async def _write(self):
        while True:
            if len(self.sent_at) < self.writer.unanswered_max:
                number = next(NUMBERS)
                self.sent_at[number] = time.monotonic()
                self.writer.write(number, functools.partial(self._done, number))
            await asyncio.sleep(self.writer.interval_s)

    def _done(self, number, is_kept):
        sent_at = self.sent_at.pop(number)
        self.refused += not is_kept
        if is_kept and self.first_after and sent_at >= self.first_after[0] and not self.first_after[1].done():
            self.first_after[1].set_result(time.monotonic())

    async def acknowledged_after(self, since):
        """When the first one that left after `since` was acknowledged."""
        self.first_after = (since, asyncio.get_running_loop().create_future())
        return await asyncio.wait_for(self.first_after[1], PATIENCE_S)


async def one_round(cluster, store, silent):
    leader = await cluster.leader(store)
    probe = Probe(WRITERS[store](cluster.others(leader)[0]))
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


async def run(store, rounds, silent, say):
    config = {"mqtt": {"session_queue_count_max": 10_000_000}}
    async with Cluster(3, config) as cluster:
        await cluster.ready()
        subscriber = Client("failover-subscriber", cluster.any_port)
        await subscriber.connect_again()
        await subscriber.subscribe("failover/#", 1)
        await subscriber.disconnect()
        times, refused = [], 0
        for number in range(rounds):
            took_s, refused_now = await one_round(cluster, store, silent)
            times.append(took_s)
            refused += refused_now
            say(f"{number + 1}: {took_s * 1000:.0f} ms")
        return sorted(times), refused


def stores_of(text):
    stores = text.split(",")
    if unknown := set(stores) - set(WRITERS):
        raise argparse.ArgumentTypeError(f"no such store: {', '.join(sorted(unknown))}")
    return stores


def measure(store, arguments, say, record):
    """Writes the row of one store."""
    times, refused = asyncio.run(run(store, arguments.rounds, arguments.silent, say))
    found = {f"{key} ms": value * 1000 for key, value in (("p50", figures.quantile(times, 0.5)), ("p90", figures.quantile(times, 0.9)),
                                                           ("p99", figures.quantile(times, 0.99)), ("max", times[-1]))}
    shown = ", ".join(f"{key[:-3]} {value:.0f} ms" for key, value in found.items())
    name = ("silent" if arguments.silent else "killed") + ("" if store == "inbox" else f"-{store}")
    title = ("leader" if store == "inbox" else f"leader of {store}") + (" silent" if arguments.silent else " killed")
    what = "messages" if store == "inbox" else "writes"
    record.row(f"failover-{name}", f"{title}, until {WRITERS[store].title} is acknowledged again",
               f"{shown}, of {len(times)} rounds; {refused} {what} refused", {**found, "refused": refused})


def main():
    parser = argparse.ArgumentParser(prog="failover.sh", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100, help="for each store")
    parser.add_argument("--store", type=stores_of, default=["inbox"], metavar="NAME[,NAME]",
                        help=f"whose leader, of {', '.join(WRITERS)}; several: one after the other (inbox)")
    parser.add_argument("--silent", action="store_true", help="the leader falls silent instead of dying")
    parser.add_argument("--quiet", action="store_true", help="only the result")
    figures.add_argument(parser)
    arguments = parser.parse_args()
    say = (lambda text: None) if arguments.quiet else (lambda text: print(text, flush=True))
    with figures.recorded("failover.sh", arguments.json) as record:
        for store in arguments.store:
            measure(store, arguments, say, record)


if __name__ == "__main__":
    main()
