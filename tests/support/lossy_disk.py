"""A disk that forgets what was not synced, under a real process: lossy_disk.so tells all that the process changes below one
directory, and what it replaced; when the process is dead, power_cut() makes the directory what a disk would hold.

Every name that was made, moved or removed is durable with a sync of its directory, bytes and lengths with a sync of their
file; each of the rest is there or not, as the dice fall: names up to some point of each directory's changes, bytes by
sectors, so that a write can be torn in the middle."""
import collections
import mmap
import os
import pathlib
import random
import shutil
import struct
import time

import sanitizer
from broker import BUILD, Broker

LIBRARY = BUILD / "tests/support/lossy_disk/lossy_disk.so"
SECTOR = 512
PLENTY = 1 << 60
ALL = 0xffffffff

WRITE, TRUNCATE, BEGIN_SYNC, END_SYNC, CREATE, MAKE_DIR, RENAME, REMOVE, REMOVE_DIR = range(1, 10)
_HEAD = struct.Struct("<IIQQQQQ")
_CONTROL = struct.Struct("<qIIII104s")
_PART = 24

Record = collections.namedtuple("Record", "op file offset size first second")


def read_trace(path):
    """All whole records, in order."""
    with open(path, "rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if os.path.getsize(path) else b""
    at = 0
    while at + _HEAD.size <= len(data):
        op, _, number, offset, size, first, second = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if at + first + second > len(data):
            return
        view = memoryview(data)
        yield Record(op, number, offset, size, view[at:at + first], view[at + first:at + first + second])
        at += first + second


class Change:
    """One change of a file or a name, and whether a sync has made it last."""

    def __init__(self, record):
        self.record, self.durable = record, False

    @property
    def path(self):
        return bytes(self.record.first).decode()

    @property
    def to(self):
        return bytes(self.record.second).decode()

    @property
    def directory(self):
        """Whose sync makes the change of a name last."""
        return os.path.dirname(self.to if self.record.op == RENAME else self.path)


class Contents:
    """What a file holds after a loss of power: everything is taken back to the first change that may be lost, and what
    lasts is done again."""

    def __init__(self, changes, dice, odds):
        self.changes, self.dice = changes, dice
        first = next((i for i, change in enumerate(changes) if not change.durable), len(changes))
        self.doubtful = changes[first:]
        self.odds = dice.choice(odds)

    def apply(self, path):
        """How many changes were lost, wholly or in part."""
        if not self.doubtful:
            return 0
        with open(path, "r+b", buffering=0) as file:
            for change in reversed(self.doubtful):
                self._take_back(file.fileno(), change.record)
            return sum(not self._do_again(file.fileno(), change) for change in self.doubtful)

    @staticmethod
    def _take_back(fd, record):
        if record.op == TRUNCATE:
            os.ftruncate(fd, record.size)
            os.pwrite(fd, record.first, record.offset)
            return
        os.pwrite(fd, record.first, record.offset)
        if record.offset + len(record.second) > record.size:
            os.ftruncate(fd, record.size)

    def _do_again(self, fd, change):
        record = change.record
        if record.op == TRUNCATE:
            if change.durable or self.dice.random() < self.odds:
                os.ftruncate(fd, record.offset)
                return True
            return False
        if change.durable:
            os.pwrite(fd, record.second, record.offset)
            return True
        return self._write_some(fd, record)

    def _write_some(self, fd, record):
        """Some of the sectors; those behind them, up to the new length, may be zeros."""
        end, whole = record.offset + len(record.second), True
        if self.odds and end > os.fstat(fd).st_size and self.dice.random() < 0.5:
            os.ftruncate(fd, end)
        at = record.offset
        while at < end:
            to = min(end, (at // SECTOR + 1) * SECTOR)
            if self.dice.random() < self.odds:
                os.pwrite(fd, record.second[at - record.offset:to - record.offset], at)
            else:
                whole = False
            at = to
        return whole


class Names:
    """What directories hold after a loss of power."""

    def __init__(self, changes, aside, dice, may_last):
        self.changes, self.aside, self.dice, self.may_last = changes, aside, dice, may_last

    def apply(self):
        kept = self._kept()
        first = next((i for i, keep in enumerate(kept) if not keep), len(kept))
        for number in reversed(range(first, len(kept))):
            self._take_back(number, self.changes[number])
        for number in range(first, len(kept)):
            if kept[number]:
                self._do_again(number, self.changes[number])
        return kept.count(False)

    def _kept(self):
        """Of each directory the durable changes and some of the first behind them."""
        doubtful = collections.defaultdict(list)
        for number, change in enumerate(self.changes):
            if not change.durable:
                doubtful[change.directory].append(number)
        ends = {directory: numbers[self.dice.randint(0, len(numbers) - 1)] if self.may_last and self.dice.random() < 0.5 else -1
                for directory, numbers in doubtful.items()}
        return [change.durable or number <= ends[change.directory] for number, change in enumerate(self.changes)]

    def _put_by(self, number):
        return self.aside / f"name-{number}"

    def _take_back(self, number, change):
        record = change.record
        if record.op in (CREATE, MAKE_DIR):
            self._move(change.path, self._put_by(number))
        elif record.op == RENAME:
            self._move(change.to, change.path)
            if record.offset:
                os.link(self.aside / str(record.offset), change.to)
        elif record.op == REMOVE:
            os.link(self.aside / str(record.offset), change.path)
        elif record.op == REMOVE_DIR:
            os.mkdir(change.path)

    def _do_again(self, number, change):
        op = change.record.op
        if op in (CREATE, MAKE_DIR):
            self._move(self._put_by(number), change.path)
        elif op == RENAME:
            self._move(change.path, change.to)
        elif op in (REMOVE, REMOVE_DIR):
            try:
                (os.remove if op == REMOVE else os.rmdir)(change.path)
            except OSError:
                pass  # lost on the way here

    @staticmethod
    def _move(path, to):
        try:
            os.rename(path, to)
        except OSError:
            pass  # it, or the directory it is to be in, was lost on the way here


class LossyDisk:
    """The directory `root`, and beside it what is needed to take changes back. One process at a time.

    `odds` are those of a sector that was not synced; each file draws one of them at each loss of power. With none but 0,
    nothing lasts that was not synced."""

    def __init__(self, root, seed=0, odds=(0, 0, 0.5, 0.9, 1)):
        self.odds = odds
        self.root = pathlib.Path(root)
        self.aside = self.root.with_name(self.root.name + ".aside")
        self.trace = self.root.with_name(self.root.name + ".trace")
        self.control = self.root.with_name(self.root.name + ".control")
        self.dice = random.Random(seed)
        self.cuts = self.changes_lost = self.names_lost = 0
        self.aside.mkdir()
        self.trace.touch()
        self._room, self._fail_syncs, self._fail_writes, self._lie, self._part = PLENTY, 0, 0, 0, ""
        self._sync_us = 2000
        self.control.write_bytes(bytes(_CONTROL.size))
        self._put_control()

    def environment(self):
        if not LIBRARY.exists():
            raise FileNotFoundError(LIBRARY)
        return sanitizer.preloaded(LIBRARY, LOSSY_DISK_ROOT=str(self.root), LOSSY_DISK_ASIDE=str(self.aside),
                                   LOSSY_DISK_TRACE=str(self.trace), LOSSY_DISK_CONTROL=str(self.control))

    def _put_control(self):
        with open(self.control, "r+b", buffering=0) as file:
            os.pwrite(file.fileno(), self._part.encode().ljust(_CONTROL.size - _PART, b"\0"), _PART)
            os.pwrite(file.fileno(), struct.pack("<qIIII", self._room, self._fail_syncs, self._lie, self._sync_us, self._fail_writes), 0)

    def set_room(self, room_bytes=PLENTY):
        """How much files may grow from now on."""
        self._room = room_bytes
        self._put_control()

    def fail_syncs(self, count, part=""):
        """The next syncs of files with `part` in their path answer EIO."""
        self._fail_syncs, self._part = count, part
        self._put_control()

    def fail(self, part="", writes=True):
        """From now on each sync of files with `part` in their path answers EIO, and with `writes` each write as well."""
        self._fail_syncs, self._fail_writes, self._part = ALL, ALL if writes else 0, part
        self._put_control()

    def mend(self):
        """Writes and syncs work again."""
        self._fail_syncs, self._fail_writes = 0, 0
        self._put_control()

    def lie(self, part=""):
        """Syncs of files with `part` in their path answer that all is well, and keep nothing."""
        self._lie, self._part = 1, part
        self._put_control()

    def power_cut(self):
        """When the process is dead: what was not synced goes."""
        files, names = self._changes()
        self.names_lost += Names(names, self.aside, self.dice, any(self.odds)).apply()
        paths = self._paths()
        for number, changes in files.items():
            if number in paths:
                self.changes_lost += Contents(changes, self.dice, self.odds).apply(paths[number])
        self.cuts += 1
        self._settle()

    def summary(self):
        return f"power was lost {self.cuts} times, with it {self.changes_lost} writes and {self.names_lost} names"

    def _settle(self):
        self.trace.unlink()
        self.trace.touch()
        shutil.rmtree(self.aside)
        self.aside.mkdir()

    def _changes(self):
        """(changes by file, changes of names), with what syncs have made of them."""
        files, names = collections.defaultdict(list), []
        undecided, syncs = collections.defaultdict(list), {}  # by inode or directory; by number of the sync
        for record in read_trace(self.trace):
            if record.op == BEGIN_SYNC:
                key = record.file or bytes(record.first).decode()
                syncs[record.offset] = undecided.pop(key, [])
            elif record.op == END_SYNC:
                # One that failed keeps nothing, and no later one does: the system may believe it clean.
                for change in syncs.pop(record.file):
                    change.durable = record.offset == 0
            elif record.op in (WRITE, TRUNCATE):
                files[record.file].append(Change(record))
                undecided[record.file].append(files[record.file][-1])
            else:
                names.append(Change(record))
                undecided[names[-1].directory].append(names[-1])
        return files, names

    def _paths(self):
        """A path of each file, by inode."""
        found = {}
        for top in (self.aside, self.root):
            for directory, _, entries in os.walk(top):
                for entry in entries:
                    path = os.path.join(directory, entry)
                    found[os.lstat(path).st_ino] = path
        return found


class LossyBroker(Broker):
    """A broker whose data lies on such a disk: kill() is a loss of power. Some times it comes while the broker starts.
    `files`, by name, are in the data directory from the beginning."""

    def __init__(self, seed=0, disk_options=None, files=None, **options):
        super().__init__(start=False, **options)
        self.data_dir.mkdir()
        for name, content in (files or {}).items():
            (self.data_dir / name).write_text(content)
        self.disk = LossyDisk(self.data_dir, seed, **(disk_options or {}))
        self.env = {**(self.env or {}), **self.disk.environment()}
        self.start()

    def kill(self):
        super().kill()
        self.disk.power_cut()

    def start_again(self):
        while self.disk.dice.random() < 0.25:
            self.process.stderr.close()
            self.start(wait=False)
            time.sleep(self.disk.dice.random() * 0.3)
            self.kill()
        super().start_again()
