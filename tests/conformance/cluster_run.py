#!/usr/bin/python3
"""Plays the vectors over a cluster of three tenond: each connection of a vector is made to the next node.

    TENON_BUILD_ROOT=build tests/conformance/cluster_run.py [ID or VECTOR]

What is asked of one server is asked of the cluster as a whole here, but for some vectors that are played at one node: those in which a connection
breaks, as that node knows at once what was sent and acknowledged before, and publishes the will; and those that subscribe to what was published
with QoS 0, as nothing says when other nodes have that. The exit code is 1 when a vector fails."""
import asyncio
import itertools
import sys

import brokers
import run
import script
import wire
from cluster import Cluster  # found where brokers.py looks for tests/support

NODE_COUNT = 3
PROVIDES = ("aliases", "maximum", "one-copy", "punctual", "reasons", "retained-to-all", "unread-payloads")
PUBLISHES_BEFORE = ("a QoS 0 retained message replaces the one before",)


def is_for_one_node(vector, version):
    return vector.name in PUBLISHES_BEFORE or any(step.do == "abort" for step in script.steps_of(vector, version))


async def play(only):
    async with Cluster(count=NODE_COUNT) as cluster:
        await cluster.ready()
        target = wire.Target("127.0.0.1", [node.port for node in cluster.nodes], provides=PROVIDES)
        alone = itertools.cycle(target._replace(ports=[port]) for port in target.ports)

        def play_one(vector, version, target):
            return run.play_one(vector, version, next(alone) if is_for_one_node(vector, version) else target)
        chosen = run.keys(script.load(), provided=PROVIDES, only=only)
        # In a thread: the nodes' output is read by this loop all the time.
        return await asyncio.get_running_loop().run_in_executor(None, run.play_all, chosen, target, play_one)


def main():
    results = asyncio.run(play(sys.argv[1] if sys.argv[1:] else None))
    run.show(results, script.load())
    sys.exit(1 if any(results.values()) or not results else 0)


if __name__ == "__main__":
    main()
