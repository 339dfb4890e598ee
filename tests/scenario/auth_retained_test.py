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
from mqtt_client import Client  # noqa: E402
from tenonctl import tenonctl  # noqa: E402

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

    def client(self, user):
        client = Client(f"{user}-{len(self.clients)}", self.broker.port, user=user, password=user, clean=True, expiry_s=0)
        self.clients.append(client)
        return client

    async def seen_by_bob(self):
        bob = self.client("bob")
        self.assertEqual((await bob.connect()).code, 0)
        await bob.subscribe("#", 1)
        await bob.ping()
        await bob.disconnect()
        return sorted(message.topic for message in bob.messages)

    async def reload(self):
        after = len(self.broker.events())
        self.broker.process.send_signal(signal.SIGHUP)
        await asyncio.to_thread(self.broker.wait_for_event, "config.reload_done", 30, after)

    async def test_it_stays_until_it_is_deleted_and_readers_see_what_they_may(self):
        ann = self.client("ann")
        self.assertEqual((await ann.connect()).code, 0)
        for topic in ("open/a", "open/b", "closed/c"):
            self.assertLess(await ann.deliver(topic, "x", retain=True), 0x80)
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


if __name__ == "__main__":
    unittest.main()
