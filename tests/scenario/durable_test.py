#!/usr/bin/python3
"""What outlives the broker: sessions, their queues and subscriptions, retained messages and wills, across a stop in peace
and across SIGKILL."""
import asyncio
import json
import pathlib
import signal
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import kill_run  # noqa: E402
from broker import Broker  # noqa: E402
from mqtt_client import MESSAGE_EXPIRY, NEVER, V311, V5, Client, Will  # noqa: E402

QUIET_S = 0.5  # what must not come has this long to come all the same
NOT_AUTHORIZED, QUOTA_EXCEEDED = 0x87, 0x97


class Case(unittest.IsolatedAsyncioTestCase):
    config = {}

    def setUp(self):
        self.broker = Broker(config=self.config)
        self.addCleanup(self.broker.__exit__)
        self.clients = []

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # it complains of each slow step

    async def asyncTearDown(self):
        for client in self.clients:
            await client.release()
            client.abort()

    async def connect(self, client_id, **options):
        client = Client(client_id, lambda: self.broker.port, **options)
        self.clients.append(client)
        connack = await client.connect()
        self.assertEqual(connack.code, 0)
        return client

    async def restart(self, how):
        """The broker ends, by kill or in peace, and begins again."""
        if how == "kill":
            self.broker.kill()
        else:
            self.assertEqual(await asyncio.to_thread(self.broker.stop), 0)
        await asyncio.to_thread(self.broker.start_again)

    async def settled(self):
        """What the broker was told before is on disk: a message to a session's inbox has gone the same way behind it."""
        probe = await self.connect("probe")
        await probe.subscribe("probe", 1)
        self.assertEqual(await probe.deliver("probe", "1", 1), 0)
        await probe.received(1)
        await probe.disconnect(expiry_s=0)

    async def queued(self, count):
        """So many messages wait in the inboxes: all acknowledgements are on record."""
        deadline = time.monotonic() + 20
        while await asyncio.to_thread(self.broker.metric, "tenon_session_queue_messages") != count:
            self.assertLess(time.monotonic(), deadline, f"the inboxes never held {count} messages")
            await asyncio.sleep(0.05)

    async def until(self, is_so, timeout_s=10):
        deadline = time.monotonic() + timeout_s
        while not is_so():
            self.assertLess(time.monotonic(), deadline)
            await asyncio.sleep(0.02)

    def payloads(self, client):
        return [message.payload.decode() for message in client.messages]


HOW = ("kill", "peace")


