#!/usr/bin/python3
"""Each row of the failure table of docs/architecture.md: real nodes with addresses of their own, clients of all kinds while the fault lasts, and judges over all
that they saw."""
import asyncio
import collections
import contextlib
import itertools
import json
import pathlib
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE)]
from api import Api  # noqa: E402
from case import NO_SESSION, NOT_KEPT, services  # noqa: E402
from clients.mixed_load import MixedLoad  # noqa: E402
from faults.campaign import CONFIG  # noqa: E402
from faults.doer import Doer  # noqa: E402
from faults.lookout import Lookout  # noqa: E402
from faults.permissions import Permissions  # noqa: E402
from faults.recovery import Recovery  # noqa: E402
from judge import verdict  # noqa: E402
from judge.stamp import Stamp  # noqa: E402
from mqtt_client import Client, reason_of  # noqa: E402
from network import private  # noqa: E402
from recovery_case import STORES, recovery_config  # noqa: E402

MISSING = private.missing()
WAIT_S = 60
MANY = 300  # messages, some seconds of them
REFUSE_S = 3


@unittest.skipIf(MISSING, MISSING)
class FailureCase(unittest.IsolatedAsyncioTestCase):
    """One cluster a test, under load from the beginning to the end; tearing it down is the judgement."""

    nodes, options, more_config = 3, {}, {}
    compares_states = True  # by their bytes

    async def asyncSetUp(self):
        from network.net_cluster import NetCluster
        asyncio.get_running_loop().set_debug(False)
        permissions = Permissions()
        self.addCleanup(permissions.close)
        plugins = {**permissions.config["plugins"], **self.more_config.get("plugins", {})}
        self.config = {**CONFIG, **permissions.config, **self.more_config, "plugins": plugins, "publish": {"timeout_s": REFUSE_S}}
        options = {"disk_mib": 512, "inbox_ranges": 2, **self.options}
        self.cluster = await NetCluster(self.nodes, config=self.config, **options).__aenter__()
        self.addAsyncCleanup(self.cluster.close)
        await self.cluster.ready()
        self.load, self.recovery = MixedLoad(self.cluster, permissions.client_options), Recovery(self.cluster)
        self.addAsyncCleanup(self.load.close)
        self.doer = Doer(self.cluster, self.load)
        await self.load.begin()
        await self.load.acknowledge(MANY)
        self.before = await self.recovery.look()
        self.watch = contextlib.AsyncExitStack()
        self.addAsyncCleanup(self.watch.aclose)
        await self.watch.enter_async_context(Lookout(self.cluster, self.load))

    async def judge(self):
        """Everything is over: nothing must be wrong."""
        try:
            faults = await self.recovery.become_whole(min(3, self.nodes))
            faults += await self.load.end()
            faults += await self.recovery.settle(self.before, self.load)
            await self.watch.aclose()
            if self.compares_states:
                faults += await self.recovery.compare_states(self.load)
        except BaseException:
            self.show_nodes()
            raise
        faults += verdict.faults(self.load.history)
        print("# " + verdict.counts(self.load.history), flush=True)
        if faults:
            self.show_nodes()
        self.assertEqual(faults, [])

    def show_nodes(self):
        text = self.recovery.states() + "\n" + self.cluster.logs()
        print("\n".join("# " + line for line in text.splitlines()), flush=True)

    async def strike(self, kind, *numbers, value=0.0, count=MANY):
        """A fault under which the cluster goes on acknowledging."""
        async with self.doer.fault(kind, *numbers, value=value):
            await self.load.acknowledge(count)
        await self.load.acknowledge(count)
        await self.judge()

    async def strike_each(self, kind):
        """One node after the other, each when all are well again."""
        for number in range(3):
            async with self.doer.fault(kind, number):
                await self.load.acknowledge(MANY)
            await self.cluster.ready()
        await self.judge()

    async def nodes_with(self, count, voters):
        """So many nodes, so many of them voters of some range, and of none more."""
        ranges = [set(one.voters) for one in await self.recovery.ranges()]
        for nodes in itertools.combinations(self.cluster.nodes, count):
            ids = {node.node_id for node in nodes}
            if max(len(one & ids) for one in ranges) == voters:
                return nodes
        self.fail(f"no {count} nodes have {voters} voters: {ranges}")

    async def leads_nothing(self, node, store=""):
        """Until each range, or each of the store, is led by another node, as that one says."""
        deadline = time.monotonic() + WAIT_S
        while not all(one.leader not in ("", node.node_id) for one in await self.recovery.ranges() if store in one.number):
            self.load.check_tasks()
            self.assertLess(time.monotonic(), deadline, f"{node.name} leads a range\n{self.cluster.logs()}")
            await asyncio.sleep(0.1)

    async def says_that_it_failed(self, node):
        """Its health, of what it keeps."""
        status, body = await asyncio.to_thread(node.get, "/readyz")
        self.assertEqual(status, 503, body)
        found = {one["name"]: one for one in json.loads(body)["conditions"]}
        self.assertEqual(found["store"]["state"], "failed", body)

    async def minority_says_why(self, node):
        """A node without a majority has no sessions to give, and says so."""
        lasting = Client("local-lasting", node.port, clean=True, expiry_s=1, address=node.address)
        try:
            connack = await lasting.connect()
            self.assertEqual((connack.code, reason_of(connack.properties)), NO_SESSION)
        finally:
            lasting.abort()
        await self.keeps_nothing(node)

    async def keeps_nothing(self, node):
        """It refuses what it can't keep, with a reason, and passes on what need not be kept."""
        clean = {"clean": True, "expiry_s": 0, "address": node.address}
        here, there = (Client(f"local-{number}", node.port, **clean) for number in range(2))
        try:
            self.assertEqual((await here.connect()).code, 0)
            self.assertEqual((await there.connect()).code, 0)
            self.assertEqual(await there.subscribe("local", 0), 0)
            here.publish("local", "passed on", 0)
            self.assertEqual((await there.received(1))[0].payload, b"passed on")
            # Behind its answer no message came to the lasting sessions that it matches.
            stamp = here_stamp(self.load, here)
            code = await here.deliver(stamp.topic, stamp.payload(), 1)
            self.assertEqual(here.refusals, [NOT_KEPT])
            self.load.history.sent[stamp].code = code
        finally:
            for client in (here, there):
                client.abort()


