#!/usr/bin/python3
"""A cluster that is given more than it takes, at all of its nodes: what leads a range leads on. Runs alone, since it is about who is late."""
import asyncio
import json
import time
import unittest

from case import ClusterCase, looks

# Several times what it takes to elect a leader when nobody hears one.
OVERLOAD_S = 8
PATIENCE_S = 120
STORES = 4  # of one range each
STORED = "s" * 8192
LARGE = b"l" * 100_000


class Overload(ClusterCase):
    """More is offered than the ways between the nodes take, and all at once than is kept at once. No range falls asleep meanwhile."""

    config = {"plugins": {"raft": {"options": {"quiesce_ms": 0}}}, "publish": {"timeout_s": PATIENCE_S},
              "mqtt": {"session_queue_count_max": 1_000_000, "session_queue_bytes_max": 1 << 32}}

    async def led(self):
        """{(store, range): {node: (leader, term) as that one tells it}}."""
        found = {}
        for node in self.cluster.nodes:
            for one in json.loads(await self.ctl(node, "range", "list", "--json"))["ranges"]:
                found.setdefault((one["store"], one["id"]), {})[node.name] = one["leader"], one["replica"]["term"]
        return found

    async def led_as_all_know(self):
        """What nodes tell is up to a second old."""
        for _ in looks():
            found = await self.led()
            if len(found) == STORES and all(len(told) == 3 and len(set(told.values())) == 1 and told["A"][0] for told in found.values()):
                return found
        self.fail(f"the nodes do not agree on who leads: {found}")

    def changes_of_leader(self):
        """How many each node has logged."""
        return {node.name: sum(record.get("event") == "storage.leader_changed" for record in node.records) for node in self.cluster.nodes}

    async def stalls(self):
        """How often each node's messages for subscribers of others had to wait."""
        return [await asyncio.to_thread(node.metric, "tenon_peer_lane_stalls_total", lane="deliveries") for node in self.cluster.nodes]

    async def publish_stored(self, publisher, until):
        """What each member of a range keeps: the payloads that were acknowledged."""
        sent = []
        while time.monotonic() < until:
            portion = [f"{publisher.client_id} {len(sent) + number} {STORED}" for number in range(64)]
            codes = await asyncio.gather(*(publisher.deliver("stored/1", payload, timeout_s=PATIENCE_S) for payload in portion))
            self.assertEqual(set(codes), {0})
            sent += portion
        return sent

    async def publish_large(self, publisher, until):
        """What goes from node to node, and is kept nowhere."""
        while time.monotonic() < until:
            for _ in range(50):
                publisher.publish("large/1", LARGE, 0)
            await publisher.ping(timeout_s=PATIENCE_S)

    async def test_every_range_has_the_leader_and_term_behind_it_that_it_had_before(self):
        nodes = self.cluster.nodes
        stored = [await self.subscriber(f"stored{node.name}", node, "stored/#") for node in nodes]
        for client in stored:
            await client.disconnect()
        for node in nodes:
            await self.subscriber(f"large{node.name}", node, "large/#", 0, clean=True, expiry_s=0, on_message=lambda message: None)
        keeping, passing = [[await self.connect(f"{kind}{node.name}", node, clean=True, expiry_s=0) for node in nodes]
                            for kind in ("keeping", "passing")]
        before, changes, stalls_before = await self.led_as_all_know(), self.changes_of_leader(), await self.stalls()
        until = time.monotonic() + OVERLOAD_S
        *sent, _, _, _ = await asyncio.gather(*(self.publish_stored(client, until) for client in keeping),
                                              *(self.publish_large(client, until) for client in passing))
        for now, former in zip(await self.stalls(), stalls_before):
            self.assertGreater(now, former, "it was no overload")
        # What was acknowledged is there.
        for client in stored:
            await client.connect()
            await client.received(sum(map(len, sent)), timeout_s=PATIENCE_S)
            self.assertEqual(sorted(self.payloads(client)), sorted(sum(sent, [])))
        self.assertEqual(self.changes_of_leader(), changes)
        self.assertEqual(await self.led(), before)


if __name__ == "__main__":
    unittest.main()
