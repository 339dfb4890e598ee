"""What a broker costs while it does nothing: from start to listening, memory, size of the binaries; for tenon, and the first
two for mosquitto beside it. Memory for each connection, filter and retained message: compare.sh idle subscribe retained."""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "compare"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import brokers  # noqa: E402
import process  # noqa: E402
import run_info  # noqa: E402
from idle_ranges import lets_in  # noqa: E402

DEFAULT_PLUGINS = ("transport-tcp", "log-segment", "storage-sqlite", "replication-raft", "auth-file", "balancer-replica-cnt",
                   "balancer-range-leader", "balancer-range-split")


class QuickStart:
    """Counts the time from the start of the process until a client is let in."""

    def __init__(self, broker, directory):
        self.broker = broker
        broker._listens = lambda: lets_in(broker.port)
        began = time.monotonic()
        broker.start(directory, anonymous=True)
        self.ms = (time.monotonic() - began) * 1000
        self.rss_bytes = process.rss_bytes(broker.process.pid)


def starts(make, rounds):
    found = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="tenon-size-") as directory:
            broker = make()
            broker.poll_s = 0.001
            try:
                found.append(QuickStart(broker, directory))
            finally:
                broker.stop()
    return found


def stripped_bytes(path):
    with tempfile.TemporaryDirectory(prefix="tenon-size-") as directory:
        target = pathlib.Path(directory) / path.name
        subprocess.run(["strip", "-o", str(target), str(path)], check=True)
        return target.stat().st_size


def binaries(build):
    found = [build / "core/bin/tenond", build / "core/bin/ctl/tenonctl"]
    for name in DEFAULT_PLUGINS:
        found += list((build / "plugins").rglob(f"{name}.so"))
    return {path.name: stripped_bytes(path) for path in found}


def lines_of(arguments):
    """Name, title and text of each figure."""
    build = pathlib.Path(arguments.build)
    makers = {"tenon": lambda: brokers.Tenon(build, []), "mosquitto": brokers.Mosquitto}
    for name, make in makers.items():
        if make().missing():
            print(f"skipped: {name}: {make().missing()}")
            continue
        found = starts(make, arguments.rounds)
        times = [one.ms for one in found]
        goal = " (goal 150)" if name == "tenon" else ""
        yield f"start-{name}", f"{name}, ms from start until a client is let in", \
            f"{statistics.median(times):.0f} [{min(times):.0f} .. {max(times):.0f}]{goal}"
        yield f"memory-{name}", f"{name}, memory of its own while empty", \
            f"{statistics.median(one.rss_bytes for one in found) / 2**20:.1f} MiB"
    sizes = binaries(build)
    for name, size in sizes.items():
        yield f"size-{name}", f"{name}, stripped", f"{size / 2**20:.2f} MiB"
    yield "size", "tenond and its default plugins, stripped", \
        f"{sum(size for name, size in sizes.items() if name != 'tenonctl') / 2**20:.2f} MiB (goal 8)"


def main():
    parser = argparse.ArgumentParser(prog="size.sh", description=__doc__)
    parser.add_argument("--build", default=str(brokers.SOURCE_ROOT / "build"))
    parser.add_argument("--rounds", type=int, default=9, help="starts of each broker (9)")
    parser.add_argument("--json", metavar="FILE", help="also write JSON lines, for report.sh")
    arguments = parser.parse_args()
    out = open(arguments.json, "w", encoding="utf-8") if arguments.json else None
    if out:
        print(json.dumps({"run": run_info.describe("tests/load/size.sh", sys.argv[1:])}), file=out)
    for row, title, text in lines_of(arguments):
        print(f"{title}: {text}", flush=True)
        if out:
            print(json.dumps({"row": row, "title": title, "text": text}), file=out)


if __name__ == "__main__":
    main()
