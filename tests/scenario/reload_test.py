#!/usr/bin/python3
"""Reloads while clients publish and subscribe: no link is dropped, no message is lost, and memory stays. TENON_RELOADS says
how many; reload_run.py is the same as a command."""
import asyncio
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from reload_run import Run  # noqa: E402

RELOADS = int(os.environ.get("TENON_RELOADS", "50"))
QUIET_RELOADS = 500
GROWTH_BYTES_MAX = 24 << 20  # what durable state buffers is some 16 MiB
QUIET_GROWTH_BYTES_MAX = QUIET_RELOADS * 1000


class Reload(unittest.IsolatedAsyncioTestCase):
    async def test_links_live_and_messages_arrive_while_everything_that_can_change_does(self):
        asyncio.get_running_loop().set_debug(False)
        with Run() as run:
            await run.go(RELOADS)
            quiet = await run.growth_of_quiet(QUIET_RELOADS)
            print(f"# {RELOADS} reloads, {sum(run.sent)} messages, {run.growth_bytes / 2**20:+.1f} MiB; "
                  f"{QUIET_RELOADS} more in peace, {quiet / 2**10:+.0f} KiB", flush=True)
            self.assertEqual(run.faults, [])
            self.assertLess(run.growth_bytes, GROWTH_BYTES_MAX)
            self.assertLess(quiet, QUIET_GROWTH_BYTES_MAX)


if __name__ == "__main__":
    unittest.main()