def here_stamp(load, client):
    """Of a message to lasting sessions, in the history."""
    stamp = Stamp(client.client_id, "s/1/1", 0)
    load.history.send(stamp, 1, load.now())
    return stamp


class OneNode(FailureCase):
    async def test_a_leader_that_is_killed_is_replaced_and_comes_back(self):
        await self.strike("kill leader", 0)

    async def test_each_node_is_killed_in_turn(self):
        await self.strike_each("kill")

    async def test_a_node_that_stands_still_is_replaced_and_comes_back(self):
        await self.strike("pause leader", 0)


class Replaced(FailureCase):
    options = {"balancers": {"replica-cnt": {"grace_s": 2}}}

    async def test_a_new_node_takes_the_place_of_a_dead_one(self):
        dead = self.cluster.nodes[1]
        await self.cluster.kill(dead)
        self.cluster.add()
        await self.load.acknowledge(MANY)
        self.cluster.nodes.remove(dead)
        self.addCleanup(self.cluster.nodes.append, dead)
        await self.judge()
        for one in await self.recovery.ranges():
            self.assertNotIn(dead.node_id, one.voters)


class InPeace(FailureCase):
    async def test_each_node_is_stopped_and_started_in_turn(self):
        for node in list(self.cluster.nodes):
            self.load.trouble(True)
            self.assertEqual(await self.cluster.stop(node), [0])
            await self.load.acknowledge(MANY)
            self.cluster.restart(node)
            await self.cluster.ready()
            self.load.trouble(False)
            await self.load.acknowledge(MANY)
        await self.judge()


class TwoNodes(FailureCase):
    async def test_the_one_that_is_left_says_why_and_nothing_is_lost_when_they_are_back(self):
        async with self.doer.fault("kill two", 0, 1):
            await self.minority_says_why(self.cluster.nodes[2])
        await self.load.acknowledge(MANY)
        await self.judge()


class ThreeNodes(FailureCase):
    async def test_nothing_is_lost_when_all_are_killed_at_once(self):
        for _ in range(2):
            async with self.doer.fault("kill all", 0, 1, 2):
                pass
            await self.load.acknowledge(MANY)
        await self.judge()


