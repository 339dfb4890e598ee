"""What tests of replicas that were lost have in common."""
import asyncio
import json

from case import ClusterCase, looks
from api import Api
from cluster import WAIT_S
from tenonctl import tenonctl

NUMBERS = [f"{number}" for number in range(100)]
STORES = ("meta", "dist", "inbox", "retain")


def recovery_config(ack="quorum", **options):
    """Of nodes on which the balancer of that name is enabled for all stores, with these options."""
    return {"publish": {"timeout_s": 20}, "plugins": {"recovery": {"options": options}},
            "stores": {store: {"ack": ack, "balancers": {"recovery": {"order": 90}}} for store in STORES}}


class RecoveryCase(ClusterCase):
    config = {"publish": {"timeout_s": 20}}

    async def listed(self, node):
        """What a node knows of all ranges; a second old at most."""
        return json.loads(await asyncio.to_thread(tenonctl, node, "range", "list", "--json"))["ranges"]

    async def listed_until(self, node, holds, what):
        for _ in looks():
            ranges = await self.listed(node)
            if all(holds(one) for one in ranges):
                return ranges
        self.fail(f"{what}: {json.dumps(ranges)}\n{self.cluster.logs()}")

    async def answers(self, node):
        """Until a node that was just started is ready to be asked."""
        async def ask():
            while True:
                try:
                    return await asyncio.to_thread(Api(node.api_socket).get, "/healthz")
                except OSError:
                    self.assertIsNone(await asyncio.to_thread(node.process.poll), self.cluster.logs())

        try:
            await asyncio.wait_for(ask(), WAIT_S)
        except asyncio.TimeoutError:
            self.fail(f"it does not answer\n{self.cluster.logs()}")

    async def plans_nothing(self, node, seconds):
        """For so long: it has not read the rules since its start, as nobody can tell it."""
        end = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < end:
            given = (await asyncio.to_thread(Api(node.api_socket).get, "/api/v1/balance")).json["commands"]
            self.assertEqual(given, [], self.cluster.logs())

    async def led(self):
        """Up to where each range is committed, once the lists show a leader of each."""
        for _ in looks():
            committed, numbers = {}, set()
            for node in self.cluster.alive:
                for one in await self.listed(node):
                    numbers.add(one["id"])
                    if one.get("replica", {}).get("role") == "leader":
                        committed[one["id"]] = one["replica"]["committed"]
            if numbers == set(committed):
                return committed
        self.fail(f"not all ranges are led\n{self.cluster.logs()}")

    async def has_all(self, node):
        """Until the node has applied what is known to be committed by now."""
        wanted = await self.led()
        await self.listed_until(node, lambda one: "replica" in one and one["replica"]["applied"] >= wanted[one["id"]],
                                "it has all")

    async def lose_all_but(self, survivor):
        await self.has_all(survivor)
        await self.cluster.kill(*self.cluster.others(survivor))
        return await self.listed_until(survivor, lambda one: not one["leader"], "nobody leads")

    async def recover(self, node, number, *options):
        return await asyncio.to_thread(tenonctl, node, "range", "recover", number, *options)

    async def recover_all(self, node, ranges):
        for one in ranges:
            said = await self.recover(node, one["id"], "--confirm", "--reason", "a test")
            self.assertIn("the range goes on at node " + node.node_id, said)
            self.assertIn("lost for certain: 0 entries; beyond that, what only the lost members had", said)
        await self.cluster.ready(node)

    async def session_with_messages(self, node):
        sub = await self.subscriber("sub", node)
        await sub.disconnect()
        pub = await self.connect("pub", node)
        await self.deliver_all(pub, "t/1", NUMBERS)
        await pub.deliver("kept", "retained", retain=True)
        await pub.disconnect()
        return sub

    async def check_session(self, sub, node, payloads):
        await self.move(sub, node)
        await sub.received(len(payloads))
        await sub.ping()
        self.assertEqual(self.payloads(sub), payloads)
        sub.messages.clear()
        await sub.disconnect()
