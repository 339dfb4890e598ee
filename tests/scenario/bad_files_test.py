#!/usr/bin/python3
"""Files that are damaged while the broker is away: cut, emptied, filled with zeros, flipped, gone. It starts, or it refuses
with an error that names the file; it never delivers what was not sent, and what it has lost without a word can only be the
end of the newest file."""
import asyncio
import collections
import hashlib
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import Broker, StartFailed  # noqa: E402
from mqtt_client import Client, ConnectionLost  # noqa: E402

CASES = int(os.environ.get("TENON_BAD_FILES", 16))
SEED = int(os.environ.get("TENON_BAD_FILES_SEED", 1)) or int.from_bytes(os.urandom(3), "big")
SESSIONS = 12
MESSAGES = 15  # a session
MARKS = 1000  # numbers of messages that say: all before has come
CONFIG = {"publish": {"timeout_s": 1}, "engines": {"journal": {"options": {"segment_bytes": 65536}}}}


def payload(session, number):
    head = f"{session}:{number}:"
    return (head + hashlib.sha256(head.encode()).hexdigest() * 20).encode()


class Damage:
    """One thing done to one file."""

    KINDS = ("cut", "empty", "zeros", "flip", "flips", "remove", "garbage_behind", "other_file")

    def __init__(self, data_dir, dice):
        files = sorted(path for path in data_dir.rglob("*") if path.is_file() and path.name != "lock")
        self.path, self.kind = dice.choice(files), dice.choice(self.KINDS)
        self.names = {str(path) for path in files}
        content = bytearray(self.path.read_bytes())
        getattr(self, self.kind)(content, dice, files)

    def cut(self, content, dice, _):
        self.put(content[:dice.randrange(len(content) + 1)])

    def empty(self, *_):
        self.put(b"")

    def zeros(self, content, dice, _):
        at, count = dice.randrange(len(content) + 1), dice.choice((16, 512, 4096, 20000))
        content[at:at + count] = bytes(len(content[at:at + count]))
        self.put(content)

    def flip(self, content, dice, _):
        if content:
            content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
        self.put(content)

    def flips(self, content, dice, files):
        for _ in range(100):
            self.flip(content, dice, files)

    def remove(self, *_):
        self.path.unlink()

    def garbage_behind(self, content, dice, _):
        self.put(content + dice.randbytes(dice.choice((1, 100, 5000))))

    def other_file(self, content, dice, files):
        self.put(dice.choice(files).read_bytes())

    def put(self, content):
        self.path.write_bytes(bytes(content))

    def __str__(self):
        return f"{self.kind} of {self.path.name}"

    def may_be_silent(self):
        """An end that is missing looks like a write that did not end; a log without its last part, too, and without
        a file there is nothing to complain of but the file that misses it."""
        return self.path.name.endswith((".seg", "-wal"))