class Restart(Case):
    async def queue(self, version, qos):
        sub = await self.connect(f"sub-{version}-{qos}", version=version)
        self.assertEqual(await sub.subscribe("q/#", qos), qos)
        await sub.disconnect()
        pub = await self.connect("pub", version=version, clean=True, expiry_s=0)
        for i in range(20):
            self.assertEqual(await pub.deliver(f"q/{i % 3}", f"{i}", qos), 0)
        await pub.disconnect()
        return sub

    async def test_a_queue_outlives_the_broker(self):
        for how in HOW:
            for version in (V311, V5):
                for qos in (1, 2):
                    with self.subTest(how=how, version=version, qos=qos):
                        sub = await self.queue(version, qos)
                        await self.restart(how)
                        self.assertTrue((await sub.connect()).session_present)
                        await sub.received(20)
                        self.assertEqual(self.payloads(sub), [str(i) for i in range(20)])
                        self.assertEqual({message.qos for message in sub.messages}, {qos})
                        sub.expiry_s = 0
                        await sub.disconnect()
                        await (await self.connect(sub.client_id, version=version, clean=True)).disconnect()

    async def test_subscriptions_outlive_the_broker(self):
        for how in HOW:
            with self.subTest(how=how):
                sub = await self.connect("sub")
                await sub.subscribe("kept/+", 1)
                await sub.subscribe("gone/+", 1)
                self.assertEqual(await sub.unsubscribe("gone/+"), 0)
                await sub.disconnect()
                await self.restart(how)
                pub = await self.connect("pub", clean=True, expiry_s=0)
                await pub.deliver("gone/1", "gone")
                await pub.deliver("kept/1", "offline")
                self.assertTrue((await sub.connect()).session_present)
                await pub.deliver("kept/1", "online")
                await sub.received(2)
                self.assertEqual(self.payloads(sub), ["offline", "online"])
                sub.messages.clear()
                await sub.disconnect()
                await pub.disconnect()

    async def test_retained_messages_outlive_the_broker(self):
        pub = await self.connect("pub", clean=True, expiry_s=0)
        for i in range(10):
            await pub.deliver(f"r/{i}", f"{i}", qos=i % 3, retain=True)
        await pub.deliver("r/3", "", retain=True)
        await pub.deliver("r/4", "newer", retain=True)
        await pub.disconnect()
        for how in HOW:
            with self.subTest(how=how):
                await self.restart(how)
                sub = await self.connect("sub-" + how, clean=True, expiry_s=0)
                await sub.subscribe("r/#", 1)
                await sub.received(9)
                await sub.ping()
                found = {message.topic: message.payload.decode() for message in sub.messages}
                wanted = {f"r/{i}": f"{i}" for i in range(10) if i not in (3, 4)} | {"r/4": "newer"}
                self.assertEqual(found, wanted)
                self.assertTrue(all(message.retain for message in sub.messages))

    async def test_what_was_not_acknowledged_comes_again_and_the_rest_does_not(self):
        for how in HOW:
            with self.subTest(how=how):
                sub = await self.connect("sub-" + how, hold_answers=True)
                await sub.subscribe("held", 1)
                pub = await self.connect("pub", clean=True, expiry_s=0)
                for i in range(6):
                    await pub.deliver("held", f"{i}")
                await sub.received(6)
                for message in sub.messages[:3]:
                    sub.answer_held(message)
                await self.queued(3)
                await self.restart(how)
                sub.messages.clear()
                sub.hold_answers = False
                await sub.connect_again()
                await sub.received(3)
                await sub.ping()
                self.assertEqual(self.payloads(sub), ["3", "4", "5"])

    async def test_a_qos_2_message_that_was_received_comes_once(self):
        for how in HOW:
            with self.subTest(how=how):
                sub = await self.connect("sub-" + how, hold_answers=True)
                await sub.subscribe("held", 2)
                pub = await self.connect("pub", clean=True, expiry_s=0)
                for i in range(4):
                    await pub.deliver("held", f"{i}", 2)
                await sub.received(4)
                sub.answer_held(sub.messages[0])
                await sub.ping()
                await self.restart(how)
                sub.hold_answers = False
                await sub.connect_again()
                await pub.connect_again()
                await pub.deliver("held", "next", 2)
                await sub.received(5)
                self.assertEqual(self.payloads(sub), ["0", "1", "2", "3", "next"])

    async def test_a_qos_2_publish_is_taken_once_when_its_pubrec_is_lost(self):
        for how in HOW:
            with self.subTest(how=how):
                sub = await self.connect("sub-" + how)
                await sub.subscribe("once", 2)
                pub = await self.connect("pub-" + how)
                pub._on_pubrec = lambda packet_id, code: None  # as if it had never come
                pub.publish("once", "1", 2)
                await sub.received(1)
                await self.settled()
                await self.restart(how)
                del pub._on_pubrec
                await sub.connect_again()
                await pub.connect_again()
                await pub.deliver("once", "2", 2)
                await sub.received(2)
                await sub.ping()
                self.assertEqual(self.payloads(sub), ["1", "2"])

    async def test_a_refused_qos_2_publish_is_refused_again_when_its_pubrec_is_lost_mqtt_4_3_3_9(self):
        pub = await self.connect("pub")
        code = asyncio.get_running_loop().create_future()
        pub.publish("$SYS/not/for/clients", "1", 2, done=code.set_result)
        await self.until(lambda: self.broker.metric("tenon_auth_denied_total", type="publish") == 1)
        pub.abort()
        await pub.closed()
        await self.settled()
        await pub.connect_again()
        self.assertEqual(await asyncio.wait_for(code, 20), NOT_AUTHORIZED)
        self.assertEqual(await pub.deliver("t", "2", 2), 0)

    async def test_pubrels_are_owed_at_once_whatever_the_receive_maximum_mqtt_4_4_0_1(self):
        sub = await self.connect("sub")
        await sub.subscribe("t", 2)
        pubrels = []

        def hold_pubcomp(first, body):
            if first == 0x62:
                pubrels.append(body[0] << 8 | body[1])
            else:
                Client._on_packet(sub, first, body)
        sub._on_packet = hold_pubcomp
        pub = await self.connect("pub", clean=True, expiry_s=0)
        for i in range(3):
            await pub.deliver("t", f"{i}", 2)
        await self.until(lambda: len(pubrels) == 3)
        sub.abort()
        await sub.closed()
        sub.receive_max = 1
        await sub.connect_again()
        await self.until(lambda: len(pubrels) == 6)
        self.assertEqual(pubrels[3:], pubrels[:3])

    async def test_what_comes_behind_many_pubrels_that_are_owed_is_delivered(self):
        sub = await self.connect("sub")
        await sub.subscribe("t", 2)
        pubrels = []
        take = sub._on_packet
        sub._on_packet = lambda first, body: pubrels.append(body) if first == 0x62 else take(first, body)
        pub = await self.connect("pub", clean=True, expiry_s=0)
        for i in range(200):
            await pub.deliver("t", f"{i}", 2)
        await self.until(lambda: len(pubrels) == 200)
        sub.abort()
        await sub.closed()
        sub._on_packet = take
        await pub.deliver("t", "while it was away", 1)
        await sub.connect_again()
        await sub.received(201)
        await pub.deliver("t", "when it is back", 1)
        await sub.received(202)
        self.assertEqual(self.payloads(sub)[200:], ["while it was away", "when it is back"])

    async def test_a_large_message_outlives_the_broker(self):
        payload = bytes(range(256)) * 2048
        sub = await self.connect("sub")
        await sub.subscribe("t", 1)
        await sub.disconnect()
        pub = await self.connect("pub", clean=True, expiry_s=0)
        await pub.deliver("t", payload)
        await self.restart("kill")
        await sub.connect()
        await sub.received(1)
        self.assertEqual(sub.messages[0].payload, payload)

    async def test_messages_expire_over_a_restart(self):
        sub = await self.connect("sub")
        await sub.subscribe("t", 1)
        await sub.disconnect()
        pub = await self.connect("pub", clean=True, expiry_s=0)
        await pub.deliver("t", "short", expiry_s=1)
        await pub.deliver("t", "long", expiry_s=1000)
        await pub.deliver("r/short", "short", retain=True, expiry_s=1)
        await pub.deliver("r/long", "long", retain=True, expiry_s=1000)
        await self.restart("kill")
        await asyncio.sleep(2)
        await sub.connect()
        await sub.subscribe("r/#", 1)
        await sub.received(2)
        await sub.ping()
        self.assertEqual(self.payloads(sub), ["long", "long"])
        for message in sub.messages:
            self.assertLess(message.properties[MESSAGE_EXPIRY], 1000)
            self.assertGreater(message.properties[MESSAGE_EXPIRY], 900)

    async def test_members_of_a_group_share_what_comes_before_and_after(self):
        subs = [await self.connect(f"member-{i}") for i in range(3)]
        for sub in subs:
            await sub.subscribe("$share/g/t", 1)
            await sub.disconnect()
        await self.restart("kill")
        pub = await self.connect("pub", clean=True, expiry_s=0)
        for i in range(30):
            await pub.deliver("t", f"{i}")
        await self.restart("kill")
        for sub in subs:
            self.assertTrue((await sub.connect()).session_present)
        got = []
        while len(got) < 30:
            await subs[0].ping()
            got = sorted(int(payload) for sub in subs for payload in self.payloads(sub))
        self.assertEqual(got, list(range(30)))

    async def test_a_clean_start_ends_the_session_for_good(self):
        sub = await self.connect("sub")
        await sub.subscribe("t", 1)
        await sub.disconnect()
        await (await self.connect("sub", clean=True, expiry_s=0)).disconnect()
        for how in HOW:
            with self.subTest(how=how):
                await self.restart(how)
                pub = await self.connect("pub", clean=True, expiry_s=0)
                await pub.deliver("t", "x")
                await pub.disconnect()
                self.assertFalse((await sub.connect()).session_present)
                await sub.ping()
                self.assertEqual(sub.messages, [])
                await sub.disconnect()
                await (await self.connect("sub", clean=True, expiry_s=0)).disconnect()


