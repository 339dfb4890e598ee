#!/usr/bin/python3
"""Two nodes that lose each other while a third one reaches both: nobody is taken for dead, an operator sees who hears whom, and no client
is served at two nodes."""
import asyncio
import json
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE)]
from case import NetClusterCase, looks  # noqa: E402
from mqtt_client import WAIT_S, Client, ConnectionLost, Will  # noqa: E402
from network import private  # noqa: E402
from tenonctl import tenonctl  # noqa: E402

MISSING = private.missing()
TAKEN_OVER = 0x8E


class LateCase(NetClusterCase):
    async def kept(self, node):
        """The retained messages of kept/# at this node."""
        reader = await self.connect(f"reader-{node.name}", node, clean=True, expiry_s=0)
        await reader.subscribe("kept/#", 1)
        await reader.ping()
        return {message.topic: message.payload for message in reader.messages}

    async def assert_kept_behind(self, node, **expected):
        """What is kept at all nodes when this one, which goes on, has written all that it had."""
        # Its range takes it behind that.
        behind = await self.connect("behind", node, clean=True, expiry_s=0)
        self.assertLess(await behind.deliver("kept/behind", "last", 1, retain=True), 0x80)
        wanted = {f"kept/{topic}": payload for topic, payload in expected.items()} | {"kept/behind": b"last"}
        for one in self.cluster.nodes:
            kept = {}
            while kept.get("kept/behind") != b"last":  # it may be on its way to this node
                kept = await self.kept(one)
            self.assertEqual(kept, wanted, one.name)


@unittest.skipIf(MISSING, MISSING)
class Partial(LateCase):
    # So soon that a node that is wrongly given up is given up within the test.
    config = {"cluster": {"node_gone_s": 1}, "publish": {"timeout_s": 20}}
    options = {"inbox_ranges": 2, "cluster_ports": (7001, 7002, 7003)}

    async def sees(self, node, other, **fields):
        """Until `node` shows the other so; it is a moment old at most."""
        for _ in looks():
            status = json.loads(await asyncio.to_thread(tenonctl, node, "status", "--json"))
            shown = next(peer for peer in status["peers"] if peer["node"] == other.node_id)
            if fields.items() <= shown.items():
                return
        self.fail(f"{shown} is not {fields}\n{self.cluster.logs()}")

    async def lose_each_other(self, cut):
        a, b, c = self.cluster.nodes
        witness = await self.connect("witness", c)
        self.assertEqual(await witness.subscribe("will/#", 1), 1)
        mortal = await self.connect("mortal", b, will=Will("will/b", "it is dead"))
        cut(a, b)
        await self.cluster.until(lambda: a.find("peer.link_down", node=b.node_id, reason="silent"), "the link is given up")

        # Dials that come to nothing take longer than the time after which a node is given up.
        def dials():
            return sum(record.get("event") == "peer.dial_failed" for record in a.records)
        before = dials()
        await self.cluster.until(lambda: dials() > before + 1, "it is dialled in vain")
        await self.sees(a, b, state="alive", linked=False, witness=c.node_id)
        for node in (a, b, c):
            self.assertIsNone(node.find("peer.node_gone"))
            self.assertIsNone(node.find("peer.node_silent"))
        self.assertTrue(mortal.connected)
        self.assertEqual(witness.messages, [])
        # Nobody at all reaches it now: it is given up.
        self.cluster.isolate(b)
        await self.cluster.until(lambda: a.find("peer.node_gone", node=b.node_id) or c.find("peer.node_gone", node=b.node_id),
                                 "it is given up")
        self.assertEqual((await witness.received(1))[0].topic, "will/b")
        await self.sees(c, b, state="gone", linked=False)
        self.cluster.heal()
        await self.cluster.linked(a, b, c)
        await self.cluster.linked(b, a, c)
        await self.sees(a, b, state="alive", linked=True, witness="")

    async def test_a_cut_between_two_makes_neither_dead(self):
        await self.lose_each_other(self.cluster.cut)

    async def test_a_cut_in_one_direction_between_two_makes_neither_dead(self):
        await self.lose_each_other(lambda a, b: self.cluster.cut_one_way(b, a))

    async def test_what_lay_in_the_sockets_of_a_node_that_was_given_up_does_not_replace_the_will_INV_W2(self):
        leader = await self.cluster.leader("retain")
        a, b = self.cluster.others(leader)
        witness = await self.connect("witness", b)
        await witness.subscribe("kept/status", 1)
        mortal = await self.connect("mortal", a, will=Will("kept/status", "gone", retain=True))
        self.cluster.freeze(a)
        mortal.publish("kept/status", "here", 1, retain=True)
        self.assertEqual((await witness.received(1))[0].payload, b"gone")
        self.cluster.thaw(a)
        await mortal.closed()
        await self.cluster.linked(a, b, leader)
        await self.assert_kept_behind(a, status=b"gone")

    async def test_of_two_connections_of_a_client_id_the_older_ends_when_their_nodes_are_linked_again(self):
        a, b, _ = self.cluster.nodes
        older = await self.connect("twice", a, clean=True, expiry_s=0)
        self.cluster.cut(a, b)
        for node, other in ((a, b), (b, a)):
            await self.cluster.until(lambda: node.find("peer.link_down", node=other.node_id), "the link is given up")
        newer = await self.connect("twice", b, clean=True, expiry_s=0)
        await older.ping()
        self.cluster.heal()
        await older.closed()
        self.assertEqual(older.disconnect_code, TAKEN_OVER)
        await newer.ping()


