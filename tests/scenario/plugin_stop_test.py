#!/usr/bin/python3
"""What plugins meet when the node stops."""
import asyncio
import pathlib
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import BUILD, Broker, plugin_dirs  # noqa: E402
from mqtt_client import Client, Will  # noqa: E402


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