class RestartWithStateAndJournalInOneEngine(Restart):
    config = kill_run.engines("sqlite", "state")


@unittest.skipUnless(kill_run.HAS_ROCKSDB, "storage/rocksdb is not built")
class RestartWithRocksdb(Restart):
    config = kill_run.engines("rocksdb", "rocksdb")


class TooLarge(Case):
    """Messages beyond what ranges take."""

    config = {"mqtt": {"packet_bytes_max": 32 << 20, "session_queue_bytes_max": 64 << 20}, "publish": {"timeout_s": 60}}
    QOS_2_BYTES_MAX = (15 << 20) - (512 << 10)  # InboxFeed::post_bytes_max

    async def test_message_is_refused_and_its_client_stays(self):
        sub = await self.connect("sub")
        await sub.subscribe("t", 2)
        # 3.x has no code to refuse by.
        for version, refusal in ((V5, QUOTA_EXCEEDED), (V311, 0)):
            for qos in (1, 2):
                with self.subTest(version=version, qos=qos):
                    pub = await self.connect(f"pub-{version}-{qos}", version=version)
                    self.assertEqual(await pub.deliver("t", b"x" * (16 << 20), qos), refusal)
                    self.assertEqual(await pub.deliver("kept", b"x" * (16 << 20), qos, retain=True), refusal)
                    self.assertEqual(await pub.deliver("t", "next", qos), 0)
                    self.assertTrue(pub.connected)
        await sub.received(4)
        self.assertEqual(self.payloads(sub), ["next"] * 4)
        late = await self.connect("late")
        await late.deliver("kept/fence", "behind it", retain=True)
        await late.subscribe("kept/#", 1)
        await late.received(1)
        await late.ping()
        self.assertEqual([message.topic for message in late.messages], ["kept/fence"])
        self.broker.wait_for_event("routing.message_refused")

    async def test_largest_qos_2_message_that_is_taken_reaches_inboxes_and_is_retained(self):
        sub = await self.connect("sub")
        await sub.subscribe("t", 2)
        pub = await self.connect("pub")
        largest = b"x" * (self.QOS_2_BYTES_MAX - len("t"))
        self.assertEqual(await pub.deliver("t", largest, 2, retain=True), 0)
        await sub.received(1)
        self.assertEqual(sub.messages[0].payload, largest)
        self.assertEqual(await pub.deliver("t", largest + b"x", 2, retain=True), QUOTA_EXCEEDED)
        late = await self.connect("late")
        await late.subscribe("t", 1)
        await late.received(1)
        self.assertEqual(late.messages[0].payload, largest)


