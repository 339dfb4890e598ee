#!/usr/bin/python3
"""What plugins meet when the node stops."""
import asyncio
import pathlib
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import BUILD, Broker, plugin_dirs  # noqa: E402
from link import connect_packet  # noqa: E402
from mqtt_client import Client, Will  # noqa: E402
from stranger import Stranger, upgrade_request  # noqa: E402


def broker_with(behaviour, **config):
    """With plugins/auth_odd.c alone to ask."""
    return Broker(plugin_path=plugin_dirs() + [str(BUILD / "tests/scenario/plugins")],
                  config={"plugins": {"odd": {"options": {"behaviour": behaviour}}},
                          "auth": {"chain": {"odd": {"enable": True, "order": 1}}}, **config})


class Quiescing(unittest.TestCase):
    def test_a_reload_while_plugins_wind_up_is_refused_and_the_stop_goes_on(self):
        with broker_with("restless", shutdown={"timeout_s": 2}) as broker:
            broker.signal(signal.SIGTERM)
            broker.wait_for_event("odd.restless")
            broker.signal(signal.SIGHUP)
            refused = broker.wait_for_event("config.reload_refused", by="SIGHUP")
            self.assertIn("the node is stopping", refused["message"])
            self.assertEqual(broker.stop(), 0)


class Handshakes(unittest.TestCase):
    """Links whose filters are not ready yet when the stop begins."""
    LINKS = 200

    def broker(self, behaviour, timeout_s):
        broker = broker_with(behaviour, shutdown={"timeout_s": timeout_s}, plugins={
            "odd": {"options": {"behaviour": behaviour}}, "websocket": {}},
            listeners={"ws": {"bind": "127.0.0.1", "port": 0, "stack": ["tcp", "websocket"]}})
        self.addCleanup(broker.__exit__)
        self.port = int(broker.wait_for_event("listener.opened", listener="ws")["fields"]["port"])
        return broker

    def half_open(self):
        link = Stranger(self.port)
        self.addCleanup(link.close)
        link.send(self.request[:20])
        return link

    def setUp(self):
        self.request = upgrade_request()
        packet = connect_packet("late")
        self.rest = self.request[20:] + b"\x82" + bytes([0x80 | len(packet)]) + b"\0\0\0\0" + packet

    def test_none_becomes_a_client_while_plugins_wind_up(self):
        broker = self.broker("restless", 3)
        link = self.half_open()
        broker.signal(signal.SIGTERM)
        broker.wait_for_event("odd.restless")
        link.send(self.rest)
        self.assertNotIn(b"\x82", link.to_end().partition(b"\r\n\r\n")[2], "no frame, so no CONNACK either")
        self.assertEqual(broker.stop(), 0)

    def test_they_do_not_hold_the_stop_up(self):
        broker = self.broker("allow", 5)
        links = [self.half_open() for _ in range(self.LINKS)]
        early = [Stranger(broker.port) for _ in range(self.LINKS)]  # whose ends the stop waits for
        for number, client in enumerate(early):
            self.addCleanup(client.close)
            client.send(connect_packet(f"early{number}"))
            client.receive()
        broker.signal(signal.SIGTERM)
        for link in links:
            link.send(self.rest)
        self.assertEqual(broker.stop(), 0)
        self.assertNotIn("node.stop_forced", broker.log)


class PermissionSets(unittest.IsolatedAsyncioTestCase):
    async def test_none_is_held_when_their_plugin_is_deactivated(self):
        with broker_with("sets") as broker:
            gone = Client("gone", broker.port, user="u", password="p", expiry_s=600, will=Will("a", "gone", 1, False, 300))
            here = Client("here", broker.port, user="u", password="p", clean=True, expiry_s=0)
            for client in (gone, here):
                self.assertEqual((await client.connect()).code, 0)
            await here.subscribe("a", 1)
            gone.abort()
            await gone.closed()
            await here.ping()
            self.assertEqual(await asyncio.to_thread(broker.stop), 0, broker.log)
            here.abort()


if __name__ == "__main__":
    unittest.main()
