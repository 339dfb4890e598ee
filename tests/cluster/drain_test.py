#!/usr/bin/python3
"""Nodes that are drained, and such as are removed: what their clients see, where their leaders and replicas go."""
import asyncio
import datetime
import json
import pathlib
import shutil
import tempfile
import unittest

from case import ClusterCase, looks, readiness
from api import Api
from mqtt_client import SERVER_REFERENCE, USE_ANOTHER_SERVER, V5, V311, Client

SERVER_MOVED = 0x9D
ELSEWHERE = b"mqtt.example.org:1883"


class NodesCase(ClusterCase):
    config = {"listeners": {"default": {"advertise": ELSEWHERE.decode()}}}
    options = {"inbox_ranges": 4, "count": 4,
               "balancers": {"range-leader": {"settle_s": 1}, "replica-cnt": {"grace_s": 600}}}

    async def listed(self, node):
        status, body = await asyncio.to_thread(node.get, "/api/v1/nodes")
        self.assertEqual(status, 200, body)
        return {one["id"]: one for one in json.loads(body)["nodes"]}

    async def listed_until(self, node, holds, what):
        for _ in looks():
            nodes = await self.listed(node)
            if holds(nodes):
                return nodes
        self.fail(f"{what}: {json.dumps(nodes)}\n{self.cluster.logs()}")

    async def view(self):
        for _ in looks():
            for node in self.cluster.alive:
                if node.serves:
                    status, body = await asyncio.to_thread(node.get, "/api/v1/balance/view")
                    if status == 200:
                        return json.loads(body)
        self.fail("nobody plans")

    async def view_until(self, holds, what):
        for _ in looks():
            view = await self.view()
            if holds(view):
                return view
        self.fail(f"{what}: {json.dumps(view['ranges'])}\n{self.cluster.logs()}")

    def is_whole_on(self, view, nodes):
        ids = {node.node_id for node in nodes}
        return all(len(one["voters"]) == 3 and set(one["voters"]) <= ids and not one["busy"] for one in view["ranges"])


