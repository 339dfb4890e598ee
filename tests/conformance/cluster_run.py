#!/usr/bin/python3
"""Plays the vectors over a cluster of three tenond: each connection of a vector is made to the next node.

    TENON_BUILD_ROOT=build tests/conformance/cluster_run.py [ID or VECTOR]

What is asked of one server is asked of the cluster as a whole here. The exit code is 1 when a vector fails."""
import asyncio
import sys

import brokers
import run
import script
import wire
from cluster import Cluster  # found where brokers.py looks for tests/support

NODE_COUNT = 3


async def play(only):
    async with Cluster(count=NODE_COUNT) as cluster:
        await cluster.ready()
        provides = ("aliases", "maximum", "one-copy", "punctual", "reasons", "retained-to-all", "unread-payloads")
        target = wire.Target("127.0.0.1", [node.port for node in cluster.nodes], provides=provides)
        chosen = run.keys(script.load(), provided=provides, only=only)
        # In a thread: the nodes' output is read by this loop all the time.
        return await asyncio.get_running_loop().run_in_executor(None, run.play_all, chosen, target)


def main():
    results = asyncio.run(play(sys.argv[1] if sys.argv[1:] else None))
    run.show(results, script.load())
    sys.exit(1 if any(results.values()) or not results else 0)


if __name__ == "__main__":
    main()