class LostForGoodCase(FailureCase):
    """Nodes that never come back, nor does what they had, and new ones instead. An acknowledgement means that all voters have it, so that
    whoever is left lacks nothing; ranges go on without an operator."""

    options = {"balancers": {"replica-cnt": {"grace_s": 2}, "range-leader": {"settle_s": 1}}}
    more_config = recovery_config(ack="all", timeout_s=2)

    async def lose(self, *lost, back=()):
        """Two new nodes come for those that are lost; some of these come back."""
        self.load.trouble(True)
        await self.cluster.kill(*lost, *back)
        self.cluster.add()
        self.cluster.add()
        for node in lost:
            self.cluster.nodes.remove(node)
            self.addCleanup(self.cluster.nodes.append, node)
        await self.load.acknowledge(MANY)
        self.cluster.restart(*back)
        self.assertEqual(await self.recovery.become_whole(3), [])
        self.load.trouble(False)
        for one in await self.recovery.ranges():
            self.assertFalse(set(one.voters) & {node.node_id for node in lost}, one)

    async def each_is_killed_in_turn(self):
        """Whatever a new node lacks shows."""
        for number in range(len(self.cluster.nodes)):
            async with self.doer.fault("kill", number):
                await self.load.acknowledge(MANY)
            self.assertEqual(await self.recovery.become_whole(3), [])


class LostForGood(LostForGoodCase):
    async def test_two_new_nodes_are_filled_from_the_one_that_is_left(self):
        survivor, *lost = self.cluster.nodes
        await self.lose(*lost)
        self.assertIsNotNone(survivor.find("storage.range_recovered"))
        await self.each_is_killed_in_turn()
        await self.judge()


class LostForGoodOfFive(LostForGoodCase):
    nodes = 5

    async def test_three_are_lost_one_of_them_comes_back_and_two_are_new(self):
        *lost, back = await self.nodes_with(3, 2)
        left = self.cluster.others(*lost, back)
        await self.lose(*lost, back=[back])
        self.assertTrue(any(node.find("storage.range_recovered") for node in left))
        await self.each_is_killed_in_turn()
        await self.judge()


class Partition(FailureCase):
    async def test_the_majority_goes_on_and_the_minority_says_why(self):
        async with self.doer.fault("isolate", 1) as nodes:
            await self.load.acknowledge(MANY)
            await self.minority_says_why(nodes[0])
        await self.load.acknowledge(MANY)
        await self.judge()

    async def test_the_leader_is_cut_off(self):
        await self.strike("isolate leader", 0)

    async def test_a_node_loses_its_cable_with_its_clients(self):
        await self.strike("unplug", 2)

    async def test_two_nodes_do_not_reach_each_other_and_the_third_reaches_both(self):
        await self.strike("pair", 0, 1)

    async def test_a_node_hears_and_is_not_heard(self):
        await self.strike("one way out", 0)

    async def test_a_node_is_heard_and_does_not_hear(self):
        await self.strike("one way in", 0)

    async def test_what_one_sends_to_another_is_lost(self):
        await self.strike("one way", 0, 1)

    async def test_of_all_that_a_node_and_the_others_send_each_other_a_fifth_is_lost(self):
        await self.strike("loss", 1, value=20)


class CutOff(FailureCase):
    """So soon that clients are elsewhere for long before the two sides meet again."""

    more_config = {"cluster": {**CONFIG["cluster"], "cut_off_s": 1}}

    async def test_a_minority_gives_its_sessions_up_to_the_majority(self):
        async with self.doer.fault("isolate", 0) as nodes:
            await self.cluster.until(lambda: nodes[0].find("node.cut_off"), "it gives them up")
            await self.load.acknowledge(MANY)
            await self.minority_says_why(nodes[0])
        await self.load.acknowledge(MANY)
        await self.judge()


class ServicesApart(FailureCase):
    """Two nodes for clients, three for what is stored, and one by which all the others find each other and which is for nothing else."""

    nodes, seed = 6, 5
    options = {"seeds": [seed], "own": [services(mqtt=True)] * 2 + [services(stores=STORES)] * 3 + [services()]}

    async def test_a_node_for_clients_is_killed_and_those_go_on_at_the_other_one(self):
        await self.strike("kill", 0)

    async def test_the_node_for_what_is_stored_that_leads_is_killed(self):
        async with self.doer.fault("kill leader", 2) as nodes:
            self.assertIn(nodes[0], self.cluster.nodes[2:5])
            await self.load.acknowledge(MANY)
        await self.load.acknowledge(MANY)
        await self.judge()

    async def test_the_seed_is_restarted_and_only_nodes_that_are_new_need_it(self):
        async with self.doer.fault("kill", self.seed):
            for number in (1, 3):
                async with self.doer.fault("kill", number):
                    await self.load.acknowledge(MANY)
                await self.cluster.ready()
            fresh = self.cluster.add(services(mqtt=True))
            await self.load.acknowledge(MANY)
            self.assertIsNone(fresh.find("peer.link_up"))
        await self.cluster.until(lambda: fresh.serves, "it has found the others by the seed")
        await self.load.acknowledge(MANY)
        self.assertTrue(any(one.node == fresh.name and one.let_in for one in self.load.history.connections))
        await self.judge()


