#!/usr/bin/python3
"""Messages to persistent sessions, away or there, while the broker is killed with SIGKILL every few seconds: every message
that was acknowledged is delivered, in the order of its topic; of QoS 2 none twice, of QoS 1 no oftener than it was sent. With
--power, each kill is a loss of power: what was not synced is lost, too.

As a command, for sizes that no gate has time for:
    tests/scenario/kill_run.py --messages 1000000 --sessions 1000 --kill-every 5 --kill-drain 2 [--power]"""
import argparse
import asyncio
import collections
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import BUILD, Broker  # noqa: E402
from lossy_disk import LossyBroker  # noqa: E402
from mqtt_client import Client  # noqa: E402


class Inbox:
    """What one session got, against what was sent to it. One topic, one publisher."""

    def __init__(self, name, qos):
        self.name, self.qos, self.topic = name, qos, f"kill/{name}"
        self.sent = []  # messages, by number
        self.acknowledged = set()
        self.refused = 0
        self.got = collections.Counter()
        self.order = []  # numbers, as they came the first time

    def on_message(self, message):
        number = int(message.payload[:10])
        self.got[number] += 1
        if self.got[number] == 1:
            self.order.append(number)

    def complete(self):
        return len(self.order) >= len(self.acknowledged) and self.acknowledged <= self.got.keys()

    def faults(self, kills_while_receiving):
        """What is wrong, in words. A QoS 1 message may come as often as it was sent, and each copy again with each kill
        that its acknowledgement may have been lost in."""
        lost = sorted(self.acknowledged - self.got.keys())
        if lost:
            yield f"{self.name} (QoS {self.qos}): {len(lost)} acknowledged messages lost, the first {lost[:10]}"
        if self.order != sorted(self.order):
            swapped = [pair for pair in zip(self.order, self.order[1:]) if pair[0] > pair[1]]
            yield f"{self.name} (QoS {self.qos}): out of order: {swapped[:10]}"
        for number, count in self.got.items():
            allowed = 1 if self.qos == 2 else self.sent[number].sends * (1 + kills_while_receiving)
            if count > allowed:
                yield f"{self.name} (QoS {self.qos}): message {number} came {count} times, {allowed} allowed"
                break


class Run:
    def __init__(self, broker, messages, sessions, publishers=8, window=64, payload_bytes=64, kills=0,
                 kill_every_s=4.0, kills_in_drain=1, qos=(1, 2), online=False, limit_s=600, patience_s=20,
                 say=lambda text: None):
        self.broker, self.messages, self.window, self.say = broker, messages, window, say
        self.kills_planned = kills  # spread over the messages; 0: by time
        self.online = online  # sessions have their clients all the time
        self.kill_every_s, self.kills_in_drain, self.limit_s = kill_every_s, kills_in_drain, limit_s
        self.patience_s = patience_s  # with messages that do not come
        self.padding = b"." * max(0, payload_bytes - 10)
        self.inboxes = [Inbox(f"s{i}", qos[i % len(qos)]) for i in range(sessions)]
        self.publishers = [Client(f"kill-publisher-{i}", self.port, window=window) for i in range(publishers)]
        self.clients = [Client(f"kill-{inbox.name}", self.port, on_message=inbox.on_message) for inbox in self.inboxes]
        self.kills = 0
        self.restarting = False
        self.down_s = 0.0

    def port(self):
        return self.broker.port

    async def kill(self):
        began = time.monotonic()
        self.restarting = True
        self.broker.kill()
        await asyncio.to_thread(self.broker.start_again)
        self.restarting = False
        self.kills += 1
        self.down_s += time.monotonic() - began

    async def keep_drained(self):
        while True:
            if not self.restarting:
                self.broker.drain()
            await asyncio.sleep(0.1)

    async def keep_killing(self, enough):
        if self.kills_planned:
            return await self.kill_as_it_goes(self.kills_planned, self.acknowledged_count, enough)
        while not enough.is_set():
            try:
                await asyncio.wait_for(enough.wait(), self.kill_every_s)
            except asyncio.TimeoutError:
                await self.kill()

    async def kill_as_it_goes(self, kills, count, enough):
        """So many times, evenly over all messages, as count() says how far they are."""
        for kill in range(kills):
            while count() < self.messages * (kill + 1) // (kills + 1) and not enough.is_set():
                await asyncio.sleep(0.002)
            await self.kill()

    def acknowledged_count(self):
        return sum(len(inbox.acknowledged) for inbox in self.inboxes)

    def got_count(self):
        return sum(len(inbox.order) for inbox in self.inboxes)

    async def in_groups(self, clients, act, size=100):
        for first in range(0, len(clients), size):
            await asyncio.gather(*(act(client) for client in clients[first:first + size]))

    async def make_sessions(self):
        async def make(client):
            inbox = self.inboxes[self.clients.index(client)]
            await client.connect_again()
            code = await client.subscribe(inbox.topic, inbox.qos)
            assert code == inbox.qos, f"SUBACK {code}"
            if self.online:
                client.keep_connected()
            else:
                await client.disconnect()
        await self.in_groups(self.clients, make)

    def publish_one(self, number):
        """To one inbox after the other, always by the same publisher; those of one inbox are numbered."""
        at = number % len(self.inboxes)
        inbox, publisher = self.inboxes[at], self.publishers[at % len(self.publishers)]
        count = len(inbox.sent)

        def done(code):
            if code < 0x80:
                inbox.acknowledged.add(count)
            else:
                inbox.refused += 1
        inbox.sent.append(publisher.publish(inbox.topic, b"%010d" % count + self.padding, inbox.qos, done=done))
        return publisher

    async def publish(self):
        for number in range(self.messages):
            publisher = self.publish_one(number)
            while publisher.unacknowledged_count > 2 * self.window:
                await asyncio.sleep(0.002)
            if number % 64 == 0:
                await asyncio.sleep(0)
        while any(publisher.unacknowledged_count for publisher in self.publishers):
            await asyncio.sleep(0.02)

    async def drain(self):
        if not self.online:
            for client in self.clients:
                client.keep_connected()
        await self.kill_as_it_goes(self.kills_in_drain, self.got_count, asyncio.Event())
        last, since = -1, time.monotonic()
        while not all(inbox.complete() for inbox in self.inboxes):
            if self.got_count() != last:
                last, since = self.got_count(), time.monotonic()
            if time.monotonic() - since > self.patience_s:
                break
            await asyncio.sleep(0.05)
        # What would come twice comes behind.
        async def look_behind(client):
            while not client.connected:
                await asyncio.sleep(0.02)
            await client.ping()
        await self.in_groups(self.clients, look_behind)
        await self.in_groups(self.clients, lambda client: client.disconnect())

    async def run(self):
        """The faults that were found, in words."""
        drained = asyncio.ensure_future(self.keep_drained())
        try:
            return await asyncio.wait_for(self.run_phases(), self.limit_s)
        finally:
            drained.cancel()

    async def run_phases(self):
        began = time.monotonic()
        await self.make_sessions()
        for publisher in self.publishers:
            publisher.keep_connected()
        publishing = time.monotonic()
        enough = asyncio.Event()
        killer = asyncio.ensure_future(self.keep_killing(enough))
        publish = asyncio.ensure_future(self.publish())
        await asyncio.wait({publish, killer}, return_when=asyncio.FIRST_COMPLETED)
        enough.set()
        await killer  # raises: the broker does not come back
        await publish
        published_s = time.monotonic() - publishing
        await self.in_groups(self.publishers, lambda client: client.disconnect())
        await self.kill()
        draining = time.monotonic()
        await self.drain()
        self.report(publishing - began, published_s, time.monotonic() - draining)
        return list(self.faults())

    def faults(self):
        for inbox in self.inboxes:
            yield from inbox.faults(self.kills if self.online else self.kills_in_drain)
            if inbox.refused:
                yield f"{inbox.name}: {inbox.refused} messages refused"
        for client in self.publishers + self.clients:
            if client.sessions_lost:
                yield f"{client.client_id}: {client.sessions_lost} sessions lost"

    def report(self, made_s, published_s, drained_s):
        got = sum(inbox.got.total() for inbox in self.inboxes)
        again = got - self.got_count()
        self.say(f"{len(self.inboxes)} sessions made in {made_s:.1f} s; {self.messages} messages acknowledged in "
                 f"{published_s:.1f} s; drained in {drained_s:.1f} s; {self.kills} kills, {self.down_s:.1f} s down; "
                 f"{sum(client.resent for client in self.publishers)} packets sent again by publishers; {again} messages "
                 f"came again (QoS 1)")


