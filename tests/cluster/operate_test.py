#!/usr/bin/python3
"""What an operator sees and does through any node of a cluster, over HTTP and with tenonctl."""
import asyncio
import json
import time
import unittest

from case import ClusterCase, looks
from api import Api, quote

WAIT_S = 30


class OperateCase(ClusterCase):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        document = await asyncio.to_thread(lambda: Api(self.cluster.nodes[0].api_socket).document)
        self.apis = [Api(node.api_socket).use_document(document) for node in self.cluster.nodes]

    async def ask(self, node, method, path, body=None, **query):
        """One request to the node with this number; the loop goes on meanwhile."""
        return await asyncio.to_thread(self.apis[node].ask, method, path, body, query)

    async def json(self, node, method, path, body=None, **query):
        answer = await self.ask(node, method, path, body, **query)
        self.assertLess(answer.status, 300, answer)
        return answer.json

    async def pages(self, at, path, name, **query):
        return await asyncio.to_thread(lambda: self.apis[at].pages(path, name, **query))

    async def listed(self, at, **query):
        return sorted(s["client_id"] for s in await self.pages(at, "/api/v1/sessions", "sessions", **query))

    async def ctl(self, node, *words):
        """(exit code, what it wrote)"""
        code, out, err = await self.run_ctl(self.cluster.nodes[node], *words)
        return code, out + err


