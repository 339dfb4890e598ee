#!/usr/bin/python3
"""Tenants: names of one never meet those of another, and none takes more than it may."""
import asyncio
import pathlib
import signal
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from api import Api, quote  # noqa: E402
from broker import Broker  # noqa: E402
from mqtt_client import USE_ANOTHER_SERVER, V5, V311, Client, Will  # noqa: E402

QUOTA_EXCEEDED = 0x97
NOT_AUTHORIZED = 0x87


class TenantCase(unittest.IsolatedAsyncioTestCase):
    """A listener for each of the tenants `default`, `red` and `blue`."""
    tenants = {}
    mqtt = {}

    def setUp(self):
        listeners = {"default": {"tenant": "default"}}
        for tenant in ("red", "blue"):
            listeners[tenant] = {"bind": "127.0.0.1", "port": 0, "tenant": tenant}
        self.config = {"listeners": listeners, "tenants": self.tenants, "mqtt": self.mqtt}
        self.broker = Broker(config=self.config)
        self.addCleanup(self.broker.__exit__)
        self.ports = {name: int(self.broker.wait_for_event("listener.opened", listener=name)["fields"]["port"])
                      for name in listeners}
        self.clients = []

    async def asyncTearDown(self):
        for client in self.clients:
            client.abort()

    def client(self, client_id, tenant, **options):
        client = Client(client_id, self.ports[tenant], **{"expiry_s": 0, "clean": True, **options})
        self.clients.append(client)
        return client

    async def connected(self, client_id, tenant, **options):
        client = self.client(client_id, tenant, **options)
        self.assertEqual((await client.connect()).code, 0)
        return client

    def met(self, limit):
        return self.broker.metric("tenon_limit_met_total", limit=limit)

    def topics(self, client):
        return sorted(message.topic for message in client.messages)


class Apart(TenantCase):
    async def test_messages_stay_in_their_tenant_whatever_is_subscribed(self):
        readers = {}
        for tenant in self.ports:
            readers[tenant] = reader = await self.connected("reader", tenant)  # one client id in each
            for filter in ("#", "+/+", "a/b", "$share/g/a/#"):
                self.assertEqual(await reader.subscribe(filter, 1), 1)
        for tenant in self.ports:
            writer = await self.connected("writer", tenant)
            self.assertEqual(await writer.deliver("a/b", tenant), 0)
        for tenant, reader in readers.items():
            await reader.received(2)  # by its own subscriptions, and by the shared one
            await reader.ping()
            self.assertEqual({message.payload for message in reader.messages}, {tenant.encode()})
            self.assertEqual(set(self.topics(reader)), {"a/b"})

    async def test_retained_messages_and_wills_stay_in_their_tenant(self):
        for tenant in self.ports:
            writer = await self.connected("writer", tenant)
            self.assertEqual(await writer.deliver("kept", tenant, retain=True), 0x10)
            willing = await self.connected("willing", tenant, will=Will("gone", tenant.encode(), 1, True))
            willing.abort()
            await willing.closed()
        for tenant in self.ports:
            reader = await self.connected("reader", tenant)
            await reader.subscribe("#", 1)
            await reader.received(2)
            await reader.ping()
            self.assertEqual([(m.topic, m.payload) for m in sorted(reader.messages, key=lambda m: m.topic)],
                             [("gone", tenant.encode()), ("kept", tenant.encode())])

    async def test_stored_sessions_of_one_client_id_are_two(self):
        red = await self.connected("c", "red", expiry_s=600, clean=False)
        await red.subscribe("t/#", 1)
        blue = self.client("c", "blue", expiry_s=600, clean=False)
        self.assertFalse((await blue.connect()).session_present)
        await red.ping()  # nobody has taken it over
        await red.disconnect()
        writer = await self.connected("writer", "red")
        self.assertEqual(await writer.deliver("t/1", "for red"), 0)
        other = await self.connected("writer", "blue")
        self.assertEqual(await other.deliver("t/1", "for blue"), 0x10)
        self.assertTrue((await red.connect()).session_present)
        self.assertEqual((await red.received(1))[0].topic, "t/1")
        self.assertEqual(red.messages[0].payload, b"for red")

    async def test_no_words_lead_into_another_tenant(self):
        for version in (V5, V311):
            spy = await self.connected("spy", "default", version=version)
            for filter in ("$tenant/red/#", "$tenant/+/a", "$tenant/#", "$share/g/$tenant/red/a"):
                self.assertGreaterEqual(await spy.subscribe(filter, 1), 0x80, filter)
            reader = await self.connected("reader", "red")
            await reader.subscribe("#", 1)
            writer = await self.connected("writer", "default", version=version)
            code = await writer.deliver("$tenant/red/a", "forged")
            self.assertEqual(code, NOT_AUTHORIZED if version == V5 else 0)
            inside = await self.connected("inside", "red")
            for topic in ("$SYS/a", "$tenant/blue/a", "$other"):
                self.assertEqual(await inside.deliver(topic, "forged"), NOT_AUTHORIZED)
            await reader.ping()
            self.assertEqual(reader.messages, [])
            await reader.disconnect()

    async def test_what_operators_keep_for_a_tenant_is_its_own(self):
        owner = Api(self.broker.api_socket)
        writer = await self.connected("writer", "red")
        await writer.deliver("kept", "old", retain=True)
        message = {"topic": "$tenant/red/kept", "payload": "new", "retain": True, "qos": 1}
        self.assertEqual((await asyncio.to_thread(owner.post, "/api/v1/publish", message)).status, 200)
        for query, found in (("", []), ("?filter=%24tenant/%23", []), ("?tenant=red", ["$tenant/red/kept"])):
            page = (await asyncio.to_thread(owner.get, "/api/v1/retained" + query)).json
            self.assertEqual([message["topic"] for message in page["messages"]], found, query)
        kept = await asyncio.to_thread(owner.get, f"/api/v1/retained/{quote('$tenant/red/kept')}?tenant=red")
        self.assertEqual(kept.json["payload"], "new")

    async def test_a_tenant_sees_nothing_of_the_node(self):
        reader = await self.connected("reader", "red")
        self.assertEqual(await reader.subscribe("$SYS/#", 1), 1)
        await reader.ping()
        self.assertEqual(reader.messages, [])


