#!/usr/bin/python3
"""The broker is killed with SIGKILL again and again while messages are acknowledged and while they are collected."""
import asyncio
import os
import pathlib
import sys
import types
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import kill_run  # noqa: E402
from broker import Broker  # noqa: E402

MESSAGES = int(os.environ.get("TENON_KILL_MESSAGES", 20_000))
SESSIONS = max(50, MESSAGES // 1000)
KILL_EVERY_S = 0.3 if MESSAGES < 100_000 else 1.0


class Checker(unittest.TestCase):
    """What judges the runs below sees each kind of fault."""

    def inbox(self, qos, got, acknowledged=range(3), sends=1):
        inbox = kill_run.Inbox("s", qos)
        inbox.sent = [types.SimpleNamespace(sends=sends) for _ in range(200)]
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
                                   (self.inbox(1, [*range(200)] * 2), 1, "oftener")):
            self.assertIn(word, " ".join(inbox.faults(kills)))


class Killed(unittest.TestCase):
    """Killed with SIGKILL again and again, under load: nothing that was acknowledged is lost, mixed up or doubled."""

    def run_with(self, messages, **options):
        lines = []
        with Broker(config=kill_run.limits_off(messages)) as broker:
            run = kill_run.Run(broker, messages, say=lines.append, **options)
            faults = asyncio.run(run.run())
        print("# " + "; ".join(lines), flush=True)
        self.assertEqual(faults, [])
        self.assertGreater(run.kills, 3)

    def test_acknowledged_messages_of_offline_sessions_survive_kills(self):
        self.run_with(MESSAGES, sessions=SESSIONS, kill_every_s=KILL_EVERY_S, kills_in_drain=2)


if __name__ == "__main__":
    unittest.main()
