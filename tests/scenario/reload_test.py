#!/usr/bin/python3
"""Reloads while clients publish and subscribe: no link is dropped, no message is lost, and memory stays. TENON_RELOADS says how many."""
import asyncio
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from api import Api  # noqa: E402
from broker_case import BrokerCase  # noqa: E402

RELOADS = int(os.environ.get("TENON_RELOADS", "20"))
CLIENTS = 8
GROWTH_BYTES_MAX = 16 << 20
LOCAL = {"bind": "127.0.0.1", "port": 0}


class Reload(BrokerCase):
    config = {"auth": {"anonymous": "always"}}

    def change(self, number):
        """A configuration that differs from the one before in most of what can change at run time."""
        token = self.broker.home / f"{number % 2}.token"
        token.write_text(chr(ord("a") + number % 26) * 64 + "\n")
        self.broker.write_config("95-change.json", {
            "log": {"level": ("info", "warn")[number % 2]},
            "mqtt": {"receive_maximum": 100 + number % 7, "keepalive_s_max": 600 + number % 3},
            "api": {"tokens": {f"t{number % 2}": {"role": "viewer", "file": str(token)}}},
            "listeners": {"default": {"connections_max": 1000 + number % 5},
                          **({f"more{number % 3}": LOCAL} if number % 4 else {})}})

    async def reload(self, number):
        self.change(number)
        answer = await asyncio.to_thread(Api(self.broker.api_socket).post, "/api/v1/config/reload")
        self.assertEqual(answer.status, 200, answer)
        self.broker.drain()

    async def test_links_live_and_messages_arrive_while_the_configuration_changes(self):
        readers = [await self.connected(f"reader{n}", clean=False, expiry_s=600) for n in range(CLIENTS)]
        writers = [await self.connected(f"writer{n}") for n in range(CLIENTS)]
        for number, reader in enumerate(readers):
            await reader.subscribe(f"t/{number}", number % 3)
        over = asyncio.Event()
        sent = [0] * CLIENTS

        async def write(number):
            while not over.is_set():
                await writers[number].deliver(f"t/{number}", str(sent[number]), max(1, number % 3))
                sent[number] += 1

        work = [asyncio.create_task(write(number)) for number in range(CLIENTS)]
        for number in range(5):
            await self.reload(number)
        before = await asyncio.to_thread(self.broker.metric, "tenon_node_resident_bytes")
        for number in range(RELOADS):
            await self.reload(number)
        after = await asyncio.to_thread(self.broker.metric, "tenon_node_resident_bytes")
        over.set()
        await asyncio.gather(*work)
        for number, reader in enumerate(readers):
            await reader.received(sent[number])
            self.assertEqual([int(m[1]) for m in reader.messages], list(range(sent[number])), f"reader{number}")
        self.assertGreater(min(sent), 0)
        self.assertEqual([c.client_id for c in readers + writers if c.connects != 1 or not c.connected], [])
        print(f"{RELOADS} reloads, {sum(sent)} messages, {(after - before) / 2**20:+.1f} MiB", file=sys.stderr)
        self.assertLess(after - before, GROWTH_BYTES_MAX)


if __name__ == "__main__":
    unittest.main()
