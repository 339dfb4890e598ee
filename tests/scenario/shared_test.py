#!/usr/bin/python3
"""Shared subscriptions: no message is lost when a member leaves, and who gets which message is the operator's choice.
[MQTT-4.8.2-3] [MQTT-4.8.2-5] [MQTT-4.8.2-6]"""
import asyncio
import collections
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from api import Api  # noqa: E402
from broker import Broker  # noqa: E402
from broker_case import BrokerCase  # noqa: E402
from mqtt_client import V5, V311, Client  # noqa: E402


class Shared(BrokerCase):
    async def member(self, client_id, group="$share/g/t/#", qos=1, **options):
        client = await self.connected(client_id, **options)
        self.assertEqual(await client.subscribe(group, qos), qos)
        return client

    async def publish(self, client, count, qos=1, topic="t/x"):
        for number in range(count):
            self.assertEqual(await client.deliver(topic, str(number), qos), 0)

    @staticmethod
    def numbers(*clients):
        return sorted(int(m.payload) for client in clients for m in client.messages)

    def passed_on(self):
        return self.broker.metric("tenon_routing_passed_on_total")


class MemberThatLeaves(Shared):
    """Several clients, so that they sit on both workers."""

    async def leaves_behind(self, leave, members=4, **options):
        """Some members get messages and acknowledge none; what they leave behind comes to the one that stays."""
        silent = [await self.member(f"silent{n}", hold_answers=True, **options) for n in range(members)]
        writer = await self.connected("writer")
        await self.publish(writer, 10 * members)
        for client in silent:
            await client.received(10)
        stays = await self.member("stays")
        for client in silent:
            await leave(client)
        await stays.received(10 * members)
        self.assertEqual(self.numbers(stays), list(range(10 * members)))
        self.assertFalse(any(m.dup for m in stays.messages))
        self.assertGreaterEqual(self.passed_on(), 10 * members)

    async def test_unacknowledged_goes_to_another_when_it_disconnects(self):
        await self.leaves_behind(lambda client: client.disconnect())

    async def test_unacknowledged_goes_to_another_when_its_link_breaks(self):
        async def breaks(client):
            client.abort()
            await client.closed()
        await self.leaves_behind(breaks)

    async def test_members_that_leave_together_lose_nothing(self):
        stays = await self.member("stays")
        writer = await self.connected("writer")
        for round_number in range(6):
            silent = [await self.member(f"silent{n}", hold_answers=True) for n in range(40)]
            await self.publish(writer, 410)
            for client in silent:
                client.abort()
            await stays.received(410 * (round_number + 1))
        self.assertEqual(self.numbers(stays), sorted(list(range(410)) * 6))

    async def test_unacknowledged_goes_to_another_from_a_3_1_1_client(self):
        await self.leaves_behind(lambda client: client.disconnect(), version=V311)

    async def test_unacknowledged_goes_to_another_when_it_is_taken_over(self):
        async def taken_over(client):
            await self.connected(client.client_id)
            await client.closed()
        await self.leaves_behind(taken_over)

    async def test_what_waited_for_its_window_goes_to_another_in_order(self):
        slow = await self.member("slow", hold_answers=True, receive_max=3)
        writer = await self.connected("writer")
        await self.publish(writer, 50)
        await slow.received(3)
        stays = await self.member("stays")
        await slow.disconnect()
        await stays.received(50)
        self.assertEqual([int(m.payload) for m in stays.messages], list(range(50)))

    async def test_what_was_acknowledged_or_refused_does_not_come_again(self):
        leaves = await self.member("leaves", hold_answers=True)
        writer = await self.connected("writer")
        await self.publish(writer, 4)
        await leaves.received(4)
        leaves.answer_held(leaves.messages[0])
        leaves._write(b"\x40\x03" + leaves.messages[2].packet_id.to_bytes(2, "big") + b"\x80")
        await leaves.ping()
        stays = await self.member("stays")
        await leaves.disconnect()
        await stays.received(2)
        await stays.ping()
        self.assertEqual(self.numbers(stays), [1, 3])

    async def test_what_was_sent_with_qos_2_is_for_nobody_else(self):
        leaves = await self.member("leaves", qos=2, hold_answers=True, receive_max=2)
        writer = await self.connected("writer")
        await self.publish(writer, 5, qos=2)
        await leaves.received(2)
        stays = await self.member("stays", qos=2)
        await leaves.disconnect()
        await stays.received(3)
        await stays.ping()
        self.assertEqual(self.numbers(stays), [2, 3, 4])

    async def test_it_goes_to_a_session_that_is_away_when_nobody_else_is_there(self):
        away = await self.member("away", clean=False, expiry_s=600)
        leaves = await self.member("leaves", hold_answers=True)
        writer = await self.connected("writer")
        await self.publish(writer, 10)
        await leaves.received(5)
        await away.received(5)
        await away.disconnect()
        await leaves.disconnect()
        back = await self.connected("away", clean=False, expiry_s=600)
        await back.received(5)
        self.assertEqual(self.numbers(away, back), list(range(10)))

    async def test_session_that_ended_a_moment_ago_gets_nothing_that_others_could_have(self):
        stays = await self.member("stays")
        writer = await self.connected("writer")
        for number in range(20):
            ends = await self.member("ends", clean=False, expiry_s=600)
            await ends.disconnect(expiry_s=0 if number % 2 else None)
            if number % 2 == 0:  # its session ends by this
                await self.connected("ends", clean=True)
            for part in range(3):
                await writer.deliver("t/x", str(3 * number + part))
        await stays.received(60)
        self.assertEqual(self.numbers(stays), list(range(60)))

    async def test_nothing_is_lost_while_members_come_and_go(self):
        stays = await self.member("stays")
        writer = await self.connected("writer", window=50)
        acked = []
        seen = collections.Counter()

        async def coming_and_going(name):
            for round_number in range(8):
                client = await self.member(name, on_message=lambda m: seen.update([int(m.payload)]))
                await asyncio.sleep(0)
                for _ in range(3):
                    await client.ping()
                if round_number % 2:
                    client.abort()
                    await client.closed()
                else:
                    await client.disconnect()

        async def writing():
            for number in range(3000):
                writer.publish("t/x", str(number), 1, done=lambda code, n=number: acked.append(n))
                if number % 20 == 19:
                    await writer.ping()
            while len(acked) < 3000:
                await writer.ping()
        await asyncio.gather(writing(), *(coming_and_going(f"guest{n}") for n in range(4)))
        for _ in range(200):
            seen_all = seen + collections.Counter(int(m.payload) for m in stays.messages)
            if len(seen_all) == 3000:
                break
            await stays.ping()
        self.assertEqual(sorted(seen_all), list(range(3000)))


