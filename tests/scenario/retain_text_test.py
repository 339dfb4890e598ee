#!/usr/bin/python3
"""Retained messages as lines of text: out of one broker and into another, whole, page by page and tenant by tenant."""
import asyncio
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from api import Api  # noqa: E402
from broker import BUILD, Broker  # noqa: E402
from mqtt_client import Client  # noqa: E402
from tenonctl import tenonctl  # noqa: E402

COUNT = 350  # more than three pages
LARGE = 300 << 10  # several of them are more than a page holds
EXPIRY_MS_OFF_MAX = 2000


class RetainText(unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="tenon-retain-"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.file = self.home / "retained.jsonl"

    def broker(self, **mqtt):
        broker = Broker(config={"mqtt": mqtt} if mqtt else None)
        self.addCleanup(broker.__exit__)
        return broker

    def keep(self, broker, topic, **message):
        answer = Api(broker.api_socket).post("/api/v1/publish", {"topic": topic, "retain": True, **message})
        self.assertEqual(answer.status, 200, answer)

    def fill(self, broker):
        for number in range(COUNT):
            self.keep(broker, f"plant/{number:04}", payload=f"v{number}", qos=number % 3)
        for number in range(5):
            self.keep(broker, f"large/{number}", payload=str(number) * LARGE)
        self.keep(broker, "odd/bytes", payload_base64="/wABAg==")
        self.keep(broker, "odd/called-text", payload_base64="/w==", payload_format="text")
        self.keep(broker, "odd/controls", payload_base64="AQID")
        self.keep(broker, "odd/ä \"quoted\"\\", payload="über", payload_format="bytes")
        self.keep(broker, "odd/everything", payload="{}", content_type="application/json", response_topic="r", expiry_s=86_400,
                  correlation_data_base64="AP8=", user_properties=[["k", "v"], ["k", "w"], ["", ""]])
        self.keep(broker, "$tenant/acme/own", payload="of acme")

    def lines(self, broker, *options):
        return [json.loads(line) for line in tenonctl(broker, "retain", "export", *options).splitlines()]

    def test_what_is_exported_is_all_of_it_and_comes_in_again_as_it_was(self):
        first, second = self.broker(), self.broker()
        self.fill(first)
        self.assertIn(f"{COUNT + 10} messages", tenonctl(first, "retain", "export", "--to", self.file))
        lines = [json.loads(line) for line in self.file.read_text().splitlines()]
        self.assertEqual(len({line["topic"] for line in lines}), COUNT + 10)
        self.assertEqual(next(line for line in lines if line["topic"] == "odd/bytes"),
                         {"topic": "odd/bytes", "qos": 0, "payload_base64": "/wABAg==", "payload_format": "bytes"})
        everything = next(line for line in lines if line["topic"] == "odd/everything")
        self.assertEqual(everything["user_properties"], [["k", "v"], ["k", "w"], ["", ""]])
        self.assertEqual(everything["correlation_data_base64"], "AP8=")
        self.assertIn(f"{COUNT + 10} messages", tenonctl(second, "retain", "import", self.file))
        again = self.lines(second)
        self.assertEqual([line["topic"] for line in lines if "expires_at_ms" in line], ["odd/everything"])
        self.assertEqual(len(again), len(lines))
        for before, after in zip(lines, again):
            # An expiry is in whole seconds on its way, and the time it has left is rounded up.
            self.assertAlmostEqual(after.pop("expires_at_ms", 0), before.pop("expires_at_ms", 0), delta=EXPIRY_MS_OFF_MAX)
        self.assertEqual(again, lines)

    def test_a_filter_and_a_tenant_say_what_is_exported(self):
        broker = self.broker()
        self.fill(broker)
        self.assertEqual([line["topic"] for line in self.lines(broker, "--filter", "odd/+")],
                         sorted(["odd/bytes", "odd/called-text", "odd/controls", "odd/everything", "odd/ä \"quoted\"\\"]))
        acme = self.lines(broker, "--tenant", "acme")
        self.assertEqual(acme, [{"topic": "$tenant/acme/own", "qos": 0, "payload": "of acme", "payload_format": "text"}])
        self.assertEqual(self.lines(broker, "--tenant", "nobody"), [])
        other = self.broker()
        self.file.write_text(json.dumps(acme[0]) + "\n")
        tenonctl(other, "retain", "import", self.file)
        self.assertEqual(self.lines(other, "--tenant", "acme"), acme)
        self.assertEqual(self.lines(other), [])

    def test_subscribers_that_are_there_get_what_is_imported(self):
        async def imported(broker):
            reader = Client("reader", broker.port, clean=True, expiry_s=0)
            self.assertEqual((await reader.connect()).code, 0)
            await reader.subscribe("plant/#", 1)
            await asyncio.to_thread(tenonctl, broker, "retain", "import", self.file)
            await reader.received(1)
            reader.abort()
            return [(m.topic, m.payload) for m in reader.messages]
        self.file.write_text('{"topic": "plant/1", "payload": "on", "qos": 1}\n')
        self.assertEqual(asyncio.run(imported(self.broker())), [("plant/1", b"on")])

    def test_a_message_that_the_broker_does_not_take_ends_the_import_with_its_line(self):
        broker = self.broker(packet_bytes_max=1000)
        self.file.write_text('{"topic": "a", "payload": "x"}\n' + json.dumps({"topic": "b", "payload": "x" * 2000}) + "\n")
        done = subprocess.run([str(BUILD / "core/bin/ctl/tenonctl"), "retain", "import", str(self.file), "--endpoint",
                               f"unix:{broker.api_socket}"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("line 2: ", done.stderr)
        self.assertIn("mqtt.packet_bytes_max allows 1000 (1 messages before it", done.stderr)
        self.assertEqual([line["topic"] for line in self.lines(broker)], ["a"])


if __name__ == "__main__":
    unittest.main()
