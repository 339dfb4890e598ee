"""How long a client waits for its session at another node of three: from CONNECT, over a connection that is open, to CONNACK.

In each round, in turn: `plain`, its former connection has ended and everybody knows; `closed`, the former one, at another node,
is closed at that moment; `open`, it is there and idle; `half-open`, it is there, its client reads nothing, and its node has
more for it than the sockets take. Beside them what there is no way around: `round trip` between two nodes (a message with QoS 0 to
a subscriber at another node and one back, less the same within one node), and `commit`, a QoS 1 message for a stored session until
it is acknowledged: one entry on the disks of a majority. By where the session's range is led from."""
import argparse
import asyncio
import pathlib
import socket
import struct
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "support"), str(HERE.parent / "compare"), str(HERE)]
import figures  # noqa: E402
from cluster import Cluster  # noqa: E402

PATIENCE_S = 30
EXPIRY_S = 3600
TITLES = {"plain": "has ended, and everybody knows", "closed": "is closed at that moment", "open": "is there, idle",
          "half-open": "is there, and its sockets are full"}
CASES = tuple(TITLES)
STUFF = b"s" * 60_000


def text(value):
    return struct.pack("!H", len(value)) + value


def packet(first, body):
    size, length = len(body), b""
    while True:
        size, digit = divmod(size, 128)
        length += bytes([digit | (128 if size else 0)])
        if not size:
            return bytes([first]) + length + body