class MemberThatIsAway(Shared):
    """A stored session without its client: others of its group have what it would have got."""

    async def away(self, client_id="away", group="$share/g/t/#", expiry_s=600, **options):
        client = await self.member(client_id, group, clean=False, expiry_s=expiry_s, **options)
        await client.disconnect()
        return client

    async def back(self, client_id="away", **options):
        return await self.connected(client_id, clean=False, expiry_s=600, **options)

    async def test_it_gets_nothing_while_another_is_there_by_any_strategy(self):
        for strategy in ("round_robin", "random", "sticky", "hash_client", "hash_topic", "local_first"):
            with self.subTest(strategy=strategy):
                self.broker.__exit__()
                self.broker = Broker(config={"mqtt": {"shared_strategy": strategy}})
                self.addCleanup(self.broker.__exit__)
                for number in range(3):
                    await self.away(f"away{number}")
                here = await self.member("here", clean=False, expiry_s=600)
                for number in range(4):
                    await self.publish(await self.connected(f"writer{number}"), 10, topic=f"t/{number}")
                await here.received(40)
                self.assertEqual(self.numbers(here), sorted(list(range(10)) * 4))
                for client in self.clients:
                    await client.disconnect()

    async def test_those_that_are_there_have_equal_shares(self):
        here = [await self.member(f"here{number}") for number in range(2)]
        for number in range(3):
            await self.away(f"away{number}")
        await self.publish(await self.connected("writer"), 40)
        for client in here:
            await client.received(20)

    async def test_it_has_its_turns_again_when_it_is_back(self):
        await self.away()
        here = await self.member("here")
        writer = await self.connected("writer")
        await self.publish(writer, 10)
        await here.received(10)
        back = await self.back()
        await self.publish(writer, 10)
        await here.received(15)
        await back.received(5)

    async def test_it_keeps_its_share_when_all_are_away(self):
        for number in range(2):
            await self.away(f"away{number}")
        await self.publish(await self.connected("writer"), 20)
        back = [await self.back(f"away{number}") for number in range(2)]
        for client in back:
            await client.received(10)
        self.assertEqual(self.numbers(*back), list(range(20)))

    async def test_nothing_is_lost_when_its_session_ends(self):
        here = await self.member("here", qos=2)
        await self.away(qos=2)
        for number in range(2):
            writer = await self.connected(f"writer{number}", clean=False, expiry_s=600 * number)
            await self.publish(writer, 10, qos=1 + number)
        await self.connected("away", clean=True)  # its session ends by this
        await here.received(20)
        self.assertEqual(self.numbers(here), sorted(list(range(10)) * 2))

    async def end(self, way, client_id):
        """Ends a session that is away."""
        if way == "clean start":
            await self.connected(client_id, clean=True)
        elif way == "operator":
            answer = await asyncio.to_thread(Api(self.broker.api_socket).delete, f"/api/v1/sessions/{client_id}")
            self.assertEqual(answer.status, 200, answer)
        else:
            client = await self.back(client_id, hold_answers=True)
            await client.disconnect(expiry_s=0)

    async def leave_to_who_stays(self, way, group="$share/g/t/#"):
        """What came while all were away, and what a member had been sent and not acknowledged, is the others' when its session ends."""
        for number in range(3):
            await self.away(f"away{number}", group, hold_answers=True)
        writer = await self.connected("writer")
        await self.publish(writer, 30)
        sent = await self.back("away0", hold_answers=True)
        await sent.received(1)
        sent.abort()
        await sent.closed()
        for number in range(2):
            await self.end(way, f"away{number}")
        stays = await self.back("away2")
        await stays.received(30)
        self.assertEqual(self.numbers(stays), list(range(30)))

    async def test_what_a_session_has_not_finished_goes_to_another_when_a_clean_start_ends_it(self):
        await self.leave_to_who_stays("clean start")

    async def test_what_a_session_has_not_finished_goes_to_another_when_its_client_ends_it(self):
        await self.leave_to_who_stays("expiry of 0")

    async def test_what_a_session_has_not_finished_goes_to_another_when_an_operator_ends_it(self):
        await self.leave_to_who_stays("operator")

    async def test_what_a_session_has_not_finished_goes_to_another_when_it_expires(self):
        await self.away("expires", expiry_s=3)
        writer = await self.connected("writer")
        await self.publish(writer, 10)
        stays = await self.member("stays")
        await stays.received(10)
        self.assertEqual(self.numbers(stays), list(range(10)))

    async def test_what_a_session_got_of_its_own_subscription_is_for_nobody_else(self):
        await self.away()
        client = await self.back()
        await client.subscribe("u/#", 1)
        await client.disconnect()
        writer = await self.connected("writer")
        await self.publish(writer, 5)
        await self.publish(writer, 5, topic="u/x")
        stays = await self.member("stays")
        await stays.subscribe("u/#", 1)
        await self.end("clean start", "away")
        await stays.received(5)
        await self.publish(writer, 1, topic="u/last")
        await stays.received(6)
        self.assertEqual([m.topic for m in stays.messages], ["t/x"] * 5 + ["u/last"])

    async def test_member_of_an_ordered_group_has_what_is_its_when_it_is_back(self):
        members = [await self.member(f"m{number}", "$oshare/g/t/#", clean=False, expiry_s=600) for number in range(2)]
        writer = await self.connected("writer")
        await self.publish(writer, 1)
        while not any(member.messages for member in members):
            await asyncio.gather(*(member.ping() for member in members))
        [first] = [member for member in members if member.messages]
        await first.disconnect()
        await self.publish(writer, 10)
        back = await self.back(first.client_id)
        await back.received(10)
        self.assertEqual([int(m.payload) for m in back.messages], list(range(10)))


