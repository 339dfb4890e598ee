#!/usr/bin/python3
"""What clients bear while memory is short: more with each step, no more than that, and nothing once it is well again."""
import asyncio
import pathlib
import socket
import sys
import time
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


class MemoryCase(unittest.IsolatedAsyncioTestCase):
    """A broker whose memory is short as soon as so much waits for a subscriber that reads nothing."""

    config = {}

    def setUp(self):
        self.broker = Broker(config={
            **self.config,
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

    async def begin(self):
        """Who publishes what uses memory up, who is served all the while, and who reads nothing: the link of the last."""
        self.steady = await self.connected("steady")
        await self.steady.subscribe("steady", 1)
        self.writers = [await self.connected(f"writer{n}") for n in range(20)]
        return self.stalled("load")

    async def fill_to(self, level):
        """Publishes, by one client after the other, until memory is as short as that."""
        while self.level() < LEVELS[level]:
            writer = self.writers[0]
            self.writers.append(self.writers.pop(0))
            self.assertEqual(await writer.deliver("load", PAYLOAD), 0)
            self.assertEqual(await self.steady.deliver("steady", "served all the while"), 0)
        self.broker.wait_for_event("node.memory_high", level=level)
        self.assertEqual(self.level(), LEVELS[level])


class MemoryShort(MemoryCase):
    async def shown(self):
        await self.steady.ping()
        return [message.payload.decode() for message in self.steady.messages if message.topic.startswith("shown/")]

    async def answers_to_new_clients(self):
        return {version: (await self.client(f"new{version}", version=version).connect()).code for version in (V311, V5)}

    async def test_each_step_costs_clients_more_and_passes(self):
        idle = [await self.connected(f"idle{version}", version=version) for version in (V311, V5)]
        link = await self.begin()
        await self.steady.subscribe("shown/0", 0)
        await self.steady.subscribe("shown/1", 1)

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


class MemoryHigh(MemoryCase):
    """What is slow at the first level, and for whom. A broker may be slower than that, but not faster. Workers see the time as it was
    when they began with what they do."""

    config = {"node": {"workers": 1}}

    async def let_in(self, name, count):
        """So many that come at once, all of whom are let in."""
        links = []
        for number in range(count):
            links.append(socket.create_connection(("127.0.0.1", self.broker.port), timeout=60))
            self.addCleanup(links[-1].close)
            links[-1].sendall(connect_packet(f"{name}{number}", version=(V311, V5)[number % 2]))
        await self.steady.ping()
        answers = [await asyncio.to_thread(link.recv, 64) for link in links]
        self.assertEqual({(answer[0], answer[3]) for answer in answers}, {(0x20, 0)})

    def waited(self):
        return self.broker.metric("tenon_link_waited_total", listener="default")

    async def test_connections_are_taken_ten_a_second_and_none_is_refused(self):
        await self.begin()
        await self.let_in("before", 30)
        self.assertEqual(self.waited(), 0)
        await self.fill_to("high")
        began = time.monotonic()
        await self.let_in("storm", 30)
        self.assertGreater(time.monotonic() - began, 28 / 10)
        self.assertGreater(self.waited(), 0)
        self.assertEqual(self.level(), LEVELS["high"])

    async def test_a_writer_is_read_a_message_a_second_and_loses_none(self):
        await self.begin()
        reader = await self.connected("reader")
        await reader.subscribe("paced/#", 2)
        await self.fill_to("high")
        before, began = self.met("memory"), time.monotonic()
        for qos in (0, 1, 2):
            writer = await self.connected(f"paced{qos}", version=V311 if qos == 1 else V5)
            for number in range(5):
                writer.publish(f"paced/{qos}", str(number), qos)
        await reader.received(15, timeout_s=60)
        self.assertGreater(time.monotonic() - began, 3.9)
        self.assertGreaterEqual(self.met("memory") - before, 12)
        for qos in (0, 1, 2):
            self.assertEqual([int(m.payload) for m in reader.messages if m.topic == f"paced/{qos}"], list(range(5)))
        self.assertEqual(self.level(), LEVELS["high"])

    async def test_who_wants_little_gets_all_of_it_while_who_wants_much_is_slowed(self):
        link = await self.begin()
        reader = await self.connected("reader")
        await reader.subscribe("of/#", 1)
        greedy, modest = await self.connected("greedy", window=200), await self.connected("modest")
        await self.fill_to("high")
        began = time.monotonic()
        for number in range(100):
            greedy.publish("of/greedy", str(number), 1)
        for number in range(5):
            self.assertEqual(await modest.deliver("of/modest", str(number), 1), 0)
        taken = 100 - greedy.unacknowledged_count
        # What is behind a hundred messages of another one, who shares the worker with it, does not wait for them.
        self.assertGreater(taken, 0)
        self.assertLessEqual(taken, time.monotonic() - began + 1.1)
        await reader.ping()
        self.assertEqual([int(m.payload) for m in reader.messages if m.topic == "of/modest"], list(range(5)))
        self.assertEqual(self.level(), LEVELS["high"])
        link.close()
        if not sanitizer.memory_tells():
            return
        self.broker.wait_for_event("node.memory_well", timeout_s=60)
        await reader.received(105, timeout_s=60)
        self.assertEqual([int(m.payload) for m in reader.messages if m.topic == "of/greedy"], list(range(100)))


if __name__ == "__main__":
    unittest.main()
