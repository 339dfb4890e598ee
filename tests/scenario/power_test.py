#!/usr/bin/python3
"""Power is lost again and again under load: of what the broker wrote, only what it synced outlives it. A full disk, and one
that fails to sync."""
import asyncio
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import kill_run  # noqa: E402
import sanitizer  # noqa: E402
from lossy_disk import LossyBroker, LossyDisk  # noqa: E402
from mqtt_client import Client  # noqa: E402

MESSAGES = int(os.environ.get("TENON_KILL_MESSAGES", 8_000))
SESSIONS = max(50, MESSAGES // 1000)
SEED = int(os.environ.get("TENON_POWER_SEED", 1)) or int.from_bytes(os.urandom(3), "big")
CUTS = 8
CUTS_IN_DRAIN = 2

NO_PRELOAD = sanitizer.no_preload()


@unittest.skipIf(NO_PRELOAD, NO_PRELOAD)
class Disk(unittest.TestCase):
    """What stands in for the disk: a program writes, then power is lost."""

    def setUp(self):
        home = tempfile.TemporaryDirectory(prefix="tenon-test-")
        self.addCleanup(home.cleanup)
        self.root = pathlib.Path(home.name) / "data"

    def write(self, program, seed=0, odds=(0,), prepare=lambda disk: None):
        """Runs lines of Python over the directory, in which `f` is a synced file with content, and cuts the power."""
        for left in self.root.parent.glob("data*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        self.root.mkdir()
        disk = LossyDisk(self.root, seed, odds)
        prepare(disk)
        head = ("import os\n"
                f"def at(name): return os.path.join({str(self.root)!r}, name)\n"
                f"def sync_dir(): os.fsync(os.open({str(self.root)!r}, os.O_RDONLY))\n"
                "f = os.open(at('f'), os.O_RDWR | os.O_CREAT)\n"
                "os.pwrite(f, b'a' * 2048, 0)\nos.fdatasync(f)\nsync_dir()\n")
        done = subprocess.run([sys.executable, "-c", head + program], env={**os.environ, **disk.environment()},
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        disk.power_cut()
        return disk

    def content(self, name="f"):
        return (self.root / name).read_bytes()

    def names(self):
        return sorted(os.listdir(self.root))

    def test_what_was_synced_stays_and_the_rest_goes(self):
        self.write("os.pwrite(f, b'b' * 100, 50); os.fdatasync(f); os.pwrite(f, b'c' * 4000, 100); os.ftruncate(f, 10)")
        self.assertEqual(self.content(), b"a" * 50 + b"b" * 100 + b"a" * 1898)

    def test_a_sync_keeps_what_was_written_before_it_only(self):
        self.write("os.ftruncate(f, 10); os.pwrite(f, b'b', 5); os.fsync(f); os.pwrite(f, b'c', 5)")
        self.assertEqual(self.content(), b"aaaaabaaaa")

    def test_a_write_may_be_torn_between_sectors(self):
        self.write("os.pwrite(f, b'b' * 65536, 0)", odds=(0.5,))
        content = self.content()
        sectors = {content[at:at + 512] for at in range(0, len(content), 512)}
        self.assertGreater(len(sectors), 1)
        self.assertLessEqual(sectors, {b"b" * 512, b"a" * 512, b"\0" * 512})

    def test_all_may_have_reached_the_disk(self):
        self.write("os.pwrite(f, b'b' * 4096, 0)", odds=(1,))
        self.assertEqual(self.content(), b"b" * 4096)

    def test_names_last_with_a_sync_of_their_directory(self):
        self.write("os.rename(at('f'), at('g')); os.open(at('h'), os.O_RDWR | os.O_CREAT); sync_dir()")
        self.assertEqual(self.names(), ["g", "h"])

    def each_outcome(self, program):
        """What is there, over some seeds: (names, content of f)."""
        found = set()
        for seed in range(12):
            self.write(program, seed, odds=(0, 1))
            found.add((*self.names(), self.content() if "f" in self.names() else b""))
        return found

    def test_names_that_were_not_synced_may_go_also_those_of_synced_files(self):
        self.assertEqual(self.each_outcome("os.fsync(os.open(at('n'), os.O_RDWR | os.O_CREAT))"),
                         {("f", b"a" * 2048), ("f", "n", b"a" * 2048)})

    def test_removed_and_replaced_files_may_come_back(self):
        self.assertEqual(self.each_outcome("os.remove(at('f'))"), {("f", b"a" * 2048), (b"",)})
        new = "g = os.open(at('g'), os.O_RDWR | os.O_CREAT); os.write(g, b'new'); os.fsync(g); sync_dir()\n"
        self.assertEqual(self.each_outcome(new + "os.rename(at('g'), at('f'))"),
                         {("f", "g", b"a" * 2048), ("f", b"new")})

    def test_a_sync_that_failed_keeps_nothing_ever(self):
        self.write("g = os.open(at('g'), os.O_RDWR | os.O_CREAT); sync_dir(); os.pwrite(g, b'b', 0)\n"
                   "try: os.fdatasync(g); assert False\n"
                   "except OSError: os.pwrite(g, b'c', 1); os.fdatasync(g)",
                   prepare=lambda disk: disk.fail_syncs(1, "data/g"))
        self.assertEqual(self.content("g"), b"\0c")

    def test_a_write_that_failed_wrote_nothing(self):
        self.write("g = os.open(at('g'), os.O_RDWR | os.O_CREAT); sync_dir(); os.pwrite(f, b'b', 0); os.fdatasync(f)\n"
                   "for act in (lambda: os.pwrite(g, b'c', 0), lambda: os.fdatasync(g)):\n"
                   "    try: act(); assert False\n    except OSError as e: assert e.errno == 5",
                   prepare=lambda disk: disk.fail("data/g"))
        self.assertEqual((self.content("f")[:2], self.content("g")), (b"ba", b""))

    def test_a_full_disk_takes_what_there_is_room_for(self):
        self.write("assert os.pwrite(f, b'b' * 512, 2048) == 100\n"
                   "try: os.pwrite(f, b'b' * 512, 2148); assert False\nexcept OSError as e: assert e.errno == 28\n"
                   "assert os.pwrite(f, b'c', 0) == 1; os.ftruncate(f, 1000); assert os.pwrite(f, b'd' * 9, 1000) == 9\n"
                   "os.fdatasync(f)", prepare=lambda disk: disk.set_room(2148))
        self.assertEqual(self.content(), b"c" + b"a" * 999 + b"d" * 9)


@unittest.skipIf(NO_PRELOAD, NO_PRELOAD)
class PowerCut(unittest.TestCase):
    """Nothing that was acknowledged is lost, mixed up or doubled."""

    def run_with(self, messages, seed, prepare=lambda disk: None, disk_options=None, state="sqlite", log="segment",
                 **options):
        lines = []
        config = {**kill_run.limits_off(messages), **kill_run.engines(state, log)}
        with LossyBroker(seed, disk_options, config=config) as broker:
            prepare(broker.disk)
            run = kill_run.Run(broker, messages, say=lines.append, **options)
            try:
                faults = asyncio.run(run.run())
            except (TimeoutError, asyncio.TimeoutError):
                faults = ["the run did not come to its end"]
            lines.append(f"seed {seed}: {broker.disk.summary()}")
            self.writes_lost = broker.disk.changes_lost
        print("# " + "; ".join(lines), flush=True)
        return faults

    def test_acknowledged_messages_of_offline_sessions_survive_it(self):
        faults = self.run_with(MESSAGES, SEED, sessions=SESSIONS, kills=CUTS, kills_in_drain=CUTS_IN_DRAIN)
        self.assertEqual(faults, [], f"TENON_POWER_SEED={SEED}")

    def test_acknowledged_messages_of_sessions_with_clients_survive_it(self):
        faults = self.run_with(MESSAGES, SEED + 1, sessions=SESSIONS, kills=CUTS, kills_in_drain=CUTS_IN_DRAIN, online=True)
        self.assertEqual(faults, [], f"TENON_POWER_SEED={SEED}")

    @unittest.skipUnless(kill_run.HAS_ROCKSDB, "storage/rocksdb is not built")
    def test_acknowledged_messages_survive_it_with_their_states_in_rocksdb(self):
        faults = self.run_with(MESSAGES // 2, SEED + 2, state="rocksdb", sessions=SESSIONS, kills=CUTS,
                               kills_in_drain=CUTS_IN_DRAIN)
        self.assertEqual(faults, [], f"TENON_POWER_SEED={SEED}")

    def test_acknowledged_messages_survive_it_with_states_and_journal_in_one_engine(self):
        for state in ("sqlite", *(["rocksdb"] if kill_run.HAS_ROCKSDB else [])):
            with self.subTest(state):
                faults = self.run_with(MESSAGES // 2, SEED + 3, state=state, log="state", sessions=SESSIONS, kills=CUTS,
                                       kills_in_drain=CUTS_IN_DRAIN)
                self.assertEqual(faults, [], f"TENON_POWER_SEED={SEED}")

    def test_a_journal_that_is_not_synced_is_noticed(self):
        faults = self.run_with(1000, 1, prepare=lambda disk: disk.lie("journal"), disk_options={"odds": (0,)}, sessions=20,
                               kills=2, kills_in_drain=0, patience_s=3, limit_s=40)
        self.assertNotEqual(faults, [])
        self.assertGreater(self.writes_lost, 0)


class DiskCase(unittest.IsolatedAsyncioTestCase):
    OPTIONS = {}

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)
        self.broker = LossyBroker(SEED, config={"publish": {"timeout_s": 2}}, **self.OPTIONS)
        self.addCleanup(self.broker.__exit__)
        self.acknowledged, self.sent = [], 0
        self.sub = await self.connect("sub", expiry_s=3600)
        self.assertEqual(await self.sub.subscribe("full/#", 1), 1)
        await self.sub.disconnect()
        self.pub = await self.connect("pub", clean=True, expiry_s=0)

    async def connect(self, client_id, **options):
        client = Client(client_id, lambda: self.broker.port, **options)
        await client.connect_again()
        self.addAsyncCleanup(client.release)
        return client

    async def publish(self, count):
        """One after the other; how many were acknowledged."""
        before = len(self.acknowledged)
        for _ in range(count):
            number, self.sent = self.sent, self.sent + 1
            if await self.pub.deliver("full/1", b"%010d" % number + b"." * 1000) < 0x80:
                self.acknowledged.append(number)
        return len(self.acknowledged) - before

    async def collected(self):
        await self.sub.connect_again()
        await self.sub.received(len(self.acknowledged))
        await self.sub.ping()
        return [int(message.payload[:10]) for message in self.sub.messages]


@unittest.skipIf(NO_PRELOAD, NO_PRELOAD)
class BadDisk(DiskCase):
    async def test_a_full_disk_acknowledges_nothing_that_it_loses_and_serves_again(self):
        self.assertEqual(await self.publish(20), 20)
        self.broker.disk.set_room(100_000)
        while await self.publish(10) == 10:
            pass
        self.assertLess(len(self.acknowledged), 120)
        self.assertEqual(await self.publish(2), 0)
        self.broker.disk.set_room()
        # What waited in the journal goes on by itself.
        while await self.publish(1) == 0:
            pass
        self.assertEqual(await self.publish(20), 20)
        self.broker.kill()
        await asyncio.to_thread(self.broker.start_again)
        found = await self.collected()
        self.assertEqual(found, sorted(found))
        self.assertLessEqual(set(self.acknowledged), set(found))

    async def test_a_sync_that_fails_acknowledges_nothing(self):
        self.assertEqual(await self.publish(20), 20)
        self.broker.disk.fail_syncs(1, "journal")
        self.assertEqual(await self.publish(2), 0)
        self.broker.kill()
        await asyncio.to_thread(self.broker.start_again)
        found = await self.collected()
        self.assertEqual(found[:20], self.acknowledged)


@unittest.skipIf(NO_PRELOAD, NO_PRELOAD)
class NewDirectories(DiskCase):
    """Nothing but the engines makes names in the data directory, which then is synced for their sake or not at all."""

    OPTIONS = {"files": {"admin.token": "t" * 64}, "disk_options": {"odds": (0,)}}

    async def test_the_directories_of_the_engines_last(self):
        for _ in range(4):
            self.assertEqual(await self.publish(5), 5)
            self.broker.kill()
            await asyncio.to_thread(self.broker.start_again)
            await self.pub.connect_again()
        found = await self.collected()
        self.assertEqual(found, self.acknowledged)


if __name__ == "__main__":
    unittest.main()
