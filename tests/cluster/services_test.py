#!/usr/bin/python3
"""Nodes with some of the services each: who has clients, and who has which ranges."""
import asyncio
import json
import unittest

from case import ClusterCase, services
from broker import Broker


class Separate(ClusterCase):
    """A and B have clients and nothing else, C and D what is stored, E is a seed and nothing else."""

    options = {"count": 5, "inbox_ranges": 2, "start": False,
               "own": [services(mqtt=True), services(mqtt=True), services(stores=("dist", "inbox", "meta")),
                       services(stores=("inbox", "retain", "meta")), services()]}

    async def asyncSetUp(self):
        await super().asyncSetUp()
        for own in self.options["own"]:
            self.cluster.add(own)
        await self.cluster.until(lambda: all(node.find("node.started") for node in self.cluster.nodes) and all(node.serves for node in self.cluster.nodes[:2]), "all have started")

    def stores_of(self, node):
        return {record["fields"]["store"] for record in node.records if record.get("event") == "storage.range_opened"}

    async def test_each_node_has_the_replicas_that_it_is_for_and_all_together_are_one_broker(self):
        a, b, c, d, e = self.cluster.nodes
        sub = await self.subscriber("sub", a)
        brief = await self.subscriber("brief", b, clean=True, expiry_s=0)
        pub = await self.connect("pub", b)
        await self.deliver_all(pub, "t/1", ["1", "2"])
        await self.deliver_all(pub, "t/1", ["3"], qos=2)
        self.assertEqual(await pub.deliver("t/kept", "retained", retain=True), 0)
        await sub.received(4)
        await brief.received(4)
        await sub.disconnect()
        await self.deliver_all(pub, "t/1", ["4"])
        await self.move(sub, b)
        await sub.received(5)
        # What is promised is an order for each topic.
        by_topic = {topic: [message.payload.decode() for message in sub.messages if message.topic == topic] for topic in ("t/1", "t/kept")}
        self.assertEqual(by_topic, {"t/1": ["1", "2", "3", "4"], "t/kept": ["retained"]})
        late = await self.subscriber("late", a, "t/kept")
        self.assertEqual((await late.received(1))[0].payload, b"retained")
        # Who has clients, or drives sessions, learns routes and retained messages; nobody else has what it is not for.
        self.assertEqual(self.stores_of(a), {"dist", "retain"})
        self.assertEqual(self.stores_of(b), {"dist", "retain"})
        self.assertEqual(self.stores_of(c), {"dist", "inbox", "meta", "retain"})
        self.assertEqual(self.stores_of(d), {"inbox", "retain", "meta", "dist"})
        self.assertEqual(self.stores_of(e), set())
        for node in (c, d, e):
            self.assertIsNone(node.find("listener.opened"))
        ranges = json.loads((await asyncio.to_thread(a.get, "/api/v1/ranges"))[1])["ranges"]
        voters = {store: {node for one in ranges if one["store"] == store for node in one["voters"]}
                  for store in ("dist", "inbox", "retain", "meta")}
        ids = {"dist": {c}, "retain": {d}, "inbox": {c, d}, "meta": {c, d}}
        self.assertEqual(voters, {store: {node.node_id for node in nodes} for store, nodes in ids.items()})


class Alone(unittest.TestCase):
    def test_a_node_that_is_alone_and_takes_no_replicas_says_so_and_does_not_start(self):
        broker = Broker(config=services(mqtt=True, stores=("dist", "retain", "meta")), wait=False)
        try:
            _, log = broker.process.communicate(timeout=30)
            self.assertNotEqual(broker.process.returncode, 0)
            self.assertIn("services.inbox.store.enable", log.decode())
        finally:
            broker.process.kill()
            broker.process.wait()


if __name__ == "__main__":
    unittest.main()