class Limited(TenantCase):
    tenants = {"red": {"connections_max": 3, "subscriptions_max": 4, "retained_count_max": 2,
                       "retained_bytes_max": 4000}}

    async def test_connections(self):
        for version, code in ((V5, QUOTA_EXCEEDED), (V311, 3)):
            before = self.met("tenant_connections")
            inside = [await self.connected(f"c{n}", "red") for n in range(3)]
            self.assertEqual((await self.client("c3", "red", version=version).connect()).code, code)
            former, inside[0] = inside[0], await self.connected("c0", "red", version=version)  # it takes over
            await former.closed()
            self.assertEqual((await self.client("c3", "red", version=version).connect()).code, code)
            self.assertEqual(self.met("tenant_connections"), before + 2)
            await self.connected("c3", "blue")
            for client in inside:
                await client.disconnect()
                await client.closed()

    async def test_subscriptions_of_bare_and_stored_sessions_count_together(self):
        bare = await self.connected("bare", "red")
        stored = await self.connected("stored", "red", expiry_s=600)
        self.assertEqual([await bare.subscribe(f"t/{n}", 1) for n in range(2)], [1, 1])
        self.assertEqual([await stored.subscribe(f"t/{n}", 1) for n in range(2)], [1, 1])
        for client in (bare, stored):
            self.assertEqual(await client.subscribe("more", 1), QUOTA_EXCEEDED)
            self.assertEqual(await client.subscribe("t/1", 2), 2)  # it is there
        self.assertEqual(self.met("tenant_subscriptions"), 2)
        await bare.unsubscribe("t/0")
        self.assertEqual(await stored.subscribe("more", 1), 1)
        other = await self.connected("other", "blue")
        self.assertEqual([await other.subscribe(f"t/{n}", 1) for n in range(9)], [1] * 9)

    async def test_subscriptions_that_are_there_take_no_room_in_a_packet(self):
        for client in (await self.connected("bare", "red"), await self.connected("stored", "red", expiry_s=600)):
            self.assertEqual(await client.subscribe_all(["t/0", "t/1", "t/2"]), [1] * 3)
            self.assertEqual(await client.subscribe_all(["t/0", "t/1", "t/2", "t/3"]), [1] * 4)
            self.assertEqual(await client.subscribe_all(["t/3", "t/4"]), [1, QUOTA_EXCEEDED])
            for number in range(4):
                await client.unsubscribe(f"t/{number}")

    async def test_retained_messages(self):
        writer = await self.connected("writer", "red")
        reader = await self.connected("reader", "red")
        await reader.subscribe("#", 1)
        self.assertEqual([await writer.deliver(f"r/{n}", "x", retain=True) for n in range(2)], [0, 0])
        self.assertEqual(await writer.deliver("r/2", "x", retain=True), QUOTA_EXCEEDED)
        self.assertEqual(await writer.deliver("r/0", "y" * 5000, retain=True), QUOTA_EXCEEDED)
        self.assertEqual(await writer.deliver("r/0", "y", retain=True), 0)
        self.assertEqual(await writer.deliver("r/1", "", retain=True), 0)
        self.assertEqual(await writer.deliver("r/2", "x", retain=True), 0)
        await reader.received(7)  # all of them, kept or not
        self.assertEqual(self.met("tenant_retained"), 2)
        other = await self.connected("other", "blue")
        self.assertEqual([await other.deliver(f"r/{n}", "x", retain=True) for n in range(9)], [0x10] * 9)

    async def test_a_reload_changes_the_limits_of_those_who_are_there(self):
        bare = await self.connected("bare", "red")
        self.assertEqual([await bare.subscribe(f"t/{n}", 1) for n in range(5)], [1, 1, 1, 1, QUOTA_EXCEEDED])
        self.broker.write_config("90-case.json", {**self.config, "tenants": {"red": {"subscriptions_max": 5}}})
        self.broker.process.send_signal(signal.SIGHUP)
        await asyncio.to_thread(self.broker.wait_for_event, "config.reload_done")
        self.assertEqual([await bare.subscribe(f"t/{n}", 1) for n in range(4, 6)], [1, QUOTA_EXCEEDED])


