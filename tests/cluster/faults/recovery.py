"""What nodes say of themselves when faults are over."""
import asyncio
import os

import sanitizer
from api import Api, quote
from faults.lookout import replicas_of
from judge.rest import RangeState, Rest, grown, miscounted, not_drained, not_subscribed, not_whole
from judge.sessions import possible_subscriptions
from rss import rss_bytes


class Recovery:
    """Asks the nodes of a cluster over HTTP, while the loop goes on."""

    def __init__(self, cluster):
        self.cluster = cluster
        self._document = None
        self._memory_tells = sanitizer.memory_tells()

    def _api(self, node):
        api = Api(node.api_socket)
        if self._document is None:
            self._document = api.document
        return api.use_document(self._document)

    async def _get(self, node, path, name, **query):
        return await asyncio.to_thread(lambda: self._api(node).pages(path, name, **query))

    async def _subscriptions(self, node, clients):
        """QoS by client and filter."""
        def ask(client):
            found = self._api(node).get(f"/api/v1/sessions/{quote(client)}").json.get("subscriptions", [])
            return {one["filter"]: one.get("qos") for one in found}
        return {client: await asyncio.to_thread(ask, client) for client in clients}

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
        for node in self.cluster.alive:
            for one in await self._get(node, "/api/v1/ranges", "ranges"):
                leads = one.get("replica", {}).get("role") == "leader"
                if leads or one["id"] not in found:
                    found[one["id"]] = RangeState(f"{one['id']} ({one['store']})", one["leader"] if leads else "", one["voters"],
                                                  one.get("replica", {}).get("lags", {}) if leads else {})
        return list(found.values())

    async def compare_states(self, load, timeout_s=60):
        """Has each replica say what it holds, until those of each range have said it of the same entry: of which that could not be had, in words. What they say is
        in the history."""
        loop = asyncio.get_running_loop()
        deadline, compared = loop.time() + timeout_s, {}
        names = {node.node_id: node.name for node in self.cluster.nodes}
        while True:
            for node in self.cluster.nodes:
                ranges = await self._get(node, "/api/v1/ranges", "ranges")
                for one in ranges:
                    if "replica" in one and not compared.get(one["id"]):
                        digest = await asyncio.to_thread(self._digest, node, one["id"])
                        one["replica"] |= {"applied": digest["applied"], "digest": digest["digest"]} if digest else {}
                load.history.replicas += replicas_of(node, load.now(), ranges, names)
            members = {one["id"]: {*one["voters"], *one["learners"]} for one in ranges}
            compared = {number: self._same_entry(load.history, number, len(nodes)) for number, nodes in members.items()}
            if all(compared.values()) or loop.time() > deadline:
                return [f"range {number}: its replicas could not be compared" for number, done in compared.items() if not done]
            await asyncio.sleep(0.5)

    def _digest(self, node, number):
        """None: not now."""
        answer = self._api(node).ask("GET", f"/api/v1/ranges/{number}/digest")
        return answer.json if answer.status == 200 else None

    @staticmethod
    def _same_entry(history, number, count):
        """So many nodes have said what they hold behind one entry."""
        nodes = {}
        for one in history.replicas:
            if one.range == number and one.digest is not None:
                nodes.setdefault((one.incarnation, one.applied), set()).add(one.node)
        return any(len(names) >= count for names in nodes.values())

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
        waiting = await asyncio.to_thread(node.metric, "tenon_session_queue_messages")
        return Rest(node.name, pid, rss_bytes(pid), len(os.listdir(f"/proc/{pid}/fd")), int(waiting or 0))

    async def left(self, before, load):
        """The faults that are left when all clients of the load have everything. `before` is an earlier look()."""
        if self.dead():
            return self.dead()
        queues = {one["client_id"]: one["stored"]["queue_count"] for one in
                  await self._get(self.cluster.nodes[0], "/api/v1/sessions", "sessions") if "stored" in one}
        connected = {node.name: int(await asyncio.to_thread(node.metric, "tenon_session_connected_sessions"))
                     for node in self.cluster.nodes}
        possible = possible_subscriptions(load.history)
        told = await self._subscriptions(self.cluster.nodes[-1], possible)
        return [*not_drained(queues), *grown(before, await self.look(), self._memory_tells), *miscounted(connected, load.connected_count()),
                *not_subscribed(possible, told)]

    async def settle(self, before, load, timeout_s=60):
        """As left(), until nothing is or the time is over."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        while True:
            faults = await self.left(before, load)
            if not faults or asyncio.get_running_loop().time() > deadline:
                return faults
            await asyncio.sleep(0.5)
