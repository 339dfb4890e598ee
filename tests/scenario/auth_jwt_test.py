#!/usr/bin/python3
"""Tokens: who comes in with one, what it lets do, and that it ends with its time. ATTACK-23."""
import asyncio
import base64
import hmac
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import Broker  # noqa: E402
from mqtt_client import V5, V311, Client, ConnectionLost  # noqa: E402

SECRET = b"a secret of the test, of more than 32 bytes"
LISTS = {"publish": ["d/%u/#"], "subscribe": ["d/%u/#"]}


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token(claims, header=None, secret=SECRET):
    header = {"alg": "HS256", **(header or {})}
    text = encode(json.dumps(header).encode()) + b"." + encode(json.dumps(claims).encode())
    signature = hmac.new(secret, text, "sha256").digest() if header["alg"] != "none" else b""
    return (text + b"." + encode(signature)).decode()


def good(seconds=3600, **more):
    return token({"sub": "ann", "exp": time.time() + seconds, **LISTS, **more})


class TokenMethod:
    """A token as data of the authentication method JWT."""
    method = "JWT"

    def __init__(self, text):
        self.text = text

    def first(self):
        return self.text.encode()


class Tokens(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tenon-auth-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.secret_file = self.dir / "secret"
        self.secret_file.write_bytes(SECRET)
        self.secret_file.chmod(0o600)
        self.key = self.dir / "key.pem"
        self.public = self.dir / "public.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self.key],
                       check=True, capture_output=True)
        subprocess.run(["openssl", "pkey", "-in", self.key, "-pubout", "-out", self.public], check=True)
        options = {"secret_file": str(self.secret_file), "public_key_file": str(self.public), "leeway_s": 0}
        self.broker = Broker(config={
            "plugins": {"jwt": {"options": options}},
            "auth": {"anonymous": "never", "chain": {"jwt": {"enable": True, "order": 1}}}})
        self.addCleanup(self.broker.__exit__)
        self.clients = []

    async def asyncTearDown(self):
        for client in self.clients:
            client.abort()

    def client(self, password=None, client_id="c", **options):
        client = Client(client_id, self.broker.port, user=None if options.get("auth") else "anything",
                        password=password, expiry_s=0, clean=True, **options)
        self.clients.append(client)
        return client

    async def code(self, password, **options):
        client = self.client(password, **options)
        code = (await client.connect()).code
        client.abort()
        await client.closed()
        return code

    async def test_good_token_lets_in_as_its_user_with_its_rights(self):
        for version in (V5, V311):
            client = self.client(good(), client_id=f"c{version}", version=version)
            self.assertEqual((await client.connect()).code, 0)
            self.assertEqual(await client.subscribe("d/ann/x"), 1)
            self.assertEqual(await client.subscribe("d/bob/x"), 0x87 if version == V5 else 0x80)
            self.assertEqual(await client.deliver("d/ann/x", "mine"), 0)
            if version == V5:
                self.assertEqual(await client.deliver("d/bob/x", "not mine"), 0x87)
            self.assertEqual((await client.received(1))[0].payload, b"mine")

    async def test_tokens_that_are_not_good_let_nobody_in(self):
        """ATTACK-18, ATTACK-23"""
        claims = {"sub": "ann", "exp": time.time() + 3600, **LISTS}
        for name, text in {
            "none": token(claims, {"alg": "none"}),
            "another secret": token(claims, secret=SECRET + b"x"),
            "the public key as secret": token(claims, secret=self.public.read_bytes()),
            "RS256 stated, HMAC made": token(claims, {"alg": "RS256"}, self.public.read_bytes()),
            "key id that is a path": token(claims, {"kid": "../../../dev/null"}, b""),
            "expired": good(-1),
            "without expiry": token({"sub": "ann"}),
            "without a user": token({"exp": time.time() + 3600}),
            "of a user without a name": token({**claims, "sub": ""}),
            "of a user that is nothing": token({**claims, "sub": None}),
            "no text at all": "",
            "critical header": token(claims, {"crit": ["exp"]}),
            "no token": "secret",
            "cut": good()[:-5],
            "too long": good(x="x" * 20000),
        }.items():
            with self.subTest(name):
                self.assertGreaterEqual(await self.code(text), 0x80)

    async def test_token_signed_with_the_private_key_lets_in(self):
        text = encode(b'{"alg":"RS256"}') + b"." + encode(
            json.dumps({"sub": "ann", "exp": time.time() + 3600}).encode())
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=text, capture_output=True,
                                   check=True).stdout
        self.assertEqual(await self.code((text + b"." + encode(signature)).decode()), 0)

    async def test_link_ends_with_its_token(self):
        client = self.client(good(2))
        self.assertEqual((await client.connect()).code, 0)
        await client.closed()
        self.assertEqual(client.disconnect_code, 0xA0)

    async def test_link_that_authenticates_anew_lives_on(self):
        """The first token would end while the second one is good: a link of another client is the clock."""
        client = self.client(auth=TokenMethod(good(2)))
        self.assertEqual((await client.connect()).code, 0)
        client.auth.text = good(3600)
        await client.authenticate_again()
        clock = self.client(good(2), client_id="clock")
        await clock.connect()
        await clock.closed()
        await client.ping()
        client.auth.text = good(-1)
        with self.assertRaises(ConnectionLost):
            await client.authenticate_again()
        self.assertEqual(client.disconnect_code, 0x87)

    async def test_reload_with_another_secret_sends_away_whose_token_it_was(self):
        client = self.client(good())
        await client.connect()
        await client.subscribe("d/ann/x")
        other = b"another secret, of more than 32 bytes again"
        self.secret_file.write_bytes(other)
        self.broker.signal(signal.SIGHUP)
        await asyncio.to_thread(self.broker.wait_for_event, "config.reload_done")
        self.assertGreaterEqual(await self.code(good(), client_id="new"), 0x80)
        sender = self.client(token({"sub": "ann", "exp": time.time() + 3600, **LISTS}, secret=other), client_id="s")
        self.assertEqual((await sender.connect()).code, 0)
        await sender.deliver("d/ann/x", "x")
        await client.closed()
        self.assertEqual(client.disconnect_code, 0x87)


if __name__ == "__main__":
    unittest.main()
