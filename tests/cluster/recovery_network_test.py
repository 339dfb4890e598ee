#!/usr/bin/python3
"""Ranges whose minority is cut off, with recovery enabled: what a majority has acknowledged is not lost, whatever the minority does."""
import asyncio
import base64
import json
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE)]
from api import Api  # noqa: E402
from case import NetClusterCase, looks  # noqa: E402
from network import private  # noqa: E402
from tenonctl import tenonctl  # noqa: E402

MISSING = private.missing()
STORES = ("meta", "dist", "inbox", "retain")


class MinorityCase(NetClusterCase):
    """Three nodes that recover ranges by themselves; the first one is cut off from the two others."""

    evidence = None

    @property
    def config(self):
        return {"publish": {"timeout_s": 20},
                "plugins": {"recovery": {"options": {"timeout_s": 2, "evidence": self.evidence}}},
                "stores": {store: {"balancers": {"recovery": {"order": 90}}} for store in STORES}}

    async def ranges(self, node):
        return json.loads(await asyncio.to_thread(tenonctl, node, "range", "list", "--json"))["ranges"]

    async def explained(self, node):
        answer = await asyncio.to_thread(Api(node.api_socket).ask, "GET", "/api/v1/balance", None, {})
        self.assertEqual(answer.status, 200)
        return answer.body

    async def cut_off(self, is_seen):
        """The first node, until it has wanted to recover all ranges and was kept from it, for which is_seen() waits."""
        minority, *majority = self.cluster.nodes
        sub = await self.connect("sub", minority)
        self.assertEqual(await sub.subscribe("t/#", 1), 1)
        await sub.disconnect()
        self.cluster.isolate(minority)
        for other in majority:
            await self.cluster.until(lambda other=other: minority.find("peer.link_down", node=other.node_id), "it is cut off")
        for _ in looks():
            if all(not one["leader"] for one in await self.ranges(minority)):
                break
        else:
            self.fail(f"it thinks that somebody leads\n{self.cluster.logs()}")
        await is_seen(minority)
        self.assertEqual({one["incarnation"] for one in await self.ranges(minority)}, {1})
        pub = await self.connect("pub", majority[0])
        for number in range(10):
            self.assertEqual(await pub.deliver("t/1", f"{number}", 1), 0)

    async def heal(self):
        """All is as if nothing had been enabled: what the majority has accepted is there at the node that was cut off."""
        minority, *majority = self.cluster.nodes
        self.cluster.heal()
        await self.cluster.linked(minority, *majority)
        for node in majority:
            await self.cluster.linked(node, minority)
        await self.cluster.ready()
        sub = self.clients[0]
        sub.port = minority.port
        self.assertTrue((await sub.connect()).session_present)
        await sub.received(10)
        self.assertEqual([message.payload.decode() for message in sub.messages], [f"{number}" for number in range(10)])
        for node in self.cluster.nodes:
            self.assertEqual({one["incarnation"] for one in await self.ranges(node)}, {1})
            self.assertIsNone(node.find("storage.range_recovered"))


@unittest.skipIf(MISSING, MISSING)
class Proof(MinorityCase):
    evidence = "proof"

    async def test_silence_is_no_proof_and_the_majority_goes_on(self):
        async def is_seen(node):
            for _ in looks():
                if str(await self.explained(node)).count("nothing speaks against") == len(STORES):
                    return
            self.fail(f"nobody says that there is no proof\n{self.cluster.logs()}")
        await self.cut_off(is_seen)
        await self.heal()


