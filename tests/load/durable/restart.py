"""A restart over many sessions that are away and messages that wait for them: time until clients are let in, and memory.

Sessions are made and their messages published with tenon-load, QoS 1; then the broker ends, by SIGKILL (tenon) or in peace
(--peace, and mosquitto, whose sessions live in memory and are written to a file at the end), and starts again. At last one
part of the sessions collects, and nothing may be missing. Beside it: bytes written for each byte of payload."""
import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "compare"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import brokers  # noqa: E402
import process  # noqa: E402
from idle_ranges import lets_in  # noqa: E402

PART = 14_000  # sessions that have a link at once: each takes a file descriptor here and there
START_TIMEOUT_S = 600
MOSQUITTO = ["persistence true", "persistence_location {directory}/", "autosave_interval 1800"]


class Part:
    """Some of the sessions with their messages."""

    def __init__(self, arguments, number, sessions):
        self.sessions, self.number = sessions, number
        self.messages = sessions * arguments.messages // arguments.sessions
        self.generator, self.payload = pathlib.Path(arguments.build) / "tests/load/tenon-load", arguments.payload

    def run(self, broker, phase):
        command = [str(self.generator), "persistent-offline-drain", "--json", "--phase", phase, "--port", str(broker.port),
                   "--sessions", str(self.sessions), "--messages", str(self.messages), "--payload", str(self.payload),
                   "--client-prefix", f"part{self.number}", "--topic-prefix", f"part{self.number}", "--keep",
                   "--timeout", "120"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"tenon-load ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout)


def parts_of(arguments):
    count = -(-arguments.sessions // PART)
    return [Part(arguments, number, arguments.sessions * (number + 1) // count - arguments.sessions * number // count)
            for number in range(count)]


def make_broker(name, arguments):
    if name == "mosquitto":
        return brokers.Mosquitto()
    queue = max(10_000, 2 * arguments.messages // arguments.sessions)
    return brokers.Tenon(arguments.build, [f"mqtt.session_queue_count_max={queue}", "log.level=info", *arguments.set])


def end(broker, by_kill):
    """Seconds that it took."""
    began = time.monotonic()
    broker.process.send_signal(signal.SIGKILL if by_kill else signal.SIGTERM)
    broker.process.wait(600)
    return time.monotonic() - began


def begin_again(broker):
    """With the files that are there: seconds until a client is let in."""
    with open(broker.log, "ab") as log:
        began = time.monotonic()
        broker.process = subprocess.Popen(broker.process.args, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    while not lets_in(broker.port):
        if broker.process.poll() is not None or time.monotonic() - began > START_TIMEOUT_S:
            raise brokers.StartError(broker.log_tail())
        time.sleep(0.01)
    return time.monotonic() - began


def size_of(directory):
    return sum(path.stat().st_size for path in pathlib.Path(directory).rglob("*") if path.is_file())


def mib(count):
    return f"{count / 2**20:.1f} MiB"


def measure(name, arguments, directory):
    broker, parts = make_broker(name, arguments), parts_of(arguments)
    broker.start(directory, anonymous=True, settings={"mosquitto": MOSQUITTO})
    say = lambda *words: print(f"{name}:", *words, flush=True)  # noqa: E731
    try:
        say(f"empty: {mib(process.rss_bytes(broker.process.pid))}")
        began = time.monotonic()
        for part in parts:
            part.run(broker, "publish")
        say(f"{arguments.sessions} sessions, {arguments.messages} messages of {arguments.payload} B in "
            f"{time.monotonic() - began:.0f} s; {mib(process.rss_bytes(broker.process.pid))}")
        time.sleep(arguments.settle)
        called, written = process.io_bytes(broker.process.pid)
        payload = arguments.messages * arguments.payload
        say(f"written per byte of payload: {called / payload:.2f} by calls, {written / payload:.2f} to the disk; "
            f"{mib(process.rss_bytes(broker.process.pid))} after {arguments.settle:g} s of rest")
        for _ in range(arguments.restarts):
            restart(broker, name == "tenon" and not arguments.peace, say, arguments, directory)
        part = parts[0]
        figures = part.run(broker, "drain")["drain"]
        say(f"{part.sessions} sessions collected {figures['delivered']} messages in {figures['seconds']:.1f} s, "
            f"{figures['lost']} lost")
    finally:
        broker.stop()


def restart(broker, by_kill, say, arguments, directory):
    ended_s = end(broker, by_kill)
    took_s = begin_again(broker)
    say(f"{'killed' if by_kill else f'ended in peace ({ended_s:.1f} s)'}; lets clients in again after {took_s:.2f} s; "
        f"{mib(process.rss_bytes(broker.process.pid))}; {mib(size_of(directory))} of files")
    time.sleep(arguments.rest)
    say(f"{mib(process.rss_bytes(broker.process.pid))} after {arguments.rest:g} s")


def main():
    parser = argparse.ArgumentParser(prog="restart.sh", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--payload", type=int, default=256, help="bytes")
    parser.add_argument("--restarts", type=int, default=1)
    parser.add_argument("--settle", type=float, default=40, help="seconds of rest before the end")
    parser.add_argument("--rest", type=float, default=5, help="seconds of rest after each start")
    parser.add_argument("--peace", action="store_true", help="tenon, too, ends by SIGTERM")
    parser.add_argument("--brokers", default="tenon,mosquitto")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="of tenon's configuration")
    parser.add_argument("--build", default=os.environ.get("TENON_BUILD", brokers.SOURCE_ROOT / "build"))
    arguments = parser.parse_args()
    print("load of the machine:", *(f"{load:.1f}" for load in os.getloadavg()))
    for name in arguments.brokers.split(","):
        directory = tempfile.mkdtemp(prefix="tenon-load-")
        try:
            measure(name, arguments, directory)
        finally:
            shutil.rmtree(directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
