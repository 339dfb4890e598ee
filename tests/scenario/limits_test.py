#!/usr/bin/python3
"""What one client, one address or all of them may ask of a listener: others never notice, and nothing is lost by it."""
import asyncio
import pathlib
import shutil
import signal
import socket
import ssl
import struct
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import Broker  # noqa: E402
from certificates import Authority  # noqa: E402
from link import connect_packet, packet, text  # noqa: E402
from mqtt_client import PAYLOAD_FORMAT, V5, V311, Client, Will, property_bytes  # noqa: E402

BANNED = {V5: 0x8A, V311: 5}
QUOTA_EXCEEDED = 0x97
PAYLOAD_FORMAT_INVALID = 0x99


class Limited(unittest.IsolatedAsyncioTestCase):
    """A broker with a listener `default` that has `limits`, and a listener `open` that has none."""
    limits = {}
    config = {}

    def setUp(self):
        self.broker = Broker(config={
            "listeners": {"default": self.limits, "open": {"bind": "127.0.0.1", "port": 0}}, **self.config})
        self.addCleanup(self.broker.__exit__)
        self.ports = {name: int(self.broker.wait_for_event("listener.opened", listener=name)["fields"]["port"])
                      for name in ("default", "open")}
        self.clients = []

    async def asyncTearDown(self):
        for client in self.clients:
            client.abort()

    def client(self, client_id, listener="default", **options):
        options = {"expiry_s": 0, "clean": True, **options}
        client = Client(client_id, self.ports[listener], **options)
        self.clients.append(client)
        return client

    async def connected(self, client_id, listener="default", **options):
        client = self.client(client_id, listener, **options)
        self.assertEqual((await client.connect()).code, 0)
        return client

    def met(self, limit):
        return self.broker.metric("tenon_limit_met_total", limit=limit)

    def over(self, limit):
        return self.broker.metric("tenon_link_over_limit_total", listener="default", limit=limit)

    def dial(self, source="127.0.0.1"):
        """A connection of the listener `default`."""
        link = socket.create_connection(("127.0.0.1", self.ports["default"]), timeout=30, source_address=(source, 0))
        self.addCleanup(link.close)
        return link

    def assert_hung_up(self, link):
        try:
            self.assertEqual(link.recv(1), b"")
        except ConnectionResetError:
            pass


class MessageRate(Limited):
    limits = {"client_message_rate_max": 20}

    async def test_client_above_its_rate_is_read_more_slowly_and_loses_nothing(self):
        for qos in (0, 1, 2):
            with self.subTest(qos=qos):
                reader = await self.connected(f"reader{qos}", "open")
                await reader.subscribe("t/#", qos)
                writer = await self.connected(f"writer{qos}")
                began = time.monotonic()
                for number in range(60):
                    writer.publish("t/x", str(number), qos)
                await reader.received(60, timeout_s=60)
                # Twenty are free; a broker may be slower than the rate, but not faster.
                self.assertGreater(time.monotonic() - began, 39 / 20)
                self.assertEqual([m.payload for m in reader.messages], [str(n).encode() for n in range(60)])
                await writer.disconnect()
                await reader.disconnect()
        self.assertGreater(self.met("client_rate"), 0)

    async def test_others_of_the_listener_are_not_concerned(self):
        busy = await self.connected("busy")
        for number in range(400):
            busy.publish("t", str(number), 0)
        other = await self.connected("other")
        for _ in range(10):
            self.assertEqual(await other.deliver("u", "x"), 0x10)
        # The one above its rate still has most of its messages to bring.
        self.assertLess(self.broker.metric("tenon_publish_received_total", qos="0"), 400)


