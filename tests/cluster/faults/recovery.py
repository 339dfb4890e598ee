"""What nodes say of themselves when faults are over."""
import asyncio
import os

from api import Api
from judge.rest import RangeState, Rest, grown, miscounted, not_drained, not_whole


class Recovery:
    """Asks the nodes of a cluster over HTTP, while the loop goes on."""

    def __init__(self, cluster):
        self.cluster = cluster
        self._document = None

    async def _get(self, node, path, name, **query):
        def ask():
            api = Api(node.api_socket)
            if self._document is None:
                self._document = api.document
            return api.use_document(self._document).pages(path, name, **query)
        return await asyncio.to_thread(ask)

    def states(self):
        """Of the processes, in words."""
        return ", ".join(f"{node.name} {node.node_id if node.find('node.started') else '?'}: " +
                         ("runs" if node.alive else f"ended with {node.process.returncode}") for node in self.cluster.nodes)

    def dead(self):
        """Nodes that ended by themselves."""
        return [f"{node.name} ended by itself, with {node.process.returncode}" for node in self.cluster.nodes if not node.alive]

    async def ranges(self):
        """By their leaders; a range without one as any node knows it."""
        found = {}
        for node in self.cluster.nodes:
            for one in await self._get(node, "/api/v1/ranges", "ranges"):
                leads = one.get("replica", {}).get("role") == "leader"
                if leads or one["id"] not in found:
                    found[one["id"]] = RangeState(f"{one['id']} ({one['store']})", one["leader"] if leads else "", one["voters"],
                                                  one.get("replica", {}).get("lags", {}) if leads else {})
        return list(found.values())

    async def become_whole(self, voters, timeout_s=90):
        """Until every range has a leader and all voters, and none lags: what of it is not so in time, in words."""
        if self.dead():
            return self.dead()
        await self.cluster.ready()
        deadline = asyncio.get_running_loop().time() + timeout_s
        while True:
            faults = list(not_whole(await self.ranges(), voters))
            if not faults or asyncio.get_running_loop().time() > deadline:
                return faults
            await asyncio.sleep(0.25)

    async def look(self):
        """What each node holds."""
        return [await self._look(node) for node in self.cluster.nodes if node.alive]

    async def _look(self, node):
        pid = node.process.pid
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            memory = int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
        waiting = await asyncio.to_thread(node.metric, "tenon_session_queue_messages")
        return Rest(node.name, pid, memory, len(os.listdir(f"/proc/{pid}/fd")), int(waiting or 0))

    async def left(self, before, clients, away=()):
        """The faults that are left when all clients have everything. `before` is an earlier look(); sessions that are `away` on
        purpose may keep messages."""
        if self.dead():
            return self.dead()
        queues = {one["client_id"]: one["stored"]["queue_count"] for one in
                  await self._get(self.cluster.nodes[0], "/api/v1/sessions", "sessions") if "stored" in one}
        connected = {node.name: int(await asyncio.to_thread(node.metric, "tenon_session_connected_sessions"))
                     for node in self.cluster.nodes}
        return [*not_drained({name: count for name, count in queues.items() if name not in away}),
                *grown(before, await self.look()), *miscounted(connected, clients)]

    async def settle(self, before, clients, timeout_s=60):
        """As left(), until nothing is or the time is over."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        while True:
            faults = await self.left(before, clients())
            if not faults or asyncio.get_running_loop().time() > deadline:
                return faults
            await asyncio.sleep(0.5)
