#!/usr/bin/python3
"""What three nodes keep while some of them, or all, are killed."""
import asyncio
import os
import unittest

import cluster_run
from case import NO_SESSION, NOT_KEPT, ClusterCase
from mqtt_client import V5, V311, Client, Will, reason_of

ROUNDS = int(os.environ.get("TENON_KILL_ROUNDS", 3))
UNAVAILABLE_3X = 3
NUMBERS = [f"{number}" for number in range(100)]


class Slice(ClusterCase):
    async def test_a_session_made_at_one_node_is_resumed_at_another_after_the_leader_was_killed(self):
        for qos in (1, 2):
            with self.subTest(qos=qos):
                a, b, c = self.cluster.nodes
                sub = await self.subscriber("sub", a, qos=qos)
                await sub.disconnect()
                leader = await self.cluster.leader()
                pub = await self.connect("pub", b if leader is not b else c)
                await self.deliver_all(pub, "t/1", NUMBERS, qos)
                await self.cluster.kill(leader)
                await self.move(sub, self.cluster.others(leader)[0])
                await sub.received(100)
                await sub.ping()
                self.assertEqual(self.payloads(sub), NUMBERS)
                sub.messages.clear()
                await sub.disconnect()
                self.cluster.restart(leader)
                await self.cluster.ready()

    async def test_a_restarted_node_catches_up_and_the_next_one_may_die(self):
        a, b, c = self.cluster.nodes
        sub = await self.subscriber("sub", a)
        await sub.disconnect()
        pub = await self.connect("pub", c)
        await self.cluster.kill(a)
        await self.deliver_all(pub, "t/1", NUMBERS[:50])
        self.cluster.restart(a)
        await self.cluster.ready()
        await self.deliver_all(pub, "t/1", NUMBERS[50:])
        await self.cluster.kill(b)
        await self.cluster.leader()
        await self.move(sub, a)
        await sub.received(100)
        await sub.ping()
        self.assertEqual(self.payloads(sub), NUMBERS)

    async def test_nothing_is_lost_when_all_are_killed_at_once(self):
        sub = await self.subscriber("sub", self.cluster.nodes[0])
        await sub.disconnect()
        pub = await self.connect("pub", self.cluster.nodes[1])
        await self.deliver_all(pub, "t/1", NUMBERS)
        await pub.deliver("kept", "retained", retain=True)
        await self.cluster.kill(*self.cluster.nodes)
        self.cluster.restart(*self.cluster.nodes)
        await self.cluster.ready()
        await self.move(sub, self.cluster.nodes[2])
        await sub.received(100)
        self.assertEqual(self.payloads(sub), NUMBERS)
        late = await self.subscriber("late", self.cluster.nodes[0], "kept")
        self.assertEqual((await late.received(1))[0].payload, b"retained")

    async def test_a_route_that_is_only_in_the_log_is_known_to_the_first_publisher_after_a_kill(self):
        for turn in range(3):
            # A session of its own: the last PUBACK of a turn may be lost with the node, and its message comes again.
            sub = await self.subscriber(f"sub{turn}", self.cluster.nodes[0], f"new/{turn}")
            await sub.disconnect()
            await self.cluster.kill(*self.cluster.nodes)
            self.cluster.restart(*self.cluster.nodes)
            for node in self.cluster.nodes:
                await self.cluster.until(lambda node=node: node.serves, "it serves")
                pub = await self.connect("pub", node, clean=True, expiry_s=0)
                self.assertEqual(await pub.deliver(f"new/{turn}", node.name), 0)
                await pub.disconnect()
            await self.move(sub, self.cluster.nodes[1])
            await sub.received(3)
            self.assertEqual(self.payloads(sub), ["A", "B", "C"])
            sub.messages.clear()
            await sub.disconnect()

    async def test_a_frozen_leader_is_replaced_and_follows_when_it_goes_on(self):
        leader = await self.cluster.leader()
        others = self.cluster.others(leader)
        sub = await self.subscriber("sub", others[0])
        pub = await self.connect("pub", others[1])
        self.cluster.freeze(leader)
        await self.deliver_all(pub, "t/1", NUMBERS[:50])
        self.cluster.thaw(leader)
        await self.cluster.ready()
        late = await self.connect("late", leader)
        await self.deliver_all(late, "t/1", NUMBERS[50:])
        await sub.received(100)
        self.assertEqual(self.payloads(sub), NUMBERS)


