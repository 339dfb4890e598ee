#!/usr/bin/python3
"""What interceptors make of messages: a plugin that does what the topic says (plugins/intercept_odd.cc), and intercept/topic-rewrite
as an operator has it. A client gets nowhere by a plugin's rewriting where it may not go itself: ATTACK-12."""
import asyncio
import pathlib
import signal
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from api import Api  # noqa: E402
from broker import BUILD, Broker, StartFailed, plugin_dirs  # noqa: E402
from http_service import HttpService  # noqa: E402
from link import WAIT_S, Link, packet, text  # noqa: E402
from mqtt_client import V311, V5, Client, Will  # noqa: E402

ODD = {"odd": {}}
PATH = [*plugin_dirs(), str(BUILD / "tests/scenario/plugins")]
USER_PROPERTY = 0x26
QUOTA_EXCEEDED, NOT_AUTHORIZED, FORMAT_INVALID, TOPIC_NAME_INVALID = 0x97, 0x87, 0x99, 0x90


def pair(name, value):
    return bytes([USER_PROPERTY]) + text(name) + text(value)


def connect_packet(client_id, will=None):
    """A CONNECT of 3.1.1 with a clean session; the will has QoS 1."""
    body = text("MQTT") + bytes([4, 2 | (0x0C if will else 0)]) + b"\0\0" + text(client_id)
    return packet(0x10, body + b"".join(text(part) for part in will or ()))


def publish_packet(topic, payload, properties=b"", retain=False):
    """A PUBLISH of 5.0 with QoS 1 and packet id 1."""
    return packet(0x32 | retain, text(topic) + b"\0\1" + packet(0, properties)[1:] + payload)


class InterceptCase(unittest.IsolatedAsyncioTestCase):
    def odd(self, entry=None, options=None, plugins=None, **config):
        return self.enterContext(Broker(plugin_path=PATH, config={
            "plugins": {**ODD, **(plugins or {})}, **config,
            "intercept": {"odd": {"timeout_ms": 60000, **(entry or {}), "options": options or {}}}}))

    async def client(self, broker, name, **how):
        client = Client(name, broker.port, **{"clean": True, "expiry_s": 0, **how})
        self.assertEqual((await client.connect()).code, 0)
        self.addCleanup(client.abort)
        return client

    async def seen(self, client, count):
        """The first so many messages of a subscriber: (topic, payload)."""
        return [(message.topic, message.payload) for message in await client.received(count)]

    def count(self, broker, what, plugin="odd"):
        return broker.metric(f"tenon_intercept_{what}_total", plugin=plugin)

    async def until(self, holds, timeout_s=WAIT_S):
        deadline = asyncio.get_running_loop().time() + timeout_s
        while not holds():
            self.assertLess(asyncio.get_running_loop().time(), deadline)
            await asyncio.sleep(0.01)

    def reload(self, broker, event="config.reload_done"):
        before = len(broker.events())
        broker.signal(signal.SIGHUP)
        return broker.wait_for_event(event, after=before)


