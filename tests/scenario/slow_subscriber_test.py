#!/usr/bin/python3
"""A subscriber that does not read costs itself messages, and nobody else anything. ATTACK-5."""
import asyncio
import contextlib
import pathlib
import socket
import struct
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import sanitizer  # noqa: E402
from broker_case import BrokerCase  # noqa: E402
from link import Link, connect_packet, packet, text  # noqa: E402

PAYLOAD = b"x" * 4096
MESSAGES = 6000  # some 24 MB: far more than is kept for anybody
OUTPUT_BYTES = 65536
QUEUE_BYTES = 1 << 20
STALLED = 4
LARGE = 15 << 20
NO_SUBSCRIBERS = 0x10
# For each: what waits to be written and one packet, what waits in the queue, and the pieces that these are kept in.
MEMORY_EACH = 2 * (OUTPUT_BYTES + QUEUE_BYTES)
# The engines' own: caches, the journal's buffers, what the allocator keeps. Both together are less than what is published, which all who
# wait for it share: a queue without a bound is seen.
MEMORY_BESIDE = 8 << 20
assert STALLED * MEMORY_EACH + MEMORY_BESIDE < MESSAGES * len(PAYLOAD) * 3 // 4


class StalledLink(Link):
    """Subscribes and reads no more."""

    def __init__(self, port, client_id, topic, qos, keepalive_s=60, buffer_bytes=4096):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        self.socket.settimeout(30)
        self.socket.connect(("127.0.0.1", port))
        self.socket.sendall(connect_packet(client_id, keepalive_s=keepalive_s))
        first, body = self.read()
        assert (first, body[1]) == (0x20, 0), (first, body)
        self.subscribe(topic, qos)


class SlowSubscriber(BrokerCase):
    config = {"mqtt": {"link_output_bytes_max": OUTPUT_BYTES, "session_queue_bytes_max": QUEUE_BYTES}}

    def stalled(self, qos):
        links = [StalledLink(self.broker.port, f"stalled{qos}-{n}", "t", qos) for n in range(STALLED)]
        for link in links:
            self.addCleanup(link.close)
        return links

    async def publish_all(self, qos):
        """To the stalled ones and to healthy ones, who must get everything, in order."""
        readers = []
        for n in range(5):
            numbers = []
            reader = await self.connected(f"reader{n}", on_message=lambda m, n=numbers: n.append(int(m.payload[:8])))
            await reader.subscribe("t", qos)
            readers.append((reader, numbers))
        before = self.broker.metric("tenon_overload_memory_bytes")
        writer = await self.connected("writer")
        for number in range(MESSAGES):
            writer.publish("t", b"%08d" % number + PAYLOAD, qos)
            if number % (8 if qos == 0 else 64) == 7:  # a healthy one keeps up, or its own are dropped, too
                await writer.ping()
                for reader, _ in readers:
                    await reader.ping()
        self.assertEqual(await writer.deliver("t", b"%08d" % MESSAGES + PAYLOAD, 1), 0)
        for reader, numbers in readers:
            await reader.ping()
            while numbers[-1:] != [MESSAGES]:
                await reader.ping()
            self.assertEqual(numbers, list(range(MESSAGES + 1)))
        return self.broker.metric("tenon_overload_memory_bytes") - before

    def check_growth(self, grown):
        if sanitizer.memory_tells():
            self.assertLess(grown, STALLED * MEMORY_EACH + MEMORY_BESIDE)

    def dropped(self, cause):
        return self.broker.metric("tenon_publish_dropped_total", cause=cause)

    async def test_its_queue_fills_and_others_get_everything(self):
        links = self.stalled(1)
        grown = await self.publish_all(1)
        self.check_growth(grown)
        self.assertGreater(self.dropped("queue_full"), STALLED * MESSAGES / 2)
        # When it reads again, it gets the oldest ones, in order and without a gap.
        numbers, link = [], links[0]
        first, body = link.read()
        while first is not None and first >> 4 == 3:
            at = 2 + struct.unpack_from("!H", body)[0]
            packet_id = body[at:at + 2]
            numbers.append(int(body[at + 3:at + 11]))
            link.socket.sendall(packet(0x40, packet_id))
            link.socket.settimeout(30 if len(numbers) < QUEUE_BYTES // 5000 else 2)
            try:
                first, body = link.read()
            except TimeoutError:
                break
        self.assertEqual(numbers, list(range(len(numbers))))
        self.assertGreaterEqual(len(numbers), QUEUE_BYTES // 5000)
        link.socket.settimeout(30)
        link.socket.sendall(packet(0x32, text("u") + b"\0\1\0x"))
        self.assertEqual(link.read()[0], 0x40)

    async def test_one_that_stays_too_slow_is_told_to_go(self):
        self.broker.__exit__()
        self.config = {"mqtt": {**self.config["mqtt"], "slow_client_timeout_s": 1}}
        self.setUp()
        link = self.stalled(1)[0]
        writer = await self.connected("writer")
        number = 0
        while self.broker.metric("tenon_limit_met_total", limit="slow_client") < STALLED:
            for _ in range(200):
                writer.publish("t", b"%08d" % number + PAYLOAD, 1)
                number += 1
            self.assertLess(await writer.deliver("t", b"x", 1), 0x80)
        # It gets what was written before, and then the reason.
        first, body = link.read()
        while first is not None and first >> 4 == 3:
            first, body = link.read()
        self.assertIn((first, body[:1]), ((0xE0, b"\x97"), (None, b"")))
        self.assertEqual(self.broker.metric("tenon_session_connected_sessions"), 1)
        # They have acknowledged nothing: each message to one of them is counted as lost, at once or with its session.
        self.assertEqual(self.dropped("queue_full") + self.dropped("session_ended"),
                         self.broker.metric("tenon_publish_sent_total", qos="1"))

    async def test_qos_0_is_dropped_for_it_alone(self):
        self.stalled(0)
        grown = await self.publish_all(0)
        self.check_growth(grown)
        self.assertGreater(self.dropped("output_full"), STALLED * MESSAGES / 2)


class SlowLine(BrokerCase):
    config = {"mqtt": {"link_output_bytes_max": OUTPUT_BYTES, "packet_bytes_max": LARGE + 1000}}

    def subscriber(self, client_id, **options):
        """It must be heard of each three seconds, while a message comes that takes far longer on its line."""
        link = StalledLink(self.broker.port, client_id, "t", 0, keepalive_s=2, **options)
        self.addCleanup(link.close)
        return link

    async def test_a_client_that_takes_what_it_is_sent_is_not_sent_away_while_it_is_not_read_MQTT_3_1_2_22(self):
        slow, stalled = self.subscriber("slow", buffer_bytes=65536), self.subscriber("stalled")
        writer = await self.connected("writer")
        self.assertEqual(await writer.deliver("t", b"x" * LARGE, 1), 0)
        left, steps = len(packet(0x30, text("t") + b"\0" + bytes(LARGE))), 80
        for step in range(steps):
            if step % 5 == 0:
                for link in (slow, stalled):
                    with contextlib.suppress(OSError):
                        link.socket.sendall(packet(0xC0, b""))
            left -= len(slow.take(left // (steps - step)))
            await asyncio.sleep(0.1)
        self.assertEqual(left, 0)
        self.assertEqual(slow.publish("u"), NO_SUBSCRIBERS)
        # Who takes nothing is gone by now.
        self.assertEqual(self.broker.metric("tenon_session_connected_sessions"), 2)


if __name__ == "__main__":
    unittest.main()