class Minority(ClusterCase):
    # Alike, as by default.
    config = {"publish": {"timeout_s": 4}, "mqtt": {"connect_timeout_s": 4}}

    async def without_quorum(self):
        """One node is left of three, with clients of its own, and a session that is away."""
        live, *dying = self.cluster.nodes
        sub = await self.subscriber("sub", dying[0])
        await sub.disconnect()
        here = await self.subscriber("here", live, "here", clean=True, expiry_s=0)
        new = await self.connect("new", live, version=V5, clean=True, expiry_s=0)
        old = await self.connect("old", live, version=V311, clean=True)
        await self.cluster.kill(*dying)
        return dying, sub, here, new, old

    async def test_what_can_not_be_kept_is_not_acknowledged_and_the_rest_goes_on(self):
        _, _, here, new, old = await self.without_quorum()
        refused = [asyncio.ensure_future(new.deliver("t/1", "refused", qos)) for qos in (1, 2)]
        old.publish("t/1", "not acknowledged")
        for number in range(20):
            await new.deliver("here", f"{number}", qos=number % 2)
        await here.received(20)
        self.assertEqual(self.payloads(here), NUMBERS[:20])
        self.assertEqual(await asyncio.gather(*refused), [NOT_KEPT[0]] * 2)
        self.assertEqual(new.refusals, [NOT_KEPT] * 2)
        await old.closed()
        self.assertEqual(old.unacknowledged_count, 1)

    async def test_who_wants_a_session_or_leaves_a_will_is_told_why_not(self):
        dying, sub, *_ = await self.without_quorum()
        live = self.cluster.others(*dying)[0]
        willing = Client("willing", lambda: live.port, clean=True, expiry_s=0, will=Will("will", "kept"))
        old = Client("old one", lambda: live.port, version=V311)
        sub.port = live.port
        self.clients += [willing, old]
        again, left, refused = await asyncio.gather(*(client.connect() for client in (sub, willing, old)))
        for connack in (again, left):
            self.assertEqual((connack.code, reason_of(connack.properties)), NO_SESSION)
        self.assertEqual(refused.code, UNAVAILABLE_3X)
        self.cluster.restart(dying[0])
        await self.cluster.ready()
        await self.move(sub, live)

    async def test_a_client_that_leaves_nothing_behind_is_let_in_and_its_old_session_ends_later(self):
        live = self.cluster.others(await self.cluster.leader())[0]
        dying = self.cluster.others(live)
        sub = await self.subscriber("roaming", dying[0])
        await sub.disconnect()
        await self.cluster.kill(*dying)
        new = await self.connect("new", live, clean=True, expiry_s=0)
        here = await self.subscriber("roaming", live, "here", clean=True, expiry_s=0)
        await new.deliver("here", "at once")
        await here.received(1)
        self.cluster.restart(*dying)
        await self.cluster.ready()
        # Behind it in the range's order.
        probe = await self.subscriber("roaming-probe", live)
        await probe.disconnect()
        await here.disconnect()
        again = await self.connect("roaming", dying[0])
        self.assertFalse(again.connack.session_present)

    async def test_an_attach_that_its_client_did_not_wait_for_ends_nothing_later(self):
        # A leader has it in its log, and what is there may be committed.
        live = self.cluster.others(await self.cluster.leader())[0]
        dying = self.cluster.others(live)
        sub = await self.subscriber("roaming", dying[0])
        await sub.disconnect()
        pub = await self.connect("pub", dying[1])
        await pub.deliver("t/1", "kept")
        await self.cluster.kill(*dying)
        impatient = Client("roaming", lambda: live.port, clean=True)
        with self.assertRaises((asyncio.TimeoutError, TimeoutError)):
            await impatient.connect(timeout_s=1)
        impatient.abort()
        await impatient.release()
        self.cluster.restart(*dying)
        await self.cluster.ready()
        await self.move(sub, dying[0])
        await sub.received(1)
        self.assertEqual(self.payloads(sub), ["kept"])

    async def test_it_recovers_when_one_comes_back(self):
        dying, sub, _, pub, _ = await self.without_quorum()
        waiting = [asyncio.ensure_future(pub.deliver("t/1", number)) for number in NUMBERS]
        self.cluster.restart(dying[0])
        await self.cluster.ready()
        codes = [await one for one in waiting]
        self.assertEqual(await pub.deliver("t/1", "after"), 0)
        await self.move(sub, dying[0])
        acknowledged = [number for number, code in zip(NUMBERS, codes) if code == 0] + ["after"]
        while not sub.messages or sub.messages[-1].payload != b"after":
            await sub.received(len(sub.messages) + 1)
        got = self.payloads(sub)
        self.assertEqual([number for number in got if number in acknowledged], acknowledged)
        self.assertEqual(got, [number for number in NUMBERS + ["after"] if number in got])  # in order, none twice


class Killed(unittest.IsolatedAsyncioTestCase):
    """Under load, again and again: nothing that was acknowledged is lost or mixed up, and nothing comes oftener than it was
    sent."""

    async def run_rounds(self, victim, **options):
        lines = []
        faults = await cluster_run.rounds(ROUNDS, victim, say=lines.append, **options)
        print("# " + lines[-1], flush=True)
        self.assertEqual(faults, [])

    async def test_leaders(self):
        await self.run_rounds("leader")

    async def test_followers_with_several_ranges(self):
        await self.run_rounds("follower", inbox_ranges=4)

    async def test_all_at_once(self):
        await self.run_rounds("all", inbox_ranges=4)

    async def test_any_of_these(self):
        await self.run_rounds("mixed", inbox_ranges=2, sessions=20)


if __name__ == "__main__":
    unittest.main()
