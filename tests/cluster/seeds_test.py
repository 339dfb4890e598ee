#!/usr/bin/python3
"""Where nodes look for each other: names in the DNS, an address behind which is any of them, and addresses that are not their own."""
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE)]
from case import NetClusterCase  # noqa: E402
from network import private  # noqa: E402
import peer_frames as frames  # noqa: E402

MISSING = private.missing()
CLUSTER_PORT = 7883
NAME = "nodes.tenon.test"
SERVICE = "_tenon._tcp.tenon.test"


class SeedsCase(NetClusterCase):
    """The nodes are started by the test."""

    options = {"start": False}
    config = {"publish": {"timeout_s": 20}}

    def start(self, seeds, **cluster):
        """One more node, with these seeds only."""
        return self.cluster.add({"cluster": {"seeds": seeds, **cluster}})

    async def one_cluster(self):
        """Until all are linked with all, and serve; a message goes from each to each."""
        await self.cluster.ready()
        nodes = self.cluster.nodes
        for node in nodes:
            await self.cluster.linked(node, *self.cluster.others(node))
        self.assertEqual(len({node.cluster_id for node in nodes}), 1)
        subs = [await self.connect(f"sub-{node.name}", node, clean=True, expiry_s=0) for node in nodes]
        for sub in subs:
            self.assertEqual(await sub.subscribe("all", 1), 1)
        for node in nodes:
            pub = await self.connect(f"pub-{node.name}", node, clean=True, expiry_s=0)
            self.assertEqual(await pub.deliver("all", node.name), 0)
        for sub in subs:
            got = sorted(message.payload.decode() for message in await sub.received(len(nodes)))
            self.assertEqual(got, sorted(node.name for node in nodes))


class NamesCase(SeedsCase):
    """The only DNS server is one of the test."""

    async def asyncSetUp(self):
        await super().asyncSetUp()
        from network.name_server import NameServer
        from network.namespaces import TEST_ADDRESS
        self.names = await NameServer(TEST_ADDRESS).open()
        self.addCleanup(self.names.close)

    async def not_found(self, nodes, name):
        for node in nodes:
            asked = f"{name}:{node.port_hold.number}"
            await self.cluster.until(lambda node=node, asked=asked: node.find("peer.lookup_failed", name=asked), "it is not found")
            self.assertIsNone(node.find("peer.link_up"))


@unittest.skipIf(MISSING, MISSING)
class Hosts(NamesCase):
    async def test_nodes_whose_only_seed_is_a_name_find_each_other_when_the_dns_has_their_addresses(self):
        nodes = [self.start([f"{NAME}:{CLUSTER_PORT}"]) for _ in range(3)]
        await self.not_found(nodes, NAME)
        self.names.addresses[NAME] = [node.address for node in nodes]
        await self.one_cluster()

    async def test_a_node_joins_by_a_domain_that_has_addresses_at_which_nobody_is(self):
        nodes = [self.start([], domain=f"{NAME}:{CLUSTER_PORT}") for _ in range(3)]
        self.names.addresses[NAME] = ["10.77.0.250", *(node.address for node in nodes)]
        await self.one_cluster()
        fourth = self.start([], domain=f"{NAME}:{CLUSTER_PORT}")
        await self.cluster.until(lambda: fourth.serves, "it has joined")
        await self.one_cluster()


@unittest.skipIf(MISSING, MISSING)
class HostsOfIPv6(NamesCase):
    def start_at(self, place, seed):
        """At the place's address of IPv6 only."""
        return self.start([seed], bind=place.host.address6)

    async def all_speak_ipv6(self):
        for node in self.cluster.nodes:
            others = self.cluster.others(node)
            linked = {node.find("peer.link_up", node=other.node_id)["fields"]["address"] for other in others}
            self.assertEqual(linked, {f"[{other.port_hold.host.address6}]:{CLUSTER_PORT}" for other in others})
            await self.cluster.remembers(node, *linked)

    async def test_nodes_whose_only_seed_is_a_name_with_addresses_of_ipv6_find_each_other(self):
        nodes = [self.start_at(place, f"{NAME}:{CLUSTER_PORT}") for place in self.cluster.places[:3]]
        await self.not_found(nodes, NAME)
        self.names.addresses[NAME] = [node.port_hold.host.address6 for node in nodes]
        await self.one_cluster()
        await self.all_speak_ipv6()

    async def test_one_address_of_ipv6_is_enough_beside_those_of_ipv4_at_which_nobody_is(self):
        first, *_ = places = self.cluster.places[:3]
        self.names.addresses[NAME] = [*(place.address for place in places), first.host.address6]
        for place in places:
            self.start_at(place, f"{NAME}:{CLUSTER_PORT}")
        await self.one_cluster()
        await self.all_speak_ipv6()