class Wire:
    """An MQTT 5 connection that waits for each answer, so that nothing of this program's own is in the times."""

    def __init__(self, node, small=False):
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE_S)
        if small:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(("127.0.0.1", node.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def ask(self, sent, answer):
        """Seconds until a packet of this type is there."""
        begin = time.perf_counter()
        self.socket.sendall(sent)
        while self.next()[0] >> 4 != answer:
            pass
        return time.perf_counter() - begin

    def next(self):
        while True:
            whole = self._whole()
            if whole:
                first, self.buffer = self.buffer[:whole], self.buffer[whole:]
                return first
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("the broker has closed")
            self.buffer += more

    def _whole(self):
        size = shift = 0
        for at, byte in enumerate(self.buffer[1:5], 1):
            size |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return at + 1 + size if len(self.buffer) >= at + 1 + size else 0
        return 0

    def connect(self, client_id, stored=True):
        expiry = b"\x11" + struct.pack("!I", EXPIRY_S if stored else 0)
        body = text(b"MQTT") + bytes([5, 0 if stored else 2]) + struct.pack("!H", 0) + bytes([len(expiry)]) + expiry + text(client_id)
        begin = time.perf_counter()
        self.socket.sendall(packet(0x10, body))
        connack = self.next()
        took_s = time.perf_counter() - begin
        if connack[0] != 0x20 or connack[3] != 0:
            raise ConnectionError(f"not let in: {connack.hex()}")
        return took_s

    def subscribe(self, topic, qos):
        return self.ask(packet(0x82, b"\0\1\0" + text(topic) + bytes([qos])), 9)

    def publish(self, topic, payload, packet_id=0):
        if packet_id == 0:
            return self.socket.sendall(packet(0x30, text(topic) + b"\0" + payload))
        return self.ask(packet(0x32, text(topic) + struct.pack("!H", packet_id) + b"\0" + payload), 4)

    def disconnect(self):
        self.socket.sendall(b"\xe0\0")
        while self.socket.recv(65536):
            pass
        self.socket.close()


class Rounds:
    def __init__(self, cluster, leader):
        self.cluster, self.leader = cluster, leader
        self.times = {}
        self.count = 0

    def note(self, name, took_s):
        self.times.setdefault(name, []).append(took_s)

    def places(self):
        """(name, former node, new node)"""
        one, other = self.cluster.others(self.leader)
        return (("led by the former node", self.leader, one), ("led by the new node", one, self.leader),
                ("led by the third node", one, other))

    def one_round(self):
        for place, former, new in self.places():
            for case in CASES:
                self.note((case, place), getattr(self, case.replace("-", "_"))(former, new))
        one, other = self.cluster.others(self.leader)
        self.note("round trip", max(0.0, self.there_and_back(one, other) - self.there_and_back(one, one)))
        self.note("commit", self.commit(one))

    def held(self, node, small=False):
        self.count += 1
        client_id = b"takeover-%d" % self.count
        wire = Wire(node, small)
        wire.connect(client_id)
        return client_id, wire

    def taken(self, node, client_id):
        wire = Wire(node)
        took_s = wire.connect(client_id)
        wire.disconnect()
        return took_s

    def plain(self, former, new):
        client_id, wire = self.held(former)
        wire.disconnect()
        # The second of two knows that the first one's end is on record.
        self.taken(new, client_id)
        time.sleep(0.02)
        return self.taken(new, client_id)

    def closed(self, former, new):
        client_id, wire = self.held(former)
        wire.socket.close()
        return self.taken(new, client_id)

    def open(self, former, new):
        client_id, wire = self.held(former)
        took_s = self.taken(new, client_id)
        wire.socket.close()
        return took_s

    def half_open(self, former, new):
        client_id, wire = self.held(former, small=True)
        wire.subscribe(client_id, 0)
        with_stuff = Wire(former)
        with_stuff.connect(b"takeover-stuff", stored=False)
        for _ in range(100):
            with_stuff.publish(client_id, STUFF)
        with_stuff.ask(b"\xc0\0", 13)
        took_s = self.taken(new, client_id)
        with_stuff.disconnect()
        wire.socket.close()
        return took_s

    def there_and_back(self, one, other):
        here, there = Wire(one), Wire(other)
        here.connect(b"takeover-here", stored=False)
        there.connect(b"takeover-there", stored=False)
        here.subscribe(b"takeover/back", 0)
        there.subscribe(b"takeover/there", 0)
        times = []
        for _ in range(5):
            begin = time.perf_counter()
            here.publish(b"takeover/there", b"")
            there.next()
            there.publish(b"takeover/back", b"")
            here.next()
            times.append(time.perf_counter() - begin)
        here.disconnect()
        there.disconnect()
        return sorted(times)[2]

    def commit(self, node):
        wire = Wire(node)
        wire.connect(b"takeover-publisher", stored=False)
        took_s = wire.publish(b"takeover/stored", b"", 1)
        wire.disconnect()
        return took_s


async def run(rounds, say):
    async with Cluster(3, {"mqtt": {"session_queue_count_max": 10_000_000}}) as cluster:
        await cluster.ready()
        work = Rounds(cluster, await cluster.leader())

        def prepare():
            stored = Wire(cluster.nodes[0])
            stored.connect(b"takeover-stored")
            stored.subscribe(b"takeover/stored", 1)
            stored.disconnect()
        await asyncio.to_thread(prepare)
        for number in range(rounds):
            await asyncio.to_thread(work.one_round)
            if (number + 1) % 10 == 0:
                say(f"{number + 1} of {rounds}")
        if await cluster.leader() is not work.leader:
            say("the range has another leader by now: the places are not as named")
        return work.times


def found_of(times):
    times = sorted(times)
    return {"p50 ms": figures.quantile(times, 0.5) * 1000, "p99 ms": figures.quantile(times, 0.99) * 1000}


def shown(times):
    return ", ".join(f"{key[:-3]} {value:.2f} ms" for key, value in found_of(times).items())


def add_rows(record, times):
    places = sorted({name[1] for name in times if isinstance(name, tuple)})
    for case in CASES:
        whole = [took_s for place in places for took_s in times[case, place]]
        apart = ", ".join(f"{place} p50 {figures.quantile(sorted(times[case, place]), 0.5) * 1000:.2f} ms" for place in places)
        record.row(f"takeover-{case}", f"takeover, former connection {TITLES[case]}", f"{shown(whole)} ({apart})", found_of(whole))
    for name, title in (("round trip", "beside it, a round trip between two nodes"), ("commit", "beside it, one commit, as a publisher sees it")):
        record.row(f"takeover-{name.replace(' ', '-')}", title, shown(times[name]), found_of(times[name]))


def main():
    parser = argparse.ArgumentParser(prog="takeover.sh", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--quiet", action="store_true", help="only the result")
    figures.add_argument(parser)
    arguments = parser.parse_args()
    say = (lambda text: None) if arguments.quiet else (lambda text: print(text, flush=True))
    with figures.recorded("takeover.sh", arguments.json) as record:
        add_rows(record, asyncio.run(run(arguments.rounds, say)))


if __name__ == "__main__":
    main()
