#!/usr/bin/python3
"""Members of ranges that an operator changes, and nodes that are stopped in peace."""
import asyncio
import json
import unittest

from case import ClusterCase
from tenonctl import tenonctl

NUMBERS = [f"{number}" for number in range(600)]


class Members(ClusterCase):
    config = {"publish": {"timeout_s": 20}}

    def inbox(self, node):
        """What a node knows of the range of the sessions."""
        ranges = json.loads(tenonctl(node, "range", "list", "--json"))["ranges"]
        return next(one for one in ranges if one["store"] == "inbox")

    async def change(self, node, voters):
        """Has the sessions' range consist of these nodes."""
        return await asyncio.to_thread(tenonctl, node, "range", "members", self.inbox(node)["id"], "--voters",
                                       ",".join(voter.node_id for voter in voters))

    async def listed(self, node, voters):
        """Until every node lists these as the voters; lists are a second old at most."""
        wanted = {voter.node_id for voter in voters}
        for one in self.cluster.nodes:
            while True:
                now = await asyncio.to_thread(self.inbox, one)
                if set(now["voters"]) == wanted and not now["outgoing"]:
                    break

    @staticmethod
    def has_gone(node):
        return any(record.get("event") == "storage.members_changed" and "no member any more" in record["message"]
                   for record in node.records)

    async def test_a_voter_is_swapped_for_another_node_while_messages_pass(self):
        a, b, c = self.cluster.nodes
        d = self.cluster.add()
        await self.cluster.until(lambda: d.serves, "the fourth node serves")
        leader = await self.cluster.leader()
        for goes in (c if leader is not c else b, leader):
            with self.subTest(leader=goes is leader):
                sub = await self.subscriber(f"sub-{goes.name}", a, f"{goes.name}/#")
                pub = await self.connect(f"pub-{goes.name}", b)
                sending = asyncio.create_task(self.deliver_all(pub, f"{goes.name}/1", NUMBERS))
                comes = next(n for n in (d, c, b) if n.node_id not in self.inbox(a)["voters"] and n is not goes)
                stay = [n for n in self.cluster.nodes if n.node_id in self.inbox(a)["voters"] and n is not goes]
                await self.change(a, [*stay, comes])
                await self.listed(comes, [*stay, comes])
                await sending
                await sub.received(len(NUMBERS))
                await sub.ping()
                self.assertEqual(self.payloads(sub), NUMBERS)
                await self.cluster.until(lambda goes=goes: self.has_gone(goes), "who went deletes its replica")

    async def test_an_order_for_another_state_of_the_range_is_refused(self):
        a = self.cluster.nodes[0]
        with self.assertRaises(AssertionError) as refused:
            await asyncio.to_thread(tenonctl, a, "range", "members", self.inbox(a)["id"], "--voters", a.node_id,
                                    "--epoch", "0.99")
        self.assertIn("epoch", str(refused.exception))
        self.assertEqual(len(self.inbox(a)["voters"]), 3)

    async def test_a_node_that_is_stopped_hands_over_what_it_leads(self):
        leader = await self.cluster.leader()
        others = self.cluster.others(leader)
        led = [number for number in leader.ranges() if leader.leader_of(number) == leader.node_id]
        self.assertEqual(await self.cluster.stop(leader), [0])
        for node in others:
            await self.cluster.until(lambda node=node: node.find("peer.node_left"), "it has heard of the stop")
            left = node.records.index(node.find("peer.node_left"))
            for number in led:
                before = [record for record in node.records[:left] if record.get("event") == "storage.leader_changed"
                          and record["fields"]["range"] == number][-1]
                # Whom it was handed to comes by another link, perhaps later.
                self.assertNotEqual(before["fields"]["leader"], leader.node_id)


if __name__ == "__main__":
    unittest.main()