class Sessions(OperateCase):
    options = {"inbox_ranges": 3}

    async def fill(self):
        """Stored and connected, stored and away, and such as end with their connection, at all nodes."""
        for number, node in enumerate(self.cluster.nodes):
            await self.subscriber(f"here-{number}", node, f"here/{number}/#")
            away = await self.subscriber(f"away-{number}", node, "away/#", qos=2)
            await away.disconnect()
            await self.connect(f"brief/{number}", node, clean=True, expiry_s=0)
        self.ids = sorted(f"{kind}{number}" for number in range(3) for kind in ("here-", "away-", "brief/"))

    async def test_every_node_lists_the_sessions_of_all(self):
        await self.fill()
        for node in range(3):
            self.assertEqual(await self.listed(node), self.ids)
            for limit in (1, 2, 5):
                self.assertEqual(await self.listed(node, limit=limit), self.ids, f"pages of {limit}")
        self.assertEqual(await self.listed(0, state="disconnected"), [f"away-{n}" for n in range(3)])
        self.assertEqual(await self.listed(1, state="connected", limit=2),
                         sorted([f"here-{n}" for n in range(3)] + [f"brief/{n}" for n in range(3)]))
        self.assertEqual(await self.listed(2, prefix="brief/"), [f"brief/{n}" for n in range(3)])
        self.assertEqual(await self.listed(2, node=self.cluster.nodes[1].node_id), ["brief/1", "here-1"])
        self.assertEqual(await self.listed(2, tenant="nobody"), [])

    async def test_a_session_is_told_of_by_any_node(self):
        await self.fill()
        pub = await self.connect("pub", self.cluster.nodes[0])
        await self.deliver_all(pub, "away/x", ["1", "2", "3"])
        for node in range(3):
            here = await self.json(node, "GET", "/api/v1/sessions/here-1")
            self.assertTrue(here["connected"] and here["stored"]["attached"])
            self.assertEqual(here["link"]["node"], self.cluster.nodes[1].node_id)
            self.assertEqual(here["link"]["version"], "5.0")
            self.assertTrue(here["link"]["address"].startswith("127.0.0.1:"))
            self.assertEqual([s["filter"] for s in here["subscriptions"]], ["here/1/#"])
            away = await self.json(node, "GET", "/api/v1/sessions/away-2")
            self.assertFalse(away["connected"] or away["stored"]["attached"])
            self.assertEqual(away["stored"]["queue_count"], 3)
            self.assertEqual(away["subscriptions"][0]["qos"], 2)
            brief = await self.json(node, "GET", "/api/v1/sessions/" + quote("brief/0"))
            self.assertTrue(brief["connected"])
            self.assertNotIn("stored", brief)
            self.assertEqual((await self.ask(node, "GET", "/api/v1/sessions/nobody")).status, 404)

    async def test_a_client_is_sent_away_through_any_node_and_its_session_stays(self):
        await self.fill()
        for node in range(3):
            client_id = f"here-{(node + 1) % 3}"
            client = next(c for c in self.clients if c.client_id == client_id)
            kicked = await self.json(node, "POST", f"/api/v1/sessions/{client_id}/kick", {})
            self.assertEqual(kicked["connections"], 1)
            await client.closed()
            self.assertEqual(client.disconnect_code, 0x98)
            self.assertEqual((await self.ask(node, "POST", f"/api/v1/sessions/{client_id}/kick", {})).status, 404)
            await self.move(client, self.cluster.nodes[node])
        self.assertEqual(await self.listed(0), self.ids)

    async def test_a_session_is_deleted_with_all_that_it_has(self):
        await self.fill()
        here = next(c for c in self.clients if c.client_id == "here-0")
        for node, client_id, was_stored, connections in ((1, "here-0", True, 1), (2, "away-0", True, 0),
                                                         (0, quote("brief/2"), False, 1)):
            ended = await self.json(node, "DELETE", f"/api/v1/sessions/{client_id}")
            self.assertEqual((ended["was_stored"], ended["connections"]), (was_stored, connections), client_id)
            self.assertEqual((await self.ask(node, "DELETE", f"/api/v1/sessions/{client_id}")).status, 404)
        await here.closed()
        self.assertEqual(await self.listed(2), [i for i in self.ids if i not in ("here-0", "away-0", "brief/2")])
        routes = await self.pages(1, "/api/v1/routes", "routes")
        self.assertNotIn("here-0", [route["client_id"] for route in routes])
        again = self.clients[0]
        again.port = self.cluster.nodes[2].port
        self.assertFalse((await again.connect()).session_present)

    async def test_a_stored_session_is_subscribed_in_its_clients_place(self):
        await self.fill()
        path = "/api/v1/sessions/away-1/subscriptions"
        self.assertFalse((await self.json(2, "POST", path, {"filter": "new/+", "qos": 1}))["existed"])
        self.assertTrue((await self.json(1, "POST", path, {"filter": "new/+", "qos": 2}))["existed"])
        self.assertEqual((await self.ask(0, "POST", "/api/v1/sessions/nobody/subscriptions",
                                         {"filter": "a", "qos": 1})).status, 404)
        for node in self.cluster.nodes:
            pub = await self.connect(f"pub-{node.name}", node)
            self.assertEqual(await pub.deliver("new/1", node.name, 2), 0)
        client = next(c for c in self.clients if c.client_id == "away-1")
        await self.move(client, self.cluster.nodes[0])
        await client.received(3)
        self.assertEqual(sorted(self.payloads(client)), ["A", "B", "C"])
        self.assertTrue((await self.json(2, "DELETE", path, filter="new/+"))["existed"])
        self.assertFalse((await self.json(0, "DELETE", path, filter="new/+"))["existed"])

    async def test_routes_are_listed_by_filter(self):
        await self.fill()
        for node in range(3):
            for limit in (1, 2, 100):
                routes = await self.pages(node, "/api/v1/routes", "routes", limit=limit)
                self.assertEqual([(r["filter"], r["client_id"]) for r in routes],
                                 [("away/#", f"away-{n}") for n in range(3)] + [(f"here/{n}/#", f"here-{n}") for n in range(3)])
            routes = await self.pages(node, "/api/v1/routes", "routes", prefix="here/1")
            self.assertEqual([r["client_id"] for r in routes], ["here-1"])

    async def test_a_node_that_does_not_answer_is_named(self):
        await self.fill()
        self.cluster.freeze(self.cluster.nodes[2])
        page = await self.json(0, "GET", "/api/v1/sessions", state="connected")
        self.assertEqual(page["missing_nodes"], [self.cluster.nodes[2].node_id])
        self.assertEqual(sorted(s["client_id"] for s in page["sessions"]), ["brief/0", "brief/1", "here-0", "here-1"])
        self.cluster.thaw(self.cluster.nodes[2])

    async def test_tenonctl_cluster_says_which_node_is_away_and_whose_voter_it_was(self):
        deadline = time.monotonic() + WAIT_S
        while "nothing is amiss" not in (out := (await self.ctl(0, "cluster"))[1]):  # who leads is listed anew each second
            self.assertLess(time.monotonic(), deadline, out)
        lost = self.cluster.nodes[2]
        await self.cluster.kill(lost)
        deadline = time.monotonic() + WAIT_S
        while f"node {lost.node_id} has no link with this one" not in (out := (await self.ctl(0, "cluster"))[1]):
            self.assertLess(time.monotonic(), deadline, out)
        code, out = await self.ctl(0, "cluster", "--json")
        self.assertEqual(code, 0, out)
        answers = json.loads(out)
        self.assertEqual([p["linked"] for p in answers["status"]["peers"] if p["node"] == lost.node_id], [False])
        self.assertEqual({r["store"] for r in answers["ranges"]["ranges"]}, {"meta", "dist", "inbox", "retain"})

    async def test_tenonctl_does_the_same(self):
        await self.fill()
        code, out = await self.ctl(2, "session", "list", "--limit", "2", "--all")
        self.assertEqual(code, 0, out)
        for client_id in self.ids:
            self.assertIn(client_id, out)
        code, out = await self.ctl(0, "session", "list", "--limit=2")
        self.assertIn("there is more: --cursor ", out)
        code, out = await self.ctl(1, "session", "list", "--all", "--limit", "1", "--json")
        self.assertEqual(sorted(s["client_id"] for s in json.loads(out)["sessions"]), self.ids)
        code, out = await self.ctl(1, "session", "show", "brief/0")
        self.assertEqual(code, 0, out)
        self.assertIn("as long as it is connected", out)
        code, out = await self.ctl(1, "session", "kick", "brief/0")
        self.assertEqual((code, out), (0, "1 connection ended\n"))
        code, out = await self.ctl(1, "session", "kick", "brief/0")
        self.assertEqual(code, 1)
        self.assertIn("no client \"brief/0\" is connected", out)
        code, out = await self.ctl(0, "session", "delete", "away-0")
        self.assertEqual(code, 0, out)
        # Its routes go behind it.
        deadline = time.monotonic() + WAIT_S
        while "away-0" in (out := (await self.ctl(0, "route", "list"))[1]):
            self.assertLess(time.monotonic(), deadline, out)
        self.assertIn("away-1", out)


