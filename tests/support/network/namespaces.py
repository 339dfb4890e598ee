"""Network namespaces at one bridge, and the faults of the network between them."""
import itertools

from network import private
from network.private import run

TEST_ADDRESS = "10.77.0.1"  # of this process, from which clients connect
_numbers = itertools.count(11)


class Host:
    """One namespace with one address, and one of IPv6, which faults of the network are not for. Commands that start with `prefix` run in it."""

    def __init__(self, number):
        self.name = f"h{number}"
        self.address, self.address6 = f"10.77.0.{number}", f"fd77::{number}"
        self.prefix = ["nsenter", f"--net=/run/netns/{self.name}"]

    def run(self, *words):
        return run(*self.prefix, *words)


class Network:
    """The bridge and the hosts at it. private.enter() comes before it; one at a time."""

    def __init__(self):
        private.enter()
        self.hosts = []
        self._cuts = set()
        self._unplugged = set()
        self._lossy = set()
        run("ip", "link", "add", "bridge0", "type", "bridge")
        run("ip", "address", "add", f"{TEST_ADDRESS}/24", "dev", "bridge0")
        run("ip", "link", "set", "bridge0", "up")

    def add_host(self):
        host = Host(next(_numbers))
        self.hosts.append(host)
        run("ip", "netns", "add", host.name)
        run("ip", "link", "add", f"to-{host.name}", "type", "veth", "peer", "name", "eth0", "netns", host.name)
        run("ip", "link", "set", f"to-{host.name}", "master", "bridge0", "up")
        host.run("ip", "address", "add", f"{host.address}/24", "dev", "eth0")
        host.run("ip", "address", "add", f"{host.address6}/64", "dev", "eth0", "nodad")
        host.run("ip", "link", "set", "lo", "up")
        host.run("ip", "link", "set", "eth0", "up")
        host.run("nft", "add table inet cuts; add set inet cuts from { type ipv4_addr; }; "
                        "add chain inet cuts in { type filter hook input priority 0; }; "
                        "add rule inet cuts in ip saddr @from drop; "
                        "add chain inet cuts losses; add rule inet cuts in jump losses")
        return host

    # --- faults

    def cut_one_way(self, source, target):
        """What `source` sends does not come to `target` any more; connections stay, and hear of nothing."""
        if (source, target) not in self._cuts:
            target.run("nft", f"add element inet cuts from {{ {source.address} }}")
            self._cuts.add((source, target))

    def cut(self, one, other):
        self.cut_one_way(one, other)
        self.cut_one_way(other, one)

    def part(self, *groups):
        """Hosts of different groups do not reach each other."""
        for first, second in itertools.combinations(groups, 2):
            for one, other in itertools.product(first, second):
                self.cut(one, other)

    def unplug(self, host):
        """Its cable is out: neither nodes nor clients reach it, nor it them."""
        run("ip", "link", "set", f"to-{host.name}", "down")
        self._unplugged.add(host)

    def lose(self, one, other, percent):
        """So many of a hundred packets between the two are dropped, each way, at random and one by one, as on a line that errs. TCP is
        the system's, and sends them again."""
        for source, target in ((one, other), (other, one)):
            target.run("nft", f"add rule inet cuts losses ip saddr {source.address} numgen random mod 1000 < {round(percent * 10)} drop")
            self._lossy.add(target)

    def heal(self):
        """All cuts and losses end, all cables are in again."""
        for host in self._lossy:
            host.run("nft", "flush chain inet cuts losses")
        self._lossy.clear()
        for source, target in self._cuts:
            target.run("nft", f"delete element inet cuts from {{ {source.address} }}")
        self._cuts.clear()
        for host in self._unplugged:
            run("ip", "link", "set", f"to-{host.name}", "up")
        self._unplugged.clear()

    def close(self):
        """The processes in it have ended."""
        for host in self.hosts:
            run("ip", "link", "delete", f"to-{host.name}")
            run("ip", "netns", "delete", host.name)
        run("ip", "link", "delete", "bridge0")
