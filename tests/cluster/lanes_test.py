#!/usr/bin/python3
"""Lanes of the links between nodes: a node that is slow to work off what it gets holds those who publish to it and nobody else,
and neither Raft nor membership."""
import asyncio
import time
import unittest

from broker import BUILD, plugin_dirs
from case import ClusterCase
from peer_member import MESSAGES, Member
import peer_frames as frames

WAIT_S = 30
TOKEN = "a secret of the nodes"
WINDOW = 1 << 20
SLOW_FROM = 8 << 20  # what waits for a node before its publishers are held
FULL_FROM = 32 << 20  # ... before QoS 0 is lost


class LanesCase(ClusterCase):
    options = {"count": 2}
    config = {"cluster": {"token": TOKEN}, "publish": {"timeout_s": 20}}

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.a, self.b = self.cluster.nodes

    async def member(self, **options):
        """A node that is linked to A, and has subscribers for slow/#, of which A knows."""
        member = await Member.link("127.0.0.1", self.a.port_hold.number, int(self.a.cluster_id, 16), TOKEN, **options)
        self.addAsyncCleanup(member.close)
        member.subscribe("slow/#")
        await self.value_is(lambda value: value and value >= 1, "tenon_routing_node_routes")
        return member

    async def publisher(self, client_id, node=None):
        return await self.connect(client_id, node or self.a, clean=True, expiry_s=0)

    async def value_is(self, holds, name, **labels):
        """The value of a metric of A, as soon as that holds."""
        deadline = time.monotonic() + WAIT_S
        while not holds(found := await asyncio.to_thread(self.a.metric, name, **labels)):
            self.assertLess(time.monotonic(), deadline, f"{name} {labels} is {found}")
        return found

    async def waiting(self, holds):
        return await self.value_is(holds, "tenon_peer_lane_queue_bytes", lane="deliveries")

    async def lost(self):
        return await asyncio.to_thread(self.a.metric, "tenon_publish_dropped_total", cause="slow_node")

    async def no_loss_between_nodes(self):
        for cause in ("queue_full", "link_lost", "too_large"):
            self.assertEqual(await asyncio.to_thread(self.a.metric, "tenon_peer_dropped_messages_total", cause=cause), 0)


