#!/usr/bin/python3
"""What becomes of messages that a stored session's queue has no room for, and of those that expire in it."""
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from durable_test import Case  # noqa: E402


class QueueCase(Case):
    def dropped(self, cause):
        return self.broker.metric("tenon_publish_dropped_total", cause=cause) or 0

    async def check_what_stays(self, left):
        """Fifteen messages come to a queue for ten, and five are counted; these are left, also when it was killed."""
        sub = await self.connect("sub")
        await sub.subscribe("t", 1)
        await sub.disconnect()
        pub = await self.connect("pub", clean=True, expiry_s=0)
        for i in range(15):
            self.assertEqual(await pub.deliver("t", f"{i}"), 0)
        self.assertEqual(self.dropped("queue_full"), 5)
        await self.restart("kill")
        await sub.connect()
        await sub.received(10)
        await sub.ping()
        self.assertEqual(self.payloads(sub), [str(i) for i in left])


class QueueLimit(QueueCase):
    config = {"mqtt": {"session_queue_count_max": 10}}

    async def test_a_full_queue_keeps_what_it_has_and_counts_the_rest(self):
        await self.check_what_stays(range(10))


    async def let_expire(self, client):
        """What was given a second to live has had it."""
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            await client.ping()

    async def test_what_has_expired_is_counted_when_it_would_have_been_sent_and_is_no_sign_of_a_full_queue(self):
        sub = await self.connect("sub")
        await sub.subscribe("t", 1)
        await sub.disconnect()
        pub = await self.connect("pub", clean=True, expiry_s=0)
        for i in range(10):
            self.assertEqual(await pub.deliver("t", f"old {i}", expiry_s=1), 0)
        await self.let_expire(pub)
        self.assertEqual(await pub.deliver("t", "new", expiry_s=600), 0)
        for i in range(9):
            self.assertEqual(await pub.deliver("t", f"short {i}", expiry_s=1), 0)
        self.assertEqual(self.dropped("queue_full"), 0)
        await self.let_expire(pub)
        await sub.connect()
        await sub.received(1)
        await sub.ping()
        self.assertEqual(self.payloads(sub), ["new"])
        self.assertEqual(self.dropped("expired"), 9)


class QueueThatDropsTheOldest(QueueCase):
    config = {"mqtt": {"session_queue_count_max": 10, "session_queue_overflow": "drop_oldest"}}

    async def test_a_full_queue_makes_room_for_the_newest_and_counts_the_oldest(self):
        await self.check_what_stays(range(5, 15))


if __name__ == "__main__":
    unittest.main()