class Answers(InterceptCase):
    """What it can answer, at once."""

    async def test_each_answer_with_each_qos_and_version(self):
        broker = self.odd()
        subscriber = await self.client(broker, "sub")
        await subscriber.subscribe("#", 2)
        for version in (V311, V5):
            for qos in (0, 1, 2):
                for stays in (False, True):
                    with self.subTest(version=version, qos=qos, stays=stays):
                        subscriber.messages.clear()
                        publisher = await self.client(broker, f"pub-{version}-{qos}-{stays}", version=version, clean=not stays,
                                                      expiry_s=60 if stays else 0)
                        codes = [await publisher.deliver("odd/" + what, payload, qos)
                                 for what, payload in (("refuse", b"1"), ("drop", b"2"), ("payload", b"3"), ("topic", b"to/4"),
                                                       ("pass", b"5"), ("refuse_as_success", b"6"))]
                        await publisher.deliver("end", b"", qos)
                        refused = [QUOTA_EXCEEDED, NOT_AUTHORIZED] if version == V5 and qos else [0, 0]
                        self.assertEqual([codes[0], codes[5]], refused)
                        self.assertEqual([code for code in codes[1:5] if code], [])
                        self.assertEqual(await self.seen(subscriber, 4),
                                         [("odd/payload", b"seen: 3"), ("to/4", b"to/4"), ("odd/pass", b"5"), ("end", b"")])
                        await publisher.disconnect()
        self.assertEqual([self.count(broker, what) for what in ("asked", "refused", "dropped", "replaced", "failed")],
                         [72, 24, 12, 24, 0])
        record = broker.wait_for_event("plugin.message_refused", topic="odd/refuse")
        self.assertEqual((record["fields"]["plugin"], record["fields"]["reason"]), ("odd", "not today"))

    async def test_other_topics_are_not_shown_to_it(self):
        broker = self.odd()
        publisher = await self.client(broker, "pub")
        for topic in ("a", "od/refuse", "odd2/refuse", "x/odd/refuse"):
            self.assertIn(await publisher.deliver(topic, b"x"), (0, 0x10))
        self.assertEqual(self.count(broker, "asked"), 0)

    async def test_it_sees_the_message_and_its_properties_and_replaces_them(self):
        broker = self.odd(tenants={"red": {}}, listeners={"default": {"tenant": "red"}})
        link = Link(broker.port, client_id="dev-1")
        self.addCleanup(link.close)
        link.subscribe("odd/#")
        properties = b"\1\1" + b"\3" + text("text/plain") + pair("a", "1") + pair("b", "2")
        link.socket.sendall(publish_packet("odd/describe/x", b"hot", properties, retain=True))
        packets = [link.read(), link.read()]
        self.assertEqual([body[:3] for first, body in packets if first == 0x40], [b"\0\1"])
        delivered = [body for first, body in packets if first is not None and first & 0xF0 == 0x30][0]
        for piece in (properties, pair("seen", "yes")):
            self.assertIn(piece, delivered)
        self.assertTrue(delivered.endswith(b"red|dev-1||default|1|5|retain|a=1|b=2"), delivered)
        link.socket.sendall(packet(0x40, delivered[16:18]))
        link.socket.sendall(publish_packet("odd/strip", b"bare", properties))
        packets = [link.read(), link.read()]
        delivered = [body for first, body in packets if first & 0xF0 == 0x30][0]
        self.assertIn(b"\3" + text("text/plain"), delivered)
        self.assertNotIn(bytes([USER_PROPERTY]) + text("a"), delivered)

    async def test_a_retained_message_is_kept_as_it_was_made_and_not_shown_again(self):
        broker = self.odd()
        publisher = await self.client(broker, "pub")
        await publisher.deliver("odd/payload", b"1", retain=True)
        await publisher.deliver("odd/topic", b"kept", retain=True)
        await publisher.deliver("odd/drop", b"3", retain=True)
        subscriber = await self.client(broker, "sub")
        await subscriber.subscribe("#", 1)
        self.assertEqual(sorted(await self.seen(subscriber, 2)), [("kept", b"kept"), ("odd/payload", b"seen: 1")])
        self.assertEqual(self.count(broker, "asked"), 3)

    async def test_what_it_makes_of_a_message_must_be_one_that_can_be_published(self):
        broker = self.odd()
        link = Link(broker.port, client_id="dev-1")
        self.addCleanup(link.close)
        self.assertEqual(link.publish("odd/large", b"\0"), QUOTA_EXCEEDED)
        link.socket.sendall(publish_packet("odd/nobinary", b"x", b"\1\1"))
        self.assertEqual(link.read(), (0x40, b"\0\1" + bytes([FORMAT_INVALID])))
        link.socket.sendall(publish_packet("odd/topic", b"a/#"))
        self.assertEqual(link.read(), (0x40, b"\0\1" + bytes([NOT_AUTHORIZED])))
        link.socket.sendall(publish_packet("odd/topic", b"$SYS/x"))
        self.assertEqual(link.read(), (0x40, b"\0\1" + bytes([NOT_AUTHORIZED])))
        self.assertEqual(self.count(broker, "failed"), 1)
        # Counted and logged as if the plugin had refused them.
        self.assertEqual(self.count(broker, "refused"), 2)
        record = broker.wait_for_event("plugin.message_refused", topic="odd/large")
        self.assertEqual((record["fields"]["plugin"], record["fields"]["client_id"]), ("odd", "dev-1"))

    async def test_a_message_that_it_lets_pass_is_taken_as_if_it_had_not_been_asked(self):
        broker = self.odd()
        for topic in ("other", "odd/pass"):
            with self.subTest(topic=topic):
                link = Link(broker.port, client_id="c")
                self.addCleanup(link.close)
                link.socket.sendall(publish_packet(topic, b"\xff", b"\1\1"))
                self.assertEqual(link.read()[1][2:3], b"\x10")
                # With an alias a message may be longer than it could be with its topic.
                alias = b"\x23\0\1"
                link.socket.sendall(publish_packet(topic + "/" + "y" * 400, b"1", alias))
                self.assertEqual(link.read()[1][2:3], b"\x10")
                link.socket.sendall(publish_packet("", b"z" * ((1 << 20) - 100), alias))
                self.assertEqual(link.read()[1][2:3], b"\x10")
        self.assertEqual(self.count(broker, "asked"), 3)

    async def test_a_topic_that_it_writes_may_be_as_deep_as_that_of_a_client(self):
        broker = self.odd(mqtt={"topic_levels_max": 3})
        client = await self.client(broker, "c")
        self.assertEqual(await client.deliver("odd/topic", b"a/b/c"), 0x10)
        self.assertEqual(await client.deliver("odd/topic", b"a/b/c/d"), TOPIC_NAME_INVALID)

    async def test_the_client_must_be_allowed_to_publish_to_both_topics(self):
        service = HttpService(lambda request: {"result": "allow", "publish": ["odd/topic", "own/#"], "subscribe": ["#"]})
        self.addCleanup(service.close)
        broker = self.odd(plugins={"http": {}}, auth={"anonymous": "never", "chain": {"http": {"options": {"url": service.url()}}}})
        client = await self.client(broker, "c", user="u", password="x")
        await client.subscribe("#", 1)
        self.assertEqual(await client.deliver("odd/topic", b"others/x"), NOT_AUTHORIZED)
        self.assertEqual(await client.deliver("odd/refuse", b"x"), NOT_AUTHORIZED)
        self.assertEqual(await client.deliver("odd/topic", b"own/x"), 0)
        self.assertEqual(await self.seen(client, 1), [("own/x", b"own/x")])
        self.assertEqual(self.count(broker, "asked"), 2)

    async def test_an_error_refuses_unless_it_is_said_that_it_allows(self):
        broker = self.odd()
        client = await self.client(broker, "c")
        await client.subscribe("#", 1)
        self.assertEqual(await client.deliver("odd/throw", b"1"), NOT_AUTHORIZED)
        broker.write_config("91-allow.json", {"intercept": {"odd": {"on_error": "allow"}}})
        self.reload(broker)
        self.assertEqual(await client.deliver("odd/throw", b"2"), 0)
        self.assertEqual(await self.seen(client, 1), [("odd/throw", b"2")])
        self.assertEqual(self.count(broker, "failed"), 2)


