"""Makes faults happen to a NetCluster."""
import asyncio
import collections
import contextlib

from faults.schedule import Fault
from judge.history import Disturbance

# What of a disk answers EIO, and to what.
BROKEN = {"disk error": {}, "log error": {"part": "/journal", "writes": False}, "state error": {"part": "/main"}}


class Doer:
    """One fault at a time. `load` hears when the cluster is disturbed, `say` what happens."""

    def __init__(self, cluster, load, say=lambda text: None):
        self.cluster, self.load, self.say = cluster, load, say
        self.done = collections.Counter()

    async def follow(self, schedule):
        began = self.load.started = self.load.now()
        for fault in schedule:
            await asyncio.sleep(max(0.0, began + fault.at_s - self.load.now()))
            await self.do(fault)
            self.load.check_tasks()

    async def do(self, fault):
        self.load.trouble(True)
        nodes = self._nodes(fault)
        before = self.load.acknowledged
        undo = await self._begin(fault, nodes)
        noted = self._note(fault, nodes)
        await asyncio.sleep(fault.lasts_s)
        noted.ended = self.load.now()
        await undo()
        self.load.trouble(False)
        self.done[fault.kind] += 1
        self.say(f"{fault}: {' '.join(node.name for node in nodes)}; {self.load.acknowledged - before} acknowledged meanwhile")

    @contextlib.asynccontextmanager
    async def fault(self, kind, *numbers, value=0.0):
        """For as long as the context lasts: the nodes that it strikes."""
        fault = Fault(0, kind, numbers, 0, value)
        self.load.trouble(True)
        nodes = self._nodes(fault)
        undo = await self._begin(fault, nodes)
        noted = self._note(fault, nodes)
        try:
            yield nodes
        finally:
            noted.ended = self.load.now()
            await undo()
            self.load.trouble(False)

    def _note(self, fault, nodes):
        """For the judges."""
        value = fault.value if fault.kind.startswith("clock") else 0.0
        noted = Disturbance(fault.kind, tuple(node.name for node in nodes), self.load.now(), value=value)
        self.load.history.disturbances.append(noted)
        return noted

    def _nodes(self, fault):
        """Of kinds that are for the leader: the one that most nodes take for the leader of a range of sessions."""
        if fault.kind.endswith("leader"):
            votes = collections.Counter(node.leader_of(number) for node in self.cluster.alive if node.is_up
                                        for number in node.ranges("inbox"))
            leader = next((node for node in self.cluster.nodes for one, _ in votes.most_common(1)
                           if node.alive and node.find("node.started") and node.node_id == one), None)
            if leader:
                return [leader]
        return [self.cluster.nodes[number] for number in fault.nodes]

    async def _begin(self, fault, nodes):
        """What ends it."""
        cluster, kind = self.cluster, fault.kind.removesuffix(" leader")
        others = [node for node in cluster.nodes if node not in nodes]
        if kind.startswith(("kill", "power")):
            return await self._kill(nodes, kind.startswith("power"))
        if kind == "pause":
            return self._pause(nodes[0])
        if kind == "disk full":
            cluster.fill_disk(nodes[0])
            return self._later(lambda: self._make_room(nodes[0]))
        if kind == "disk slow":
            cluster.slow_disk(nodes[0], fault.value)
            return self._later(lambda: cluster.slow_disk(nodes[0], 0))
        if kind in BROKEN:
            cluster.fail_disk(nodes[0], **BROKEN[kind])
            return lambda: self._start_with_another_disk(nodes[0])
        if kind == "clock":
            cluster.step_clock(nodes[0], fault.value)
            return self._later(lambda: cluster.step_clock(nodes[0], 0))
        if kind == "unplug":
            cluster.unplug(nodes[0])
        elif kind in ("halves", "minority", "isolate"):
            cluster.part(nodes, others)
        elif kind == "pair":
            cluster.cut(*nodes)
        elif kind == "loss":
            cluster.lose(nodes[0], fault.value)
        elif kind == "one way":
            cluster.cut_one_way(*nodes)
        elif kind == "one way out":
            for other in others:
                cluster.cut_one_way(nodes[0], other)
        elif kind == "one way in":
            for other in others:
                cluster.cut_one_way(other, nodes[0])
        else:
            raise ValueError(fault.kind)
        return self._later(cluster.heal)

    async def _kill(self, nodes, with_power):
        """All of them before anything else happens."""
        await self.cluster.kill(*nodes)
        if with_power:
            await asyncio.gather(*(self.cluster.lose_power(node) for node in nodes))

        async def restart():
            self.cluster.restart(*nodes)
        return restart

    def _make_room(self, node):
        """One that was just starting has refused to, with its disk full, and is started again, as its service manager would do."""
        self.cluster.free_disk(node)
        failed = None if node.alive else node.find("node.start_failed")
        if failed and "No space left on device" in failed["message"]:
            self.cluster.restart(node)

    async def _start_with_another_disk(self, node):
        """One that holds what the broken one had synced, and behind it nothing."""
        await self.cluster.lose_power(node)
        self.cluster.restart(node)

    def _pause(self, node):
        self.cluster.freeze(node)
        return self._later(lambda: self.cluster.thaw(node))

    @staticmethod
    def _later(act):
        async def undo():
            act()
        return undo