@unittest.skipIf(MISSING, MISSING)
class Takeover(NetClusterCase):
    config = {"publish": {"timeout_s": 20}}

    async def test_a_stored_session_is_let_in_behind_the_end_of_its_former_connection_whoever_leads_its_range_INV_S1(self):
        leader = await self.cluster.leader()
        a, b = self.cluster.others(leader)
        older = await self.connect("back", a)
        # What the leader has to say to the former node does not get there.
        self.cluster.cut(a, leader)
        await self.cluster.until(lambda: leader.find("peer.link_down", node=a.node_id), "the link is given up")
        newer = await self.connect("back", b)
        with self.assertRaises(ConnectionLost):
            await older.ping()
        self.assertEqual(older.disconnect_code, TAKEN_OVER)
        await newer.ping()

    async def test_a_former_node_that_only_a_third_one_reaches_is_asked_through_it_INV_S1(self):
        leader = await self.cluster.leader()
        former, _ = self.cluster.others(leader)
        older = await self.connect("back", former)
        self.cluster.cut(former, leader)
        await self.cluster.until(lambda: leader.find("peer.link_down", node=former.node_id), "the link is given up")
        newer = await self.connect("back", leader)
        with self.assertRaises(ConnectionLost):
            await older.ping()
        self.assertEqual(older.disconnect_code, TAKEN_OVER)
        await newer.ping()

    async def test_a_former_node_that_stands_still_holds_a_client_up_for_some_seconds_only(self):
        leader = await self.cluster.leader()
        a, b = self.cluster.others(leader)
        await self.connect("back", a)
        self.cluster.freeze(a)
        newer = await self.connect("back", b)
        await newer.ping()
        self.cluster.thaw(a)