class SilenceCase(MinorityCase):
    evidence = "timeout"

    async def listed_until(self, node, holds, what):
        """The ranges, once `holds` of each of them."""
        for _ in looks():
            ranges = await self.ranges(node)
            if ranges and all(holds(one) for one in ranges):
                return ranges
        self.fail(f"{what}: {json.dumps(ranges)}\n{self.cluster.logs()}")

    async def condition(self, node):
        """What the node's health says of recoveries; None: nothing is to be decided."""
        status = json.loads(await asyncio.to_thread(tenonctl, node, "status", "--json"))
        return next((one for one in status["conditions"] if one["name"] == "recovery"), None)

    async def until_condition(self, node, holds, what):
        for _ in looks():
            if holds(found := await self.condition(node)):
                return found
        self.fail(f"{what}: {found}\n{self.cluster.logs()}")

    async def cut_off_until_it_goes_on(self):
        """Both sides have one session with a message, and the first node has recovered all ranges on silence. Returns these."""
        minority, *majority = self.cluster.nodes
        sub = await self.connect("sub", minority)
        self.assertEqual(await sub.subscribe("t/#", 1), 1)
        pub = await self.connect("before", majority[0])
        self.assertEqual(await pub.deliver("t/1", "before", 1), 0)
        await pub.disconnect()
        await sub.received(1)
        sub.messages.clear()
        await sub.disconnect()
        self.cluster.isolate(minority)
        for other in majority:
            await self.cluster.until(lambda other=other: minority.find("peer.link_down", node=other.node_id), "it is cut off")
        ranges = await self.listed_until(minority, lambda one: one["provisional"] and one["leader"] == minority.node_id,
                                         "it goes on with each range")
        for one in ranges:
            self.assertEqual(set(one["missing"]), {other.node_id for other in majority})
            self.assertGreater(one["incarnation"], 1)
            self.assertEqual(one["voters"], [minority.node_id])
            given = minority.find("api.order_given", range=one["id"])
            self.assertEqual(given["message"], "recover by silence")
            self.assertIn("/recovery", given["fields"]["by"])
        return ranges

    async def publish(self, node, client, payloads):
        pub = await self.connect(client, node)
        for payload in payloads:
            self.assertEqual(await pub.deliver("t/1", payload, 1), 0)
        await pub.disconnect()

    async def fetched(self, node, count):
        """What the session gets at this node: so many messages, and no more."""
        sub = self.clients[0]
        sub.port, sub.address = node.port, node.address
        self.assertTrue((await sub.connect()).session_present)
        await sub.received(count)
        await sub.ping()
        payloads = [message.payload.decode() for message in sub.messages]
        sub.messages.clear()
        await sub.disconnect()
        return payloads

    async def is_shown(self, minority, majority):
        """To whoever looks at the node."""
        text = await asyncio.to_thread(tenonctl, minority, "range", "list")
        self.assertEqual(text.count("is provisional: it was recovered on nothing but silence"), len(await self.ranges(minority)))
        shown = await self.until_condition(minority, lambda found: found is not None, "its health says so")
        self.assertEqual(shown["state"], "degraded")
        for node in majority:
            self.assertIn(node.node_id, shown["reason"])
        self.assertEqual(await asyncio.to_thread(lambda: minority.metric("tenon_range_provisional", store="meta")), 1)

    def one_incarnation_is_left(self, ranges_of):
        by_id = [{(one["id"], one["incarnation"]) for one in ranges} for ranges in ranges_of]
        self.assertEqual(by_id[0], by_id[1])
        self.assertEqual(by_id[0], by_id[2])

    def reported(self, node):
        """The payloads for the session, in all of the node's reports."""
        found = []
        for path in sorted((pathlib.Path(node.data_dir) / "reports").glob("given-up-*.jsonl")):
            _, *commands = [json.loads(line) for line in path.read_text().splitlines()]
            found += [base64.b64decode(op["payload"]).decode() for command in commands for op in command.get("ops", [])
                      if op["op"] == "append" and any(target["client"] == "sub" for target in op["for"])]
        return found