class Takeover(Case):
    async def test_the_second_connection_goes_on_and_the_first_is_told(self):
        first = await self.connect("c", hold_answers=True)
        await first.subscribe("t", 1)
        pub = await self.connect("pub", clean=True, expiry_s=0)
        for i in range(3):
            await pub.deliver("t", f"{i}")
        await first.received(3)
        first.answer_held(first.messages[0])
        await first.ping()
        second = await self.connect("c")
        self.assertTrue(second.connack.session_present)
        await first.closed()
        self.assertEqual(first.disconnect_code, 0x8E)
        await second.received(2)
        await pub.deliver("t", "3")
        await second.received(3)
        self.assertEqual(self.payloads(second)[-3:], ["1", "2", "3"])

    async def test_many_takeovers_lose_nothing(self):
        pub = await self.connect("pub", clean=True, expiry_s=0)
        seen = []
        holder = await self.connect("c", on_message=lambda message: seen.append(int(message.payload)))
        await holder.subscribe("t", 1)
        for i in range(200):
            pub.publish("t", f"{i}")
            if i % 10 == 9:
                holder = await self.connect("c", on_message=lambda message: seen.append(int(message.payload)))
        while pub.unacknowledged_count:
            await asyncio.sleep(0.01)
        last = await self.connect("c", on_message=lambda message: seen.append(int(message.payload)))
        for _ in range(500):
            if len(set(seen)) == 200:
                break
            await asyncio.sleep(0.02)
        await last.ping()
        self.assertEqual(sorted(set(seen)), list(range(200)))


