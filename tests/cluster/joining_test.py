#!/usr/bin/python3
"""A node that comes to a cluster which has long been founded."""
import asyncio
import unittest

from case import ClusterCase


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
            place = f"{other.address}:{other.port_hold.number}"
            peers = node.data_dir / "peers"
            await self.cluster.until(lambda: peers.exists() and place in peers.read_text().splitlines(), "its address is kept")
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
