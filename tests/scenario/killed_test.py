#!/usr/bin/python3
"""The broker is killed with SIGKILL again and again while messages are acknowledged and while they are collected."""
import asyncio
import os
import pathlib
import random
import subprocess
import sys
import types
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import kill_run  # noqa: E402
from broker import Broker  # noqa: E402
from mqtt_client import Client, ConnectionLost  # noqa: E402

MESSAGES = int(os.environ.get("TENON_KILL_MESSAGES", 20_000))
SESSIONS = max(50, MESSAGES // 1000)
KILLS = 8
KILLS_OF_ENGINE = 3
KILLS_IN_DRAIN = 2


class Checker(unittest.TestCase):
    """What judges the runs below sees each kind of fault."""

    def inbox(self, qos, got, acknowledged=range(3), sends=1):
        inbox = kill_run.Inbox("s", qos)
        inbox.sent = [types.SimpleNamespace(sends=sends) for _ in range(5)]
        inbox.acknowledged = set(acknowledged)
        for number in got:
            inbox.on_message(types.SimpleNamespace(payload=b"%010d" % number))
        return inbox

    def test_it_is_content_with_what_is_allowed(self):
        self.assertEqual(list(self.inbox(2, [0, 1, 2, 3]).faults(0)), [])
        self.assertEqual(list(self.inbox(1, [0, 1, 1, 2], sends=2).faults(0)), [])
        self.assertEqual(list(self.inbox(1, [0, 1, 1, 2]).faults(1)), [])

    def test_it_sees_losses_repeats_and_disorder(self):
        for inbox, kills, word in ((self.inbox(1, [0, 2]), 0, "lost"), (self.inbox(1, [0, 2, 1]), 0, "out of order"),
                                   (self.inbox(2, [0, 1, 1, 2], sends=2), 1, "came 2 times"),
                                   (self.inbox(1, [0, 1, 1, 2]), 0, "came 2 times"),
                                   (self.inbox(1, [0, 1, 2] * 3), 1, "came 3 times")):
            self.assertIn(word, " ".join(inbox.faults(kills)))


class Command(unittest.TestCase):
    def test_the_command_runs_and_prints_its_figures(self):
        command = [sys.executable, kill_run.__file__, "--messages", "2000", "--sessions", "10", "--kills", "2"]
        run = subprocess.run(command, capture_output=True, text=True, timeout=300)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertRegex(run.stdout, r"10 sessions made in .*; 2000 messages acknowledged in .*; 4 kills")


class Killed(unittest.TestCase):
    """Killed with SIGKILL again and again, under load: nothing that was acknowledged is lost, mixed up or doubled."""

    def run_with(self, messages, state="sqlite", log="segment", kills=KILLS, **options):
        lines = []
        with Broker(config={**kill_run.limits_off(messages), **kill_run.engines(state, log)}) as broker:
            run = kill_run.Run(broker, messages, say=lines.append, kills=kills, kills_in_drain=KILLS_IN_DRAIN, **options)
            faults = asyncio.run(run.run())
        print("# " + "; ".join(lines), flush=True)
        self.assertEqual(faults, [])
        self.assertEqual(run.kills, kills + 1 + KILLS_IN_DRAIN)

    def test_acknowledged_messages_of_offline_sessions_survive_kills(self):
        self.run_with(MESSAGES, sessions=SESSIONS)

    def test_acknowledged_messages_of_sessions_with_clients_survive_kills(self):
        self.run_with(MESSAGES, sessions=SESSIONS, online=True)

    @unittest.skipUnless(kill_run.HAS_ROCKSDB, "storage/rocksdb is not built")
    def test_acknowledged_messages_survive_kills_with_their_states_in_rocksdb(self):
        self.run_with(MESSAGES // 4, state="rocksdb", kills=KILLS_OF_ENGINE, sessions=SESSIONS)

    @unittest.skipUnless(kill_run.HAS_ROCKSDB, "storage/rocksdb is not built")
    def test_acknowledged_messages_survive_kills_with_the_journal_in_rocksdb(self):
        self.run_with(MESSAGES // 4, log="rocksdb", kills=KILLS_OF_ENGINE, sessions=SESSIONS)

    def test_acknowledged_messages_survive_kills_with_states_and_journal_in_one_engine(self):
        for state in ("sqlite", *(["rocksdb"] if kill_run.HAS_ROCKSDB else [])):
            with self.subTest(state):
                self.run_with(MESSAGES // 8, state=state, log="state", kills=KILLS_OF_ENGINE, sessions=SESSIONS)


class Churn:
    """One client that subscribes, unsubscribes, comes anew and comes back, and knows which of its filters must be there."""

    FILTERS = 6

    def __init__(self, number, broker, seed):
        self.number, self.random = number, random.Random(seed)
        self.client = Client(f"churn-{number}", lambda: broker.port, clean=False)
        self.there, self.maybe = set(), set()

    def topic(self, i):
        return f"churn/{self.number}/{i}"

    async def step(self):
        i = self.random.randrange(self.FILTERS)
        what = self.random.choice(("subscribe", "subscribe", "unsubscribe", "return", "anew"))
        if what in ("subscribe", "unsubscribe"):
            self.maybe.add(i)
            await getattr(self.client, what)(self.topic(i))
            self.maybe.discard(i)
            (self.there.add if what == "subscribe" else self.there.discard)(i)
            return
        await self.client.disconnect()
        if what == "anew":
            self.client.clean = True
            self.maybe |= self.there
        try:
            await self.client.connect()
        finally:
            self.client.clean = False
        if what == "anew":
            self.there.clear()
            self.maybe.clear()

    async def run(self, enough):
        while not enough.is_set():
            try:
                if not self.client.connected:
                    await self.client.connect_again()
                await self.step()
            except (ConnectionLost, OSError):
                pass  # what was under way may have happened or not
        await self.client.connect_again() if not self.client.connected else None


class Subscriptions(unittest.IsolatedAsyncioTestCase):
    async def test_subscriptions_are_as_they_were_acknowledged(self):
        asyncio.get_running_loop().set_debug(False)
        with Broker() as broker:
            churns = [Churn(number, broker, number) for number in range(20)]
            enough = asyncio.Event()
            running = [asyncio.ensure_future(churn.run(enough)) for churn in churns]
            for _ in range(6):
                await asyncio.sleep(0.5)
                broker.kill()
                await asyncio.to_thread(broker.start_again)
            enough.set()
            await asyncio.gather(*running)
            publisher = Client("publisher", broker.port, clean=True, expiry_s=0)
            await publisher.connect()
            for churn in churns:
                churn.client.messages.clear()
                for i in range(Churn.FILTERS):
                    await publisher.deliver(churn.topic(i), f"{i}")
            for churn in churns:
                # All are acknowledged: what is to come stands before the answer to a subscription of now.
                await churn.client.subscribe("done")
            await publisher.deliver("done", "done")
            for churn in churns:
                got = churn.client.messages
                while not got or got[-1].topic != "done":
                    await churn.client.received(len(got) + 1)
                found = {int(message.payload) for message in got[:-1]}
                self.assertEqual(len(found), len(got) - 1, f"{churn.number}: something came twice")
                self.assertLessEqual(churn.there - churn.maybe, found, f"{churn.number}: subscriptions lost")
                self.assertLessEqual(found, churn.there | churn.maybe, f"{churn.number}: subscriptions came back")
                await churn.client.disconnect()
            await publisher.disconnect()


if __name__ == "__main__":
    unittest.main()