class NotOfClients(InterceptCase):
    async def test_wills_are_shown_and_keep_their_topic(self):
        broker = self.odd()
        subscriber = await self.client(broker, "sub")
        await subscriber.subscribe("#", 1)
        for name, will in (("c1", Will("odd/describe", b"x")), ("c2", Will("odd/drop", b"x")), ("c3", Will("odd/topic", b"y")),
                           ("c4", Will("odd/refuse", b"x")), ("c5", Will("end", b"x"))):
            client = await self.client(broker, name, will=will)
            client.abort()
            if name != "c5":
                await self.until(lambda: self.count(broker, "asked") == int(name[1]))
        self.assertEqual(await self.seen(subscriber, 2), [("odd/describe", b"default|c1|||1|0|will"), ("end", b"x")])
        self.assertEqual(self.count(broker, "failed"), 1)

    async def test_operators_publish_through_it_and_hear_of_a_refusal(self):
        broker = self.odd()
        subscriber = await self.client(broker, "sub")
        await subscriber.subscribe("#", 1)
        api = Api(broker.api_socket)

        def publish(topic, payload="x"):
            return api.post("/api/v1/publish", {"topic": topic, "payload": payload, "qos": 1})

        self.assertEqual(publish("odd/describe").status, 200)
        self.assertEqual(publish("odd/topic", "to/x").status, 200)
        self.assertEqual(publish("odd/drop").status, 200)
        refused = publish("odd/refuse")
        self.assertGreaterEqual(refused.status, 400)
        self.assertIn("not today", refused.detail)
        self.assertEqual(await self.seen(subscriber, 2), [("odd/describe", b"default||||1|0|operator"), ("to/x", b"to/x")])

    async def test_what_operators_publish_stays_in_its_tenant(self):
        broker = self.odd(tenants={"red": {}, "blue": {}})
        api = Api(broker.api_socket)
        for topic, inside in (("odd/topic", "a"), ("$tenant/red/odd/topic", "a")):
            for payload, status in ((inside, 200), ("$tenant/blue/a", 400), ("$SYS/a", 400)):
                with self.subTest(topic=topic, payload=payload):
                    self.assertEqual(api.post("/api/v1/publish", {"topic": topic, "payload": payload, "qos": 1}).status, status)

    async def test_a_reload_changes_how_large_messages_may_become_that_come_by_no_listener(self):
        broker = self.odd(mqtt={"packet_bytes_max": 2000})
        subscriber = await self.client(broker, "sub")
        await subscriber.subscribe("odd/payload", 1)
        broker.write_config("91-larger.json", {"mqtt": {"packet_bytes_max": 100000}})
        self.reload(broker)
        answer = Api(broker.api_socket).post("/api/v1/publish", {"topic": "odd/payload", "payload": "x" * 5000, "qos": 1})
        self.assertEqual(answer.status, 200)
        client = await self.client(broker, "c", will=Will("odd/payload", b"x" * 5000))
        client.abort()
        await self.until(lambda: self.count(broker, "asked") == 2)
        self.assertEqual(self.count(broker, "refused"), 0)


