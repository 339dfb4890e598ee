#!/usr/bin/python3
"""What somebody who is locked out had retained: it stays until an operator deletes it, which one command does, and no
reader sees more of it than the own permissions of now allow. ATTACK-14."""
import asyncio
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import Broker  # noqa: E402
from mqtt_client import NEVER, V5, V311, Client  # noqa: E402
from tenonctl import tenonctl  # noqa: E402

TOPICS = ("open/a", "open/b", "closed/c")
RIGHTS = "user ann\ntopic readwrite #\n\nuser bob\ntopic read open/#\n"


@unittest.skipUnless(shutil.which("mosquitto_passwd"), "mosquitto (mosquitto_passwd) is not installed")
class RetainedOfTheBanned(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tenon-auth-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.passwords, self.acl = self.dir / "passwd", self.dir / "acl"
        self.passwords.touch(mode=0o600)
        for user in ("ann", "bob"):
            subprocess.run(["mosquitto_passwd", "-b", str(self.passwords), user, user], check=True, capture_output=True)
        self.acl.write_text(RIGHTS)
        self.broker = Broker(config={
            "plugins": {"file": {"options": {"password_file": str(self.passwords), "acl_file": str(self.acl)}}},
            "auth": {"anonymous": "never", "chain": {"file": {"enable": True, "order": 1}}}})
        self.addCleanup(self.broker.__exit__)
        self.clients = []

    async def asyncTearDown(self):
        for client in self.clients:
            client.abort()

    def client(self, user, **options):
        client = Client(f"{user}-{len(self.clients)}", lambda: self.broker.port,
                        **{"user": user, "password": user, "clean": True, "expiry_s": 0, **options})
        self.clients.append(client)
        return client

    async def seen_by(self, version, *filters):
        bob = self.client("bob", version=version)
        self.assertEqual((await bob.connect()).code, 0)
        for topic in filters:
            await bob.subscribe(topic, 1)
        await bob.ping()
        await bob.disconnect()
        return sorted(message.topic for message in bob.messages)

    async def seen_by_bob(self):
        """In each version, and whether he asks for everything or for each topic."""
        seen = [await self.seen_by(version, *filters) for version in (V311, V5) for filters in (["#"], TOPICS)]
        self.assertEqual(seen, [seen[0]] * len(seen))
        return seen[0]

    async def reload(self):
        after = len(self.broker.events())
        self.broker.process.send_signal(signal.SIGHUP)
        await asyncio.to_thread(self.broker.wait_for_event, "config.reload_done", 30, after)

    async def published_by_ann(self, version=V5):
        ann = self.client("ann", version=version)
        self.assertEqual((await ann.connect()).code, 0)
        for topic in TOPICS:
            self.assertLess(await ann.deliver(topic, "x", retain=True), 0x80)
        return ann

    async def test_it_stays_until_it_is_deleted_and_readers_see_what_they_may(self):
        ann = await self.published_by_ann()
        self.assertEqual(await self.seen_by_bob(), ["open/a", "open/b"])
        subprocess.run(["mosquitto_passwd", "-D", str(self.passwords), "ann"], check=True, capture_output=True)
        self.acl.write_text(RIGHTS.replace("open/#", "open/a"))
        await self.reload()
        ann.publish("open/a", "more")
        await ann.closed()
        self.assertGreaterEqual((await self.client("ann").connect()).code, 0x80)
        self.assertEqual(await self.seen_by_bob(), ["open/a"])
        tenonctl(self.broker, "retain", "delete", "open/a")
        self.assertEqual(await self.seen_by_bob(), [])

    async def test_a_ban_of_who_wrote_it_changes_nothing_for_readers_also_behind_a_restart(self):
        ann = await self.published_by_ann(V311)
        await asyncio.to_thread(tenonctl, self.broker, "ban", "add", "user", "ann")
        await ann.closed()
        for version, code in ((V311, 5), (V5, 0x8A)):
            self.assertEqual((await self.client("ann", version=version).connect()).code, code)
        self.assertEqual(await self.seen_by_bob(), ["open/a", "open/b"])
        self.broker.kill()
        await asyncio.to_thread(self.broker.start_again)
        self.assertEqual(await self.seen_by_bob(), ["open/a", "open/b"])
        for topic in ("open/a", "open/b"):
            await asyncio.to_thread(tenonctl, self.broker, "retain", "delete", topic)
        self.assertEqual(await self.seen_by_bob(), [])

    async def test_what_waits_in_a_session_is_asked_about_when_it_is_delivered(self):
        readers = []
        for version in (V311, V5):
            bob = self.client("bob", version=version, clean=False, expiry_s=NEVER)
            self.assertEqual((await bob.connect()).code, 0)
            await bob.subscribe("#", 1)
            await bob.disconnect()
            readers.append(bob)
        await self.published_by_ann()
        await asyncio.to_thread(tenonctl, self.broker, "ban", "add", "user", "ann")
        self.acl.write_text(RIGHTS.replace("open/#", "open/a"))
        await self.reload()
        for bob in readers:
            self.assertEqual((await bob.connect()).code, 0)
            await bob.received(1)
            await bob.subscribe("#", 1)  # which asks for what is retained, behind what waited
            await bob.received(2)
            await bob.ping()
            self.assertEqual([(message.topic, message.retain) for message in bob.messages], [("open/a", False), ("open/a", True)])


if __name__ == "__main__":
    unittest.main()
