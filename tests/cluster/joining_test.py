#!/usr/bin/python3
"""A node that comes to a cluster which has long been founded."""
import asyncio
import json
import time
import unittest

from case import ClusterCase
from tenonctl import tenonctl

WAIT_S = 60


class Joining(ClusterCase):
    config = {"publish": {"timeout_s": 20}}  # a node without routes would let clients in after this

    async def join(self, retain_ranges=1):
        """The fourth node, when it has all routes and retained messages."""
        node = self.cluster.add()
        await self.cluster.until(lambda: node.serves and node.find("storage.founded"), "it has joined")
        self.assertEqual(len(node.ranges("dist")), 1)
        self.assertEqual(len(node.ranges("retain")), retain_ranges)
        self.assertEqual(node.ranges("inbox"), [])  # learners follow only where all nodes read
        return node

    async def test_a_node_that_joins_delivers_and_acknowledges_by_the_routes_that_were_there(self):
        sub = await self.subscriber("sub", self.cluster.nodes[0])
        fourth = await self.join()
        pub = await self.connect("pub", fourth)
        await self.deliver_all(pub, "t/1", [f"{number}" for number in range(100)])
        await sub.received(100)
        self.assertEqual(self.payloads(sub), [f"{number}" for number in range(100)])

    async def test_a_node_that_joins_sees_retained_messages_of_before_and_of_later(self):
        pub = await self.connect("pub", self.cluster.nodes[0])
        self.assertLess(await pub.deliver("r/before", "1", 1, retain=True), 0x80)
        fourth = await self.join()
        first = await self.subscriber("first", fourth, "r/#")
        await first.received(1)
        self.assertEqual(await pub.deliver("r/later", "2", 1, retain=True), 0)
        await first.received(2)
        other = await self.subscriber("other", fourth, "r/#")
        await other.received(2)
        self.assertEqual(self.payloads(first), ["1", "2"])
        self.assertEqual(sorted(self.payloads(other)), ["1", "2"])

    async def test_a_node_that_joins_sees_retained_messages_of_each_range_and_none_that_was_deleted(self):
        first = self.cluster.nodes[0]
        pub = await self.connect("pub", first)
        # The state of the left range is the longer one, and comes last.
        left = {f"r/a{number:02}": "a" * 200_000 for number in range(40)}
        right = {f"r/x{number:02}": "x" for number in range(40)}
        for topic, payload in {**left, **right}.items():
            self.assertLess(await pub.deliver(topic, payload, 1, retain=True), 0x80)
        await self.ctl(first, "range", "split", first.ranges("retain")[0], "--key", "default%00%01r%00%01m%00%01")
        for topic in ("r/a07", "r/x07"):
            self.assertLess(await pub.deliver(topic, "", 1, retain=True), 0x80)
            (left if topic in left else right).pop(topic)
        fourth = await self.join(retain_ranges=2)
        sub = await self.subscriber("sub", fourth, "r/#")
        await sub.received(len(left) + len(right))
        await sub.ping()
        self.assertEqual({message.topic: message.payload.decode() for message in sub.messages}, {**left, **right})

    async def test_a_session_at_the_node_that_joined_is_found_by_all(self):
        fourth = await self.join()
        sub = await self.subscriber("sub", fourth)
        pub = await self.connect("pub", self.cluster.nodes[0])
        await self.deliver_all(pub, "t/1", [f"{number}" for number in range(50)])
        await sub.received(50)
        await sub.disconnect()
        await self.deliver_all(pub, "t/1", [f"{number}" for number in range(50, 100)])
        await self.move(sub, self.cluster.nodes[1])
        await sub.received(100)
        self.assertEqual(self.payloads(sub), [f"{number}" for number in range(100)])

    async def test_the_node_that_joined_is_complete_again_after_it_was_killed(self):
        sub = await self.subscriber("sub", self.cluster.nodes[0])
        fourth = await self.join()
        await self.cluster.kill(fourth)
        later = await self.subscriber("later", self.cluster.nodes[1], "u/#")
        self.cluster.restart(fourth)
        await self.cluster.until(lambda: fourth.serves, "it is back")
        self.assertIsNone(fourth.find("storage.replica_failed"))  # what it was given counts, log and all
        pub = await self.connect("pub", fourth)
        self.assertEqual(await pub.deliver("t/1", "a"), 0)
        self.assertEqual(await pub.deliver("u/1", "b"), 0)
        await asyncio.gather(sub.received(1), later.received(1))
        self.assertEqual((self.payloads(sub), self.payloads(later)), (["a"], ["b"]))

    async def test_nodes_join_while_messages_pass_and_each_arrives_once_and_in_order(self):
        sub = await self.subscriber("sub", self.cluster.nodes[0])
        pub = await self.connect("pub", self.cluster.nodes[1])
        payloads = [f"{number}" for number in range(400)]
        sending = asyncio.create_task(self.deliver_all(pub, "t/1", payloads))
        fourth, fifth = await asyncio.gather(self.join(), self.join())
        await sending
        last = [await self.connect(name, node) for name, node in (("p4", fourth), ("p5", fifth))]
        for client in last:
            self.assertEqual(await client.deliver("t/1", client.client_id), 0)
        await sub.received(402)
        self.assertEqual(self.payloads(sub), payloads + ["p4", "p5"])