class FullMember(Shared):
    config = {"node": {"workers": 1}, "mqtt": {"session_queue_count_max": 5}}

    async def test_one_that_is_away_keeps_what_one_that_is_full_would_drop(self):
        full = await self.member("full", hold_answers=True, receive_max=1)
        away = await self.member("away", clean=False, expiry_s=600)
        await away.disconnect()
        await self.publish(await self.connected("writer"), 10)
        back = await self.connected("away", clean=False, expiry_s=600)
        while len(back.messages) < 4:
            await back.ping()
        full.hold_answers = False
        for message in list(full.messages):
            full.answer_held(message)
        while len(full.messages) + len(back.messages) < 10:
            await asyncio.gather(full.ping(), back.ping())
        self.assertEqual(self.numbers(full, back), list(range(10)))


class MemberFullOfBytes(Shared):
    config = {"node": {"workers": 2}, "mqtt": {"session_queue_bytes_max": 10000}}

    async def test_message_for_which_a_member_has_too_little_room_goes_to_another(self):
        full = [await self.member(f"full{n}", hold_answers=True, receive_max=1) for n in range(4)]
        eager = await self.member("eager")
        writer = await self.connected("writer")
        for number in range(40):
            self.assertEqual(await writer.deliver("t/x", b"%04000d" % number, 1), 0)
        # One that was sent, and two in the queue; a third one would not fit.
        await eager.received(40 - 4 * 3)
        for client in full:
            await client.received(1)
        self.assertEqual([len(client.messages) for client in full], [1] * 4)
        self.assertEqual(self.broker.metric("tenon_publish_dropped_total", cause="queue_full"), 0)


