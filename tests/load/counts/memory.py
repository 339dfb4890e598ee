"""Memory of the broker for each subscription, session that is away, retained message and range.

Bytes of its own memory (RssAnon), with a first lot of the same kind taken as the ground, so that what is needed once is not
counted. What outlives the broker is counted behind a restart, too: then nothing waits to be flushed, and nothing that was
freed is held. Connections: idle_links.sh."""
import argparse
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "compare"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "durable"))
import brokers  # noqa: E402
import figures  # noqa: E402
import process  # noqa: E402
from idle_ranges import lets_in  # noqa: E402

AT_ONCE = 400  # links that are made together; packets that wait for their acknowledgement
FILTERS_A_LINK = 1000
PAYLOAD = b"x" * 100
BASE_RANGES, RANGES = 4, 1000


def text(value):
    return len(value).to_bytes(2, "big") + value.encode()


def packet(head, body):
    """`head`: the first byte."""
    length, rest = b"", len(body)
    while True:
        length += bytes([rest % 128 | (128 if rest >= 128 else 0)])
        rest //= 128
        if rest == 0:
            return bytes([head]) + length + body


def connect(client_id, clean):
    return packet(0x10, text("MQTT") + bytes([4, 2 if clean else 0, 0, 0]) + text(client_id))


def subscribe(filters):
    return packet(0x82, b"\0\1" + b"".join(text(one) + b"\1" for one in filters))


def publish_retained(topic, packet_id):
    return packet(0x33, text(topic) + packet_id.to_bytes(2, "big") + PAYLOAD)


def expect(link, count):
    """So many bytes of answers."""
    data = b""
    while len(data) < count:
        more = link.recv(count - len(data))
        if not more:
            raise RuntimeError(f"the broker closed a link behind {data.hex()}")
        data += more
    return data


class Client:
    def __init__(self, port, client_id, clean=True):
        self.link = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.link.sendall(connect(client_id, clean))

    def let_in(self):
        answer = expect(self.link, 4)
        if answer[3] != 0:
            raise RuntimeError(f"refused: {answer.hex()}")
        return self

    def leave(self):
        self.link.sendall(b"\xe0\0")
        self.link.close()


def parts(numbers, size):
    return [numbers[at:at + size] for at in range(0, len(numbers), size)]


class Subscriptions:
    """Of links that stay, distinct filters."""

    outlives_the_broker = False

    def __init__(self, form):
        self.form, self.clients = form, []
        self.name = f"a subscription, with a filter of {len(form.format(0))} bytes"

    def add(self, port, numbers):
        for part in parts(numbers, FILTERS_A_LINK):
            client = Client(port, f"subscriber-{part[0]}").let_in()
            for some in parts(part, 100):
                client.link.sendall(subscribe([self.form.format(number) for number in some]))
                expect(client.link, 4 + len(some))
            self.clients.append(client)


class SessionsAway:
    """Each with one subscription of QoS 1, and no message."""

    outlives_the_broker = True

    def __init__(self, id_form, form):
        self.id_form, self.form = id_form, form
        self.name = f"a session that is away, with a client id of {len(id_form.format(0))} bytes and a filter of {len(form.format(0))}"

    def add(self, port, numbers):
        for part in parts(numbers, AT_ONCE):
            clients = [Client(port, self.id_form.format(number), clean=False) for number in part]
            for client, number in zip(clients, part):
                client.link.sendall(subscribe([self.form.format(number)]))
            for client in clients:
                client.let_in()
                expect(client.link, 5)
                client.leave()


class Retained:
    """A message each, of PAYLOAD."""

    outlives_the_broker = True

    def __init__(self, form):
        self.form = form
        self.name = f"a retained message of {len(PAYLOAD)} bytes, with a topic of {len(form.format(0))}"

    def add(self, port, numbers):
        client = Client(port, f"publisher-{numbers[0]}").let_in()
        for part in parts(numbers, AT_ONCE):
            client.link.sendall(b"".join(publish_retained(self.form.format(number), 1 + at) for at, number in enumerate(part)))
            expect(client.link, 4 * len(part))
        client.leave()


