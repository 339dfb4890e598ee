#!/usr/bin/python3
"""Which nodes serve the clients of a tenant, as operators say it: what clients see, and that a full restart keeps it."""
import asyncio
import itertools
import json
import unittest

from case import ClusterCase, named_address
from cluster import WAIT_S
from mqtt_client import SERVER_REFERENCE, USE_ANOTHER_SERVER, Client, V5, V311

SERVER_UNAVAILABLE = 3
TENANT = "default"


def node_of_group(name, group):
    return {"cluster": {"groups": [group]}, "listeners": {"default": {"advertise": named_address(name)}}}


class TrafficCase(ClusterCase):
    guests = itertools.count()
    options = {"own": [node_of_group("a", "blue"), node_of_group("b", "green"), node_of_group("c", "red")]}

    async def traffic(self, node):
        status, body = await asyncio.to_thread(node.get, "/api/v1/traffic")
        self.assertEqual(status, 200, body)
        return json.loads(body)

    async def becomes(self, ask, wanted, what):
        """Asks again and again until the answer is the wanted one."""
        told = None
        try:
            async with asyncio.timeout(WAIT_S):
                while (told := await ask()) != wanted:
                    pass
        except TimeoutError:
            self.fail(f"{what}: {told}, not {wanted}\n{self.cluster.logs()}")

    async def rows(self, node):
        """Weight and clients that each node has by the only directive."""
        return {one["id"]: (one["serves"][0]["weight"], one["serves"][0]["clients"])
                for one in (await self.traffic(node))["nodes"] if one["serves"]}

    async def rows_are(self, node, wanted):
        await self.becomes(lambda: self.rows(node), wanted, f"what {node.name} knows of all")

    def client(self, client_id, node, **options):
        client = Client(client_id, lambda: node.port, **options)
        self.clients.append(client)
        return client

    async def answer(self, node, version=V5):
        """What a new client is told there: the code, and where to go."""
        client = self.client(f"guest-{next(self.guests)}", node, version=version, clean=True)
        connack = await client.connect()
        if connack.code == 0:
            await client.disconnect()
        await client.closed()
        return connack.code, connack.properties.get(SERVER_REFERENCE, b"").decode() if version == V5 else ""

    async def answered(self, node, wanted, version=V5):
        await self.becomes(lambda: self.answer(node, version), wanted, f"what a client at {node.name} is told")


