#!/usr/bin/python3
"""Who is banned is sent away and does not come in again, also after a restart, until the ban is over or removed."""
import asyncio
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from api import Api, quote  # noqa: E402
from auth_exchange_test import passwd  # noqa: E402
from broker_case import BrokerCase  # noqa: E402
from mqtt_client import V5, V311, Client  # noqa: E402
from tenonctl import tenonctl  # noqa: E402

BANNED = {V5: 0x8A, V311: 5}


class Bans(BrokerCase):
    def setUp(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="tenon-bans-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        passwd(folder / "passwd", "eve", "x", "--iterations", "4096")
        self.config = {"plugins": {"file": {"options": {"password_file": str(folder / "passwd")}}},
                       "auth": {"anonymous": "always", "chain": {"file": {"enable": True, "order": 1}}}}
        super().setUp()
        self.api = Api(self.broker.api_socket)

    async def ask(self, method, path, body=None, headers=None):
        return await asyncio.to_thread(self.api.ask, method, "/api/v1/bans" + path, body, None, headers)

    async def ban(self, kind, pattern, **body):
        answer = await self.ask("PUT", f"/{kind}/{quote(pattern)}", body)
        self.assertEqual(answer.status, 200, answer)
        return answer

    async def code_of(self, client_id, **options):
        client = Client(client_id, self.broker.port, **{"expiry_s": 0, "clean": True, **options})
        self.clients.append(client)
        return (await client.connect()).code

    async def test_present_clients_are_sent_away_and_let_in_no_more(self):
        ways = {("client", "meter-7"): {"client_id": "meter-7"}, ("client", "lamp-*"): {"client_id": "lamp-12"},
                ("user", "eve"): {"client_id": "a", "user": "eve", "password": "x"}}
        bystander = await self.connected("bystander")
        for (kind, pattern), client in ways.items():
            for version in (V5, V311):
                with self.subTest(kind=kind, pattern=pattern, version=version):
                    there = await self.connected(**client, version=version)
                    await self.ban(kind, pattern, reason="noise")
                    await there.closed()
                    if version == V5:
                        self.assertEqual(there.disconnect_code, 0x98)  # Banned is no code of DISCONNECT
                    self.assertEqual(await self.code_of(**client, version=version), BANNED[version])
                    self.assertEqual((await self.ask("DELETE", f"/{kind}/{quote(pattern)}")).status, 200)
                    self.assertEqual(await self.code_of(**client, version=version), 0)
        self.assertTrue(bystander.connected)
        self.assertGreaterEqual(self.broker.metric("tenon_limit_met_total", limit="banned"), len(ways) * 4)

    async def test_addresses_are_banned_one_by_one_and_by_their_beginning(self):
        for pattern in ("127.0.0.1", "127.0.0.0/8"):
            await self.ban("address", pattern)
            self.assertEqual(await self.code_of("c"), 0x8A)
            self.assertEqual((await self.ask("DELETE", f"/address/{quote(pattern)}")).status, 200)
        await self.ban("address", "127.0.1.0/24")
        self.assertEqual(await self.code_of("c"), 0)

    async def test_bans_survive_a_restart_and_hold_from_the_first_client_on(self):
        await self.ban("client", "meter-*", reason="broken firmware")
        await asyncio.to_thread(self.broker.kill)
        await asyncio.to_thread(self.broker.start_again)
        self.assertEqual(await self.code_of("meter-7"), 0x8A)
        [ban] = self.api.get("/api/v1/bans").json["bans"]
        self.assertEqual((ban["kind"], ban["pattern"], ban["reason"]), ("client", "meter-*", "broken firmware"))
        self.assertTrue(ban["by"].startswith("owner at "))
        self.assertEqual(self.broker.metric("tenon_overload_operator_bans"), 1)

    async def test_a_ban_with_a_duration_ends_by_itself(self):
        until = (await self.ban("client", "c", duration_s=1)).json["until_ms"]
        self.assertEqual(await self.code_of("c"), 0x8A)
        client = Client("c", self.broker.port, expiry_s=0, clean=True)
        self.clients.append(client)
        await client.connect_again()
        self.assertGreater(until, 0)
        self.assertEqual((await self.ask("GET", "/client/c")).status, 404)

    async def test_a_change_is_made_to_the_version_that_it_wants(self):
        first = await self.ask("PUT", "/client/c", {}, {"If-None-Match": "*"})
        self.assertEqual(first.status, 200, first)
        self.assertEqual((await self.ask("PUT", "/client/c", {}, {"If-None-Match": "*"})).status, 412)
        second = await self.ask("PUT", "/client/c", {"reason": "b"}, {"If-Match": first.headers["ETag"]})
        self.assertEqual(second.status, 200, second)
        self.assertEqual((await self.ask("DELETE", "/client/c", headers={"If-Match": first.headers["ETag"]})).status, 412)
        self.assertEqual((await self.ask("GET", "/client/c")).headers["ETag"], second.headers["ETag"])
        self.assertEqual((await self.ask("PUT", "/client/c", {"version": 0})).status, 409)
        gone = await self.ask("DELETE", "/client/c", headers={"If-Match": second.headers["ETag"]})
        self.assertEqual(gone.status, 200, gone)

    async def test_what_would_keep_everybody_out_is_refused(self):
        for path in ("/client/*", "/user/**", "/address/0.0.0.0%2F0", "/address/%3A%3A%2F0", "/node/a", "/address/x"):
            self.assertEqual((await self.ask("PUT", path, {})).status, 400, path)
        self.assertEqual(self.api.get("/api/v1/bans").json["bans"], [])

    async def test_a_table_for_people(self):
        def ctl(*words):
            return tenonctl(self.broker, *words)
        self.assertIn("version", await asyncio.to_thread(ctl, "ban", "add", "client", "meter-*", "--reason", "noise"))
        await asyncio.to_thread(ctl, "ban", "add", "address", "10.1.2.3/8", "--duration", "3600")
        table = await asyncio.to_thread(ctl, "ban", "list")
        self.assertRegex(table, r"client +meter-\* +removed +owner at [0-9a-f]{16} +noise")
        self.assertRegex(table, r"address +10\.0\.0\.0/8 +20\d\d-")
        self.assertIn("noise", await asyncio.to_thread(ctl, "ban", "show", "client", "meter-*"))
        await asyncio.to_thread(ctl, "ban", "remove", "client", "meter-*")
        self.assertNotIn("meter", await asyncio.to_thread(ctl, "ban", "list"))


class Flapping(BrokerCase):
    config = {"overload": {"flapping_connects_max": 2, "flapping_window_s": 60, "flapping_ban_s": 600}}

    async def test_clients_that_a_node_keeps_out_by_itself_are_listed_too(self):
        for _ in range(3):
            client = Client("flutter", self.broker.port, expiry_s=0, clean=True)
            self.clients.append(client)
            await client.connect()
            client.abort()
        page = await asyncio.to_thread(lambda: Api(self.broker.api_socket).get("/api/v1/bans").json)
        [one] = page["flapping"]
        self.assertEqual((one["client_id"], page["bans"]), ("flutter", []))
        self.assertTrue(one["address"].startswith("127.0.0.1:"))
        self.assertGreater(one["remaining_s"], 500)


if __name__ == "__main__":
    unittest.main()
