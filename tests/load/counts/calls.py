"""System calls of the broker: for each message delivered, and for each second in which nothing happens.

Counts, not times, those of strace -c, by thread: they are the same on a busy machine. Needs strace, and the right to attach to a process of one's own."""
import argparse
import collections
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "compare"))
import brokers  # noqa: E402
import counted_load  # noqa: E402
import figures  # noqa: E402

CALL = re.compile(r"(\d+) +(?:<\.\.\. )?(\w+)")


class Trace:
    """Looks at all threads of a process from now until end()."""

    def __init__(self, pid, directory):
        self.pid, self.file = pid, pathlib.Path(directory) / "calls"
        self.began = time.monotonic()
        self.process = subprocess.Popen(["strace", "-f", "-q", "-o", str(self.file), "-p", str(pid)], stderr=subprocess.PIPE,
                                        text=True)
        while not self._attached():
            if self.process.poll() is not None:
                raise RuntimeError(f"strace ended: {self.process.stderr.read()}")
            time.sleep(0.01)

    def _attached(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return f"TracerPid:\t{self.process.pid}\n" in status

    def end(self):
        """(seconds, calls by (thread, call))"""
        threads = {task.name: (task / "comm").read_text().strip() for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir()}
        seconds = time.monotonic() - self.began
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        calls = collections.Counter()
        with open(self.file) as lines:
            for line in lines:
                found = CALL.match(line)
                if found and not line.rstrip().endswith("<unfinished ...>"):
                    calls[threads.get(found[1], "of the past"), found[2]] += 1
        return seconds, calls


def show(record, row, title, calls, share):
    """Those that come to something; `share`: what is divided by."""
    each = sum(calls.values()) / share
    by_call = [f"{thread} {call} {count / share:.2f}" for (thread, call), count in sorted(calls.items(), key=lambda item: -item[1])
               if count / share >= 0.01]
    record.row(f"calls-{row}", title, f"{each:.2f} ({', '.join(by_call)})", {"calls": each})


def begin(arguments, directory):
    broker = brokers.Tenon(arguments.sets)
    broker.start(directory)
    time.sleep(arguments.settle)
    return broker


def measure_idle(arguments, directory, record):
    broker = begin(arguments, directory)
    try:
        trace = Trace(broker.process.pid, directory)
        time.sleep(arguments.seconds)
        seconds, calls = trace.end()
    finally:
        broker.stop()
    show(record, "idle", "system calls of an idle node, a second", calls, seconds)


def measure_messages(arguments, directory, record):
    broker = begin(arguments, directory)
    try:
        trace = Trace(broker.process.pid, directory)
        delivered = counted_load.run(arguments, broker, arguments.messages)
        _, calls = trace.end()
    finally:
        broker.stop()
    show(record, counted_load.row_of(arguments), f"system calls for a message delivered, {arguments.scenario}", calls, delivered)


def main():
    parser = argparse.ArgumentParser(prog="calls.sh", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    counted_load.add_arguments(parser, "p2p --pairs 100 --qos 1 --payload 256 --window 1", 50_000)
    parser.add_argument("--seconds", type=float, default=10, help="of looking at an idle broker")
    parser.add_argument("--settle", type=float, default=5, help="seconds between the start and the first look")
    arguments = parser.parse_args()
    if not shutil.which("strace"):
        print("calls.sh needs strace", file=sys.stderr)
        return 3
    with figures.recorded("calls.sh", arguments.json) as record:
        for measure in (measure_idle, measure_messages):
            directory = tempfile.mkdtemp(prefix="tenon-load-")
            try:
                measure(arguments, directory, record)
            finally:
                shutil.rmtree(directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