class FiveNodes(FailureCase):
    nodes = 5

    async def strike_two(self, kind):
        """Who are not most voters of any range, so that the others can go on."""
        await self.strike(kind, *(self.cluster.nodes.index(node) for node in await self.nodes_with(2, 1)))

    async def test_two_of_five_are_cut_off(self):
        await self.strike_two("halves")

    async def test_two_of_five_are_killed(self):
        await self.strike_two("kill two")


class Disk(FailureCase):
    async def test_a_disk_is_full_and_has_room_again(self):
        await self.strike("disk full", 1)

    async def test_a_leader_whose_disk_is_full_leads_nothing_until_it_has_room(self):
        async with self.doer.fault("disk full leader", 1) as nodes:
            await self.leads_nothing(nodes[0])
            await self.load.acknowledge(MANY)
            await self.says_that_it_failed(nodes[0])
        await self.load.acknowledge(MANY)
        await self.judge()


class Power(FailureCase):
    """Power goes, and with it what was not synced; the disks stay."""

    options = {"disk_mib": 0, "lossy": True}

    async def test_a_leader_without_power_is_replaced_and_comes_back(self):
        await self.strike("power leader", 0)

    async def test_each_node_loses_power_in_turn(self):
        await self.strike_each("power")

    async def test_nothing_is_lost_when_all_lose_power_at_once(self):
        for _ in range(2):
            async with self.doer.fault("power all", 0, 1, 2):
                pass
            await self.load.acknowledge(MANY)
        await self.judge()

    async def test_what_is_acknowledged_does_not_rest_on_a_full_disk(self):
        async with self.doer.fault("disk full leader", 1) as nodes:
            full, (third, other) = nodes[0], self.cluster.others(*nodes)
            await self.leads_nothing(full)
            await self.load.acknowledge(MANY)
            # A majority is connected and has no two disks that take anything.
            await self.cluster.kill(third)
            await self.minority_says_why(other)
            await self.cluster.kill(other)
            await self.cluster.lose_power(full)
            await self.starts_when_there_is_room(full)
        await self.two_go_on_without(other, third)
        await self.judge()

    async def starts_when_there_is_room(self, full):
        """Not before: it can't write down that it has started."""
        self.cluster.restart(full)
        await self.cluster.until(lambda: full.ended, "it does not start")
        full.process.wait()
        full.process.stderr.close()
        self.assertIn("No space left on device", full.find("node.start_failed")["message"])

    async def two_go_on_without(self, other, third):
        """What only `other` has, and its memory, are not asked for."""
        self.load.trouble(True)
        self.cluster.restart(third)
        await self.cluster.ready()
        await self.load.acknowledge(MANY)
        self.cluster.restart(other)
        await self.cluster.ready()
        self.load.trouble(False)
        await self.load.acknowledge(MANY)


class SlowDisk(FailureCase):
    """Each sync of one node takes longer than a leader may hold others up."""

    async def test_leaders_leave_a_slow_disk_and_the_rest_goes_on(self):
        async with self.doer.fault("disk slow leader", 0, value=4.0) as nodes:
            await self.leads_nothing(nodes[0], "inbox")
            await self.load.acknowledge(MANY)
            self.assertTrue(nodes[0].find("raft.disk_slow"))
        await self.load.acknowledge(MANY)
        await self.judge()