class Served(TrafficCase):
    async def test_only_the_groups_that_have_a_weight_serve_a_tenant_also_behind_a_restart_of_all_nodes(self):
        a, b, c = self.cluster.nodes
        early = await self.connect("early", b)
        out = await self.ctl(c, "traffic", "set", "mqtt", TENANT, "--weight", "blue=1", "--weight", "red=0", "--reason",
                             "moved")
        self.assertIn("blue=1", out)
        self.assertEqual((await self.answer(c))[0], USE_ANOTHER_SERVER, "the node that was asked follows already")
        for node in (b, c):
            await self.answered(node, (USE_ANOTHER_SERVER, named_address("a")))
            await self.answered(node, (SERVER_UNAVAILABLE, ""), version=V311)
        for version in (V5, V311):
            self.assertEqual((await self.answer(a, version))[0], 0)
        await early.ping()
        await self.cluster.until(lambda: b.find("link.sent_elsewhere", directive=TENANT), "it says whom it does not serve")
        before = (await self.traffic(c))["directives"]
        self.assertEqual((before[0]["tenants"], before[0]["weights"], before[0]["reason"]),
                         (TENANT, {"blue": 1, "red": 0}, "moved"))
        self.assertIn(f"owner at {c.node_id}", before[0]["by"])
        await early.disconnect()

        self.assertEqual(await self.cluster.stop(a, b, c), [0, 0, 0])
        self.cluster.restart(a, b, c)
        await self.cluster.ready()
        for node in (b, c):
            self.assertEqual((await self.answer(node))[0], USE_ANOTHER_SERVER, "from the first client on")
            await self.answered(node, (USE_ANOTHER_SERVER, named_address("a")))
        self.assertEqual((await self.answer(a))[0], 0)
        self.assertEqual((await self.traffic(b))["directives"], before)
        await self.rows_are(b, {a.node_id: (1, 0), b.node_id: (0, 0), c.node_id: (0, 0)})
        table = await self.ctl(b, "traffic", "list")
        self.assertIn("blue=1 red=0", table)
        self.assertIn("moved", await self.ctl(b, "traffic", "show", "mqtt", TENANT))

        await self.ctl(b, "traffic", "unset", "mqtt", TENANT)
        self.assertEqual((await self.answer(b))[0], 0)
        await self.answered(c, (0, ""))
        self.assertIn("no directive", await self.ctl(b, "traffic", "unset", "mqtt", TENANT, fails=True))

    async def test_the_groups_of_a_node_change_at_runtime_and_are_kept_over_its_restart(self):
        a, b, c = self.cluster.nodes
        await self.ctl(a, "traffic", "set", "mqtt", "*", "--weight", "blue=1")
        await self.answered(b, (USE_ANOTHER_SERVER, named_address("a")))
        self.assertIn("blue", await self.ctl(c, "traffic", "groups", b.node_id, "--group", "blue", "--group", "new"))
        await self.answered(b, (0, ""))
        await self.cluster.kill(b)
        self.cluster.restart(b)
        await self.cluster.ready()
        self.assertEqual((await self.answer(b))[0], 0)
        await self.cluster.linked(a, b, c)
        groups = {one["id"]: one["groups"] for one in (await self.traffic(a))["nodes"]}
        self.assertEqual(groups, {a.node_id: ["blue"], b.node_id: ["blue", "new"], c.node_id: ["red"]})
        await self.ctl(a, "traffic", "ungroup", b.node_id)
        await self.answered(b, (USE_ANOTHER_SERVER, named_address("a")))

    async def test_a_node_that_stops_says_at_once_that_it_lets_nobody_in(self):
        leader = await self.cluster.leader()
        stops, asked = self.cluster.others(leader)
        self.assertTrue(await self.lets_in(asked, stops))
        # Its stop takes its time: the range is told that its client is gone, and does not answer.
        await self.subscriber("stays", stops)
        self.cluster.freeze(leader)
        stops.process.terminate()
        await self.cluster.until(lambda: stops.find("node.stopping"), "it stops")
        self.assertIs(await self.lets_in(asked, stops), False)
        self.cluster.thaw(leader)
        self.assertEqual(await self.cluster.stop(stops), [0])

    async def lets_in(self, asked, node):
        """What `node` answers to another one; None: nothing."""
        nodes = (await self.traffic(asked))["nodes"]
        return next((one["lets_in"] for one in nodes if one["id"] == node.node_id), None)

    async def test_what_nothing_could_follow_from_or_somebody_else_has_changed_is_refused(self):
        a, b = self.cluster.nodes[:2]
        for words, why in {
                ("set", "dist.worker", "*", "--weight", "blue=1"): "replica of its own",
                ("set", "inbox.store", "*", "--weight", "blue=1"): "leader",
                ("set", "mqtt", "*", "--weight", "blue=0"): "nobody would serve",
                ("groups", "0123456789abcdef", "--group", "blue"): "has answered"}.items():
            self.assertIn(why, await self.ctl(a, "traffic", *words, fails=True))
        await self.ctl(a, "traffic", "set", "mqtt", "x*", "--weight", "blue=1", "--if-version", "0")
        self.assertIn("version", await self.ctl(b, "traffic", "set", "mqtt", "x*", "--weight", "blue=2", "--if-version", "0",
                                                fails=True))
        self.assertEqual((await self.traffic(a))["directives"][0]["weights"], {"blue": 1})


class Shared(TrafficCase):
    async def follow(self, client_id, node):
        """The node that a 5.0 client ends up at that does what it is told."""
        nodes = {named_address("abc"[number]): one for number, one in enumerate(self.cluster.nodes)}
        client = self.client(client_id, node)
        for _ in range(4):
            client.port = lambda node=node: node.port
            connack = await client.connect()
            if connack.code == 0:
                return node
            self.assertEqual(connack.code, USE_ANOTHER_SERVER)
            node = nodes[connack.properties[SERVER_REFERENCE].decode()]
            await client.closed()
        self.fail(f"{client_id} is sent around")

    async def test_clients_that_can_be_told_spread_by_weight_and_others_stay_where_they_come(self):
        a, b, c = self.cluster.nodes
        await self.ctl(a, "traffic", "set", "mqtt", "*", "--weight", "blue=1", "--weight", "green=3")
        await self.answered(c, (USE_ANOTHER_SERVER, named_address("b")))
        # Its own word for where clients go means that it knows the others.
        counts = {node: 0 for node in self.cluster.nodes}
        for number in range(120):
            counts[await self.follow(f"new-{number}", a)] += 1
        self.assertEqual(counts[c], 0, "it has no weight")
        self.assertEqual(counts[a] + counts[b], 120)
        self.assertGreaterEqual(counts[b], 70, counts)
        self.assertGreaterEqual(counts[a], 20, counts)
        old = [await self.connect(f"old-{number}", a, version=V311) for number in range(20)]
        self.assertEqual(len(old), 20, "3.x clients are not sent away for a share")
        await self.rows_are(c, {a.node_id: (1, counts[a] + 20), b.node_id: (3, counts[b]), c.node_id: (0, 0)})


if __name__ == "__main__":
    unittest.main()
