#!/usr/bin/python3
"""Messages to persistent sessions while nodes of a cluster are killed with SIGKILL: every message that was acknowledged is
delivered, in the order of its topic, and no oftener than it was sent; none of QoS 2 comes twice.

As a command, for sizes that no gate has time for:
    tests/cluster/cluster_run.py --rounds 100 --victim any"""
import argparse
import asyncio
import pathlib
import random
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE.parent / "scenario")]
from cluster import Cluster  # noqa: E402
from kill_run import Inbox  # noqa: E402
from mqtt_client import Client  # noqa: E402

UNACKNOWLEDGED_MAX = 32  # of a publisher; beyond it, it waits


class Traffic:
    """Publishers without a pause, sessions that are there and sessions that are away; any of them may be at any node."""

    def __init__(self, port, sessions=8, publishers=4, window=64, qos=(1, 2)):
        self.window = window
        self.inboxes = [Inbox(f"s{i}", qos[i % len(qos)]) for i in range(sessions)]
        self.publishers = [Client(f"publisher-{i}", port, window=window) for i in range(publishers)]
        self.receivers = [Client(f"session-{inbox.name}", port, on_message=inbox.on_message) for inbox in self.inboxes]
        self.online = self.receivers[:sessions // 2]
        self.acknowledged = 0
        self.refused = []  # in words; 0x10, nobody subscribes, is a lie here
        self._progress = asyncio.Event()
        self._over = False
        self._task = None

    async def begin(self):
        for client, inbox in zip(self.receivers, self.inboxes):
            await client.connect_again()
            code = await client.subscribe(inbox.topic, inbox.qos)
            assert code == inbox.qos, f"SUBACK {code}"
            await client.disconnect()
        for client in self.publishers + self.online:
            client.keep_connected()
        self._task = asyncio.ensure_future(self._publish())

    def _publish_one(self, inbox, publisher):
        count = len(inbox.sent)

        def done(code):
            self.acknowledged += 1
            self._progress.set()
            if code == 0:
                inbox.acknowledged.add(count)
            else:
                self.refused.append(f"message {count} to {inbox.name} was answered with 0x{code:02x}")
        inbox.sent.append(publisher.publish(inbox.topic, b"%010d" % count + b"." * 54, inbox.qos, done=done))

    async def _publish(self):
        """To one inbox after the other, always by the same publisher; those of one inbox are numbered."""
        pairs = [(inbox, self.publishers[at % len(self.publishers)]) for at, inbox in enumerate(self.inboxes)]
        while not self._over:
            for inbox, publisher in pairs:
                if publisher.unacknowledged_count < UNACKNOWLEDGED_MAX:
                    self._publish_one(inbox, publisher)
            if all(publisher.unacknowledged_count >= UNACKNOWLEDGED_MAX for publisher in self.publishers):
                self._progress.clear()
                await self._progress.wait()

    async def acknowledge(self, count, timeout_s=60):
        """Until so many more are acknowledged."""
        goal = self.acknowledged + count

        async def wait():
            while self.acknowledged < goal:
                self._progress.clear()
                await self._progress.wait()
        try:
            await asyncio.wait_for(wait(), timeout_s)
        except asyncio.TimeoutError:
            raise AssertionError(f"{goal - self.acknowledged} of {count} are not acknowledged; {self.state()}") from None

    def leave(self, node):
        """Publishers at this node lose patience and go to another one. Receivers wait."""
        for client in self.publishers:
            if client.connected and client.peer_port == node.port:
                client.leave()

    def state(self):
        return "; ".join(f"{client.client_id}: {client.unacknowledged_count} under way, {client.connects} connects, "
                         f"{'connected' if client.connected else 'not connected'}" for client in self.publishers)

    async def acknowledge_new(self):
        """Until more are acknowledged than can be under way now."""
        await self.acknowledge(len(self.publishers) * UNACKNOWLEDGED_MAX + 1)

    async def end(self, timeout_s=60):
        """All that was sent is acknowledged, then all sessions collect what they have: the faults, in words. Kills of nodes
        are over."""
        self._over = True
        while any(client.unacknowledged_count for client in self.publishers):
            await self.acknowledge(1, timeout_s)
        await self._task
        for client in self.receivers[len(self.online):]:
            client.keep_connected()
        try:
            await asyncio.wait_for(self._collect(), timeout_s)
        except asyncio.TimeoutError:
            pass  # what is missing shows in faults()
        for client in self.publishers + self.receivers:
            await client.disconnect()

    async def _collect(self):
        """What would come twice comes before the answer to the ping."""
        for client, inbox in zip(self.receivers, self.inboxes):
            while not inbox.complete():
                client._arrived.clear()
                await client._arrived.wait()
            while not client.connected:
                await client.connect_again()
            await client.ping()

    def faults(self, kills):
        for inbox in self.inboxes:
            yield from inbox.faults(kills)
        yield from self.refused[:10]
        for client in self.publishers + self.receivers:
            if client.sessions_lost:
                yield f"{client.client_id}: {client.sessions_lost} sessions lost"

    def counts(self):
        got = sum(inbox.got.total() for inbox in self.inboxes)
        return (f"{self.acknowledged} acknowledged, {sum(client.resent for client in self.publishers)} sent again, "
                f"{got - sum(len(inbox.order) for inbox in self.inboxes)} came again (QoS 1)")


KINDS = ("leader", "follower", "any", "all", "frozen")


async def pick(cluster, victim, rng):
    """The nodes that a round kills, or freezes."""
    if victim in ("leader", "frozen"):
        return [await cluster.leader()]
    if victim == "follower":
        return [rng.choice(cluster.others(await cluster.leader()))]
    return list(cluster.alive) if victim == "all" else [rng.choice(cluster.alive)]


async def strike(cluster, kind, nodes, traffic):
    if kind == "frozen":
        cluster.freeze(nodes[0])
        traffic.leave(nodes[0])
        await cluster.leader()  # another one
    else:
        await cluster.kill(*nodes)


async def heal(cluster, kind, nodes):
    if kind == "frozen":
        cluster.thaw(nodes[0])
    else:
        cluster.restart(*nodes)
    await cluster.ready()


async def rounds(count, victim, inbox_ranges=1, messages=2000, seed=1, say=lambda text: None, **traffic_options):
    """Each round kills or freezes nodes under load, waits until messages are acknowledged again, and brings the nodes back.
    The faults, in words."""
    rng = random.Random(seed)
    config = {"mqtt": {"session_queue_count_max": 1_000_000}}
    async with Cluster(3, config, inbox_ranges) as cluster:
        await cluster.ready()
        traffic = Traffic(cluster.any_port, **traffic_options)
        await traffic.begin()
        began, slowest_s = time.monotonic(), 0.0
        for number in range(count):
            await traffic.acknowledge(rng.randrange(messages // 2, messages))
            kind = rng.choice(KINDS) if victim == "mixed" else victim
            nodes = await pick(cluster, kind, rng)
            killed = time.monotonic()
            await strike(cluster, kind, nodes, traffic)
            if len(nodes) < 3:
                await traffic.acknowledge_new()
                slowest_s = max(slowest_s, time.monotonic() - killed)
            await heal(cluster, kind, nodes)
            say(f"round {number}: {kind} {' '.join(node.name for node in nodes)}, {traffic.acknowledged} acknowledged")
        await traffic.end(15 + traffic.acknowledged / 5000)  # sessions that were away have much to collect
        say(f"{count} rounds ({victim}) in {time.monotonic() - began:.1f} s: {traffic.counts()}; "
            f"slowest until acknowledged again {slowest_s:.2f} s")
        return list(traffic.faults(count))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--victim", choices=(*KINDS, "mixed"), default="leader")
    parser.add_argument("--messages", type=int, default=2000, help="between two kills, at most")
    parser.add_argument("--sessions", type=int, default=8)
    parser.add_argument("--inbox-ranges", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    faults = asyncio.run(rounds(arguments.rounds, arguments.victim, arguments.inbox_ranges, arguments.messages,
                                arguments.seed, lambda text: print(text, flush=True), sessions=arguments.sessions))
    for fault in faults:
        print("FAULT", fault)
    print("no faults" if not faults else f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