class DiskError(FailureCase):
    """The disk of one node answers EIO to what is written, until the node is started with another disk, which has what was synced. Without a
    journal it stops by itself; where states can't be written it goes on."""

    options = {"disk_mib": 0, "lossy": True}

    async def strike(self, kind, *numbers, has_journal=False, **_):
        async with self.doer.fault(kind, *numbers) as nodes:
            node = nodes[0]
            await self.cluster.until(lambda: node.find("storage.engine_failed"), "it says that its disk fails")
            if not has_journal:
                self.assertEqual(await self.cluster.ended(node), [1])
                self.assertIsNotNone(node.find("node.failed"))
            await self.leads_nothing(node)
            await self.load.acknowledge(MANY)
            if has_journal:
                await self.says_that_it_failed(node)
                self.assertTrue(node.alive)
            await self.others_take_sessions(node)
        await self.load.acknowledge(MANY)
        await self.judge()
        await self.load.close()
        await self.all_agree()

    async def others_take_sessions(self, node):
        """New sessions and subscriptions of them, which the node with the broken disk knows nothing of."""
        for number, other in enumerate(self.cluster.others(node)):
            client = Client(f"new-{number}", other.port, address=other.address, expiry_s=60)
            try:
                self.assertEqual((await client.connect()).code, 0)
                self.assertEqual(await client.subscribe("new/#", 1), 1)
                self.assertEqual(await client.deliver("new/1", f"{number}", 1), 0)
                self.assertEqual((await client.received(1))[0].payload, f"{number}".encode())
                await client.disconnect(expiry_s=0)
            finally:
                client.abort()

    async def all_agree(self):
        """Nobody writes any more: all three have applied the same of each range."""
        applied = collections.defaultdict(set)
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            applied.clear()
            for node in self.cluster.nodes:
                for one in (await asyncio.to_thread(Api(node.api_socket).get, "/api/v1/ranges")).json["ranges"]:
                    applied[one["id"]].add((one["replica"]["role"] in ("leader", "member"), one["replica"]["applied"]))
            if all(len(found) == 1 for found in applied.values()):
                break
            await asyncio.sleep(0.1)
        self.assertEqual({(number, is_sound) for number, found in applied.items() for is_sound, _ in found},
                         {(number, True) for number in applied}, applied)
        self.assertEqual({len(found) for found in applied.values()}, {1}, applied)

    async def test_a_leader_whose_disk_fails_is_replaced_and_comes_back(self):
        await self.strike("disk error leader", 0)

    async def test_a_node_whose_disk_fails_holds_nobody_up_and_comes_back(self):
        await self.strike("disk error", 1)

    async def test_a_leader_whose_journal_is_not_synced_is_replaced_and_comes_back(self):
        await self.strike("log error leader", 0)

    async def test_a_leader_whose_state_can_not_be_written_is_replaced_and_comes_back(self):
        await self.strike("state error leader", 0, has_journal=True)


class Clock(FailureCase):
    async def test_the_date_of_the_leader_jumps_ahead_and_back(self):
        await self.strike("clock leader", 0, value=20)

    async def test_the_date_of_the_leader_jumps_back_and_ahead(self):
        await self.strike("clock leader", 0, value=-3600)


class SlowNetwork(FailureCase):
    async def through_proxies(self, **options):
        """Proxies between all nodes, which their links pass."""
        from network.net_cluster import CLUSTER_PORT
        from network.slow_link import SlowLink
        hosts = self.cluster.hosts(*self.cluster.nodes)
        links = [await SlowLink(one, other, CLUSTER_PORT, **options).open() for one in hosts for other in hosts if one is not other]
        # Links that were there go past the proxies until they break.
        async with self.doer.fault("kill all", 0, 1, 2):
            pass
        await self.load.acknowledge(MANY)
        self.assertGreaterEqual(sum(link.passed for link in links), 3)
        return links

    async def judge_without(self, links):
        for link in links:
            await link.close()
        await self.judge()

    async def test_links_are_slow_then_hold_everything_up_then_break(self):
        links = await self.through_proxies(delay_s=0.05, bytes_per_s=2 << 20)
        for link in links:
            link.hold()
        await asyncio.sleep(1)
        for link in links:
            link.go_on()
        await self.load.acknowledge(MANY)
        for link in links:
            link.reset()
        await self.load.acknowledge(MANY)
        await self.judge_without(links)

    async def test_leaders_leave_a_node_that_all_others_hear_later_than_they_elect(self):
        links = await self.through_proxies()
        leader = await self.cluster.leader("inbox")
        host = self.cluster.place(leader).host
        slow = [link for link in links if host in (link.dialer, link.target)]
        self.load.trouble(True)
        for link in slow:
            link.delay_s = 1.5
        await self.leads_nothing(leader, "inbox")
        await self.load.acknowledge(MANY)
        for link in slow:
            link.delay_s = 0
        self.load.trouble(False)
        await self.load.acknowledge(MANY)
        await self.judge_without(links)


if __name__ == "__main__":
    unittest.main()
