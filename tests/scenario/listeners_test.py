#!/usr/bin/python3
"""Listeners come, change and go by a reload, and links of the others do not notice; a reload that can't be done changes
nothing."""
import asyncio
import json
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
from link import connect_packet  # noqa: E402
from mqtt_client import Client  # noqa: E402
from scram import Scram  # noqa: E402

ADMINISTRATIVE_ACTION = 0x98
LOCAL = {"bind": "127.0.0.1", "port": 0}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


class Listeners(BrokerCase):
    def reload(self, expected="config.reload_done", **config):
        """With this drop-in; the record of how it went."""
        self.broker.drain()
        before = len(self.broker.events())
        self.broker.write_config("95-reload.json", config)
        self.broker.signal(signal.SIGHUP)
        record = self.broker.wait_for_event(expected, after=before)
        self.seen = self.broker.events()[before:]
        return record

    def port_of(self, name):
        """Of the listener that was opened last under this name."""
        return [int(e["fields"]["port"]) for e in self.broker.events()
                if e["event"] == "listener.opened" and e["fields"]["listener"] == name][-1]

    def client(self, client_id, port, **options):
        client = Client(client_id, port, **{"expiry_s": 0, "clean": True, **options})
        self.clients.append(client)
        return client

    async def connected(self, client_id, port, **options):
        client = self.client(client_id, port, **options)
        self.assertEqual((await client.connect()).code, 0)
        return client

    def assert_closed(self, port):
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=10)

    def listeners(self):
        _, body = self.broker.get("/api/v1/status")
        return [listener["name"] for listener in json.loads(body)["listeners"]]


class Changing(Listeners):
    async def test_added_listener_takes_clients_at_once(self):
        there = await self.connected("there", self.broker.port)
        self.reload(listeners={"more": LOCAL})
        added = await self.connected("added", self.port_of("more"))
        await added.subscribe("t")
        await there.deliver("t", "x")
        await added.received(1)
        self.assertEqual(self.listeners(), ["default", "more"])
        self.assertEqual(self.broker.metric("tenon_link_connections", listener="more"), 1)

    async def test_removed_listener_sends_its_clients_away_and_nobody_else(self):
        self.reload(listeners={"more": LOCAL})
        port = self.port_of("more")
        there = await self.connected("there", self.broker.port)
        goes = await self.connected("goes", port)
        half = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.addCleanup(half.close)
        self.reload(listeners={})
        await goes.closed()
        self.assertEqual(goes.disconnect_code, ADMINISTRATIVE_ACTION)
        self.assertEqual(half.recv(1), b"")
        self.assert_closed(port)
        await there.ping()
        self.assertEqual(self.listeners(), ["default"])
        # Its name and its address can be used again.
        self.reload(listeners={"more": {**LOCAL, "port": port}})
        await self.connected("again", port)

    async def test_switched_off_listener_is_removed_and_switched_on_it_is_back(self):
        self.reload(listeners={"more": {**LOCAL, "port": free_port()}})
        port = self.port_of("more")
        self.reload(listeners={"more": {**LOCAL, "port": port, "enable": False}})
        self.assert_closed(port)
        self.reload(listeners={"more": {**LOCAL, "port": port}})
        await self.connected("c", port)

    async def test_limits_change_for_new_links_of_the_same_address(self):
        first = await self.connected("first", self.broker.port)
        self.reload(mqtt={"receive_maximum": 7}, listeners={"default": {"connections_max": 2}})
        second = await self.connected("second", self.broker.port)
        self.assertEqual((first.connack.properties[33], second.connack.properties[33]), (1024, 7))
        refused = socket.create_connection(("127.0.0.1", self.broker.port), timeout=30)
        self.addCleanup(refused.close)
        self.assertEqual(refused.recv(1), b"")
        await first.ping()
        self.assertFalse([e for e in self.seen if e["event"] == "config.restart_needed"])

    async def test_listener_that_moves_keeps_its_links(self):
        stays = await self.connected("stays", self.broker.port)
        port = free_port()
        self.reload(listeners={"default": {"port": port}})
        await stays.ping()
        await self.connected("new", port)
        self.assert_closed(self.broker.port)
        await stays.ping()

    async def test_who_comes_in_changes_with_the_policy_for_anonymous_clients(self):
        await self.connected("before", self.broker.port)
        self.reload(auth={"anonymous": "never"})
        self.assertEqual((await self.client("after", self.broker.port).connect()).code, 0x87)

    async def test_listeners_come_and_go_under_traffic_and_nothing_is_lost(self):
        reader = await self.connected("reader", self.broker.port)
        await reader.subscribe("t")
        writer = await self.connected("writer", self.broker.port)
        for number in range(12):
            self.reload(listeners={"more": {**LOCAL, "client_message_rate_max": number}} if number % 3 else {})
            if number % 3:
                await self.connected(f"c{number}", self.port_of("more"))
            for _ in range(20):
                await writer.deliver("t", "x")
        await reader.received(240)
        self.assertEqual(self.broker.stop(), 0)


