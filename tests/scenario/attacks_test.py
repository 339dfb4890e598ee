#!/usr/bin/python3
"""What a stranger, or a client that means ill, may try: the broker stays, its memory stays, and a client that was there before
is served all the time. The numbers are those of docs/reference/attacks.md:
ATTACK-1, ATTACK-6, ATTACK-7, ATTACK-8, ATTACK-9, ATTACK-19, ATTACK-29, ATTACK-30."""
import asyncio
import pathlib
import random
import socket
import struct
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker_case import BrokerCase  # noqa: E402
from link import connect_packet, packet, text  # noqa: E402
from mqtt_client import V311, V5, Client, ConnectionLost, Will  # noqa: E402

NEVER = 0xFFFFFFFF


def varint(value):
    return packet(0, b"\0" * value)[1:-value or None]


def publish_packet(topic, properties=b"", first=0x30, packet_id=b""):
    return packet(first, text(topic) + packet_id + varint(len(properties)) + properties + b"x")


def subscribe_packet(*filters):
    return packet(0x82, b"\0\1\0" + b"".join(text(f) + b"\1" for f in filters))


class Attack(BrokerCase):
    async def asyncSetUp(self):
        self.healthy = await self.connected("healthy")
        await self.healthy.subscribe("healthy")

    async def asyncTearDown(self):
        """Whatever was tried: the healthy client was served on the same link, and the broker ends as it should."""
        before = len(self.healthy.messages)
        self.assertEqual(await self.healthy.deliver("healthy", "still here"), 0)
        await self.healthy.received(before + 1)
        for client in self.clients:
            client.abort()
        await asyncio.gather(*(client.closed() for client in self.clients))
        self.assertEqual(self.broker.stop(), 0)

    def dial(self):
        link = socket.create_connection(("127.0.0.1", self.broker.port), timeout=30)
        self.addCleanup(link.close)
        return link

    def live(self, client_id="attacker"):
        link = self.dial()
        link.sendall(connect_packet(client_id))
        self.assertEqual(link.recv(1024)[3], 0)
        return link

    @staticmethod
    def to_end(link):
        """All that the broker had to say until it hung up."""
        said = b""
        try:
            while data := link.recv(65536):
                said += data
        except ConnectionResetError:
            pass
        return said

    def memory(self):
        return self.broker.metric("tenon_overload_memory_bytes")


class Malformed(Attack):
    async def test_attack_1_malformed_packets_end_their_own_link_only(self):
        before = [b"\x40\x02\0\1", b"\x00\x00", b"\xf0\x00", b"\x20\x02\0\0", b"\x10\xff\xff\xff\xff\x01", b"\x10\x00",
                  packet(0x10, text("MQTT") + b"\x05"), packet(0x11, text("MQTT") + b"\x05\x02\0\0\0\0\0"), b"GET / HTTP/1.1\r\n\r\n",
                  packet(0x10, text("MQTT") + b"\x05\x03\0\0\0\0\0"), packet(0x10, text("MQIsdp") + b"\x03\x02\0\0\0\0")]
        behind = [b"\x20\x03\0\0\0", b"\x10\x00", connect_packet("again"), b"\x30\xff\xff\xff\xff\x01", b"\x82\x05\0\1\0\0\0",
                  b"\x82\x03\0\1\0", b"\x36\x07\0\1t\0\1\0x", b"\x60\x02\0\1", b"\x90\x02\0\1", b"\xd0\x00", b"\xc1\x00", b"\xc0\x01\0",
                  packet(0x30, b"\xff\xfft\0"), packet(0x32, text("t") + b"\0\0\0x"), publish_packet("a/#"), b"\xe0\x02\xff\xff"]
        for data in before:
            with self.subTest(before_connect=data):
                link = self.dial()
                link.sendall(data)
                self.assertNotEqual(self.to_end(link)[:4], b"\x20\x03\0\0")
        for data in behind:
            with self.subTest(behind_connect=data):
                link = self.live()
                link.sendall(data)
                self.assertEqual(self.to_end(link)[:1], b"\xe0")


