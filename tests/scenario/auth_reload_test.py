#!/usr/bin/python3
"""Rules that shrink by a reload while clients stay connected: what a subscriber may no longer receive stops at once, what it still
may goes on, and a publish is asked about anew. Nobody has to connect again. ATTACK-10."""
import asyncio
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker_case import BrokerCase  # noqa: E402
from mqtt_client import NEVER, V311, V5  # noqa: E402

NOT_AUTHORIZED = 0x87
WIDE = "user ann\ntopic readwrite #\n\nuser bob\ntopic readwrite open/#\n"
NARROW = "user ann\ntopic readwrite #\n\nuser bob\ntopic read open/a\ntopic write open/b\n"


@unittest.skipUnless(shutil.which("mosquitto_passwd"), "mosquitto (mosquitto_passwd) is not installed")
class RulesThatShrink(BrokerCase):
    def setUp(self):
        home = pathlib.Path(tempfile.mkdtemp(prefix="tenon-auth-"))
        self.addCleanup(shutil.rmtree, home, ignore_errors=True)
        passwords, self.acl = home / "passwd", home / "acl"
        passwords.touch(mode=0o600)
        for user in ("ann", "bob"):
            subprocess.run(["mosquitto_passwd", "-b", str(passwords), user, user], check=True, capture_output=True)
        self.acl.write_text(WIDE)
        self.config = {"plugins": {"file": {"options": {"password_file": str(passwords), "acl_file": str(self.acl)}}},
                       "auth": {"anonymous": "never", "chain": {"file": {"enable": True, "order": 1}}}}
        super().setUp()

    async def asyncSetUp(self):
        self.ann = await self.user("ann", "ann")

    async def user(self, name, client_id, **options):
        return await self.connected(client_id, user=name, password=name, **options)

    async def rules(self, text):
        self.acl.write_text(text)
        after = len(self.broker.events())
        self.broker.signal(signal.SIGHUP)
        await asyncio.to_thread(self.broker.wait_for_event, "config.reload_done", 30, after)

    async def publish(self, payload, *topics):
        for topic in topics:
            for qos in (0, 1, 2):
                self.assertIn(await self.ann.deliver(topic, payload, qos), (0, 0x10))

    @staticmethod
    def seen(client, payload):
        """(topic, QoS) of what came with this payload."""
        return sorted((message.topic, message.qos) for message in client.messages if message.payload == payload)

    async def test_attack_10_deliveries_follow_the_rules_and_the_link_stays(self):
        bobs = []
        for name, options in (("clean", {}), ("stored", {"expiry_s": 60}), ("old", {"version": V311}),
                              ("old-stored", {"version": V311, "clean": False})):
            for filters in (("#",), ("open/+",), ("open/a", "open/b", "open/last"), ("$share/" + name + "/open/#", "open/last")):
                bob = await self.user("bob", f"{name}-{len(bobs)}", **options)
                for one in filters:
                    self.assertEqual(await bob.subscribe(one, 2), 2)
                bobs.append(bob)
        both = [(topic, qos) for topic in ("open/a", "open/b") for qos in (0, 1, 2)]
        await self.publish(b"wide", "open/a", "open/b", "closed/c")
        for bob in bobs:
            await bob.received(6)
            self.assertEqual(self.seen(bob, b"wide"), both, bob.client_id)
        await self.rules(NARROW)
        await self.publish(b"narrow", "open/b", "open/a", "closed/c")
        for bob in bobs:
            await bob.received(9)
            await bob.ping()
        await self.rules(WIDE)
        await self.publish(b"wide again", "open/b", "open/a")
        for bob in bobs:
            await bob.received(15)
            self.assertEqual(self.seen(bob, b"narrow"), both[:3], bob.client_id)
            self.assertEqual(self.seen(bob, b"wide again"), both, bob.client_id)
            self.assertEqual(bob.connects, 1)

    async def test_a_publish_that_is_no_longer_allowed_is_refused_and_one_that_is_goes_on(self):
        ann = self.ann
        await ann.subscribe("open/#", 1)
        bob = await self.user("bob", "v5", version=V5)
        old = await self.user("bob", "v3", version=V311)
        for client in (bob, old):
            for qos in (0, 1, 2):
                self.assertEqual(await client.deliver("open/a", client.client_id, qos), 0)
        await ann.received(6)
        await self.rules(NARROW)
        for qos in (1, 2):
            self.assertEqual(await bob.deliver("open/a", "refused", qos), NOT_AUTHORIZED)
        await bob.deliver("open/a", "refused", 0)
        # 3.1.1 has no word for it: acknowledged and thrown away.
        for qos in (0, 1, 2):
            await old.deliver("open/a", "refused", qos)
        for client in (bob, old):
            self.assertEqual(await client.deliver("open/b", "end", 1), 0)
        messages = await ann.received(8)
        await ann.ping()
        self.assertEqual(len(ann.messages), 8)
        self.assertEqual([message.payload for message in messages[6:]], [b"end"] * 2)
        self.assertEqual((bob.connects, old.connects), (1, 1))

    async def test_a_filter_that_is_no_longer_allowed_can_not_be_subscribed_again(self):
        bob = await self.user("bob", "v5", expiry_s=NEVER)
        self.assertEqual(await bob.subscribe("open/b", 1), 1)
        await self.rules(NARROW)
        self.assertEqual(await bob.subscribe("open/b", 1), NOT_AUTHORIZED)
        self.assertEqual(await bob.subscribe("open/a", 1), 1)
        await self.publish(b"x", "open/b", "open/a")
        await bob.received(3)
        await bob.ping()
        self.assertEqual({message.topic for message in bob.messages}, {"open/a"})
        self.assertEqual(bob.connects, 1)
        await bob.disconnect(expiry_s=0)


if __name__ == "__main__":
    unittest.main()