class FullMembers(Shared):
    """Several clients on both workers, so that it is another one that finds a member full."""
    room = 5
    config = {"node": {"workers": 2}, "mqtt": {"session_queue_count_max": room, "slow_client_timeout_s": 0}}

    async def full_members(self, count, group="$share/g/t/#"):
        return [await self.member(f"full{n}", group, hold_answers=True, receive_max=1) for n in range(count)]

    async def let_go(self, full, others=()):
        """Those that were held answer, until nobody gets anything more."""
        for client in full:
            client.hold_answers = False
            for message in list(client.messages):
                client.answer_held(message)
        count = None
        while count != sum(len(client.messages) for client in (*full, *others)):
            count = sum(len(client.messages) for client in (*full, *others))
            await self.settled(*full, *others)

    @staticmethod
    async def settled(*clients):
        """What was on its way from one worker to another, and on from there, has come."""
        for _ in range(3):
            await asyncio.gather(*(client.ping() for client in clients))

    def dropped(self):
        return self.broker.metric("tenon_publish_dropped_total", cause="queue_full") or 0

    async def test_what_full_members_would_drop_goes_to_those_with_room_at_any_worker(self):
        full = await self.full_members(3)
        eager = [await self.member(f"eager{n}") for n in range(6)]
        writers = [await self.connected(f"writer{n}") for n in range(6)]
        for number in range(300):
            self.assertEqual(await writers[number % len(writers)].deliver("t/x", str(number), 1), 0)
        await self.let_go(full, eager)
        self.assertEqual(self.numbers(*full, *eager), list(range(300)))
        self.assertEqual(self.dropped(), 0)

    async def test_what_full_members_at_all_workers_would_drop_is_kept_by_one_that_is_away(self):
        full = await self.full_members(6)
        away = await self.member("away", clean=False, expiry_s=600)
        await away.disconnect()
        writers = [await self.connected(f"writer{n}") for n in range(4)]
        count = len(full) * (self.room + 1) + self.room
        for number in range(count):
            self.assertEqual(await writers[number % len(writers)].deliver("t/x", str(number), 1), 0)
        back = await self.connected("away", clean=False, expiry_s=600)
        await back.received(self.room)
        await self.let_go(full)
        self.assertEqual(self.numbers(*full, back), list(range(count)))
        self.assertEqual(self.dropped(), 0)

    async def test_each_message_is_dropped_once_when_all_members_are_full(self):
        full = await self.full_members(6)
        await self.publish(await self.connected("writer"), 100)
        await self.settled(*full)
        dropped = self.dropped()
        await self.let_go(full)
        numbers = self.numbers(*full)
        self.assertEqual(len(set(numbers)), len(numbers))
        self.assertEqual(len(numbers) + dropped, 100)
        self.assertEqual(len(numbers), len(full) * (self.room + 1))

    async def test_full_member_of_an_ordered_group_drops_what_would_come_to_others_out_of_order(self):
        full = await self.full_members(6, "$oshare/g/t/#")
        await self.publish(await self.connected("writer"), 30)
        await self.settled(*full)
        self.assertEqual(self.dropped(), 30 - self.room - 1)
        await self.let_go(full)
        self.assertEqual(sorted(len(client.messages) for client in full), [0] * 5 + [self.room + 1])
        self.assertEqual(self.numbers(*full), list(range(self.room + 1)))


