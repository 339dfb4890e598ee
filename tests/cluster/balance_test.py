#!/usr/bin/python3
"""What the shipped balancers make of real nodes: leaders and replicas are spread, and made whole again."""
import asyncio
import collections
import json
import unittest

from case import ClusterCase, looks
from broker import BUILD, plugin_dirs

STORES = ("meta", "dist", "inbox", "retain")


class BalanceCase(ClusterCase):
    options = {"inbox_ranges": 4, "balancers": {"range-leader": {"settle_s": 1}}}

    async def view(self):
        """What the planner sees, from the node that is it."""
        for _ in looks():
            for node in self.cluster.alive:
                if not node.serves:
                    continue
                status, body = await asyncio.to_thread(node.get, "/api/v1/balance/view")
                if status == 200:
                    return json.loads(body)
        self.fail("nobody plans")

    async def explanations(self):
        return [json.loads((await asyncio.to_thread(node.get, "/api/v1/balance"))[1]) for node in self.cluster.alive]

    async def view_until(self, holds, what):
        view = None
        for _ in looks():
            view = await self.view()
            if holds(view):
                return view
        self.fail(f"{what}: {json.dumps(view['ranges'])}\n{self.cluster.logs()}")

    def leaders(self, view):
        counts = collections.Counter({node.node_id: 0 for node in self.cluster.alive})
        counts.update(one["leader"] for one in view["ranges"])
        return counts

    def voters(self, view, store="inbox"):
        counts = collections.Counter({node.node_id: 0 for node in self.cluster.alive})
        for one in view["ranges"]:
            if one["store"] == store:
                counts.update(one["voters"])
        return counts

    def is_even(self, counts):
        alive = {node.node_id for node in self.cluster.alive}
        return set(counts) == alive and max(counts.values()) - min(counts.values()) <= 1

    def is_whole(self, view):
        alive = {node.node_id for node in self.cluster.alive}
        return all(len(one["voters"]) == 3 and set(one["voters"]) <= alive and not one["busy"]
                   for one in view["ranges"])


class Balance(BalanceCase):
    async def test_leaders_of_a_fresh_cluster_are_within_one_of_even(self):
        view = await self.view_until(lambda view: self.is_even(self.leaders(view)), "leaders are even")
        self.assertEqual(len(view["ranges"]), 7)
        shown = await self.ctl(self.cluster.nodes[0], "balance", "status")
        self.assertIn("plans", shown)
        self.assertIn("range-leader", shown)
        self.assertIn("inbox/replica-cnt", await self.ctl(self.cluster.nodes[0], "balance", "explain"))

    async def test_a_node_that_joins_gets_its_share_of_replicas_and_leaders(self):
        sub = await self.subscriber("sub", self.cluster.nodes[0])
        fourth = self.cluster.add()
        await self.cluster.until(lambda: fourth.serves and fourth.find("storage.founded"), "it has joined")
        pub = await self.connect("pub", self.cluster.nodes[1])
        await self.deliver_all(pub, "t/1", [f"{number}" for number in range(50)])
        view = await self.view_until(lambda view: self.is_even(self.voters(view)) and self.is_even(self.leaders(view)),
                                     "replicas and leaders are even")
        self.assertEqual(set(self.voters(view).values()), {3})
        await self.deliver_all(pub, "t/1", [f"{number}" for number in range(50, 100)])
        await sub.received(100)
        self.assertEqual(self.payloads(sub), [f"{number}" for number in range(100)])


class Loss(BalanceCase):
    options = {"inbox_ranges": 4, "count": 4, "balancers": {"range-leader": {"settle_s": 1},
                                                            "replica-cnt": {"grace_s": 2}}}

    async def test_what_a_node_had_that_is_gone_for_good_is_whole_again(self):
        await self.view_until(self.is_whole, "the cluster is whole")
        await self.cluster.kill(self.cluster.nodes[1])
        view = await self.view_until(self.is_whole, "the cluster is whole again")
        self.assertEqual(len(view["ranges"]), 7)
        pub = await self.connect("pub", self.cluster.alive[0])
        self.assertLess(await pub.deliver("t/1", "x", 1), 0x80)


class Restart(BalanceCase):
    async def test_a_restart_that_is_shorter_than_the_grace_moves_no_replica(self):
        before = await self.view_until(lambda view: self.is_even(self.leaders(view)), "leaders are even")
        for node in list(self.cluster.nodes):
            await self.cluster.kill(node)
            self.cluster.restart(node)
            await self.cluster.ready()
        after = await self.view_until(lambda view: self.is_even(self.leaders(view)), "leaders are even again")
        members = {one["id"]: one["voters"] for one in before["ranges"]}
        self.assertEqual({one["id"]: one["voters"] for one in after["ranges"]}, members)
        for explanation in await self.explanations():
            self.assertEqual([one for one in explanation["commands"] if one["kind"] == "members"], [])


class Large(BalanceCase):
    options = {"balancers": {"range-leader": {"settle_s": 1}, "range-split": {"size_mib_max": 2, "merge_mib_max": 1}}}

    async def test_a_range_that_holds_more_than_it_may_is_cut_in_its_middle(self):
        for number in range(8):
            client = await self.subscriber(f"away-{number}", self.cluster.nodes[number % 3])
            await client.disconnect()
        pub = await self.connect("pub", self.cluster.nodes[0])
        await self.deliver_all(pub, "t/1", ["x" * 50_000 for _ in range(10)])
        await self.view_until(lambda view: sum(one["store"] == "inbox" for one in view["ranges"]) > 1,
                                     "the range is cut")
        explained = [command for shown in await self.explanations() for command in shown["commands"]]
        self.assertIn("MiB; cut from 2 on", " ".join(command["reason"] for command in explained))
        # What is left of it is counted anew, and is less. Until its leader has said so, the view has what there was before.
        await self.view_until(
            lambda view: all(one.get("size_bytes", 4_000_000) < 4_000_000 for one in view["ranges"] if one["store"] == "inbox"),
            "the sizes of the halves are known")