class BrokenLinks(Case):
    """Connections that end in the middle of everything, and clients that are back before the broker has noticed."""

    async def publish_over_broken_links(self, qos, publish_count=10, rounds=60):
        sub = await self.connect("sub")
        await sub.subscribe("t", qos)
        pub = await self.connect("pub")
        number = 0
        for i in range(rounds):
            for _ in range(publish_count):
                pub.publish("t", f"{number}", qos)
                number += 1
            if i % 3 == 0:
                await asyncio.sleep(0.001 * (i % 7))
            pub.leave()
            await pub.connect()
        while pub.unacknowledged_count:
            await asyncio.sleep(0.01)
        await self.settled()
        await sub.ping()
        return [int(payload) for payload in self.payloads(sub)], number

    async def test_qos_2_messages_come_once(self):
        got, count = await self.publish_over_broken_links(2)
        self.assertEqual(got, list(range(count)))


class Wills(Case):
    async def watcher(self, client_id="watcher"):
        watcher = await self.connect(client_id)
        await watcher.subscribe("will/#", 1)
        return watcher

    async def nothing_comes(self, watcher, count=0):
        await asyncio.sleep(QUIET_S)
        await watcher.ping()
        self.assertEqual(len(watcher.messages), count, watcher.messages)

    async def test_a_will_fires_when_the_connection_breaks(self):
        watcher = await self.watcher()
        dying = await self.connect("dying", will=Will("will/1", "dead"))
        dying.abort()
        await watcher.received(1)
        self.assertEqual(self.payloads(watcher), ["dead"])

    async def test_a_will_does_not_come_to_its_own_client_where_its_subscription_has_no_local_MQTT_3_8_3_3(self):
        watcher = await self.watcher()
        dying = await self.connect("dying", will=Will("will/1", "dead"))
        no_local = 4
        self.assertEqual(await dying.subscribe("will/#", 1 | no_local), 1)
        dying.abort()
        await watcher.received(1)
        await dying.connect()
        await self.nothing_comes(dying)

    async def test_a_will_fires_after_its_delay(self):
        watcher = await self.watcher()
        dying = await self.connect("dying", will=Will("will/1", "dead", delay_s=2))
        began = asyncio.get_running_loop().time()
        dying.abort()
        await watcher.received(1)
        self.assertGreaterEqual(asyncio.get_running_loop().time() - began, 1.9)

    async def test_a_return_within_the_delay_cancels_the_will(self):
        watcher = await self.watcher()
        dying = await self.connect("dying", will=Will("will/1", "dead", delay_s=4))
        dying.abort()
        await dying.closed()
        dying.will = None
        await dying.connect()
        await asyncio.sleep(4.5)
        await self.nothing_comes(watcher)

    async def test_a_disconnect_in_peace_drops_the_will_also_across_a_kill(self):
        watcher = await self.watcher()
        dying = await self.connect("dying", will=Will("will/1", "dead", delay_s=1))
        await dying.disconnect()
        await self.settled()
        await self.restart("kill")
        await watcher.connect_again()
        await asyncio.sleep(1.5)
        await self.nothing_comes(watcher)

    async def test_a_will_fires_once_after_a_kill(self):
        watcher = await self.watcher()
        await self.connect("dying", will=Will("will/1", "dead"))
        await self.restart("kill")
        await watcher.connect_again()
        await watcher.received(1)
        await self.nothing_comes(watcher, 1)
        await self.restart("kill")
        await watcher.connect_again()
        await self.nothing_comes(watcher, 1)

    async def test_a_will_of_a_session_that_ends_with_its_connection_fires_after_a_kill(self):
        watcher = await self.watcher()
        for version in (V311, V5):
            await self.connect(f"dying-{version}", version=version, clean=True, expiry_s=0,
                               will=Will("will/1", f"dead {version}"))
        await self.restart("kill")
        await watcher.connect_again()
        await watcher.received(2)
        self.assertEqual(set(self.payloads(watcher)), {"dead 4", "dead 5"})

    async def test_a_return_within_the_delay_cancels_the_will_across_a_kill(self):
        watcher = await self.watcher()
        dying = await self.connect("dying", will=Will("will/1", "dead", delay_s=5))
        await self.restart("kill")
        dying.will = None
        await dying.connect_again()
        await watcher.connect_again()
        await asyncio.sleep(5.5)
        await self.nothing_comes(watcher)

    async def test_a_retained_will_is_kept(self):
        dying = await self.connect("dying", will=Will("will/1", "dead", retain=True))
        watcher = await self.watcher()
        dying.abort()
        await watcher.received(1)
        await self.settled()
        await self.restart("kill")
        late = await self.connect("late", clean=True, expiry_s=0)
        await late.subscribe("will/#", 1)
        await late.received(1)
        self.assertEqual(self.payloads(late), ["dead"])