class Later(InterceptCase):
    """Answers that come later, or not at all."""

    async def release(self, broker):
        client = await self.client(broker, "releaser")
        await client.deliver("odd/release", b"")
        await client.disconnect()

    async def test_what_a_client_sends_behind_waits_and_other_clients_do_not(self):
        broker = self.odd()
        subscriber = await self.client(broker, "sub")
        await subscriber.subscribe("#", 2)
        for version in (V311, V5):
            for qos in (0, 1, 2):
                with self.subTest(version=version, qos=qos):
                    subscriber.messages.clear()
                    publisher = await self.client(broker, f"pub-{version}-{qos}", version=version)
                    asked = self.count(broker, "asked")
                    for topic, payload in (("odd/wait", b"1"), ("a", b"2"), ("odd/wait", b"3"), ("b", b"4")):
                        publisher.publish(topic, payload, qos)
                    await self.until(lambda: self.count(broker, "asked") == asked + 1)
                    other = await self.client(broker, "other")
                    await other.deliver("other", b"x")
                    self.assertEqual(await self.seen(subscriber, 1), [("other", b"x")])
                    await self.release(broker)
                    await self.until(lambda: self.count(broker, "asked") == asked + 3)
                    await self.release(broker)
                    seen = [one for one in await self.seen(subscriber, 7) if one[0] != "odd/release"]
                    self.assertEqual(seen, [("other", b"x"), ("odd/wait", b"waited: 1"), ("a", b"2"), ("odd/wait", b"waited: 3"),
                                            ("b", b"4")])
                    await self.until(lambda: publisher.unacknowledged_count == 0)
                    await publisher.disconnect()
                    await other.disconnect()

    async def test_no_answer_in_time_refuses(self):
        broker = self.odd({"timeout_ms": 50})
        client = await self.client(broker, "c")
        await client.subscribe("#", 1)
        self.assertEqual(await client.deliver("odd/never", b"1"), NOT_AUTHORIZED)
        record = broker.wait_for_event("plugin.message_refused", topic="odd/never")
        self.assertIn("no answer before the deadline", record["fields"]["reason"])
        self.assertEqual(self.count(broker, "failed"), 1)
        broker.write_config("91-allow.json", {"intercept": {"odd": {"on_error": "allow"}}})
        self.reload(broker)
        self.assertEqual(await client.deliver("odd/never", b"2"), 0)
        self.assertEqual(await self.seen(client, 1), [("odd/never", b"2")])

    async def test_a_client_that_goes_behind_its_message_leaves_it_to_be_decided_on(self):
        broker = self.odd()
        subscriber = await self.client(broker, "sub")
        await subscriber.subscribe("#", 2)
        with socket.create_connection(("127.0.0.1", broker.port), timeout=WAIT_S) as raw:
            raw.sendall(packet(0x10, text("MQTT") + b"\4\2\0\0" + text("quick")) +
                        packet(0x30, text("odd/wait") + b"1") + packet(0x30, text("behind") + b"2") + b"\xe0\0")
        await self.until(lambda: self.count(broker, "asked") == 1)
        await self.release(broker)
        seen = [one for one in await self.seen(subscriber, 3) if one[0] != "odd/release"]
        self.assertEqual(seen, [("odd/wait", b"waited: 1"), ("behind", b"2")])
        await self.until(lambda: Api(broker.api_socket).get("/api/v1/sessions/quick").status == 404)

    async def test_a_client_that_has_said_that_it_goes_leaves_no_will_when_it_comes_again_meanwhile(self):
        broker = self.odd()
        subscriber = await self.client(broker, "sub")
        await subscriber.subscribe("#", 2)
        with socket.create_connection(("127.0.0.1", broker.port), timeout=WAIT_S) as raw:
            raw.sendall(connect_packet("c", ("will", "died")) + packet(0x30, text("odd/wait") + b"1") +
                        packet(0x30, text("behind") + b"2") + b"\xe0\0")
            await self.until(lambda: self.count(broker, "asked") == 1)
            again = asyncio.create_task(self.client(broker, "c"))
            await self.until(lambda: broker.metric("tenon_link_opened_total", listener="default") == 3)
            await self.release(broker)
            await (await again).deliver("end", b"")
            seen = [one for one in await self.seen(subscriber, 4) if one[0] != "odd/release"]
            self.assertEqual(seen, [("odd/wait", b"waited: 1"), ("behind", b"2"), ("end", b"")])

    async def test_a_client_that_is_gone_leaves_its_will_though_nobody_decides_on_what_it_had_sent(self):
        broker = self.odd()
        subscriber = await self.client(broker, "sub")
        await subscriber.subscribe("will", 1)
        with socket.create_connection(("127.0.0.1", broker.port), timeout=WAIT_S) as raw:
            raw.sendall(connect_packet("c", ("will", "died")) + packet(0x30, text("odd/never")) * 40)
            await self.until(lambda: self.count(broker, "asked") == 1)
        self.assertEqual(await self.seen(subscriber, 1), [("will", b"died")])
        self.assertEqual((self.count(broker, "asked"), self.count(broker, "failed")), (1, 0))

    async def test_what_a_client_has_sent_that_is_gone_is_not_lost_for_its_rate(self):
        broker = self.odd(listeners={"default": {"client_message_rate_max": 5}})
        subscriber = await self.client(broker, "sub")
        await subscriber.subscribe("#", 2)
        with socket.create_connection(("127.0.0.1", broker.port), timeout=WAIT_S) as raw:
            raw.sendall(connect_packet("c") + packet(0x30, text("odd/wait") + b"1") + packet(0x30, text("b")) * 8)
            await self.until(lambda: self.count(broker, "asked") == 1)
        await self.release(broker)
        seen = [one for one in await self.seen(subscriber, 10) if one[0] != "odd/release"]
        self.assertEqual(seen, [("odd/wait", b"waited: 1")] + [("b", b"")] * 8)

    async def test_a_client_that_is_taken_over_while_its_message_waits_sends_it_again(self):
        broker = self.odd()
        subscriber = await self.client(broker, "sub")
        await subscriber.subscribe("odd/wait", 2)
        for qos in (1, 2):
            client = await self.client(broker, f"c{qos}", clean=False, expiry_s=60)
            client.publish("odd/wait", b"%d" % qos, qos)
            asked = 3 * (qos - 1)
            await self.until(lambda: self.count(broker, "asked") == asked + 1)
            client.leave()
            # It is let in though nobody has decided.
            self.assertEqual((await client.connect()).code, 0)
            await self.until(lambda: self.count(broker, "asked") == asked + 2)
            await self.release(broker)
            await self.until(lambda: client.unacknowledged_count == 0)
            await client.disconnect()
        self.assertEqual(await self.seen(subscriber, 2), [("odd/wait", b"waited: 1"), ("odd/wait", b"waited: 2")])

    async def test_a_node_stops_while_messages_wait(self):
        broker = self.odd()
        client = await self.client(broker, "c", will=Will("odd/wait", b"will"))
        client.publish("odd/wait", b"1")
        await self.until(lambda: self.count(broker, "asked") == 1)
        self.assertEqual(broker.stop(), 0)

    async def test_a_will_that_waits_while_the_node_stops_is_decided_on_afterwards(self):
        broker = self.odd()
        client = await self.client(broker, "c", will=Will("odd/wait", b"will", retain=True))
        client.abort()
        await self.until(lambda: self.count(broker, "asked") == 1)
        self.assertEqual(broker.stop(), 0)
        broker.start_again()
        # Its range hands it out again 30 s after the first time.
        await self.until(lambda: self.count(broker, "asked") == 1, 30 + WAIT_S)
        await self.release(broker)
        subscriber = await self.client(broker, "sub")
        await subscriber.subscribe("odd/wait", 1)
        self.assertEqual(await self.seen(subscriber, 1), [("odd/wait", b"waited: will")])

    async def test_a_will_waits_and_is_published_once(self):
        broker = self.odd()
        subscriber = await self.client(broker, "sub")
        await subscriber.subscribe("odd/wait", 2)
        client = await self.client(broker, "c", will=Will("odd/wait", b"will"))
        client.abort()
        await self.until(lambda: self.count(broker, "asked") == 1)
        await self.release(broker)
        self.assertEqual(await self.seen(subscriber, 1), [("odd/wait", b"waited: will")])
        self.assertEqual(self.count(broker, "asked"), 2)