@unittest.skipIf(MISSING, MISSING)
class Timeout(SilenceCase):
    options = {"balancers": {"replica-cnt": {"grace_s": 5}}}  # and all others that are shipped: both sides plan

    async def test_a_minority_goes_on_and_gives_way_to_the_majority_when_that_is_there(self):
        minority, *majority = self.cluster.nodes
        ranges = await self.cut_off_until_it_goes_on()
        taken = [f"minority {number}" for number in range(10)]
        kept = [f"majority {number}" for number in range(10)]
        await self.publish(majority[0], "pub", kept)
        await self.publish(minority, "other", taken)
        self.assertEqual(await self.fetched(minority, 10), taken)
        await self.is_shown(minority, majority)
        for one in await self.ranges(majority[1]):
            self.assertEqual((one["incarnation"], one["provisional"]), (1, False))
        self.cluster.heal()
        listed = []
        for node in self.cluster.nodes:
            listed.append(await self.listed_until(
                node, lambda one: one["incarnation"] == 1 and one["leader"] and len(one["voters"]) == 3 and "replica" in one
                and one["replica"]["role"] in ("leader", "member"), "the majority's ranges are everywhere"))
        self.one_incarnation_is_left(listed)
        # What the minority has accepted is over, and stands in a report.
        self.assertEqual(await self.fetched(majority[1], 10), kept)
        self.assertEqual(await self.fetched(minority, 0), [])
        self.assertEqual(list(dict.fromkeys(self.reported(minority))), taken)
        listed = await asyncio.to_thread(tenonctl, minority, "report", "list")
        for one in ranges:
            self.assertIn(f"reports/given-up-{one['id']}-{one['incarnation']}", listed)
        for node in majority:
            self.assertIn("nothing was given up", await asyncio.to_thread(tenonctl, node, "report", "list"))
        await self.until_condition(minority, lambda found: found is None, "nothing is to be decided")

    async def test_it_stays_as_it_is_when_those_who_were_silent_are_removed(self):
        minority, *majority = self.cluster.nodes
        await self.cut_off_until_it_goes_on()
        await self.cluster.kill(*majority)
        first, second = (node.node_id for node in majority)
        await asyncio.to_thread(tenonctl, minority, "node", "remove", first, "--confirm", "--reason", "burnt")
        self.assertTrue(all(one["provisional"] for one in await self.ranges(minority)))
        await asyncio.to_thread(tenonctl, minority, "node", "remove", second, "--confirm", "--reason", "burnt")
        await self.listed_until(minority, lambda one: not one["provisional"] and one["leader"] == minority.node_id, "each is final")
        await self.until_condition(minority, lambda found: found is None, "nothing is to be decided")
        await self.publish(minority, "other", ["after"])
        self.assertEqual(await self.fetched(minority, 1), ["after"])

    async def test_an_operator_confirms_it_and_those_who_return_give_way(self):
        minority, *majority = self.cluster.nodes
        ranges = await self.cut_off_until_it_goes_on()
        kept = [f"majority {number}" for number in range(10)]
        taken = [f"minority {number}" for number in range(10)]
        await self.publish(majority[0], "pub", kept)
        await self.publish(minority, "other", taken)
        await self.cluster.kill(*majority)
        for one in ranges:
            said = await asyncio.to_thread(tenonctl, minority, "range", "recover", one["id"], "--confirm", "--reason", "they are lost")
            self.assertIn("stays as it is", said)
        await self.listed_until(minority, lambda one: not one["provisional"], "each is final")
        self.cluster.heal()
        self.cluster.restart(*majority)
        wanted = {(one["id"], one["incarnation"]) for one in ranges}
        for node in majority:
            await self.cluster.until(lambda node=node: node.serves, "it serves")
            for one in ranges:
                await self.cluster.until(lambda node=node, one=one: "given up" in (
                    node.find("storage.range_recovered", range=one["id"]) or {"message": ""})["message"], "it gives way")
            for _ in looks():
                if {(one["id"], one["incarnation"]) for one in await self.ranges(node)} == wanted:
                    break
            else:
                self.fail(f"it does not go by what is final\n{self.cluster.logs()}")
        reported = [list(dict.fromkeys(self.reported(node))) for node in majority]
        for found in reported:
            self.assertEqual([payload for payload in found if payload in kept], kept)
        self.assertEqual(await self.fetched(majority[1], 10), taken)

    async def test_one_of_the_majority_that_returns_alone_keeps_what_it_has_accepted_until_an_operator_decides(self):
        minority, alone, dead = self.cluster.nodes
        ranges = await self.cut_off_until_it_goes_on()
        kept = [f"majority {number}" for number in range(10)]
        taken = [f"minority {number}" for number in range(10)]
        await self.publish(alone, "pub", kept)
        await self.publish(minority, "other", taken)
        # The range of sessions, of which both have it all; nothing that was accepted is with the dead one alone.
        inbox = next(one["id"] for one in ranges if one["store"] == "inbox")
        await self.cluster.kill(dead)
        self.cluster.heal()
        await self.cluster.linked(minority, alone)
        for _ in looks():
            held = next(one for one in await self.ranges(alone) if one["id"] == inbox)
            if held.get("replica", {}).get("role") == "kept":
                break
        else:
            self.fail(f"it is not kept\n{self.cluster.logs()}")
        shown = await self.until_condition(alone, lambda found: found and "kept aside" in found["reason"], "its health says so")
        self.assertEqual(shown["state"], "degraded")
        self.assertEqual(self.reported(alone), [])
        # Who decides may be at any node.
        for one in ranges:
            await asyncio.to_thread(tenonctl, alone, "range", "recover", one["id"], "--confirm", "--reason", "it is lost")
        wanted = {(one["id"], one["incarnation"]) for one in ranges}
        for _ in looks():
            if {(one["id"], one["incarnation"]) for one in await self.ranges(alone)} == wanted:
                break
        else:
            self.fail(f"it does not go by what is final\n{self.cluster.logs()}")
        for node in (minority, alone):
            await self.until_condition(node, lambda found: found is None, "nothing is to be decided")
        self.assertEqual([payload for payload in dict.fromkeys(self.reported(alone)) if payload in kept], kept)
        self.assertEqual(await self.fetched(alone, 10), taken)

