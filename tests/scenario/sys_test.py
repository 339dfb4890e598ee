#!/usr/bin/python3
"""What a node says of itself under $SYS: for those who ask and may, and nobody else speaks there. ATTACK-13."""
import asyncio
import pathlib
import shutil
import signal
import socket
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from auth_exchange_test import passwd  # noqa: E402
from broker_case import BrokerCase  # noqa: E402
from mqtt_client import Will  # noqa: E402

# Of mosquitto 2, where they mean the same.
NAMES = {"version", "uptime", "clients/total", "clients/connected", "clients/disconnected", "clients/maximum",
         "clients/expired", "bytes/received", "bytes/sent", "publish/messages/received", "publish/messages/sent",
         "publish/messages/dropped", "subscriptions/count", "retained messages/count", "store/messages/count",
         "store/messages/bytes"} | {f"load/{what}/{span}min" for span in (1, 5, 15) for what in (
             "bytes/received", "bytes/sent", "publish/received", "publish/sent", "publish/dropped", "sockets", "connections")}


class Sys(BrokerCase):
    config = {"mqtt": {"sys_interval_s": 1}}

    async def value_of(self, client, name, is_wanted, timeout_s=30):
        """The first value under this name that is wanted, from the newest on."""
        async def wait():
            while True:
                values = [m.payload.decode() for m in client.messages if m.topic == "$SYS/broker/" + name]
                if values and is_wanted(values[-1]):
                    return values[-1]
                client._arrived.clear()
                await client._arrived.wait()
        return await asyncio.wait_for(wait(), timeout_s)


class Shown(Sys):
    async def test_topics_have_mosquittos_names_and_are_retained(self):
        first = await self.connected("first")
        await first.subscribe("$SYS/#")
        await self.value_of(first, "load/connections/15min", lambda v: True)
        second = await self.connected("second")
        await second.subscribe("$SYS/#")
        await second.ping()
        shown = {m.topic.removeprefix("$SYS/broker/") for m in second.messages if m.retain}
        self.assertEqual(shown, NAMES)

    async def test_values_follow_what_happens(self):
        watcher = await self.connected("watcher")
        await watcher.subscribe("$SYS/#")
        await self.value_of(watcher, "clients/connected", lambda v: v == "1")
        other = await self.connected("other", clean=False, expiry_s=600)
        await other.subscribe("t")
        for _ in range(5):
            await watcher.deliver("t", "x", retain=True)
        await self.value_of(watcher, "clients/connected", lambda v: v == "2")
        await self.value_of(watcher, "publish/messages/received", lambda v: v == "5")
        await self.value_of(watcher, "retained messages/count", lambda v: v == "1")
        await self.value_of(watcher, "subscriptions/count", lambda v: v == "2")
        await other.disconnect(expiry_s=600)
        await self.value_of(watcher, "clients/disconnected", lambda v: v == "1")
        await self.value_of(watcher, "clients/maximum", lambda v: v == "2")
        await self.value_of(watcher, "load/publish/received/1min", lambda v: float(v) > 0)

    async def test_a_socket_without_connect_is_no_connection(self):
        watcher = await self.connected("watcher")
        await watcher.subscribe("$SYS/#")
        for _ in range(50):
            self.addCleanup(socket.create_connection(("127.0.0.1", self.broker.port)).close)
        await self.value_of(watcher, "load/sockets/1min", lambda v: float(v) > 20)
        self.assertLess(float(await self.value_of(watcher, "load/connections/1min", lambda v: True)), 5)

    async def test_wildcards_for_everything_do_not_match_it_mqtt_4_7_2_1(self):
        watcher = await self.connected("watcher")
        await watcher.subscribe("$SYS/broker/uptime")
        everything = await self.connected("everything")
        for topic in ("#", "+/#", "+/broker/uptime"):
            await everything.subscribe(topic)
        await self.value_of(watcher, "uptime", lambda v: True)
        await self.value_of(watcher, "uptime", lambda v: len(watcher.messages) > 2)
        await everything.ping()
        self.assertEqual(everything.messages, [])

    async def test_nobody_else_speaks_there(self):
        watcher = await self.connected("watcher")
        await watcher.subscribe("$SYS/#")
        liar = await self.connected("liar", will=Will("$SYS/broker/gone", "lie", retain=True))
        for topic in ("$SYS/broker/version", "$SYS/mine"):
            self.assertEqual(await liar.deliver(topic, "lie", retain=True), 0x87)
        liar.abort()
        await liar.closed()
        await self.value_of(watcher, "uptime", lambda v: sum(m.topic.endswith("uptime") for m in watcher.messages) > 2)
        self.assertFalse([m for m in watcher.messages if m.payload == b"lie"])

    async def test_interval_of_0_by_reload_ends_it_and_forgets_what_stood_there(self):
        watcher = await self.connected("watcher")
        await watcher.subscribe("$SYS/#")
        await self.value_of(watcher, "uptime", lambda v: True)
        self.broker.write_config("95-reload.json", {"mqtt": {"sys_interval_s": 0}})
        self.broker.signal(signal.SIGHUP)
        self.broker.wait_for_event("config.reload_done")
        while True:
            late = await self.connected("late")
            await late.subscribe("$SYS/#")
            await late.ping()
            if not late.messages:
                return
            await late.disconnect()


class Off(Sys):
    config = {"mqtt": {"sys_interval_s": 0}}

    async def test_nothing_stands_there(self):
        watcher = await self.connected("watcher")
        self.assertEqual(await watcher.subscribe("$SYS/#"), 1)
        await watcher.ping()
        self.assertEqual(watcher.messages, [])


class Permitted(Sys):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tenon-auth-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        for user in ("ann", "bob"):
            passwd(self.dir / "passwd", user, user + "-secret", "--iterations", "4096")
        (self.dir / "acl").write_text("user ann\ntopic read $SYS/broker/clients/#\n\nuser bob\ntopic readwrite #\n")
        self.config = {**self.config, "auth": {"chain": {"file": {"enable": True}}},
                       "plugins": {"file": {"options": {"password_file": str(self.dir / "passwd"),
                                                        "acl_file": str(self.dir / "acl")}}}}
        super().setUp()

    async def test_access_is_granted_by_topic_as_anywhere(self):
        ann = await self.connected("ann", user="ann", password="ann-secret")
        bob = await self.connected("bob", user="bob", password="bob-secret")
        self.assertEqual(await ann.subscribe("$SYS/broker/clients/#"), 1)
        self.assertEqual(await ann.subscribe("$SYS/broker/uptime"), 0x87)
        self.assertEqual(await bob.subscribe("$SYS/#"), 0x87)
        await self.value_of(ann, "clients/connected", lambda v: v == "2")
        self.assertTrue(all(m.topic.startswith("$SYS/broker/clients/") for m in ann.messages))
        await bob.ping()
        self.assertEqual(bob.messages, [])


if __name__ == "__main__":
    unittest.main()