class Ids(Attack):
    async def test_attack_6_unfinished_ids_are_bounded_and_storms_of_releases_harmless(self):
        before = self.memory()
        link = self.live()
        for number in range(1, 1025):
            for first in (0x34, 0x3c):  # and each again, as a repeat
                link.sendall(publish_packet("t", b"", first, struct.pack("!H", number)))
        link.sendall(b"\xc0\x00")
        said = b""
        while not said.endswith(b"\xd0\x00"):
            said += link.recv(65536)
        link.sendall(publish_packet("t", b"", 0x34, struct.pack("!H", 2000)))
        self.assertEqual(self.to_end(link)[2:3], b"\x93")
        storm = self.live()
        storm.sendall(b"".join(struct.pack("!BBH", 0x62, 2, number) for number in range(1, 65536)) + b"\xe0\x00")
        said = self.to_end(storm)
        self.assertEqual({said[at:at + 2] + said[at + 4:at + 5] for at in range(0, len(said), 5)}, {b"\x70\x03\x92"})
        self.assertEqual(len(said), 65535 * 5)
        self.assertLess(self.memory() - before, 16 << 20)

    async def test_attack_19_clients_that_take_ids_from_each_other_do_no_harm(self):
        seed = 4711
        chance = random.Random(seed)

        async def attack(number):
            for _ in range(25):
                client = Client(f"shared{number % 5}", self.broker.port, clean=chance.random() < 0.5,
                                expiry_s=chance.choice([0, 60]))
                try:
                    await client.connect()
                    await client.subscribe("t/#", chance.randrange(3))
                    client.publish("t/x", "x", chance.randrange(3))
                    if chance.random() < 0.5:
                        await client.unsubscribe("t/#")
                    if chance.random() < 0.5:
                        await client.disconnect()
                except (OSError, ConnectionLost, asyncio.TimeoutError, AssertionError):
                    pass
                client.abort()
        await asyncio.gather(*(attack(number) for number in range(50)), self.chatting())

    async def chatting(self):
        for _ in range(50):
            self.assertEqual(await self.healthy.deliver("healthy", "x"), 0)


class Properties(Attack):
    async def test_attack_7_properties_are_bounded_and_checked(self):
        pair = b"\x26" + text("k" * 20) + text("v" * 20)
        cases = {"ten thousand": (pair * 10000, 0x97), "content type twice": ((b"\x03" + text("a")) * 2, 0x82),
                 "unknown": (b"\x7f\1", 0x81), "of another packet": (b"\x21\0\1", 0x81), "cut": (b"\x26\xff\xff", 0x81),
                 "large": (b"\x26" + text("k" * 65535) + text("v" * 65535), None)}
        for name, (properties, code) in cases.items():
            with self.subTest(name):
                link = self.live()
                link.sendall(publish_packet("t", properties) + b"\xe0\x00")
                said = self.to_end(link)
                self.assertIn(said[2] if said else None, (code, 0x82 if code == 0x81 else code))


