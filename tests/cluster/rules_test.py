#!/usr/bin/python3
"""Rules for balancers that are set at runtime: on all nodes, over conf.d, and for good."""
import asyncio
import json
import unittest

from case import ClusterCase, looks
from broker import BUILD

GRACE = "stores.inbox.balancers.replica-cnt.options.grace_s"


class RulesCase(ClusterCase):
    options = {"inbox_ranges": 2, "balancers": {"replica-cnt": {"grace_s": 77}}}

    async def rules(self, node):
        """What this node follows, by "store/balancer"; none before it has read the store meta."""
        status, body = await asyncio.to_thread(node.get, "/api/v1/balance/rules")
        shown = json.loads(body)["balancers"] if status == 200 else []
        return {f"{one['store']}/{one['balancer']}": one for one in shown}

    @staticmethod
    def value(rule, name):
        return next(((one["value"], one["origin"]) for one in rule["values"] if one["name"] == name), None)

    async def follows(self, node, version, balancer="inbox/replica-cnt"):
        """Until the node follows the rule in this version, 0 for none."""
        await self.cluster.until(lambda: node.serves and node.find("balance.rules_applied"), f"{node.name} knows the rules")
        rule = None
        for _ in looks():
            rule = (await self.rules(node)).get(balancer)
            if (rule["version"] if rule else 0) == version:
                return rule
        self.fail(f"{node.name} does not follow version {version}: {rule}\n{self.cluster.logs()}")

    async def version_of(self, node, balancer="inbox/replica-cnt"):
        return (await self.rules(node))[balancer]["version"]

    async def explained(self, node):
        """What the node that plans says of the balancers, by "store/name"."""
        status, body = await asyncio.to_thread(node.get, "/api/v1/balance")
        self.assertEqual(status, 200)
        answer = json.loads(body)
        return answer["is_planner"], {f"{one['store']}/{one['name']}": one for one in answer["balancers"]}

    async def planner(self, rule, balancer="inbox/replica-cnt"):
        """Until a node plans that follows the rule in this version."""
        for _ in looks():
            for node in self.cluster.alive:
                is_planner, balancers = await self.explained(node)
                if is_planner and balancers.get(balancer, {"rule": 0, "has_planned": True})["rule"] == rule and \
                        balancers.get(balancer, {"has_planned": True})["has_planned"]:
                    return balancers
        self.fail(f"nobody plans by rule {rule}\n{self.cluster.logs()}")


