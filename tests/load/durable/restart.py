"""A restart over many sessions that are away and messages that wait for them: time until clients are let in, and memory.

Sessions are made and their messages published with tenon-load, QoS 1; then the broker ends, by SIGKILL (tenon) or in peace
(--peace, and mosquitto, whose sessions live in memory and are written to a file at the end), and starts again. At last one
part of the sessions collects, and of tenon nothing may be missing. Beside it: bytes written for each byte of payload.

With --kill-all mosquitto, too, ends by SIGKILL, with `autosave_interval` of --autosave seconds: what it loses is counted."""
import argparse
import json
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
import figures  # noqa: E402
import process  # noqa: E402
from idle_ranges import lets_in  # noqa: E402

PART = 14_000  # sessions that have a link at once: each takes a file descriptor here and there
START_TIMEOUT_S = 600
MOSQUITTO = ["persistence true", "persistence_location {directory}/"]
LOST, BAD = 1, 2  # tenon-load: something was lost; from here on it could not run


class Part:
    """Some of the sessions with their messages."""

    def __init__(self, arguments, number, sessions):
        self.sessions, self.number = sessions, number
        self.messages = sessions * arguments.messages // arguments.sessions
        self.payload = arguments.payload

    def run(self, broker, phase, may_lose=False):
        command = [str(brokers.GENERATOR), "persistent-offline-drain", "--json", "--phase", phase, "--port", str(broker.port),
                   "--sessions", str(self.sessions), "--messages", str(self.messages), "--payload", str(self.payload),
                   "--client-prefix", f"part{self.number}", "--topic-prefix", f"part{self.number}", "--keep",
                   "--timeout", "120"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode >= BAD or (done.returncode == LOST and not may_lose):
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
    return brokers.Tenon([f"mqtt.session_queue_count_max={queue}", "log.level=info", *arguments.set])


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


class Course:
    """What happens to one broker, in words as it goes and in figures."""

    def __init__(self, name, arguments, directory):
        self.name, self.arguments, self.directory = name, arguments, directory
        self.by_kill = arguments.kill_all or (name == "tenon" and not arguments.peace)
        self.broker, self.parts = make_broker(name, arguments), parts_of(arguments)
        self.words, self.found = [], {}

    def say(self, text, **found):
        print(f"{self.name}: {text}", file=sys.stderr, flush=True)
        self.words.append(text)
        self.found |= found

    def rss_mib(self):
        return process.rss_bytes(self.broker.process.pid) / 2**20

    def run(self):
        settings = {"mosquitto": [*MOSQUITTO, f"autosave_interval {self.arguments.autosave}"]}
        self.broker.start(self.directory, anonymous=True, settings=settings)
        try:
            self.publish()
            self.rest()
            for _ in range(self.arguments.restarts):
                self.restart()
            self.collect()
        finally:
            self.broker.stop()

    def publish(self):
        began = time.monotonic()
        for part in self.parts:
            part.run(self.broker, "publish")
        took_s, queued = time.monotonic() - began, self.rss_mib()
        self.say(f"{self.arguments.sessions:,} sessions, {self.arguments.messages:,} messages of {self.arguments.payload} B in {took_s:.0f} s, "
                 f"with {queued:.1f} MiB", **{"queued MiB": queued})

    def rest(self):
        time.sleep(self.arguments.settle)
        payload = self.arguments.messages * self.arguments.payload
        called, written = (count / payload for count in process.io_bytes(self.broker.process.pid))
        self.say(f"written for a byte of payload {called:.2f} by calls, {written:.2f} to the disk; {self.rss_mib():.1f} MiB after "
                 f"{self.arguments.settle:g} s of rest", **{"written by calls": called, "written": written})

    def restart(self):
        ended_s = end(self.broker, self.by_kill)
        took_s = begin_again(self.broker)
        at_once, files = self.rss_mib(), size_of(self.directory) / 2**20
        time.sleep(self.arguments.rest)
        self.say(f"{'killed' if self.by_kill else f'ended in peace ({ended_s:.1f} s)'}, lets clients in again after {took_s:.2f} s, with "
                 f"{at_once:.1f} MiB, {self.rss_mib():.1f} MiB after {self.arguments.rest:g} s, and {files:.1f} MiB of files",
                 **{"seconds": [*self.found.get("seconds", []), took_s], "MiB behind it": at_once})

    def collect(self):
        part = self.parts[0]
        drained = part.run(self.broker, "drain", may_lose=self.arguments.kill_all)["drain"]
        lost = part.messages - drained["delivered"]
        self.say(f"{part.sessions:,} sessions collected {drained['delivered']:,} messages in {drained['seconds']:.1f} s, {lost:,} lost", lost=lost)


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
    parser.add_argument("--kill-all", action="store_true", help="mosquitto, too, ends by SIGKILL")
    parser.add_argument("--autosave", type=int, default=1800, help="seconds between two files of mosquitto (1800)")
    figures.add_argument(parser)
    arguments = parser.parse_args()
    with figures.recorded("restart.sh", arguments.json) as record:
        for name in arguments.brokers.split(","):
            directory = tempfile.mkdtemp(prefix="tenon-load-")
            try:
                course = Course(name, arguments, directory)
                course.run()
            finally:
                shutil.rmtree(directory)
            kind = "killed" if arguments.kill_all else "restart"
            record.row(f"{kind}-{name}", f"{kind}, {name}", "; ".join(course.words), course.found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