class Configured(InterceptCase):
    async def test_a_reload_puts_other_filters_and_a_refused_one_leaves_those_that_there_are(self):
        broker = self.odd()
        client = await self.client(broker, "c")
        self.assertEqual(await client.deliver("odd/refuse", b"x"), QUOTA_EXCEEDED)
        self.assertEqual(await client.deliver("even/refuse", b"x"), 0x10)
        broker.write_config("91-root.json", {"intercept": {"odd": {"options": {"root": "even"}}}})
        self.reload(broker)
        self.assertEqual(await client.deliver("odd/refuse", b"x"), 0x10)
        self.assertEqual(await client.deliver("even/refuse", b"x"), QUOTA_EXCEEDED)
        for root, event in (("bad", "config.reload_refused"), ("a/#/b", "plugin.intercept_failed")):
            broker.write_config("91-root.json", {"intercept": {"odd": {"options": {"root": root}}}})
            self.reload(broker, event)
            self.assertEqual(await client.deliver("odd/refuse", b"x"), 0x10)
            self.assertEqual(await client.deliver("even/refuse", b"x"), QUOTA_EXCEEDED)

    async def test_a_filter_that_is_none_stops_the_start(self):
        with self.assertRaises(StartFailed) as failed:
            self.odd(options={"root": "a/#/b"})
        self.assertIn("a/#/b/#", str(failed.exception))

    async def test_a_plugin_that_is_not_there_is_named(self):
        with self.assertRaises(StartFailed) as failed:
            Broker(config={"intercept": {"nobody": {}}})
        self.assertIn("nobody", str(failed.exception))

    async def test_the_chain_is_asked_in_its_order_and_each_sees_what_the_one_before_left(self):
        rules = {"rules": [{"filter": "odd/payload/first", "topic": "odd/describe/x"}, {"filter": "odd/drop", "refuse": "first"}]}
        entry = {"timeout_ms": 60000, "options": rules}
        for order, seen, code in ((10, [("odd/describe/x", b"default|c||default|1|5|")], NOT_AUTHORIZED),
                                  (90, [("odd/describe/x", b"seen: x")], 0)):
            with self.subTest(order=order), Broker(plugin_path=PATH, config={
                    "plugins": {**ODD, "topic-rewrite": {}},
                    "intercept": {"odd": {"order": 50}, "topic-rewrite": {**entry, "order": order}}}) as broker:
                client = await self.client(broker, "c")
                await client.subscribe("#", 1)
                await client.deliver("odd/payload/first", b"x")
                self.assertEqual(await self.seen(client, 1), seen)
                self.assertEqual(await client.deliver("odd/drop", b"x"), code)
                await client.disconnect()