class Expiry(Case):
    config = {"log": {"level": "debug"}}

    async def test_a_session_expires_while_the_broker_runs_and_while_it_does_not(self):
        for how in (None, "kill", "peace"):
            with self.subTest(how=how):
                sub = await self.connect(f"sub-{how}", expiry_s=2)
                await sub.subscribe("t", 1)
                await sub.disconnect()
                if how:
                    await self.restart(how)
                # Time passes by the leader's clock; the broker says when the session is gone.
                await asyncio.to_thread(self.broker.wait_for_event, "session.expired", 20, 0, client_id=f"sub-{how}")
                self.assertFalse((await sub.connect()).session_present)
                await sub.disconnect()

    async def test_a_session_with_a_client_at_the_kill_expires_from_the_restart_on(self):
        sub = await self.connect("sub", expiry_s=2)
        await sub.subscribe("t", 1)
        await self.restart("kill")
        await asyncio.to_thread(self.broker.wait_for_event, "session.expired", 20, 0, client_id="sub")
        self.assertFalse((await sub.connect()).session_present)

    async def test_the_expiry_of_the_disconnect_is_the_one_that_counts(self):
        for how in HOW:
            with self.subTest(how=how):
                ends = await self.connect("ends-" + how)
                await ends.disconnect(expiry_s=1)
                stays = await self.connect("stays-" + how, expiry_s=1)
                await stays.disconnect(expiry_s=1000)
                await self.settled()
                await self.restart(how)
                await asyncio.to_thread(self.broker.wait_for_event, "session.expired", 20, 0, client_id="ends-" + how)
                self.assertFalse((await ends.connect()).session_present)
                self.assertTrue((await stays.connect()).session_present)

    async def test_a_session_that_ends_behind_a_message_of_qos_2_is_not_there_when_its_client_is_back_at_once(self):
        watcher = await self.connect("watcher", clean=True, expiry_s=0)
        await watcher.subscribe("t", 2)
        for number in range(50):
            client = await self.connect("hasty")
            client.publish("t", str(number), 2)
            await client.disconnect(expiry_s=0)
            back = Client("hasty", lambda: self.broker.port)
            self.clients.append(back)
            self.assertFalse((await back.connect()).session_present, number)
            await back.disconnect(expiry_s=0)
        await watcher.received(50)
        self.assertEqual([message.payload for message in watcher.messages], [str(number).encode() for number in range(50)])

    async def test_a_session_that_never_expires_is_there_after_a_kill(self):
        sub = await self.connect("sub", expiry_s=NEVER)
        await sub.disconnect()
        await self.restart("kill")
        self.assertTrue((await sub.connect()).session_present)

    async def test_a_session_without_expiry_ends_with_its_connection_and_with_the_broker(self):
        for how in HOW:
            with self.subTest(how=how):
                sub = await self.connect("sub", clean=True, expiry_s=0)
                await sub.subscribe("t", 1)
                await self.restart(how)
                sub.clean = False
                self.assertFalse((await sub.connect()).session_present)
                await sub.disconnect()


