#!/usr/bin/python3
"""Ranges that operators order about, by tenonctl, while sessions are served: moved, split and merged."""
import asyncio
import json
import unittest

from case import ClusterCase, looks

SESSIONS = [f"session-{number}" for number in range(24)]


class RangeCase(ClusterCase):
    async def ctl(self, node, *words):
        """Exit code and output of a tenonctl that asks this node."""
        code, out, err = await self.run_ctl(node, *words)
        return code, out + err

    async def ranges(self, node, store="inbox"):
        code, out = await self.ctl(node, "range", "list", "--json")
        self.assertEqual(code, 0, out)
        return [one for one in json.loads(out)["ranges"] if one["store"] == store]

    async def range_until(self, node, found, what):
        """The ranges of a node once `found` is true of them."""
        for _ in looks():
            ranges = await self.ranges(node)
            if found(ranges):
                return ranges
        self.fail(what)

    async def order(self, node, *words):
        code, out = await self.ctl(node, "range", *words)
        self.assertEqual(code, 0, out)
        return out

    async def sleepers(self):
        """Sessions that were made and left, with messages to come; they are of all parts of the store."""
        for place, name in enumerate(SESSIONS):
            client = await self.subscriber(name, self.cluster.nodes[place % 3], "t/#")
            await client.disconnect()

    async def check_all(self, payloads):
        """Each session has all of it, once and in order."""
        for place, name in enumerate(SESSIONS):
            client = await self.connect(name, self.cluster.alive[place % len(self.cluster.alive)])
            await client.received(len(payloads))
            await client.ping()
            self.assertEqual(self.payloads(client), payloads, name)
            await client.disconnect()


class Transfer(RangeCase):
    async def test_the_lead_goes_where_it_is_ordered_from_any_node(self):
        number = (await self.ranges(self.cluster.nodes[0]))[0]["id"]
        for asked in self.cluster.nodes:
            for to in self.cluster.nodes:
                await self.order(asked, "transfer", number, "--to", to.node_id)
                self.assertEqual((await self.ranges(asked))[0]["leader"], to.node_id)

    async def test_what_makes_no_sense_is_refused_with_the_reason(self):
        node = self.cluster.nodes[0]
        number = (await self.ranges(node))[0]["id"]
        for words, why in ((("transfer", number, "--to", "00000000000000ff"), "no voter"),
                           (("transfer", "7", "--to", node.node_id), "no range 7"),
                           (("split", number, "--half", "--epoch", "77.0"), "stale"),
                           (("split", number, "--key", "%FF%FF"), "belongs together")):
            code, out = await self.ctl(node, "range", *words)
            self.assertEqual(code, 1, out)
            self.assertIn(why, out)


class Split(RangeCase):
    async def split(self, node, number):
        await self.order(node, "split", number, "--half", "--reason", "a test")

    async def test_sessions_and_their_messages_outlive_splits_under_load(self):
        await self.sleepers()
        publishers = [await self.connect(f"pub-{node.name}", node) for node in self.cluster.nodes]
        sent = []

        async def publish(publisher, place):
            for number in range(120):
                payload = f"{place}/{number}"
                sent.append(payload)
                self.assertEqual(await publisher.deliver(f"t/{place}", payload, 1), 0)

        async def split_all():
            for turn in range(3):
                node = self.cluster.nodes[turn]
                for one in await self.range_until(node, lambda ranges: len(ranges) == 2**turn, "all ranges"):
                    await self.split(node, one["id"])

        await asyncio.gather(split_all(), *(publish(pub, place) for place, pub in enumerate(publishers)))
        for node in self.cluster.nodes:
            ranges = await self.range_until(node, lambda ranges: len(ranges) == 8, "eight ranges")
            self.assertEqual(ranges[0]["begin"], "")
            self.assertEqual(ranges[-1]["end"], "")
            for one, following in zip(ranges, ranges[1:]):
                self.assertEqual(one["end"], following["begin"])
        for place, name in enumerate(SESSIONS):
            client = await self.connect(name, self.cluster.nodes[place % 3])
            await client.received(360)
            await client.ping()
            for publisher in range(3):
                of_one = [payload for payload in self.payloads(client) if payload.startswith(f"{publisher}/")]
                self.assertEqual(of_one, [f"{publisher}/{number}" for number in range(120)], name)
            await client.disconnect()

    async def test_the_leader_is_killed_in_the_middle_of_a_split(self):
        await self.sleepers()
        sent = []
        for turn in range(3):
            number = (await self.ranges(self.cluster.alive[0]))[0]["id"]
            leader_id = (await self.range_until(self.cluster.alive[0], lambda ranges: ranges[0]["leader"],
                                                "a leader"))[0]["leader"]
            leader = next(node for node in self.cluster.nodes if node.node_id == leader_id)
            other = self.cluster.others(leader)[0]
            pub = await self.connect(f"pub-{turn}", other)
            payloads = [f"{turn}/{number}" for number in range(60)]
            sent += payloads
            waiting = [asyncio.ensure_future(pub.deliver("t/1", payload, 1)) for payload in payloads]
            ordered = asyncio.ensure_future(self.ctl(other, "range", "split", number, "--half"))
            await waiting[10]
            await self.cluster.kill(leader)
            self.assertEqual(set(await asyncio.gather(*waiting)), {0})
            await ordered
            await pub.disconnect()
            self.cluster.restart(leader)
            await self.cluster.ready()
        await self.check_all(sent)

    async def test_routes_and_retained_messages_outlive_splits_and_restarts(self):
        a, b, c = self.cluster.nodes
        for name in ("one", "two", "three", "four"):
            client = await self.subscriber(name, a, f"{name}/#")
            await client.disconnect()
        pub = await self.connect("pub", b)
        for name in ("one", "two", "three", "four"):
            await pub.deliver(f"kept/{name}", name, 1, retain=True)
        for store in ("dist", "retain"):
            await self.split(c, (await self.ranges(a, store))[0]["id"])
        for turn in range(2):
            for node in self.cluster.nodes:
                pub = await self.connect(f"pub-{node.name}", node)
                for name in ("one", "two", "three", "four"):
                    self.assertEqual(await pub.deliver(f"{name}/x", f"{turn}{node.name}", 1), 0)
                reader = await self.subscriber(f"reader-{node.name}", node, "kept/#", clean=True, expiry_s=0)
                kept = await reader.received(4)
                self.assertEqual(sorted(message.payload.decode() for message in kept),
                                 ["four", "one", "three", "two"])
                await reader.disconnect()
                await pub.disconnect()
            if turn == 0:
                await self.cluster.kill(*self.cluster.nodes)
                self.cluster.restart(*self.cluster.nodes)
                await self.cluster.ready()
        for name in ("one", "two", "three", "four"):
            client = await self.connect(name, c)
            await client.received(6)
            self.assertEqual(self.payloads(client), ["0A", "0B", "0C", "1A", "1B", "1C"])


