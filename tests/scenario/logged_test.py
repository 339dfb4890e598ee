#!/usr/bin/python3
"""What clients write into the log: names with control characters and of 64 KiB are escaped and cut, each record is one line, and
what is secret is in none of them, however much is logged. ATTACK-28."""
import json
import pathlib
import re
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from auth_exchange_test import passwd  # noqa: E402
from broker_case import BrokerCase  # noqa: E402
from link import packet, text  # noqa: E402
from mqtt_client import V5, V311, Client, Will  # noqa: E402
from stranger import Stranger  # noqa: E402

SECRET, WRONG, PAYLOAD, WILL = ("password-of-ann", "guess-at-it", "payload-of-hers", "will-of-hers")
# A line of a log that a client would like to write, and what terminals and viewers obey.
FORGED = "x\n2026-01-01 info node.started forged\r\n{\"event\":\"forged\"}\x1b[2J\x1b]0;forged\x07\x08\x7f\u0085\u2028\u202e"
LONG = FORGED + "\x01" * (65000 - len(FORGED.encode()))
LINE_BYTES_MAX = 8192
CONTROL = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]")


class Logged(BrokerCase):
    def setUp(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="tenon-logged-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        passwd(folder / "passwd", "ann", SECRET, "--iterations", "4096")
        self.audit = folder / "audit.log"
        self.config = {"log": {"level": "trace"}, "mqtt": {"connect_bytes_max": 1 << 20},
                       "plugins": {"file": {"options": {"password_file": str(folder / "passwd")}}, "audit-log": {}},
                       "events": {"audit-log": {"options": {"file": str(self.audit)}}},
                       "auth": {"anonymous": "always", "chain": {"file": {"enable": True, "order": 1}}}}
        super().setUp()

    async def come(self, name, version):
        """Everything in which a client can name something, under this name."""
        for user, password in ((name, WRONG), ("ann", WRONG), (name, None), (None, None)):
            client = Client(name, self.broker.port, version=version, user=user, password=password, clean=True, expiry_s=0)
            self.clients.append(client)
            await client.connect()
            client.abort()
        will = Will("will/" + name[:1000], WILL, 1, False)
        client = await self.connected("ann-" + name[:150], version=version, user="ann", password=SECRET, will=will)
        await client.subscribe(name, 1)
        await client.subscribe("$share/" + name + "/#", 1)
        client.publish("t/" + name, PAYLOAD, 1)
        client.abort()
        await client.closed()

    async def test_attack_28_names_are_escaped_and_cut_and_secrets_are_nowhere(self):
        bad = Stranger(self.broker.port)
        bad.send(packet(0x10, text(FORGED) + b"\5\2\0\0\0" + text("c")))
        bad.to_end()
        for version in (V311, V5):
            for name in (FORGED, LONG, "a" * 65000):
                await self.come(name, version)
                self.broker.drain()
        healthy = await self.connected("healthy")
        await healthy.disconnect()
        self.assertEqual(self.broker.stop(), 0)
        lines = self.broker.log.splitlines(keepends=True)
        self.assertIn("ann-x", self.broker.log, "names are logged at all")
        self.assertIn("ann-x", self.audit.read_text())
        for line in lines + self.audit.read_text().splitlines(keepends=True):
            self.assertIsNone(CONTROL.search(line), line[:500])
            self.assertLess(len(line.encode()), LINE_BYTES_MAX)
            self.assertNotEqual(json.loads(line).get("event"), "forged")
            for secret in (SECRET, WRONG, PAYLOAD, WILL):
                self.assertNotIn(secret, line)


if __name__ == "__main__":
    unittest.main()
