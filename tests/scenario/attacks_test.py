#!/usr/bin/python3
"""What a stranger, or a client that means ill, may try: the broker stays, its memory stays, and a client that was there before
is served all the time. The numbers are those of docs/reference/attacks.md:
ATTACK-1, ATTACK-6, ATTACK-7, ATTACK-8, ATTACK-9, ATTACK-29."""
import asyncio
import pathlib
import socket
import struct
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import sanitizer  # noqa: E402
from broker_case import BrokerCase  # noqa: E402
from link import connect_packet, packet, text  # noqa: E402
from mqtt_client import MESSAGE_EXPIRY, V5, V311, Client, Will  # noqa: E402

NEVER = 0xFFFFFFFF
RECEIVE_MAX, IDS = 1024, 65535  # mqtt.receive_maximum, and how many ids there are
CPU_S_PER_KIB_MAX = 0.001
WILL_WAIT_S = 60


def varint(value):
    return packet(0, b"\0" * value)[1:-value or None]


def publish_packet(topic, properties=b"", first=0x30, packet_id=b"", version=V5):
    listed = varint(len(properties)) + properties if version == V5 else b""
    return packet(first, text(topic) + packet_id + listed + b"x")


def subscribe_packet(*filters, version=V5):
    return packet(0x82, b"\0\1" + (b"\0" if version == V5 else b"") + b"".join(text(f) + b"\1" for f in filters))


class Attack(BrokerCase):
    async def asyncSetUp(self):
        self.links = []
        self.healthy = await self.connected("healthy")
        await self.healthy.subscribe("healthy")

    async def asyncTearDown(self):
        """Whatever was tried: the healthy client was served on the same link, and the broker ends as it should."""
        before = len(self.healthy.messages)
        self.assertEqual(await self.healthy.deliver("healthy", "still here"), 0)
        await self.healthy.received(before + 1)
        for link in self.links:
            link.close()
        for client in self.clients:
            client.abort()
        await asyncio.gather(*(client.closed() for client in self.clients))
        self.assertEqual(self.broker.stop(), 0)

    def dial(self):
        link = socket.create_connection(("127.0.0.1", self.broker.port), timeout=30)
        self.links.append(link)
        return link

    def live(self, client_id="attacker", version=V5):
        """A link that has logged in."""
        link = self.dial()
        link.sendall(connect_packet(client_id, version=version))
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
                  packet(0x10, text("MQTT") + b"\x04"), packet(0x11, text("MQTT") + b"\x04\x02\0\0\0\0"),
                  packet(0x10, text("MQTT") + b"\x05\x03\0\0\0\0\0"), packet(0x10, text("MQIsdp") + b"\x03\x02\0\0\0\0")]
        either = [b"\x20\x03\0\0\0", b"\x10\x00", b"\x30\xff\xff\xff\xff\x01", b"\x82\x05\0\1\0\0\0", b"\x82\x03\0\1\0",
                  b"\x36\x07\0\1t\0\1\0x", b"\x60\x02\0\1", b"\x90\x02\0\1", b"\xd0\x00", b"\xc1\x00", b"\xc0\x01\0",
                  packet(0x30, b"\xff\xfft\0"), packet(0x30, text("") + b"\0x"), b"\x42\x02\0\1", b"\xb0\x02\0\1", b"\xe1\x00"]
        for data in before:
            with self.subTest(before_connect=data):
                link = self.dial()
                link.sendall(data)
                self.assertNotEqual(self.to_end(link)[:4], b"\x20\x03\0\0")
        for version in (V311, V5):
            own = [connect_packet("again", version=version), packet(0x32, text("t") + b"\0\0" + (b"\0x" if version == V5 else b"x")),
                   publish_packet("a/#", version=version), b"\xe0\x02\xff\xff", b"\xf0\x02\0\0"]
            for data in either + own:
                with self.subTest(behind_connect=data, version=version):
                    link = self.live(version=version)
                    link.sendall(data)
                    self.assertEqual(self.to_end(link)[:1], b"\xe0" if version == V5 else b"")


