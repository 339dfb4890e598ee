"""How much healthy subscribers notice of stalled ones: pairs at a fixed rate, first by themselves, then beside subscribers of
everything that never read. Prints the latency of both runs and the memory of the broker."""
import argparse
import json
import pathlib
import socket
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "support"), str(HERE.parent / "compare"), str(HERE)]
import figures  # noqa: E402
from broker import Broker  # noqa: E402
from brokers import GENERATOR  # noqa: E402
from link import Link, connect_packet  # noqa: E402
from process import rss_bytes  # noqa: E402


class StalledLink(Link):
    def __init__(self, port, client_id, qos):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.sendall(connect_packet(client_id))
        self.read()
        self.subscribe("#", qos)


def measure(broker, arguments, name):
    command = [str(GENERATOR), "p2p", "--port", str(broker.port), "--pairs", str(arguments.pairs),
               "--qos", str(arguments.qos), "--rate", str(arguments.rate), "--duration", str(arguments.duration),
               "--payload", str(arguments.payload), "--topic-prefix", name, "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"tenon-load: exit {done.returncode}\n{done.stdout}{done.stderr}")
    report = json.loads(done.stdout)
    latency = {f"{name} ms": report["latency_us"][name] / 1000 for name in ("p50", "p99", "max")}
    return {"delivered /s": report["steady"]["delivered_per_s"], **latency, "memory MB": rss_bytes(broker.process.pid) / 1e6}


def one_round(arguments):
    """{row: figures}"""
    with Broker() as broker:
        rows = {"alone": measure(broker, arguments, "alone")}
        links = [StalledLink(broker.port, f"stalled{n}", arguments.qos) for n in range(arguments.stalled)]
        rows["beside stalled"] = measure(broker, arguments, "beside")
        dropped = broker.metric("tenon_publish_dropped_total", cause="queue_full")
        rows["beside stalled"]["dropped"] = dropped + broker.metric("tenon_publish_dropped_total", cause="output_full")
        for link in links:
            link.close()
        return rows


def main():
    parser = argparse.ArgumentParser(prog="stalled.sh", description=__doc__)
    parser.add_argument("--stalled", type=int, default=1, help="subscribers of everything that never read (1)")
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--rate", type=int, default=20000, help="messages a second, of all pairs together (20000)")
    parser.add_argument("--qos", type=int, default=1)
    parser.add_argument("--payload", type=int, default=256)
    parser.add_argument("--duration", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5, help="each at a broker that has just started (5)")
    figures.add_argument(parser)
    arguments = parser.parse_args()
    with figures.recorded("stalled.sh", arguments.json) as record:
        rounds = [one_round(arguments) for _ in range(arguments.rounds)]
        for name in rounds[0]:
            found = {key: [rows[name][key] for rows in rounds] for key in rounds[0][name]}
            text = "; ".join(f"{key} {figures.spread(values)}" for key, values in found.items())
            record.row(f"stalled-{name.split()[0]}", f"{arguments.rate:,} messages a second, {name}", text, found)


if __name__ == "__main__":
    main()