class Rules(RulesCase):
    async def test_a_rule_holds_on_all_nodes_behind_the_loss_of_the_planner_and_a_restart_of_all(self):
        a, b, _ = self.cluster.nodes
        before = await self.follows(a, 0)
        self.assertEqual(self.value(before, "options.grace_s")[0], 77)
        conf = self.value(before, "options.grace_s")[1]
        self.assertIn(".json:", conf)
        out = await self.ctl(a, "balance", "set", "inbox/replica-cnt", "--options", '{"grace_s": 5}', "--order", "3",
                             "--reason", "quick disks")
        self.assertIn("done: the rule has version", out)
        version = await self.version_of(a)
        self.assertIn(f"{GRACE} = 5", await self.ctl(a, "balance", "rules"))
        for node in self.cluster.nodes:
            rule = await self.follows(node, version)
            self.assertEqual(self.value(rule, "options.grace_s"), (5, f"rule {version}"))
            self.assertEqual(self.value(rule, "order"), (3, f"rule {version}"))
            self.assertEqual((rule["reason"], rule["by"]), ("quick disks", f"owner at {a.node_id}"))
            self.assertEqual(rule["failure"], "")
            shown = await self.ctl(node, "config", "show")
            self.assertRegex(shown, rf"{GRACE} = 5 +# rule {version}, wins over 77: .*\.json:\d+\n")
        await self.planner(version)
        changed = a.find("balance.rule_changed")["fields"]
        self.assertEqual((changed["by"], changed["reason"], changed["balancer"]),
                         ("owner", "quick disks", "inbox/replica-cnt"))

        lost = await self.cluster.leader("meta")
        await self.cluster.kill(lost)
        await self.planner(version)
        self.cluster.restart(lost)
        await self.cluster.ready()
        await self.follows(lost, version)

        self.assertEqual(await self.cluster.stop(*self.cluster.nodes), [0, 0, 0])
        self.cluster.restart(*self.cluster.nodes)
        await self.cluster.ready()
        for node in self.cluster.nodes:
            rule = await self.follows(node, version)
            self.assertEqual(self.value(rule, "options.grace_s")[0], 5)
        await self.planner(version)

        self.assertIn("conf.d holds", await self.ctl(b, "balance", "unset", "inbox/replica-cnt"))
        audit = json.loads(await self.ctl(b, "balance", "rules", "--json"))["audit"]
        self.assertEqual([(one["action"], one["by"], one["balancer"]) for one in audit],
                         [("set", f"owner at {a.node_id}", "replica-cnt"), ("removed", f"owner at {b.node_id}", "replica-cnt")])
        for node in self.cluster.nodes:
            rule = await self.follows(node, 0)
            value, origin = self.value(rule, "options.grace_s")
            self.assertEqual((value, origin.split("/")[-1]), (77, conf.split("/")[-1]))
            self.assertNotIn("wins over", await self.ctl(node, "config", "show"))
        await self.planner(0)

    async def test_balancers_are_switched_on_and_off(self):
        a, b, c = self.cluster.nodes
        await self.follows(a, 0)
        await self.ctl(b, "balance", "set", "inbox/range-leader", "--disable")
        await self.ctl(b, "balance", "set", "retain/range-split", "--enable", "--options", '{"splits_max": 1}')
        off, on = await self.version_of(b, "inbox/range-leader"), await self.version_of(b, "retain/range-split")
        await self.follows(c, off, "inbox/range-leader")
        await self.follows(c, on, "retain/range-split")
        balancers = await self.planner(on, "retain/range-split")
        self.assertNotIn("inbox/range-leader", balancers)
        self.assertTrue(balancers["retain/range-split"]["enabled"])
        metrics = (await asyncio.to_thread(c.get, "/metrics"))[1]
        self.assertIn('tenon_balance_plans_total{balancer="retain/range-split"}', metrics)
        self.assertNotIn('tenon_balance_plans_total{balancer="inbox/range-leader"}', metrics)

    async def test_what_the_plugin_does_not_take_is_refused_with_the_place(self):
        a = self.cluster.nodes[0]
        await self.follows(a, 0)
        for balancer, options, named in (("inbox/replica-cnt", '{"grace_s": 0}', "grace_s"),
                                         ("inbox/replica-cnt", '{"grace": 5}', "grace"),
                                         ("inbox/nobody", '{}', "plugins.nobody"),
                                         ("inbox/tcp", '{}', "tcp")):
            out = await self.ctl(a, "balance", "set", balancer, "--enable", "--options", options, fails=True)
            self.assertIn("refused", out)
            self.assertIn(named, out)
        self.assertIn("no store", await self.ctl(a, "balance", "set", "outbox/x", "--enable", fails=True))
        self.assertIn("1000", await self.ctl(a, "balance", "set", "inbox/replica-cnt", "--order", "1001", fails=True))
        await self.follows(a, 0)

    async def test_of_changes_at_once_one_wins_and_an_old_version_is_refused(self):
        nodes = self.cluster.nodes
        for node in nodes:
            await self.follows(node, 0)
        outcomes = await asyncio.gather(*(
            asyncio.create_subprocess_exec(
                str(BUILD / "core/bin/ctl/tenonctl"), "balance", "set", "inbox/replica-cnt", "--if-version", "0", "--options",
                json.dumps({"grace_s": 10 + place}), "--endpoint", f"unix:{node.api_socket}",
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT) for place, node in enumerate(nodes)))
        texts = [(await process.communicate())[0].decode() for process in outcomes]
        self.assertEqual(sorted(process.returncode for process in outcomes), [0, 1, 1], texts)
        self.assertEqual(sum("conflict" in text for text in texts), 2, texts)
        version = await self.version_of(nodes[[process.returncode for process in outcomes].index(0)])
        for words in (("set", "inbox/replica-cnt", "--disable"), ("unset", "inbox/replica-cnt")):
            out = await self.ctl(nodes[1], "balance", *words, "--if-version", str(version + 1), fails=True)
            self.assertIn("conflict", out)
        self.assertIn("done", await self.ctl(nodes[1], "balance", "unset", "inbox/replica-cnt", "--if-version",
                                             str(version)))


class WithoutReplica(RulesCase):
    options = {**RulesCase.options, "count": 4}

    async def test_a_node_without_a_replica_of_meta_takes_rules_and_follows_them(self):
        await self.cluster.until(lambda: sum(len(node.ranges("meta")) for node in self.cluster.nodes) == 3, "meta has voters")
        apart = next(node for node in self.cluster.nodes if not node.ranges("meta"))
        await self.follows(apart, 0)
        await self.ctl(apart, "balance", "set", "inbox/replica-cnt", "--options", '{"moves_max": 1}')
        version = await self.version_of(apart)
        for node in self.cluster.nodes:
            await self.follows(node, version)
        await self.ctl(self.cluster.others(apart)[0], "balance", "unset", "inbox/replica-cnt")
        await self.follows(apart, 0)


if __name__ == "__main__":
    unittest.main()
