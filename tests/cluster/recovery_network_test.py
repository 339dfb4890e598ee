#!/usr/bin/python3
"""Ranges whose minority is cut off, with recovery enabled: nothing is recovered that a majority goes on with."""
import asyncio
import base64
import json
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE)]
from api import Api  # noqa: E402
from case import NetClusterCase  # noqa: E402
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
        for _ in range(3000):
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
            for _ in range(3000):
                if str(await self.explained(node)).count("nothing speaks against") == len(STORES):
                    return
            self.fail(f"nobody says that there is no proof\n{self.cluster.logs()}")
        await self.cut_off(is_seen)
        await self.heal()


@unittest.skipIf(MISSING, MISSING)
class Timeout(MinorityCase):
    evidence = "timeout"

    async def test_silence_alone_is_refused_for_each_range_and_the_majority_goes_on(self):
        def refused(node):
            return {record["fields"]["balancer"] for record in node.records
                    if record.get("event") == "balance.command_refused" and record["fields"]["cause"] == "not_executable"}

        async def is_seen(node):
            await self.cluster.until(lambda: refused(node) == {f"{store}/recovery" for store in STORES}, "it is refused")
        await self.cut_off(is_seen)
        await self.heal()


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
