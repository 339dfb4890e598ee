#!/usr/bin/python3
"""Clients that take client ids from each other while they subscribe, unsubscribe and publish, in both versions: the broker
stays, each id has one connection in the end, and a client beside them is served all the time. ATTACK-19.
And what a connection has said before its id was taken is heard, however many talk before it.

TENON_TAKEOVER_S is for how long; 0 is until each client has connected 25 times. TENON_TAKEOVER_SEED repeats what clients do,
0 takes a fresh one. The suite `long` goes on for ten minutes, also under the sanitizers."""
import asyncio
import os
import pathlib
import random
import signal
import socket
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import sanitizer  # noqa: E402
from broker_case import BrokerCase  # noqa: E402
from link import WAIT_S as ANSWER_S, Link, connect_packet, packet  # noqa: E402
from mqtt_client import V5, V311, Client, ConnectionLost, Will  # noqa: E402

LASTS_S = float(os.environ.get("TENON_TAKEOVER_S", 0))
SEED = int(os.environ.get("TENON_TAKEOVER_SEED", 1)) or int.from_bytes(os.urandom(3), "big")
CLIENTS, IDS, ROUNDS = 50, 5, 25
WAIT_S = 60
QUIET_S = 0.5  # a will that must not come has this long to come all the same


class Takeover(BrokerCase):
    def setUp(self):
        super().setUp()
        self.chance, self.connects, self.busy, self.taken, self.served = random.Random(SEED), 0, 0, 0, 0
        self.ends_at = time.monotonic() + LASTS_S

    def one(self, number):
        """A client that is to come, with one of the ids that all of them use."""
        chance, name = self.chance, f"shared{number % IDS}"
        will = Will("t/will", "x", chance.randrange(3), chance.random() < 0.2, chance.choice([0, 1])) if chance.random() < 0.5 else None
        return Client(name, self.broker.port, version=chance.choice([V311, V5]), clean=chance.random() < 0.5,
                      expiry_s=chance.choice([0, 1, 60]), will=will, on_message=lambda message: None)

    async def behave(self, client):
        """What it does until somebody takes its id, if that happens."""
        chance = self.chance
        if (await client.connect()).code != 0:
            self.busy += 1
            return
        self.connects += 1
        for _ in range(chance.randrange(1, 5)):
            topic = chance.choice(["t/#", "t/x", "$share/g/t/#", "t/+/y"])
            await client.subscribe(topic, chance.randrange(3))
            for _ in range(chance.randrange(4)):
                client.publish(chance.choice(["t/x", "t/a/y"]), "x", chance.randrange(3), retain=chance.random() < 0.1)
            if chance.random() < 0.5:
                await client.unsubscribe(topic)
        if chance.random() < 0.3:
            await client.disconnect()

    async def attack(self, number):
        rounds = 0
        while rounds < ROUNDS or time.monotonic() < self.ends_at:
            client = self.one(number)
            try:
                await self.behave(client)
            except TimeoutError:  # an answer that never came
                raise
            except (OSError, ConnectionLost):
                self.taken += 1
            client.abort()
            rounds += 1

    async def chat(self, attacks):
        """The client that was there before, until the others have done."""
        while not attacks.done():
            self.assertEqual(await self.healthy.deliver("healthy", "x", timeout_s=sanitizer.times(WAIT_S)), 0)
            self.served += 1
            self.healthy.messages.clear()
            self.broker.drain()

    async def each_id_has_one_connection(self):
        """Whoever comes last stays, and is served; who had the id before is gone."""
        for number in range(IDS):
            first, last = (Client(f"shared{number}", self.broker.port, clean=True, expiry_s=0) for _ in range(2))
            self.clients += [first, last]
            for client in (first, last):  # who comes while another's claim is under way is told to come again
                await client.connect_again()
            await first.closed()
            self.assertEqual(first.disconnect_code, 0x8E)
            await last.subscribe("last", 1)
            self.assertEqual(await last.deliver("last", "x"), 0)
            await last.received(1)
            await last.disconnect()

    async def nobody_is_left(self):
        while self.broker.metric("tenon_link_connections", listener="default") > 1:
            await asyncio.sleep(0.01)

    async def test_attack_19_clients_that_take_ids_from_each_other_do_no_harm(self):
        self.healthy = await self.connected("healthy")
        await self.healthy.subscribe("healthy")
        attacks = asyncio.gather(*(self.attack(number) for number in range(CLIENTS)))
        await self.chat(attacks)
        await attacks
        print(f"# seed {SEED}: {self.connects} connections, {self.taken} of them taken away; {self.busy} told to come again; "
              f"{self.served} messages beside them",
              flush=True)
        self.assertGreater(self.taken, CLIENTS)
        await self.each_id_has_one_connection()
        await self.healthy.ping()
        await asyncio.wait_for(self.nobody_is_left(), WAIT_S)
        await self.healthy.disconnect()
        self.assertEqual(self.broker.stop(), 0)


class Unsaid(Link):
    """A connection without a CONNECT."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_S)


class Goodbye(BrokerCase):
    config = {"node": {"workers": 1}}
    # A worker calls back for 256 descriptors in a turn: these take four turns.
    BUSY = 900

    async def asyncSetUp(self):
        self.watcher = await self.connected("watcher")
        await self.watcher.subscribe("will", 1)
        self.busy = [Link(self.broker.port, f"busy{number}") for number in range(self.BUSY)]
        for link in self.busy:
            self.addCleanup(link.close)

    async def opened(self):
        """One more connection, of which the broker knows; nothing is said on it."""
        link = Unsaid(self.broker.port)
        self.addCleanup(link.close)
        while self.broker.metric("tenon_link_connections", listener="default") < self.BUSY + 3:
            await asyncio.sleep(0.01)
        return link

    async def take_over_while_all_talk(self, last_words):
        """A client connects again, and its older connection has these bytes waiting behind those of all others."""
        older = await self.connected("c", will=Will("will", "gone"))
        newer = await self.opened()
        self.broker.signal(signal.SIGSTOP)
        os.waitpid(self.broker.process.pid, os.WUNTRACED)  # until all of its threads stand still
        newer.socket.sendall(connect_packet("c"))
        for link in self.busy:
            link.socket.sendall(packet(0xC0, b""))
        older._write(last_words)
        self.broker.signal(signal.SIGCONT)
        self.assertEqual(newer.read()[0], 0x20)
        await older.closed()
        await asyncio.sleep(QUIET_S)
        self.assertEqual(newer.publish("will", b"last"), 0)
        while [message.payload for message in self.watcher.messages][-1:] != [b"last"]:
            await self.watcher.ping()
        return [message.payload for message in self.watcher.messages[:-1]]

    async def test_what_the_older_connection_said_is_read_however_many_talk_before_it_MQTT_3_1_2_10(self):
        self.assertEqual(await self.take_over_while_all_talk(packet(0xE0, b"")), [])

    async def test_without_a_goodbye_the_will_goes_out_MQTT_3_1_2_8(self):
        self.assertEqual(await self.take_over_while_all_talk(packet(0xC0, b"")), [b"gone"])


if __name__ == "__main__":
    unittest.main()
