#!/usr/bin/python3
"""MQTT over WebSocket and secure WebSocket: paho, mqtt.js, and what breaks the rules. ATTACK-21."""
import base64
import os
import pathlib
import select
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import sanitizer  # noqa: E402
from broker import Broker, StartFailed  # noqa: E402
from certificates import Authority  # noqa: E402
from link import packet, text  # noqa: E402
from rss import rss_bytes  # noqa: E402
from stranger import Stranger, WebSocketStranger, upgrade_request  # noqa: E402

try:
    import paho.mqtt.client as paho
except ImportError:
    paho = None

MODULES = "/usr/share/nodejs"
WAIT_S = 15
CONNECT = bytes.fromhex("101000044d5154540402003c000474657374")
CONNACK = bytes.fromhex("20020000")


def frame(first, payload, masked=True):
    head = bytes([first])
    mask = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([mask | len(payload)])
    else:
        head += bytes([mask | 126]) + len(payload).to_bytes(2, "big")
    if not masked:
        return head + payload
    key = b"\x01\x02\x03\x04"
    return head + key + bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


class BareSocket:
    """A WebSocket by hand."""

    def __init__(self, port, before=b"", path="/mqtt"):
        self.link = socket.create_connection(("127.0.0.1", port), timeout=WAIT_S)
        key = base64.b64encode(os.urandom(16)).decode()
        self.link.sendall(before + (f"GET {path} HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                    f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                                    "Sec-WebSocket-Protocol: mqtt\r\n\r\n").encode())
        self.answer = b""
        while not self.answer.endswith(b"\r\n\r\n"):
            byte = self.link.recv(1)
            if not byte:
                break
            self.answer += byte

    def receive(self, count):
        data = b""
        while len(data) < count:
            more = self.link.recv(count - len(data))
            if not more:
                break
            data += more
        return data

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.link.close()


class WebSocket(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="tenon-ws-"))
        if shutil.which("openssl"):
            cls.authority = Authority(cls.home)
            cls.server = cls.authority.sign("server", "/CN=localhost", "DNS:localhost,IP:127.0.0.1")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.home)

    def broker(self, *filters, **more):
        plugins = {"websocket": {}, "proxy-protocol": {}}
        if "tls" in filters:
            plugins["tls"] = {"options": {"certificate": str(self.server[0]), "key": str(self.server[1])}}
        plugins.update(more.pop("plugins", {}))
        return Broker({"plugins": plugins, "listeners": {"default": {"stack": ["tcp", *filters]}}, **more})

    def paho_round_trip(self, port, ca=None):
        import queue
        got, ready = queue.Queue(), queue.Queue()
        client = paho.Client("paho-ws", transport="websockets")
        client.ws_set_options(path="/mqtt")
        if ca:
            client.tls_set(str(ca))
        client.on_connect = lambda c, *_: c.subscribe("ws/#", 2)
        client.on_subscribe = lambda *_: ready.put(True)
        client.on_message = lambda c, u, message: got.put(message)
        client.connect("localhost" if ca else "127.0.0.1", port)
        client.loop_start()
        try:
            ready.get(timeout=WAIT_S)
            for size in (0, 1, 125, 126, 65535, 65536, 300_000):
                for qos in (0, 1, 2):
                    payload = bytes(i % 251 for i in range(size))
                    client.publish("ws/topic", payload, qos)
                    self.assertEqual(got.get(timeout=WAIT_S).payload, payload)
        finally:
            client.disconnect()
            client.loop_stop()

    @unittest.skipUnless(paho, "python3-paho-mqtt is not installed")
    def test_paho_over_ws(self):
        with self.broker("websocket") as broker:
            self.paho_round_trip(broker.port)

    @unittest.skipUnless(paho and shutil.which("openssl"), "python3-paho-mqtt or openssl is not installed")
    def test_paho_over_wss(self):
        with self.broker("tls", "websocket") as broker:
            self.paho_round_trip(broker.port, self.authority.certificate)

    def run_mqttjs(self, port, scheme, **env):
        node = "/usr/bin/node" if os.path.exists("/usr/bin/node") else "node"
        done = subprocess.run([node, str(HERE / "mqttjs_test.js"), str(port), scheme], capture_output=True, text=True,
                              timeout=90, env={**os.environ, "NODE_PATH": MODULES, **env})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    @unittest.skipUnless(shutil.which("node") and os.path.isdir(MODULES + "/mqtt"), "nodejs or node-mqtt is not installed")
    def test_mqttjs_over_ws(self):
        with self.broker("websocket") as broker:
            self.run_mqttjs(broker.port, "ws")

    @unittest.skipUnless(shutil.which("node") and os.path.isdir(MODULES + "/mqtt") and shutil.which("openssl"),
                         "nodejs, node-mqtt or openssl is not installed")
    def test_mqttjs_over_wss_and_tls(self):
        for scheme, filters in (("wss", ("tls", "websocket")), ("mqtts", ("tls",))):
            with self.broker(*filters) as broker:
                self.run_mqttjs(broker.port, scheme, NODE_EXTRA_CA_CERTS=str(self.authority.certificate))

    def test_packets_need_not_match_frames(self):
        with self.broker("websocket") as broker, BareSocket(broker.port) as ws:
            self.assertTrue(ws.answer.startswith(b"HTTP/1.1 101 "), ws.answer)
            ws.link.sendall(frame(0x02, CONNECT[:5]) + frame(0x89, b"?") + frame(0x80, CONNECT[5:] + b"\xc0"))
            ws.link.sendall(frame(0x82, b"\x00"))
            self.assertEqual(ws.receive(3), b"\x8a\x01?")
            self.assertEqual(ws.receive(6), b"\x82\x04" + CONNACK)
            self.assertEqual(ws.receive(4), b"\x82\x02\xd0\x00")
            ws.link.sendall(frame(0x82, b"\xe0\x00"))  # DISCONNECT
            self.assertEqual(ws.receive(4), b"\x88\x02\x03\xe8")
            self.assertEqual(ws.receive(1), b"")

    def test_a_refusal_reaches_who_sends_connect_right_behind_the_request(self):
        broken = packet(0x10, text("MQTT") + b"\5\3\0\0\0" + text("reserved flag"))
        with self.broker("websocket") as broker, Stranger(broker.port) as link:
            link.send(upgrade_request() + frame(0x82, broken))
            said = link.to_end().partition(b"\r\n\r\n")[2]
            self.assertEqual((said[:1], said[2:3], said[5:6]), (b"\x82", b"\x20", b"\x81"), said)

    def test_a_broken_rule_closes_with_its_code(self):
        with self.broker("websocket", log={"level": "debug"}) as broker:
            for bad, code in ((frame(0x82, b"x", masked=False), 1002), (frame(0x81, b"x"), 1003)):
                with BareSocket(broker.port) as ws:
                    ws.link.sendall(frame(0x82, CONNECT))
                    ws.receive(6)
                    ws.link.sendall(bad)
                    self.assertEqual(ws.receive(5), b"\x88\x02" + code.to_bytes(2, "big"))
            closed = broker.wait_for_event("link.closed")
            self.assertIn("mask", closed["fields"]["reason"])
            self.assertEqual(broker.metric("tenon_plugin_frames_refused_total", plugin="websocket"), 2)

    def test_a_request_that_is_refused_is_counted(self):
        with self.broker("websocket") as broker:
            with BareSocket(broker.port, path="/other") as ws:
                self.assertTrue(ws.answer.startswith(b"HTTP/1.1 404 "), ws.answer)
            with BareSocket(broker.port, before=CONNECT) as ws:
                self.assertTrue(ws.answer.startswith(b"HTTP/1.1 400 "), ws.answer)
            self.assertEqual(broker.metric("tenon_link_refused_total", listener="default"), 2)
            self.assertEqual(broker.metric("tenon_link_connections", listener="default"), 0)

    def test_attack_21_frames_that_lie_or_must_not_be_end_their_link(self):
        no_mask = bytes(4)
        frames = {"a length of 2^63": (b"\x82\xff\x80" + bytes(7) + no_mask, {1002, 1009}),
                  "a length of 2^62": (b"\x82\xff\x40" + bytes(7) + no_mask, {1009}),
                  "a length not in its shortest form": (b"\x82\xfe\x00\x01" + no_mask + b"x", {1002}),
                  "a ping in fragments": (frame(0x09, b"x"), {1002}), "a ping of 126 bytes": (frame(0x89, b"x" * 126), {1002}),
                  "a closing frame of 126 bytes": (frame(0x88, b"\x03\xe8" + b"x" * 124), {1002}),
                  "a closing frame of one byte": (frame(0x88, b"x"), {1002}), "a reserved opcode": (frame(0x83, b"x"), {1002}),
                  "reserved bits": (frame(0xC2, b"x"), {1002}), "a fragment of nothing": (frame(0x80, b"x"), {1002}),
                  "a message within another": (frame(0x02, b"\xc0") + frame(0x82, b"\x00"), {1002})}
        with self.broker("websocket") as broker:
            for name, (data, codes) in frames.items():
                with self.subTest(name), BareSocket(broker.port) as ws:
                    ws.link.sendall(frame(0x82, CONNECT))
                    ws.receive(6)
                    ws.link.sendall(data)
                    said = ws.receive(5)
                    self.assertEqual(said[:2], b"\x88\x02")
                    self.assertIn(int.from_bytes(said[2:4], "big"), codes)
                    self.assertEqual(len(said), 4)

    def test_attack_21_a_mebibyte_of_headers_is_not_read(self):
        with self.broker("websocket") as broker:
            for line in (b"X: " + b"x" * 1000 + b"\r\n", b"x" * 1000):
                with Stranger(broker.port) as link:
                    link.send(b"GET /mqtt HTTP/1.1\r\n" + line * 1000)
                    self.assertTrue(link.to_end().startswith(b"HTTP/1.1 431 "))

    def test_attack_21_only_pages_of_the_origins_that_are_named_may_connect(self):
        plugins = {"websocket": {"options": {"origins": ["https://panel.example.org"]}}}
        with self.broker("websocket", plugins=plugins) as broker:
            for origin, status in (("https://panel.example.org", b"101"), ("https://evil.example", b"403"), ("null", b"403"), (None, b"101")):
                with self.subTest(origin), WebSocketStranger(broker.port, [f"Origin: {origin}"] if origin else []) as link:
                    self.assertEqual(link.answer.split(b" ")[1], status)
            broker.wait_for_event("link.refused", filter="websocket")
            self.assertEqual(broker.metric("tenon_link_refused_total", listener="default"), 2)

    def test_attack_21_an_origin_that_is_not_a_scheme_and_a_host_is_refused_at_the_start(self):
        for origin in ("https://panel.example.org/", "panel.example.org", "*"):
            plugins = {"websocket": {"options": {"origins": ["null", origin]}}}
            with self.subTest(origin), self.assertRaises(StartFailed) as failed:
                self.broker("websocket", plugins=plugins)
            for words in ("origins.1", origin, "scheme://host[:port] without a path"):
                self.assertIn(words, str(failed.exception))

    def test_pings_that_nobody_reads_the_answers_of_stop_the_reading(self):
        with self.broker("websocket") as broker, BareSocket(broker.port) as ws:
            ws.link.sendall(frame(0x82, CONNECT))
            ws.receive(6)
            pings = frame(0x89, b"x" * 125) * 1000
            ws.link.settimeout(1)
            sent = 0
            with self.assertRaises(TimeoutError):
                while sent < 64 << 20:
                    sent += ws.link.send(pings)
            # Once they are read, everything goes on.
            ws.link.settimeout(WAIT_S)
            with BareSocket(broker.port) as other:
                other.link.sendall(frame(0x82, CONNECT))
                self.assertEqual(other.receive(6), b"\x82\x04" + CONNACK)

    def test_attack_21_answers_to_pings_that_are_read_slowly_do_not_pile_up(self):
        limit = 4 << 20
        small = {"tcp": {"options": {"send_buffer_bytes": 16384}}}
        with self.broker("websocket", plugins=small) as broker, BareSocket(broker.port) as ws:
            ws.link.sendall(frame(0x82, CONNECT))
            ws.receive(6)
            pings, came, before = frame(0x89, b"x" * 125) * 200, 0, rss_bytes(broker.process.pid)
            ws.link.settimeout(WAIT_S)
            while came < 4 * limit:
                # It is read only when the broker does not read: something waits there all the time.
                while select.select([], [ws.link], [], 0.02)[1]:
                    pings = pings[ws.link.send(pings):] or frame(0x89, b"x" * 125) * 200
                came += len(ws.link.recv(1 << 18))
            if sanitizer.memory_tells():
                self.assertLess(rss_bytes(broker.process.pid) - before, limit)

    def test_attack_21_a_message_in_frames_of_one_byte_comes_whole(self):
        payload = bytes(range(256)) * 800
        with self.broker("websocket") as broker, BareSocket(broker.port) as reader, BareSocket(broker.port) as ws:
            for link in (reader, ws):
                link.link.sendall(frame(0x82, CONNECT[:-1] + (b"r" if link is reader else b"w")))
                self.assertEqual(link.receive(6)[2:], CONNACK)
            reader.link.sendall(frame(0x82, b"\x82\x06\x00\x01\x00\x01t\x00"))
            self.assertEqual(reader.receive(7)[2:], b"\x90\x03\x00\x01\x00")
            size = len(payload) + 3
            head = b"\x30" + bytes([0x80 | size & 0x7F, 0x80 | size >> 7 & 0x7F, size >> 14]) + b"\x00\x01t"
            ping = frame(0x89, b"")
            ws.link.sendall(b"".join(frame(0x82, bytes([byte])) + (ping if at % 1000 == 0 else b"") for at, byte in enumerate(head + payload)))
            got = b""
            while len(got) < len(head) + len(payload):
                start = reader.receive(2)
                extended = {126: 2, 127: 8}.get(start[1], 0)
                got += reader.receive(int.from_bytes(reader.receive(extended), "big") if extended else start[1])
            self.assertEqual(got, head + payload)

    def test_proxy_protocol_below_everything(self):
        filters = ("proxy-protocol", "websocket")
        with self.broker(*filters, log={"level": "debug"}, auth={"anonymous": "always"}) as broker:
            with BareSocket(broker.port, before=b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 80\r\n") as ws:
                ws.link.sendall(frame(0x82, CONNECT))
                self.assertEqual(ws.receive(6), b"\x82\x04" + CONNACK)
                started = broker.wait_for_event("session.started")
                self.assertEqual(started["fields"]["peer"], "192.0.2.7:4711")
            with BareSocket(broker.port) as ws:
                self.assertEqual(ws.answer, b"")
            refused = broker.wait_for_event("link.refused")
            self.assertEqual(refused["fields"]["filter"], "proxy-protocol")

    def test_the_address_of_the_proxy_header_is_what_anonymous_means(self):
        with self.broker("proxy-protocol", auth={"anonymous": "loopback"}) as broker:
            for address, code in (("192.0.2.7", 5), ("127.0.0.1", 0)):
                with socket.create_connection(("127.0.0.1", broker.port), timeout=WAIT_S) as link:
                    link.sendall(f"PROXY TCP4 {address} 10.0.0.1 4711 80\r\n".encode() + CONNECT)
                    self.assertEqual(link.recv(4), b"\x20\x02\x00" + bytes([code]))


if __name__ == "__main__":
    unittest.main()