class BadFiles(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)
        home = tempfile.TemporaryDirectory(prefix="tenon-test-")
        self.addCleanup(home.cleanup)
        self.looks = 0
        self.sound, self.data_dir = pathlib.Path(home.name) / "sound", pathlib.Path(home.name) / "data"
        with Broker(config=CONFIG, data_dir=self.data_dir) as broker:
            await self.fill(broker)
            broker.kill()
        shutil.copytree(self.data_dir, self.sound)

    async def fill(self, broker):
        publisher = Client("publisher", broker.port, clean=True, expiry_s=0)
        await publisher.connect()
        for session in range(SESSIONS):
            client = Client(f"s{session}", broker.port)
            await client.connect()
            await client.subscribe(f"bad/{session}", 2)
            await client.disconnect()
            self.assertLess(await publisher.deliver(f"kept/{session}", payload(session, -1), retain=True), 0x80)
        for number in range(MESSAGES):
            for session in range(SESSIONS):
                self.assertEqual(await publisher.deliver(f"bad/{session}", payload(session, number), 1 + number % 2), 0)
            if number == MESSAGES // 2:
                # The first half reaches the engine, too.
                self.assertEqual(await asyncio.to_thread(broker.stop), 0)
                await asyncio.to_thread(broker.start_again)
                publisher.port = broker.port
                await publisher.closed()
                await publisher.connect()

    async def test_a_sound_directory_is_served_whole(self):
        outcome = await self.look_at("nothing")
        self.assertEqual(outcome, ("served", SESSIONS * MESSAGES, False))

    async def test_damage_is_refused_by_name_or_found_and_never_served(self):
        found = collections.Counter()
        for case in range(CASES):
            with self.subTest(seed=SEED, case=case):
                shutil.rmtree(self.data_dir)
                shutil.copytree(self.sound, self.data_dir)
                damage = Damage(self.data_dir, random.Random(SEED * 1000 + case))
                first = await self.look_at(damage)
                found[first[0]] += 1
                # What it did about the damage holds: neither worse nor a loop of crashes.
                again = await self.look_at(damage)
                self.assertEqual(again[0], first[0], damage)
                if first[0] == "served" and first[1] < SESSIONS * MESSAGES and not damage.may_be_silent():
                    self.assertTrue(first[2], f"{damage}: messages are lost, and nothing was said")
        print(f"# seed {SEED}: {dict(found)}", flush=True)

    async def look_at(self, damage):
        """One start: (refused or served, messages found, whether it complained)."""
        broker = Broker(config=CONFIG, data_dir=self.data_dir, wait=False)
        try:
            return await self.watch(broker, damage)
        finally:
            broker.__exit__()

    async def watch(self, broker, damage):
        started = await asyncio.to_thread(self.has_started, broker)
        if not started:
            self.assertGreater(broker.process.returncode, 0, f"{damage}: died of a signal\n{broker.log[-3000:]}")
            self.assertIn(str(self.data_dir), broker.log, f"{damage}: refused without a name")
            return "refused", 0, True
        count = await self.collect_all(broker, damage)
        await self.collect_retained(broker, damage)
        broker.drain()
        self.assertIsNone(broker.process.poll(), f"{damage}: it ended\n{broker.log[-3000:]}")
        complained = any(event["level"] in ("warn", "error") and "data" in str(event) for event in broker.events())
        broker.kill()
        return "served", count, complained

    def has_started(self, broker):
        deadline = time.monotonic() + 60
        while True:
            opened = [event for event in broker.events() if event["event"] == "listener.opened"]
            if opened and any(event["event"] == "node.started" for event in broker.events()):
                broker.port = int(opened[0]["fields"]["port"])
                return True
            if not broker._read_more(deadline):
                broker.process.wait()
                return False

    async def collect_all(self, broker, damage):
        counts = await asyncio.gather(*(self.collect(broker, session, damage) for session in range(SESSIONS)))
        return sum(counts)

    async def collect(self, broker, session, damage):
        """How much one session holds; nothing is acknowledged, so that the next look finds it again."""
        client = Client(f"s{session}", broker.port, hold_answers=True)
        publisher = Client(f"publisher-{session}", broker.port, clean=True, expiry_s=0)
        self.looks += 1
        mark = payload(session, MARKS + self.looks)
        try:
            if (await client.connect()).code != 0 or (await publisher.connect()).code != 0:
                return 0
            if await publisher.deliver(f"bad/{session}", mark, 1) == 0:
                await self.arrived(client, mark)
        except (ConnectionLost, OSError):
            pass  # its range takes part in nothing
        finally:
            publisher.abort()
            client.abort()
        numbers = []
        for message in client.messages:
            self.assertEqual(message.topic, f"bad/{session}", damage)
            number = int(message.payload.split(b":")[1])
            self.assertEqual(message.payload, payload(session, number), f"{damage}: a wrong message")
            numbers.append(number)
        self.assertEqual(numbers, sorted(set(numbers)), f"{damage}: out of order or twice")
        return sum(number < MARKS for number in numbers)

    async def arrived(self, client, mark):
        while not client.messages or client.messages[-1].payload != mark:
            await client.received(len(client.messages) + 1)

    async def collect_retained(self, broker, damage):
        client = Client("reader", broker.port, clean=True, expiry_s=0)
        try:
            if (await client.connect()).code != 0:
                return
            await client.subscribe("kept/#", 1)
            await client.ping()
        except (ConnectionLost, OSError, asyncio.TimeoutError):
            return
        finally:
            client.abort()
        for message in client.messages:
            session = int(message.topic.split("/")[1])
            self.assertEqual(message.payload, payload(session, -1), f"{damage}: a wrong retained message")