class Refused(Listeners):
    async def test_address_in_use_refuses_the_whole_reload(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            there = await self.connected("there", self.broker.port)
            free = free_port()
            record = self.reload("config.reload_refused", log={"level": "error"}, auth={"anonymous": "never"},
                                 listeners={"a": {**LOCAL, "port": free}, "b": {**LOCAL, "port": port}})
        self.assertIn("b", record["message"])
        self.assert_closed(free)
        self.assertEqual(self.listeners(), ["default"])
        await there.ping()
        await self.connected("anonymous", self.broker.port)
        # The next one is judged by itself.
        self.reload(listeners={"a": {**LOCAL, "port": free}})
        await self.connected("a", free)

    async def test_plugin_that_is_not_loaded_refuses_the_whole_reload_and_is_named(self):
        record = self.reload("config.reload_refused", plugins={"websocket": {}},
                             listeners={"default": {"stack": ["tcp", "websocket"]}, "more": LOCAL})
        self.assertIn('"websocket" is not loaded', record["message"])
        self.assertEqual(self.listeners(), ["default"])
        await self.connected("c", self.broker.port)

    async def test_wrong_configuration_changes_no_listener(self):
        self.broker.write_config("95-reload.json", {"listeners": {"default": {"prot": 1}, "more": LOCAL}})
        self.broker.signal(signal.SIGHUP)
        while "unknown key" not in self.broker.log:
            self.broker.drain()
        self.assertEqual(self.listeners(), ["default"])
        await self.connected("c", self.broker.port)


class Stacks(Listeners):
    config = {"plugins": {"websocket": {}, "proxy-protocol": {}},
              "listeners": {"spare": {"bind": "unix:/nonexistent", "enable": False}, "ws": {
                  **LOCAL, "stack": ["tcp", "proxy-protocol", "websocket"]}}}

    async def test_stack_changes_at_the_same_address_and_links_stay(self):
        port = self.port_of("default")
        plain = await self.connected("plain", port)
        self.reload(listeners={"default": {"stack": ["tcp", "websocket"]}})
        self.assertEqual(self.port_of("default"), port)
        link = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.addCleanup(link.close)
        link.sendall(b"GET /mqtt HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                     b"Sec-WebSocket-Protocol: mqtt\r\n\r\n")
        self.assertEqual(link.recv(12), b"HTTP/1.1 101")
        await plain.ping()
        self.reload(listeners={"default": {"stack": ["tcp"]}})
        await self.connected("plain again", port)
        await plain.ping()

    async def test_a_listener_gets_another_name_at_its_address_and_two_exchange_theirs(self):
        one, other = free_port(), free_port()
        self.reload(listeners={"a": {**LOCAL, "port": one}, "b": {**LOCAL, "port": other}})
        self.reload(listeners={"a": {**LOCAL, "port": other}, "b": {**LOCAL, "port": one}})
        self.assertEqual((self.port_of("a"), self.port_of("b")), (other, one))
        for port in (one, other):
            await self.connected(f"at {port}", port)
        self.reload(listeners={"a": {**LOCAL, "port": other}, "c": {**LOCAL, "port": one}})
        self.assertEqual(self.port_of("c"), one)
        await self.connected("at c", one)

    async def test_filters_in_the_wrong_order_change_nothing(self):
        record = self.reload("config.reload_refused",
                             listeners={"default": {"stack": ["tcp", "websocket", "proxy-protocol"]}})
        self.assertIn("can't stand above", record["message"])
        await self.connected("c", self.port_of("default"))

    async def test_listener_in_handshakes_goes_when_they_are_over(self):
        port = self.port_of("ws")
        link = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.addCleanup(link.close)
        link.sendall(b"GET /mqtt HTTP/1.1\r\n")
        self.reload(listeners={"ws": {"enable": False}})
        self.assert_closed(port)
        link.sendall(b"Host: x\r\n\r\n")
        while link.recv(4096):
            pass
        await self.connected("c", self.port_of("default"))


class AllAddresses(Listeners):
    def setUp(self):
        self.api_port = free_port()
        self.config = {"api": {"bind": "::", "port": self.api_port}}
        super().setUp()

    def assert_lets_in(self, address, port):
        with socket.create_connection((address, port), timeout=30) as link:
            link.sendall(connect_packet("c"))
            self.assertEqual(link.recv(64)[3], 0)

    async def test_the_snippet_for_all_interfaces_takes_clients_of_both_families(self):
        shipped = pathlib.Path(__file__).resolve().parents[2] / "conf.d/available/35-listener-all-interfaces.json"
        lines = [line for line in shipped.read_text().splitlines() if not line.lstrip().startswith("//")]
        self.reload(**json.loads("\n".join(lines)))
        self.assert_lets_in("127.0.0.1", self.port_of("default"))
        if not has_ipv6():
            self.skipTest("no IPv6 on this machine")
        self.assert_lets_in("::1", self.port_of("default"))

    async def test_the_api_is_at_both_families_too(self):
        for address in ["127.0.0.1", "::1"] if has_ipv6() else ["127.0.0.1"]:
            with socket.create_connection((address, self.api_port), timeout=30) as link:
                link.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                self.assertEqual(link.recv(8), b"HTTP/1.1")


class UnixSocket(Listeners):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tenon-unix-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        super().setUp()

    async def test_unix_socket_comes_and_goes(self):
        path = self.dir / "mqtt.sock"
        self.reload(listeners={"local": {"bind": f"unix:{path}"}})
        link = socket.socket(socket.AF_UNIX)
        self.addCleanup(link.close)
        link.settimeout(30)
        link.connect(str(path))
        link.sendall(connect_packet("c"))
        self.assertEqual(link.recv(64)[3], 0)
        self.reload(listeners={})
        self.assertFalse(path.exists())
        while link.recv(64):
            pass


class AuthChain(Listeners):
    """The chain of a live link is the one that it came in by, whatever a reload makes of the listener's."""

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tenon-auth-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.passwords = self.dir / "passwd"
        passwd(self.passwords, "ann", "ann-secret", "--iterations", "4096")
        secret = self.dir / "secret"
        secret.write_bytes(b"a secret of the test, of more than 32 bytes")
        secret.chmod(0o600)
        self.config = {
            "plugins": {"file": {"options": {"password_file": str(self.passwords)}},
                        "jwt": {"options": {"secret_file": str(secret)}}},
            "auth": {"anonymous": "always", "chain": {"jwt": {"enable": True, "order": 1},
                                                      "file": {"enable": True, "order": 2}}}}
        super().setUp()

    async def test_reauthentication_after_a_reload_asks_who_let_the_client_in(self):
        live = await self.connected("live", self.broker.port, auth=Scram("ann", "ann-secret"))
        # The plugin that let it in stands at another place, then nowhere.
        for chain in (["file", "jwt"], ["file"], ["jwt"], []):
            self.reload(listeners={"default": {"auth": chain}})
            self.assertEqual(await live.authenticate_again(), live.auth.server_proof)
        await live.ping()
        # Nobody is asked for those that come now.
        self.assertEqual((await self.client("new", self.broker.port, auth=Scram("ann", "ann-secret")).connect()).code,
                         0x8C)
        await self.connected("anonymous", self.broker.port)

    async def test_entry_of_the_chain_that_is_switched_off_is_asked_no_more(self):
        await self.connected("ann", self.broker.port, user="ann", password="ann-secret")
        self.reload(auth={"chain": {"file": {"enable": False}}})
        self.assertEqual((await self.client("ann", self.broker.port, user="ann", password="ann-secret").connect()).code,
                         0x86)
        await self.connected("anonymous", self.broker.port)


if __name__ == "__main__":
    unittest.main()
