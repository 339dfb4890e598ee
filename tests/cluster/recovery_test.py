#!/usr/bin/python3
"""Ranges that have lost their majority for good, and go on with what the survivor has."""
import asyncio
import json
import signal
import sys
import unittest

from recovery_case import NUMBERS, STORES, RecoveryCase, recovery_config
from case import looks
from api import Api
from cluster import WAIT_S
from tenonctl import tenonctl

TIMEOUT_S = 2


class Recovery(RecoveryCase):
    async def test_the_survivor_serves_again_and_who_returns_does_no_harm(self):
        survivor = self.cluster.nodes[0]
        sub = await self.session_with_messages(survivor)
        ranges = await self.lose_all_but(survivor)
        with self.assertRaises(AssertionError) as refused:
            await self.recover(survivor, ranges[0]["id"])
        self.assertIn("--confirm", str(refused.exception))
        await self.recover_all(survivor, ranges)
        for before, now in zip(ranges, await self.listed(survivor)):
            self.assertEqual(before["id"], now["id"])
            self.assertGreater(now["incarnation"], before["incarnation"])
            self.assertEqual(now["voters"], [survivor.node_id])
            given = survivor.find("api.order_given", range=before["id"])
            self.assertEqual((given["message"], given["fields"]["by"]), ("recover", "owner"))
            self.assertIsNotNone(survivor.find("storage.range_recovered", range=before["id"]))
        pub = await self.connect("pub", survivor)
        await self.deliver_all(pub, "t/1", ["after"])
        await self.check_session(sub, survivor, [*NUMBERS, "after"])
        late = await self.subscriber("late", survivor, "kept")
        self.assertEqual((await late.received(1))[0].payload, b"retained")
        await late.disconnect(expiry_s=0)

        returned = self.cluster.nodes[1:]
        self.cluster.restart(*returned)
        for node in returned:
            for one in ranges:
                await self.cluster.until(
                    lambda node=node, one=one: "given up" in (node.find("storage.range_recovered", range=one["id"])
                                                             or {"message": ""})["message"], "the past is given up")
            await self.cluster.until(lambda node=node: node.serves, "it serves")
        there = await self.connect("there", returned[0])
        await self.deliver_all(there, "t/1", ["from one that returned"])
        await self.check_session(sub, returned[1], ["from one that returned"])
        late = await self.subscriber("late", returned[1], "kept")
        self.assertEqual((await late.received(1))[0].payload, b"retained")

        everybody = ",".join(node.node_id for node in self.cluster.nodes)
        for one in ranges:
            await asyncio.to_thread(tenonctl, survivor, "range", "members", one["id"], "--voters", everybody)
        await self.has_all(returned[0])
        await self.has_all(returned[1])
        await self.cluster.kill(survivor)
        await self.cluster.ready()
        there = await self.connect("there", returned[0])
        await self.deliver_all(there, "t/1", ["as voters"])
        await self.check_session(sub, returned[1], ["as voters"])

    async def test_is_refused_with_a_leader(self):
        node = self.cluster.nodes[0]
        before = await self.listed(node)
        for one in before:
            with self.assertRaises(AssertionError) as refused:
                await self.recover(node, one["id"], "--confirm")
            self.assertIn("leads the range", str(refused.exception))
        self.assertEqual([one["incarnation"] for one in await self.listed(node)],
                         [one["incarnation"] for one in before])


class FreshNodesCase(RecoveryCase):
    options = {"balancers": {"replica-cnt": {"grace_s": 5}, "range-leader": {"settle_s": 1}}}

    async def check_that_fresh_nodes_are_filled(self, survivor, sub):
        """From the survivor, which is then lost as well."""
        fresh = [self.cluster.add(), self.cluster.add()]
        await self.cluster.ready(*fresh)
        wanted = {node.node_id for node in (survivor, *fresh)}
        await self.listed_until(survivor, lambda one: set(one["voters"]) == wanted, "they vote")
        for node in fresh:
            await self.has_all(node)
        await self.cluster.kill(survivor)
        await self.cluster.ready()
        pub = await self.connect("pub", fresh[0])
        await self.deliver_all(pub, "t/1", ["after"])
        await self.check_session(sub, fresh[1], [*NUMBERS, "after"])


class FreshNodes(FreshNodesCase):
    async def test_fresh_nodes_are_filled_from_the_survivor(self):
        survivor = self.cluster.nodes[0]
        sub = await self.session_with_messages(survivor)
        ranges = await self.lose_all_but(survivor)
        # Until it takes them for gone, a balancer may choose them again, and waits for them for minutes.
        for lost in self.cluster.nodes[1:]:
            await self.cluster.until(lambda lost=lost: survivor.find("peer.node_silent", node=lost.node_id, state="gone"), "it is gone")
        await self.recover_all(survivor, ranges)
        await self.check_that_fresh_nodes_are_filled(survivor, sub)


class FreshNodesBehindABalancer(FreshNodesCase):
    config = recovery_config(timeout_s=2)

    async def test_two_of_three_are_lost_and_all_is_whole_again_without_an_operator(self):
        survivor = self.cluster.nodes[0]
        sub = await self.session_with_messages(survivor)
        await self.has_all(survivor)
        lost_at = asyncio.get_running_loop().time()
        await self.cluster.kill(*self.cluster.others(survivor))
        ranges = await self.listed_until(
            survivor, lambda one: one["leader"] == survivor.node_id and one["voters"] == [survivor.node_id], "it leads each range")
        # Shown, not judged: how long it takes on a machine that does other things as well says nothing of the rule.
        print(f"# with timeout_s 2, all ranges are led {asyncio.get_running_loop().time() - lost_at:.1f} s behind the loss",
              file=sys.stderr)
        for one in ranges:
            report = survivor.find("storage.range_recovered", range=one["id"])["message"]
            self.assertRegex(report, f"the range goes on at node {survivor.node_id} from index [0-9]+ of term [0-9]+; known to be "
                             "committed: up to [0-9]+; lost for certain: 0 entries; beyond that, what only the lost members had")
        await self.check_that_fresh_nodes_are_filled(survivor, sub)


