#!/usr/bin/python3
"""Enhanced authentication by AUTH packets, with SCRAM-SHA-256 from a password file that tenonctl passwd made."""
import asyncio
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import BUILD, Broker  # noqa: E402
from mqtt_client import AUTH_DATA, AUTH_METHOD, CONTINUE, REAUTHENTICATE, USER, Client, ConnectionLost  # noqa: E402
from scram import Scram  # noqa: E402


def passwd(path, user, password, *args):
    done = subprocess.run([str(BUILD / "core/bin/ctl/tenonctl"), "passwd", str(path), user, *args],
                          input=password + "\n", capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


class ExchangeCase(unittest.IsolatedAsyncioTestCase):
    config = {}

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tenon-auth-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        passwords = self.dir / "passwd"
        passwd(passwords, "ann", "ann-secret", "--iterations", "4096")
        passwd(passwords, "b,o=b", "bob-secret", "--iterations", "4096")
        self.broker = Broker(config={
            "log": {"level": "debug"},
            "plugins": {"file": {"options": {"password_file": str(passwords)}}},
            "auth": {"anonymous": "always", "chain": {"file": {"enable": True, "order": 1}}}, **self.config})
        self.addCleanup(self.broker.__exit__)
        self.clients = []

    async def asyncTearDown(self):
        for client in self.clients:
            client.abort()

    def client(self, auth, client_id="c", **options):
        client = Client(client_id, self.broker.port, auth=auth, expiry_s=0, **options)
        self.clients.append(client)
        return client


class Exchange(ExchangeCase):
    async def test_right_password_lets_in_and_the_broker_proves_itself(self):
        for name, password in (("ann", "ann-secret"), ("b,o=b", "bob-secret")):
            auth = Scram(name, password)
            client = self.client(auth, client_id=name[0])
            connack = await client.connect()
            self.assertEqual(connack.code, 0)
            self.assertEqual(connack.properties[AUTH_METHOD], b"SCRAM-SHA-256")
            self.assertEqual(connack.properties[AUTH_DATA], auth.server_proof)
            await client.ping()
        event = await asyncio.to_thread(self.broker.wait_for_event, "session.started", username="ann")
        self.assertEqual(event["fields"]["username"], "ann")

    async def test_wrong_password_and_unknown_name_are_refused_alike(self):
        answers = []
        for name, password in (("ann", "wrong"), ("nobody", "wrong"), ("nobody", "ann-secret")):
            client = self.client(Scram(name, password))
            answers.append(await client.connect())
            await client.closed()
        self.assertEqual({(answer.code, tuple(answer.properties)) for answer in answers},
                         {(0x87, tuple(answers[0].properties))})

    async def test_unknown_method_is_refused_also_where_anonymous_clients_may_come(self):
        """MQTT-4.12.0-1"""
        auth = Scram("ann", "ann-secret")
        auth.method = "GS2-KRB5"
        client = self.client(auth)
        self.assertEqual((await client.connect()).code, 0x8C)
        await client.closed()

    async def test_live_link_authenticates_again_while_messages_flow(self):
        client = self.client(Scram("ann", "ann-secret"))
        await client.connect()
        await client.subscribe("t")
        for _ in range(3):
            again = asyncio.ensure_future(client.authenticate_again())
            self.assertEqual(await client.deliver("t", "x"), 0)
            self.assertEqual(await again, client.auth.server_proof)
        await client.received(3)

    async def test_live_link_that_fails_to_authenticate_again_ends(self):
        """MQTT-4.12.1-2"""
        client = self.client(Scram("ann", "ann-secret"))
        await client.connect()
        client.auth.password = "wrong"
        with self.assertRaises(ConnectionLost):
            await client.authenticate_again()
        self.assertEqual(client.disconnect_code, 0x87)

    async def test_live_link_does_not_become_another_user(self):
        client = self.client(Scram("ann", "ann-secret"))
        await client.connect()
        client.auth.user, client.auth.password = "b,o=b", "bob-secret"
        with self.assertRaises(ConnectionLost):
            await client.authenticate_again()
        self.assertEqual(client.disconnect_code, 0x87)

    async def test_another_method_or_an_answer_that_nobody_asked_for_ends_the_link(self):
        """MQTT-4.12.1-1, MQTT-4.12.0-3"""
        for code, method, expected in ((REAUTHENTICATE, "PLAIN", 0x8C), (CONTINUE, None, 0x82)):
            client = self.client(Scram("ann", "ann-secret"))
            await client.connect()
            client.send_auth(code, b"x", method)
            await client.closed()
            self.assertEqual(client.disconnect_code, expected)

    async def test_link_without_a_method_may_not_send_auth(self):
        """MQTT-4.12.0-7"""
        client = self.client(None)
        await client.connect()
        client.send_auth(REAUTHENTICATE, b"x", "SCRAM-SHA-256")
        await client.closed()
        self.assertEqual(client.disconnect_code, 0x82)

    async def test_keys_of_scram_serve_plain_passwords_too(self):
        client = self.client(None, user="ann", password="ann-secret")
        self.assertEqual((await client.connect()).code, 0)
        thief = self.client(None, user="ann", password="wrong")
        self.assertGreaterEqual((await thief.connect()).code, 0x80)

    async def test_failed_exchange_leaves_the_connection_of_the_victim_alone(self):
        """ATTACK-16"""
        victim = self.client(Scram("ann", "ann-secret"), client_id="victim")
        await victim.connect()
        thief = self.client(Scram("ann", "wrong"), client_id="victim", clean=True)
        self.assertEqual((await thief.connect()).code, 0x87)
        await victim.ping()


class Limits(ExchangeCase):
    """AUTH counts as what else a client sends."""
    config = {"mqtt": {"user_properties_max": 2}, "listeners": {"default": {"client_byte_rate_max": 20000}}}

    def met(self, limit):
        return self.broker.metric("tenon_limit_met_total", limit=limit)

    async def test_user_properties_of_auth_beyond_the_limit_end_the_link_and_are_counted(self):
        client = self.client(Scram("ann", "ann-secret"))
        await client.connect()
        pair = (USER, ("name", "value"))
        self.assertEqual(await client.authenticate_again(more=[pair] * 2), client.auth.server_proof)
        self.assertEqual(self.met("user_properties"), 0)
        with self.assertRaises(ConnectionLost):
            await client.authenticate_again(more=[pair] * 3)
        self.assertEqual((client.disconnect_code, self.met("user_properties")), (0x97, 1))

    async def test_bytes_of_auth_count_for_the_rate_of_a_client(self):
        client = self.client(Scram("ann", "ann-secret"))
        await client.connect()
        self.assertEqual(self.met("client_rate"), 0)
        self.assertEqual(await client.authenticate_again(more=[(USER, ("name", "v" * 24000))]), client.auth.server_proof)
        self.assertGreater(self.met("client_rate"), 0)


if __name__ == "__main__":
    unittest.main()