class SlowNode(LanesCase):
    async def test_its_publishers_are_held_and_others_go_on_and_nothing_is_lost(self):
        member = await self.member(grants={frames.DELIVERIES: WINDOW})
        fast = await self.subscriber("fast", self.b, "fast/#", clean=True, expiry_s=0)
        kept = await self.subscriber("kept", self.b, "kept/#")
        held, free = await self.publisher("held"), await self.publisher("free")
        # More than may wait: the rest stays with the client.
        count = 200
        for number in range(count):
            held.publish("slow/1", f"{number:06}" + "x" * 100_000, 0)
        await self.waiting(lambda value: value > SLOW_FROM)
        # Who publishes to others has no part in that: to subscribers of other nodes, and by Raft to inboxes.
        for number in range(50):
            self.assertEqual(await free.deliver("fast/1", f"{number}", 1), 0)
            self.assertEqual(await free.deliver("kept/1", f"{number}", 1), 0)
        await fast.received(50)
        await kept.received(50)
        await free.ping()
        # What waits is bounded, and the rest is still with the client. Some more came until its worker heard of it.
        waits = await self.waiting(lambda value: value > SLOW_FROM)
        self.assertLess(waits, SLOW_FROM + (8 << 20))
        self.assertLess(await asyncio.to_thread(self.a.metric, "tenon_publish_received_total", qos=0), count)
        self.assertGreaterEqual(await self.value_is(lambda value: value, "tenon_peer_lane_stalls_total", lane="deliveries"), 1)
        self.assertIsNone(self.a.find("peer.link_down"))
        self.assertIsNone(self.a.find("peer.node_suspect"))
        # It works again: all comes, in order.
        member.grant(frames.DELIVERIES, 1 << 29)
        await member.until(lambda: len(member.delivered) == count, "all messages come")
        self.assertEqual([int(payload[:6]) for payload in member.delivered], list(range(count)))
        await held.ping()
        self.assertEqual(await self.lost(), 0)
        await self.no_loss_between_nodes()

    async def test_who_publishes_to_both_is_held_behind_the_first_message_for_the_slow_one(self):
        member = await self.member(grants={frames.DELIVERIES: 0})
        held, both = await self.publisher("held"), await self.publisher("both")
        for number in range(100):
            held.publish("slow/1", "x" * 100_000, 0)
        await self.waiting(lambda value: value > SLOW_FROM)
        fast = await self.subscriber("fast", self.b, "fast/#", clean=True, expiry_s=0)
        both.publish("fast/1", "before", 0)
        both.publish("slow/1", "held", 0)
        both.publish("fast/1", "behind", 0)
        await fast.received(1)
        await (await self.publisher("other")).deliver("fast/1", "fence", 1)
        await fast.received(2)
        self.assertEqual(self.payloads(fast), ["before", "fence"])
        member.grant(frames.DELIVERIES, 1 << 29)
        await fast.received(3)
        self.assertEqual(self.payloads(fast)[2], "behind")

    async def test_at_the_bound_qos_0_is_lost_and_counted_and_qos_1_is_not(self):
        member = await self.member(grants={frames.DELIVERIES: 0})
        size, count = 900_000, 60
        clients = [await self.publisher(f"p{number}") for number in range(count)]
        # Each is held behind one message, so that it takes many to come that far.
        for client in clients:
            client.publish("slow/0", "x" * size, 0)
        await self.waiting(lambda value: value > FULL_FROM)
        lost = await self.value_is(lambda value: value, "tenon_publish_dropped_total", cause="slow_node")
        sure = await self.publisher("sure")
        self.assertEqual(await sure.deliver("slow/1", "sure", 1), 0)
        member.grant(frames.DELIVERIES, 1 << 29)
        await member.until(lambda: b"sure" in member.delivered, "what has QoS 1 comes")
        for client in clients:
            await client.ping()
        lost = await self.lost()
        self.assertGreater(lost, 0)
        await member.until(lambda: len(member.delivered) == count + 1 - lost, "what was not counted as lost comes")
        await self.no_loss_between_nodes()

    async def test_when_its_link_ends_its_publishers_go_on(self):
        member = await self.member(grants={frames.DELIVERIES: 0})
        held = await self.publisher("held")
        for number in range(100):
            held.publish("slow/1", "x" * 100_000, 0)
        await self.waiting(lambda value: value > SLOW_FROM)
        await member.close()
        await held.ping()
        await self.waiting(lambda value: value == 0)


class SlowNodeAndInterceptor(LanesCase):
    """tests/scenario/plugins/intercept_odd.cc decides about slow/wait when there is a slow/release."""

    config = {**LanesCase.config, "plugins": {"path": [*plugin_dirs(), str(BUILD / "tests/scenario/plugins")], "odd": {}},
              "intercept": {"odd": {"timeout_ms": 60000, "options": {"root": "slow"}}}}

    async def test_who_has_published_what_was_decided_about_later_is_held_behind_it(self):
        member = await self.member(grants={frames.DELIVERIES: 0})
        held, late = await self.publisher("held"), await self.publisher("late")
        fast = await self.subscriber("fast", self.b, "fast/#", clean=True, expiry_s=0)
        for number in range(100):
            held.publish("slow/1", "x" * 100_000, 0)
        await self.waiting(lambda value: value > SLOW_FROM)
        asked = await asyncio.to_thread(self.a.metric, "tenon_intercept_asked_total", plugin="odd")
        decided = asyncio.create_task(late.deliver("slow/wait", "late", 1))
        await self.value_is(lambda value: value > asked, "tenon_intercept_asked_total", plugin="odd")
        late.publish("fast/1", "behind", 0)
        (await self.publisher("releaser")).publish("slow/release", "", 0)
        # It is acknowledged when it was routed.
        self.assertEqual(await decided, 0)
        await (await self.publisher("other")).deliver("fast/1", "fence", 1)
        await fast.received(1)
        self.assertEqual(self.payloads(fast), ["fence"])
        member.grant(frames.DELIVERIES, 1 << 29)
        await fast.received(2)
        self.assertEqual(self.payloads(fast)[1], "behind")
        await member.until(lambda: b"waited: late" in member.delivered, "it comes")