@unittest.skipIf(MISSING, MISSING)
class TimeoutOfFive(SilenceCase):
    options = {"count": 5}

    async def test_a_node_without_a_vote_goes_on_with_the_minority_and_comes_back_with_it(self):
        ranges = await self.listed_until(self.cluster.nodes[0], lambda one: one["leader"], "each is led")
        voters = ranges[0]["voters"]
        self.assertEqual({tuple(one["voters"]) for one in ranges}, {tuple(voters)})
        survivor = next(node for node in self.cluster.nodes if node.node_id == voters[0])
        friend = next(node for node in self.cluster.nodes if node.node_id not in voters)
        majority = [node for node in self.cluster.nodes if node not in (survivor, friend)]
        sub = await self.connect("sub", friend)
        self.assertEqual(await sub.subscribe("t/#", 1), 1)
        await sub.disconnect()
        self.cluster.part([survivor, friend], majority)
        provisional = await self.listed_until(
            survivor, lambda one: one["provisional"] and one["leader"] == survivor.node_id, "it goes on with each range")
        wanted = {(one["id"], one["incarnation"]) for one in provisional}
        await self.listed_until(friend, lambda one: (one["id"], one["incarnation"]) in wanted, "the other one goes by it")
        kept = [f"majority {number}" for number in range(10)]
        taken = [f"minority {number}" for number in range(10)]
        await self.publish(majority[0], "pub", kept)
        await self.publish(friend, "other", taken)
        self.assertEqual(await self.fetched(friend, 10), taken)
        self.cluster.heal()
        listed = [await self.listed_until(node, lambda one: one["incarnation"] == 1 and one["voters"] == voters,
                                          "the majority's ranges are everywhere") for node in self.cluster.nodes]
        self.assertEqual({len(ranges) for ranges in listed}, {len(provisional)})
        self.assertEqual(await self.fetched(friend, 10), kept)
        self.assertEqual(list(dict.fromkeys(self.reported(survivor))), taken)
        for node in (survivor, friend):
            await self.until_condition(node, lambda found: found is None, "nothing is to be decided")


@unittest.skipIf(MISSING, MISSING)
class ByMistake(MinorityCase):
    evidence = "proof"

    async def test_what_a_majority_has_accepted_that_is_given_up_stands_in_its_reports(self):
        """An operator takes those who are cut off for lost. They are not, and go on: what they accept is deleted on heal."""
        minority, *majority = self.cluster.nodes
        async def is_seen(_):
            """Nothing is: nobody recovers by himself."""
        await self.cut_off(is_seen)
        ranges = await self.ranges(minority)
        for one in ranges:
            await asyncio.to_thread(tenonctl, minority, "range", "recover", one["id"], "--confirm", "--reason", "a mistake")
        self.cluster.heal()
        payloads = []
        for node in majority:
            for one in ranges:
                await self.cluster.until(
                    lambda node=node, one=one: "what it held is in" in (
                        node.find("storage.range_recovered", range=one["id"]) or {"message": ""})["message"], "it is written down")
                self.assertIn("given up", node.find("storage.range_recovered", range=one["id"])["message"])
            payloads.append(self.reported(node))
        for found in payloads:
            # What was sent again when the leader changed may stand in the log twice.
            self.assertEqual(list(dict.fromkeys(found)), [f"{number}" for number in range(10)])
        self.assertEqual(self.reported(minority), [])
        listed = await asyncio.to_thread(tenonctl, majority[0], "report", "list")
        for one in ranges:
            self.assertIn(f"reports/given-up-{one['id']}-1.jsonl", listed)
        self.assertIn("nothing was given up", await asyncio.to_thread(tenonctl, minority, "report", "list"))

    def reported(self, node):
        """The payloads for the session, in all of the node's reports."""
        found = []
        for path in sorted((pathlib.Path(node.data_dir) / "reports").glob("given-up-*.jsonl")):
            self.assertEqual(path.stat().st_mode & 0o077, 0)
            head, *commands = [json.loads(line) for line in path.read_text().splitlines()]
            self.assertEqual((head["node"], head["incarnation"], head["is_cut"]), (node.node_id, "1", False))
            found += [base64.b64decode(op["payload"]).decode() for command in commands for op in command.get("ops", [])
                      if op["op"] == "append" and any(target["client"] == "sub" for target in op["for"])]
        return found


if __name__ == "__main__":
    unittest.main()
