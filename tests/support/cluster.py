"""Starts several tenond on this machine that form a cluster, for a test: kills, stops, freezes and restarts them.

Whatever a test waits for, it waits for in what the nodes write; what they keep without a word is looked at again and again. Runs in an
asyncio loop, in which the nodes' output is read all the time."""
import asyncio
import itertools
import json
import os
import shutil
import signal
import socket
import time

from broker import Broker

WAIT_S = 30
SHIPPED_BALANCERS = {"dist": ["replica-cnt", "range-leader"], "inbox": ["replica-cnt", "range-leader", "range-split"],
                     "retain": ["replica-cnt", "range-leader"], "meta": ["replica-cnt"]}


class PortHold:
    """The place of a node on the loopback address: keeps a TCP port from everybody but the node that it is meant for.

    The socket is bound and never listens, so that a listener with SO_REUSEADDR can share the port, and nobody gets it by chance."""

    address, config, prefix, env, data_dir = "127.0.0.1", {}, [], {}, None

    def __init__(self):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", 0))
        self.number = self.socket.getsockname()[1]

    def close(self):
        self.socket.close()


class Node(Broker):
    """One node. `records` are the log records of its present run."""

    def __init__(self, name, port_hold, config, release=None):
        self.name, self.port_hold, self.address = name, port_hold, port_hold.address
        self.frozen = False
        self.ended = True  # its output has ended
        self._node_id = None
        self.records = []
        super().__init__(config=config, wait=False, start=False, env=port_hold.env, data_dir=port_hold.data_dir)
        self._own_command = self.command
        services = config.get("services", {})
        self.for_clients = services.get("mqtt", {}).get("enable", True)
        # Of a node for clients: what they need it to learn.
        self.holds_ranges = self.for_clients or any(
            one.get(what, {}).get("enable", True) for one, what in [(services.get("dist", {}), "worker")] +
            [(services.get(store, {}), "store") for store in ("inbox", "retain", "meta")])
        self.run(release)
        self.start()

    def run(self, release):
        """With its next start; none: what was built here."""
        words = self._own_command
        if release:
            self.write_config("95-release.json", {"plugins": {"path": release.plugin_dirs}})
            words = [str(release.program), "--vendor-dir", str(release.vendor_dir), *words[3:]]
        else:
            (self.conf_dir / "95-release.json").unlink(missing_ok=True)
        self.command = [*self.port_hold.prefix, *words]

    def start(self, wait=False):
        self.records, self._rest, self.port, self.ended, self._has_started = [], b"", None, False, False
        super().start(wait=False)
        os.set_blocking(self.process.stderr.fileno(), False)

    def drain(self):
        """Reads what was written so far; False: that was the end."""
        while True:
            try:
                data = os.read(self.process.stderr.fileno(), 65536)
            except BlockingIOError:
                return True
            if not data:
                self.ended = True
                return False
            self.log += data.decode(errors="replace")
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                if line.startswith(b"{"):
                    self.records.append(json.loads(line))

    def find(self, event, **fields):
        """The newest record of this event with these fields, or None."""
        for record in reversed(self.records):
            shown = record.get("fields", {})
            if record.get("event") == event and all(str(shown.get(k)) == str(v) for k, v in fields.items()):
                return record
        return None

    @property
    def alive(self):
        return self.process.poll() is None

    @property
    def serves(self):
        if self.port is None and self.find("node.started") and (opened := self.find("listener.opened")):
            self.port = int(opened["fields"]["port"])
        return self.alive and self.port is not None

    @property
    def is_up(self):
        """It serves, or has started and is not for clients."""
        if self.for_clients:
            return self.serves
        self._has_started = self._has_started or self.find("node.started") is not None
        return self.alive and self._has_started

    @property
    def has_been_ready(self):
        """In this run, or in one before, of which somebody asked for its id."""
        return self._node_id is not None or self.find("node.started") is not None

    @property
    def node_id(self):
        """That of this run, or while that is not ready of the one before."""
        if started := self.find("node.started"):
            self._node_id = started["fields"]["node_id"]
        assert self._node_id, f"{self.name} has not been ready yet"
        return self._node_id

    @property
    def cluster_id(self):
        return self.find("storage.founded")["fields"]["cluster_id"]

    def ranges(self, store=None):
        """The numbers of the ranges that it has a replica of."""
        gone = {record["fields"]["range"] for record in self.records if record.get("event") == "storage.members_changed"
                and "absorbed" in record["message"]}
        # It goes on as another incarnation.
        gone -= {record["fields"]["range"] for record in self.records if record.get("event") == "storage.range_recovered"}
        gone |= self._left()
        return [record["fields"]["range"] for record in self.records if record.get("event") == "storage.range_opened"
                and store in (None, record["fields"]["store"]) and record["fields"]["range"] not in gone]

    def _left(self):
        """The numbers of the ranges that it was taken out of, and has not come back to."""
        left = set()
        for record in self.records:
            if record.get("event") == "storage.range_opened":
                left.discard(record["fields"]["range"])
            elif record.get("event") == "storage.members_changed" and "no member any more" in record["message"]:
                left.add(record["fields"]["range"])
        return left

    def leader_of(self, number):
        """The id of the node that leads the range, as far as this one knows; None: it knows of none."""
        record = self.find("storage.leader_changed", range=number)
        leader = record["fields"]["leader"] if record else ""
        return leader if leader.strip("0") else None


