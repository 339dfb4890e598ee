#!/usr/bin/python3
"""How nodes become a cluster, and who is let into it."""
import unittest

from case import ClusterCase
from cluster import Cluster


class Founding(ClusterCase):
    options = {"start": False}
    config = {"publish": {"timeout_s": 1}}  # a node that waits for others lets clients in after this

    async def found_one_after_the_other(self, wait_for):
        """Starts three nodes, each when the one before has written `wait_for`."""
        for _ in range(3):
            node = self.cluster.add()
            await self.cluster.until(lambda: node.find(wait_for), f"{node.name} wrote {wait_for}")
        await self.cluster.ready()
        self.assertEqual(len({node.cluster_id for node in self.cluster.nodes}), 1)
        ranges = [sorted(node.ranges()) for node in self.cluster.nodes]
        self.assertEqual(ranges, [ranges[0]] * 3)

    async def test_nodes_that_start_at_once_found_one_cluster(self):
        for _ in range(3):
            self.cluster.add()
        await self.cluster.ready()
        self.assertEqual(len({node.cluster_id for node in self.cluster.nodes}), 1)

    async def test_nodes_that_start_one_after_the_other_found_one_cluster(self):
        await self.found_one_after_the_other("peer.port_opened")

    async def test_nodes_found_it_when_the_last_is_late(self):
        await self.found_one_after_the_other("node.started")

    async def test_a_founder_that_was_killed_before_it_was_told_is_told_when_it_is_back(self):
        a, b = self.cluster.add(), self.cluster.add()
        await self.cluster.until(lambda: a.find("peer.link_up") and b.find("peer.link_up"), "two are linked")
        await self.cluster.kill(b)
        c = self.cluster.add()
        await self.cluster.until(lambda: c.find("peer.link_up"), "the third one is linked")
        self.cluster.restart(b)
        await self.cluster.ready()
        self.assertEqual(len({node.cluster_id for node in (a, b, c)}), 1)


class Joining(ClusterCase):
    config = {"publish": {"timeout_s": 1}}

    async def test_a_node_of_another_cluster_is_refused(self):
        async with Cluster(1) as other:
            stranger, member = other.nodes[0], self.cluster.nodes[0]
            await other.ready()
            await other.stop(stranger)
            seeds = [f"127.0.0.1:{member.port_hold.number}"]
            stranger.write_config("95-seeds.json", {"cluster": {"seeds": seeds}})
            other.restart(stranger)
            await other.until(lambda: stranger.find("peer.link_refused", reason="cluster_id"), "it is refused")
            await other.ready()  # it serves what it has
            self.assertIsNone(stranger.find("peer.link_up"))


if __name__ == "__main__":
    unittest.main()
