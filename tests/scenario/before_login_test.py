#!/usr/bin/python3
"""What links cost that have not logged in: memory (ATTACK-3), and the time and place of others (ATTACK-4)."""
import asyncio
import pathlib
import select
import shutil
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import sanitizer  # noqa: E402
from broker_case import BrokerCase  # noqa: E402
from crowd import descriptors  # noqa: E402
from link import connect_packet, text  # noqa: E402
from stranger import Doors, Stranger, upgrade_request  # noqa: E402

SOCKETS = 1000
PER_SOCKET_BYTES = 64 * 1024
CONNECT_BYTES_MAX = 64 * 1024  # the default of mqtt.connect_bytes_max
SLOW_SOCKETS = 10000
AT_ONCE, PAUSE_S = 250, 0.2
LIVES_S, LATE_S = 10, 5  # mqtt.connect_timeout_s, and how late a busy machine may notice the end
LOGIN_S_P99 = 1
WAIT_S = 60


class Memory(BrokerCase):
    config = {"mqtt": {"connect_timeout_s": 300}}

    def setUp(self):
        if descriptors(SOCKETS + 200) < SOCKETS + 200:
            self.skipTest("fewer open files are allowed than the test has links")
        super().setUp()

    async def asyncSetUp(self):
        self.healthy = await self.connected("healthy")
        await self.healthy.subscribe("healthy")

    def memory(self):
        """What it has taken at most."""
        status = pathlib.Path(f"/proc/{self.broker.process.pid}/status").read_text()
        return {name: int(status.split(name + ":")[1].split()[0]) * 1024 for name in ("VmHWM", "VmPeak")}

    async def until(self, holds):
        deadline = time.monotonic() + sanitizer.times(WAIT_S)
        while not holds():
            self.assertLess(time.monotonic(), deadline)
            await asyncio.sleep(0.01)

    async def opened(self, count):
        await self.until(lambda: self.broker.metric("tenon_link_connections", listener="default") == count + 1)

    async def received_by_broker(self, links, count):
        """Until it has read this much of each."""
        end = self.before_bytes + len(links) * count
        await self.until(lambda: self.broker.metric("tenon_link_received_bytes_total", listener="default") >= end)

    def grown_by_less_than(self, before, per_socket):
        grown = {name: bytes_now - before[name] for name, bytes_now in self.memory().items()}
        print(f"# {self.id().rpartition('.')[2]}: " + ", ".join(f"{name} {size / SOCKETS:+.0f}" for name, size in grown.items())
              + " bytes for each link", flush=True)
        if sanitizer.memory_tells():
            for name, size in grown.items():
                self.assertLess(size, SOCKETS * per_socket, name)

    async def links_that_send(self, data):
        self.before_bytes = self.broker.metric("tenon_link_received_bytes_total", listener="default")
        links = [Stranger(self.broker.port) for _ in range(SOCKETS)]
        for link in links:
            self.addCleanup(link.close)
            link.send(data)
        return links

    async def served(self):
        self.assertEqual(await self.healthy.deliver("healthy", "x"), 0)
        await self.healthy.received(1)
        await self.healthy.disconnect()

    async def test_attack_3_who_announces_256_mib_is_sent_away_and_costs_nothing(self):
        before = self.memory()
        links = await self.links_that_send(b"\x10\xff\xff\xff\x7f")
        for link in links:
            self.assertEqual(link.to_end(), b"")
        self.grown_by_less_than(before, PER_SOCKET_BYTES)
        await self.served()

    async def test_attack_3_who_announces_what_is_allowed_costs_little_until_it_comes(self):
        before = self.memory()
        data = b"\x10\xf0\xff\x03" + text("MQTT") + b"\5\2\0\0\0\xff\xf0"
        links = await self.links_that_send(data)
        await self.opened(SOCKETS)
        await self.received_by_broker(links, len(data))
        self.grown_by_less_than(before, PER_SOCKET_BYTES)
        await self.served()

    async def test_attack_3_a_connect_that_lacks_its_last_byte_costs_what_it_has_sent(self):
        before = self.memory()
        data = b"\x10\xf0\xff\x03" + text("MQTT") + b"\5\2\0\0\0\xff\xe3"
        data += b"x" * (0xFFF0 - (len(data) - 4) - 1)
        links = await self.links_that_send(data)
        await self.received_by_broker(links, len(data))
        self.grown_by_less_than(before, CONNECT_BYTES_MAX + 8 * 1024)
        await self.served()


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
class Time(BrokerCase):
    def setUp(self):
        home = pathlib.Path(tempfile.mkdtemp(prefix="tenon-slow-"))
        self.addCleanup(shutil.rmtree, home, ignore_errors=True)
        self.count = min(SLOW_SOCKETS, descriptors(SLOW_SOCKETS + 300) - 300)
        self.doors = Doors(home)
        self.config = self.doors.config
        super().setUp()
        self.doors.opened_by(self.broker)

    def first_words(self):
        """What is dripped at each door."""
        hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 400
        return {"default": connect_packet("slow" * 50), "tls": hello, "ws": upgrade_request()}

    def dial_all(self):
        """(link, what it drips) by descriptor, and when it was opened."""
        links, words = {}, self.first_words()
        for number in range(self.count):
            door = ("default", "tls", "ws")[number % 3]
            link = Stranger(self.doors.ports[door])
            self.addCleanup(link.close)
            links[link.socket.fileno()] = (link, words[door], time.monotonic())
        return links

    async def login_s(self, number):
        began = time.monotonic()
        client = await self.connected(f"prompt{number}")
        took = time.monotonic() - began
        await client.disconnect()
        return took

    @staticmethod
    def take_closed(watch, links, lived):
        for descriptor, _ in watch.poll(0):
            watch.unregister(descriptor)
            link, _, opened = links.pop(descriptor)
            link.close()
            lived.append(time.monotonic() - opened)

    async def test_attack_4_who_drips_its_first_words_is_closed_in_time_and_others_come_in(self):
        watch, at, took, lived = select.poll(), 0, [], []
        links = self.dial_all()
        for descriptor in links:
            watch.register(descriptor, select.POLLIN)
        while links:
            # A byte of each in turn, and logins meanwhile.
            for number, (link, words, _) in enumerate(list(links.values())):
                link.send(words[at:at + 1])
                if number % AT_ONCE == 0:
                    took.append(await self.login_s(len(took)))
            self.take_closed(watch, links, lived)
            self.broker.drain()
            at += 1
            self.assertLess(at, len(self.first_words()["default"]), "links that are not closed")
            await asyncio.sleep(PAUSE_S)
        took.sort()
        lived.sort()
        print(f"# {self.count} links lived {max(lived):.1f} s at most, {min(lived):.1f} s at least; {len(took)} logins took "
              f"{took[len(took) * 99 // 100] * 1000:.0f} ms (p99)", flush=True)
        self.assertGreater(lived[len(lived) // 10], LIVES_S * 0.8, "most were there all the time")
        self.assertLess(max(lived), LIVES_S + sanitizer.times(LATE_S))
        self.assertLess(took[len(took) * 99 // 100], sanitizer.times(LOGIN_S_P99))


if __name__ == "__main__":
    unittest.main()
