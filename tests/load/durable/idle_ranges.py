"""What ranges cost that nobody uses: CPU of a node while nothing happens, and memory for each range.

Starts tenond with the shipped engines and `stores.inbox.initial_ranges` of --ranges, waits until clients are let in, then
looks at /proc for a while. With --nodes 3, three of them found a cluster on loopback, and each holds a replica of all
ranges. The same with 4 ranges tells what the rest costs."""
import argparse
import json
import pathlib
import socket
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "compare"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import brokers  # noqa: E402
import figures  # noqa: E402
import process  # noqa: E402

BASE_RANGES = 4
START_TIMEOUT_S = 120


def lets_in(port):
    """Whether a client without a session is let in."""
    body = b"\x00\x04MQTT\x04\x02\x00\x3c\x00\x04idle"
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as link:
            link.sendall(bytes([0x10, len(body)]) + body)
            return link.recv(4)[3:4] == b"\0"
    except OSError:
        return False


class Nodes:
    def __init__(self, arguments, ranges, directory):
        self.peer_ports = [brokers.free_port() for _ in range(arguments.nodes)]
        self.started, self.brokers = time.monotonic(), []
        for number in range(arguments.nodes):
            home = pathlib.Path(directory) / f"{ranges}-{number}"
            home.mkdir()
            broker = brokers.Tenon(self.sets(arguments.nodes, ranges, number))
            self.brokers.append(broker)
            broker.start(home, anonymous=True)
        self.listening_s = time.monotonic() - self.started

    def sets(self, count, ranges, number):
        sets = [f"stores.inbox.initial_ranges={ranges}", "log.level=warn"]
        if count > 1:
            seeds = json.dumps([f"127.0.0.1:{port}" for port in self.peer_ports])
            sets += [f"cluster.seeds={seeds}", f"cluster.expect={count}", "cluster.bind=127.0.0.1",
                     f"cluster.port={self.peer_ports[number]}"]
        return sets

    def wait_until_served(self):
        deadline = time.monotonic() + START_TIMEOUT_S
        for broker in self.brokers:
            while not lets_in(broker.port):
                if time.monotonic() > deadline or not broker.alive():
                    raise brokers.StartError(broker.log_tail())
                time.sleep(0.05)
        return time.monotonic() - self.started

    def stop(self):
        for broker in self.brokers:
            broker.stop()


def measure(arguments, ranges, directory):
    nodes = Nodes(arguments, ranges, directory)
    try:
        served_s = nodes.wait_until_served()
        time.sleep(arguments.settle)
        before = [process.cpu_s(broker.process.pid) for broker in nodes.brokers]
        began = time.monotonic()
        time.sleep(arguments.seconds)
        took = time.monotonic() - began
        results = []
        for broker, was in zip(nodes.brokers, before):
            now = process.cpu_s(broker.process.pid)
            share = {name: 100 * (now[name] - was.get(name, 0)) / took for name in now}
            results.append((share, process.rss_bytes(broker.process.pid)))
        return served_s, results
    finally:
        nodes.stop()


def show(record, nodes, ranges, served_s, results):
    """A row for each node; the row of the most ranges at the first of one node is the one that goals.py speaks of."""
    for number, (share, rss) in enumerate(results):
        threads = ", ".join(f"{name} {part:.2f} %" for name, part in sorted(share.items(), key=lambda one: -one[1])
                            if part >= 0.005)
        row = "idle-ranges" if ranges != BASE_RANGES and nodes == 1 else f"idle-ranges-{ranges}-{nodes}-{number}"
        record.row(row, f"{ranges} ranges, node {number + 1} of {nodes}",
                   f"served after {served_s:.2f} s, CPU {sum(share.values()):.2f} % of a core ({threads}), {rss / 2**20:.1f} MiB",
                   {"served s": served_s, "CPU %": sum(share.values()), "MiB": rss / 2**20})


def main():
    parser = argparse.ArgumentParser(prog="idle_ranges.sh", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ranges", type=int, default=1000)
    parser.add_argument("--nodes", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60, help="of measurement")
    parser.add_argument("--settle", type=float, default=35, help="seconds before it: what was founded is flushed and synced")
    figures.add_argument(parser)
    arguments = parser.parse_args()
    if arguments.ranges <= BASE_RANGES:
        parser.error(f"--ranges has to be above the {BASE_RANGES} that it is compared with")
    with figures.recorded("idle_ranges.sh", arguments.json) as record, tempfile.TemporaryDirectory(prefix="tenon-load-") as directory:
        base_s, base = measure(arguments, BASE_RANGES, directory)
        show(record, arguments.nodes, BASE_RANGES, base_s, base)
        served_s, results = measure(arguments, arguments.ranges, directory)
        show(record, arguments.nodes, arguments.ranges, served_s, results)
        each = (results[0][1] - base[0][1]) / (arguments.ranges - BASE_RANGES) / 1024
        record.row("idle-range", "memory for a range and node", f"{each:.2f} KiB", {"KiB": each})
    return 0


if __name__ == "__main__":
    sys.exit(main())
