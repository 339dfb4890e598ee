#!/usr/bin/python3
"""A will is asked for again when it fires, at once or after its delay: whoever may not publish there by then, or is banned, leaves
none. ATTACK-13."""
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
from api import Api, quote  # noqa: E402
from broker import Broker  # noqa: E402
from mqtt_client import V311, V5, Client, Will  # noqa: E402

DELAY_S = 6
WAIT_S = 30
GRANTED = "user ann\ntopic readwrite open/#\ntopic read other/#\n\nuser bob\ntopic readwrite open/#\ntopic write other/#\n"
NARROW = GRANTED.replace("ann\ntopic readwrite open/#\n", "ann\n")


@unittest.skipUnless(shutil.which("mosquitto_passwd"), "mosquitto (mosquitto_passwd) is not installed")
class Wills(unittest.IsolatedAsyncioTestCase):
    """Ann leaves wills, of which the audit log has those that are refused, and bob reads what is published."""

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

    async def listen(self):
        self.reader = await self.connected("reader", "bob", clean=True, expiry_s=0)
        await self.reader.subscribe("open/#", 1)

    async def reload(self):
        after = len(self.broker.events())
        self.broker.process.send_signal(signal.SIGHUP)
        await asyncio.to_thread(self.broker.wait_for_event, "config.reload_done", 30, after)

    async def rules(self, text):
        self.acl.write_text(text)
        await self.reload()

    async def take_back(self, user):
        subprocess.run(["mosquitto_passwd", "-D", str(self.passwords), user], check=True, capture_output=True)
        await self.reload()

    async def ban(self, kind, pattern):
        answer = await asyncio.to_thread(Api(self.broker.api_socket).ask, "PUT", f"/api/v1/bans/{kind}/{quote(pattern)}", {})
        self.assertEqual(answer.status, 200, answer)

    async def refused(self, *wills):
        """The wills, (client id, topic), are refused and no other; the reader sees none of them."""
        for _ in range(WAIT_S * 10):
            if self.broker.metric("tenon_publish_dropped_total", cause="not_authorized") >= len(wills):
                break
            await asyncio.sleep(0.1)
        if self.reader.connected:  # not when its address is banned
            await self.reader.ping()
        self.assertEqual([message.topic for message in self.reader.messages], [])
        self.assertEqual(self.broker.metric("tenon_publish_dropped_total", cause="not_authorized"), len(wills))
        self.assertEqual(self.broker.stop(), 0)  # observers have all by then
        told = [json.loads(line) for line in (self.dir / "audit.log").read_text().splitlines()]
        self.assertEqual(sorted((line["event"], line["client_id"], line["topic"], line["will"], line["code"]) for line in told),
                         sorted(("message_refused", client_id, topic, True, 0x87) for client_id, topic in wills))


class DelayedWills(Wills):
    async def leave_will(self):
        await self.listen()
        dying = await self.connected("dying", "ann", expiry_s=600, will=Will("open/will", "gone", 1, False, DELAY_S))
        dying.abort()
        await dying.closed()
        await self.reader.ping()
        self.assertEqual(self.reader.messages, [])

    async def test_who_still_may_leaves_it(self):
        await self.leave_will()
        await self.reload()
        self.assertEqual((await self.reader.received(1, WAIT_S))[0].payload, b"gone")

    async def test_who_has_lost_the_permission_leaves_none(self):
        await self.leave_will()
        await self.rules(NARROW)
        await self.refused(("dying", "open/will"))

    async def test_who_is_no_user_any_more_leaves_none(self):
        await self.leave_will()
        await self.take_back("ann")
        await self.refused(("dying", "open/will"))

    async def is_banned(self, kind, pattern):
        await self.leave_will()
        await self.ban(kind, pattern)
        await self.refused(("dying", "open/will"))

    async def test_whose_client_id_is_banned_leaves_none(self):
        await self.is_banned("client", "dy*")

    async def test_who_is_a_banned_user_leaves_none(self):
        await self.is_banned("user", "ann")

    async def test_whose_address_is_banned_leaves_none(self):
        await self.is_banned("address", "127.0.0.1")


class WillsAtOnce(Wills):
    """Of clients that are connected when they lose what they had, in 3.1.1 and 5.0, with a session and without."""
    KINDS = [(version, expiry_s) for version in (V311, V5) for expiry_s in (0, 600)]

    async def asyncSetUp(self):
        await self.listen()
        self.dying = []
        for version, expiry_s in self.KINDS:
            client_id = f"dying-{version}-{expiry_s}"
            self.dying.append(await self.connected(client_id, "ann", version=version, clean=expiry_s == 0, expiry_s=expiry_s,
                                                   will=Will("open/" + client_id, "gone", 1, False, 0)))
        self.wills = [(client.client_id, "open/" + client.client_id) for client in self.dying]

    async def all_break_off(self):
        for client in self.dying:
            client.abort()
        await asyncio.gather(*(client.closed() for client in self.dying))

    async def test_who_still_may_leaves_it(self):
        await self.reload()
        await self.all_break_off()
        self.assertEqual({message.topic for message in await self.reader.received(len(self.wills))},
                         {topic for _, topic in self.wills})

    async def test_who_has_lost_the_permission_leaves_none(self):
        await self.rules(NARROW)
        await self.all_break_off()
        await self.refused(*self.wills)

    async def test_who_is_no_user_any_more_leaves_none(self):
        await self.take_back("ann")
        await self.all_break_off()
        await self.refused(*self.wills)

    async def test_who_is_sent_away_as_no_user_any_more_leaves_none(self):
        for client in self.dying:
            self.assertEqual(await client.subscribe("other/+", 1), 1)
        await self.take_back("ann")
        self.assertEqual(await self.reader.deliver("other/x", "x"), 0)
        await asyncio.gather(*(client.closed() for client in self.dying))
        self.assertEqual({client.disconnect_code for client in self.dying}, {None, 0x87})
        await self.refused(*self.wills)

    async def are_banned(self, kind, pattern):
        await self.ban(kind, pattern)
        await asyncio.gather(*(client.closed() for client in self.dying))
        self.assertEqual({client.disconnect_code for client in self.dying}, {None, 0x98})
        await self.refused(*self.wills)

    async def test_whose_client_ids_are_banned_leave_none(self):
        await self.are_banned("client", "dying-*")

    async def test_who_are_a_banned_user_leave_none(self):
        await self.are_banned("user", "ann")

    async def test_whose_address_is_banned_leave_none(self):
        await self.are_banned("address", "127.0.0.1")


if __name__ == "__main__":
    unittest.main()
