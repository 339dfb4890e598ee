#!/usr/bin/python3
"""Clusters that are restarted node by node, grow and shrink under load, and lose one node after the other."""
import asyncio
import json
import os
import unittest

import cluster_run
from case import NOT_KEPT, ClusterCase, looks
from tenonctl import tenonctl

ROUNDS = int(os.environ.get("TENON_SCALE_ROUNDS", 1))
MESSAGES = 1000 * ROUNDS  # between two steps


class ScaleCase(ClusterCase):
    config = {"mqtt": {"session_queue_count_max": 1_000_000}}
    options = {"inbox_ranges": 4, "balancers": {"range-leader": {"settle_s": 1}, "replica-cnt": {"grace_s": 600}}}

    async def load(self, **options):
        traffic = cluster_run.Traffic(self.cluster.any_port, **options)
        await traffic.begin()
        self.addAsyncCleanup(self.release, traffic)
        return traffic

    async def release(self, traffic):
        traffic._over = True
        traffic._progress.set()
        for client in traffic.publishers + traffic.receivers:
            await client.release()
            client.abort()

    async def no_faults(self, traffic, ends):
        """What came in all, when nothing happens any more; `ends` counts what may have cut links."""
        await traffic.end(60 + traffic.acknowledged / 5000)
        self.assertEqual(list(traffic.faults(ends)), [])

    async def connects(self, traffic):
        """How often each client has connected, once all are connected that are to be."""
        clients = traffic.publishers + traffic.online
        for _ in looks():
            if all(client.connected for client in clients):
                return {client.client_id: client.connects for client in clients}
            await asyncio.sleep(0.05)
        self.fail(f"not connected: {[client.client_id for client in clients if not client.connected]}\n{self.cluster.logs()}")

    async def view_until(self, holds, what):
        view = None
        for _ in looks():
            for node in self.cluster.alive:
                if node.serves:
                    status, body = await asyncio.to_thread(node.get, "/api/v1/balance/view")
                    if status == 200:
                        view = json.loads(body)
                        if holds(view):
                            return view
        self.fail(f"{what}: {json.dumps(view['ranges'] if view else None)}\n{self.cluster.logs()}")

    def lies_on(self, view, nodes, voters=3):
        """All ranges have so many voters, on these nodes alone, and all of these nodes have some."""
        ids = {node.node_id for node in nodes}
        used = {node for one in view["ranges"] for node in one["voters"]}
        return used == ids and all(len(one["voters"]) == voters and one["leader"] and not one["busy"] and
                                   set(one["learners"]) <= ids for one in view["ranges"])

    async def drained(self, node, by):
        await asyncio.to_thread(tenonctl, by, "node", "drain", node.node_id, "--rate", "1000")
        await self.cluster.until(lambda: node.find("node.drained", phase="done"), f"{node.name} is drained", 90)


class Rolling(ScaleCase):
    async def test_nodes_are_restarted_one_after_the_other_and_each_client_reconnects_once_for_each_at_most(self):
        traffic = await self.load()
        ends = 0
        for _ in range(ROUNDS):
            for node in list(self.cluster.nodes):
                await traffic.acknowledge(MESSAGES)
                before = await self.connects(traffic)
                self.assertEqual(await self.cluster.stop(node), [0])
                self.cluster.restart(node)
                await self.cluster.ready()
                await traffic.acknowledge_new()
                ends += 1
                again = {name: count - before[name] for name, count in (await self.connects(traffic)).items()}
                self.assertLessEqual(max(again.values()), 1, again)
        await traffic.acknowledge(MESSAGES)
        await self.no_faults(traffic, ends)