class LinkThatIsReset(Limited):
    """Its client is above its rate: what was read of it is gone through while nothing can be sent to it any more."""
    limits = {"client_message_rate_max": 20}
    # One worker, so that what a client sends after the reset is read after it. Each link that ends is logged.
    config = {"node": {"workers": 1}, "log": {"format": "json", "level": "debug"}}

    def reset(self, link):
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        link.close()

    @staticmethod
    def messages(count):
        return b"".join(packet(0x30, text("t/x") + b"\0" + str(number).encode()) for number in range(count))

    async def test_what_was_read_is_not_lost_nor_a_disconnect_behind_it(self):
        reader = await self.connected("reader", "open")
        await reader.subscribe("#", 0)
        link = self.dial()
        link.sendall(packet(0x10, text("MQTT") + b"\x05\x06\0\x3c\0" + text("writer") + b"\0" + text("will") + text("gone")) +
                     self.messages(30) + b"\xe0\0")
        await reader.received(1)
        self.reset(link)
        await reader.received(30, timeout_s=60)
        closed = await asyncio.to_thread(self.broker.wait_for_event, "link.closed", client_id="writer")
        self.assertEqual(closed["fields"]["reason"], "disconnected by the client")
        probe = await self.connected("probe", "open")
        await probe.deliver("end", b"")
        await reader.received(31)
        self.assertEqual([m.payload for m in reader.messages], [str(n).encode() for n in range(30)] + [b""])

    async def test_what_is_for_its_group_goes_to_another_member_meanwhile(self):
        reader = await self.connected("reader", "open")
        await reader.subscribe("t/x", 0)
        links = [self.dial(), self.dial()]
        for number, link in enumerate(links):
            link.sendall(connect_packet(f"gone{number}") + packet(0x82, b"\0\1\0" + text("$share/g/shared") + b"\2"))
            await asyncio.to_thread(link.recv, 4096)
        member = await self.connected("member", "open")
        await member.subscribe("$share/g/shared", 2)
        for number, link in enumerate(links, 1):
            link.sendall(self.messages(60))
            await reader.received(20 * number)
        for link in links:
            self.reset(link)
        writer = await self.connected("writer", "open")
        for number in range(10):
            self.assertEqual(await writer.deliver("shared", str(number), 2), 0)
        await member.received(10)
        self.assertEqual([m.payload for m in member.messages], [str(n).encode() for n in range(10)])


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
class MessageRateOverTls(Limited):
    limits = {"client_message_rate_max": 20, "stack": ["tcp", "tls"]}

    def setUp(self):
        home = pathlib.Path(tempfile.mkdtemp(prefix="tenon-limits-"))
        self.addCleanup(shutil.rmtree, home)
        certificate, key = Authority(home / "ca").sign("server", "/CN=localhost", "DNS:localhost")
        self.config = {"plugins": {"tls": {"options": {"certificate": str(certificate), "key": str(key)}}}}
        super().setUp()

    async def test_who_says_all_at_once_and_hangs_up_has_said_it_and_leaves_no_will(self):
        reader = await self.connected("reader", "open")
        await reader.subscribe("#", 0)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connect = packet(0x10, text("MQTT") + b"\x05\x06\0\x3c\0" + text("writer") + b"\0" + text("will") + text("gone"))
        messages = b"".join(packet(0x30, text("t/x") + b"\0" + str(number).encode()) for number in range(60))
        with context.wrap_socket(self.dial()) as link:
            link.sendall(connect)
            self.assertEqual(link.recv(100)[:1], b"\x20")
            link.sendall(messages + b"\xe0\0")
            link.shutdown(socket.SHUT_WR)
            while await asyncio.to_thread(link.recv, 4096):
                pass  # until the broker has come to the end, too
        await reader.received(60, timeout_s=60)
        probe = await self.connected("probe", "open")
        await probe.deliver("end", "", 1)
        while reader.messages[-1].topic != "end":
            await reader.received(len(reader.messages) + 1)
        self.assertEqual([m.payload for m in reader.messages[:-1]], [str(n).encode() for n in range(60)])


class ByteRate(Limited):
    limits = {"client_byte_rate_max": 20000}

    async def test_pause_for_the_rate_is_not_taken_for_silence(self):
        writer = await self.connected("writer", keepalive_s=1)
        began = time.monotonic()
        self.assertEqual(await writer.deliver("t", "x" * 80000, timeout_s=60), 0x10)
        await writer.ping(timeout_s=60)
        self.assertGreater(time.monotonic() - began, 2.9)
        self.assertTrue(writer.connected)


class Connections(Limited):
    limits = {"connections_max": 3}

    async def test_connection_beyond_the_limit_is_closed_and_a_place_that_becomes_free_is_taken(self):
        clients = [await self.connected(f"c{n}") for n in range(3)]
        self.assert_hung_up(self.dial())
        self.assertEqual(self.over("connections"), 1)
        await self.connected("elsewhere", "open")
        await clients[0].disconnect()
        await self.connected("c3")
        for client in clients[1:]:
            await client.ping()