@unittest.skipIf(MISSING, MISSING)
class LeftBehind(LateCase):
    config = {"publish": {"timeout_s": 20}}

    async def elsewhere(self, client_id, node):
        """The session is at this node now; whoever had it does not know."""
        client = Client(client_id, node.port, address=node.address)
        self.clients.append(client)
        await client.connect_again()
        return client

    async def test_qos_2_of_a_session_that_is_elsewhere_reaches_nobody_and_comes_once_when_it_is_sent_again_INV_D3_INV_R1(self):
        a, b, c = self.cluster.nodes
        live = await self.connect("live", a, clean=True, expiry_s=0)
        await live.subscribe("live/#", 2)
        stored = await self.connect("stored", a)
        await stored.subscribe("both", 2)
        await live.subscribe("both", 2)
        publisher = await self.connect("back", a)
        await publisher.deliver("kept", "old", 2, retain=True)
        self.cluster.isolate(a)
        for topic, retain in (("live/1", False), ("both", False), ("kept", True)):
            publisher.publish(topic, "new", 2, retain)
        await publisher.ping()  # it has all been read
        await live.ping()
        self.assertEqual(live.messages, [])
        await self.elsewhere("back", b)
        self.cluster.heal()
        for node in (a, b, c):
            await self.cluster.linked(node, *self.cluster.others(node))
        await publisher.closed()
        reader = await self.connect("reader", a, clean=True, expiry_s=0)
        await reader.subscribe("kept", 2)
        self.assertEqual((await reader.received(1))[0].payload, b"old")
        await live.ping()
        self.assertEqual(live.messages, [])
        publisher.port, publisher.address = b.port, b.address
        await publisher.connect_again()
        self.assertEqual((await reader.received(2))[1].payload, b"new")
        await live.received(2)
        await live.ping()
        self.assertEqual(sorted(message.topic for message in live.messages), ["both", "live/1"])

    async def send_while(self, holds_up):
        """What "back" sends to a node that is held up so: with the client that node, another one, and the leader of `retain`."""
        leader = await self.cluster.leader("retain")
        a, b = self.cluster.others(leader)
        publisher = await self.connect("back", a)
        holds_up(a)
        for topic in ("kept/replaced", "kept/deleted"):
            publisher.publish(topic, "sent twice", 1, retain=True)
        return publisher, a, b, leader

    async def write_elsewhere(self, node):
        """What "back" has sent already, by a connection at this node, and what others write behind it."""
        again, other = await self.elsewhere("back", node), await self.connect("other", node)
        for topic, newer in (("kept/replaced", "newer"), ("kept/deleted", "")):
            self.assertLess(await again.deliver(topic, "sent twice", 1, retain=True), 0x80)
            self.assertLess(await other.deliver(topic, newer, 1, retain=True), 0x80)

    async def test_what_a_node_could_not_write_while_it_was_cut_off_does_not_replace_what_came_since_INV_R1_INV_R3(self):
        publisher, a, b, leader = await self.send_while(self.cluster.isolate)
        await publisher.ping()  # it has been read, and is on its way
        await self.write_elsewhere(b)
        self.cluster.heal()
        await self.cluster.linked(a, b, leader)
        await self.assert_kept_behind(a, replaced=b"newer")

    async def test_what_lay_in_the_sockets_of_a_node_that_stood_still_does_not_replace_what_came_since_INV_R1_INV_R3(self):
        publisher, a, b, leader = await self.send_while(self.cluster.freeze)
        await self.write_elsewhere(b)
        self.cluster.thaw(a)
        await publisher.closed()
        await self.cluster.linked(a, b, leader)
        await self.assert_kept_behind(a, replaced=b"newer")


@unittest.skipIf(MISSING, MISSING)
class Refusals(NetClusterCase):
    config = {"publish": {"timeout_s": 5}, "cluster": {"cut_off_s": 60}}

    async def test_what_was_sent_behind_a_refusal_that_its_client_has_not_heard_is_not_there_before_it_INV_O1(self):
        leader = await self.cluster.leader("inbox")
        a = self.cluster.others(leader)[0]
        stored = await self.connect("stored", leader)
        await stored.subscribe_all(["t", "other"], 1)
        await stored.subscribe("recorded", 2)
        publisher = await self.connect("publisher", a)
        self.cluster.isolate(a)
        publisher.publish("other", "given up first", 1)
        await asyncio.sleep(1)  # what comes now is given up by itself, and later
        publisher.publish("recorded", "its PUBREC is owed", 2)
        publisher.publish("t", "1", 1)  # given up with the first one, and that waits behind the PUBREC
        while not publisher.refusals:
            await publisher.ping()
        publisher.publish("t", "2", 1)
        await publisher.closed()
        self.cluster.heal()
        await publisher.connect_again()
        first_arrivals = []
        while len(first_arrivals) < 2:
            await stored.received(len(stored.messages) + 1)
            first_arrivals = list(dict.fromkeys(m.payload for m in stored.messages if m.topic == "t"))
        self.assertEqual(first_arrivals, [b"1", b"2"])


