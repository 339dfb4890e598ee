#!/usr/bin/python3
"""Plugins that ask a service by its name, where the only DNS server takes questions and never answers."""
import os
import pathlib
import socket
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import Broker  # noqa: E402
from link import Link, packet, text  # noqa: E402
from network import private  # noqa: E402

MISSING = private.missing()
URL = "http://service.test/"
RESOLVER_S = 25  # until it gives up
STOP_S = 10


@unittest.skipIf(MISSING, MISSING)
class SilentResolver(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        private.enter()
        with tempfile.NamedTemporaryFile("w", prefix="tenon-resolv-", delete=False) as file:
            file.write(f"nameserver 127.0.0.1\noptions timeout:{RESOLVER_S} attempts:1\n")
        os.chmod(file.name, 0o644)
        cls.addClassCleanup(os.unlink, file.name)
        private.run("mount", "--bind", file.name, "/etc/resolv.conf")
        cls.addClassCleanup(private.run, "umount", "--lazy", "/etc/resolv.conf")

    def setUp(self):
        self.server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(self.server.close)
        self.server.bind(("127.0.0.1", 53))
        self.server.settimeout(20)

    def stops_while_it_is_asked(self, broker):
        self.assertIn(b"\x07service\x04test\x00", self.server.recv(512))
        began = time.monotonic()
        self.assertEqual(broker.stop(timeout_s=60), 0)
        self.assertLess(time.monotonic() - began, STOP_S)

    def test_a_node_stops_though_logins_wait_for_the_name_of_their_service(self):
        config = {"plugins": {"http": {"options": {"url": URL, "timeout_ms": 500}}},
                  "auth": {"anonymous": "never", "chain": {"http": {}}}}
        with Broker(config) as broker, socket.create_connection(("127.0.0.1", broker.port), timeout=20) as link:
            link.sendall(packet(0x10, text("MQTT") + b"\4\x82\0\x3c" + text("c") + text("ann")))
            self.stops_while_it_is_asked(broker)

    def test_a_node_stops_though_events_wait_for_the_name_of_their_service(self):
        options = {"url": URL, "timeout_ms": 500, "linger_ms": 0, "events": ["client_connected"]}
        config = {"plugins": {"webhook": {}}, "events": {"webhook": {"options": options}}, "shutdown": {"timeout_s": 1}}
        with Broker(config) as broker:
            link = Link(broker.port)
            self.addCleanup(link.close)
            self.stops_while_it_is_asked(broker)

    def test_a_login_has_its_answer_in_time_though_the_resolver_has_none(self):
        config = {"plugins": {"http": {"options": {"url": URL, "timeout_ms": 500}}},
                  "auth": {"anonymous": "never", "chain": {"http": {}}}}
        with Broker(config) as broker, socket.create_connection(("127.0.0.1", broker.port), timeout=60) as link:
            began = time.monotonic()
            link.sendall(packet(0x10, text("MQTT") + b"\4\x82\0\x3c" + text("c") + text("ann")))
            answer = link.recv(4)
            self.assertLess(time.monotonic() - began, STOP_S)
            self.assertEqual(answer[:2], b"\x20\x02")
            self.assertNotEqual(answer[3], 0)
            event = broker.wait_for_event("auth_http.service_failed")
            self.assertIn("service.test: the name could not be looked up in time", event["fields"]["reason"])


if __name__ == "__main__":
    unittest.main()