class ClosedStore(unittest.IsolatedAsyncioTestCase):
    """A store without which clients are not served, on a node that has nobody to get it from."""

    MARK = b"only-the-store-retain-has-logged-this"

    async def asyncSetUp(self):
        home = tempfile.TemporaryDirectory(prefix="tenon-test-")
        self.addCleanup(home.cleanup)
        self.data_dir = pathlib.Path(home.name) / "data"
        with Broker(config=CONFIG, data_dir=self.data_dir) as broker:
            publisher = Client("publisher", broker.port, clean=True, expiry_s=0)
            await publisher.connect()
            # The first segment is closed when the last of these comes.
            for number in range(200):
                await publisher.deliver(f"kept/{number}", self.MARK + bytes(1024), retain=True)
            self.assertEqual(broker.get("/healthz"), (200, "ok\n"))
            broker.kill()

    def damage_log(self):
        segments = sorted((path for path in self.data_dir.rglob("*.seg")), key=lambda path: path.stat().st_mtime_ns)
        marked = [path for path in segments if self.MARK in path.read_bytes()]
        self.assertGreater(len(marked), 1, "the newest segment may end anywhere")
        content = bytearray(marked[0].read_bytes())
        content[content.index(self.MARK)] ^= 1
        marked[0].write_bytes(content)

    async def test_health_tells_everybody_which_store_is_closed_and_names_no_files(self):
        self.damage_log()
        with Broker(config=CONFIG, data_dir=self.data_dir) as broker:
            status, body = broker.get("/healthz")
            self.assertEqual(status, 503)
            self.assertTrue(body.startswith("not ok: store retain is closed"), body)
            self.assertNotIn(str(self.data_dir), body)
            status, body = broker.get("/readyz")
            self.assertEqual(status, 503)
            self.assertIn('"damage"', body)


