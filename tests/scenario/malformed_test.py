#!/usr/bin/python3
"""Malformed inputs in masses before CONNECT, over sockets: each link ends, with the reason that 5.0 has for it; the broker stays,
as does its memory, and a client that was there before is served meanwhile. ATTACK-1.

TENON_MALFORMED is how many come over TCP, of which a hundredth comes over TLS and a twentieth over WebSocket besides.
TENON_MALFORMED_SEED repeats a run; 0 takes a fresh one."""
import asyncio
import collections
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import sanitizer  # noqa: E402
from broker_case import BrokerCase  # noqa: E402
from malformed import Generator, code_of  # noqa: E402
from rss import rss_bytes  # noqa: E402
from stranger import Doors  # noqa: E402

COUNT = int(os.environ.get("TENON_MALFORMED", 100000))
SEED = int(os.environ.get("TENON_MALFORMED_SEED", 1)) or int.from_bytes(os.urandom(3), "big")
DOORS = {"default": COUNT, "tls": COUNT // 100, "ws": COUNT // 20}
AT_ONCE = 64
# Behind the first inputs, which fill what is kept for later ones.
GROWTH_BYTES_MAX = 4 << 20
SERVED_S_MAX = 5


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
class Malformed(BrokerCase):
    def setUp(self):
        home = pathlib.Path(tempfile.mkdtemp(prefix="tenon-malformed-"))
        self.addCleanup(shutil.rmtree, home, ignore_errors=True)
        self.doors = Doors(home)
        self.config = self.doors.config
        super().setUp()
        self.doors.opened_by(self.broker)
        self.generator = Generator(random.Random(SEED))
        self.seen, self.served_count, self.slowest_s = collections.Counter(), 0, 0.0

    async def asyncSetUp(self):
        asyncio.get_running_loop().slow_callback_duration = SERVED_S_MAX  # a window of links is one turn of the loop
        self.healthy = await self.connected("healthy")
        await self.healthy.subscribe("healthy")

    def check(self, given, said):
        try:
            code = code_of(said)
        except ValueError as error:
            self.fail(f"seed {SEED}: {given}: {error}")
        if given.codes is not None and code not in given.codes:
            self.fail(f"seed {SEED}: answered {code} to {given}")
        self.seen[given.kind if code != 0 else "sound after all"] += 1

    async def served(self):
        """The client that was there before, while all these links are open."""
        began = time.monotonic()
        self.assertEqual(await self.healthy.deliver("healthy", b"x"), 0)
        self.served_count += 1
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)

    async def attack(self, door, count):
        for at in range(0, count, AT_ONCE):
            # What is not whole is sent over TCP alone: the end of what is sent is the end of the link elsewhere.
            inputs = [self.generator.next() if door == "default" else self.generator.whole()
                      for _ in range(min(AT_ONCE, count - at))]
            source = f"127.1.{at // AT_ONCE // 256 % 256}.{at // AT_ONCE % 256}"
            links = [self.doors.dial(door, source=source) for _ in inputs]
            for link, given in zip(links, inputs):
                link.send(given.data)
                if not given.whole:
                    link.half_close()
            await self.served()
            for link, given in zip(links, inputs):
                try:
                    self.check(given, link.to_end())
                except TimeoutError:
                    self.fail(f"seed {SEED}: not closed behind {given}")
            self.broker.drain()

    async def none_is_left(self):
        """But the healthy one."""
        while sum(self.broker.metric("tenon_link_connections", listener=door) for door in DOORS) > 1:
            await asyncio.sleep(0.01)

    async def test_attack_1_each_ends_with_its_reason_and_leaves_nothing_behind(self):
        for door, count in DOORS.items():
            await self.attack(door, count // 10)
        await asyncio.wait_for(self.none_is_left(), 30)
        before = rss_bytes(self.broker.process.pid)
        for door, count in DOORS.items():
            await self.attack(door, count - count // 10)
        await asyncio.wait_for(self.none_is_left(), 30)
        grown = rss_bytes(self.broker.process.pid) - before
        print(f"# seed {SEED}: {dict(sorted(self.seen.items()))}; memory {before} and {grown:+} bytes; the healthy client waited "
              f"{self.slowest_s * 1000:.0f} ms at most", flush=True)
        self.assertGreaterEqual(self.seen.total() - self.seen["sound after all"], COUNT)
        if sanitizer.memory_tells():
            self.assertLess(grown, GROWTH_BYTES_MAX)
        self.assertLess(self.slowest_s, sanitizer.times(SERVED_S_MAX))
        await self.healthy.received(self.served_count)
        for client in self.clients:
            client.abort()
        self.assertEqual(self.broker.stop(), 0)


if __name__ == "__main__":
    unittest.main()