class Versions(LanesCase):
    async def test_a_node_of_the_release_before_gets_all_in_its_own_form_and_is_understood(self):
        old = await self.member(version=1)
        subscriber = await self.subscriber("s", self.a, "t/#", clean=True, expiry_s=0)
        pub = await self.publisher("pub")
        for number in range(100):
            pub.publish("slow/1", f"{number}", 1)
        await old.until(lambda: len(old.delivered) == 100, "all comes")
        self.assertEqual([int(payload) for payload in old.delivered], list(range(100)))
        self.assertEqual(old.credits, {})
        self.assertEqual(old.lanes, {1})
        # What it sends is delivered: version, worker, { subscribers, no groups, topic, properties, payload, expiry, QoS, retain }.
        item = b"\1\0" + frames.sized(b"t/1") + frames.sized(b"") + frames.sized(b"from the old one") + b"\0\1\0"
        old.say(frames.DELIVERIES, MESSAGES, b"\1\0" + frames.sized(item))
        self.assertEqual((await subscriber.received(1))[0].payload, b"from the old one")

    async def test_a_node_of_this_release_is_granted_what_it_needs_as_it_is_worked_off(self):
        member = await self.member()
        subscriber = await self.subscriber("s", self.a, "t/#", clean=True, expiry_s=0)
        await member.until(lambda: member.credits, "it grants")
        self.assertEqual(member.credits, {frames.DELIVERIES: WINDOW, frames.SNAPSHOTS: WINDOW})
        payload = b"y" * 60_000
        item = b"\1\0" + frames.sized(b"t/1") + frames.sized(b"") + frames.sized(payload) + b"\0\1\0"
        for count in range(1, 13):
            member.say(frames.DELIVERIES, MESSAGES, b"\1\0" + frames.sized(item))
            await subscriber.received(count)
        await member.until(lambda: member.credits[frames.DELIVERIES] > WINDOW, "what was worked off is granted anew")


class Malformed(LanesCase):
    """ATTACK-26, by a member that knows the token."""

    async def ends(self, reason, frame):
        name, label = "tenon_peer_ended_links_total", {"reason": reason}
        before = await asyncio.to_thread(self.a.metric, name, **label)
        member = await Member.link("127.0.0.1", self.a.port_hold.number, int(self.a.cluster_id, 16), TOKEN)
        member.writer.write(frame)
        await member.until(lambda: member.reason, "the link ends")
        self.assertEqual(member.reason, reason)
        await self.value_is(lambda value: value == before + 1, name, **label)
        await member.close()

    async def test_frames_of_lanes_and_credits_that_make_no_sense_end_the_link_and_are_counted(self):
        def stream(lane, data):
            return frames.frame(frames.STREAM, data, lane, 2)
        one = frames.message(200, b"nothing")
        for lane in (0, 1, 6, 255):
            await self.ends("malformed", stream(lane, one))
        await self.ends("malformed", frames.frame(frames.BATCH, one, 1, 2))
        await self.ends("too_large", stream(frames.GROUPS, bytes(65_537)))
        await self.ends("too_large", stream(frames.GROUPS, b"\1" + frames.varint(1 << 40)))
        await self.ends("malformed", stream(frames.GROUPS, b"\xff" * 12))
        for credit in ((6, 1), (0, 1), (frames.GROUPS, WINDOW), (frames.DELIVERIES, (1 << 64) - 1), (frames.DELIVERIES, 1)):
            await self.ends("malformed", frames.frame(frames.CREDIT, frames.credit(*credit), 0, 2))
        self.assertIsNone(self.a.find("peer.link_down", node=self.b.node_id))


if __name__ == "__main__":
    unittest.main()
