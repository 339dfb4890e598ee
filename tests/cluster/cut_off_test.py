#!/usr/bin/python3
"""A node that is cut off, or that has no journal any more, gives up the sessions that others may have by now, and says so; one that nobody could take the place of keeps them."""
import asyncio
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE)]
import sanitizer  # noqa: E402
from case import NO_SESSION, ClusterCase, NetClusterCase, readiness  # noqa: E402
from mqtt_client import SERVER_REFERENCE, SHUTTING_DOWN, USE_ANOTHER_SERVER, V5, V311, Client, Will, reason_of  # noqa: E402
from network import private  # noqa: E402

MISSING = private.missing()
NO_BAD_DISK = MISSING or sanitizer.no_preload()
ELSEWHERE = b"mqtt.example.org:1883"
GIVEN_UP, UPTIME = "tenon_session_cut_off_total", "tenon_node_uptime_seconds"


async def metric(node, name):
    return await asyncio.to_thread(node.metric, name)


async def has_asked_where_clients_can_go(node):
    """A node does so with each second in which it is linked and does not know."""
    start = await metric(node, UPTIME)
    while await metric(node, UPTIME) < start + 3:
        pass


@unittest.skipIf(MISSING, MISSING)
class CutOff(NetClusterCase):
    # A client that comes back waits long for what is refused at once.
    config = {"cluster": {"cut_off_s": 1}, "publish": {"timeout_s": 60},
              "listeners": {"default": {"bind": "0.0.0.0", "port": 1883, "advertise": ELSEWHERE.decode()}}}
    options = {"inbox_ranges": 2}

    async def test_clients_with_a_session_or_a_will_are_sent_to_the_majority_and_the_others_stay_L5(self):
        a, b, c = self.cluster.nodes
        stored = [await self.connect(f"stored-{number}", a, version=(V5, V311)[number % 2]) for number in range(8)]
        for client in stored:
            await client.subscribe("t/#", 1)
        willing = await self.connect("willing", a, clean=True, expiry_s=0, will=Will("will", "it was cut off"))
        plain = await self.connect("plain", a, clean=True, expiry_s=0)
        await has_asked_where_clients_can_go(a)
        self.cluster.isolate(a)
        for client in (*stored, willing):
            await client.closed()
        for client in (*stored, willing):
            if client.version == V5:
                self.assertEqual(client.disconnect_code, USE_ANOTHER_SERVER)
                self.assertEqual(client.disconnect_properties[SERVER_REFERENCE], ELSEWHERE)
        await plain.subscribe("here", 0)
        plain.publish("here", "passed on", 0)
        await plain.received(1)
        status, conditions = await readiness(a)
        self.assertEqual((status, conditions["cut_off"]), (503, "failed"))
        self.assertEqual(await metric(a, GIVEN_UP), len(stored) + 1)
        self.assertIsNotNone(a.find("node.cut_off", ranges=2, of=2))
        # Whoever comes back hears it without having to wait.
        again = Client("stored-0", a.port, address=a.address)
        self.clients.append(again)
        connack = await again.connect()
        self.assertEqual((connack.code, reason_of(connack.properties)), NO_SESSION)
        publisher = await self.connect("publisher", b)
        for client in stored:
            client.port, client.address = c.port, c.address
            connack = await client.connect()
            self.assertEqual((connack.code, connack.session_present), (0, True))
        await publisher.deliver("t/1", "of the majority")
        for client in stored:
            await client.received(1)
        self.cluster.heal()
        await self.cluster.linked(a, b, c)
        await self.cluster.until(lambda: a.find("node.cut_off_over"), "it is not cut off any more")
        self.assertNotIn("cut_off", (await readiness(a))[1])
        await self.connect("stored-9", a)
        for node in (b, c):
            self.assertEqual(await metric(node, GIVEN_UP), 0)


@unittest.skipIf(MISSING, MISSING)
class Kept(NetClusterCase):
    config = {"cluster": {"cut_off_s": 0}}

    async def test_who_is_told_so_keeps_its_clients(self):
        a, b, c = self.cluster.nodes
        stored = await self.connect("stored", a)
        self.cluster.isolate(a)
        for other in (b, c):
            await self.cluster.until(lambda other=other: a.find("peer.link_down", node=other.node_id), "the link is given up")
        taken = await self.connect("another", b)
        await taken.ping()
        await stored.ping()
        self.assertIsNone(a.find("node.cut_off"))


@unittest.skipIf(NO_BAD_DISK, NO_BAD_DISK)
class WithoutJournal(NetClusterCase):
    """Its disk answers EIO."""
    options = {"lossy": True}

    async def test_a_node_sends_its_clients_to_the_others_and_ends(self):
        leader = await self.cluster.leader("inbox")
        other = self.cluster.others(leader)[0]
        stored, plain = await self.connect("stored", leader), await self.connect("plain", leader, clean=True, expiry_s=0)
        await stored.subscribe("t", 1)
        self.cluster.fail_disk(leader)
        plain.publish("t", "which it can't keep", 1)
        for client in (stored, plain):
            await client.closed()
            self.assertEqual(client.disconnect_code, SHUTTING_DOWN)
        self.assertEqual(await self.cluster.ended(leader), [1])
        self.assertIsNotNone(leader.find("node.failed"))
        stored.port, stored.address = other.port, other.address
        connack = await stored.connect()
        self.assertEqual((connack.code, connack.session_present), (0, True))
        self.assertEqual(await stored.deliver("t", "which others keep", 1), 0)
        await stored.received(1)

    async def test_a_node_that_reaches_nobody_stays_for_what_need_not_be_kept_until_it_does(self):
        leader = await self.cluster.leader("inbox")
        here = await self.connect("here", leader, clean=True, expiry_s=0)
        self.assertEqual(await here.subscribe("here", 0), 0)
        self.cluster.isolate(leader)
        for other in self.cluster.others(leader):
            await self.cluster.until(lambda other=other: leader.find("peer.link_down", node=other.node_id), "the link is given up")
        self.cluster.fail_disk(leader)
        self.assertGreaterEqual(await here.deliver("kept", "which it can't keep", 1, retain=True), 0x80)
        await self.cluster.until(lambda: leader.find("storage.engine_failed"), "its journal fails")
        await has_asked_where_clients_can_go(leader)
        here.publish("here", "passed on", 0)
        await here.received(1)
        self.cluster.heal()
        self.assertEqual(await self.cluster.ended(leader), [1])


class NothingBetterElsewhere(ClusterCase):
    config = {"cluster": {"cut_off_s": 1}, "publish": {"timeout_s": 4}}

    async def test_clients_stay_where_no_other_node_can_serve_them(self):
        live, *dying = self.cluster.nodes
        stored = await self.connect("stored", live)
        await self.cluster.kill(*dying)
        # Longer than clients of a node that is cut off stay, by what it takes to refuse this one.
        for number in range(3):
            refused = Client(f"refused-{number}", live.port)
            self.clients.append(refused)
            self.assertEqual((await refused.connect(timeout_s=30)).code, NO_SESSION[0])
        await stored.ping()
        self.assertIsNone(live.find("node.cut_off"))
        self.assertEqual(await metric(live, GIVEN_UP), 0)


if __name__ == "__main__":
    unittest.main()
