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
from network import private  # noqa: E402

MISSING = private.missing()
MINUTES = float(os.environ.get("TENON_CAMPAIGN_MINUTES", 1))
SEED = int(os.environ.get("TENON_CAMPAIGN_SEED", 22)) or random.SystemRandom().randrange(1, 1 << 31)


@unittest.skipIf(MISSING, MISSING)
class Campaign(unittest.TestCase):
    def run_with(self, nodes):
        def say(text):
            for line in text.splitlines():
                print("# " + line, flush=True)
        say(f"seed {SEED}, {nodes} nodes, {MINUTES:g} minutes")
        self.assertEqual(asyncio.run(campaign.run(SEED, MINUTES * 60, nodes, say=say)), [])

    def test_three_nodes_keep_all_promises_under_random_faults(self):
        self.run_with(3)

    @unittest.skipIf(MINUTES < 1, "shorter than a minute")
    def test_five_nodes_keep_all_promises_under_random_faults(self):
        self.run_with(5)


if __name__ == "__main__":
    unittest.main()
