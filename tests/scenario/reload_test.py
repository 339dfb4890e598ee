#!/usr/bin/python3
"""Reloads while clients publish and subscribe: no link is dropped, no message is lost, and memory stays. TENON_RELOADS says
how many; reload_run.py is the same as a command."""
import asyncio
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import sanitizer  # noqa: E402
from reload_run import CERTIFICATE_EVERY, GROWTH_BYTES_MAX, Run, growth_faults, quiet_growth  # noqa: E402

RELOADS = int(os.environ.get("TENON_RELOADS", "50"))
QUIET_RELOADS = 100  # in each part


class Reload(unittest.IsolatedAsyncioTestCase):
    async def test_links_live_and_messages_arrive_while_everything_that_can_change_does(self):
        asyncio.get_running_loop().set_debug(False)
        with Run() as run:
            await run.go(RELOADS)
            quiet = await run.growth_of_quiet(QUIET_RELOADS)
            print(f"# {RELOADS} reloads, {sum(run.sent)} messages, {run.growth_bytes / 2**20:+.1f} MiB; "
                  f"{QUIET_RELOADS} more in peace, {quiet / 2**10:+.0f} KiB", flush=True)
            self.assertEqual(run.faults, [])
            if sanitizer.memory_tells():
                self.assertEqual(growth_faults(run.growth_bytes, quiet, QUIET_RELOADS), [])

    def test_both_certificates_are_looked_at(self):
        looked_at = [number for number in range(1, RELOADS + 1) if number % CERTIFICATE_EVERY == 0]
        self.assertEqual({number % 2 for number in looked_at}, {0, 1})

    def test_memory_that_grows_is_a_fault(self):
        self.assertEqual(growth_faults(GROWTH_BYTES_MAX - 1, 9_999, 10), [])
        self.assertEqual(len(growth_faults(GROWTH_BYTES_MAX, 9_999, 10)), 1)
        self.assertEqual(len(growth_faults(0, 10_000, 10)), 1)

    def test_memory_that_grows_with_each_part_is_told_from_what_comes_once(self):
        once, always = [0, 10, 1_400_000, 1_400_010, 1_400_020, 1_400_030], [0, 10_000, 20_000, 30_000, 40_000, 50_000]
        self.assertEqual(len(growth_faults(0, quiet_growth(once), 10)), 0)
        self.assertEqual(len(growth_faults(0, quiet_growth(always), 10)), 1)


if __name__ == "__main__":
    unittest.main()