class Drain(NodesCase):
    async def clients_of(self, node, others, count=12):
        """Sessions of all versions, of which each follows when it is sent away."""
        clients = []
        for number in range(count):
            client = await self.subscriber(f"client-{number}", node, version=(V5, V311)[number % 2])
            client.port = lambda number=number: others[number % len(others)].port
            client.keep_connected()
            clients.append(client)
        return clients

    async def test_clients_leaders_and_replicas_leave_a_node_and_nothing_acknowledged_is_lost(self):
        a, b, c, d = self.cluster.nodes
        clients = await self.clients_of(d, [a, b, c])
        codes = {}
        for client in clients:
            self.watch_end(client, codes)
        pub = await self.connect("pub", a)
        sent, over = [], asyncio.Event()

        async def publish():
            while not over.is_set():
                payload = f"{len(sent)}"
                self.assertEqual(await pub.deliver("t/1", payload), 0)
                sent.append(payload)
        publishing = asyncio.ensure_future(publish())
        out = await self.ctl(b, "node", "drain", d.node_id, "--rate", "20", "--reason", "a new disk")
        self.assertIn("draining", out)
        await self.listed_until(c, lambda nodes: nodes[d.node_id]["state"] == "drained", "it is drained")
        over.set()
        await publishing
        for client in clients:
            while len(set(self.payloads(client))) < len(sent):
                await client.received(len(client.messages) + 1)
            # What was not acknowledged when it was sent away may come again.
            self.assertEqual(list(dict.fromkeys(self.payloads(client))), sent)
            self.assertEqual((client.connects, client.sessions_lost), (2, 0), "one reconnect, and the session is there")
            if client.version == V5:
                self.assertEqual(codes[client.client_id], (USE_ANOTHER_SERVER, ELSEWHERE))
        node = (await self.listed(a))[d.node_id]
        self.assertEqual(node["load"], {"clients": 0, "leaders": 0, "replicas": 0})
        self.assertIn(b.node_id, node["by"])
        self.assertEqual(node["reason"], "a new disk")
        await self.view_until(lambda view: self.is_whole_on(view, (a, b, c)), "its replicas are with others")
        status, conditions = await readiness(d)
        self.assertEqual((status, conditions["drain"]), (503, "failed"))
        phases = [one["fields"]["phase"] for one in d.records if one.get("event") == "node.drained"]
        self.assertEqual(phases, ["leaders", "clients", "replicas", "done"])
        view = await self.view()
        self.assertNotIn(d.node_id, [one["leader"] for one in view["ranges"]], "nobody has given it a lead again")

    def watch_end(self, client, codes):
        """Keeps what the broker's DISCONNECT said, which the next connect forgets."""
        lost = client._lost

        def on_lost(connection):
            if connection is client._connection:
                codes[client.client_id] = (client.disconnect_code, client.disconnect_properties.get(SERVER_REFERENCE))
            lost(connection)
        client._lost = on_lost

    async def test_a_node_that_is_drained_lets_nobody_in_not_even_behind_a_restart_until_it_is_resumed(self):
        a, b, c, d = self.cluster.nodes
        inside = await self.connect("inside", d)
        await self.ctl(a, "node", "drain", d.node_id, "--for-good")
        await inside.closed()
        self.assertEqual((inside.disconnect_code, inside.disconnect_properties.get(SERVER_REFERENCE)), (SERVER_MOVED, ELSEWHERE))
        await self.listed_until(a, lambda nodes: nodes[d.node_id]["state"] == "drained", "it is drained")
        await self.refused(d, SERVER_MOVED, ELSEWHERE)
        await self.cluster.kill(d)
        self.cluster.restart(d)
        await self.cluster.until(lambda: d.serves, "it serves")
        await self.refused(d, SERVER_MOVED, None)
        self.assertEqual((await readiness(d))[0], 503)
        self.assertIn("serving", await self.ctl(b, "node", "resume", d.node_id))
        await self.cluster.until(lambda: d.find("node.resumed"), "it serves again")
        client = await self.connect("late", d)
        self.assertEqual(await client.subscribe("t/#"), 1)
        self.assertEqual((await self.listed(c))[d.node_id]["state"], "serving")
        # It gets its share again.
        await self.view_until(lambda view: any(one["leader"] == d.node_id for one in view["ranges"]), "it leads again")

    async def refused(self, node, code, reference):
        client = self.client("refused", node)
        connack = await client.connect()
        self.assertEqual(connack.code, code)
        if reference is not None:
            self.assertEqual(connack.properties.get(SERVER_REFERENCE), reference)
        await client.closed()
        old = self.client("refused-old", node, version=V311)
        self.assertEqual((await old.connect()).code, 3)
        await old.closed()

    def client(self, name, node, **options):
        from mqtt_client import Client
        client = Client(name, lambda: node.port, **options)
        self.clients.append(client)
        return client

    async def test_an_order_for_what_another_operator_has_changed_meanwhile_is_refused(self):
        a, b, _, d = self.cluster.nodes
        self.assertRegex(await self.ctl(b, "node", "show", d.node_id), r"(?m)^version +0$")
        await self.ctl(a, "node", "drain", d.node_id, "--if-version", "0", "--reason", "a new disk")
        late = await self.ctl(b, "node", "drain", d.node_id, "--if-version", "0", "--rate", "1", fails=True)
        self.assertIn("look again", late)
        node = (await self.listed_until(b, lambda nodes: nodes[d.node_id]["state"] == "drained", "it is drained"))[d.node_id]
        self.assertEqual((node["drain"]["rate"], node["reason"]), (100, "a new disk"), "as the first one has said")
        api, path = Api(b.api_socket), f"/api/v1/nodes/{d.node_id}"
        shown = await asyncio.to_thread(api.get, path)
        self.assertEqual(shown.headers["ETag"], f'"{node["version"]}"')

        async def resume(etag):
            return await asyncio.to_thread(api.ask, "POST", path + "/resume", {}, None, {"If-Match": etag})
        refused = await resume(f'"{node["version"] - 1}"')
        self.assertEqual((refused.status, (await self.listed(a))[d.node_id]["state"]), (412, "drained"))
        done = await resume(shown.headers["ETag"])
        self.assertEqual((done.status, done.json["state"], done.headers["ETag"]), (200, "serving", '"0"'))

    async def test_orders_that_make_no_sense_are_refused_with_the_reason(self):
        a, b = self.cluster.nodes[:2]
        self.assertIn("no node", await self.ctl(a, "node", "drain", "0123456789abcdef", fails=True))
        self.assertIn("is not drained", await self.ctl(a, "node", "resume", b.node_id, fails=True))
        self.assertIn("is linked", await self.ctl(a, "node", "remove", b.node_id, "--confirm", fails=True))
        self.assertIn("is linked", await self.ctl(a, "node", "remove", a.node_id, "--confirm", fails=True))


