"""Memory of the broker for each connection that does nothing, over TLS beside plain TCP.

Bytes of its own memory (RssAnon), with a first lot of connections taken as the ground, so that what is needed once is not
counted. The clients live in this process, one handshake behind the other."""
import argparse
import pathlib
import resource
import shutil
import socket
import ssl
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "compare"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "durable"))
import brokers  # noqa: E402
import figures  # noqa: E402
from certificate import certificate  # noqa: E402
import process  # noqa: E402

CONNACK_BYTES = 4


class TlsTenon(brokers.Tenon):
    """With a second listener, for TLS."""

    tls_port = 0

    def conf(self, directory, anonymous):
        conf = super().conf(directory, anonymous)
        self.tls_port = brokers.free_port()
        chain, key = certificate(directory)
        conf["plugins"]["tls"] = {"options": {"certificate": str(chain), "key": str(key)}}
        conf["listeners"]["secure"] = {"bind": "127.0.0.1", "port": self.tls_port, "stack": ["tcp", "tls"]}
        return conf


def text(value):
    return len(value).to_bytes(2, "big") + value.encode()


def connect_packet(name):
    body = text("MQTT") + bytes([4, 0b1100_0010, 0, 0]) + text(name) + text(brokers.USERNAME) + text(brokers.PASSWORD)
    return bytes([0x10, len(body)]) + body


def open_link(port, name, context):
    link = socket.create_connection(("127.0.0.1", port), timeout=30)
    if context:
        link = context.wrap_socket(link)
    link.sendall(connect_packet(name))
    answer = link.recv(CONNACK_BYTES)
    if len(answer) != CONNACK_BYTES or answer[3] != 0:
        raise RuntimeError(f"refused: {answer.hex()}")
    return link


def measure(record, name, port, context, pid, arguments):
    links = [open_link(port, f"{name}-ground-{i}", context) for i in range(arguments.ground)]
    time.sleep(arguments.settle)
    before = process.rss_bytes(pid)
    links += [open_link(port, f"{name}-{i}", context) for i in range(arguments.connections)]
    at_once = process.rss_bytes(pid)
    time.sleep(arguments.settle)
    later = process.rss_bytes(pid)
    found = {key: (rss - before) / arguments.connections for key, rss in (("bytes", at_once), ("bytes at rest", later))}
    record.row(f"idle-links-{name.lower()}", f"an idle connection, {name}",
               f"{found['bytes']:,.0f} B, after {arguments.settle:g} s {found['bytes at rest']:,.0f} B", found)
    for link in links:
        link.close()


def measure_kind(record, name, context, arguments):
    directory = tempfile.mkdtemp(prefix="tenon-load-")
    broker = TlsTenon()
    try:
        broker.start(directory)
        ports = {"TCP": (broker.port, None), "TLS": (broker.tls_port, context)}
        measure(record, name, *ports[name], broker.process.pid, arguments)
    finally:
        broker.stop()
        shutil.rmtree(directory)


def main():
    parser = argparse.ArgumentParser(prog="idle_links.sh", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=4_000)
    parser.add_argument("--ground", type=int, default=1_000, help="connections that are there before it is counted")
    parser.add_argument("--settle", type=float, default=12, help="seconds of rest before each look")
    figures.add_argument(parser)
    arguments = parser.parse_args()
    wanted = arguments.connections + arguments.ground + 100
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(wanted, 1024), hard), hard))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with figures.recorded("idle_links.sh", arguments.json) as record:
        for name in ("TCP", "TLS"):
            measure_kind(record, name, context, arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