class Ids(Attack):
    def unfinished(self, client_id, version, count):
        """A link with so many ids, each sent again as a repeat and none of them finished."""
        link = self.live(client_id, version)
        answers, size = {b"\x50\x02": 4, b"\x50\x03": 5, b"\xd0\x00": 2}, 1000
        for first_id in range(1, count + 1, size):
            ids = range(first_id, min(first_id + size, count + 1))
            link.sendall(b"".join(publish_packet("t", b"", first, struct.pack("!H", packet_id), version)
                                  for packet_id in ids for first in (0x34, 0x3c)) + b"\xc0\x00")
            said, at, answered = b"", 0, 0
            while not said.endswith(b"\xd0\x00"):
                said += link.recv(65536)
            while at < len(said):
                answered, at = answered + 1, at + answers[said[at:at + 2]]
            self.assertEqual(answered, 2 * len(ids) + 1)
        return link

    async def test_attack_6_unfinished_ids_are_bounded(self):
        """In 5.0 by the Receive Maximum of each link, in 3.1.1 by how many there are."""
        before = self.memory()
        links = [self.unfinished(f"unfinished{number}", V5, RECEIVE_MAX) for number in range(64)]
        self.assertGreater(len(links) * RECEIVE_MAX, IDS)
        links += [self.unfinished(f"all{number}", V311, IDS) for number in range(2)]
        await self.healthy.ping()
        if sanitizer.memory_tells():
            self.assertLess(self.memory() - before, 16 << 20)
        for link in links[:64]:
            link.sendall(publish_packet("t", b"", 0x34, struct.pack("!H", 2000)))
            self.assertEqual(self.to_end(link)[2:3], b"\x93")
        for link in links[64:]:
            link.sendall(publish_packet("t", b"", 0x3c, struct.pack("!H", 2000), V311) + b"\xe0\x00")
            self.assertEqual(self.to_end(link), struct.pack("!BBH", 0x50, 2, 2000))

    async def test_attack_6_storms_of_releases_are_answered_and_leave_nothing(self):
        before = self.memory()
        for version, answer in ((V311, b"\x70\x02"), (V5, b"\x70\x03\x92")):
            storm = self.live("storm", version)
            storm.sendall(b"".join(struct.pack("!BBH", 0x62, 2, number) for number in range(1, 65536)) + b"\xe0\x00")
            said, size = self.to_end(storm), len(answer) + 2
            self.assertEqual({said[at:at + 2] + said[at + 4:at + size] for at in range(0, len(said), size)}, {answer})
            self.assertEqual(len(said), 65535 * size)
        if sanitizer.memory_tells():
            self.assertLess(self.memory() - before, 16 << 20)