class Scale(ScaleCase):
    async def test_three_nodes_become_five_and_three_again_under_load(self):
        first = list(self.cluster.nodes)
        traffic = await self.load()
        await traffic.acknowledge(MESSAGES)
        fresh = [self.cluster.add(), self.cluster.add()]
        await self.cluster.until(lambda: all(node.serves for node in fresh), "they serve")
        await self.view_until(lambda view: self.lies_on(view, first + fresh), "five nodes have replicas")
        await traffic.acknowledge(MESSAGES)
        # Those that were there first leave.
        ends = 0
        for node in first[:2]:
            by, gone = self.cluster.others(node)[0], node.node_id
            await self.drained(node, by)
            before = await self.connects(traffic)
            self.assertEqual(await self.cluster.stop(node), [0])
            ends += 1
            await self.gone(by, gone)
            await asyncio.to_thread(tenonctl, by, "node", "remove", gone, "--confirm")
            await traffic.acknowledge(MESSAGES)
            self.assertEqual(await self.connects(traffic), before, "nobody was at the node that was stopped")
        await self.view_until(lambda view: self.lies_on(view, first[2:] + fresh), "three nodes have all")
        await traffic.acknowledge_new()
        await self.no_faults(traffic, ends)

    async def gone(self, by, node_id):
        for _ in looks():
            nodes = json.loads((await asyncio.to_thread(by.get, "/api/v1/nodes"))[1])["nodes"]
            if all(one["state"] == "gone" for one in nodes if one["id"] == node_id):
                return
        self.fail(f"{node_id} is not gone")

    async def test_how_many_voters_there_are_is_changed_at_runtime(self):
        await self.view_until(lambda view: self.lies_on(view, self.cluster.nodes), "three voters each")
        sub = await self.subscriber("sub", self.cluster.nodes[0])
        pub = await self.connect("pub", self.cluster.nodes[1])
        for voters in (1, 3):
            await asyncio.to_thread(tenonctl, self.cluster.nodes[2], "balance", "set", "inbox/replica-cnt",
                                    "--options", json.dumps({"voters": voters}))
            await self.view_until(lambda view, voters=voters: all(
                len(one["voters"]) == voters and not one["busy"] for one in view["ranges"] if one["store"] == "inbox"),
                f"{voters} voters each")
            await self.deliver_all(pub, "t/1", [f"{voters}"])
        await sub.received(2)
        self.assertEqual(self.payloads(sub), ["1", "3"])


@unittest.skipUnless("TENON_SCALE_ROUNDS" in os.environ, "takes minutes: cluster_scale_long runs it")
class OneAfterTheOther(ScaleCase):
    """Each later than the grace, so that what is left is made whole first, as far as that goes."""

    options = {**ScaleCase.options, "count": 5, "start": False,
               "balancers": {"range-leader": {"settle_s": 1}, "replica-cnt": {"grace_s": 1}}}

    async def five(self, ack):
        self.cluster.config = {"publish": {"timeout_s": 3}, "stores": {
            store: {"ack": ack} for store in ("inbox", "retain", "dist", "meta")}}
        for _ in range(5):
            self.cluster.add()
        await self.cluster.ready()
        return list(self.cluster.nodes)

    async def run_down(self, ack):
        nodes = await self.five(ack)
        sub = await self.subscriber("sub", nodes[0], qos=2)
        await sub.disconnect()
        pub = await self.connect("pub", nodes[0])
        sent = []

        async def deliver():
            payloads = [f"{len(sent) + number}" for number in range(20)]
            sent.extend(payloads)
            await self.deliver_all(pub, "t/1", payloads, qos=1)
        await deliver()
        for victim in reversed(nodes[2:]):
            await self.cluster.kill(victim)
            rest = self.cluster.alive
            if len(rest) >= 3:
                await self.view_until(lambda view, rest=rest: self.lies_on(view, rest), f"{len(rest)} nodes are whole")
            await deliver()
        # Two are left of the three voters of each range: enough to decide, and nothing takes the third one's place.
        await self.move(sub, nodes[1])
        await sub.received(len(sent))
        await sub.ping()
        self.assertEqual(self.payloads(sub), sent)
        return nodes, pub, sub, sent

    async def test_five_three_two_nodes_stay_writable_with_ack_quorum(self):
        nodes, pub, sub, sent = await self.run_down("quorum")
        await self.from_two_to_one(nodes, pub, sub, sent)

    async def test_five_three_two_nodes_stay_writable_with_ack_all(self):
        nodes, pub, sub, sent = await self.run_down("all")
        await self.from_two_to_one(nodes, pub, sub, sent)

    async def from_two_to_one(self, nodes, pub, sub, sent):
        """One of three voters decides nothing, whatever `ack` says: publishers hear so. By an operator's word it goes on
        with what it has."""
        a, lost = nodes[0], [node.node_id for node in nodes[1:]]
        await sub.disconnect()
        await self.cluster.kill(nodes[1])
        self.assertEqual(await pub.deliver("t/1", "nobody has it"), NOT_KEPT[0])
        self.assertEqual(pub.refusals, [NOT_KEPT])
        for _ in looks():
            ranges = json.loads(await asyncio.to_thread(tenonctl, a, "range", "list", "--json"))["ranges"]
            if not any(one["leader"] for one in ranges):
                break
        for one in ranges:
            await asyncio.to_thread(tenonctl, a, "range", "recover", one["id"], "--confirm")
        await self.cluster.ready(a)
        for node in lost:
            await asyncio.to_thread(tenonctl, a, "node", "remove", node, "--confirm")
        self.assertEqual(await pub.deliver("t/1", "alone"), 0)
        sub.messages.clear()
        await self.move(sub, a)
        await sub.ping()
        self.assertIn("alone", self.payloads(sub))
        self.assertEqual(set(self.payloads(sub)) - {"alone", "nobody has it"}, set())
        await self.two_come_again(a, pub, sub)

    async def two_come_again(self, a, pub, sub):
        """New nodes make three voters of each range again, of which any may be lost: the one that all is from, too."""
        fresh = [self.cluster.add(), self.cluster.add()]
        await self.cluster.until(lambda: all(node.serves for node in fresh), "they serve")
        await self.view_until(lambda view: self.lies_on(view, [a, *fresh]), "three nodes are whole")
        sub.messages.clear()
        self.assertEqual(await pub.deliver("t/1", "three"), 0)
        await self.cluster.kill(a)
        for client, node in zip((sub, pub), fresh):
            client.port = node.port
            await client.connect_again()
            self.assertEqual(client.sessions_lost, 0)
        self.assertEqual(await pub.deliver("t/1", "two"), 0)
        await sub.received(2)
        await sub.ping()
        self.assertEqual(list(dict.fromkeys(self.payloads(sub))), ["three", "two"])