class Joined(BalanceCase):
    options = {"inbox_ranges": 1, "balancers": {"range-split": {"merge": True, "merge_after_s": 1}}}

    async def test_cold_ranges_are_one_again_and_nothing_is_lost(self):
        def inbox(view):
            return [one for one in view["ranges"] if one["store"] == "inbox"]

        def boundary(one):
            return int(one["epoch"].split(".")[0])
        for number in range(4):
            await (await self.subscriber(f"sub-{number}", self.cluster.nodes[number % 3])).disconnect()
        pub = await self.connect("pub", self.cluster.nodes[1])
        view = await self.view_until(lambda view: len(inbox(view)) == 1 and inbox(view)[0]["leader"] != "",
                                     "one range that is led")
        whole = inbox(view)[0]
        await self.ctl(self.cluster.nodes[0], "range", "split", str(whole["id"]), "--half")
        await self.deliver_all(pub, "t/1", [f"{number}" for number in range(100)])
        await self.view_until(lambda view: len(inbox(view)) == 1 and boundary(inbox(view)[0]) > boundary(whole) + 1,
                              "one range again")
        given = [one for explanation in await self.explanations() for one in explanation["commands"]
                 if one["kind"] == "merge"]
        self.assertEqual([one["state"] for one in given], ["done"])
        await self.deliver_all(pub, "t/1", [f"{number}" for number in range(100, 200)])
        for number in range(4):
            sub = await self.connect(f"sub-{number}", self.cluster.nodes[(number + 1) % 3])
            await sub.received(200)
            self.assertEqual(self.payloads(sub), [f"{place}" for place in range(200)])


class Hot(BalanceCase):
    """A leader counts what its range had to do in the last minute, so that it takes as long until one is cold."""

    options = {"balancers": {"range-split": {"commands_per_s_max": 10, "merge": True, "merge_after_s": 1,
                                             "merge_percent": 50}}}

    def orders(self, event, action):
        return [record["fields"] for node in self.cluster.nodes for record in node.records
                if record.get("event") == event and record["fields"]["action"].startswith(action)]

    async def test_a_hot_range_is_cut_where_its_load_halves_and_is_one_again_when_the_load_is_gone(self):
        # They say nothing for longer than a keep-alive.
        subs = [await self.subscriber(f"sub-{number}", self.cluster.nodes[number % 3], keepalive_s=0) for number in range(8)]
        pub = await self.connect("pub", self.cluster.nodes[0], keepalive_s=0)
        sent = []

        async def deliver(count):
            payloads = [f"{number}" for number in range(len(sent), len(sent) + count)]
            await self.deliver_all(pub, "t/1", payloads)
            sent.extend(payloads)

        def are_done(action):
            return [one for one in self.orders("api.order_ended", action) if one["state"] == "done"]

        async def load():
            while not are_done("split"):
                await deliver(50)
        await asyncio.wait_for(load(), 120)
        self.assertEqual({one["action"] for one in are_done("split")}, {"split by load"})
        reasons = [command["reason"] for shown in await self.explanations() for command in shown["commands"]
                   if command["kind"] == "split"]
        self.assertIn("commands/s", reasons[0])
        await deliver(50)
        await self.cluster.until(lambda: len(are_done("merge")) >= len(are_done("split")), "all is one range again", 200)
        view = await self.view_until(lambda view: sum(one["store"] == "inbox" for one in view["ranges"]) == 1,
                                     "one range")
        self.assertEqual(len(view["ranges"]), 4)
        await deliver(50)
        for sub in subs:
            await sub.received(len(sent))
            self.assertEqual(self.payloads(sub), sent)


class Off(BalanceCase):
    options = {"inbox_ranges": 4}

    async def test_balancers_that_conf_d_switches_off_do_nothing(self):
        await self.view()
        for explanation in await self.explanations():
            self.assertEqual((explanation["balancers"], explanation["commands"]), ([], []))
        self.assertEqual([node.find("api.order_given") for node in self.cluster.nodes], [None] * 3)


class Bad(BalanceCase):
    options = {"inbox_ranges": 4}
    config = {"plugins": {"path": plugin_dirs() + [str(BUILD / "tests/support/bad_balancer")], "bad": {}},
              "stores": {"inbox": {"balancers": {"bad": {"order": 1}}}}}

    async def test_a_balancer_that_wants_what_is_wrong_is_refused_and_named(self):
        def refusals():
            return {record["fields"]["cause"] for node in self.cluster.nodes for record in node.records
                    if record.get("event") == "balance.command_refused" and
                    record["fields"]["balancer"] == "inbox/bad"}
        await self.cluster.until(lambda: refusals(), "it is named")
        shown = next(one for one in await self.explanations() if one["is_planner"])["balancers"][0]["counts"]
        self.assertEqual((shown["given"], set(shown["refused"])),
                         (0, {"unknown_node", "members_wrong", "stale", "unknown_range", "unknown_kind"}))


if __name__ == "__main__":
    unittest.main()
