#!/usr/bin/python3
"""A disk without room: nothing is acknowledged that is not on it, and everything is well when there is room again."""
import asyncio
import json
import pathlib
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import sanitizer  # noqa: E402
from broker import Broker  # noqa: E402
from lossy_disk import LossyDisk  # noqa: E402
from mqtt_client import V311, V5, Client  # noqa: E402

TIMEOUT_S = 2

NO_PRELOAD = sanitizer.no_preload()


@unittest.skipIf(NO_PRELOAD, NO_PRELOAD)
class FullDisk(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.home = tempfile.TemporaryDirectory(prefix="tenon-full-")
        self.addCleanup(self.home.cleanup)
        data = pathlib.Path(self.home.name) / "data"
        self.disk = LossyDisk(data)
        self.broker = Broker(config={"publish": {"timeout_s": TIMEOUT_S}}, data_dir=data, env=self.disk.environment())
        self.addCleanup(self.broker.__exit__)
        self.clients = []

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)

    async def asyncTearDown(self):
        for client in self.clients:
            await client.release()
            client.abort()

    async def connect(self, client_id, **options):
        client = Client(client_id, lambda: self.broker.port, **options)
        self.clients.append(client)
        self.assertEqual((await client.connect()).code, 0)
        return client

    def store_state(self):
        """What the health says of the store; None: nothing."""
        _, body = self.broker.get("/api/v1/status")
        return next((one["state"] for one in json.loads(body)["conditions"] if one["name"] == "store"), None)

    async def until_store_is(self, state):
        deadline = time.monotonic() + 20
        while await asyncio.to_thread(self.store_state) != state:
            self.assertLess(time.monotonic(), deadline, f"the store is never {state}")

    async def test_publishers_are_refused_in_time_nothing_acknowledged_is_lost_and_the_store_is_well_again(self):
        sub = await self.connect("sub")
        await sub.subscribe("t/#", 1)
        await sub.disconnect()
        new = await self.connect("new", version=V5, clean=True, expiry_s=0)
        old = await self.connect("old", version=V311, clean=True)
        self.assertEqual(await new.deliver("t/1", "before"), 0)
        self.disk.set_room(0)
        refused = asyncio.ensure_future(new.deliver("t/1", "refused"))
        old.publish("t/1", "not acknowledged")
        await self.until_store_is("failed")
        self.assertGreaterEqual(await refused, 0x80)
        await old.closed()
        self.assertEqual(old.unacknowledged_count, 1)
        await old.release()
        self.disk.set_room()
        await self.until_store_is("ok")
        self.assertEqual(await new.deliver("t/1", "after"), 0)
        self.broker.kill()
        await asyncio.to_thread(self.broker.start_again)
        self.assertTrue((await sub.connect()).session_present)
        while not sub.messages or sub.messages[-1].payload != b"after":
            await sub.received(len(sub.messages) + 1)
        got = [message.payload for message in sub.messages]
        self.assertEqual([one for one in got if one in (b"before", b"after")], [b"before", b"after"])


if __name__ == "__main__":
    unittest.main()
