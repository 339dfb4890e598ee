#!/usr/bin/python3
"""The judges of clusters find each mistake that is seeded into a history, and nothing in one without mistakes."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from judge import expiry, messages, protocol, rest, retained, sessions, stamp, verdict  # noqa: E402
from judge.history import (Armed, Breach, Connection, Delivery, Disturbance, History, Read, Reading, Subscription,  # noqa: E402
                           Wish)
from judge.stamp import Stamp  # noqa: E402
from packets import V311, V5  # noqa: E402


class Story:
    """A history in which all went well: two topics, a lasting subscriber, a group of two, a will and a retained message. Tests spoil it."""

    def __init__(self, qos=2):
        self.history, self.now, self.qos = History(), 0.0, qos
        self.subscribe("sub", "t/#", qos)
        self.subscribe("m1", "g/#", qos, group="g")
        self.subscribe("m2", "g/#", qos, group="g")
        for number in range(4):
            self.deliver("sub", self.send("t/1", number))
            self.deliver(f"m{number % 2 + 1}", self.send("g/1", number))

    def tick(self):
        self.now += 1
        return self.now

    def subscribe(self, client, topic_filter, qos, **more):
        self.history.subscriptions.append(Subscription(client, topic_filter, qos, self.tick(), **more))

    def send(self, topic, number, code=0, sends=1, **more):
        sent = self.history.send(Stamp("pub", topic, number), self.qos, self.tick(), sends=sends, **more)
        if code is not None:
            sent.code, sent.ended = code, self.tick()
        return sent.stamp

    def deliver(self, client, what, topic=None, qos=None, connection=1, retain=False, **more):
        topic = topic or what.topic
        self.history.deliveries.append(Delivery(client, connection, self.tick(), topic, self.qos if qos is None else qos, retain, what,
                                                **more))

    def undeliver(self, client, number):
        self.history.deliveries = [one for one in self.history.deliveries
                                   if one.client != client or one.stamp.number != number]

    def connect(self, client, node, **more):
        one = Connection(client, 1, node, self.tick(), **more)
        one.let_in = self.tick()
        self.history.connections.append(one)
        return one

    def write(self, number, code=0, empty=False, topic="r", qos=1, **more):
        sent = self.history.send(Stamp("writer", topic, number), qos, self.tick(), retain=True, empty=empty, **more)
        sent.code = code
        sent.ended = self.tick() if code is not None else None
        return sent

    def disturb(self, kind, began, ended, *nodes, value=0.0):
        self.history.disturbances.append(Disturbance(kind, nodes or ("A",), began, ended, value))

    def read(self, node, number, final=True, took_s=0.1):
        began = self.tick()
        self.now += took_s
        self.history.reads.append(Read(node, "r", began, self.now, number, final))


class JudgeCase(unittest.TestCase):
    def assert_finds(self, story, *words):
        """One fault, with these words."""
        found = verdict.faults(story.history)
        self.assertEqual(len(found), 1, found)
        for word in words:
            self.assertIn(word, found[0])

    def assert_content(self, story):
        self.assertEqual(verdict.faults(story.history), [])


class Stamps(unittest.TestCase):
    def test_a_payload_says_what_it_is(self):
        one = Stamp("p", "t/1", 7)
        self.assertEqual(stamp.read_stamp(one.payload(20)), one)

    def test_an_altered_payload_says_nothing(self):
        payload = Stamp("p", "t/1", 7).payload(4)
        for at in range(len(payload)):
            altered = payload[:at] + bytes([payload[at] ^ 1]) + payload[at + 1:]
            self.assertIsNone(stamp.read_stamp(altered), altered)
        self.assertIsNone(stamp.read_stamp(payload[:-1]))
        self.assertIsNone(stamp.read_stamp(b""))


class Filters(unittest.TestCase):
    def test_they_match_as_mqtt_says(self):
        for topic_filter, topic, wanted in (("a/b", "a/b", True), ("a/+", "a/b", True), ("a/#", "a", True), ("a/#", "a/b/c", True),
                                            ("a/+", "a", False), ("a/+", "a/b/c", False), ("a", "a/b", False), ("#", "a", True)):
            self.assertEqual(messages.matches(topic_filter, topic), wanted, (topic_filter, topic))


class Messages(JudgeCase):
    def test_they_are_content_with_what_is_allowed(self):
        for qos in (1, 2):
            story = Story(qos)
            story.send("t/1", 4, code=None)  # nobody knows what became of it
            story.send("t/1", 5, code=0x97)
            story.deliver("sub", story.send("t/1", 6, code=None))
            self.assert_content(story)

    def test_a_second_copy_of_qos_1_is_allowed_for_a_reason_only(self):
        story = Story(1)
        again = story.send("t/1", 9, sends=2)
        story.deliver("sub", again)
        story.deliver("sub", again)
        story.deliver("sub", again, connection=2)
        self.assert_content(story)
        story.deliver("sub", again)
        self.assert_finds(story, "oftener on one connection")

    def test_a_lost_message(self):
        for qos in (1, 2):
            story = Story(qos)
            story.undeliver("sub", 2)
            self.assert_finds(story, "sub lost acknowledged messages", "number=2")

    def test_a_message_that_was_said_to_be_for_nobody(self):
        story = Story(1)
        story.send("t/1", 9, code=0x10)
        self.assert_finds(story, "sub lost acknowledged messages")

    def test_a_replay_of_the_retained_message_does_not_stand_for_a_lost_one(self):
        story = Story(1)
        story.deliver("sub", story.send("t/1", 9), retain=True)
        self.assert_finds(story, "sub lost acknowledged messages")

    def test_a_message_that_a_group_lost(self):
        story = Story()
        story.undeliver("m1", 2)
        self.assert_finds(story, "group g lost")

    def test_a_message_of_before_the_subscription_or_behind_its_end_is_not_lost(self):
        story = Story()
        story.send("u", 1)
        story.subscribe("later", "u", 2)
        story.history.subscriptions[-1].until = story.tick()
        story.send("u", 2)
        self.assert_content(story)

    def test_a_session_that_ends_with_its_connection_may_lose(self):
        story = Story()
        story.subscribe("bare", "t/#", 1, lasting=False)
        self.assert_content(story)

    def test_qos_2_twice_even_on_another_connection(self):
        story = Story()
        story.deliver("sub", Stamp("pub", "t/1", 3), connection=2)
        self.assert_finds(story, "QoS 2 more than once")

    def test_qos_2_twice_to_a_session_that_ends_with_its_connection(self):
        for sends in (1, 2):
            story = Story()
            for name in ("mortal#1", "mortal#2"):
                story.subscribe(name, "t/#", 2, lasting=False)
            again = story.send("t/1", 9, sends=sends)
            story.deliver("sub", again)
            story.deliver("mortal#1", again)
            self.assert_content(story)
            story.deliver("mortal#2", again, connection=2)
            if sends == 1:
                self.assert_content(story)
            else:
                self.assert_finds(story, "mortal got messages of QoS 2 on two connections")
        story = Story()
        story.subscribe("mortal#1", "t/#", 2, lasting=False)
        for _ in range(2):
            story.deliver("mortal#1", Stamp("pub", "t/1", 3))
        self.assert_finds(story, "mortal#1 got messages of QoS 2 more than once")

    def test_qos_2_at_two_members_of_a_group(self):
        story = Story()
        story.deliver("m1", Stamp("pub", "g/1", 3))
        self.assert_finds(story, "group g", "more than once")

    def test_disorder(self):
        for qos in (1, 2):
            story = Story(qos)
            first, second = story.send("t/2", 0), story.send("t/2", 1)
            story.deliver("sub", second)
            story.deliver("sub", first)
            self.assert_finds(story, "out of order")

    def test_disorder_of_qos_0_within_a_connection_and_between_connections(self):
        for is_content, connections in ((False, (1, 1)), (True, (1, 2))):
            story = Story(0)
            older, newer = (story.send("t/2", number, connection=connection) for number, connection in enumerate(connections))
            story.deliver("sub", newer)
            story.deliver("sub", older)
            if is_content:
                self.assert_content(story)
            else:
                self.assert_finds(story, "out of order")

    def test_disorder_past_an_inbox_counts_between_messages_that_one_node_was_given(self):
        for is_content, stored, sub_qos, nodes in ((False, False, 1, "AA"), (True, False, 1, "AB"), (False, True, 1, "AB"), (True, True, 0, "AB")):
            story = Story(1)
            story.subscribe("watcher", "u", sub_qos, lasting=False, stored=stored)
            older, newer = (story.send("u", number, node=node) for number, node in enumerate(nodes))
            story.deliver("watcher", newer, qos=sub_qos)
            story.deliver("watcher", older, qos=sub_qos)
            self.assert_content(story) if is_content else self.assert_finds(story, "out of order")
        story = Story(1)
        story.subscribe("watcher", "u", 1, lasting=False, stored=False)
        older = story.send("u", 0, node="A", answered_by="B", sends=2)
        story.deliver("watcher", story.send("u", 1, node="A"))
        story.deliver("watcher", older)
        self.assert_content(story)

    def test_order_counts_by_topic_and_only_when_a_message_comes_first(self):
        story = Story(1)
        story.deliver("sub", story.send("t/2", 0))
        story.deliver("sub", Stamp("pub", "t/1", 1), connection=2)
        self.assert_content(story)

    def test_the_place_of_what_was_sent_again_counts_when_its_first_copy_had_to_come(self):
        for is_content, more in ((False, {}), (True, {"expiry_s": 5})):
            story = Story(1)
            first = story.send("t/2", 0, sends=2, **more)
            story.deliver("sub", story.send("t/2", 1), expiry_s=1)
            story.deliver("sub", first, expiry_s=1)
            self.assert_content(story) if is_content else self.assert_finds(story, "out of order")
        story = Story(1)
        first = story.send("u", 0, sends=2)
        story.subscribe("later", "u", 1)
        story.deliver("later", story.send("u", 1))
        story.deliver("later", first)
        self.assert_content(story)

    def test_qos_2_may_arrive_behind_the_end_of_a_subscription_and_qos_1_may_not(self):
        for qos in (1, 2):
            story = Story(qos)
            story.subscribe("leaves", "u", qos)
            story.send("u", 1)
            story.history.subscriptions[-1].until = story.tick()
            if qos == 2:
                self.assert_content(story)
            else:
                self.assert_finds(story, "leaves lost")

    def test_made_up_altered_and_misdirected_messages(self):
        for spoil, word in ((lambda s: s.deliver("sub", Stamp("pub", "t/1", 77)), "nobody has sent"),
                            (lambda s: s.deliver("sub", None, topic="t/1"), "altered"),
                            (lambda s: s.deliver("sub", s.send("t/1", 8), topic="t/3"), "on t/3"),
                            (lambda s: s.deliver("m1", s.send("g/1", 8), qos=3), "QoS 3")):
            story = Story()
            spoil(story)
            self.assertIn(word, " ".join(verdict.faults(story.history)))
        story = Story()
        story.deliver("m1", Stamp("pub", "t/1", 3))
        self.assertIn("not subscribed", " ".join(messages.misdirected(messages.Index(story.history))))


    def test_what_a_client_may_not_read(self):
        story = Story()
        story.subscribe("limited", "t/#", 2, denied="t/1")
        self.assert_content(story)
        story.deliver("limited", story.send("t/2", 1))
        story.deliver("sub", Stamp("pub", "t/2", 1))
        self.assert_content(story)
        story.deliver("limited", Stamp("pub", "t/1", 1))
        self.assert_finds(story, "limited got t/1, which it may not read")

    def test_messages_whose_time_is_over(self):
        def perishable(left_s=5, late_s=0, **more):
            story = Story()
            sent = story.send("t/5", 1, expiry_s=5)
            self.assert_content(story)  # it may be lost
            story.now += late_s
            story.deliver("sub", sent, expiry_s=left_s, **more)
            return story
        self.assert_content(perishable())
        self.assert_content(perishable(left_s=0, late_s=60))
        self.assert_content(perishable(left_s=0, late_s=600, dup=True))
        self.assert_finds(perishable(left_s=0, late_s=600), "601 s after it was taken")
        self.assert_content(perishable(left_s=5 + messages.CLOCKS_S))
        self.assert_finds(perishable(left_s=6 + messages.CLOCKS_S), "and its publisher gave 5 s")
        self.assert_finds(perishable(left_s=None), "for None s")
        for is_content, left_s in ((True, 3605), (False, 3607)):
            story = perishable(left_s=left_s)
            story.disturb("clock leader", 1.0, 2.0, value=-3600)
            self.assert_content(story) if is_content else self.assert_finds(story, "and its publisher gave 5 s")


    def test_a_message_without_a_good_answer_that_came_to_some(self):
        def partly(qos=2, code=None, spoil=True, **more):
            story = Story(qos)
            story.subscribe("other", "t/#", 2)
            sent = story.send("t/1", 9, code=code, stored=True, **more)
            story.deliver("sub", sent)
            if not spoil:
                story.deliver("other", sent)
            return story
        for code in (None, 0x80):
            self.assert_finds(partly(code=code), "came to 1, the first sub, and not to 1, the first other")
            self.assert_content(partly(code=code, spoil=False))
        self.assert_content(partly(qos=1))
        story = partly()
        story.history.sent[Stamp("pub", "t/1", 9)].stored = False
        self.assert_content(story)
        for change in ({"lasting": False}, {"group": "h"}, {"denied": "t/1"}, {"until": 99.0}):
            story = Story()
            story.subscribe("other", "t/#", 2, **change)
            story.deliver("sub", story.send("t/1", 9, code=None, stored=True))
            self.assert_content(story)
        story = Story()
        story.deliver("sub", story.send("t/1", 9, code=None, stored=True))
        story.subscribe("later", "t/#", 2)
        self.assert_content(story)


class Sessions(JudgeCase):
    def test_a_newer_connection_ends_an_older_one(self):
        story = Story()
        older = story.connect("twin", "A")
        older.effects.append((story.tick(), story.tick()))
        story.connect("twin", "B")
        self.assert_content(story)
        older.effects.append((story.tick(), story.tick()))
        self.assert_finds(story, "twin", "A was served 1 times after the one to B")

    def test_what_was_asked_before_the_newer_connection_may_be_answered_later(self):
        story = Story()
        older = story.connect("twin", "A")
        asked = story.tick()
        story.connect("twin", "B")
        older.effects.append((asked, story.tick()))
        self.assert_content(story)

    def test_a_lost_session(self):
        story = Story()
        story.connect("sub", "A", expects_session=True, session_present=True)
        self.assert_content(story)
        story.connect("sub", "B", expects_session=True)
        self.assert_finds(story, "B had lost its session")

    def test_a_connection_that_is_not_answered_when_all_is_over(self):
        story = Story()
        story.history.connections.append(Connection("early", 1, "A", story.tick(), given_up=True))
        story.history.settled = story.tick()
        story.connect("fine", "A")
        self.assert_content(story)
        story.history.connections.append(Connection("late", 1, "B", story.tick()))
        self.assert_finds(story, "late: B did not answer")
        story.history.connections[-1].over = story.now + sessions.ANSWER_S + 1
        self.assert_finds(story, "late: B did not answer")
        story.history.connections[-1].over = story.now + 1
        self.assert_content(story)


class Expiry(JudgeCase):
    """A session that lasts for 10 s, used at 100 s, left at 105 s."""

    def came_back(self, at, found, proven=100.0, **more):
        story = Story()
        one = Connection("passing", 1, "A", 99.0, 99.5, 105.0, expiry_s=10, proven=proven)
        for name, value in more.items():
            setattr(one, name, value)
        story.history.connections += [one, Connection("passing", 2, "B", at, at + 0.5, session_present=found, expiry_s=10)]
        return story

    def test_it_is_there_before_its_time_and_gone_behind_it(self):
        for at, found in ((106, True), (112, True), (112, False), (116, True), (116, False), (115 + expiry.LATE_S, True), (300, False)):
            self.assert_content(self.came_back(at, found))

    def test_it_is_gone_too_early(self):
        self.assert_finds(self.came_back(106, False), "B had no session at 106.50 s")
        self.assert_content(self.came_back(110, False))

    def test_it_stays_for_too_long(self):
        self.assert_finds(self.came_back(116 + expiry.LATE_S, True), "B had its session at 126.00 s", "should have ended at 115.00 s")

    def test_an_end_that_nobody_heard_of_tells_nothing(self):
        for more in ({"silent": True}, {"over": None}):
            self.assert_content(self.came_back(300, True, **more))

    def test_a_try_in_between_whose_fate_is_not_known_may_have_begun_its_time_anew(self):
        for over, is_content in ((None, True), (290.0, True), (200.0, False)):
            story = self.came_back(300, True)
            story.history.connections.insert(1, Connection("passing", 2, "C", 199.0, None, over, expiry_s=10))
            self.assert_content(story) if is_content else self.assert_finds(story, "should have ended at 210.00 s")

    def test_clocks_that_jump_and_faults_are_allowed_for_and_no_more_than_they_can_do(self):
        for value in (20, -20):
            story = self.came_back(106, False)
            story.disturb("clock", 101, 103, value=value)
            self.assert_content(story)
        story = self.came_back(106, False)
        story.disturb("clock", 101, 103, value=3)
        self.assert_finds(story, "B had no session")
        story = self.came_back(106, False)
        story.disturb("kill", 101, 103)
        self.assert_finds(story, "B had no session")
        for kind, value in (("kill", 0), ("clock", 30)):
            story = self.came_back(130, True)
            story.disturb(kind, 104, 110, value=value)
            self.assert_content(story)
            story = self.came_back(200, True)
            story.disturb(kind, 104, 110, value=value)
            self.assert_finds(story, "B had its session")


class Wills(JudgeCase):
    def will(self, least, most, times):
        story = Story()
        story.subscribe("watcher", "will/#", 2)
        one = Stamp("dying", "will/dying", 1)
        story.history.wills[one] = Armed(one, least, most)
        for _ in range(times):
            story.deliver("watcher", one)
        return story

    def test_a_will_comes_as_often_as_it_must(self):
        for least, most, times in ((1, 1, 1), (0, 0, 0), (0, 1, 0), (0, 1, 1)):
            self.assert_content(self.will(least, most, times))
        self.assert_finds(self.will(1, 1, 0), "came 0 times instead of 1")
        self.assert_finds(self.will(1, 1, 2), "came 2 times instead of 1")
        self.assert_finds(self.will(0, 0, 1), "came 1 times instead of 0")
        self.assert_finds(self.will(0, 1, 2), "instead of 0 to 1")

    def test_a_watcher_whose_session_ends_with_its_connection_may_miss_a_will_and_never_gets_one_twice(self):
        for names, is_content in (((), True), (("mortal#2",), True), (("mortal#2", "mortal#2"), False), (("mortal#1", "mortal#2"), False)):
            story = self.will(1, 1, 1)
            for number in (1, 2):
                story.subscribe(f"mortal#{number}", "will/#", 2, lasting=False)
            for name in names:
                story.deliver(name, Stamp("dying", "will/dying", 1), connection=int(name[-1]))
            if is_content:
                self.assert_content(story)
            else:
                self.assert_finds(story, "mortal: the will", "came 2 times instead of 1 at most")
        story = self.will(0, 0, 0)
        story.subscribe("mortal#1", "will/#", 2, lasting=False)
        story.deliver("mortal#1", Stamp("dying", "will/dying", 1))
        self.assert_finds(story, "mortal: the will", "came 1 times instead of 0 at most")

    def test_such_a_watcher_may_get_a_will_once_more_at_its_next_connection_when_all_nodes_were_killed_meanwhile(self):
        for kind, names, is_content in (("kill all", ("mortal#1", "mortal#2"), True), ("kill two", ("mortal#1", "mortal#2"), False),
                                        ("kill all", ("mortal#1", "mortal#1"), False),
                                        ("kill all", ("mortal#1", "mortal#2", "mortal#3"), False)):
            story = self.will(1, 1, 1)
            for number in (1, 2, 3):
                story.subscribe(f"mortal#{number}", "will/#", 2, lasting=False)
            for at, name in enumerate(names):
                story.deliver(name, Stamp("dying", "will/dying", 1), connection=int(name[-1]))
                if at == 0:
                    story.disturb(kind, story.tick(), story.tick(), "A", "B", "C")
            if is_content:
                self.assert_content(story)
            else:
                self.assert_finds(story, "mortal: the will", "came 2 times instead of 1 at most")

    def given(self, qos=2, properties=None, came_with=None, came_qos=None, subscribed=2):
        story = Story()
        story.subscribe("watcher", "will/#", subscribed)
        one = Stamp("dying", "will/dying", 1)
        story.history.wills[one] = Armed(one, 0, 1, qos=qos, properties=properties or {})
        story.deliver("watcher", one, qos=came_qos if came_qos is not None else qos, properties=came_with)
        return story

    def test_a_will_comes_as_it_was_given(self):
        given = {1: 1, 2: 100, 3: b"text", 38: [(b"a", b"1"), (b"a", b"2")]}
        for came in (None, given, {**given, 2: 3}):
            self.assert_content(self.given(properties=given, came_with=came))
        for came in ({**given, 3: b"other"}, {**given, 38: given[38][::-1]}, {**given, 38: given[38][:1]}, {**given, 9: b"more"},
                     {number: value for number, value in given.items() if number != 1}):
            self.assert_finds(self.given(properties=given, came_with=came), "came with the properties")
        late = self.given(properties=given, came_with={**given, 2: 200})
        self.assert_finds(late, "came for 200 s, and was given 100")
        late.disturb("clock", 1.0, 2.0, value=120)
        self.assert_content(late)
        self.assert_finds(self.given(properties=given, came_with={number: value for number, value in given.items() if number != 2}),
                          "came for None s")

    def test_a_will_comes_with_its_qos_or_that_of_the_subscription(self):
        self.assert_content(self.given(qos=2, subscribed=1, came_qos=1))
        self.assert_content(self.given(qos=1, subscribed=2, came_qos=1))
        self.assert_finds(self.given(qos=2, subscribed=2, came_qos=1), "came with QoS 1, and was given 2")

    def test_a_will_that_is_to_be_retained_is(self):
        def retained_will(number, retain=True, least=1):
            story = self.will(least, 1, 1)
            story.history.wills[Stamp("dying", "will/dying", 1)].retain = retain
            story.history.reads.append(Read("A", "will/dying", story.tick(), story.now, number, True))
            return story
        self.assert_content(retained_will(1))
        self.assert_content(retained_will(None, retain=False))
        self.assert_content(retained_will(None, least=0))
        self.assert_finds(retained_will(None), "A has None for the retained message of will/dying")
        self.assertIn("A has 1", " ".join(verdict.faults(retained_will(1, retain=False).history)))


class Retained(JudgeCase):
    def test_the_last_acknowledged_value_or_a_later_one_whose_fate_is_not_known(self):
        for last, number in ((0, 3), (None, 2), (None, 3), (0x97, 2), (0x97, 3)):
            story = Story()
            story.write(1)
            story.write(2)
            story.write(3, code=last)
            story.read("A", number)
            story.read("B", number)
            self.assert_content(story)

    def test_an_older_value(self):
        story = Story()
        story.write(1)
        story.write(2)
        story.read("A", 1)
        self.assert_finds(story, "A has 1", "not one of [2]")

    def test_a_value_that_came_back_from_deletion(self):
        story = Story()
        story.write(1)
        story.write(2, empty=True)
        story.read("A", None)
        self.assert_content(story)
        story.read("A", 1)
        self.assert_finds(story, "A has 1")

    def test_a_value_that_is_gone(self):
        story = Story()
        story.write(1)
        story.read("A", None)
        self.assert_finds(story, "A has None")

    def test_nodes_that_do_not_agree(self):
        story = Story()
        story.write(1)
        story.write(2, code=None)
        story.read("A", 1)
        story.read("B", 2)
        self.assert_finds(story, "do not agree", "A: 1, B: 2")

    def test_a_value_that_nobody_wrote(self):
        story = Story()
        story.write(1)
        story.read("A", 5, final=False)
        self.assert_finds(story, "never written")

    def test_stale_reads_are_counted(self):
        story = Story()
        for number in range(4):
            story.write(number)
        for number in (3, 1, None):
            story.read("A", number, final=False)
        self.assertEqual(retained.stale(story.history), (2, 3, 4))

    def test_who_asks_for_all_that_match_gets_each_once(self):
        def asked(*stamps, final=True, **more):
            story = Story()
            story.write(1, topic="m/1")
            story.write(4, topic="m/2")
            story.write(5, topic="m/2", empty=True)
            story.write(6, topic="m/3", **more)
            story.history.readings.append(Reading("A", "m/+", story.tick(), story.tick(), tuple(stamps), final))
            return story
        one, gone, three = (Stamp("writer", f"m/{topic}", number) for topic, number in ((1, 1), (2, 4), (3, 6)))
        self.assert_content(asked(one, three))
        self.assert_content(asked(one, code=None))
        self.assert_finds(asked(gone, final=False), "A gave 4 for the retained message of m/2", "SUBACK took 1.00 s")
        self.assert_finds(asked(one), "A gave None for m/3")
        self.assert_finds(asked(one, gone, three), "A gave 4 for m/2")
        self.assert_finds(asked(one, one, final=False), "more than once")
        for stamp_ in (None, Stamp("writer", "m/1", 7), Stamp("writer", "n", 1)):
            self.assert_finds(asked(stamp_, final=False), "never written")

    def test_the_first_copy_of_what_was_sent_again_is_not_written_late(self):
        story = Story()
        story.write(1, sends=2)
        story.write(2, empty=True)
        story.read("A", 1)
        self.assert_finds(story, "A has 1", "2 (deletes): sent 1 times")

    def test_one_whose_time_is_over_is_gone(self):
        for late_s, number, is_content in ((1, 1, True), (1, None, True), (messages.LATE_S + 10, None, True), (messages.LATE_S + 10, 1, False)):
            story = Story()
            story.write(1, topic="m/1", expiry_s=5)
            story.now += late_s
            stamps = () if number is None else (Stamp("writer", "m/1", 1),)
            story.history.readings.append(Reading("A", "m/+", story.tick(), story.tick(), stamps, True))
            self.assert_content(story) if is_content else self.assert_finds(story, "A gave 1 for m/1")

    def overlap(self, *got, qos=1, slow=False, lasting=True, writes=({}, {})):
        """Two writes, of which the first one begins before SUBSCRIBE and the second one ends behind SUBACK."""
        story = Story()
        sent = [story.history.send(Stamp("writer", "r", number), qos, 100.0 + number, retain=True, code=0, ended=101.5 + number, **more)
                for number, more in enumerate(writes)]
        since = 110.0 if slow else 101.2
        story.history.subscriptions.append(Subscription("new", "r", 1, since, asked=100.5, lasting=lasting))
        story.now = 120.0
        for number, retain in got:
            story.deliver("new", sent[number].stamp, qos=1, retain=retain)
        return story

    def test_who_subscribes_while_a_write_goes_on_gets_it_or_a_newer_one(self):
        for got in (((0, True), (1, False)), ((1, True),), ((0, False), (1, False)), ((1, False),)):
            self.assert_content(self.overlap(*got))
        self.assert_finds(self.overlap((0, True)), "did not get", "number=1")
        self.assertEqual(len(list(retained.unseen(self.overlap().history))), 2)
        for more in ({"slow": True}, {"lasting": False}, {"qos": 2}):
            self.assertEqual(list(retained.unseen(self.overlap(**more).history)), [])
        self.assertEqual(list(retained.unseen(self.overlap(writes=({}, {"empty": True})).history)), [])

    def test_an_older_retained_message_behind_a_newer_live_one(self):
        for got in (((1, False), (0, True)), ((0, True), (1, False), (0, True))):
            story = self.overlap(*got, lasting=False)
            self.assert_finds(story, "as retained", "behind number 1")
        for got, more in ((((0, True), (1, False), (1, True)), {}), (((1, True), (0, True)), {}), (((1, False), (0, False)), {"qos": 2}),
                          (((1, False), (0, True)), {"lasting": True})):
            self.assertEqual(list(retained.taken_back(self.overlap(*got, **{"lasting": False, **more}).history)), [])
        story = self.overlap((1, False), (0, True), lasting=False)
        story.history.sent[Stamp("writer", "r", 1)].code = None
        self.assert_content(story)
        story = self.overlap((1, False), (0, True), lasting=False)
        story.history.sent[Stamp("writer", "r", 0)].sends = 2
        self.assert_finds(story, "as retained", "behind number 1")
        for later_s in (0, retained.SHOWN_S):  # behind the first copy, which came live
            story = self.overlap((1, False), (0, False), lasting=False)
            story.history.sent[Stamp("writer", "r", 0)].sends = 2
            story.now += later_s
            story.deliver("new", Stamp("writer", "r", 0), qos=1, retain=True)
            self.assertEqual(len(list(retained.taken_back(story.history))), 1 if later_s else 0)


class Rest(unittest.TestCase):
    def test_queues_and_ranges(self):
        self.assertEqual(list(rest.not_drained({"a": 0})), [])
        self.assertIn("3 messages", " ".join(rest.not_drained({"a": 3})))
        whole = rest.RangeState("1", "A", ["A", "B", "C"], {"B": 0, "C": 0})
        self.assertEqual(list(rest.not_whole([whole], 3)), [])
        for spoilt, word in ((rest.RangeState("1", "", ["A", "B", "C"], {}), "no leader"),
                             (rest.RangeState("1", "A", ["A", "B"], {}), "2 voters"),
                             (rest.RangeState("1", "A", ["A", "B", "C"], {"B": 4}), "B is 4 entries behind")):
            self.assertIn(word, " ".join(rest.not_whole([spoilt], 3)))
        self.assertEqual(list(rest.late(rest.WHOLE_S)), [])
        self.assertIn("whole 46.0 s behind the last fault", " ".join(rest.late(rest.WHOLE_S + 1)))

    def test_memory_descriptors_and_what_waits(self):
        before = [rest.Rest("A", 1, 100 << 20, 50)]
        self.assertEqual(list(rest.grown(before, [rest.Rest("A", 1, 120 << 20, 52)])), [])
        self.assertEqual(list(rest.grown(before, [rest.Rest("A", 2, 900 << 20, 500)])), [])  # another process
        self.assertEqual(list(rest.grown(before, [rest.Rest("A", 1, 198 << 20, 50)])), [])
        self.assertIn("memory", " ".join(rest.grown(before, [rest.Rest("A", 1, 199 << 20, 50)])))
        self.assertEqual(list(rest.grown(before, [rest.Rest("A", 1, 400 << 20, 50)], memory_tells=False)), [])
        self.assertIn("descriptors", " ".join(rest.grown(before, [rest.Rest("A", 1, 100 << 20, 90)])))
        self.assertIn("wait for nobody", " ".join(rest.grown(before, [rest.Rest("A", 2, 0, 0, 3)])))

    def test_subscriptions_are_those_of_the_last_answer_or_of_a_later_wish(self):
        history = History()

        def wish(topic_filter, qos, answered):
            history.wishes.append(Wish("c", topic_filter, qos, answered))
        for qos, answered in ((1, True), (2, True)):
            wish("kept", qos, answered)
        for qos, answered in ((1, True), (None, True)):
            wish("gone", qos, answered)
        for qos, answered in ((1, True), (2, False), (None, False)):
            wish("open", qos, answered)
        possible = sessions.possible_subscriptions(history)
        for told in ({"kept": 2, "open": 1}, {"kept": 2, "open": 2}, {"kept": 2}):
            self.assertEqual(list(rest.not_subscribed(possible, {"c": told})), [])
        for told, word in (({"kept": 1}, "kept with QoS 1"), ({}, "kept with QoS None"), ({"kept": 2, "gone": 1}, "gone with QoS 1"),
                           ({"kept": 2, "other": 0}, "other, which it never asked for")):
            found = list(rest.not_subscribed(possible, {"c": told}))
            self.assertEqual(len(found), 1, found)
            self.assertIn(word, found[0])

    def test_connected_sessions(self):
        self.assertEqual(list(rest.miscounted({"A": 1, "B": 2}, 3)), [])
        self.assertIn("4 sessions", " ".join(rest.miscounted({"A": 2, "B": 2}, 3)))


class Protocol(JudgeCase):
    """Bytes that a client of 5.0 reads (R) and writes (W), which make no fault but the last one."""

    CONNACK, RESUMED, REFUSED = "20 03 00 00 00", "20 03 01 00 00", "20 03 01 87 00"
    PUBLISH_1, PUBLISH_1_DUP, PUBLISH_2 = "32 06 00 01 61 00 07 00", "3a 06 00 01 61 00 07 00", "34 06 00 01 61 00 07 00"
    SUBSCRIBE, SUBSCRIBE_TWO = "82 07 00 07 00 00 01 61 01", "82 0b 00 07 00 00 01 61 01 00 01 62 01"

    def follow(self, way, version=V5, clean=False, receive_max=None):
        """What is said of the last packet; the ones before are without a fault."""
        monitor = protocol.Monitor(version)
        monitor.begin(clean, receive_max)
        found = []
        for direction, text in way:
            self.assertEqual(found, [])
            data = bytes.fromhex(text)
            found = list(monitor.received(data[0], data[2:])) if direction == "R" else monitor.sent(data) or []
        return found

    def test_packets_in_good_order_are_fine(self):
        reads = lambda *texts: [("R", text) for text in texts]  # noqa: E731
        for way in (reads(self.CONNACK, self.PUBLISH_1) + [("W", "40 02 00 07")] + reads(self.PUBLISH_1),
                    reads(self.CONNACK, self.PUBLISH_2) + [("W", "50 02 00 07")] + reads("62 02 00 07") + [("W", "70 02 00 07")] +
                    reads(self.PUBLISH_2),
                    reads(self.CONNACK, self.PUBLISH_2) + [("W", "50 03 00 07 80")] + reads(self.PUBLISH_2),
                    reads(self.RESUMED, self.PUBLISH_1_DUP),
                    reads(self.RESUMED, "62 02 00 07"),
                    [*reads(self.CONNACK), ("W", self.PUBLISH_1), *reads("40 02 00 07")],
                    [*reads(self.CONNACK), ("W", self.PUBLISH_2), *reads("50 02 00 07"), ("W", "62 02 00 07"), *reads("70 02 00 07")],
                    [*reads(self.CONNACK), ("W", self.PUBLISH_2), *reads("50 03 00 07 87")],
                    [*reads(self.CONNACK), ("W", self.SUBSCRIBE_TWO), *reads("90 05 00 07 00 01 01")],
                    [*reads(self.CONNACK), ("W", "a2 06 00 07 00 00 01 61"), *reads("b0 04 00 07 00 00")],
                    [*reads(self.CONNACK), ("W", "c0 00"), *reads("d0 00")],
                    reads(self.CONNACK, "e0 01 8e")):
            self.assertEqual(self.follow(way), [], way)
        self.assertEqual(self.follow([("R", "20 02 00 00"), ("W", "a2 05 00 07 00 01 61"), ("R", "b0 02 00 07")], V311), [])

    def test_each_packet_that_breaks_a_statement(self):
        for statement, way in (
                ("3.2.0-1", [("R", self.PUBLISH_1)]),
                ("3.2.0-2", [("R", self.CONNACK), ("R", self.CONNACK)]),
                ("3.2.2-6", [("R", self.REFUSED)]),
                ("3.14.4-1", [("R", self.CONNACK), ("R", "e0 01 8e"), ("R", self.PUBLISH_1)]),
                ("2.2.1-4", [("R", self.CONNACK), ("R", self.PUBLISH_1), ("R", self.PUBLISH_1)]),
                ("4.4.0-1", [("R", self.CONNACK), ("R", self.PUBLISH_2), ("W", "50 02 00 07"), ("R", self.PUBLISH_2)]),
                ("3.3.1-1", [("R", self.CONNACK), ("R", self.PUBLISH_1_DUP)]),
                ("3.3.1-2", [("R", self.CONNACK), ("R", "38 04 00 01 61 00")]),
                ("3.3.1-4", [("R", self.CONNACK), ("R", "36 06 00 01 61 00 07 00")]),
                ("3.3.2-1", [("R", self.CONNACK), ("R", "30 03 00 00 00")]),
                ("3.3.2-2", [("R", self.CONNACK), ("R", "30 04 00 01 23 00")]),
                ("3.1.2-27", [("R", self.CONNACK), ("R", "30 07 00 01 61 03 23 00 01")]),
                ("4.3.3-4", [("R", self.CONNACK), ("R", "62 02 00 07")]),
                ("4.3.3-4", [("R", self.RESUMED), ("R", self.PUBLISH_2), ("R", "62 02 00 07")]),
                ("2.2.1-5", [("R", self.CONNACK), ("R", "40 02 00 07")]),
                ("2.2.1-5", [("R", self.CONNACK), ("W", self.PUBLISH_2), ("R", "40 02 00 07")]),
                ("2.2.1-5", [("R", self.CONNACK), ("W", self.PUBLISH_2), ("R", "70 02 00 07")]),
                ("2.2.1-6", [("R", self.CONNACK), ("W", self.SUBSCRIBE), ("R", "90 04 00 08 00 01")]),
                ("3.8.4-6", [("R", self.CONNACK), ("W", self.SUBSCRIBE_TWO), ("R", "90 04 00 07 00 01")]),
                ("3.12.4-1", [("R", self.CONNACK), ("R", "d0 00")]),
                ("2.1.3-1", [("R", self.CONNACK), ("R", "d1 00")])):
            found = self.follow(way)
            self.assertEqual(len(found), 1, (way, found))
            self.assertIn(f"MQTT-{statement}", found[0])

    def test_a_session_after_clean_start_and_more_than_the_client_takes(self):
        self.assertIn("MQTT-3.2.2-2", " ".join(self.follow([("R", self.RESUMED)], clean=True)))
        way = [("R", self.CONNACK), ("R", self.PUBLISH_1), ("R", self.PUBLISH_2.replace("07", "08"))]
        self.assertEqual(self.follow(way, receive_max=2), [])
        self.assertIn("MQTT-3.3.4-9", " ".join(self.follow(way, receive_max=1)))

    def test_a_breach_is_a_fault(self):
        story = Story()
        story.history.breaches.append(Breach("sub", 3, 1.5, "A", "PINGRESP, and nobody asked"))
        self.assert_finds(story, "sub: A sent, at connection 3 and 1.500 s: PINGRESP")


if __name__ == "__main__":
    unittest.main()
