"""How much healthy subscribers notice of stalled ones: pairs at a fixed rate, first by themselves, then beside subscribers of
everything that never read, and whose sockets are full. Prints the latency of both runs, the memory of the broker, how much it has grown
since the stalled ones came, and the most that docs/operate/limits.md lets them cost. Both ends of all sockets are small: what the
system keeps for a client is then less than a window of messages, so that its link waits for the socket and not for the client's
acknowledgements, and a thousand of them take little of the memory that the machine has for TCP. With QoS 1 and --inflight-max 65535
links hold as much as they may."""
import argparse
import json
import pathlib
import socket
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "support"), str(HERE.parent / "compare"), str(HERE)]
import figures  # noqa: E402
from api import Api  # noqa: E402
from broker import Broker  # noqa: E402
from brokers import GENERATOR  # noqa: E402
from link import Link, connect_packet, packet, text  # noqa: E402
from process import rss_bytes  # noqa: E402

HEAD_BYTES = 64  # of a packet, at most: topic, identifier, properties
RECEIVE_BYTES, SEND_BYTES = 4096, 16384  # of sockets, of which the system makes twice as much
BATCH, PATIENCE_S = 500, 120
ESTABLISHED = "01"


class StalledLink(Link):
    """Subscribes and reads no more."""

    def __init__(self, port, client_id, qos):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        self.socket.settimeout(30)
        self.socket.connect(("127.0.0.1", port))
        self.socket.sendall(connect_packet(client_id))
        self.read()
        self.subscribe("#", qos)


def queues_of(port):
    """{port of a client: bytes that both ends of its connection to `port` hold}"""
    held = {}
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, here, there, state, queues, *_ = line.split()
        ports = {int(end.split(":")[1], 16) for end in (here, there)}
        if state == ESTABLISHED and port in ports and len(ports) == 2:
            client, = ports - {port}
            held[client] = held.get(client, 0) + sum(int(queue, 16) for queue in queues.split(":"))
    return held


def in_sockets(broker, links):
    """For each of the links, the bytes in its sockets. Connections that come and go while the table is read hide others."""
    looks = [queues_of(broker.port) for _ in range(3)]
    return [max(look.get(link.socket.getsockname()[1], 0) for look in looks) for link in links]


def most_memory(broker, arguments):
    """What the stalled ones may cost, in bytes, by docs/operate/limits.md. What the system keeps for sockets is not the process's."""
    values = {one["key"]: one["value"] for one in Api(broker.api_socket).get("/api/v1/config").json["values"]}
    each = values["mqtt.link_output_bytes_max"] + arguments.payload + HEAD_BYTES + values["mqtt.session_queue_bytes_max"]
    return arguments.stalled * each


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


def dropped(broker):
    return sum(broker.metric("tenon_publish_dropped_total", cause=cause) for cause in ("queue_full", "output_full"))


def fill(broker, arguments):
    """Publishes until all that can wait for those who read nothing waits: so much more that each is refused some."""
    writer = Link(broker.port, "fill")
    writer.socket.settimeout(PATIENCE_S)
    payload = b"x" * arguments.payload
    while dropped(broker) < BATCH * arguments.stalled:
        identifiers = [number.to_bytes(2, "big") if arguments.qos else b"" for number in range(1, BATCH + 1)]
        writer.socket.sendall(b"".join(packet(0x30 | arguments.qos << 1, text("fill") + one + b"\0" + payload) for one in identifiers))
        writer.socket.sendall(packet(0xC0, b""))
        for _ in range(1 + BATCH * arguments.qos):  # the answer to that, and to each with QoS 1
            if writer.read()[0] not in (0x40, 0xD0):
                sys.exit("the broker has sent its writer away")
    writer.close()


def beside_stalled(broker, arguments):
    before = broker.metric("tenon_overload_memory_bytes")
    links = [StalledLink(broker.port, f"stalled{n}", arguments.qos) for n in range(arguments.stalled)]
    fill(broker, arguments)
    refused = dropped(broker)
    found = measure(broker, arguments, "beside")
    grown, held = broker.metric("tenon_overload_memory_bytes") - before, in_sockets(broker, links)
    # A link whose whole window is in the socket waits for acknowledgements instead.
    window = arguments.inflight_max * arguments.payload if arguments.qos else float("inf")
    found |= {"dropped": dropped(broker) - refused, "stalled sockets": sum(0 < count < window for count in held),
              "in each socket KB": sum(held) / len(held) / 1e3, "memory grew by MB": grown / 1e6, "of at most MB": most_memory(broker, arguments) / 1e6}
    for link in links:
        link.close()
    return found


def one_round(arguments):
    """{row: figures}"""
    config = {"plugins": {"tcp": {"options": {"send_buffer_bytes": SEND_BYTES}}},
              "mqtt": {"inflight_max": arguments.inflight_max, "slow_client_timeout_s": 0}}
    with Broker(config=config) as broker:
        return {"alone": measure(broker, arguments, "alone"), "beside stalled": beside_stalled(broker, arguments)}


def main():
    parser = argparse.ArgumentParser(prog="stalled.sh", description=__doc__)
    parser.add_argument("--stalled", type=int, default=1, help="subscribers of everything that never read (1)")
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--rate", type=int, default=20000, help="messages a second, of all pairs together (20000)")
    parser.add_argument("--qos", type=int, default=1, choices=(0, 1))
    parser.add_argument("--inflight-max", type=int, default=512, help="mqtt.inflight_max of the broker (512, its default)")
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