class Messages(OperateCase):
    async def test_what_is_published_through_any_node_reaches_subscribers_of_all(self):
        live = [await self.subscriber(f"live-{n}", node, "t/#", 1, clean=True, expiry_s=0)
                for n, node in enumerate(self.cluster.nodes)]
        away = await self.subscriber("away", self.cluster.nodes[1], "t/#", 2)
        await away.disconnect()
        for node in range(3):
            for qos in range(3):
                answer = await self.json(node, "POST", "/api/v1/publish",
                                         {"topic": f"t/{node}", "payload": f"{node}{qos}", "qos": qos})
                self.assertTrue(answer["matched"])
        published = [f"{node}{qos}" for node in range(3) for qos in range(3)]
        for client in live:
            await client.received(9)
            self.assertEqual(sorted(self.payloads(client)), published)
        await self.move(away, self.cluster.nodes[2])
        kept = [payload for payload in published if payload[1] != "0"]
        await away.received(len(kept))
        self.assertEqual(sorted(self.payloads(away)), kept)
        self.assertFalse((await self.json(0, "POST", "/api/v1/publish", {"topic": "nobody", "payload": ""}))["matched"])

    async def test_properties_come_as_they_were_given(self):
        client = await self.subscriber("reader", self.cluster.nodes[2], "p", 1)
        await self.json(0, "POST", "/api/v1/publish",
                        {"topic": "p", "payload_base64": "/wA=", "qos": 1, "content_type": "x/y", "response_topic": "r",
                         "correlation_data_base64": "AQI=", "user_properties": [["k", "v"]]})
        message = (await client.received(1))[0]
        self.assertEqual(message.payload, b"\xff\x00")
        self.assertEqual((message.properties[3], message.properties[8], message.properties[9]),
                         (b"x/y", b"r", b"\x01\x02"))

    async def test_retained_messages_are_listed_shown_and_deleted_through_any_node(self):
        topics = [f"{kind}/{n}" for kind in ("a", "b") for n in range(3)]
        for number, topic in enumerate(topics):
            await self.json(number % 3, "POST", "/api/v1/publish",
                            {"topic": topic, "payload": topic, "retain": True, "expiry_s": 3600})
        for node in range(3):
            for limit in (1, 4, 100):
                found = await self.pages(node, "/api/v1/retained", "messages", limit=limit)
                self.assertEqual([message["topic"] for message in found], topics)
            found = await self.pages(node, "/api/v1/retained", "messages", filter="+/1")
            self.assertEqual([message["topic"] for message in found], ["a/1", "b/1"])
            shown = await self.json(node, "GET", "/api/v1/retained/" + quote("b/2"))
            self.assertEqual((shown["payload"], shown["qos"]), ("b/2", 0))
            self.assertGreater(shown["expires_at_ms"], 0)
        path = "/api/v1/retained/" + quote("a/0")
        await self.json(1, "DELETE", path)
        self.assertEqual((await self.ask(2, "DELETE", path)).status, 404)
        self.assertEqual(len(await self.pages(0, "/api/v1/retained", "messages")), 5)
        reader = await self.subscriber("reader", self.cluster.nodes[2], "#", 0, clean=True, expiry_s=0)
        await reader.received(5)
        self.assertNotIn("a/0", self.payloads(reader))

    async def test_tenonctl_does_the_same(self):
        code, out = await self.ctl(0, "publish", "k/1", "--payload", "on", "--qos", "1", "--retain",
                                   "--user-property", "a=b", "--user-property=c=d")
        self.assertEqual((code, out), (0, "published; nobody subscribes to it\n"))
        code, out = await self.ctl(1, "retain", "show", "k/1")
        self.assertEqual((code, out), (0, "on\n"))
        code, out = await self.ctl(2, "retain", "list", "--filter", "k/+")
        self.assertIn("k/1", out)
        code, out = await self.ctl(2, "retain", "delete", "k/1")
        self.assertEqual((code, out), (0, "deleted\n"))
        code, out = await self.ctl(1, "retain", "show", "k/1")
        self.assertEqual(code, 1)
        self.assertIn("no message is retained", out)
        code, out = await self.ctl(1, "publish", "k/1", "--qos", "one")
        self.assertEqual(code, 2)


