#!/usr/bin/python3
"""Debian's mosquitto_pub and mosquitto_sub against tenond: 3.1, 3.1.1 and 5."""
import os
import pathlib
import select
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import Broker  # noqa: E402

VERSIONS = ("mqttv31", "mqttv311", "mqttv5")


class Subscriber:
    """A mosquitto_sub that is known to be subscribed; prints retain flag, QoS, topic and payload."""

    def __init__(self, port, version, topic, count, *args):
        self.process = subprocess.Popen(
            ["stdbuf", "-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", str(port), "-V", version, "-t", topic, "-C",
             str(count), "-W", "20", "-d", "-F", "GOT %r %q %t %p", *args], stdout=subprocess.PIPE)
        self.out = b""
        while b"Subscribed" not in self.out:
            self.read_more()

    def read_more(self):
        ready, _, _ = select.select([self.process.stdout], [], [], 20)
        data = os.read(self.process.stdout.fileno(), 1 << 20) if ready else b""
        if not data:
            raise AssertionError("mosquitto_sub said no more; so far: " + self.out.decode())
        self.out += data

    def messages(self):
        """What was received until mosquitto_sub has ended, as it does after `count` messages."""
        rest, _ = self.process.communicate(timeout=25)
        lines = (self.out + rest).decode().splitlines()
        return [line[4:] for line in lines if line.startswith("GOT ")]


def publish(port, version, topic, payload, *args):
    subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-V", version, "-t", topic, "-m", payload, *args],
                   check=True, timeout=20)


@unittest.skipUnless(shutil.which("mosquitto_sub"), "mosquitto-clients is not installed")
class MosquittoClients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = Broker()

    @classmethod
    def tearDownClass(cls):
        cls.broker.__exit__()

    def test_each_qos_arrives_in_each_version(self):
        for version in VERSIONS:
            for qos in ("0", "1", "2"):
                with self.subTest(version=version, qos=qos):
                    topic = f"plain/{version}/{qos}"
                    sub = Subscriber(self.broker.port, version, topic, 1, "-q", qos)
                    publish(self.broker.port, version, topic, "hello", "-q", qos)
                    self.assertEqual(sub.messages(), [f"0 {qos} {topic} hello"])

    def test_versions_talk_to_each_other(self):
        for of_sub in VERSIONS:
            for of_pub in VERSIONS:
                with self.subTest(sub=of_sub, pub=of_pub):
                    topic = f"mixed/{of_sub}/{of_pub}"
                    sub = Subscriber(self.broker.port, of_sub, topic, 1, "-q", "2")
                    publish(self.broker.port, of_pub, topic, "x", "-q", "2")
                    self.assertEqual(sub.messages(), [f"0 2 {topic} x"])

    def test_retained_message_is_sent_to_a_new_subscriber_and_deleted_by_an_empty_one(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                topic = f"kept/{version}"
                publish(self.broker.port, version, topic, "old", "-r", "-q", "1")
                publish(self.broker.port, version, topic, "new", "-r", "-q", "1")
                sub = Subscriber(self.broker.port, version, f"kept/{version}/#", 1, "-q", "1")
                self.assertEqual(sub.messages(), [f"1 1 {topic} new"])
                subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.broker.port), "-V", version, "-t",
                                topic, "-n", "-r", "-q", "1"], check=True, timeout=20)
                sub = Subscriber(self.broker.port, version, topic, 1, "-q", "1")
                publish(self.broker.port, version, topic, "live", "-q", "1")
                self.assertEqual(sub.messages(), [f"0 1 {topic} live"])

    def test_wildcards_match_and_leave_out_dollar_topics(self):
        sub = Subscriber(self.broker.port, "mqttv5", "#", 2)
        publish(self.broker.port, "mqttv5", "$hidden/x", "no")
        publish(self.broker.port, "mqttv5", "a/b", "1")
        publish(self.broker.port, "mqttv5", "c", "2")
        self.assertEqual(sub.messages(), ["0 0 a/b 1", "0 0 c 2"])

    def test_offline_messages_wait_for_a_persistent_session(self):
        for version in ("mqttv311", "mqttv5"):
            with self.subTest(version=version):
                client = ["-i", f"keeper-{version}", "-c", "-q", "1"]
                if version == "mqttv5":
                    client += ["-x", "600"]
                topic = f"offline/{version}"
                sub = Subscriber(self.broker.port, version, topic, 1, *client)
                publish(self.broker.port, version, topic, "first", "-q", "1")
                self.assertEqual(sub.messages(), [f"0 1 {topic} first"])
                for i in range(3):
                    publish(self.broker.port, version, topic, f"queued {i}", "-q", "1")
                back = subprocess.run(["mosquitto_sub", "-h", "127.0.0.1", "-p", str(self.broker.port), "-V", version,
                                       "-t", topic, "-C", "3", "-W", "20", "-F", "%q %p", *client],
                                      capture_output=True, text=True, timeout=25)
                self.assertEqual(back.stdout.splitlines(), [f"1 queued {i}" for i in range(3)])

    def test_a_large_payload_passes_unchanged(self):
        payload = "x" * 900_000
        sub = Subscriber(self.broker.port, "mqttv5", "large", 1, "-q", "1")
        done = subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.broker.port), "-V", "mqttv5", "-t",
                               "large", "-s", "-q", "1"], input=payload, text=True, timeout=20)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(sub.messages(), [f"0 1 large {payload}"])


if __name__ == "__main__":
    unittest.main()
