#!/usr/bin/python3
"""TLS between nodes: whose certificates hold is linked, everybody else is refused, counted and named in the log. ATTACK-26."""
import asyncio
import collections
import pathlib
import random
import re
import shutil
import signal
import socket
import ssl
import struct
import tempfile
import unittest

from case import ClusterCase
from certificates import Authority

WAIT_S = 20


def tls(identity, authority, **more):
    """`cluster.tls` of a node."""
    certificate, key = identity
    return {"certificate": str(certificate), "key": str(key), "ca": str(authority.certificate), **more}


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
class TlsCase(ClusterCase):
    options = {"start": False}

    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="tenon-peer-tls-"))
        cls.addClassCleanup(shutil.rmtree, cls.home)
        cls.authority = Authority(cls.home / "ca")
        cls.other = Authority(cls.home / "other", "Somebody else")
        cls.nodes = [cls.authority.sign(f"node{i}", f"/CN=node{i}", f"DNS:node{i}.example,DNS:nodes.example") for i in range(3)]

    def add(self, options):
        """Starts a node with these options of `cluster.tls`; None: without."""
        self.cluster.config = {**self.config, "cluster": {"tls": options} if options else {}}
        return self.cluster.add()


class Whole(TlsCase):
    config = {"publish": {"timeout_s": 20}}

    async def test_three_nodes_found_a_cluster_and_serve_while_one_gets_a_new_certificate_and_is_killed(self):
        for identity in self.nodes:
            self.add(tls(identity, self.authority, peer_names=["nodes.example"]))
        await self.cluster.ready()
        a, b, c = self.cluster.nodes
        self.assertEqual(len({node.cluster_id for node in (a, b, c)}), 1)
        subscriber = await self.subscriber("s", a)
        publisher = await self.connect("p", b)
        numbers = [str(number) for number in range(200)]
        await self.deliver_all(publisher, "t/1", numbers[:100])
        renewed = self.authority.sign("node2", "/CN=renewed", "DNS:nodes.example")
        self.assertEqual(renewed, self.nodes[2])  # the same files
        c.signal(signal.SIGHUP)
        await self.cluster.until(lambda: c.find("config.reload_done"), "C has read them")
        await self.cluster.kill(b)
        await self.cluster.linked(a, c)
        self.cluster.restart(b)
        await self.cluster.linked(b, a, c)
        await self.cluster.ready()
        self.assertIn("renewed", b.find("peer.link_up", node=c.node_id)["fields"].get("certificate", ""))
        await self.move(publisher, b)
        await self.deliver_all(publisher, "t/1", numbers[100:])
        await subscriber.received(len(numbers))
        self.assertEqual(self.payloads(subscriber), numbers)


