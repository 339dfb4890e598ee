#!/usr/bin/python3
"""A client id is its user's: nobody else takes, reads, empties or ends the session under it. ATTACK-15, ATTACK-16."""
import asyncio
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from auth_exchange_test import passwd  # noqa: E402
from broker import Broker  # noqa: E402
from link import connect_packet  # noqa: E402
from mqtt_client import V5, V311, Client  # noqa: E402
from stranger import Stranger  # noqa: E402

REFUSED = {V5: 0x85, V311: 2}
ATTEMPTS, AT_ONCE = 10000, 100


class Owner(unittest.IsolatedAsyncioTestCase):
    owner = "strict"

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tenon-auth-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        passwords = self.dir / "passwd"
        for user in ("ann", "bob"):
            passwd(passwords, user, user + "-secret", "--iterations", "4096")
        self.broker = Broker(config={
            "plugins": {"file": {"options": {"password_file": str(passwords)}}},
            "auth": {"anonymous": "always", "client_id_owner": self.owner,
                     "chain": {"file": {"enable": True, "order": 1}}}})
        self.addCleanup(self.broker.__exit__)
        self.clients = []

    async def asyncTearDown(self):
        for client in self.clients:
            client.abort()

    def client(self, user, **options):
        client = Client("shared-id", lambda: self.broker.port, user=user, password=user and user + "-secret", **options)
        self.clients.append(client)
        return client

    async def connected(self, user, **options):
        client = self.client(user, **options)
        self.assertEqual((await client.connect()).code, 0)
        return client

    async def assert_refused(self, **options):
        for user in ("bob", None):
            for version in (V5, V311):
                for clean in (False, True):
                    with self.subTest(user=user, version=version, clean=clean):
                        thief = self.client(user, version=version, clean=clean, **options)
                        self.assertEqual((await thief.connect()).code, REFUSED[version])
                        await thief.closed()


class Strict(Owner):
    async def test_connected_owner_stays_connected_and_keeps_what_waits(self):
        for expiry_s in (0, 1000):
            ann = await self.connected("ann", expiry_s=expiry_s, hold_answers=True)
            await ann.subscribe("t")
            await ann.deliver("t", "hers")
            await self.assert_refused(expiry_s=expiry_s)
            await ann.ping()
            self.assertEqual(ann.messages[0].payload, b"hers")
            await ann.disconnect(expiry_s=0 if expiry_s else None)

    async def test_ten_thousand_attempts_do_not_disturb_the_owner(self):
        ann = await self.connected("ann", hold_answers=True)
        await ann.subscribe("t")
        await ann.deliver("t", "hers")
        refused = {V5: b"\x20\x85", V311: b"\x20\x02"}
        for at in range(0, ATTEMPTS, AT_ONCE):
            links = []
            for number in range(at, at + AT_ONCE):
                version = (V5, V311)[number % 2]
                known = ("bob", "bob-secret") if number % 40 == 0 else (None, None)  # to check a password takes its time
                links.append((version, Stranger(self.broker.port, source=f"127.3.0.{at // AT_ONCE + 1}")))
                links[-1][1].send(connect_packet("shared-id", *known, version=version))
            for version, link in links:
                self.assertEqual(link.to_end()[:4:3], refused[version])
            await ann.ping()
            self.broker.drain()
        self.assertEqual([message.payload for message in ann.messages], [b"hers"])
        await ann.disconnect()

    async def test_session_of_an_absent_owner_is_not_read_nor_ended(self):
        ann = await self.connected("ann")
        await ann.subscribe("t")
        await ann.disconnect()
        other = Client("sender", self.broker.port, expiry_s=0)
        self.clients.append(other)
        await other.connect()
        await other.deliver("t", "hers")
        await self.assert_refused()
        # A thief that would leave no session behind asks another way.
        await self.assert_refused(expiry_s=0)
        ann = await self.connected("ann")
        self.assertTrue(ann.connack.session_present)
        self.assertEqual((await ann.received(1))[0].payload, b"hers")

    async def test_owner_is_known_after_a_restart(self):
        ann = await self.connected("ann")
        await ann.disconnect()
        self.broker.kill()
        await asyncio.to_thread(self.broker.start_again)
        await self.assert_refused()
        again = await self.connected("ann")
        self.assertTrue(again.connack.session_present)

    async def test_owner_takes_over_the_own_session(self):
        first = await self.connected("ann")
        await self.connected("ann")
        await first.closed()
        self.assertEqual(first.disconnect_code, 0x8E)

    async def test_id_is_free_when_its_session_has_ended(self):
        ann = await self.connected("ann")
        await ann.disconnect(expiry_s=0)
        bob = await self.connected("bob")
        self.assertFalse(bob.connack.session_present)

    async def test_id_of_an_anonymous_client_is_anybodys(self):
        await self.connected(None)
        self.assertTrue((await self.connected("bob")).connack.session_present)


class Off(Owner):
    owner = "off"

    async def test_whoever_is_let_in_takes_the_session_over(self):
        ann = await self.connected("ann")
        bob = await self.connected("bob")
        self.assertTrue(bob.connack.session_present)
        await ann.closed()


if __name__ == "__main__":
    unittest.main()