class Strategies(Shared):
    @staticmethod
    def broker_with(strategy):
        return {"mqtt": {"shared_strategy": strategy}}

    async def spread(self, strategy, publishers=1, topics=1):
        """How many messages each of four members got, of forty by each publisher."""
        self.broker.__exit__()
        self.broker = Broker(config=self.broker_with(strategy))
        self.addCleanup(self.broker.__exit__)
        members = [await self.member(f"m{n}") for n in range(4)]
        for number in range(publishers):
            writer = await self.connected(f"w{number}")
            for n in range(40):
                await writer.deliver(f"t/{n % topics}", f"{number}")
        total = 40 * publishers
        while sum(len(m.messages) for m in members) < total:
            for member in members:
                await member.ping()
        return members

    async def test_round_robin_gives_each_the_same(self):
        members = await self.spread("round_robin")
        self.assertEqual([len(m.messages) for m in members], [10] * 4)

    async def test_random_gives_everybody_some(self):
        members = await self.spread("random", publishers=5)
        self.assertTrue(all(m.messages for m in members))

    async def test_sticky_gives_all_to_one(self):
        members = await self.spread("sticky", publishers=5, topics=10)
        self.assertEqual(sorted(len(m.messages) for m in members), [0, 0, 0, 200])

    async def test_hash_client_keeps_the_messages_of_a_publisher_together(self):
        members = await self.spread("hash_client", publishers=12, topics=10)
        homes = [{m.payload for m in member.messages} for member in members]
        self.assertEqual(sum(len(home) for home in homes), 12)
        self.assertGreater(sum(1 for home in homes if home), 1)

    async def test_hash_topic_keeps_the_messages_of_a_topic_together(self):
        members = await self.spread("hash_topic", publishers=3, topics=20)
        homes = [{m.topic for m in member.messages} for member in members]
        self.assertEqual(sum(len(home) for home in homes), 20)
        self.assertGreater(sum(1 for home in homes if home), 1)

    async def test_local_first_passes_over_sessions_that_are_away(self):
        self.broker.__exit__()
        self.broker = Broker(config=self.broker_with("local_first"))
        self.addCleanup(self.broker.__exit__)
        away = await self.member("away", clean=False, expiry_s=600)
        await away.disconnect()
        here = await self.member("here")
        await self.publish(await self.connected("writer"), 20)
        await here.received(20)


class OfAListener(Shared):
    config = {"mqtt": {"shared_strategy": "sticky"},
              "listeners": {"other": {"bind": "127.0.0.1", "port": 0, "shared_strategy": "round_robin"}}}

    async def test_listener_where_a_message_comes_in_says_how_it_is_spread(self):
        ports = {name: int(self.broker.wait_for_event("listener.opened", listener=name)["fields"]["port"])
                 for name in ("default", "other")}
        self.broker.port = ports["default"]
        members = [await self.member(f"m{n}") for n in range(2)]
        await self.publish(await self.connected("sticky"), 10)
        self.broker.port = ports["other"]
        await self.publish(await self.connected("turns"), 10)
        while sum(len(m.messages) for m in members) < 20:
            for member in members:
                await member.ping()
        self.assertEqual(sorted(len(m.messages) for m in members), [5, 15])


