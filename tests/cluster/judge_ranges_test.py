#!/usr/bin/python3
"""As judge_test.py, of the judges of ranges and their replicas, and of what goes on while nodes are missing."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from judge import availability, retained, verdict  # noqa: E402
from judge.history import Connection, Disturbance, Reading, Replica  # noqa: E402
from judge.stamp import Stamp  # noqa: E402
from judge_test import JudgeCase, Story  # noqa: E402


def look(**more):
    return Replica(**{"at": 1.0, "node": "A", "process": 1, "store": "inbox", "range": "7", "incarnation": 0, "begin": "", "end": "", "epoch": (1, 1),
                      "voters": ("A", "B", "C"), "role": "member", "term": 3, "applied": 5, "committed": 5, **more})


class Replicas(JudgeCase):
    def see(self, *looks):
        story = Story()
        story.history.replicas += [look(**one) for one in looks]
        return story

    def test_equal_states_at_equal_entries(self):
        self.assert_content(self.see({"digest": "1"}, {"node": "B", "digest": "1"}, {"node": "C", "applied": 6, "digest": "2"}, {"node": "D"}))
        self.assert_finds(self.see({"digest": "1"}, {"node": "B", "digest": "2"}), "the states at entry 5 are not the same: A: 1, B: 2")

    def test_one_leader_in_a_term(self):
        lead = {"role": "leader"}
        self.assert_content(self.see(lead, {**lead, "node": "B", "term": 4}, {**lead, "at": 2.0, "term": 4, "incarnation": 1}, {"node": "C"}))
        self.assert_finds(self.see(lead, {**lead, "node": "B", "at": 9.0}), "led in term 3 by A at 1.00 s, B at 9.00 s")

    def test_nothing_goes_back(self):
        later = {"at": 2.0}
        self.assert_content(self.see({}, {**later, "applied": 9, "term": 4, "epoch": (2, 1)}))
        self.assert_content(self.see({}, {**later, "process": 2, "applied": 0, "term": 0, "committed": 0}))
        self.assert_content(self.see({}, {**later, "epoch": (1, 2), "applied": 0}))
        self.assert_content(self.see({}, {**later, "role": "", "applied": 0, "term": 0, "committed": 0}))
        for name in ("term", "applied", "committed"):
            self.assert_finds(self.see({}, {**later, name: 2}), f"{name} went back")
        self.assert_finds(self.see({"epoch": (2, 2)}, {**later, "epoch": (2, 1)}), "the epoch went back from (2, 2) to (2, 1)")

    def test_one_boundary_and_one_set_of_voters_at_an_epoch(self):
        other = {"node": "B"}
        self.assert_content(self.see({}, other))
        self.assert_content(self.see({}, {**other, "epoch": (1, 2), "voters": ("A",)}))
        self.assertIn("has voters at epoch (1, 1)", " ".join(verdict.faults(self.see({}, {**other, "voters": ("A", "B")}).history)))
        self.assertIn("ends at epoch 1", " ".join(verdict.faults(self.see({}, {**other, "end": "m"}).history)))

    def test_ranges_that_overlap_or_leave_a_gap(self):
        def two(end, begin, last="", **more):
            return {"end": end, **more}, {"range": "8", "begin": begin, "end": last, **more}
        self.assert_content(self.see(*two("m", "m")))
        self.assert_content(self.see(*two("m", "n"), *two("m", "m", at=2.0, epoch=(2, 1))))  # it has just started
        self.assert_finds(self.see(*two("n", "m")), "ranges 7 and 8 of inbox overlap")
        self.assert_finds(self.see(*two("", "m")), "overlap")
        gap = [*two("m", "m"), *two("m", "n", at=2.0, epoch=(2, 1))]
        self.assert_finds(self.see(*gap, *two("m", "n", at=3.0, epoch=(2, 1))), "no range of inbox from 'm' to 'n'")
        self.assert_content(self.see(*gap, *two("m", "m", at=3.0, epoch=(3, 1))))
        behind = [two("m", "m", "z", at=at, epoch=(2, 1)) for at in (2.0, 3.0)]
        self.assert_finds(self.see(*two("m", "m"), *behind[0], *behind[1]), "behind 'z'")
        at_rest = self.see(*two("m", "n"))
        at_rest.history.settled = 0.5
        self.assert_finds(at_rest, "from 'm' to 'n'")


class Availability(JudgeCase):
    """A leader is lost at 100 s; ten messages come to the others in the next seconds."""

    def lose(self, kind="kill leader", acknowledged_at=103.0, node="B", then=None, lasts_s=20.0):
        story = Story(1)
        story.disturb(kind, 100.0, 100.0 + lasts_s)
        if then:
            story.disturb(*then)
        for number in range(10):
            sent = story.history.send(Stamp("busy", "u/1", number), 1, 100.0 + number / 10, node=node)
            if acknowledged_at:
                sent.code, sent.ended = 0, acknowledged_at
        return story

    def test_others_go_on_soon(self):
        self.assert_content(self.lose())
        self.assert_content(self.lose("pause leader", 107.0))
        self.assert_content(self.lose("disk full leader", 105.5))
        self.assert_content(self.lose("disk slow leader", 108.5))
        for kind, at in (("kill leader", 106.0), ("power leader", 106.0), ("pause leader", 109.0), ("isolate", None), ("disk full leader", 107.0), ("disk full", None),
                         ("disk slow leader", 110.0), ("disk slow", None)):
            self.assert_finds(self.lose(kind, at), "none of 10 messages to u/1 was acknowledged")

    def test_nothing_is_said_of_what_can_not_be_known(self):
        for more in ({"kind": "kill two"}, {"kind": "kill all"}, {"node": "A"}, {"then": ("kill", 104.0, 105.0)}):
            self.assert_content(self.lose(**{"acknowledged_at": None, **more}))

    def test_the_others_can_not_go_on_without_most_voters_of_a_range(self):
        for is_content, voters in ((True, ("A",)), (False, ("A", "B", "C"))):
            story = self.lose("isolate", None)
            story.history.replicas.append(look(at=101.0, voters=voters))
            self.assert_content(story) if is_content else self.assert_finds(story, "was acknowledged")

    def test_a_node_that_was_struck_just_before_may_take_its_time(self):
        story = self.lose(acknowledged_at=108.0)
        story.history.disturbances.insert(0, Disturbance("kill", ("B",), 90.0, 99.0))
        self.assert_content(story)
        story.history.disturbances[0].ended = 94.0
        self.assert_finds(story, "until 105.00 s")

    def cut_off(self, kind="minority", began=110.0, code=0, ended=111.0, node="A", patient=True, **more):
        story = Story(1)
        story.disturb(kind, 100.0, 125.0)
        story.subscribe("kept", "u/#", 1)
        sent = story.history.send(Stamp("busy", "u/1", 1), 1, began, node=node, answered_by=node, patient=patient, **more)
        sent.code, sent.ended = code, ended
        story.deliver("kept", sent.stamp)
        return story

    def test_a_minority_acknowledges_nothing_and_says_why(self):
        for more in ({"node": "B"}, {"began": 101.0}, {"ended": 126.0, "patient": False}, {"code": 0x80, "ended": 119.0}, {"kind": "pair"},
                     {"code": None, "ended": None, "began": 114.0}, {"code": None, "ended": None, "patient": False}):
            self.assert_content(self.cut_off(**more))
        self.assert_finds(self.cut_off(), "A acknowledged")
        self.assert_finds(self.cut_off(code=None, ended=None), "A did not answer")
        self.assert_finds(self.cut_off(code=0x80, ended=124.0), "A did not answer")
        self.assert_finds(self.cut_off(code=0x83), "with 0x83")
        story = self.cut_off()
        story.history.subscriptions[-1].lasting = False
        self.assert_content(story)

    def test_a_minority_of_nodes_may_be_most_voters_of_a_range(self):
        for is_content, at, voters in ((True, 98.0, "AB"), (True, 120.0, "A"), (False, 96.0, "A"), (False, 98.0, "ABC"), (False, 126.0, "A")):
            story = self.cut_off()
            story.history.disturbances[0].nodes = ("A", "B") if voters == "AB" else ("A",)
            story.history.replicas.append(look(at=at, voters=tuple(voters)))
            self.assert_content(story) if is_content else self.assert_finds(story, "A acknowledged")

    def test_a_minority_may_send_a_publisher_away(self):
        for is_content, over in ((True, 118.0), (False, 123.0)):
            story = self.cut_off(code=None, ended=None, connection=3)
            story.history.connections.append(Connection("busy", 3, "A", 90.0, let_in=90.1, over=over))
            self.assert_content(story) if is_content else self.assert_finds(story, "A did not answer")
        story = self.cut_off(code=0x83, connection=3)
        story.history.connections.append(Connection("busy", 3, "A", 90.0, let_in=90.1, over=118.0))
        self.assert_finds(story, "with 0x83")

    def connect(self, **more):
        story = Story(1)
        story.disturb("minority", 100.0, 125.0)
        story.history.connections.append(Connection("late", 1, "A", **{"began": 105.0, "patient": True, **more}))
        return story

    def test_a_minority_lets_nobody_in_who_wants_a_session_and_says_why(self):
        for more in ({"refused": 0x88, "over": 115.0}, {"refused": 0x89, "over": 115.0}, {"refused": 0x03, "over": 115.0}, {"began": 114.0}, {"began": 101.0, "let_in": 101.5},
                     {"let_in": 126.0}, {"let_in": 106.0, "patient": False}):
            self.assert_content(self.connect(**more))
        self.assert_finds(self.connect(let_in=106.0), "A let late in")
        self.assert_finds(self.connect(let_in=106.0, patient=False, expects_session=True, session_present=True), "A let late in")
        self.assert_finds(self.connect(over=110.0), "did not tell late why")
        self.assert_finds(self.connect(refused=0x87, over=110.0), "refused late with 0x87")

    def test_they_are_counted(self):
        self.assertEqual(availability.judged(self.lose().history), (1, 0))
        self.assertEqual(availability.judged(self.cut_off(code=0x80).history)[1], 1)


class Reads(JudgeCase):
    """Of retained messages while faults go on."""

    def stale(self, took_s=retained.BARRIER_S, fault=("isolate", "A"), ended_s=1, number=1, **more):
        """Four writes, a fault that is over so long before the end of a read that is behind at A, and that read."""
        story = Story()
        for at in range(4):
            story.write(at, **(more if at == number else {"qos": more.get("qos", 1)}))
        if fault:
            story.disturb(fault[0], story.now, story.now + 1, *fault[1:])
            story.now += ended_s
        story.read("A", number, final=False, took_s=took_s)
        return story

    def test_an_older_value_while_faults_go_on(self):
        self.assert_content(self.stale())
        self.assert_finds(self.stale(took_s=1.9), "A gave 1 for the retained message of r", "behind 2 acknowledged writes", "took 1.90 s")
        self.assert_finds(self.stale(took_s=1.9, number=None), "A gave None", "behind 4 acknowledged writes")
        self.assert_finds(self.stale(fault=None), "nobody was struck whom it had to ask")
        for kind, bound_s in (("isolate", retained.STRUCK_S), ("kill", retained.STARTED_S), ("power leader", retained.STARTED_S)):
            self.assert_content(self.stale(fault=(kind, "A"), ended_s=bound_s - 1))
            self.assert_finds(self.stale(fault=(kind, "A"), ended_s=bound_s + 1), "nobody was struck")
        self.assert_content(self.stale(number=3, took_s=0))
        story = self.stale(took_s=0)
        story.history.reads[0] = story.history.reads[0]._replace(live=True)  # on its way for longer than what came as retained
        self.assert_content(story)

    def test_an_older_value_of_qos_2_or_of_a_first_copy_is_shown_for_a_while(self):
        for more in ({"qos": 2}, {"sends": 2}, {"sends": 2, "empty": True, "number": 0}):
            story = self.stale(took_s=0, **more)
            if "empty" in more:
                story.history.reads[0] = story.history.reads[0]._replace(number=None)
            self.assert_content(story)

    def test_an_older_value_at_a_node_that_may_have_no_replica(self):
        for kind in ("log error", "log error leader"):
            self.assert_content(self.stale(took_s=0, fault=(kind, "A")))
            self.assert_finds(self.stale(took_s=0, fault=(kind, "B")), "A gave 1")
        story = self.stale(took_s=0, fault=None)
        story.history.troubles.append(Disturbance("", (), 0.0, story.now - 1))
        self.assert_content(story)
        story.disturb("unplug", 0.0, 1.0, "A")
        self.assert_finds(story, "A gave 1")

    def test_a_node_that_was_not_struck_may_be_behind_where_those_it_asks_were(self):
        def led(*voters, leader="B"):
            story = self.stale(fault=("unplug", "B"))
            story.history.replicas.append(look(at=story.history.disturbances[0].began, node=leader, store="retain", voters=voters, role="leader"))
            return story
        self.assert_content(self.stale(fault=("unplug", "B")))  # nobody has said who leads
        self.assert_content(led("A", "B", "C"))
        self.assert_content(led("B", leader="C"))
        self.assert_finds(led("A", "B", "C", leader="C"), "nobody was struck")

    def test_an_older_value_for_who_asks_for_all_that_match(self):
        for took_s, number, is_content in ((1, 3, True), (1, 2, False), (2, 2, True)):
            story = self.stale(number=3)
            story.history.reads.clear()
            story.history.readings.append(Reading("A", "#", story.now, story.now + took_s, (Stamp("writer", "r", number),), False))
            self.assert_content(story) if is_content else self.assert_finds(story, "A gave 2 for the retained message of r")


if __name__ == "__main__":
    unittest.main()