class Rewritten(InterceptCase):
    """intercept/topic-rewrite"""

    def broker(self, rules):
        return self.enterContext(Broker(config={"plugins": {"topic-rewrite": {}},
                                                "intercept": {"topic-rewrite": {"options": {"rules": rules}}}}))

    async def test_rules_rewrite_refuse_and_drop(self):
        broker = self.broker([{"filter": "old/+/temp/#", "topic": "plant/$1/temperature/$2"},
                              {"filter": "cmd/#", "except": "cmd/status/+", "refuse": "commands come by the service"},
                              {"filter": "noise/#", "drop": True}])
        client = await self.client(broker, "c")
        await client.subscribe("#", 1)
        topics = ["old/7/temp/in/c", "cmd/stop", "cmd/status/x", "noise/x", "other"]
        codes = [await client.deliver(topic, b"x") for topic in topics]
        self.assertEqual(codes, [0, NOT_AUTHORIZED, 0, 0, 0])
        self.assertEqual([topic for topic, _ in await self.seen(client, 3)], ["plant/7/temperature/in/c", "cmd/status/x", "other"])
        self.assertEqual(self.count(broker, "replaced", "topic-rewrite"), 1)
        broker.write_config("91-rules.json", {"intercept": {"topic-rewrite": {"options": {"rules": [{"filter": "other", "topic": "new"}]}}}})
        self.reload(broker)
        client.messages.clear()
        for topic in ("old/7/temp/in/c", "other"):
            self.assertEqual(await client.deliver(topic, b"x"), 0)
        self.assertEqual([topic for topic, _ in await self.seen(client, 2)], ["old/7/temp/in/c", "new"])

    async def test_a_rule_that_is_none_stops_the_start_with_its_place(self):
        for rule, words in (({"filter": "a/+", "topic": "b/$2"}, "rules.0.topic"), ({"filter": "a/#/b", "drop": True}, "rules.0.filter"),
                            ({"filter": "a"}, "rules.0")):
            with self.subTest(rule=rule):
                with self.assertRaises(StartFailed) as failed:
                    self.broker([rule])
                self.assertIn(words, str(failed.exception))


if __name__ == "__main__":
    unittest.main()
