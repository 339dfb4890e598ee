#!/usr/bin/python3
"""One message for many, and many messages for one: what comes of it is paced, is not in memory many times, and holds nobody up.
ATTACK-30.

TENON_AMPLIFIED_SUBSCRIBERS is for how many one message is, of which no more are connected at once than the system lets files
be open, and TENON_AMPLIFIED_TOPICS how many are retained. The suite `long` has 100,000 and 1,000,000."""
import os
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import sanitizer  # noqa: E402
from broker import Broker  # noqa: E402
from crowd import V5, V311, Crowd, Member, descriptors, publish, subscribe  # noqa: E402

SUBSCRIBERS = int(os.environ.get("TENON_AMPLIFIED_SUBSCRIBERS", 2000))
TOPICS = int(os.environ.get("TENON_AMPLIFIED_TOPICS", 20000))
OTHER_FILES = 200
WAIT_S = 60 + (SUBSCRIBERS + TOPICS) // 2000
AT_ONCE = 200  # of those that connect, and of messages without an answer
AGAIN = 50  # SUBSCRIBEs for the same retained messages
MESSAGE_BYTES, SYSTEM_BYTES = 32 << 10, 4 << 10  # told to keep so little for a link, the system leaves most of a message to the broker
LARGE_BYTES, LARGE_READERS = 8 << 20, 20  # the system keeps some of it for each, the broker the rest for all
ROUND_TRIPS = 50
PER_LINK_BYTES, BASE_BYTES = 4096, 8 << 20
PUBLISH, PUBACK, SUBACK, PINGRESP = 3, 4, 9, 13