class DrainRate(NodesCase):
    count, rate, least_s = 40, 10, 3  # nearly four, less what is rounded

    async def test_clients_are_sent_away_no_faster_than_at_the_stated_rate(self):
        a, node = self.cluster.nodes[:2]
        clients = [await self.connect(f"client-{number}", node, clean=True, expiry_s=0) for number in range(self.count)]
        await self.ctl(a, "node", "drain", node.node_id, "--rate", self.rate)
        for client in clients:
            await client.closed()
            self.assertEqual(client.disconnect_code, USE_ANOTHER_SERVER)
        # By the node's own clock, from the first one that may go to the last one that has gone.
        await self.cluster.until(lambda: node.find("node.drained", phase="replicas") or node.find("node.drained", phase="done"), "all have gone")
        sent, gone = (self.written(node, *phases) for phases in (("clients",), ("replicas", "done")))
        self.assertGreaterEqual((gone - sent).total_seconds(), self.least_s)

    def written(self, node, *phases):
        """When it was first in one of these phases."""
        return next(datetime.datetime.fromisoformat(one["time"]) for one in node.records
                    if one.get("event") == "node.drained" and one["fields"]["phase"] in phases)


class DrainTold(NodesCase):
    async def asyncSetUp(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="tenon-drain-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.file = folder / "audit.log"
        self.config = {**NodesCase.config, "plugins": {"audit-log": {}},
                       "events": {"audit-log": {"options": {"file": str(self.file), "events": ["client_refused"]}}}}
        await super().asyncSetUp()

    async def test_observers_are_told_whom_a_node_that_is_drained_sends_away(self):
        a, node = self.cluster.nodes[:2]
        answer = await asyncio.to_thread(Api(a.api_socket).ask, "POST", f"/api/v1/nodes/{node.node_id}/drain", {"reason": "a new disk"})
        self.assertEqual(answer.status, 200, answer)
        await self.cluster.until(lambda: node.find("node.drained", phase="leaders"), "it is being drained")
        client = Client("dev-1", lambda: node.port, user="ann")
        self.clients.append(client)
        self.assertEqual((await client.connect()).code, USE_ANOTHER_SERVER)
        await client.closed()
        await self.cluster.until(lambda: self.file.read_text(), "it is written")
        told = json.loads(self.file.read_text())
        self.assertEqual((told["event"], told["tenant"], told["client_id"], told["user"], told["code"]),
                         ("client_refused", "default", "dev-1", "ann", USE_ANOTHER_SERVER))
        self.assertTrue(told["reason"])


class Removed(NodesCase):
    options = {**NodesCase.options, "count": 4}

    async def test_a_node_that_is_removed_is_replaced_at_once_and_not_let_in_again(self):
        a, b, c, d = self.cluster.nodes
        await self.view_until(lambda view: any(d.node_id in one["voters"] for one in view["ranges"]),
                              "it has replicas")
        removed = d.node_id
        await self.cluster.kill(d)
        await self.listed_until(a, lambda nodes: nodes[removed]["state"] == "gone", "it is gone")
        self.assertIn("removed", await self.ctl(b, "node", "remove", removed, "--confirm", "--reason", "burnt"))
        await self.view_until(lambda view: self.is_whole_on(view, (a, b, c)) and
                              not any(removed in one["learners"] for one in view["ranges"]),
                              "its replicas are made anew long before the grace")
        self.assertIn("new id", await self.ctl(c, "node", "resume", removed, fails=True))
        self.cluster.restart(d)
        await self.cluster.until(lambda: d.find("peer.self_removed"), "it hears why it is not let in")
        await self.cluster.until(lambda: any(node.find("peer.link_refused", reason="removed") for node in (a, b, c)),
                                 "who refuses it says so, too")
        status, conditions = await readiness(d)
        self.assertEqual((status, conditions["removed"]), (503, "failed"))
        self.assertEqual((await self.listed(a))[removed]["state"], "removed")


if __name__ == "__main__":
    unittest.main()