class Rates(TenantCase):
    tenants = {"red": {"message_rate_max": 20}, "blue": {"byte_rate_max": 20000}}

    async def test_all_clients_of_a_tenant_share_its_rate_and_lose_nothing(self):
        reader = await self.connected("reader", "red")
        await reader.subscribe("t/#", 1)
        writers = [await self.connected(f"w{n}", "red") for n in range(3)]
        began = time.monotonic()
        for number in range(20):
            for writer in writers:
                writer.publish("t/x", str(number), 1)
        await reader.received(60, timeout_s=60)
        # Twenty are free; a broker may be slower than the rate, but not faster.
        self.assertGreater(time.monotonic() - began, (60 - 20 - len(writers)) / 20)
        self.assertGreater(self.met("tenant_rate"), 0)

    async def test_the_rate_of_bytes_holds_and_others_are_not_concerned(self):
        busy = await self.connected("busy", "blue")
        began = time.monotonic()
        self.assertEqual(await busy.deliver("t", "x" * 80000, timeout_s=60), 0x10)
        await busy.ping(timeout_s=60)
        self.assertGreater(time.monotonic() - began, 2.9)
        free = await self.connected("free", "default")
        for _ in range(50):
            self.assertEqual(await free.deliver("u", "x"), 0x10)


class QueueBytes(TenantCase):
    tenants = {"red": {"queue_bytes_max": 4000}}

    async def asyncSetUp(self):
        """Clients to whom one message is sent at a time; further ones wait while they acknowledge nothing."""
        self.slow, self.writers = {}, {}
        for tenant in ("red", "blue"):
            self.slow[tenant] = [await self.connected(f"slow{n}", tenant, receive_max=1) for n in range(2)]
            for client in self.slow[tenant]:
                await client.subscribe("t", 1)
            self.writers[tenant] = await self.connected("writer", tenant)

    def hold_answers(self, tenant):
        for client in self.slow[tenant]:
            client.hold_answers = True

    async def write(self, tenant, count):
        for _ in range(count):
            await self.writers[tenant].deliver("t", "x" * 900)
            for client in self.slow[tenant]:
                await client.ping()  # whose worker has then taken it, or refused it

    async def answer(self, tenant, before, count):
        """Each has so many messages in all, the first behind `before` of them being on its way."""
        for client in self.slow[tenant]:
            client.hold_answers = False
            client.answer_held((await client.received(before + 1))[before])
        for client in self.slow[tenant]:
            await client.received(count)
            await client.ping()
            self.assertEqual(len(client.messages), count)

    async def test_what_waits_for_all_clients_of_a_tenant_is_bounded_and_others_are_not_concerned(self):
        for tenant in self.slow:
            self.hold_answers(tenant)
            await self.write(tenant, 10)
        refused = 2 * (10 - 1 - 2)  # four have room, two for each client
        self.assertEqual(self.met("tenant_queue"), refused)
        self.assertEqual(self.broker.metric("tenon_publish_dropped_total", cause="queue_full"), refused)
        await self.answer("red", 0, 3)
        await self.answer("blue", 0, 10)
        # Room that is given back can be had.
        self.hold_answers("red")
        await self.write("red", 3)
        await self.answer("red", 3, 6)
        self.assertEqual(self.met("tenant_queue"), refused)


