#!/usr/bin/python3
"""A delayed will is asked for again when it fires: whoever may not publish there by then leaves none. ATTACK-13."""
import asyncio
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import Broker  # noqa: E402
from mqtt_client import Client, Will  # noqa: E402

DELAY_S = 4
WAIT_S = 30
GRANTED = "user ann\ntopic readwrite open/#\n\nuser bob\ntopic readwrite open/#\n"


@unittest.skipUnless(shutil.which("mosquitto_passwd"), "mosquitto (mosquitto_passwd) is not installed")
class DelayedWills(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tenon-auth-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.passwords, self.acl = self.dir / "passwd", self.dir / "acl"
        self.passwords.touch(mode=0o600)
        for user in ("ann", "bob"):
            subprocess.run(["mosquitto_passwd", "-b", str(self.passwords), user, user], check=True, capture_output=True)
        self.acl.write_text(GRANTED)
        self.broker = Broker(config={
            "plugins": {"file": {"options": {"password_file": str(self.passwords), "acl_file": str(self.acl)}}, "audit-log": {}},
            "events": {"audit-log": {"options": {"file": str(self.dir / "audit.log"), "events": ["message_refused"]}}},
            "auth": {"anonymous": "never", "chain": {"file": {"enable": True, "order": 1}}}})
        self.addCleanup(self.broker.__exit__)
        self.clients = []

    async def asyncTearDown(self):
        for client in self.clients:
            client.abort()

    async def connected(self, client_id, user, **options):
        client = Client(client_id, self.broker.port, user=user, password=user, **options)
        self.clients.append(client)
        self.assertEqual((await client.connect()).code, 0)
        return client

    async def leave_will(self):
        self.reader = await self.connected("reader", "bob", clean=True, expiry_s=0)
        await self.reader.subscribe("open/#", 1)
        dying = await self.connected("dying", "ann", expiry_s=600, will=Will("open/will", "gone", 1, False, DELAY_S))
        dying.abort()
        await dying.closed()
        await self.reader.ping()
        self.assertEqual(self.reader.messages, [])

    async def reload(self):
        after = len(self.broker.events())
        self.broker.process.send_signal(signal.SIGHUP)
        await asyncio.to_thread(self.broker.wait_for_event, "config.reload_done", 30, after)

    async def refused(self):
        for _ in range(WAIT_S * 10):
            if self.broker.metric("tenon_publish_dropped_total", cause="not_authorized") > 0:
                break
            await asyncio.sleep(0.1)
        self.assertEqual(self.broker.metric("tenon_publish_dropped_total", cause="not_authorized"), 1)
        await self.reader.ping()
        self.assertEqual(self.reader.messages, [])
        self.assertEqual(self.broker.stop(), 0)  # observers have all by then
        told = [json.loads(line) for line in (self.dir / "audit.log").read_text().splitlines()]
        self.assertEqual([(line["event"], line["client_id"], line["topic"], line["will"], line["code"]) for line in told],
                         [("message_refused", "dying", "open/will", True, 0x87)])

    async def test_who_still_may_leaves_it(self):
        await self.leave_will()
        await self.reload()
        self.assertEqual((await self.reader.received(1, WAIT_S))[0].payload, b"gone")

    async def test_who_has_lost_the_permission_leaves_none(self):
        await self.leave_will()
        self.acl.write_text(GRANTED.replace("user ann\ntopic readwrite open/#", "user ann\ntopic readwrite other/#"))
        await self.reload()
        await self.refused()

    async def test_who_is_no_user_any_more_leaves_none(self):
        await self.leave_will()
        subprocess.run(["mosquitto_passwd", "-D", str(self.passwords), "ann"], check=True, capture_output=True)
        await self.reload()
        await self.refused()


if __name__ == "__main__":
    unittest.main()