def limits_off(messages):
    """Configuration under which no queue is full."""
    return {"mqtt": {"session_queue_count_max": max(10000, messages)}}


HAS_ROCKSDB = any((BUILD / "plugins").rglob("storage-rocksdb.so"))
STORES = ("dist", "inbox", "retain", "meta")


def engines(state, log):
    """Configuration with these plugins for the states and for the journal; log "state": the journal lies in the states'
    engine."""
    found = {"plugins": {state: {}}, "engines": {"main": {"plugin": state}}}
    if log == "state":
        found["stores"] = {store: {"log": "main"} for store in STORES}
    else:
        found["plugins"][log] = {}
        found["engines"]["journal"] = {"plugin": log}
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--publishers", type=int, default=8)
    parser.add_argument("--window", type=int, default=64)
    parser.add_argument("--payload", type=int, default=64, help="bytes")
    parser.add_argument("--qos", default="1,2", help="of the sessions, in turn")
    parser.add_argument("--kill-every", type=float, default=4.0, help="seconds")
    parser.add_argument("--kills", type=int, default=0, help="instead: so many, evenly over the messages")
    parser.add_argument("--kill-drain", type=int, default=1, help="kills while the sessions collect")
    parser.add_argument("--online", action="store_true", help="the sessions have their clients all the time")
    parser.add_argument("--power", action="store_true", help="each kill is a loss of power")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of what a loss of power leaves")
    parser.add_argument("--limit", type=float, default=3600, help="seconds until the run is given up")
    parser.add_argument("--state", default="sqlite", help="storage plugin of the states")
    parser.add_argument("--log", default="segment", help="plugin of the journal; \"state\": in the states' engine")
    arguments = parser.parse_args()
    qos = tuple(int(word) for word in arguments.qos.split(","))
    config = {**limits_off(arguments.messages), **engines(arguments.state, arguments.log)}
    with LossyBroker(arguments.seed, config=config) if arguments.power else Broker(config=config) as broker:
        run = Run(broker, arguments.messages, arguments.sessions, publishers=arguments.publishers,
                  window=arguments.window, payload_bytes=arguments.payload, kills=arguments.kills,
                  kill_every_s=arguments.kill_every, kills_in_drain=arguments.kill_drain, qos=qos,
                  online=arguments.online, limit_s=arguments.limit, say=print)
        faults = asyncio.run(run.run())
        if arguments.power:
            print(f"seed {arguments.seed}: {broker.disk.summary()}")
    for fault in faults:
        print("FAULT", fault)
    print("no faults" if not faults else f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