@unittest.skipIf(MISSING, MISSING)
class LateRoutes(NetClusterCase):
    config = {"publish": {"timeout_s": 20}}

    async def subscriptions(self, client_id, node):
        """The filters of the session, as its range has them."""
        status, body = await asyncio.to_thread(node.get, f"/api/v1/sessions/{client_id}")
        self.assertEqual(status, 200, body)
        return [one["filter"] for one in json.loads(body)["subscriptions"]]

    async def test_an_unsubscribe_that_a_former_node_brings_late_leaves_what_the_client_has_subscribed_since_INV_D1(self):
        """A node that has lost the leader of the routes tells the session that its subscription is over, and cannot take the route away."""
        leader = await self.cluster.leader("dist")
        a, b = self.cluster.others(leader)
        await asyncio.to_thread(tenonctl, b, "range", "transfer", str((await self.range_of("inbox", b))["id"]), "--to", b.node_id)
        former = await self.connect("back", a)
        self.assertEqual(await former.subscribe("t", 1), 1)
        publisher = await self.connect("publisher", b, clean=True, expiry_s=0)
        self.cluster.cut(a, leader)
        unsubscribed = asyncio.ensure_future(former.unsubscribe("t"))
        while await self.subscriptions("back", b):
            pass
        newer = Client("back", leader.port, address=leader.address)
        self.clients.append(newer)
        await newer.connect_again()
        self.assertEqual(await newer.subscribe("t", 1), 1)
        self.cluster.heal()
        await asyncio.wait([unsubscribed], timeout=WAIT_S)  # it is answered, or its connection has ended
        unsubscribed.exception()
        await self.cluster.linked(a, b, leader)
        # Its range takes it behind what this node had to say before.
        behind = await self.connect("behind", a)
        self.assertEqual(await behind.subscribe("t", 1), 1)
        self.assertEqual(await publisher.deliver("t", "it comes", 1), 0)
        await behind.received(1)
        self.assertEqual((await newer.received(1))[0].payload, b"it comes")

    async def range_of(self, store, node):
        ranges = json.loads((await asyncio.to_thread(node.get, "/api/v1/ranges"))[1])["ranges"]
        return next(one for one in ranges if one["store"] == store)


@unittest.skipIf(MISSING, MISSING)
class Routes(NetClusterCase):
    config = {"publish": {"timeout_s": 20}}
    options = {"count": 4}

    async def learner(self, node):
        """One that has a replica of `dist` and does not vote, as a voter would stand for the lead."""
        voters = next(one["voters"] for one in json.loads((await asyncio.to_thread(node.get, "/api/v1/ranges"))[1])["ranges"]
                      if one["store"] == "dist")
        learner, = (other for other in self.cluster.nodes if other.node_id not in voters)
        await self.cluster.until(lambda: any(map(learner.leader_of, learner.ranges("dist"))), "it learns")
        return learner

    async def test_what_is_published_at_a_node_that_the_subscribers_node_lost_comes_to_who_had_its_suback_before_INV_D1(self):
        leader = await self.cluster.leader("dist")
        learner = await self.learner(leader)
        publisher = await self.connect("publisher", learner, clean=True, expiry_s=0)
        subscriber = await self.connect("subscriber", leader)
        self.cluster.cut(leader, learner)
        for node, other in ((leader, learner), (learner, leader)):
            await self.cluster.until(lambda: node.find("peer.link_down", node=other.node_id), "the link is given up")
        self.assertEqual(await subscriber.subscribe("t/#", 1), 1)
        self.assertEqual(await publisher.deliver("t/1", "it comes", 1), 0)
        self.assertEqual((await subscriber.received(1))[0].payload, b"it comes")


if __name__ == "__main__":
    unittest.main()