@unittest.skipUnless("TENON_SCALE_ROUNDS" in os.environ, "takes minutes: cluster_scale_long runs it")
class Voters(ScaleCase):
    options = {**ScaleCase.options, "count": 5}

    async def become(self, count):
        for store in ("inbox", "retain", "dist", "meta"):
            await self.ctl(self.cluster.nodes[0], "balance", "set", f"{store}/replica-cnt", "--options", json.dumps({"voters": count}))
        await self.view_until(lambda view: all(len(one["voters"]) == count and one["leader"] and not one["busy"] for one in view["ranges"]),
                              f"{count} voters each")

    async def all_are_sent_to(self, traffic):
        """Until messages to each session are acknowledged that were not under way before."""
        before = [len(inbox.acknowledged) for inbox in traffic.inboxes]
        for _ in looks():
            if all(len(inbox.acknowledged) > count + cluster_run.UNACKNOWLEDGED_MAX for inbox, count in zip(traffic.inboxes, before)):
                return
            await asyncio.sleep(0.05)
        self.fail(f"not all sessions are sent to: {traffic.state()}\n{self.cluster.logs()}")

    async def test_three_voters_become_five_under_load_survive_the_loss_of_two_and_become_three_again(self):
        traffic = await self.load()
        before = await self.connects(traffic)
        view = await self.view_until(lambda view: self.lies_on(view, self.cluster.nodes), "three voters each")
        voters = next(one["voters"] for one in view["ranges"] if one["store"] == "inbox")
        await self.become(5)
        await traffic.acknowledge(MESSAGES)
        self.assertEqual(await self.connects(traffic), before)
        # Of three voters they would be too many.
        lost = [node for node in self.cluster.nodes if node.node_id in voters[:2]]
        await self.cluster.kill(*lost)
        await self.all_are_sent_to(traffic)
        self.cluster.restart(*lost)
        await self.cluster.ready()
        before = await self.connects(traffic)
        await self.become(3)
        await traffic.acknowledge(MESSAGES)
        self.assertEqual(await self.connects(traffic), before)
        await self.no_faults(traffic, 2)


if __name__ == "__main__":
    unittest.main()
