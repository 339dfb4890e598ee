#!/usr/bin/python3
"""A short campaign of random faults. The seed is fixed, so that a change that breaks something is the first to hear of it; seed 0 draws another one each time."""
import asyncio
import os
import pathlib
import random
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE)]
from faults import campaign  # noqa: E402
from faults.schedule import KINDS, schedule  # noqa: E402
from network import private  # noqa: E402

MISSING = private.missing()
MINUTES = float(os.environ.get("TENON_CAMPAIGN_MINUTES", 1))
GIVEN = os.environ.get("TENON_CAMPAIGN_SEED")
SEED = int(GIVEN or 38759) or random.SystemRandom().randrange(1, 1 << 31)
# Of the seed that is fixed: a minute has no time for all, and those that do no more than make links slow look like a machine with other work.
FEW = ("kill", "kill leader", "kill all", "pause", "isolate", "halves", "unplug", "one way out", "one way in", "disk full", "clock")
DRAWN = KINDS if GIVEN else FEW
NEEDED = ({"kill", "kill leader"}, {"pause"}, {"one way out", "one way in"}, {"clock"}, {"disk full"})


def say(text):
    for line in text.splitlines():
        print("# " + line, flush=True)


@unittest.skipIf(GIVEN, "a seed of one's own")
class Schedule(unittest.TestCase):
    def test_a_minute_has_each_of_the_faults_that_no_change_may_go_without(self):
        for nodes in (3, 5):
            drawn = {fault.kind for fault in schedule(SEED, 60, nodes, DRAWN)}
            self.assertEqual([kinds for kinds in NEEDED if not kinds & drawn], [], f"{nodes} nodes")


@unittest.skipIf(MISSING, MISSING)
class Campaign(unittest.TestCase):
    def run_with(self, nodes):
        say(f"seed {SEED}, {nodes} nodes, {MINUTES:g} minutes")
        self.assertEqual(asyncio.run(campaign.run(SEED, MINUTES * 60, nodes, DRAWN, say=say)), [])

    def test_three_nodes_keep_all_promises_under_random_faults(self):
        self.run_with(3)

    @unittest.skipIf(MINUTES < 1, "shorter than a minute")
    def test_five_nodes_keep_all_promises_under_random_faults(self):
        self.run_with(5)


if __name__ == "__main__":
    unittest.main()