class Properties(Attack):
    PAIR = b"\x26" + text("k" * 20) + text("v" * 20)

    async def test_attack_7_properties_are_bounded_and_checked(self):
        cases = {"ten thousand": (self.PAIR * 10000, 0x97), "content type twice": ((b"\x03" + text("a")) * 2, 0x82),
                 "unknown": (b"\x7f\1", 0x81), "of another packet": (b"\x21\0\1", 0x81), "cut": (b"\x26\xff\xff", 0x81),
                 "large": (b"\x26" + text("k" * 65535) + text("v" * 65535), None)}
        for name, (properties, code) in cases.items():
            with self.subTest(name):
                link = self.live()
                link.sendall(publish_packet("t", properties) + b"\xe0\x00")
                said = self.to_end(link)
                self.assertIn(said[2] if said else None, (code, 0x82 if code == 0x81 else code))

    async def test_attack_7_properties_in_masses_are_refused_or_forgotten_in_each_packet(self):
        before, mass = self.memory(), varint(len(self.PAIR) * 10000) + self.PAIR * 10000
        id_and_mass = b"\0\1" + mass
        # What ends the link says so; what is answered as without them keeps none of them.
        packets = {"PUBLISH": (packet(0x30, text("t") + mass + b"x"), b"\xe0\x97"), "AUTH": (packet(0xF0, b"\x18" + mass), b"\xe0\x82"),
                   "SUBSCRIBE": (packet(0x82, id_and_mass + text("t") + b"\1"), b"\x90\0"),
                   "UNSUBSCRIBE": (packet(0xA2, id_and_mass + text("t")), b"\xb0\0"),
                   "PUBREL": (packet(0x62, b"\0\1\0" + mass), b"\x70\0"), "PUBACK": (packet(0x40, b"\0\1\0" + mass), b""),
                   "DISCONNECT": (packet(0xE0, b"\0" + mass), b"")}
        for name, (data, answer) in packets.items():
            with self.subTest(name):
                for _ in range(10):
                    link = self.live()
                    link.sendall(data + b"\xe0\x00")
                    self.assertEqual(self.to_end(link)[:3:2], answer)
            await self.healthy.ping()
        if sanitizer.memory_tells():
            self.assertLess(self.memory() - before, 16 << 20)

    async def test_attack_7_properties_in_masses_before_the_login_are_not_even_read(self):
        mass = varint(len(self.PAIR) * 10000) + self.PAIR * 10000
        head = text("MQTT") + b"\x05"
        for name, rest in {"CONNECT": b"\x02\0\0" + mass + text("c"), "will": b"\x06\0\0\0" + text("c") + mass + text("t") + text("x")}.items():
            with self.subTest(name):
                link = self.dial()
                try:
                    link.sendall(packet(0x10, head + rest))
                except ConnectionError:
                    pass
                self.assertIn(self.to_end(link)[:4:3], (b"", b"\x20\x95", b"\x20\x97"))

    async def test_attack_7_ten_thousand_properties_of_64_kib_are_refused_when_they_are_announced(self):
        before = self.memory()
        links = [self.live(f"announcer{number}") for number in range(100)]
        for link in links:
            link.sendall(b"\x30\xff\xff\xff\x7f" + text("t") + b"\xf0\xff\xff\x7f")
            try:
                link.sendall(b"\x26" + text("k" * 65535))
            except ConnectionError:
                pass
            self.assertIn(self.to_end(link)[:3:2], (b"", b"\xe0\x95"))
        if sanitizer.memory_tells():
            self.assertLess(self.memory() - before, 16 << 20)

    async def test_attack_7_the_time_for_a_packet_grows_with_its_length_only(self):
        link, spent = self.live(), {}
        for name, properties in {"one large": b"\x26" + text("k") + text("v" * 4000), "many small": (b"\x26" + text("") * 2) * 60}.items():
            data = publish_packet("t", properties)
            before = self.cpu_s()
            for _ in range(20):
                link.sendall(data * 100 + b"\xc0\x00")
                while not link.recv(65536).endswith(b"\xd0\x00"):
                    pass
            spent[name] = (self.cpu_s() - before) / 2000 / (len(data) / 1024)
        for name, seconds in spent.items():
            self.assertLess(seconds, sanitizer.times(CPU_S_PER_KIB_MAX), name)
        print("# a KiB of properties takes " + ", ".join(f"{seconds * 1e6:.0f} us ({name})" for name, seconds in spent.items()), flush=True)
        link.sendall(b"\xe0\x00")
        self.assertEqual(self.to_end(link), b"")

    def cpu_s(self):
        tasks = pathlib.Path(f"/proc/{self.broker.process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


class Topics(Attack):
    async def test_attack_8_deep_topics_are_refused_and_wide_filters_matched(self):
        for version, ends, refused in ((V311, b"", 0x80), (V5, b"\x90", 0x8F)):
            for topic in ("/" * 65535, "a/" * 32767 + "a"):
                link = self.live(version=version)
                link.sendall(publish_packet(topic, version=version))
                self.assertEqual(self.to_end(link)[2:3], ends)
            client = await self.connected("deep", version=version)
            for topic in ("/" * 65535, "+/" * 32767 + "+", "$share/g/" + "+/" * 32000 + "#"):
                self.assertEqual(await client.subscribe(topic), refused)
            await client.disconnect()

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
        if sanitizer.memory_tells():
            self.assertLess(self.memory() - before, 64 << 20)

    async def test_attack_9_more_filters_than_a_session_may_have_are_refused_before_there_are_routes(self):
        before = self.broker.metric("tenon_routing_subscriptions")
        client = Client("x" * 1000, self.broker.port, expiry_s=3600)
        self.assertEqual((await client.connect()).code, 0)
        codes = await client.subscribe_all([f"{n:04x}" for n in range(15_000)], timeout_s=sanitizer.times(60))
        self.assertEqual((codes[:10_000], codes[10_000:]), ([1] * 10_000, [0x97] * 5_000))
        self.assertLessEqual(self.broker.metric("tenon_routing_subscriptions") - before, 10_000)
        self.assertEqual(await client.deliver("270f", "here", 1), 0)
        self.assertEqual([one.payload for one in await client.received(1)], [b"here"])
        await client.disconnect(expiry_s=0)

    async def test_attack_9_filters_that_are_none_are_refused(self):
        wrong = ["a#", "#/b", "a/#/b", "##", "a+", "+a", "a/+b/c", "++", "a/b#", "$share//x", "$share/g", "$share/g/", "$share/g+/x",
                 "$share/#/x", "$share/g/a#", "$share/g/+a", "$oshare//x", "$oshare/g", "$oshare/+/x", "",
                 b"a\0b", b"\xc0\xaf", b"\xed\xa0\x80", b"\xff", b"\xf4\x90\x80\x80"]
        for version in (V311, V5):
            for topic in wrong:
                with self.subTest(topic, version=version):
                    link = self.live(version=version)
                    link.sendall(subscribe_packet(topic, version=version) + b"\xe0\x00")
                    said = self.to_end(link)
                    if version == V5:
                        self.assertIn(said[-1] if said[:1] == b"\x90" else said[2], (0x8F, 0x81, 0x82))
                    else:
                        self.assertIn(said, (b"", b"\x90\x03\0\1\x80"))


class Edges(Attack):
    config = {"mqtt": {"session_expiry_s_max": NEVER}}
    ENDS = (0, 1, NEVER - 1, NEVER)

    async def watch_wills(self):
        """Names of clients whose wills have come, each with the time of it."""
        self.wills = []
        watcher = await self.connected("watcher", on_message=lambda will: self.wills.append((will.topic[len("will/"):], time.monotonic())))
        await watcher.subscribe("will/#", 1)
        return watcher

    async def wills_of(self, names):
        """Waits until there are so many wills; they are those of these names."""
        for _ in range(WILL_WAIT_S * 10):
            if len(self.wills) >= len(names):
                break
            await asyncio.sleep(0.1)
        self.assertEqual(sorted(name for name, _ in self.wills), sorted(names))

    async def break_off(self, name, version, expiry, delay):
        client = await self.connected(name, version=version, clean=expiry == 0, expiry_s=expiry, will=Will("will/" + name, "x", 1, False, delay))
        await client.subscribe("t")
        began = time.monotonic()
        client.abort()
        await client.closed()
        return began

    async def leave_wills(self):
        """Of clients that break off: by name, after how many seconds the will is due, and since when."""
        due = {}
        for expiry in self.ENDS:
            for delay in self.ENDS:
                name = f"edge-{expiry}-{delay}"
                due[name] = min(expiry, delay), await self.break_off(name, V5, expiry, delay)
        for expiry in (0, NEVER):  # of 3.1.1 there is no delay, and no expiry but in Clean Session
            name = f"old-{expiry}"
            due[name] = 0, await self.break_off(name, V311, expiry, 0)
        return due

    async def test_attack_29_wills_come_when_the_delay_or_the_session_is_over(self):
        watcher = await self.watch_wills()
        due = await self.leave_wills()
        soon = [name for name, (seconds, _) in due.items() if seconds <= 1]
        await self.wills_of(soon)
        for name, came in self.wills:
            seconds, began = due[name]
            self.assertGreaterEqual(came - began, seconds * 0.9, name)
        await watcher.ping()
        self.assertEqual(len(self.wills), len(soon))
        for name in due.keys() - set(soon):  # in 136 years, or when the session is given up
            back = await self.connected(name, clean=True)
            self.assertFalse(back.connack.session_present)
        await self.wills_of(due)

    async def test_attack_29_sessions_stay_until_their_expiry_and_their_wills_go_with_the_return(self):
        await self.watch_wills()
        due = await self.leave_wills()
        soon = [name for name, (seconds, _) in due.items() if seconds <= 1]
        await self.wills_of(soon)
        for expiry in self.ENDS:
            for delay in self.ENDS:
                with self.subTest(expiry=expiry, delay=delay):
                    back = await self.connected(f"edge-{expiry}-{delay}", clean=False, expiry_s=expiry)
                    if expiry != 1:  # its end is near
                        self.assertEqual(back.connack.session_present, expiry > 1)
                    await back.disconnect(expiry_s=0)
        for name, present in (("old-0", False), (f"old-{NEVER}", True)):
            back = await self.connected(name, version=V311, clean=False)
            self.assertEqual(back.connack.session_present, present)
            await back.disconnect()
        await self.break_off("last", V5, 0, 0)
        await self.wills_of([*soon, "last"])

    async def test_attack_29_messages_live_as_long_as_they_say(self):
        for expiry in self.ENDS[1:]:
            self.assertEqual(await self.healthy.deliver("healthy", str(expiry), expiry_s=expiry), 0)
        link = self.live()
        link.sendall(publish_packet("healthy", b"\x02\0\0\0\0") + b"\xe0\x00")
        self.assertEqual(self.to_end(link), b"")
        self.assertEqual(await self.healthy.deliver("healthy", "end"), 0)
        while not any(message.payload == b"end" for message in self.healthy.messages):
            await self.healthy.received(len(self.healthy.messages) + 1)
        left = {message.payload: message.properties.get(MESSAGE_EXPIRY) for message in self.healthy.messages}
        left.pop(b"1", None)  # where it took a second to come
        self.assertEqual(left.keys(), {str(expiry).encode() for expiry in self.ENDS[2:]} | {b"end"})
        for expiry in self.ENDS[2:]:
            self.assertIn(left[str(expiry).encode()], range(expiry - WILL_WAIT_S, expiry + 1))

    async def test_attack_29_the_shortest_and_the_longest_keep_alive_hold_a_link(self):
        kept = [await self.connected(f"{seconds}-{version}", version=version, keepalive_s=seconds) for seconds in (0, 65535) for version in (V311, V5)]
        short = await self.connected("short", keepalive_s=1)
        await short.closed()  # one and a half of its time later
        self.assertEqual(short.disconnect_code, 0x8D)
        for client in kept:
            await client.ping()


if __name__ == "__main__":
    unittest.main()