class Ordered(Shared):
    WRITERS = 6

    async def members(self, count, name="m", **options):
        return [await self.member(f"{name}{n}", group="$oshare/g/t/#", **options) for n in range(count)]

    async def writers(self):
        return [await self.connected(f"w{n}") for n in range(self.WRITERS)]

    @staticmethod
    async def write(writers, numbers):
        for number in numbers:
            for index, writer in enumerate(writers):
                await writer.deliver("t/x", f"{index} {number}")

    @staticmethod
    async def all_received(members, count):
        while sum(len(m.messages) for m in members) < count:
            for member in members:
                await member.ping()

    def of_writers(self, *members):
        """By writer: what members that got something of it got, in their order."""
        all_of_them = [[[int(m.payload.split()[1]) for m in member.messages if m.payload.startswith(b"%d " % index)] for member in members]
                       for index in range(self.WRITERS)]
        return [[numbers for numbers in mine if numbers] for mine in all_of_them]

    async def test_one_publisher_and_topic_come_to_one_member_in_order(self):
        members, writers = await self.members(3), await self.writers()
        await self.write(writers, range(30))
        await self.all_received(members, 30 * self.WRITERS)
        self.assertEqual(self.of_writers(*members), [[list(range(30))]] * self.WRITERS)

    async def break_off(self, client):
        client.abort()
        await client.closed()

    async def silent_members(self, **options):
        """Members that acknowledge nothing, of a group to which everything was published."""
        silent = await self.members(3, "silent", hold_answers=True, **options)
        await self.write(await self.writers(), range(30))
        return silent

    async def leave_one_after_the_other(self, silent, leave, have_room=True):
        """What they leave behind comes to the one that stays, in each publisher's order. The next one goes when what the one before it has
        left is with others, as far as these have room: of what is on its way to one that leaves meanwhile, the rest may be faster."""
        [stays] = await self.members(1, "stays")
        left = [*silent, stays]
        for client in silent:
            await leave(client)
            left.remove(client)
            if have_room:
                await self.all_received(left, 30 * self.WRITERS)
        await stays.received(30 * self.WRITERS)
        await stays.ping()
        self.assertEqual(self.of_writers(stays), [[list(range(30))]] * self.WRITERS)

    async def test_what_members_leave_behind_when_they_disconnect_comes_to_the_next_in_order(self):
        silent = await self.silent_members()
        await self.all_received(silent, 30 * self.WRITERS)
        await self.leave_one_after_the_other(silent, Client.disconnect)

    async def test_what_members_leave_behind_when_their_links_break_comes_to_the_next_in_order(self):
        silent = await self.silent_members(version=V311)
        await self.all_received(silent, 30 * self.WRITERS)
        await self.leave_one_after_the_other(silent, self.break_off)

    async def test_what_waited_for_windows_comes_to_the_next_in_order(self):
        await self.leave_one_after_the_other(await self.silent_members(receive_max=3), self.break_off, have_room=False)

    async def test_nothing_is_lost_when_a_member_leaves_while_messages_come(self):
        members, writers = await self.members(4, hold_answers=True), await self.writers()
        await self.write(writers, [0])
        await self.all_received(members, self.WRITERS)
        leaves = next(member for member in members if member.messages)
        members.remove(leaves)
        for member in members:
            member.hold_answers = False
            for message in member.messages:
                member.answer_held(message)
        await asyncio.gather(self.write(writers, range(1, 40)), self.leave_with(leaves, 20))
        await self.all_received(members, 40 * self.WRITERS)
        for mine in self.of_writers(*members):
            self.assertEqual(sorted(number for numbers in mine for number in numbers), list(range(40)))

    async def leave_with(self, client, count):
        """Breaks off when so many messages are there."""
        await client.received(count)
        await self.break_off(client)

    async def test_order_holds_at_each_member_when_members_come_while_messages_do(self):
        members, writers = await self.members(2), await self.writers()
        for number in range(3):
            _, more = await asyncio.gather(self.write(writers, range(15 * number, 15 * number + 15)), self.members(1, f"more{number}"))
            members += more
        await self.all_received(members, 45 * self.WRITERS)
        for mine in self.of_writers(*members):
            self.assertEqual(sorted(number for numbers in mine for number in numbers), list(range(45)))
            self.assertEqual(mine, [sorted(numbers) for numbers in mine])


if __name__ == "__main__":
    unittest.main()