class Merge(RangeCase):
    async def split_once(self, node):
        number = (await self.range_until(node, lambda ranges: len(ranges) == 1, "one range"))[0]["id"]
        await self.order(node, "split", number, "--half")
        # All nodes: one that has not heard of the second range refuses to merge them, and shows one range as if it had.
        for other in self.cluster.alive:
            await self.range_until(other, lambda ranges: len(ranges) == 2 and all(one["leader"] for one in ranges),
                                   "two ranges that are led")
        return number

    async def one_again(self, node):
        """All nodes know what this one does of the range: orders compare the epoch that their node knows."""
        now = (await self.range_until(node, lambda ranges: len(ranges) == 1, "one range again"))[0]
        for other in self.cluster.nodes:
            await self.range_until(other, lambda ranges: [one["epoch"] for one in ranges] == [now["epoch"]],
                                   "all know what the range is")

    async def merge(self, node, number):
        """Until it is done: it may be refused, or its answer lost, while a leader is away."""
        for _ in range(200):
            code, out = await self.ctl(node, "range", "merge", number, "--reason", "a test")
            ranges = await self.ranges(node)
            if len(ranges) == 1:
                return out
        self.fail(f"not merged: {out}")

    async def test_sessions_and_their_messages_outlive_merges_under_load(self):
        await self.sleepers()
        publishers = [await self.connect(f"pub-{node.name}", node) for node in self.cluster.nodes]
        is_over = False
        counts = [0, 0, 0]

        async def publish(publisher, place):
            while not is_over:
                payload = f"{place}/{counts[place]}"
                self.assertEqual(await publisher.deliver(f"t/{place}", payload, 1), 0)
                counts[place] += 1

        async def reshape():
            nonlocal is_over
            for turn in range(4):
                node = self.cluster.nodes[turn % 3]
                number = await self.split_once(node)
                await self.order(node, "merge", number)
                await self.one_again(node)
            is_over = True

        await asyncio.gather(reshape(), *(publish(pub, place) for place, pub in enumerate(publishers)))
        for place, name in enumerate(SESSIONS):
            client = await self.connect(name, self.cluster.nodes[place % 3])
            await client.received(sum(counts))
            await client.ping()
            for publisher in range(3):
                of_one = [payload for payload in self.payloads(client) if payload.startswith(f"{publisher}/")]
                self.assertEqual(of_one, [f"{publisher}/{number}" for number in range(counts[publisher])], name)
            await client.disconnect()

    async def test_the_leader_is_killed_in_the_middle_of_a_merge(self):
        await self.sleepers()
        sent = []
        for turn in range(3):
            number = await self.split_once(self.cluster.nodes[0])
            leader_id = next(one["leader"] for one in await self.ranges(self.cluster.nodes[0]) if one["id"] == number)
            leader = next(node for node in self.cluster.nodes if node.node_id == leader_id)
            other = next(node for node in self.cluster.nodes if node is not leader)
            publisher = await self.connect(f"killed-{turn}", other)
            merging = asyncio.create_task(self.ctl(other, "range", "merge", number))
            for place in range(20):
                payload = f"{turn}/{place}"
                self.assertEqual(await publisher.deliver("t/k", payload, 1), 0)
                sent.append(payload)
                if place == 2 + turn:
                    await self.cluster.kill(leader)
            await merging
            await publisher.disconnect()
            self.cluster.restart(leader)
            await self.cluster.ready()
            await self.merge(other, number)
            await self.one_again(other)
        await self.check_all(sent)

    async def test_what_makes_no_sense_is_refused_with_the_reason(self):
        node = self.cluster.nodes[0]
        number = (await self.ranges(node))[0]["id"]
        for words, why in ((("merge", number), "no range is known that begins"),
                           (("merge", number, "--with", "7"), "no range 7"),
                           (("merge", number, "--with", number), "no right neighbour")):
            code, out = await self.ctl(node, "range", *words)
            self.assertEqual(code, 1, out)
            self.assertIn(why, out)


if __name__ == "__main__":
    unittest.main()
