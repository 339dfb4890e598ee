#!/usr/bin/python3
"""What clients bear while memory is short: more with each step, no more than that, and nothing once it is well again."""
import pathlib
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import sanitizer  # noqa: E402
from broker import Broker  # noqa: E402
from link import connect_packet, packet, text  # noqa: E402
from mqtt_client import V5, V311, Client  # noqa: E402

BUSY = {V5: 0x89, V311: 3}
MIB = 1 << 20
# What a broker that nobody uses has, and so much again that one message more does not pass a step.
ROOM = 60 * MIB
PAYLOAD = "x" * (MIB // 2)
LEVELS = {"high": 1, "refusing": 2, "shedding": 3}


def memory_when_unused():
    with Broker() as broker:
        return int(broker.metric("tenon_overload_memory_bytes"))


class MemoryShort(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.broker = Broker(config={
            "overload": {"memory_high_bytes": memory_when_unused() + ROOM},
            "mqtt": {"session_queue_count_max": 10000, "session_queue_bytes_max": 1 << 30, "slow_client_timeout_s": 0}})
        self.addCleanup(self.broker.__exit__)
        self.clients = []

    async def asyncTearDown(self):
        for client in self.clients:
            client.abort()

    def client(self, client_id, **options):
        client = Client(client_id, self.broker.port, **{"expiry_s": 0, "clean": True, **options})
        self.clients.append(client)
        return client

    async def connected(self, client_id, **options):
        client = self.client(client_id, **options)
        self.assertEqual((await client.connect()).code, 0)
        return client

    def stalled(self, topic):
        """A subscriber that reads nothing: what is for it waits in memory."""
        link = socket.create_connection(("127.0.0.1", self.broker.port), timeout=30)
        self.addCleanup(link.close)
        link.sendall(connect_packet("stalled"))
        link.recv(1024)
        link.sendall(packet(0x82, b"\0\1\0" + text(topic) + b"\1"))
        link.recv(1024)
        return link

    def level(self):
        return self.broker.metric("tenon_overload_memory_level")

    def met(self, limit):
        return self.broker.metric("tenon_limit_met_total", limit=limit)

    async def fill_to(self, level):
        """Publishes, by one client after the other, until memory is as short as that."""
        while self.level() < LEVELS[level]:
            writer = self.writers[0]
            self.writers.append(self.writers.pop(0))
            self.assertEqual(await writer.deliver("load", PAYLOAD), 0)
            self.assertEqual(await self.steady.deliver("steady", "served all the while"), 0)
        self.broker.wait_for_event("node.memory_high", level=level)
        self.assertEqual(self.level(), LEVELS[level])

    async def shown(self):
        await self.steady.ping()
        return [message.payload.decode() for message in self.steady.messages if message.topic.startswith("shown/")]

    async def answers_to_new_clients(self):
        return {version: (await self.client(f"new{version}", version=version).connect()).code for version in (V311, V5)}

    async def test_each_step_costs_clients_more_and_passes(self):
        idle = [await self.connected(f"idle{version}", version=version) for version in (V311, V5)]
        self.steady = await self.connected("steady")
        await self.steady.subscribe("steady", 1)
        await self.steady.subscribe("shown/0", 0)
        await self.steady.subscribe("shown/1", 1)
        self.writers = [await self.connected(f"writer{n}") for n in range(20)]
        link = self.stalled("load")

        await self.fill_to("high")
        self.assertEqual(await self.answers_to_new_clients(), {V311: 0, V5: 0})

        await self.fill_to("refusing")
        self.assertGreater(self.met("memory"), 0)
        self.assertEqual(self.met("memory_refused"), 0)
        self.assertEqual(await self.answers_to_new_clients(), BUSY)
        self.assertEqual(self.met("memory_refused"), 2)
        _, health = self.broker.get("/readyz")
        self.assertIn("nobody is let in", health)
        await self.steady.deliver("shown/0", "passes")
        self.assertEqual(await self.shown(), ["passes"])
        self.assertEqual(self.met("memory_shed"), 0)

        await self.fill_to("shedding")
        await self.steady.deliver("shown/0", "is dropped")
        await self.steady.deliver("shown/1", "is not")
        self.assertEqual(await self.shown(), ["passes", "is not"])
        self.assertEqual(self.broker.metric("tenon_publish_dropped_total", cause="memory"), 1)
        for client in idle:
            await client.closed()
        self.assertEqual([client.disconnect_code for client in idle], [None, BUSY[V5]])
        self.assertGreaterEqual(self.met("memory_shed"), 2)
        self.assertTrue(self.steady.connected)

        link.close()
        if not sanitizer.memory_tells():
            return
        self.broker.wait_for_event("node.memory_well", timeout_s=60)
        self.assertEqual(self.level(), 0)
        self.assertEqual(await self.answers_to_new_clients(), {V311: 0, V5: 0})
        _, health = self.broker.get("/readyz")
        self.assertNotIn("memory", health)
        self.assert_one_record_for_each_change()

    def assert_one_record_for_each_change(self):
        told = [event["fields"]["level"] for event in self.broker.events()
                if event.get("event") in ("node.memory_high", "node.memory_well")]
        self.assertEqual(told[:3], ["high", "refusing", "shedding"])
        self.assertEqual(told[-1], "well")
        for before, after in zip(told, told[1:]):
            self.assertNotEqual(before, after)
        protocol_errors = [event for event in self.broker.events() if event.get("event") == "link.protocol_error"]
        self.assertEqual(protocol_errors, [], "clients that are sent away have broken no rule")


if __name__ == "__main__":
    unittest.main()