class Balancer(RecoveryCase):
    config = recovery_config(timeout_s=2)

    async def test_ranges_are_recovered_without_an_operator_when_the_hosts_of_the_lost_nodes_refuse(self):
        survivor = self.cluster.nodes[0]
        sub = await self.session_with_messages(survivor)
        await self.lose_all_but(survivor)
        await self.listed_until(survivor, lambda one: one["leader"] == survivor.node_id, "it leads each range")
        for one in await self.listed(survivor):
            self.assertEqual(one["voters"], [survivor.node_id])
            self.assertIn("recovery", survivor.find("api.order_given", range=one["id"])["fields"]["by"])
        pub = await self.connect("pub", survivor)
        await self.deliver_all(pub, "t/1", ["after"])
        await self.check_session(sub, survivor, [*NUMBERS, "after"])

    async def wants_proof(self, node):
        """Until it would recover each range if there was proof."""
        await self.answers(node)
        for _ in looks():
            body = str((await asyncio.to_thread(Api(node.api_socket).ask, "GET", "/api/v1/balance", None, {})).body)
            if body.count("nothing speaks against") == len(STORES):
                return
        self.fail(f"{body}\n{self.cluster.logs()}")

    async def test_a_node_that_starts_before_the_others_recovers_nothing(self):
        """Nobody listens at the ports of nodes that are about to start."""
        early, *others = self.cluster.nodes
        sub = await self.session_with_messages(early)
        self.assertEqual(await self.cluster.stop(*self.cluster.nodes), [0, 0, 0])
        self.cluster.restart(early)
        await self.answers(early)
        await self.plans_nothing(early, 6)
        self.cluster.restart(*others)
        await self.cluster.ready()
        self.assertEqual({one["incarnation"] for one in await self.listed(early)}, {1})
        await self.check_session(sub, others[0], NUMBERS)

    async def test_nodes_that_are_silent_are_not_given_up(self):
        survivor, *others = self.cluster.nodes
        await self.has_all(survivor)
        for node in others:
            self.cluster.freeze(node)
        await self.listed_until(survivor, lambda one: not one["leader"], "nobody leads")
        await self.wants_proof(survivor)
        for node in others:
            self.cluster.thaw(node)
        await self.cluster.ready()
        self.assertEqual({one["incarnation"] for one in await self.listed(survivor)}, {1})


class Silence(RecoveryCase):
    config = recovery_config(timeout_s=TIMEOUT_S, evidence="timeout")

    async def reload(self, node):
        before = len(node.records)
        node.signal(signal.SIGHUP)
        await self.cluster.until(lambda: any(one["event"] == "config.reload_done" for one in node.records[before:]), "it has read its files")

    async def test_nodes_that_are_silent_are_gone_on_without_and_win_when_they_speak_again(self):
        survivor, *others = self.cluster.nodes
        await self.has_all(survivor)
        for node in others:
            self.cluster.freeze(node)
        await self.listed_until(survivor, lambda one: one["provisional"] and one["leader"] == survivor.node_id, "it goes on")
        for node in others:
            self.cluster.thaw(node)
        for node in self.cluster.nodes:
            await self.listed_until(node, lambda one: one["incarnation"] == 1 and one["leader"] and len(one["voters"]) == 3
                                    and one.get("replica", {}).get("role") in ("leader", "member"), "those who were silent win")

    async def speaks_against(self, node, lost):
        """Until the balancer of the node knows what proves that those are lost."""
        end = asyncio.get_running_loop().time() + WAIT_S
        while asyncio.get_running_loop().time() < end:
            status, body = await asyncio.to_thread(node.get, "/api/v1/balance/view")
            nodes = json.loads(body)["nodes"] if status == 200 else ()  # it may be that the node does not plan yet
            evidence = {one["id"]: one["evidence"] for one in nodes}
            if all(evidence.get(other.node_id) == "refused" for other in lost):
                return
        self.fail(f"{body}\n{self.cluster.logs()}")

    async def test_what_has_proof_is_recovered_for_good(self):
        survivor, *others = self.cluster.nodes
        survivor.write_config("95-later.json", recovery_config(timeout_s=600, evidence="timeout"))
        await self.reload(survivor)
        sub = await self.session_with_messages(survivor)
        await self.lose_all_but(survivor)
        await self.speaks_against(survivor, others)
        survivor.write_config("95-later.json", self.config)
        await self.reload(survivor)
        for one in await self.listed_until(survivor, lambda one: one["leader"] == survivor.node_id, "it leads each range"):
            self.assertEqual((one["provisional"], one["voters"]), (False, [survivor.node_id]))
        await self.check_session(sub, survivor, NUMBERS)

    async def test_a_node_that_has_started_anew_since_the_others_fell_silent_does_not_go_on_alone(self):
        survivor, *others = self.cluster.nodes
        await self.has_all(survivor)
        for node in others:
            self.cluster.freeze(node)
        await self.cluster.kill(survivor)
        self.cluster.restart(survivor)
        await self.answers(survivor)
        await self.listed_until(survivor, lambda one: not one["leader"], "nobody leads")
        await self.plans_nothing(survivor, 3 * TIMEOUT_S)
        self.assertEqual({one["incarnation"] for one in await self.listed(survivor)}, {1})
        for node in others:
            self.cluster.thaw(node)
        await self.cluster.ready()


if __name__ == "__main__":
    unittest.main()