class ConnectionsOfAnAddress(Limited):
    limits = {"connections_per_address_max": 2}

    async def test_address_that_has_all_its_connections_takes_no_place_of_another(self):
        clients = [await self.connected(f"c{n}") for n in range(2)]
        self.assert_hung_up(self.dial())
        other = self.dial(source="127.0.0.2")
        other.sendall(connect_packet("other"))
        self.assertEqual(other.recv(64)[3], 0)
        self.assertEqual(self.over("connections_per_address"), 1)
        await clients[0].disconnect()
        await self.connected("c2")


class ConnectionsBehindAProxy(Limited):
    limits = {"connections_per_address_max": 1, "stack": ["tcp", "proxy-protocol"]}
    config = {"plugins": {"proxy-protocol": {}}, "auth": {"anonymous": "always"}}

    async def test_nobody_but_a_trusted_proxy_is_listened_to(self):
        """ATTACK-24"""
        header = b"PROXY TCP4 192.0.2.7 192.0.2.1 4000 1883\r\n"
        for trusted, comes_in in ((["10.0.0.0/8"], False), (["127.0.0.2"], True), ([], False)):
            self.broker.write_config("95-trusted.json", {"listeners": {"default": {"trusted_proxies": trusted}}})
            after = len(self.broker.events())
            self.broker.process.send_signal(signal.SIGHUP)
            self.broker.wait_for_event("config.reload_done", after=after)
            link = self.dial(source="127.0.0.2")
            if not comes_in:
                self.assert_hung_up(link)
                continue
            link.sendall(header + connect_packet("c"))
            self.assertEqual(link.recv(1), b"\x20")
            link.close()
        refused = self.broker.wait_for_event("link.refused")
        self.assertIn("trusted_proxies", refused["fields"]["reason"])

    def through_proxy(self, header, client_id="c", pieces=1):
        """A link on which a proxy has said this, in so many pieces, and the client its CONNECT behind it."""
        link, data = self.dial(), header + connect_packet(client_id)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in range(pieces):
            link.sendall(data[len(data) * piece // pieces:len(data) * (piece + 1) // pieces])
        return link

    @staticmethod
    def text_header(address):
        return f"PROXY TCP{6 if ':' in address else 4} {address} {'::1' if ':' in address else '192.0.2.1'} 4711 1883\r\n".encode()

    @staticmethod
    def binary_header(address, more=b"", size=None, first=0x21):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        addresses = socket.inet_pton(family, address) * 2 + struct.pack("!HH", 4711, 1883) + more
        size = len(addresses) if size is None else size
        return b"\r\n\r\n\0\r\nQUIT\n" + struct.pack("!BBH", first, 0x21 if ":" in address else 0x11, size) + addresses

    async def test_address_is_the_one_that_the_proxy_names(self):
        extensions = b"\2\0\4name" + b"\4\0\x40" + bytes(64)
        ways = {"text": self.text_header, "binary": self.binary_header,
                "binary with extensions": lambda address: self.binary_header(address, extensions)}
        for number, (way, header) in enumerate(ways.items()):
            for pattern in ("198.51.100.{}", "2001:db8:0:{}::1"):
                for pieces in (1, 40):
                    with self.subTest(way, pattern=pattern, pieces=pieces):
                        first, second = (pattern.format(10 * number + pieces + n) for n in range(2))
                        there = self.through_proxy(header(first), first, pieces)
                        self.assertEqual(there.recv(64)[3], 0)
                        self.assertEqual(self.through_proxy(header(second), second, pieces).recv(64)[3], 0)
                        self.assert_hung_up(self.through_proxy(header(first)))
                        there.sendall(b"\xc0\0")
                        self.assertEqual(there.recv(2), b"\xd0\0")

    async def test_attack_24_headers_that_lie_about_their_lengths_let_nobody_in(self):
        address = "198.51.100.1"
        lies = {"shorter than its addresses": self.binary_header(address, size=11), "of no length": self.binary_header(address, size=0),
                "longer than it may be": self.binary_header(address, size=0xFFFF), "in the midst of CONNECT": self.binary_header(address, size=20),
                "beyond CONNECT": self.binary_header(address, size=200), "of another version": self.binary_header(address, first=0x31),
                "of another command": self.binary_header(address, first=0x22)}
        for lie, header in lies.items():
            with self.subTest(lie):
                link = self.through_proxy(header)
                link.shutdown(socket.SHUT_WR)
                self.assert_hung_up(link)
        # The length of an extension is nobody's business: what is behind the header is read as the client's.
        link = self.through_proxy(self.binary_header(address, b"\2\xff\xffname"))
        self.assertEqual(link.recv(64)[3], 0)


class ConnectionRate(Limited):
    limits = {"connection_rate_max": 2}
    config = {"mqtt": {"connect_timeout_s": 4}}

    async def test_storm_is_let_in_one_after_another_and_nobody_else_notices(self):
        there = await self.connected("there", "open")
        began = time.monotonic()
        links = [self.dial() for _ in range(5)]
        for number, link in enumerate(links):
            link.sendall(connect_packet(f"storm{number}"))
        await there.ping()
        for link in links:
            self.assertEqual(await asyncio.to_thread(link.recv, 1), b"\x20")
        self.assertGreater(time.monotonic() - began, 0.9)
        self.assertGreater(self.broker.metric("tenon_link_waited_total", listener="default"), 0)

    async def test_connection_that_would_wait_for_too_long_is_closed(self):
        links = [self.dial() for _ in range(12)]
        for link in links:
            link.sendall(connect_packet(""))
        answers = await asyncio.gather(*(asyncio.to_thread(self.first_byte, link) for link in links))
        self.assertGreaterEqual(answers.count(b"\x20"), 6)
        self.assertGreaterEqual(answers.count(b""), 1)
        self.assertEqual(self.over("connection_rate"), answers.count(b""))

    @staticmethod
    def first_byte(link):
        try:
            return link.recv(1)
        except ConnectionResetError:
            return b""


class HandshakeRate(Limited):
    limits = {"connection_rate_max": 1, "stack": ["tcp", "websocket"]}
    config = {"plugins": {"websocket": {}}}

    async def test_handshakes_of_filters_wait_for_their_turn(self):
        request = (b"GET /mqtt HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                   b"Sec-WebSocket-Protocol: mqtt\r\n\r\n")
        began = time.monotonic()
        links = [self.dial() for _ in range(4)]
        for link in links:
            link.sendall(request)
        for link in links:
            self.assertEqual(await asyncio.to_thread(link.recv, 12), b"HTTP/1.1 101")
        self.assertGreater(time.monotonic() - began, 1.9)


class Flapping(Limited):
    config = {"overload": {"flapping_connects_max": 3, "flapping_window_s": 60, "flapping_ban_s": 600}}

    async def test_client_that_connects_again_and_again_is_kept_out(self):
        for version in (V5, V311):
            with self.subTest(version=version):
                name = f"flapping{version}"
                for _ in range(3):
                    client = await self.connected(name, version=version)
                    await client.disconnect()
                for _ in range(2):
                    self.assertEqual((await self.client(name, version=version).connect()).code, BANNED[version])
        await self.connected("steady")
        self.assertEqual(self.broker.metric("tenon_overload_bans_total"), 2)
        self.assertEqual(self.met("flapping"), 4)
        self.broker.wait_for_event("link.client_banned", client_id="flapping5")

    async def test_id_used_elsewhere_does_not_keep_its_owner_out(self):
        owner = await self.connected("owned")
        answers = []
        for _ in range(6):
            link = self.dial(source="127.0.0.2")
            link.sendall(connect_packet("owned"))
            answers.append(link.recv(64)[3])
            link.close()
        self.assertEqual(answers[-1], BANNED[V5])
        await owner.closed()  # anonymous clients own no id
        self.assertEqual((await self.client("owned").connect()).code, 0)


class OfOneClient(Limited):
    config = {"mqtt": {"subscriptions_per_session_max": 2, "topic_levels_max": 4, "user_properties_max": 2,
                       "packet_bytes_max": 1000, "retained_bytes_max": 3000, "client_id_bytes_max": 30, "topic_bytes_max": 40}}

    async def test_each_limit_that_is_met_is_counted(self):
        client = await self.connected("c")
        self.assertEqual([await client.subscribe(f) for f in ("a", "b", "c")], [1, 1, QUOTA_EXCEEDED])
        self.assertEqual(self.met("subscriptions"), 1)
        self.assertEqual(await client.subscribe("a/b/c/d/e"), 0x8F)
        self.assertEqual(self.met("topic"), 1)
        codes = [await client.deliver(f"r/{n}", "x" * 800, retain=True) for n in range(4)]
        self.assertEqual(codes[0], 0x10)
        self.assertEqual(codes[-1], QUOTA_EXCEEDED)
        self.assertEqual(self.met("retained"), codes.count(QUOTA_EXCEEDED))
        # A place that is given back can be had.
        await client.deliver("r/0", "", retain=True)
        self.assertEqual(await client.deliver("r/9", "x" * 800, retain=True), 0x10)
        client.publish("t", "x" * 1000)
        await client.closed()
        self.assertEqual((client.disconnect_code, self.met("packet_bytes")), (0x95, 1))
        self.assertEqual((await self.client("c" * 31).connect()).code, 0x85)
        self.assertEqual(self.met("client_id_bytes"), 1)

    async def test_topics_beyond_the_limit_are_refused_and_counted(self):
        for number, version in enumerate((V5, V311)):
            client = await self.connected("c", version=version)
            self.assertEqual([await client.subscribe("t" * size) for size in (40, 41)], [1, 0x8F if version == V5 else 0x80])
            self.assertEqual(await client.deliver("t" * 40, "x"), 0)
            client.publish("t" * 41, "x")
            await client.closed()
            self.assertEqual(client.disconnect_code, 0x90 if version == V5 else None)
            self.assertEqual(self.met("topic"), 2 * number + 2)

    async def test_user_properties_beyond_the_limit_end_the_link_and_are_counted(self):
        link = self.dial()
        link.sendall(connect_packet("c"))
        self.assertEqual(link.recv(64)[:1], b"\x20")
        properties = b"".join(b"\x26" + text("k") + text("v") for _ in range(3))
        link.sendall(packet(0x30, text("t") + bytes([len(properties)]) + properties + b"x"))
        self.assertEqual(link.recv(3)[::2], bytes([0xE0, QUOTA_EXCEEDED]))
        self.assertEqual(self.met("user_properties"), 1)


class TowardsAClient(Limited):
    config = {"mqtt": {"inflight_max": 3}}

    async def test_what_it_has_not_acknowledged_is_bounded_and_the_rest_waits_for_its_turn(self):
        writer = await self.connected("writer")
        for version in (V5, V311):
            with self.subTest(version=version):
                reader = await self.connected("reader", version=version, hold_answers=True)
                await reader.subscribe("t", 1)
                for number in range(6):
                    await writer.deliver("t", str(number))
                await reader.ping()
                self.assertEqual([m.payload for m in reader.messages], [b"0", b"1", b"2"])
                reader.answer_held(reader.messages[0])
                await reader.received(4)
                await reader.ping()
                self.assertEqual(len(reader.messages), 4)
                reader.hold_answers = False
                for message in reader.messages[1:]:
                    reader.answer_held(message)
                self.assertEqual([m.payload for m in await reader.received(6)], [b"%d" % number for number in range(6)])

    async def test_a_packet_above_its_maximum_is_left_out_and_counted(self):
        reader = await self.connected("reader", packet_bytes_max=100)
        await reader.subscribe("t", 1)
        writer = await self.connected("writer")
        for payload in ("x" * 200, "small"):
            for qos in (0, 1):
                await writer.deliver("t", payload, qos)
        await reader.received(2)
        await reader.ping()
        self.assertEqual([m.payload for m in reader.messages], [b"small"] * 2)
        self.assertEqual(self.broker.metric("tenon_publish_dropped_total", cause="too_large"), 2)


class RetainedCount(Limited):
    config = {"mqtt": {"retained_count_max": 2}}

    async def test_a_retained_message_beyond_the_limit_is_delivered_and_not_kept(self):
        there = await self.connected("there")
        await there.subscribe("r/#", 1)
        writer = await self.connected("writer")
        self.assertEqual([await writer.deliver(f"r/{n}", "x", retain=True) for n in range(3)], [0, 0, QUOTA_EXCEEDED])
        self.assertEqual(await writer.deliver("r/0", "y", retain=True), 0)
        self.assertEqual(self.met("retained"), 1)
        self.assertEqual([m.topic for m in await there.received(4)], ["r/0", "r/1", "r/2", "r/0"])
        await writer.deliver("r/1", "", retain=True)
        self.assertEqual(await writer.deliver("r/3", "x", retain=True), 0)
        late = await self.connected("late")
        await late.subscribe("r/#", 1)
        self.assertEqual(sorted(m.topic for m in await late.received(2)), ["r/0", "r/3"])
        await late.ping()
        self.assertEqual(len(late.messages), 2)


class PayloadFormat(Limited):
    """What its publisher says is text has to be text, for who asks."""

    def connection(self, client_id="publisher"):
        link = self.dial()
        link.sendall(connect_packet(client_id))
        self.assertEqual(link.recv(64)[3], 0)
        return link

    def publish(self, link, qos, payload):
        """The answer to a message with QoS 1 or 2: (type of the packet, reason code)."""
        head = text("t") + (b"\0\7" if qos else b"") + property_bytes([(PAYLOAD_FORMAT, 1)])
        link.sendall(packet(0x30 | qos << 1, head + payload))
        if qos:
            first, size, _, packet_id, *rest = link.recv(64)
            self.assertEqual((size, packet_id), (2 + len(rest), 7))
            return first >> 4, rest[0] if rest else 0

    def check_by_reload(self, is_on):
        self.broker.write_config("95-format.json", {"mqtt": {"payload_format_check": is_on}})
        after = len(self.broker.events())
        self.broker.signal(signal.SIGHUP)
        self.broker.wait_for_event("config.reload_done", after=after)

    async def test_what_is_no_text_is_refused_when_it_is_asked_for_and_the_link_stays(self):
        watcher = await self.connected("watcher")
        await watcher.subscribe("t")
        before = self.connection("before")
        self.check_by_reload(True)
        with before, self.connection() as link:
            self.publish(link, 0, b"\xff")
            self.assertEqual(self.publish(link, 1, b"\xc3"), (4, PAYLOAD_FORMAT_INVALID))
            self.assertEqual(self.publish(link, 2, b"\xed\xa0\x80"), (5, PAYLOAD_FORMAT_INVALID))
            self.assertEqual(self.met("payload_format"), 3)
            self.assertEqual(self.publish(link, 1, "\0 ü".encode()), (4, 0))
            # A link keeps what it came in by.
            self.assertEqual(self.publish(before, 1, b"\xff"), (4, 0))
        await watcher.received(2)
        self.assertEqual([m.payload for m in watcher.messages], ["\0 ü".encode(), b"\xff"])
        self.check_by_reload(False)
        with self.connection() as link:
            self.assertEqual(self.publish(link, 1, b"\xff"), (4, 0))

    async def test_a_will_that_is_no_text_lets_nobody_in(self):
        self.check_by_reload(True)
        for payload, code in ((b"\xff", PAYLOAD_FORMAT_INVALID), ("ü".encode(), 0)):
            will = Will("t", payload, properties=[(PAYLOAD_FORMAT, 1)])
            self.assertEqual((await self.client("c", will=will).connect()).code, code)
        self.assertEqual(self.met("payload_format"), 1)


class KeepAlive(Limited):
    config = {"mqtt": {"keepalive_s_min": 30, "keepalive_s_max": 600}}

    async def test_keep_alive_out_of_bounds_is_set_and_told(self):
        for asked, told in ((1, 30), (30, None), (600, None), (601, 600), (0, 600)):
            with self.subTest(asked=asked):
                client = await self.connected("c", keepalive_s=asked)
                self.assertEqual(client.connack.properties.get(19), told)


class KeepAliveOfThree(Limited):
    config = {"mqtt": {"keepalive_s_max": 1}}

    async def test_client_that_can_not_be_told_is_held_to_the_longest_keep_alive_all_the_same(self):
        began = time.monotonic()
        silent = [await self.connected(f"c{asked}", version=V311, keepalive_s=asked) for asked in (0, 600)]
        for client in silent:
            await client.closed()
        self.assertGreater(time.monotonic() - began, 1.4)


class LongPacket(Limited):
    """A client can't send a PINGREQ while its packet is on its way."""

    def slow_client(self):
        link = self.dial()
        link.sendall(connect_packet("slow", keepalive_s=2))
        self.assertEqual(link.recv(64)[3], 0)
        return link

    def publish_packet(self, size):
        return packet(0x32, text("t") + b"\0\1\0" + bytes(size))

    async def test_a_client_is_not_silent_while_a_long_packet_comes_slowly_MQTT_3_1_2_20(self):
        for size in (12_000, 120_000):  # kept in the common memory, and in the link's own
            with self.subTest(size=size):
                link, data = self.slow_client(), self.publish_packet(size)
                for at in range(0, len(data), size // 10):
                    link.sendall(data[at:at + size // 10])
                    await asyncio.sleep(0.6)  # it is that slow
                self.assertEqual(link.recv(1), b"\x40")

    async def test_one_that_stops_in_the_midst_of_a_packet_is_sent_away_MQTT_3_1_2_22(self):
        link = self.slow_client()
        link.sendall(self.publish_packet(60_000)[:30_000])
        goodbye = link.recv(64)
        self.assertEqual((goodbye[0], goodbye[2]), (0xE0, 0x8D))


if __name__ == "__main__":
    unittest.main()