class Strangers(TlsCase):
    options = {"start": False, "count": 2}

    async def refused(self, member, stranger, detail=None, reason="tls"):
        """Until both say that there is no link, and have counted it."""
        def seen(node):
            record = node.find("peer.link_refused", reason=reason)
            return record and (detail is None or detail in record["fields"]["detail"])
        await self.cluster.until(lambda: seen(member), "the member refuses")
        await self.cluster.until(lambda: stranger.find("peer.link_refused", reason="tls"), "the stranger sees it")
        for node in (member, stranger):
            count = await asyncio.to_thread(node.metric, "tenon_peer_refused_links_total", reason="tls")
            self.assertGreater(count, 0)
            self.assertIsNone(node.find("peer.link_up"))

    async def test_a_node_of_another_authority_is_refused(self):
        member = self.add(tls(self.nodes[0], self.authority))
        stranger = self.add(tls(self.other.sign("stranger", "/CN=stranger"), self.authority))
        await self.refused(member, stranger)

    async def test_a_member_that_trusts_another_authority_is_refused(self):
        member = self.add(tls(self.nodes[0], self.authority))
        stranger = self.add(tls(self.nodes[1], self.other))
        await self.refused(member, stranger)

    async def test_an_expired_certificate_is_refused_until_it_is_renewed(self):
        member = self.add(tls(self.nodes[0], self.authority))
        expired = self.authority.sign("late", "/CN=late", days=-1)
        stranger = self.add(tls(expired, self.authority))
        await self.refused(member, stranger, "expired")
        self.assertEqual(self.authority.sign("late", "/CN=late"), expired)
        stranger.signal(signal.SIGHUP)
        await self.cluster.ready()

    async def test_a_certificate_of_the_same_authority_without_the_wanted_name_is_refused(self):
        member = self.add(tls(self.nodes[0], self.authority, peer_names=["nodes.example"]))
        stranger = self.add(tls(self.authority.sign("sensor", "/CN=sensor", "DNS:sensor.example"), self.authority))
        await self.refused(member, stranger, "ostname mismatch")

    async def test_a_node_without_tls_is_refused_and_knows_why(self):
        member = self.add(tls(self.nodes[0], self.authority))
        stranger = self.add(None)
        await self.refused(member, stranger)

    async def test_a_client_without_a_certificate_is_refused(self):
        member = self.add(tls(self.nodes[0], self.authority))
        await self.cluster.until(lambda: member.find("peer.port_opened"), "its port is open")

        def knock():
            context = ssl.create_default_context(cafile=str(self.authority.certificate))
            context.check_hostname = False
            with socket.create_connection(("127.0.0.1", member.port_hold.number), timeout=WAIT_S) as raw:
                with context.wrap_socket(raw) as link:
                    link.recv(1)
        with self.assertRaises(ssl.SSLError):
            await asyncio.to_thread(knock)
        await self.cluster.until(lambda: member.find("peer.link_refused", reason="tls"), "it is refused")
        self.assertIn("certificate", member.find("peer.link_refused", reason="tls")["fields"]["detail"])

    async def test_random_bytes_are_refused_before_the_handshake_and_behind_it(self):
        """Behind it: of somebody who has a certificate that holds."""
        member, other = (self.add(tls(identity, self.authority)) for identity in self.nodes[:2])
        await self.cluster.ready()
        context = ssl.create_default_context(cafile=str(self.authority.certificate))
        context.check_hostname = False
        context.load_cert_chain(*self.nodes[2])
        for seed in range(8):
            source = random.Random(seed)
            data = source.randbytes(source.randrange(12, 3000))
            await self.ends(member, data, None, ("tls",))
            # A length that may be read, so that the checksum is what is wrong.
            data = struct.pack("<I", len(data) % 900) + data[4:] + bytes(1024) if seed % 2 else data
            await self.ends(member, data, context, ("too_large", "checksum", "malformed"))
        for node in (member, other):
            self.assertIsNone(node.find("peer.link_down"))
        subscriber, publisher = await self.subscriber("s", other), await self.connect("p", member)
        await self.deliver_all(publisher, "t/1", ["one"])
        await subscriber.received(1)

    async def ends(self, member, data, context, reasons):
        """A link with these bytes, over TLS or bare, is ended for one of the reasons, which is logged and counted."""
        before = await self.refused_links(member)
        reader, writer = await asyncio.open_connection("127.0.0.1", member.port_hold.number, ssl=context)
        writer.write(data)
        try:
            while await asyncio.wait_for(reader.read(65536), WAIT_S):
                pass
        except (ConnectionError, ssl.SSLError):
            pass
        writer.transport.abort()
        (reason, count), = (await self.refused_links(member) - before).items()
        self.assertEqual(count, 1)
        self.assertIn(reason, reasons)
        await self.cluster.until(lambda: member.find("peer.link_refused", reason=reason), "it is logged")

    async def refused_links(self, member):
        """How many so far, by reason."""
        _, text = await asyncio.to_thread(member.get, "/metrics")
        found = re.findall(r'^tenon_peer_refused_links_total\{[^}]*reason="(\w+)"[^}]*\} (\d+)', text, re.M)
        return collections.Counter({reason: int(count) for reason, count in found})

    async def test_a_handshake_that_never_ends_is_ended(self):
        member = self.add(tls(self.nodes[0], self.authority))
        await self.cluster.until(lambda: member.find("peer.port_opened"), "its port is open")
        with socket.create_connection(("127.0.0.1", member.port_hold.number), timeout=WAIT_S) as link:
            self.assertEqual(await asyncio.to_thread(link.recv, 1), b"")
        await self.cluster.until(lambda: member.find("peer.link_refused", reason="handshake"), "it is refused")

    async def test_many_that_never_begin_a_handshake_give_way_and_a_node_gets_in(self):
        member = self.add(tls(self.nodes[0], self.authority))
        await self.cluster.until(lambda: member.find("peer.port_opened"), "its port is open")
        silent = [await asyncio.open_connection("127.0.0.1", member.port_hold.number) for _ in range(300)]
        self.add(tls(self.nodes[1], self.authority))
        await self.cluster.ready()
        for reader, writer in silent:
            self.assertEqual(await asyncio.wait_for(reader.read(), WAIT_S), b"")
            writer.close()
        self.assertGreaterEqual(await asyncio.to_thread(member.metric, "tenon_peer_refused_links_total", reason="crowded"), 44)
        self.assertIsNone(member.find("peer.link_down"))


if __name__ == "__main__":
    unittest.main()