class FoundedAlone(ClusterCase):
    """One node that has founded a cluster for itself, and grows to three."""

    options = {"count": 1, "balancers": {"range-leader": {"settle_s": 1}}}
    STORES = ("meta", "dist", "inbox", "retain")

    async def grow(self):
        """The first node gets a port for others by a restart, and two come to it."""
        first = self.cluster.nodes[0]
        seeds = {"seeds": [f"{first.address}:{first.port_hold.number}"]}
        self.assertEqual(await self.cluster.stop(first), [0])
        first.write_config("95-seeds.json", {"cluster": seeds})
        self.cluster.restart(first)
        await self.cluster.until(lambda: first.serves, "it is back")
        return [self.cluster.add({"cluster": seeds}) for _ in range(2)]

    async def three_voters(self):
        """Until each store lies on all three nodes, as the one that leads it says."""
        ids = {node.node_id for node in self.cluster.nodes}
        deadline = time.monotonic() + WAIT_S
        while True:
            ranges = json.loads(await asyncio.to_thread(tenonctl, self.cluster.nodes[0], "range", "list", "--json"))["ranges"]
            found = {one["store"]: set(one["voters"]) for one in ranges}
            if set(found) == set(self.STORES) and all(voters == ids for voters in found.values()):
                return
            self.assertLess(time.monotonic(), deadline, f"{found}\n{self.cluster.logs()}")
            await asyncio.sleep(0.1)

    async def test_what_it_had_is_on_all_three_and_outlives_it(self):
        first = self.cluster.nodes[0]
        founded = first.cluster_id
        away = await self.subscriber("away", first)
        await away.disconnect()
        pub = await self.connect("pub", first)
        payloads = [f"{number}" for number in range(200)]
        await self.deliver_all(pub, "t/1", payloads)
        self.assertLess(await pub.deliver("kept", "retained", 1, retain=True), 0x80)
        await pub.disconnect()
        second, third = await self.grow()
        await self.cluster.until(lambda: second.serves and third.serves, "they serve")
        for node in (second, third):
            self.assertEqual(node.cluster_id, founded)
        await self.three_voters()
        await self.cluster.kill(first)
        await self.cluster.leader()
        await self.move(away, third)
        await away.received(200)
        reader = await self.subscriber("reader", second, "kept")
        self.assertEqual((await reader.received(1))[0].payload, b"retained")
        await self.move(pub, second)
        self.assertEqual(await pub.deliver("t/1", "without it"), 0)
        await away.received(201)
        self.assertEqual(self.payloads(away), payloads + ["without it"])


class Remembered(ClusterCase):
    options = {"start": False}
    config = {"publish": {"timeout_s": 20}}

    async def test_nodes_whose_only_seed_is_lost_find_each_other_behind_a_restart(self):
        seed = self.cluster.add()
        only = {"cluster": {"seeds": [f"{seed.address}:{seed.port_hold.number}"]}}
        others = [self.cluster.add(only), self.cluster.add(only)]
        await self.cluster.ready()
        sub = await self.subscriber("sub", others[0])
        pub = await self.connect("pub", others[1])
        for node, other in (others, reversed(others)):
            await self.cluster.remembers(node, f"{other.address}:{other.port_hold.number}")
        await self.cluster.kill(seed, *others)
        self.cluster.restart(*others)
        await self.cluster.ready(*others)
        await self.move(sub, others[1])
        await self.move(pub, others[0])
        await self.deliver_all(pub, "t/1", ["found"])
        await sub.received(1)
        self.assertEqual(self.payloads(sub), ["found"])


if __name__ == "__main__":
    unittest.main()