class Outbox(Case):
    """Messages with QoS 2 of a session that outlives its link."""

    async def offline(self, count, qos=2):
        """Sessions that are away, each with a subscription."""
        subs = [await self.connect(f"sub-{i}") for i in range(count)]
        for sub in subs:
            self.assertEqual(await sub.subscribe("t/#", qos), qos)
            await sub.disconnect()
        return subs

    async def each_has(self, subs, payloads):
        for sub in subs:
            await sub.connect()
            await sub.received(len(payloads))
            await sub.ping()
            self.assertEqual(self.payloads(sub), payloads)

    async def test_a_message_reaches_each_session_once_when_the_broker_is_killed_behind_the_acknowledgement(self):
        subs = await self.offline(20)
        pub = await self.connect("pub")
        for i in range(3):
            self.assertEqual(await pub.deliver("t/1", f"{i}", 2), 0)
            await self.restart("kill")
            await pub.connect()
        await self.each_has(subs, ["0", "1", "2"])

    async def test_messages_come_through_in_order_when_their_session_ends_behind_the_acknowledgement(self):
        subs = await self.offline(3)
        pub = await self.connect("pub")
        for i in range(20):
            self.assertEqual(await pub.deliver("t/1", f"{i}", 2), 0)
        await pub.disconnect(expiry_s=0)
        await self.each_has(subs, [f"{i}" for i in range(20)])

    async def burst_comes_through(self, stop):
        """Sends more messages at once than may wait in an outbox; `stop`: the broker stands still until all have left."""
        subs = await self.offline(1)
        pub = await self.connect("pub", version=V311, window=5000)
        done = [asyncio.get_running_loop().create_future() for _ in range(5000)]
        if stop:
            self.broker.signal(signal.SIGSTOP)
        for i, future in enumerate(done):
            pub.publish("t/1", f"{i}", 2, done=future.set_result)
        if stop:
            self.broker.signal(signal.SIGCONT)
        self.assertEqual(set(await asyncio.wait_for(asyncio.gather(*done), 60)), {0})
        await self.each_has(subs, [f"{i}" for i in range(5000)])

    async def test_more_messages_than_may_wait_in_the_outbox_come_through_in_order(self):
        await self.burst_comes_through(stop=False)

    async def test_more_messages_than_may_wait_in_the_outbox_may_come_in_one_read(self):
        await self.burst_comes_through(stop=True)

    async def test_a_packet_id_is_taken_for_a_new_message_once_it_was_released(self):
        subs = await self.offline(1)
        pub = await self.connect("pub")
        for i in range(10):
            self.assertEqual(await pub.deliver("t/1", f"{i}", 2), 0)
            await pub.disconnect()
            await pub.connect()
        await self.each_has(subs, [f"{i}" for i in range(10)])

    async def test_a_retained_message_is_kept_when_the_broker_is_killed_behind_the_acknowledgement(self):
        pub = await self.connect("pub")
        for i in range(3):
            self.assertEqual(await pub.deliver("t/1", f"{i}", 2, retain=True), 0)
        await self.restart("kill")
        late = await self.connect("late", clean=True, expiry_s=0)
        deadline = time.monotonic() + 20
        while self.payloads(late)[-1:] != ["2"]:
            self.assertLess(time.monotonic(), deadline, self.payloads(late))
            await late.subscribe("t/1", 1)
            await late.ping()

    async def test_a_session_that_is_there_gets_it_and_so_does_one_without_state(self):
        stored = await self.connect("stored")
        bare = await self.connect("bare", clean=True, expiry_s=0)
        past = await self.connect("past")
        for sub, qos in ((stored, 2), (bare, 2), (past, 0)):
            self.assertEqual(await sub.subscribe("t/#", qos), qos)
        pub = await self.connect("pub")
        self.assertEqual(await pub.deliver("t/1", "hello", 2), 0)
        for sub in (stored, bare, past):
            await sub.received(1)
            await sub.ping()
            self.assertEqual(self.payloads(sub), ["hello"])

    async def test_one_member_of_a_group_gets_it(self):
        members = [await self.connect(f"member-{i}") for i in range(3)]
        for member in members:
            self.assertEqual(await member.subscribe("$share/group/t/#", 2), 2)
            await member.disconnect()
        pub = await self.connect("pub")
        for i in range(6):
            self.assertEqual(await pub.deliver("t/1", f"{i}", 2), 0)
        await self.queued(6)
        for member in members:
            await member.connect()
            await member.received(2)
            await member.ping()
        self.assertEqual(sorted(sum((self.payloads(member) for member in members), [])), [f"{i}" for i in range(6)])