class AmplifiedCase(unittest.TestCase):
    config = {}

    def setUp(self):
        self.live = min(SUBSCRIBERS, descriptors(SUBSCRIBERS + OTHER_FILES) - OTHER_FILES)
        self.broker = Broker(config={"mqtt": {"packet_bytes_max": 2 * LARGE_BYTES}, **self.config})
        self.addCleanup(self.broker.__exit__)
        self.crowd = Crowd()
        self.addCleanup(self.crowd.close)
        self.slowest_s = 0.0
        self.healthy, self.publisher = self.member("healthy", V5), self.member("publisher", V5)
        self.ask(self.healthy, subscribe(V5, "healthy", 1), SUBACK)

    def tearDown(self):
        self.serve()
        print(f"# {self.id().rpartition('.')[2]}: a client beside it waited {self.slowest_s * 1000:.0f} ms at most", flush=True)
        for member in self.crowd.members.values():
            member.socket.close()
        self.assertEqual(self.broker.stop(), 0)

    def member(self, client_id, version, number=0, stored=False):
        return self.crowd.add(Member(self.broker.port, client_id, version, number, stored))

    def until(self, holds, meanwhile=lambda: None):
        self.crowd.until(holds, sanitizer.times(WAIT_S), meanwhile)

    def ask(self, member, data, kind, crowd=None):
        """Sends, and waits for a packet of this kind, while nobody but `crowd` is read."""
        before = member.came[kind]
        member.send(data)
        (crowd or self.crowd).until(lambda: member.came[kind] > before, sanitizer.times(WAIT_S))

    def serve(self, crowd=None):
        """A message of the healthy client to itself."""
        began, before = time.monotonic(), self.healthy.came[PUBLISH]
        self.ask(self.healthy, publish(V5, "healthy", b"x", 1), PUBACK, crowd)
        (crowd or self.crowd).until(lambda: self.healthy.came[PUBLISH] > before, sanitizer.times(WAIT_S))
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)

    def serve_alone(self):
        """Others are served while nobody else reads."""
        few = Crowd()
        few.add(self.healthy)
        for _ in range(ROUND_TRIPS):
            self.serve(few)
        few.poll.close()

    def joined(self, count, data, kind, stored=False, first=0):
        """Members half of each version, who have said this and been answered by a packet of this kind."""
        members = []
        for at in range(first, first + count, AT_ONCE):
            some = [self.member(f"m{number}", (V311, V5)[number % 2], number, stored)
                    for number in range(at, min(at + AT_ONCE, first + count))]
            for number, member in enumerate(some):
                member.send(data(member.version, number))
            self.until(lambda: all(member.came[kind] for member in some))
            members += some
            self.broker.drain()
        return members

    def memory(self):
        return self.broker.metric("tenon_overload_memory_bytes")

    def grown_by_less_than(self, before, limit):
        grown = self.memory() - before
        print(f"# {self.id().rpartition('.')[2]}: memory {before:.0f} and {grown:+.0f} bytes", flush=True)
        if sanitizer.memory_tells():
            self.assertLess(grown, limit)

    def each_has(self, members, count):
        """So many messages have come to each, and no more."""
        self.until(lambda: all(member.came[PUBLISH] >= count for member in members), self.serve)
        before = [member.came[PINGRESP] for member in members]
        for member in members:
            member.send(b"\xc0\x00")
        self.until(lambda: all(member.came[PINGRESP] > count for member, count in zip(members, before)))
        self.assertEqual({member.came[PUBLISH] for member in members}, {count})

    def publish_unread(self, payload):
        """A message for many, of whom none reads."""
        few = Crowd()
        few.add(self.publisher)
        self.ask(self.publisher, publish(V5, "many", payload, 1), PUBACK, few)
        few.poll.close()

    def unread(self, count, payload, limit):
        members = self.joined(count, lambda version, number: subscribe(version, "many", number // 2 % 2), SUBACK)
        before = self.memory()
        self.publish_unread(payload)
        self.serve_alone()
        self.grown_by_less_than(before, limit)
        for member in members:
            member.widen()
        self.each_has(members, 1)


class SmallSockets(AmplifiedCase):
    config = {"plugins": {"tcp": {"options": {"send_buffer_bytes": SYSTEM_BYTES}}}}

    def test_attack_30_a_message_for_many_costs_each_next_to_nothing(self):
        limit = BASE_BYTES + self.live * PER_LINK_BYTES
        self.assertLess(limit, self.live * MESSAGE_BYTES // 2, "a copy for each would not be seen")
        self.unread(self.live, b"s" * MESSAGE_BYTES, limit)


class Amplified(AmplifiedCase):
    def test_attack_30_a_large_message_for_many_is_in_memory_once_until_they_have_read_it(self):
        self.unread(LARGE_READERS, b"l" * LARGE_BYTES, BASE_BYTES + 4 * LARGE_BYTES)

    def leave(self, members):
        for member in members:
            member.send(b"\xe0\x00")
        self.until(lambda: all(member.closed for member in members))
        for member in members:
            self.crowd.remove(member)

    def test_attack_30_a_message_for_many_stored_sessions_is_kept_for_each(self):
        blocks = [(first, min(self.live, SUBSCRIBERS - first)) for first in range(0, SUBSCRIBERS, self.live)]
        for first, count in blocks:
            self.leave(self.joined(count, lambda version, _: subscribe(version, "many", 1), SUBACK, True, first))
        self.publish_unread(b"x")
        self.serve_alone()
        for first, count in blocks:
            members = self.joined(count, lambda *_: b"\xc0\x00", PINGRESP, True, first)
            self.each_has(members, 1)
            self.leave(members)

    def retain(self, count):
        for at in range(0, count, AT_ONCE):
            before, numbers = self.publisher.came[PUBACK], range(at, min(at + AT_ONCE, count))
            self.publisher.send(b"".join(publish(V5, f"many/{number}", b"x" * 20, 1, True, number - at + 1) for number in numbers))
            self.until(lambda: self.publisher.came[PUBACK] == before + len(numbers))

    def test_attack_30_many_messages_for_one_are_sent_as_it_reads(self):
        self.retain(TOPICS)
        before = self.memory()
        stalled = [Member(self.broker.port, f"stalled{number}", version, number) for number, version in enumerate((V311, V5))]
        greedy = Member(self.broker.port, "greedy", V5)
        for member in (*stalled, *[greedy] * AGAIN):
            member.send(subscribe(member.version, "many/#", 1))
        self.serve_alone()
        self.grown_by_less_than(before, BASE_BYTES)
        greedy.socket.close()
        for number, member in enumerate(stalled):
            self.crowd.add(member)
            for qos in (0, 1):
                reader = self.member(f"reader{number}{qos}", member.version)
                reader.send(subscribe(reader.version, "many/#", qos))
        self.each_has([member for member in self.crowd.members.values() if member not in (self.healthy, self.publisher)], TOPICS)


if __name__ == "__main__":
    unittest.main()
