#!/usr/bin/python3
"""A copy of a node's data directory is started beside the node: nobody links both, and it is said what is wrong."""
import asyncio
import json
import shutil
import unittest

from case import ClusterCase
from cluster import PortHold


class CopyOf(PortHold):
    """The place of a node that begins with the data of another one, as they are now."""

    def __init__(self, node):
        super().__init__()
        self.data_dir = node.home / "copy"
        shutil.copytree(node.data_dir, self.data_dir, ignore=lambda folder, names: [n for n in names if n.endswith(".sock")])


class Twin(ClusterCase):
    options = {"count": 2}

    async def cluster_condition(self, node):
        status, body = await asyncio.to_thread(node.get, "/readyz")
        return status, next(one for one in json.loads(body)["conditions"] if one["name"] == "cluster")

    async def test_a_copy_that_meets_the_node_is_refused_and_both_say_what_to_do(self):
        a, b = self.cluster.nodes
        await self.cluster.kill(b)
        place = CopyOf(b)
        self.cluster.restart(b)
        await self.cluster.linked(b, a)
        await self.cluster.ready()
        copy = self.cluster.add(place=place)
        address = {node: f"127.0.0.1:{node.port_hold.number}" for node in (a, b, copy)}
        await self.cluster.until(lambda: b.find("peer.node_twin", other_address=address[copy]), "the node says so")
        await self.cluster.until(lambda: copy.find("peer.node_twin", other_address=address[b]), "the copy says so")
        record = b.find("peer.node_twin")
        self.assertEqual((record["level"], record["fields"]["node"]), ("error", b.node_id))
        # The third one has a link to the node, and says that there are two.
        await self.cluster.until(lambda: a.find("peer.node_twin", node=b.node_id, address=address[b],
                                                other_address=address[copy]), "the third one says so")
        status, condition = await self.cluster_condition(b)
        self.assertEqual((status, condition["state"]), (503, "failed"))
        self.assertIn(f"another node at {address[copy]} has this node's id: was its data directory copied?", condition["reason"])
        self.assertIsNone(copy.find("peer.link_up"))
        self.assertIsNone(b.find("peer.link_down"), "its link stays")
        self.assertGreater(await asyncio.to_thread(b.metric, "tenon_peer_refused_links_total", reason="twin"), 0)

    async def test_a_node_that_is_started_again_is_no_twin(self):
        a, b = self.cluster.nodes
        for _ in range(3):
            await self.cluster.kill(b)
            self.cluster.restart(b)
            await self.cluster.linked(b, a)
        await self.cluster.ready()
        for node in (a, b):
            self.assertIsNone(node.find("peer.node_twin"))
            self.assertEqual((await self.cluster_condition(node))[1]["state"], "ok")


if __name__ == "__main__":
    unittest.main()
