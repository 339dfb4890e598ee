#!/usr/bin/python3
"""Sessions of a cluster: taken over from node to node, and reached from each of them."""
import asyncio
import itertools
import json
import unittest

from case import ClusterCase
import sanitizer
from mqtt_client import V311, Will

TAKEN_OVER = 0x8E


def peak_memory_bytes(node):
    """The most memory that the node's process has had in this run."""
    with open(f"/proc/{node.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


class Takeover(ClusterCase):
    async def test_the_newer_connection_has_the_session_and_the_older_one_is_told(self):
        for old, new in itertools.permutations(self.cluster.nodes, 2):
            with self.subTest(old=old.name, new=new.name):
                first = await self.subscriber("roaming", old, "roaming")
                second = await self.connect("roaming", new)
                await first.closed()
                self.assertEqual(first.disconnect_code, TAKEN_OVER)
                self.assertTrue(second.connack.session_present)
                pub = await self.connect("pub", old)
                await pub.deliver("roaming", new.name)
                self.assertEqual((await second.received(1))[0].payload.decode(), new.name)
                await second.disconnect()

    async def test_an_older_connection_of_3_1_1_is_closed(self):
        a, b, _ = self.cluster.nodes
        first = await self.subscriber("roaming", a, version=V311)
        await self.connect("roaming", b, version=V311)
        await first.closed()

    async def test_what_the_older_connection_has_not_acknowledged_comes_to_the_newer_one_marked_as_sent_MQTT_3_3_1_1(self):
        a, b, c = self.cluster.nodes
        for qos in (1, 2):
            with self.subTest(qos=qos):
                first = await self.subscriber("roaming", a, "held", qos, hold_answers=True)
                pub = await self.connect("pub", c)
                for number in range(10):
                    await pub.deliver("held", f"{number}", qos)
                await first.received(10)
                second = await self.connect("roaming", b)
                await first.closed()
                await second.received(10)
                await second.ping()
                self.assertEqual([(one.payload.decode(), one.dup) for one in second.messages], [(f"{number}", True) for number in range(10)])
                second.expiry_s = 0
                second.clean = True
                await second.connect()  # which ends the session

    async def test_a_session_goes_round_under_load(self):
        sub = await self.subscriber("roaming", self.cluster.nodes[0], qos=2)
        pub = await self.connect("pub", self.cluster.nodes[1])
        waiting = []
        for turn, node in enumerate(self.cluster.nodes * 5):
            waiting += [pub.publish("t/1", f"{turn}/{number}", qos=2) for number in range(20)]
            sub.leave()
            await self.move(sub, node)
        await sub.received(len(waiting))
        await sub.ping()
        self.assertEqual(self.payloads(sub), [f"{turn}/{number}" for turn in range(15) for number in range(20)])


class Wills(ClusterCase):
    async def test_the_will_of_a_broken_connection_reaches_a_session_at_another_node(self):
        a, b, _ = self.cluster.nodes
        watcher = await self.subscriber("watcher", b, "will/#")
        dying = await self.connect("dying", a, will=Will("will/1", "gone"))
        dying.abort()
        self.assertEqual((await watcher.received(1))[0].payload, b"gone")

    async def inbox_applied(self):
        """How far the range of the sessions is, at its leader."""
        ranges = json.loads(await self.ctl(await self.cluster.leader(), "range", "list", "--json"))["ranges"]
        return sum(one["replica"]["applied"] for one in ranges if one["store"] == "inbox")

    async def test_a_goodbye_that_comes_behind_the_next_connection_takes_the_will_away(self):
        """[MQTT-3.1.2-10]: the node that the client left hears of it, and tells so, when another one has the client already."""
        slow = self.cluster.others(await self.cluster.leader())[0]
        here, there = self.cluster.others(slow)
        watcher = await self.subscriber("watcher", here, "will/#")
        for clean, expiry_s in ((False, 600), (True, 600), (True, 0)):
            with self.subTest(clean=clean, expiry_s=expiry_s):
                watcher.messages.clear()
                options = {"clean": clean, "expiry_s": expiry_s}
                former = await self.connect("roaming", slow, will=Will("will/former", "gone"), **options)
                self.cluster.freeze(slow)
                former.part()
                before = await self.inbox_applied()
                # Wills of a client come in their order: behind this one no other comes.
                connecting = asyncio.ensure_future(
                    self.connect("roaming", there, will=Will("will/latter", "gone"), **options))
                while await self.inbox_applied() == before:
                    pass
                self.cluster.thaw(slow)
                (await connecting).abort()
                await watcher.received(1)
                await watcher.ping()
                self.assertEqual([message.topic for message in watcher.messages], ["will/latter"])

    async def test_the_will_of_a_connection_that_is_taken_over_at_another_node_is_published(self):
        """[MQTT-3.1.2-8]"""
        a, b, _ = self.cluster.nodes
        watcher = await self.subscriber("watcher", b, "will/#")
        former = await self.connect("roaming", a, will=Will("will/former", "gone"))
        await self.connect("roaming", b)
        await former.closed()
        await watcher.received(1)
        await watcher.ping()
        self.assertEqual([message.topic for message in watcher.messages], ["will/former"])

    async def test_the_will_of_a_killed_node_is_published_when_the_node_is_back(self):
        a, b, _ = self.cluster.nodes
        watcher = await self.subscriber("watcher", b, "will/#")
        await self.connect("dying", a, will=Will("will/1", "gone"))
        await self.cluster.kill(a)
        self.cluster.restart(a)
        self.assertEqual((await watcher.received(1))[0].payload, b"gone")
        await watcher.ping()
        self.assertEqual(len(watcher.messages), 1)


class Lonely(ClusterCase):
    """A node that is started without a majority: it serves behind this time, and does not know whom messages are for."""

    config = {"publish": {"timeout_s": 12}}

    async def test_what_is_published_there_waits_until_the_routes_are_known(self):
        a, b, _ = self.cluster.nodes
        sub = await self.subscriber("sub", a)
        await sub.disconnect()
        await self.cluster.kill(*self.cluster.nodes)
        self.cluster.restart(a)
        await self.cluster.until(lambda: a.serves, "it serves alone")
        pub = await self.connect("pub", a, clean=True, expiry_s=0)
        answers = [asyncio.ensure_future(pub.deliver("t/1", f"{number}")) for number in range(10)]
        await pub.ping()
        self.cluster.restart(b)
        self.assertEqual(await asyncio.gather(*answers), [0] * 10)
        await self.cluster.ready()
        await self.move(sub, b)
        await sub.received(10)
        self.assertEqual(self.payloads(sub), [f"{number}" for number in range(10)])

    async def alone(self):
        """The first node, which serves and does not know all routes, and another one that ends this when it is started."""
        a, b, _ = self.cluster.nodes
        await self.cluster.kill(*self.cluster.nodes)
        self.cluster.restart(a)
        await self.cluster.until(lambda: a.serves, "it serves alone")
        return a, b

    async def test_an_older_retained_message_that_waits_does_not_replace_a_newer_one(self):
        a, b = await self.alone()
        pub = await self.connect("pub", a, clean=True, expiry_s=0)
        older = asyncio.ensure_future(pub.deliver("t/kept", "older", qos=1, retain=True))
        newer = asyncio.ensure_future(pub.deliver("t/kept", "newer", qos=0, retain=True))
        await pub.ping()
        self.assertFalse(older.done())
        self.cluster.restart(b)
        self.assertIn(await older, (0, 0x10))
        await newer
        self.assertIn(await pub.deliver("t/other", "behind both", qos=1), (0, 0x10))
        sub = await self.subscriber("sub", a, "t/kept", clean=True, expiry_s=0)
        self.assertEqual((await sub.received(1))[0].payload, b"newer")

    async def taken(self, node):
        return await asyncio.to_thread(node.metric, "tenon_publish_received_total", qos="1")

    async def test_what_waits_is_bounded_in_bytes_and_none_of_it_is_lost(self):
        a, b = await self.alone()
        pub = await self.connect("pub", a, clean=True, expiry_s=0, window=1000)
        before = peak_memory_bytes(a)
        payload, count = b"x" * (512 << 10), 256
        answers = [asyncio.ensure_future(pub.deliver("t/1", payload)) for _ in range(count)]
        while await self.taken(a) < 16:
            pass
        self.cluster.restart(b)
        self.assertLessEqual(set(await asyncio.gather(*answers)), {0, 0x10})
        self.assertEqual(await self.taken(a), count)
        if sanitizer.memory_tells():
            self.assertLess(peak_memory_bytes(a) - before, len(payload) * count / 2)


class Large(ClusterCase):
    """Messages up to, and beyond, what goes between nodes."""

    config = {"mqtt": {"packet_bytes_max": 32 << 20, "session_queue_bytes_max": 64 << 20}, "publish": {"timeout_s": 60}}

    async def test_a_message_that_can_not_be_carried_is_refused_and_holds_nothing_up(self):
        leader = await self.cluster.leader()
        here, there = self.cluster.others(leader)
        sub = await self.subscriber("sub", there)
        pub = await self.connect("pub", here)
        large = b"x" * (14 << 20)
        code = await pub.deliver("t/1", large)
        self.assertEqual(code, 0, self.cluster.logs())
        self.assertEqual(await pub.deliver("t/1", b"x" * (17 << 20)), 0x97)
        self.assertEqual(await pub.deliver("t/kept", b"x" * (17 << 20), retain=True), 0x97)
        self.assertEqual(await pub.deliver("t/1", "next"), 0)
        await sub.received(2)
        self.assertEqual([message.payload for message in sub.messages], [large, b"next"])


class Stopped(ClusterCase):
    """A node that is told to stop."""

    config = {"cluster": {"node_gone_s": 3600}}

    async def test_what_its_clients_have_acknowledged_is_on_record_and_their_wills_are_published(self):
        node = self.cluster.others(await self.cluster.leader())[0]
        others = self.cluster.others(node)
        watcher = await self.subscriber("watcher", others[0], "will/#")
        pub = await self.connect("pub", others[1])
        subs = [await self.subscriber(f"sub-{number}", node, f"t/{number}", 2, will=Will(f"will/{number}", "gone"))
                for number in range(20)]
        for number, sub in enumerate(subs):
            await pub.deliver(f"t/{number}", "once", 2)
            await sub.received(1)
        self.assertEqual(await self.cluster.stop(node), [0])
        await watcher.received(20)
        for sub in subs:
            await sub.closed()
            sub.will = None
            await self.move(sub, others[0])
            await sub.ping()
            self.assertEqual(self.payloads(sub), ["once"])


class Gone(ClusterCase):
    """A node that dies and stays away: its sessions are let go by those that are left."""

    config = {"cluster": {"node_gone_s": 2}}

    async def test_wills_of_a_killed_node_are_published_once_while_it_stays_away(self):
        a, b, c = self.cluster.nodes
        watcher = await self.subscriber("watcher", b, "will/#")
        await self.connect("at-once", a, will=Will("will/1", "gone"))
        await self.connect("delayed", a, will=Will("will/2", "gone later", delay_s=1))
        await self.connect("clean", a, clean=True, expiry_s=0, will=Will("will/3", "gone clean"))
        here = await self.connect("here", c, will=Will("will/4", "not gone"))
        await self.cluster.kill(a)
        await watcher.received(3)
        self.assertEqual(sorted(self.payloads(watcher)), ["gone", "gone clean", "gone later"])
        # The node that comes back lets go of what it held, too, and finds nothing.
        self.cluster.restart(a)
        await self.cluster.ready()
        await self.move(await self.parted("at-once"), a)
        await here.ping()
        await watcher.ping()
        self.assertEqual(len(watcher.messages), 3)

    async def test_a_session_of_a_killed_node_is_resumed_elsewhere_without_its_will(self):
        a, b, c = self.cluster.nodes
        watcher = await self.subscriber("watcher", b, "will/#")
        first = await self.connect("roaming", a, will=Will("will/1", "too late", delay_s=60))
        await first.subscribe("t", 1)
        await self.cluster.kill(a)
        await self.cluster.until(lambda: b.find("peer.node_gone") or c.find("peer.node_gone"), "it is gone")
        await self.move(first, c)
        pub = await self.connect("pub", b)
        await pub.deliver("t", "found")
        await first.received(1)
        await watcher.ping()
        self.assertEqual(watcher.messages, [])

    async def test_clients_of_a_node_that_was_only_frozen_come_back_to_their_sessions(self):
        frozen = self.cluster.others(await self.cluster.leader())[0]
        others = self.cluster.others(frozen)
        client = await self.subscriber("client", frozen, "t")
        self.cluster.freeze(frozen)
        await self.cluster.until(lambda: any(node.find("peer.node_gone") for node in others), "it is gone")
        pub = await self.connect("pub", others[0])
        await pub.deliver("t", "kept")
        self.cluster.thaw(frozen)
        await client.closed()
        await self.move(client, frozen)
        await client.received(1)
        self.assertEqual(self.payloads(client), ["kept"])

    async def parted(self, client_id):
        client = next(one for one in self.clients if one.client_id == client_id)
        client.will = None
        await client.closed()
        return client


class Routes(ClusterCase):
    async def test_what_is_published_anywhere_behind_the_suback_arrives(self):
        """[PROMISE-3], between all nodes, while nothing gives the news time to spread."""
        subs = [await self.connect(f"sub-{node.name}", node) for node in self.cluster.nodes]
        pubs = [await self.connect(f"pub-{node.name}", node) for node in self.cluster.nodes]
        for turn in range(20):
            for sub, pub in itertools.product(subs, pubs):
                topic = f"at-once/{turn}/{sub.client_id}/{pub.client_id}"
                self.assertEqual(await sub.subscribe(topic), 1)
                self.assertEqual(await pub.deliver(topic, topic), 0)
        for sub in subs:
            await sub.received(60)
            await sub.ping()
            self.assertEqual(len(sub.messages), 60)

    async def test_nothing_arrives_behind_the_unsuback(self):
        subs = [await self.connect(f"sub-{node.name}", node) for node in self.cluster.nodes]
        pubs = [await self.connect(f"pub-{node.name}", node) for node in self.cluster.nodes]
        for sub, pub in itertools.product(subs, pubs):
            await sub.subscribe("gone")
            self.assertEqual(await sub.unsubscribe("gone"), 0)
            self.assertEqual(await pub.deliver("gone", "lost"), 0x10)
            await sub.ping()
            self.assertEqual(sub.messages, [])

    async def test_a_retained_message_is_seen_by_the_next_subscriber_at_any_node(self):
        for turn, (here, there) in enumerate(itertools.permutations(self.cluster.nodes, 2)):
            pub = await self.connect("pub", here, clean=True, expiry_s=0)
            await pub.deliver(f"kept/{turn}", "retained", retain=True)
            sub = await self.subscriber(f"sub-{turn}", there, f"kept/{turn}")
            self.assertEqual((await sub.received(1))[0].payload, b"retained")
            await pub.disconnect()


if __name__ == "__main__":
    unittest.main()