class Topics(Attack):
    async def test_attack_8_deep_topics_are_refused_and_wide_filters_matched(self):
        link = self.live()
        link.sendall(publish_packet("/" * 65535))
        self.assertEqual(self.to_end(link)[2], 0x90)
        client = await self.connected("deep")
        self.assertEqual(await client.subscribe("/" * 65535), 0x8F)
        self.assertEqual(await client.subscribe("+/" * 32767 + "+"), 0x8F)

    async def test_attack_8_wildcards_far_down_are_refused_and_words_are_not(self):
        for version, code in ((V5, 0x8F), (V311, 0x80)):
            client = await self.connected(f"far-down-{version}", version=version)
            for wrong in ("a/" * 8 + "+", "+/" * 8 + "+/#", "$share/g/" + "a/" * 60 + "+/a"):
                self.assertEqual(await client.subscribe(wrong, 1), code)
            for right in ("+/" * 8 + "a/#", "a/" * 100 + "#", "$share/g/" + "+/" * 8 + "a"):
                self.assertEqual(await client.subscribe(right, 1), 1)

    async def test_attack_8_ten_thousand_filters_of_wildcards_hold_nobody_up(self):
        """Of those that may be had: eight levels of wildcards, and below each way through them filters that part where the
        topic is nearly at its end."""
        levels, wild, before = 100, 8, self.memory()
        client = await self.connected("wide")
        ways = ["/".join("+a"[bits >> level & 1] for level in range(wild)) for bits in range(1 << wild)]
        filters = [way + "/a" * (levels - wild - 1) + "/#" for way in ways[:100]]
        filters += [way + "/a" * (levels - wild - 2 - part) + "/x" for part in range(40) for way in ways][:9900]
        for at in range(0, len(filters), 100):
            self.assertEqual(await client.subscribe_all(filters[at:at + 100]), [1] * 100)
        # Each topic is a new one, and goes all the ways of the tree but for its last step.
        topics = ["/".join(["a"] * (levels - 1) + [f"{number}"]) for number in range(20)]
        took = []
        for topic in topics:
            began = time.monotonic()
            self.healthy.publish(topic, "x")
            self.assertEqual(await self.healthy.deliver("healthy", "behind it"), 0)
            took.append(time.monotonic() - began)
        await client.received(len(topics))
        print(f"# a new topic among 10,000 filters took {max(took) * 1000:.0f} ms at most", flush=True)
        self.assertLess(self.memory() - before, 64 << 20)

    async def test_attack_9_filters_that_are_none_are_refused(self):
        wrong = ["a#", "#/b", "a+", "+a", "a/b#", "$share//x", "$share/g", "$share/g/", "$share/g+/x", "$share/#/x", "",
                 b"a\0b", b"\xc0\xaf", b"\xed\xa0\x80", b"\xff", b"\xf4\x90\x80\x80"]
        for topic in wrong:
            with self.subTest(topic):
                link = self.live()
                link.sendall(subscribe_packet(topic) + b"\xe0\x00")
                said = self.to_end(link)
                code = said[-1] if said[:1] == b"\x90" else said[2]
                self.assertIn(code, (0x8F, 0x81, 0x82))


class Edges(Attack):
    async def test_attack_29_expiry_and_delay_at_their_ends(self):
        values = (0, 1, NEVER)
        for expiry in values:
            for delay in values:
                with self.subTest(expiry=expiry, delay=delay):
                    name = f"edge-{expiry}-{delay}"
                    client = await self.connected(name, expiry_s=expiry, will=Will("will/" + name, "x", 1, False, delay))
                    await client.subscribe("t")
                    client.abort()
                    await client.closed()
                    back = await self.connected(name, clean=False, expiry_s=expiry)
                    if expiry != 1:
                        self.assertEqual(back.connack.session_present, expiry == NEVER)
                    await back.disconnect(expiry_s=0)
        for expiry in (1, NEVER):
            self.assertEqual(await self.healthy.deliver("healthy", "x", expiry_s=expiry), 0)
        link = self.live()
        link.sendall(publish_packet("healthy", b"\x02\0\0\0\0") + b"\xe0\x00")
        self.to_end(link)


class Amplified(Attack):
    async def test_attack_30_one_message_for_many_and_many_for_one_hold_nobody_up(self):
        for number in range(2000):
            self.healthy.publish(f"many/{number}", "x" * 100, 1, retain=True)
        await self.healthy.deliver("many/last", "x", retain=True)
        readers = [await self.connected(f"reader{n}") for n in range(20)]
        for reader in readers:
            reader._write(subscribe_packet("many/#"))
        self.assertEqual(await self.healthy.deliver("healthy", "meanwhile"), 0)
        for reader in readers:
            await reader.received(2001)
        for number in range(50):
            self.healthy.publish("many/0", str(number), 1)
        self.assertEqual(await self.healthy.deliver("healthy", "meanwhile"), 0)
        for reader in readers:
            await reader.received(2051)


if __name__ == "__main__":
    unittest.main()