class Cluster:
    """`count` nodes that found a cluster together. Use as an asynchronous context manager, and begin with ready().

    Nothing is moved by itself unless `balancers` has options for the shipped ones, by name. `make_place` makes what each node
    needs around it (see PortHold): its address and cluster port, what its configuration, command and environment have besides."""

    def __init__(self, count=3, config=None, inbox_ranges=1, expect=None, start=True, balancers=None, make_place=PortHold,
                 own=(), release=None, seeds=None):
        self._make_place = make_place
        self.nodes, self._holds = [], [make_place() for _ in range(count)]
        self.expect, self.inbox_ranges, self.config = expect or count, inbox_ranges, config or {}
        self._count, self._start, self._balancers = count, start, balancers
        self._own = own  # what the configuration of each node has for itself
        self.release = release  # that new nodes are of; none: what was built here
        self._seed_numbers = range(count) if seeds is None else seeds
        self._written = asyncio.Event()
        self._turn = itertools.count()

    async def __aenter__(self):
        if self._start:
            for number in range(self._count):
                self.add(self._own[number] if number < len(self._own) else None)
        return self

    async def __aexit__(self, *_):
        await self.close()

    # --- nodes

    def _seeds(self):
        """The nodes that the cluster was made for, or those of them that were said; a node that is alone has none, and founds at once."""
        seeds = [self._holds[number] for number in self._seed_numbers]
        return [f"{hold.address}:{hold.number}" for hold in seeds] if self._count > 1 else []

    def _stores(self):
        stores = {}
        for store, names in SHIPPED_BALANCERS.items():
            entries = {name: {"enable": False} if self._balancers is None else
                       {"options": self._balancers.get(name, {})} for name in names}
            stores[store] = {"balancers": entries}
        stores["inbox"]["initial_ranges"] = self.inbox_ranges
        for store, own in self.config.get("stores", {}).items():
            stores[store]["balancers"].update(own.get("balancers", {}))
            stores[store].update({key: value for key, value in own.items() if key != "balancers"})
        return stores

    def add(self, config=None, place=None):
        """Starts one more node; `config` is laid over that of all, topic by topic, and in `cluster` key by key. `place`: of this
        one, instead of one that make_place makes."""
        if place:
            self._holds.append(place)
        while len(self._holds) <= len(self.nodes):
            self._holds.append(self._make_place())
        hold = self._holds[len(self.nodes)]
        config = {
            **{topic: {**hold.config.get(topic, {}), **self.config.get(topic, {})} for topic in {**hold.config, **self.config}},
            "cluster": {**self.config.get("cluster", {}), "bind": hold.address, "port": hold.number, "expect": self.expect,
                        "seeds": self._seeds(), **(config or {}).get("cluster", {})},
            "stores": self._stores(),
            "log": {"level": "debug"},
            **{topic: value for topic, value in (config or {}).items() if topic != "cluster"},
        }
        node = Node("ABCDEFGH"[len(self.nodes)], hold, config, self.release)
        self.nodes.append(node)
        self._watch(node)
        return node

    @property
    def alive(self):
        return [node for node in self.nodes if node.alive and not node.frozen]

    def others(self, *nodes):
        return [node for node in self.alive if node not in nodes]

    def any_port(self):
        """Of one node that serves after the other."""
        serving = [node for node in self.alive if node.serves]
        if not serving:
            raise ConnectionRefusedError("no node serves")
        return serving[next(self._turn) % len(serving)].port

    async def kill(self, *nodes):
        """SIGKILL, to all of them before anything else happens."""
        for node in nodes:
            node.process.kill()
        for node in nodes:
            node.frozen = False
            await self.until(lambda node=node: node.ended, f"{node.name} ends")
            node.process.wait()
            node.process.stderr.close()

    async def stop(self, *nodes):
        """SIGTERM; the exit codes."""
        for node in nodes:
            node.process.terminate()
        return await self.ended(*nodes)

    async def ended(self, *nodes):
        """Until they have, of their own will or as they were told; the exit codes."""
        for node in nodes:
            await self.until(lambda node=node: node.ended, f"{node.name} ends")
            node.process.wait()
            node.process.stderr.close()
        return [node.process.returncode for node in nodes]

    def restart(self, *nodes):
        """With the data that they have."""
        for node in nodes:
            node.start()
            self._watch(node)

    def freeze(self, node):
        """The process gets no time any more; its connections stay. Returns when it stands still."""
        node.signal(signal.SIGSTOP)
        os.waitid(os.P_PID, node.process.pid, os.WSTOPPED | os.WNOWAIT)
        node.frozen = True

    def thaw(self, node):
        node.signal(signal.SIGCONT)
        node.frozen = False

    async def close(self):
        for node in self.nodes:
            if node.frozen:
                self.thaw(node)
        try:
            codes = await self.stop(*self.alive)
            assert not any(codes), f"exit codes {codes}"
        finally:
            for node in self.nodes:
                if node.process.poll() is None:
                    node.process.kill()
                    node.process.wait()
                shutil.rmtree(node.home, ignore_errors=True)
            for hold in self._holds:
                hold.close()

    # --- what they know

    async def ready(self, *nodes):
        """Until these nodes (all that are alive) are up and know the leader of each range that they have a replica of."""
        await self.until(lambda: all(node.is_up and self._knows_leaders(node) for node in nodes or self.alive),
                         lambda: "all serve and know who leads: " + "; ".join(map(self._what_it_lacks, nodes or self.alive)))

    def _knows_leaders(self, node):
        ids = {other.node_id for other in self.alive if other.is_up}
        return bool(node.ranges()) == node.holds_ranges and all(node.leader_of(number) in ids for number in node.ranges())

    def _what_it_lacks(self, node):
        if not node.is_up:
            return f"{node.name} does not serve"
        ids = {other.node_id for other in self.alive if other.is_up}
        lost = ", of which lines were lost" if node.find("node.log_lost") else ""
        led = {number: node.leader_of(number) for number in node.ranges()}
        return (f"{node.name} ({node.node_id}, {len(node.records)} records{lost}) has {len(led)} ranges, "
                f"without a leader that serves {({number: leader for number, leader in led.items() if leader not in ids}) or 'none'}")

    async def leader(self, store="inbox", at=0):
        """The node that leads the store's range, when all that have a replica of it agree."""
        found = None

        def agreed():
            nonlocal found
            told = {node.leader_of(node.ranges(store)[at]) for node in self.alive if len(node.ranges(store)) > at}
            found = next((node for node in self.alive if node.is_up and {node.node_id} == told), None)
            return found
        await self.until(agreed, f"the leader of store {store} is known")
        return found

    async def linked(self, node, *others):
        """Until `node` has a link to each of the others."""
        def up(other):
            newest = next((record for record in reversed(node.records) if
                           record.get("event") in ("peer.link_up", "peer.link_down", "peer.node_left") and
                           record.get("fields", {}).get("node") == other.node_id), None)
            return newest is not None and newest["event"] == "peer.link_up"
        await self.until(lambda: all(up(other) for other in others), f"{node.name} is linked")

    async def until(self, holds, what, timeout_s=WAIT_S):
        """Until holds(), which is asked again whenever a node has written something. `what`: in words, or what gives them."""
        async def wait():
            while not holds():
                self._written.clear()
                await self._written.wait()
        try:
            await asyncio.wait_for(wait(), timeout_s)
        except asyncio.TimeoutError:
            raise AssertionError(f"not in time: {what() if callable(what) else what}\n{self.logs()}") from None

    async def remembers(self, node, *places, timeout_s=WAIT_S):
        """Until the node has kept that others are reached there, which it tells nobody."""
        peers, deadline = node.data_dir / "peers", time.monotonic() + timeout_s
        while not (peers.exists() and set(places) <= set(peers.read_text().splitlines())):
            assert time.monotonic() < deadline, f"not in time: {node.name} keeps {places}\n{self.logs()}"
            await asyncio.sleep(0.02)

    def logs(self, lines=25):
        return "\n".join(f"--- {node.name}\n" + "\n".join(node.log.splitlines()[-lines:]) for node in self.nodes)

    def _watch(self, node):
        loop, fd = asyncio.get_running_loop(), node.process.stderr.fileno()

        def on_output():
            if not node.drain():
                loop.remove_reader(fd)
            self._written.set()
        loop.add_reader(fd, on_output)