class Bans(OperateCase):
    async def until(self, what):
        """Other nodes follow within seconds."""
        for _ in looks():
            if await what():
                return
            await asyncio.sleep(0.05)
        self.fail("not within 30 s")

    async def test_a_ban_that_any_node_takes_holds_on_all_and_survives_them(self):
        nodes = self.cluster.nodes
        there = [await self.connect(f"meter-{n}", node, clean=True, expiry_s=0) for n, node in enumerate(nodes)]
        bystander = await self.connect("bystander", nodes[2])
        path = f"/api/v1/bans/client/{quote('meter-*')}"
        ban = await self.json(1, "PUT", path, {"reason": "noise"})
        for client in there:
            await client.closed()
            self.assertEqual(client.disconnect_code, 0x98)
        for at in range(3):
            async def is_listed(at=at):
                return [b["version"] for b in await self.pages(at, "/api/v1/bans", "bans")] == [ban["version"]]
            await self.until(is_listed)
            self.assertEqual((await there[at].connect()).code, 0x8A)
        self.assertTrue(bystander.connected)
        await self.cluster.kill(*nodes)
        self.cluster.restart(*nodes)
        await self.cluster.ready()
        for client in there:
            self.assertEqual((await client.connect()).code, 0x8A)
        self.assertEqual((await self.ask(2, "DELETE", path)).status, 200)

        async def is_in():
            return (await there[0].connect()).code == 0
        await self.until(is_in)

    async def test_a_trace_sees_a_client_wherever_it_is(self):
        nodes = self.cluster.nodes
        trace = (await self.json(0, "POST", "/api/v1/traces", {"client": "wanderer"}))["id"]
        client = await self.connect("wanderer", nodes[1])
        client.abort()
        await client.closed()
        await self.move(client, nodes[2])
        await client.ping()
        await self.json(0, "POST", f"/api/v1/traces/{trace}/stop", {})
        lines = await self.pages(0, f"/api/v1/traces/{trace}", "lines")
        seen = [(line["node"], line["text"].split(" ")[0]) for line in lines]
        for node in nodes[1:]:
            self.assertIn((node.node_id, "CONNECT"), seen)
        self.assertIn((nodes[2].node_id, "PINGRESP"), seen)


if __name__ == "__main__":
    unittest.main()