class Elsewhere(TenantCase):
    async def code_of(self, client_id, tenant, **options):
        return (await self.client(client_id, tenant, **options).connect()).code

    async def test_a_tenant_that_nodes_of_other_groups_serve_is_not_let_in_until_this_node_is_of_one(self):
        api = Api(self.broker.api_socket)
        path = "/api/v1/traffic/directives/mqtt/" + quote("r*")
        present = await self.connected("present", "red")
        answer = await asyncio.to_thread(api.ask, "PUT", path, {"weights": {"far": 1}, "reason": "moved"}, None,
                                         {"If-None-Match": "*"})
        self.assertEqual(answer.status, 200, answer)
        etag = answer.headers["ETag"]
        self.assertEqual(await self.code_of("a", "red"), USE_ANOTHER_SERVER)
        self.assertEqual(await self.code_of("b", "red", version=V311), 3)
        self.assertEqual([await self.code_of("c", tenant) for tenant in ("blue", "default")], [0, 0])
        await present.ping()
        self.assertEqual(self.broker.metric("tenon_session_redirected_total"), 2)
        again = await asyncio.to_thread(api.ask, "PUT", path, {"weights": {"far": 2}}, None, {"If-None-Match": "*"})
        self.assertEqual(again.status, 412, again)

        self.broker.write_config("90-case.json", {**self.config, "cluster": {"groups": ["far", "near"]}})
        self.broker.process.send_signal(signal.SIGHUP)
        await asyncio.to_thread(self.broker.wait_for_event, "config.reload_done")
        self.assertEqual(await self.code_of("d", "red"), 0)

        self_id = (await asyncio.to_thread(api.get, "/api/v1/traffic")).json["nodes"][0]["id"]
        answer = await asyncio.to_thread(api.ask, "PUT", f"/api/v1/traffic/groups/{self_id}", {"groups": []}, None, None)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(await self.code_of("e", "red"), USE_ANOTHER_SERVER, "what is said at runtime wins")
        answer = await asyncio.to_thread(api.ask, "DELETE", path, None, None, {"If-Match": etag})
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(await self.code_of("f", "red"), 0)
        shown = (await asyncio.to_thread(api.get, "/api/v1/traffic")).json
        self.assertEqual((shown["directives"], shown["nodes"][0]["groups"]), ([], []))
        self.assertEqual([(one["what"], one["action"]) for one in shown["audit"]],
                         [("directive mqtt r*", "set"), (f"groups {self_id}", "set"), ("directive mqtt r*", "removed")])


if __name__ == "__main__":
    unittest.main()