def things():
    return {
        "subscriptions": [Subscriptions("d{:06}/command"), Subscriptions("devices/{:06}/command")],
        "sessions": [SessionsAway("c{:011}", "d{:05}/command"), SessionsAway("client-{:013}", "devices/{:06}/command")],
        "retained": [Retained("d{:06}/state"), Retained("devices/{:06}/latest-state")],
    }


def begin(arguments, directory, sets=()):
    broker = brokers.Tenon(["log.level=warn", *sets])
    broker.start(directory, anonymous=True)
    return broker


def rest(arguments, broker):
    """The memory once what came in is flushed, and freed memory given back."""
    time.sleep(arguments.settle)
    return process.rss_bytes(broker.process.pid)


def restart(broker):
    """In peace, with the files that are there."""
    broker.stop()
    with open(broker.log, "ab") as log:
        broker.process = subprocess.Popen(broker.process.args, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    while not lets_in(broker.port):
        if not broker.alive():
            raise brokers.StartError(broker.log_tail())
        time.sleep(0.05)


def looks(thing, broker, numbers, arguments):
    """The memory with so many more of the thing: as they came, and behind a restart where they outlive it."""
    thing.add(broker.port, numbers)
    found = [rest(arguments, broker)]
    if thing.outlives_the_broker:
        restart(broker)
        found.append(rest(arguments, broker))
    return found


def bytes_each(thing, arguments):
    with tempfile.TemporaryDirectory(prefix="tenon-load-") as directory:
        broker = begin(arguments, directory)
        try:
            before = looks(thing, broker, range(arguments.ground), arguments)
            after = looks(thing, broker, range(arguments.ground, arguments.ground + arguments.count), arguments)
            # The second lot comes behind the last look, at a broker that was started anew.
            return [(found - before[-1]) / arguments.count for found in after]
        finally:
            broker.stop()


def rss_with_ranges(arguments, count):
    with tempfile.TemporaryDirectory(prefix="tenon-load-") as directory:
        broker = begin(arguments, directory, [f"stores.inbox.initial_ranges={count}"])
        try:
            return rest(arguments, broker)
        finally:
            broker.stop()


def bytes_a_range(arguments):
    return [(rss_with_ranges(arguments, RANGES) - rss_with_ranges(arguments, BASE_RANGES)) / (RANGES - BASE_RANGES)]


def measurements(arguments):
    """(row, title, function) of those that are wanted."""
    for kind, found in things().items():
        if kind in arguments.what:
            for number, thing in enumerate(found, 1):
                yield f"memory-{kind}-{number}", thing.name, lambda thing=thing: bytes_each(thing, arguments)
    if "ranges" in arguments.what:
        yield "memory-range", "a range that nobody uses", lambda: bytes_a_range(arguments)


def main():
    kinds = [*things(), "ranges"]
    parser = argparse.ArgumentParser(prog="memory.sh", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", metavar="|".join(kinds), help="what to measure (default: all)")
    parser.add_argument("--count", type=int, default=60_000, help="of each kind, behind the ground (60000)")
    parser.add_argument("--ground", type=int, default=40_000, help="that are there before it is counted (40000)")
    parser.add_argument("--settle", type=float, default=40, help="seconds of rest before each look (40)")
    figures.add_argument(parser)
    arguments = parser.parse_args()
    arguments.what = arguments.what or kinds
    if unknown := set(arguments.what) - set(kinds):
        parser.error(f"there is no {' and no '.join(sorted(unknown))}; there are {', '.join(kinds)}")
    with figures.recorded("memory.sh", arguments.json) as record:
        for row, title, measure in measurements(arguments):
            found = dict(zip(("bytes", "bytes behind a restart"), measure()))
            text = ", behind a restart ".join(f"{each:,.0f} B" for each in found.values())
            record.row(row, f"memory for {title}", text, found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
