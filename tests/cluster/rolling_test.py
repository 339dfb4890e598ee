#!/usr/bin/python3
"""All nodes of a cluster are restarted, one after the other and under load, as docs/operate/cluster.md says: how often each client has to connect anew in all."""
import asyncio
import unittest

from case import looks, named_address, services
import cluster_run
from mqtt_client import SERVER_REFERENCE, V5, V311, Client
from scale_test import ScaleCase

MESSAGES = 2000  # between two steps
SERVER_UNAVAILABLE = 3
FRESH = "fresh"  # the group of nodes that clients may go to


class Way:
    """Where a client goes: where it was told to, else to one node that serves after the other, as a load balancer has it. `first` until `spread`."""

    spread = False

    def __init__(self, cluster, client, first):
        self.cluster, self.client, self.first = cluster, client, first
        self.was_told = False  # where to go, at the end of its connection
        self.sent_on = 0  # by nodes that did not let it in and told it another one

    def port(self):
        connack = self.client.connack
        told = self.client.disconnect_properties.get(SERVER_REFERENCE)
        self.was_told |= told is not None
        if told is None and connack and (told := connack.properties.get(SERVER_REFERENCE)):
            self.sent_on += 1
        if told:
            return next(node.port for node in self.cluster.nodes if named_address(node.name) == told.decode())
        return self.cluster.any_port() if self.spread else self.first.port


class RollingCase(ScaleCase):
    """`advertise` says whether nodes are named to clients before they were restarted."""

    advertise = False

    def names_itself(self, name):
        return {"listeners": {"default": {"advertise": named_address(name)}}}

    async def asyncSetUp(self):
        self.options = {**ScaleCase.options, "own": [self.names_itself(name) if self.advertise else {} for name in "ABC"]}
        await super().asyncSetUp()
        self.old = list(self.cluster.nodes)
        await self.load_all()

    async def load_all(self):
        """Clients of both versions that publish and that subscribe at each node."""
        self.traffic = cluster_run.Traffic(None, sessions=24, publishers=12)
        self.ways = {}
        for number, client in enumerate(self.traffic.publishers + self.traffic.receivers):
            client.version = (V5, V311)[number // 3 % 2]
            way = self.ways[client.client_id] = Way(self.cluster, client, self.old[number % 3])
            client.port = way.port
        await self.traffic.begin()
        self.addAsyncCleanup(self.release, self.traffic)
        await self.traffic.acknowledge(MESSAGES)
        self.followers = [client for client in self.traffic.publishers + self.traffic.online if client.version == V5]
        for way in self.ways.values():
            way.spread = True
        self.before = await self.connects(self.traffic)

    async def joins(self):
        """A node that is there for the restart."""
        # It takes no replica that votes: none has to be moved to it and away again.
        spare = self.cluster.add({**services(mqtt=True), "cluster": {"groups": [FRESH]}, **self.names_itself("D")})
        await self.cluster.until(lambda: spare.serves, "it has joined")
        await self.is_well(spare)

    async def only_fresh_nodes_let_in(self, by):
        await self.ctl(by, "traffic", "set", "mqtt", "*", "--weight", f"{FRESH}=1", "--reason", "a rolling restart")
        for node in self.old:
            if node is not by:
                await self.answers(node, SERVER_UNAVAILABLE)

    async def answers(self, node, code):
        """Until the node tells new clients so."""
        for _ in looks():
            guest = Client("guest", node.port, version=V311, clean=True)
            self.clients.append(guest)
            if (await guest.connect()).code == code:
                return await guest.disconnect()
            guest.abort()
        self.fail(f"{node.name} does not answer {code}\n{self.cluster.logs()}")

    async def is_well(self, node):
        for _ in looks():
            if (await asyncio.to_thread(node.get, "/readyz"))[0] == 200:
                return
        self.fail(f"{node.name} is not well\n{self.cluster.logs()}")

    async def restarted(self, node):
        """Its clients have gone at a rate before. It is fresh then."""
        by = self.cluster.others(node)[0]
        await self.ctl(by, "node", "drain", node.node_id, "--rate", "20", "--reason", "a rolling restart")
        await self.cluster.until(lambda: node.find("node.drained", phase="replicas"), "its clients have gone")
        self.assertEqual(await self.cluster.stop(node), [0])
        node.write_config("96-named.json", self.names_itself(node.name))
        self.cluster.restart(node)
        await self.cluster.until(lambda: node.serves, "it has started")
        await self.ctl(by, "traffic", "groups", node.node_id, "--group", FRESH)
        await self.ctl(by, "node", "resume", node.node_id)
        await self.is_well(node)
        await self.cluster.ready()
        await self.answers(node, 0)
        await self.traffic.acknowledge(MESSAGES)

    async def reconnects(self):
        """Of each client over all of it, when nothing was lost."""
        found = await self.connects(self.traffic)
        await self.no_faults(self.traffic, len(self.old))
        return {name: count - self.before[name] for name, count in found.items()}

    def clients_of(self, node):
        return {name for name in self.before if self.ways[name].first is node}

    def expect_who_was_told(self):
        """5.0 clients followed what they were told, and the rest was let in where a load balancer led it."""
        told = {client.client_id for client in self.followers if self.ways[client.client_id].was_told}
        self.assertEqual(told, {client.client_id for client in self.followers})


class WithASpareNode(RollingCase):
    async def roll(self):
        await self.joins()
        await self.only_fresh_nodes_let_in(self.old[0])
        for node in self.old:
            await self.restarted(node)
        return await self.reconnects()

    async def test_each_client_reconnects_once_over_the_restart_of_all_nodes_and_is_told_where_to(self):
        self.assertEqual(await self.roll(), {name: 1 for name in self.before})
        self.expect_who_was_told()
        sent_on = {client.client_id: self.ways[client.client_id].sent_on for client in self.followers}
        self.assertEqual(sent_on, {name: 0 for name in sent_on}, "only nodes that let them in were named")


class WithASpareNodeWhereAllAreNamed(WithASpareNode):
    advertise = True

    async def test_each_client_reconnects_once_over_the_restart_of_all_nodes_and_is_told_where_to(self):
        """A node that lets nobody in may be named, and names another one: one more attempt, and no more connections."""
        self.assertEqual(await self.roll(), {name: 1 for name in self.before})
        self.expect_who_was_told()


class WithoutASpareNode(RollingCase):
    advertise = True

    async def test_clients_of_the_first_node_reconnect_twice_and_all_others_once(self):
        first, *rest = self.old
        await self.restarted(first)
        await self.only_fresh_nodes_let_in(first)
        for node in rest:
            await self.restarted(node)
        found = await self.reconnects()
        self.assertEqual(found, {name: 2 if name in self.clients_of(first) else 1 for name in self.before})


class ClientsThatStayWithTheirNode(RollingCase):
    """Each has the address of one node, and nothing else."""

    async def test_each_client_reconnects_once_and_waits_for_its_node(self):
        for way in self.ways.values():
            way.spread = False
        for node in self.old:
            self.assertEqual(await self.cluster.stop(node), [0])
            self.cluster.restart(node)
            await self.cluster.ready()
            await self.is_well(node)
            await self.traffic.acknowledge(MESSAGES)
        self.assertEqual(await self.reconnects(), {name: 1 for name in self.before})


if __name__ == "__main__":
    unittest.main()