@unittest.skipIf(MISSING, MISSING)
class Services(NamesCase):
    options = {"start": False, "cluster_ports": (7001, 7002, 7003)}

    def name(self, *nodes):
        """The DNS has these, with their ports."""
        for node in nodes:
            self.names.addresses[f"{node.name.lower()}.tenon.test"] = [node.address]
        self.names.services[SERVICE] = [(node.port_hold.number, f"{node.name.lower()}.tenon.test") for node in nodes]

    async def test_nodes_whose_only_seed_is_a_service_find_each_other_at_the_ports_that_it_names(self):
        nodes = [self.start([SERVICE]) for _ in range(3)]
        await self.not_found(nodes, SERVICE)
        self.name(*nodes)
        await self.one_cluster()

    async def test_a_service_that_names_one_node_is_enough_for_all(self):
        first, *_ = [self.start([SERVICE]) for _ in range(3)]
        self.name(first)
        await self.one_cluster()


@unittest.skipIf(MISSING, MISSING)
class BehindOthers(SeedsCase):
    async def forward(self, choose):
        from network.forwarder import Forwarder
        forwarder = await Forwarder(choose).open()
        self.addAsyncCleanup(forwarder.close)
        return forwarder

    @staticmethod
    def ends(said):
        """Why nodes have ended a link that was forwarded, as they said it to each other."""
        return [frames.ENDS[body[0]] for way in said for kind, body in frames.take_frames(bytes(way))[0] if kind == frames.END]

    async def test_a_seed_that_leads_to_any_node_and_to_the_one_that_asks_is_enough(self):
        def choose(source, number):
            """Whoever comes for the first time meets itself, and after that one node after the other."""
            addresses = [place.address for place in self.cluster.places[:3]]
            return addresses[(addresses.index(source) + number) % 3], CLUSTER_PORT
        balancer = await self.forward(choose)
        nodes = [self.start([f"{balancer.address}:{balancer.port}"]) for _ in range(3)]
        await self.one_cluster()
        met_itself = {source for (source, _), said in zip(balancer.led, balancer.said) if "itself" in self.ends(said)}
        went_on = {source for source, (address, _) in balancer.led if source != address}
        self.assertTrue(met_itself & went_on, balancer.led)
        for node in nodes:
            await self.cluster.remembers(node, *(f"{other.address}:{CLUSTER_PORT}" for other in self.cluster.others(node)))
        # Nor is it needed any more when they know each other.
        await balancer.close()
        await self.cluster.kill(*nodes)
        self.cluster.restart(*nodes)
        await self.cluster.ready()
        for node in nodes:
            await self.cluster.linked(node, *self.cluster.others(node))

    async def test_a_node_that_is_reached_at_another_address_only_is_linked_with_all_as_it_advertises_that(self):
        hidden_place = self.cluster.places[2]
        others = ", ".join(place.address for place in self.cluster.places[:2])
        # Nobody reaches its port but through the forwarder, and it reaches nobody.
        hidden_place.host.run(
            "nft", f"add table inet hidden; add chain inet hidden in {{ type filter hook input priority 0; }}; "
                   f"add rule inet hidden in ip saddr {{ {others} }} tcp dport {CLUSTER_PORT} drop; "
                   f"add chain inet hidden out {{ type filter hook output priority 0; }}; "
                   f"add rule inet hidden out tcp dport {CLUSTER_PORT} drop")
        translator = await self.forward(lambda *_: (hidden_place.address, CLUSTER_PORT))
        outside = f"{translator.address}:{translator.port}"
        first_address = f"{self.cluster.places[0].address}:{CLUSTER_PORT}"
        first, second, hidden = (self.start([outside]), self.start([first_address]), self.start([first_address], advertise=outside))
        await self.one_cluster()
        self.assertEqual(hidden.address, hidden_place.address)
        # The second one was told by the first.
        self.assertEqual({source for source, _ in translator.led}, {first.address, second.address})
        for node in (first, second):
            await self.cluster.remembers(node, outside)


if __name__ == "__main__":
    unittest.main()