class DamagedEngine(unittest.IsolatedAsyncioTestCase):
    """An engine whose files can't be used, on a node that has nobody to get them from: the rest is served, and the files
    stay as they are, so that whoever has a copy of them loses nothing."""

    APART = {**CONFIG, "engines": {**CONFIG["engines"], "sessions": {"plugin": "sqlite", "path": "sessions"}},
             "stores": {"inbox": {"state": "sessions"}}}

    async def begin(self, config):
        home = tempfile.TemporaryDirectory(prefix="tenon-test-")
        self.addCleanup(home.cleanup)
        self.config, self.data_dir = config, pathlib.Path(home.name) / "data"
        with Broker(config=config, data_dir=self.data_dir) as broker:
            client = Client("stored", broker.port)
            await client.connect()
            await client.subscribe("to/stored", 1)
            await client.disconnect()
            publisher = Client("publisher", broker.port, clean=True, expiry_s=0)
            await publisher.connect()
            for number in range(20):
                self.assertEqual(await publisher.deliver("to/stored", payload(0, number), 1), 0)
            self.assertLess(await publisher.deliver("kept/0", payload(0, -1), retain=True), 0x80)
            await publisher.disconnect()
            self.assertEqual(await asyncio.to_thread(broker.stop), 0)

    def start(self):
        broker = Broker(config=self.config, data_dir=self.data_dir)
        self.addCleanup(broker.__exit__)
        return broker

    def damage(self, path, page):
        content = bytearray(path.read_bytes())
        content[page * 4096 + 200] ^= 1
        path.write_bytes(bytes(content))

    async def assert_stored_session_is_whole(self, broker):
        client = Client("stored", broker.port)
        self.assertTrue((await client.connect()).session_present)
        await client.received(20)
        self.assertEqual([message.payload for message in client.messages], [payload(0, n) for n in range(20)])
        await client.disconnect()

    async def test_the_stores_of_the_other_engines_are_served(self):
        await self.begin(self.APART)
        engine = self.data_dir / "sessions" / "engine.db"
        sound = engine.read_bytes()
        self.damage(engine, 0)
        damaged = engine.read_bytes()
        for _ in range(2):
            broker = self.start()
            failed = broker.wait_for_event("storage.engine_failed")
            self.assertIn(str(engine), failed["message"])
            self.assertEqual(broker.get("/healthz")[0], 200)
            self.assertIn(str(engine), broker.get("/readyz")[1])
            reader = Client("reader", broker.port, clean=True, expiry_s=0)
            self.assertEqual((await reader.connect()).code, 0)
            await reader.subscribe("#", 1)
            publisher = Client("publisher", broker.port, clean=True, expiry_s=0)
            await publisher.connect()
            self.assertLess(await publisher.deliver("live/1", b"now", 1), 0x80)
            await reader.received(2)
            self.assertEqual({message.topic for message in reader.messages}, {"kept/0", "live/1"})
            # Its session may hold something that nobody can tell now: it is not given an empty one.
            self.assertNotEqual((await Client("stored", broker.port).connect()).code, 0)
            self.assertEqual(await asyncio.to_thread(broker.stop), 0)
        self.assertEqual(engine.read_bytes(), damaged, "it was written to")
        engine.write_bytes(sound)
        await self.assert_stored_session_is_whole(self.start())

    async def test_with_the_engine_of_all_stores_it_lets_nobody_in_and_says_so(self):
        await self.begin(CONFIG)
        engine = self.data_dir / "main" / "engine.db"
        sound = engine.read_bytes()
        self.damage(engine, 0)
        broker = self.start()
        status, body = broker.get("/healthz")
        self.assertEqual(status, 503)
        self.assertIn("is closed", body)
        self.assertNotIn(str(self.data_dir), body)
        self.assertIn(str(engine), broker.get("/readyz")[1])
        self.assertNotEqual((await Client("stored", broker.port).connect()).code, 0)
        self.assertEqual(await asyncio.to_thread(broker.stop), 0)
        engine.write_bytes(sound)
        await self.assert_stored_session_is_whole(self.start())

    async def test_an_engine_whose_files_are_gone_is_missed_and_not_begun_anew(self):
        await self.begin(CONFIG)
        engine = self.data_dir / "main"
        away = self.data_dir.parent / "away"
        for _ in range(2):
            shutil.move(engine, away)
            broker = self.start()
            self.assertEqual(broker.get("/healthz")[0], 503)
            self.assertIn(f"{engine} is empty", broker.get("/readyz")[1])
            self.assertEqual(await asyncio.to_thread(broker.stop), 0)
            shutil.rmtree(engine)
            shutil.move(away, engine)
        await self.assert_stored_session_is_whole(self.start())

    async def test_an_engine_that_holds_the_journal_is_not_begun_anew_either(self):
        stores = {store: {"log": "main"} for store in ("dist", "inbox", "retain", "meta")}
        await self.begin({"publish": {"timeout_s": 1}, "stores": stores})
        engine = self.data_dir / "main"
        away = self.data_dir.parent / "away"
        shutil.move(engine, away)
        with self.assertRaisesRegex(StartFailed, f"{engine} is empty"):
            self.start()
        shutil.rmtree(engine)
        shutil.move(away, engine)
        await self.assert_stored_session_is_whole(self.start())

    async def test_an_engine_that_keeps_nothing_is_begun_anew_with_each_start(self):
        await self.begin({"publish": {"timeout_s": 1}, "plugins": {"memory": {}}, "engines": {"volatile": {"plugin": "memory"}},
                          "stores": {store: {"state": "volatile"} for store in ("dist", "inbox", "retain", "meta")}})
        broker = self.start()
        self.assertEqual(broker.get("/healthz")[0], 200)
        client = Client("stored", broker.port)
        self.assertFalse((await client.connect()).session_present)
        await client.disconnect()

    async def test_whatever_page_is_damaged_it_starts(self):
        await self.begin(CONFIG)
        engine, sound = self.data_dir / "main" / "engine.db", self.data_dir.parent / "sound"
        shutil.copytree(self.data_dir, sound)
        for page in range(engine.stat().st_size // 4096):
            with self.subTest(page=page):
                shutil.rmtree(self.data_dir)
                shutil.copytree(sound, self.data_dir)
                self.damage(engine, page)
                broker = Broker(config=self.config, data_dir=self.data_dir)
                try:
                    # A page that nobody reads at the start may come to light later, or never.
                    status, body = broker.get("/healthz")
                    self.assertTrue(status == 200 or str(engine.parent) in broker.get("/readyz")[1], body)
                finally:
                    broker.kill()
                    broker.__exit__()

    async def test_a_damaged_name_of_the_node_is_written_again(self):
        await self.begin(CONFIG)
        name = self.data_dir / "node.id"
        sound = name.read_bytes()
        name.write_bytes(b"")
        await self.assert_stored_session_is_whole(self.start())
        self.assertEqual(name.read_bytes()[:19], sound[:19], "it is another node now")


if __name__ == "__main__":
    unittest.main()
