#!/usr/bin/python3
"""One SUBSCRIBE with many filters that match many retained messages: each filter gets all of them once, and a filter that
waits for its turn costs next to nothing. ATTACK-8."""
import collections
import itertools
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import sanitizer  # noqa: E402
from broker_case import BrokerCase  # noqa: E402
from mqtt_client import NEVER, SUBSCRIPTION_ID  # noqa: E402

MEMORY_MAX = 64 << 20


def filters(level_count):
    """All that match a/a/…/a/NAME."""
    return ["/".join(levels) + "/+" for levels in itertools.product("a+", repeat=level_count)]


class RetainedForManyFilters(BrokerCase):
    config = {"mqtt": {"packet_bytes_max": 1 << 20, "subscriptions_per_session_max": 10000, "wildcard_levels_max": 13}}

    async def retain(self, level_count, count, qos=0):
        writer = await self.connected("writer")
        names = [f"{'a/' * level_count}{number}" for number in range(count)]
        for name in names:
            writer.publish(name, b"old", qos, retain=True)
        self.assertLess(await writer.deliver(names[0], b"old", 1, retain=True), 0x80)
        return writer, names

    async def test_each_filter_gets_each_message_once_and_what_comes_meanwhile_live_only(self):
        writer, names = await self.retain(7, 100)
        retained, live, later = collections.Counter(), collections.Counter(), []
        replaced, added = names[-1], names[0] + "-added"

        def on_message(message):
            (retained if message.retain else live)[message.topic] += 1
            if message.payload == b"new":
                later.append(message)
            elif message.topic == replaced and live[replaced]:
                self.fail("an older one comes behind the newer one")
            if not published:
                published.extend([writer.publish(added, b"new", 1, retain=True), writer.publish(replaced, b"new", 1, retain=True)])

        published = []
        reader = await self.connected("reader", on_message=on_message, receive_max=20)
        wanted = filters(7)
        self.assertEqual(set(await reader.subscribe_all(wanted)), {1})
        rest = names[:-1]
        while sum(retained[name] for name in rest) < len(wanted) * len(rest) or len(live) < 2:
            await reader.ping()
        await reader.ping()
        self.assertEqual({retained[name] for name in rest}, {len(wanted)})
        self.assertEqual(retained[added], 0)
        self.assertTrue(all(not message.retain for message in later), later[:3])
        self.assertEqual(live.keys(), {added, replaced})
        self.assertEqual(len(set(live.values())), 1, live)

    async def test_a_stored_session_gets_each_message_once_for_each_filter(self):
        writer, names = await self.retain(4, 50, 1)
        wanted = filters(4)
        for qos in (0, 1):
            with self.subTest(qos=qos):
                reader = await self.connected(f"stored{qos}", expiry_s=NEVER)
                self.assertEqual(set(await reader.subscribe_all(wanted, qos)), {qos})
                await reader.received(len(wanted) * len(names))
                # One too many would come before this one.
                await reader.subscribe("last", qos)
                await writer.deliver("last", "", 1)
                *came, last = await reader.received(len(wanted) * len(names) + 1)
                self.assertEqual(last.topic, "last")
                self.assertEqual(collections.Counter((message.topic, message.retain) for message in came),
                                 {(name, True): len(wanted) for name in names})
                await reader.disconnect(expiry_s=0)

    async def test_what_is_still_owed_goes_as_the_subscription_says_that_replaces_the_former_MQTT_3_8_4_4(self):
        await self.retain(1, 200, 2)
        no_retained = 0x20
        for expiry_s in (0, NEVER):
            with self.subTest(expiry_s=expiry_s):
                reader = await self.connected(f"reader{expiry_s}", expiry_s=expiry_s, receive_max=1, hold_answers=True)
                await reader.subscribe("a/+", 2, subscription_id=1)
                await reader.received(1)
                # Of a session, what was on its way to its inbox stays as it was.
                self.assertEqual(await reader.subscribe("a/+", 0 | no_retained, subscription_id=2), 0)
                reader.hold_answers = False
                for message in list(reader.messages):
                    reader.answer_held(message)
                came = await reader.received(200)
                await reader.ping()
                self.assertEqual(len({message.topic for message in reader.messages}), 200, "something is lost")
                self.assertEqual(len(reader.messages), 200, "something comes twice")
                shown = [(message.qos > 0, message.properties[SUBSCRIPTION_ID]) for message in came]
                self.assertEqual(set(shown), {(True, 1), (False, 2)})
                await reader.disconnect(expiry_s=0)

    async def check_changes_meanwhile(self, expiry_s):
        # More than go into an inbox at once, so that the other filters wait.
        first = [f"first/{number}" for number in range(200)]
        writer = await self.connected("writer")
        for name in (*first, "second/replaced", "second/removed", "second/stays"):
            writer.publish(name, b"old", 1, retain=True)
        self.assertLess(await writer.deliver("third/kept", b"old", 1, retain=True), 0x80)
        reader = await self.connected("reader", receive_max=1, hold_answers=True, expiry_s=expiry_s)
        await reader.subscribe_all(["first/#", "second/#", "third/#"])
        [held] = await reader.received(1)
        for name, payload in (("second/replaced", b"new"), ("second/removed", b""), ("second/added", b"new")):
            self.assertEqual(await writer.deliver(name, payload, 1, retain=True), 0)
        self.assertEqual(await reader.unsubscribe("third/#"), 0)
        reader.hold_answers = False
        reader.answer_held(held)
        await reader.received(len(first) + 4)
        await reader.subscribe("last")
        await writer.deliver("last", b"", 1)
        came = await reader.received(len(first) + 5)
        self.assertEqual(sorted((message.topic, message.payload, message.retain) for message in came), sorted([
            *((name, b"old", True) for name in first), ("second/stays", b"old", True), ("second/replaced", b"new", False),
            ("second/removed", b"", False), ("second/added", b"new", False), ("last", b"", False)]))

    async def test_what_changes_while_a_filter_waits_comes_live_only(self):
        await self.check_changes_meanwhile(expiry_s=0)

    async def test_what_changes_while_a_filter_waits_comes_through_an_inbox_once(self):
        await self.check_changes_meanwhile(expiry_s=NEVER)

    async def test_filters_that_wait_hold_no_messages(self):
        await self.retain(12, 10_000)
        reader = await self.connected("reader", receive_max=1, hold_answers=True)
        before = self.broker.metric("tenon_overload_memory_bytes")
        wanted = filters(12)
        self.assertEqual(set(await reader.subscribe_all(wanted, timeout_s=60)), {1})
        await reader.received(1)
        await reader.ping()
        if sanitizer.memory_tells():
            self.assertLess(self.broker.metric("tenon_overload_memory_bytes") - before, MEMORY_MAX)
        self.assertEqual(await reader.unsubscribe(wanted[1]), 0)


if __name__ == "__main__":
    unittest.main()
