"""What a broker costs while it does nothing: from start to listening, memory, size of the binaries; for tenon, and the first
two for mosquitto beside it. Memory for each connection, filter and retained message: compare.sh idle subscribe retained."""
import argparse
import pathlib
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

DEFAULT_PLUGINS = ("transport-tcp", "log-segment", "storage-sqlite", "replication-raft", "auth-file", "balancer-replica-cnt",
                   "balancer-range-leader", "balancer-range-split", "balancer-recovery")


class QuickStart:
    """Counts the time from the start of the process until a client is let in."""

    def __init__(self, broker, directory):
        self.broker = broker
        broker._listens = lambda: lets_in(broker.port)
        began = time.monotonic()
        broker.start(directory, anonymous=True)
        self.ms = (time.monotonic() - began) * 1000
        self.rss_bytes = process.rss_bytes(broker.process.pid)


def start(make):
    with tempfile.TemporaryDirectory(prefix="tenon-size-") as directory:
        broker = make()
        broker.poll_s = 0.001
        try:
            return QuickStart(broker, directory)
        finally:
            broker.stop()


def stripped_bytes(path):
    with tempfile.TemporaryDirectory(prefix="tenon-size-") as directory:
        target = pathlib.Path(directory) / path.name
        subprocess.run(["strip", "-o", str(target), str(path)], check=True)
        return target.stat().st_size


def binaries():
    """Stripped bytes by name."""
    build = brokers.BUILD
    found = [build / "core/bin/tenond", build / "core/bin/ctl/tenonctl"]
    for name in DEFAULT_PLUGINS:
        module = list((build / "plugins").rglob(f"{name}.so"))
        if not module:
            sys.exit(f"size: {name}.so is not built, and belongs to what is counted")
        found += module
    return {path.name: stripped_bytes(path) for path in found}


def add_starts(record, rounds):
    makers = {"tenon": brokers.Tenon, "mosquitto": brokers.Mosquitto}
    for name, make in list(makers.items()):
        if make().missing():
            print(f"skipped: {name}: {make().missing()}")
            del makers[name]
    found = {name: [] for name in makers}
    for _ in range(rounds):
        for name, make in makers.items():
            found[name].append(start(make))
    for name, of_broker in found.items():
        times, mib = [one.ms for one in of_broker], [one.rss_bytes / 2**20 for one in of_broker]
        record.row(f"start-{name}", f"{name}, ms from start until a client is let in", figures.spread(times, "{:.0f}"), {"ms": times})
        record.row(f"memory-{name}", f"{name}, memory of its own while empty", f"{figures.spread(mib)} MiB", {"MiB": mib})


def add_sizes(record):
    sizes = {name: size / 2**20 for name, size in binaries().items()}
    for name, mib in sizes.items():
        record.row(f"size-{name}", f"{name}, stripped", f"{mib:.2f} MiB", {"MiB": mib})
    whole = sum(mib for name, mib in sizes.items() if name != "tenonctl")
    record.row("size", "tenond and its default plugins, stripped", f"{whole:.2f} MiB", {"MiB": whole})


def main():
    parser = argparse.ArgumentParser(prog="size.sh", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="starts of each broker (9)")
    figures.add_argument(parser)
    arguments = parser.parse_args()
    with figures.recorded("size.sh", arguments.json) as record:
        add_starts(record, arguments.rounds)
        add_sizes(record)


if __name__ == "__main__":
    main()