class FanOut(Case):
    async def test_a_message_for_many_sessions_that_are_away_reaches_each_once(self):
        subs = [await self.connect(f"sub-{i}") for i in range(60)]
        for i, sub in enumerate(subs):
            self.assertEqual(await sub.subscribe("t/#", 1 + i % 2), 1 + i % 2)
            await sub.disconnect()
        for clean in (True, False):
            pub = await self.connect(f"pub-{clean}", clean=clean)
            for i in range(5):
                self.assertEqual(await pub.deliver("t/1", f"{clean} {i}", 1), 0)
        await self.restart("kill")
        for sub in subs:
            await sub.connect()
            await sub.received(10)
            await sub.ping()
            self.assertEqual(self.payloads(sub), [f"{clean} {i}" for clean in (True, False) for i in range(5)])


class FirstRanges(Case):
    config = {"stores": {"inbox": {"initial_ranges": 4}}}

    def applied(self):
        """By range of the sessions: how much was written to it."""
        status, body = self.broker.get("/api/v1/ranges")
        self.assertEqual(status, 200)
        return {r["id"]: r["replica"]["applied"] for r in json.loads(body)["ranges"] if r["store"] == "inbox"}

    async def test_sessions_are_spread_over_all_ranges_of_the_start(self):
        before = self.applied()
        self.assertEqual(len(before), 4)
        for number in range(40):
            await self.connect(f"client-{number}")
        # The list is made anew each second.
        while (after := self.applied()) == before:
            pass
        for number, applied in after.items():
            self.assertGreater(applied, before[number], f"range {number}")


if __name__ == "__main__":
    unittest.main()
