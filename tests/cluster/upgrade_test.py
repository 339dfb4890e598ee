#!/usr/bin/python3
"""Nodes of an older release that become nodes of this one, one after the other, under load of all kinds. TENON_OLDER says where the older one is: a build directory, or what
packages were unpacked into."""
import os
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE)]
from failures_test import MANY, FailureCase  # noqa: E402
from release import Release  # noqa: E402

OLDER = os.environ.get("TENON_OLDER")
MESSAGES = int(os.environ.get("TENON_UPGRADE_MESSAGES", MANY))  # between two steps


@unittest.skipUnless(OLDER, "TENON_OLDER names no older release")
class Upgrade(FailureCase):
    older = Release(OLDER) if OLDER else None
    options = {"release": older}
    # Rows of which the later release says more differ in their bytes, by the node that wrote them.
    compares_states = False

    async def becomes(self, node, release):
        """In peace, with the data that it has."""
        self.load.trouble(True)
        self.assertEqual(await self.cluster.stop(node), [0])
        node.run(release)
        self.cluster.restart(node)
        await self.cluster.ready()
        self.load.trouble(False)
        await self.load.acknowledge(MESSAGES)

    async def test_nodes_are_upgraded_one_by_one_under_load_and_no_promise_is_broken(self):
        for node in self.cluster.nodes:
            await self.becomes(node, None)
        await self.judge()

    async def test_a_leader_that_is_killed_between_two_upgrades_is_replaced_by_nodes_of_either_release(self):
        first, *rest = self.cluster.nodes
        await self.becomes(first, None)
        for number in range(len(self.cluster.nodes)):
            async with self.doer.fault("kill", number):
                await self.load.acknowledge(MESSAGES)
            await self.cluster.ready()
        for node in rest:
            await self.becomes(node, None)
        await self.judge()


if __name__ == "__main__":
    unittest.main()
