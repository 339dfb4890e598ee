#!/usr/bin/python3
"""What becomes of replicas whose files are damaged."""
import json
import unittest

from case import ClusterCase
from recovery_case import NUMBERS as KEPT, RecoveryCase

NUMBERS = [f"{number}" for number in range(300)]


def flip_in_the_middle(path):
    """The topic of a message in the middle of the file is another: records of several groups lie before and behind it.
    Not just anything there: the end of a record repeats whose it is, and padding is nobody's, so that nothing is lost with them."""
    data = bytearray(path.read_bytes())
    topic = data.rindex(b"t/1", 0, len(data) // 2)
    for at in range(topic, topic + 3):
        data[at] ^= 0xff
    path.write_bytes(data)


def failed_of(node):
    return {r["fields"]["range"] for r in node.records if r.get("event") == "storage.replica_failed"}


def rebuilt_of(node):
    return {r["fields"]["range"] for r in node.records if r.get("event") == "storage.members_changed"
            and r["message"] == "the replica is rebuilt"}


def rebuilt(node):
    """The ranges whose replicas failed, when all of them are members again in full."""
    failed = failed_of(node)
    return failed if failed and failed <= rebuilt_of(node) else None


def lose_journal(node):
    for segment in node.data_dir.rglob("*.seg"):
        segment.unlink()


class Rebuilt(ClusterCase):
    config = {"publish": {"timeout_s": 20}}

    def segment(self, node):
        return sorted(node.data_dir.rglob("*.seg"))[-1]

    def troubles(self, node):
        """Conditions of its health that are not ok."""
        _, body = node.get("/readyz")
        return [one for one in json.loads(body)["conditions"] if one["state"] != "ok"]

    async def test_a_replica_whose_log_is_damaged_is_rebuilt_and_lacks_nothing(self):
        a, b, c = self.cluster.nodes
        sub = await self.subscriber("sub", a)
        await sub.disconnect()
        pub = await self.connect("pub", a)
        await self.deliver_all(pub, "t/1", NUMBERS[:200])
        await self.cluster.kill(c)
        await self.deliver_all(pub, "t/1", NUMBERS[200:250])
        flip_in_the_middle(self.segment(c))
        self.cluster.restart(c)
        await self.cluster.until(lambda: rebuilt(c), "what was damaged is rebuilt")
        await self.cluster.ready()
        self.assertEqual(self.troubles(c), [])
        await self.deliver_all(pub, "t/1", NUMBERS[250:])
        # What c holds counts now: it and another one are a majority.
        await self.cluster.kill(b)
        await self.cluster.leader()
        await self.move(sub, c)
        await sub.received(len(NUMBERS))
        await sub.ping()
        self.assertEqual(self.payloads(sub), NUMBERS)


    async def test_a_node_whose_state_is_damaged_or_gone_is_filled_by_the_others(self):
        a, b, c = self.cluster.nodes
        sub = await self.subscriber("sub", a)
        await sub.disconnect()
        pub = await self.connect("pub", a)
        node_id, sent = c.node_id, 0
        for damage in (self.flip_state, self.remove_state):
            with self.subTest(damage=damage.__name__):
                await self.deliver_all(pub, "t/1", NUMBERS[sent:sent + 100])
                self.assertEqual(await self.cluster.stop(c), [0])  # all of it is in the engine
                damage(c)
                self.cluster.restart(c)
                await self.cluster.until(lambda: self.restored(c), "all that it had is rebuilt", timeout_s=60)
                await self.cluster.ready()
                self.assertEqual(c.node_id, node_id)
                self.assertEqual(self.troubles(c), [])
                sent += 100
        await self.deliver_all(pub, "t/1", NUMBERS[sent:])
        await self.cluster.kill(b)
        await self.cluster.leader()
        await self.move(sub, c)
        await sub.received(len(NUMBERS))
        await sub.ping()
        self.assertEqual(self.payloads(sub), NUMBERS)

    def restored(self, node):
        """Four stores have one range each."""
        return len(rebuilt_of(node)) == 4

    def flip_state(self, node):
        database = next(node.data_dir.rglob("engine.db"))
        data = bytearray(database.read_bytes())
        for at in range(8192, len(data), 4096):  # a byte of each page but the first ones
            data[at + 100] ^= 0xff
        database.write_bytes(data)

    def remove_state(self, node):
        for database in list(node.data_dir.rglob("engine.db*")):
            if ".damaged-" not in str(database.parent):
                database.unlink()


class Alone(ClusterCase):
    options = {"count": 1}
    config = {"publish": {"timeout_s": 1}}

    async def test_a_node_alone_keeps_what_is_damaged_and_serves_the_rest(self):
        node = self.cluster.nodes[0]
        sub = await self.subscriber("sub", node)
        pub = await self.connect("pub", node)
        await self.deliver_all(pub, "t/1", NUMBERS)
        await self.cluster.kill(node)
        flip_in_the_middle(sorted(node.data_dir.rglob("*.seg"))[-1])
        self.cluster.restart(node)
        await self.cluster.until(lambda: node.serves, "it serves")
        failed = node.find("storage.replica_failed")
        self.assertIn("offset", failed["message"])
        kept = node.find("storage.members_changed", range=failed["fields"]["range"])
        self.assertIn("the only one that votes: it is kept", kept["message"])
        await self.cluster.until(
            lambda: all(node.leader_of(number) == node.node_id for number in node.ranges()), "it leads the rest")
        self.assertEqual(len(node.ranges()), 3)
        _, body = node.get("/readyz")
        store = next(one for one in json.loads(body)["conditions"] if one["name"] == "store")
        self.assertEqual(store["state"], "degraded")
        self.assertIn(failed["message"], store["reason"])

    async def test_a_journal_that_is_gone_is_named(self):
        node = self.cluster.nodes[0]
        await self.subscriber("sub", node)
        await self.deliver_all(await self.connect("pub", node), "t/1", NUMBERS)
        self.assertIsNone(node.find("storage.engine_failed"))
        self.assertEqual(await self.cluster.stop(node), [0])
        lose_journal(node)
        self.cluster.restart(node)
        await self.cluster.until(lambda: node.serves, "it serves")
        self.assertIn("the journal does not have the logs of replicas", node.find("storage.engine_failed", replicas=4)["message"])


class LostJournals(RecoveryCase):
    async def lose_all_journals(self):
        """Of nodes that have stopped in peace, so that their engines have all; they are started again, and none leads."""
        self.assertEqual(await self.cluster.stop(*self.cluster.nodes), [0, 0, 0])
        for node in self.cluster.nodes:
            lose_journal(node)
        self.cluster.restart(*self.cluster.nodes)
        for node in self.cluster.nodes:
            await self.cluster.until(lambda node=node: len(failed_of(node)) == 4, "it knows that its journal is gone")

    async def test_a_node_that_has_lost_its_journal_votes_for_nobody_and_is_filled_by_the_others(self):
        a, b, c = self.cluster.nodes
        sub = await self.session_with_messages(a)
        await self.has_all(c)
        self.assertEqual(await self.cluster.stop(c), [0])  # so that its engine has what it needs to vote
        lose_journal(c)
        await self.cluster.kill(b)  # so that nothing can be rebuilt, and c would be needed for a majority
        self.cluster.restart(c)
        await self.cluster.until(lambda: len(failed_of(c)) == 4, "it knows that its journal is gone")
        self.assertIn("its log is gone from the journal", c.find("storage.replica_failed")["message"])
        await self.cluster.linked(a, c)
        # Longer than an election of the two takes, if c votes.
        await self.cluster.until(lambda: a.find("peer.node_silent", node=b.node_id, state="gone"), "b is gone")
        await self.listed_until(a, lambda one: not one["leader"], "c makes nobody a leader")
        self.cluster.restart(b)
        await self.cluster.until(lambda: rebuilt(c), "all that it had is rebuilt", timeout_s=60)
        await self.cluster.ready()
        await self.cluster.kill(b)
        await self.cluster.leader()
        await self.check_session(sub, c, KEPT)

    async def test_when_all_journals_are_lost_one_node_goes_on_alone_by_order_of_an_operator(self):
        survivor, *others = self.cluster.nodes
        sub = await self.session_with_messages(survivor)
        await self.has_all(survivor)
        await self.lose_all_journals()
        await self.cluster.kill(*self.cluster.nodes)
        survivor.write_config("95-alone.json", {"cluster": {"seeds": [], "expect": 1}})
        self.cluster.restart(survivor)
        await self.answers(survivor)
        ranges = await self.listed_until(survivor, lambda one: not one["leader"], "nobody leads")
        await self.recover_all(survivor, ranges)
        await self.check_session(sub, survivor, KEPT)
        self.assertEqual(await self.cluster.stop(survivor), [0])
        (survivor.conf_dir / "95-alone.json").unlink()
        self.cluster.restart(survivor, *others)
        await self.cluster.ready()
        await self.cluster.linked(others[0], survivor)
        pub = await self.connect("pub", others[0])
        await self.deliver_all(pub, "t/1", ["after"])
        await self.check_session(sub, others[1], ["after"])


if __name__ == "__main__":
    unittest.main()
