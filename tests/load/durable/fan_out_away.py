"""How often the payload of one message to many sessions that are away is written: sessions of one range subscribe to one topic and
leave, and in each round a message with one byte is published to it and one with --payload. What is written for the second one and not
for the first is its payload: until it is acknowledged, and after --settle seconds, when what waits has gone to the engine. Bytes are
those of write calls."""
import argparse
import pathlib
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "compare"), str(HERE.parent / "counts"), str(HERE)]
import brokers  # noqa: E402
import figures  # noqa: E402
import process  # noqa: E402
from memory import Client, SessionsAway, expect, packet, text  # noqa: E402

TOPIC = "fan-out/away"


def written(broker, payload, settle_s):
    """Bytes, from its publish on: (until it is acknowledged, so much later)."""
    client = Client(broker.port, "fan-out-publisher").let_in()
    before = process.io_bytes(broker.process.pid)[0]
    client.link.sendall(packet(0x32, text(TOPIC) + b"\0\1" + payload))
    expect(client.link, 4)
    acknowledged = process.io_bytes(broker.process.pid)[0] - before
    time.sleep(settle_s)
    client.leave()
    return acknowledged, process.io_bytes(broker.process.pid)[0] - before


def one_round(broker, arguments):
    """Payloads: (until it is acknowledged, in the end)."""
    little = written(broker, b"x", arguments.settle)
    whole = written(broker, b"x" * arguments.payload, arguments.settle)
    return [(more - less) / (arguments.payload - 1) for less, more in zip(little, whole)]


def measure(arguments):
    broker = brokers.Tenon(["stores.inbox.initial_ranges=1", "log.level=warn"])
    with tempfile.TemporaryDirectory(prefix="tenon-fan-out-") as directory:
        broker.start(directory, anonymous=True)
        try:
            SessionsAway("away-{:07}", TOPIC).add(broker.port, range(arguments.sessions))
            time.sleep(arguments.settle)
            return zip(*(one_round(broker, arguments) for _ in range(arguments.rounds)))
        finally:
            broker.stop()


def main():
    parser = argparse.ArgumentParser(prog="fan_out_away.sh", description=__doc__)
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--payload", type=int, default=4096, help="bytes (4096)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--settle", type=float, default=15, help="seconds of rest behind each message (15)")
    figures.add_argument(parser)
    arguments = parser.parse_args()
    with figures.recorded("fan_out_away.sh", arguments.json) as record:
        acknowledged, settled = map(list, measure(arguments))
        record.row("fan-out-away", f"a message to {arguments.sessions:,} sessions that are away: payloads written by their range",
                   f"{figures.spread(acknowledged, '{:.2f}')} until it is acknowledged, {figures.spread(settled)} after {arguments.settle:g} s",
                   {"payloads written": settled, "payloads written until acknowledged": acknowledged})


if __name__ == "__main__":
    main()
