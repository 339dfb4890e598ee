#!/usr/bin/python3
"""A node whose disk is full applies nothing: what it does not know of then, and what clients of all nodes hear of that."""
import asyncio
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE)]
import sanitizer  # noqa: E402
from case import NetClusterCase, looks  # noqa: E402
from mqtt_client import V5, V311, ConnectionLost  # noqa: E402
from network import private  # noqa: E402

MISSING = private.missing()
SERVER_BUSY = 0x89
TURNS = 10
# More than the block of a file that is not full yet.
LARGE = [f"{number}/{'x' * 900}" for number in range(128)]


class FullNodeCase(NetClusterCase):
    async def leader_and_follower(self):
        """A node that leads the routes, and one that leads neither these nor inboxes."""
        leader = await self.cluster.leader("dist")
        inboxes = await self.cluster.leader("inbox")
        return leader, next(node for node in self.cluster.nodes if node not in (leader, inboxes))


@unittest.skipIf(MISSING, MISSING)
class Routes(FullNodeCase):
    config = {"publish": {"timeout_s": 60}, "cluster": {"cut_off_s": 60}}
    options = {"disk_mib": 512}

    async def subscriptions(self, node):
        return await asyncio.to_thread(node.metric, "tenon_routing_subscriptions")

    async def subscribe_and_leave(self, client_id, node, filters, qos=1):
        client = await self.connect(client_id, node)
        self.assertEqual(set(await client.subscribe_all(filters, qos)), {qos})
        await client.disconnect()
        return client

    async def arrives(self, client, publisher, topic):
        """Messages with QoS 0 come to the client from the publisher's node."""
        for _ in looks():
            publisher.publish(topic, "", 0)
            await publisher.ping()
            await client.ping()
            if any(message.topic == topic for message in client.messages):
                return
        self.fail(f"nothing comes\n{self.cluster.logs()}")

    async def test_of_a_member_whose_routes_its_node_does_not_know_when_it_comes_others_hear_when_it_does(self):
        leader, late = await self.leader_and_follower()
        self.cluster.isolate(late)
        for other in self.cluster.others(late):
            await self.cluster.until(lambda other=other: other.find("peer.link_down", node=late.node_id), "the link is given up")
        self.cluster.fill_disk(late)
        await self.subscribe_and_leave("first", leader, LARGE)
        member = await self.subscribe_and_leave("member", leader, ["$share/g/t", "plain"])
        await self.subscribe_and_leave("away", leader, ["$share/g/t"])
        self.cluster.heal()
        for node in self.cluster.nodes:
            await self.cluster.linked(node, *self.cluster.others(node))
        member.port, member.address = late.port, late.address
        self.assertTrue((await member.connect()).session_present)
        self.assertEqual(await self.subscriptions(leader), len(LARGE) + 3)
        self.assertLess(await self.subscriptions(late), len(LARGE))  # and these came first
        self.cluster.free_disk(late)
        publisher = await self.connect("publisher", leader, clean=True, expiry_s=0)
        await self.arrives(member, publisher, "plain")
        # Of two members that were both away for it, each would have a half.
        for number in range(TURNS):
            self.assertEqual(await publisher.deliver("t", str(number), 1), 0)
        while (turns := [message.payload for message in member.messages if message.topic == "t"]) != [b"%d" % n for n in range(TURNS)]:
            self.assertLess(len(turns), TURNS)
            await member.received(len(member.messages) + 1)


@unittest.skipIf(MISSING, MISSING)
class Subscribe(FullNodeCase):
    config = {"publish": {"timeout_s": sanitizer.times(3)}}
    options = {"disk_mib": 512}

    async def test_one_that_a_full_node_does_not_follow_ends_its_connection(self):
        leader, full = await self.leader_and_follower()
        clients = [await self.connect(f"stored-{version}", leader, version=version) for version in (V5, V311)]
        self.cluster.fill_disk(full)
        for done in await asyncio.gather(*(client.subscribe_all(LARGE, 1) for client in clients), return_exceptions=True):
            self.assertIsInstance(done, ConnectionLost)
        self.assertEqual([client.disconnect_code for client in clients], [SERVER_BUSY, None])


if __name__ == "__main__":
    unittest.main()
