#!/usr/bin/python3
"""Lanes over a slow way: neither what is delivered nor a state that is sent holds up Raft or membership. Runs alone, since it
is about who is late."""
import asyncio
import json
import unittest

from case import NetClusterCase
from network import private
from tenonctl import tenonctl

MISSING = private.missing()


@unittest.skipIf(MISSING, MISSING)
class SlowWay(NetClusterCase):
    """A node to which the ways from the others are slow, and full of deliveries and of a state that it is to take in. What both
    may have under way takes a third of a second there."""

    BYTES_PER_S = 6 << 20
    config = {"publish": {"timeout_s": 20}}

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.ways = []

    async def make_slow(self, node):
        """All ways between this node and the others, from its next links on: it is started again."""
        from network.net_cluster import CLUSTER_PORT
        from network.slow_link import SlowLink
        others = [other for other in self.cluster.nodes if other is not node]
        for source, target in [(node, other) for other in others] + [(other, node) for other in others]:
            way = await SlowLink(*self.cluster.hosts(source, target), CLUSTER_PORT, bytes_per_s=self.BYTES_PER_S).open()
            self.addAsyncCleanup(way.close)
            self.ways.append(way)
        await self.cluster.kill(node)
        self.cluster.restart(node)
        await self.cluster.until(lambda: node.serves, "it is back")
        for other in others:
            await self.cluster.linked(node, other)
            await self.cluster.linked(other, node)
        self.assertGreaterEqual(sum(way.passed for way in self.ways), len(others))

    def inbox(self, node):
        """The range of the sessions, as one of its members knows it."""
        ranges = json.loads(tenonctl(node, "range", "list", "--json"))["ranges"]
        return next(one for one in ranges if one["store"] == "inbox")

    async def vote(self, *nodes):
        """Has the range of the sessions consist of these; the first is a member already."""
        await asyncio.to_thread(tenonctl, nodes[0], "range", "members", self.inbox(nodes[0])["id"], "--voters",
                                ",".join(node.node_id for node in nodes))

    async def test_raft_and_membership_hold_and_the_state_arrives(self):
        # Its heartbeats to the slow node go the way of the flood.
        leader = await self.cluster.leader("dist")
        slow, third = self.cluster.others(leader)
        fourth = self.cluster.add()
        await self.cluster.until(lambda: fourth.serves, "the fourth node serves")
        stored = await self.connect("stored", third)
        self.assertEqual(await stored.subscribe("stored/#", 1), 1)
        await stored.disconnect()
        publisher = await self.connect("pub", leader)
        for _ in range(60):
            self.assertEqual(await publisher.deliver("stored/1", "s" * 100_000, 1), 0)
        await self.vote(leader, third, fourth)
        await self.make_slow(slow)
        # The state shares its way with the flood.
        if await self.cluster.leader("inbox") is not leader:
            await asyncio.to_thread(tenonctl, leader, "range", "transfer", self.inbox(leader)["id"], "--to", leader.node_id)
        self.assertIs(await self.cluster.leader("inbox"), leader)
        flooded = await self.connect("flooded", slow, clean=True, expiry_s=0)
        self.assertEqual(await flooded.subscribe("flood/#", 0), 0)
        kept = await self.connect("kept", third)
        self.assertEqual(await kept.subscribe("kept/#", 1), 1)
        before = {node: len(node.records) for node in (leader, slow)}
        flood = await self.connect("flood", leader, clean=True, expiry_s=0)
        count = 700  # for eleven seconds
        for _ in range(count):
            flood.publish("flood/1", "f" * 100_000, 0)
        order = asyncio.create_task(self.vote(leader, third, slow))
        for number in range(50):
            self.assertEqual(await publisher.deliver("kept/1", f"{number}", 1), 0)
        await kept.received(50)
        await order
        self.assertIn(slow.node_id, self.inbox(leader)["voters"])
        await flooded.received(count, timeout_s=60)
        for node in (leader, slow):
            for record in node.records[before[node]:]:
                self.assertNotIn(record.get("event"), ("peer.link_down", "peer.node_suspect", "peer.node_silent"))
                if record.get("event") == "storage.leader_changed":
                    self.assertTrue(record["fields"]["leader"].strip("0"), f"{node.name} has lost a leader: {record}")
        # All that was stored came along.
        stored.port, stored.address = slow.port, slow.address
        self.assertTrue((await stored.connect()).session_present)
        await stored.received(60)


if __name__ == "__main__":
    unittest.main()
