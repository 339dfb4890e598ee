"""How much healthy subscribers notice of stalled ones: pairs at a fixed rate, first by themselves, then beside subscribers of
everything that never read. Prints the latency of both runs and the memory of the broker."""
import argparse
import json
import pathlib
import socket
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "support"), str(HERE)]
from broker import BUILD, Broker  # noqa: E402
from link import Link, connect_packet  # noqa: E402
from process import rss_bytes  # noqa: E402


class StalledLink(Link):
    def __init__(self, port, client_id, qos):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.sendall(connect_packet(client_id))
        self.read()
        self.subscribe("#", qos)


def measure(broker, arguments, name):
    command = [str(BUILD / "tests/load/tenon-load"), "p2p", "--port", str(broker.port), "--pairs", str(arguments.pairs),
               "--qos", str(arguments.qos), "--rate", str(arguments.rate), "--duration", str(arguments.duration),
               "--payload", str(arguments.payload), "--topic-prefix", name, "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"tenon-load: exit {done.returncode}\n{done.stdout}{done.stderr}")
    report = json.loads(done.stdout)
    return {"delivered_per_s": report["steady"]["delivered_per_s"], **report["latency_us"],
            "rss_mb": rss_bytes(broker.process.pid) / 1e6}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stalled", type=int, default=1, help="subscribers of everything that never read (1)")
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--rate", type=int, default=20000, help="messages a second, of all pairs together (20000)")
    parser.add_argument("--qos", type=int, default=1)
    parser.add_argument("--payload", type=int, default=256)
    parser.add_argument("--duration", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with Broker() as broker:
        rows = {"alone": measure(broker, arguments, "alone")}
        links = [StalledLink(broker.port, f"stalled{n}", arguments.qos) for n in range(arguments.stalled)]
        rows["beside stalled"] = measure(broker, arguments, "beside")
        dropped = broker.metric("tenon_publish_dropped_total", cause="queue_full")
        rows["beside stalled"]["dropped"] = dropped + broker.metric("tenon_publish_dropped_total", cause="output_full")
        for link in links:
            link.close()
    if arguments.json:
        print(json.dumps(rows))
        return
    for name, row in rows.items():
        print(name + ": " + ", ".join(f"{key} {value:.1f}" for key, value in row.items()))


if __name__ == "__main__":
    main()
