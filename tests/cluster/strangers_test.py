#!/usr/bin/python3
"""ATTACK-26: whatever comes to the port between nodes that is no member is refused, counted, and does no harm."""
import asyncio
import random
import struct
import unittest

from case import ClusterCase
import peer_frames as frames

WAIT_S = 20
TOKEN = "a secret of the nodes"


class Stranger:
    """A bare connection to a node's cluster port."""

    @classmethod
    async def open(cls, node):
        self = cls()
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", node.port_hold.number)
        self.rest = b""
        return self

    def send(self, data):
        self.writer.write(data)

    async def ask(self, own, token=TOKEN):
        """Says hello, and then that it knows the token. The other's hello."""
        self.send(frames.frame(frames.HELLO, own))
        theirs = await self.read(frames.HELLO)
        self.send(frames.frame(frames.WELCOME, frames.welcome(token, True, own, theirs)))
        return theirs

    async def read(self, wanted):
        """The body of the first frame of this type."""
        while True:
            found, self.rest = frames.take_frames(self.rest)
            for kind, body in found:
                if kind == wanted:
                    return body
            data = await asyncio.wait_for(self.reader.read(65536), WAIT_S)
            assert data, "the node has closed the link"
            self.rest += data

    async def end(self):
        """How the node has ended the link: its reason, or None when it said none."""
        said = None
        while True:
            try:
                data = await asyncio.wait_for(self.reader.read(65536), WAIT_S)
            except ConnectionResetError:
                data = b""
            self.rest += data
            found, self.rest = frames.take_frames(self.rest)
            for kind, body in found:
                if kind == frames.END:
                    said = frames.ENDS[body[0]]
            if not data:
                self.writer.close()
                return said


class Strangers(ClusterCase):
    options = {"count": 2}
    config = {"cluster": {"token": TOKEN}, "publish": {"timeout_s": 20}}

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.member, self.other = self.cluster.nodes
        self.hello_id = int(self.other.node_id, 16) ^ 1

    async def counted(self, reason):
        return await asyncio.to_thread(self.member.metric, "tenon_peer_refused_links_total", reason=reason) or 0

    async def memory(self):
        return await asyncio.to_thread(self.member.metric, "tenon_node_resident_bytes")

    async def refused(self, data, *reasons):
        """Sends it behind the node's hello; the node ends the link for one of the reasons, and has counted it."""
        before = {reason: await self.counted(reason) for reason in reasons}
        stranger = await Stranger.open(self.member)
        stranger.send(data)
        said = await stranger.end()
        self.assertIn(said, reasons)
        self.assertEqual(await self.counted(said), before[said] + 1)
        await self.cluster.until(lambda: self.member.find("peer.link_refused", reason=said), "it is logged")

    async def still_whole(self):
        """The two members have the link that they had, and serve."""
        self.assertIsNone(self.member.find("peer.link_down"))
        self.assertIsNone(self.other.find("peer.link_down"))
        subscriber = await self.subscriber("s", self.other)
        publisher = await self.connect("p", self.member)
        await self.deliver_all(publisher, "t/1", ["one"])
        await subscriber.received(1)

    def own_hello(self, **more):
        fields = {"cluster_id": int(self.member.cluster_id, 16), "nonce": b"n" * 16, **more}
        return frames.hello(self.hello_id, **fields)

    async def test_random_bytes(self):
        for seed in range(40):
            source = random.Random(seed)
            data = source.randbytes(source.randrange(12, 3000))
            # A length that may be read, so that the checksum is what is wrong.
            if seed % 2:
                data = struct.pack("<I", len(data) % 900) + data[4:] + bytes(1024)
            await self.refused(data, "too_large", "checksum", "malformed", "tls")
        await self.still_whole()

    async def test_frames_that_are_too_large_or_lie_about_their_size_cost_no_memory(self):
        before = await self.memory()
        for length in (1025, 1 << 20, 0x7FFFFFFF, 0xFFFFFFFF):
            await self.refused(struct.pack("<IBBHI", length, 0, frames.HELLO, 1, 0), "too_large")
        # Many that promise more and send nothing are kept for the time of a handshake, at a few bytes each.
        waiting = [await Stranger.open(self.member) for _ in range(200)]
        for stranger in waiting:
            stranger.send(struct.pack("<IBBHI", 1024, 0, frames.HELLO, 1, 0) + bytes(1000))
        for stranger in waiting:
            self.assertEqual(await stranger.end(), "handshake")
        self.assertLess(await self.memory() - before, 32 << 20)
        await self.still_whole()

    async def test_frames_out_of_turn_and_changed_ones(self):
        sound = frames.frame(frames.HELLO, self.own_hello())
        for at in range(0, len(sound), 7):
            changed = bytearray(sound)
            changed[at] ^= 0x10
            await self.refused(bytes(changed) + bytes(1024), "checksum", "too_large")
        await self.refused(frames.frame(frames.BATCH, b"\x01\x01x", lane=1), "malformed")
        await self.refused(frames.frame(frames.PING, bytes(8)), "malformed")
        await self.refused(frames.frame(frames.HELLO, b"HTTP" + bytes(60)), "malformed")
        await self.refused(sound + sound, "malformed")
        await self.still_whole()

    async def test_another_environment_cluster_and_version(self):
        for reason, fields in {"environment": {"env": b"staging"}, "cluster_id": {"cluster_id": 77},
                               "version": {"versions": (200, 201)}}.items():
            await self.refused(frames.frame(frames.HELLO, self.own_hello(**fields)), reason)
        await self.still_whole()

    async def test_a_wrong_token(self):
        for token in ("", "a guess", TOKEN.upper()):
            before = await self.counted("token")
            stranger = await Stranger.open(self.member)
            own = self.own_hello()
            await stranger.ask(own, token)
            self.assertEqual(await stranger.end(), "token")
            self.assertEqual(await self.counted("token"), before + 1)
        await self.still_whole()

    async def refused_node(self, reason, **cluster):
        """A new node with another configuration than the members' is not let in, wherever it goes: both sides say why, and count it."""
        before = await self.counted(reason)
        stranger = self.cluster.add({"cluster": cluster})
        for node in (self.member, self.other, stranger):
            await self.cluster.until(lambda node=node: node.find("peer.link_refused", reason=reason), f"{node.name} says so")
            self.assertGreater(await asyncio.to_thread(node.metric, "tenon_peer_refused_links_total", reason=reason), 0)
        self.assertGreater(await self.counted(reason), before)
        for event in ("peer.link_up", "storage.founded", "storage.range_opened", "node.started"):
            self.assertIsNone(stranger.find(event))
        self.assertEqual(await self.cluster.stop(stranger), [0])
        await self.still_whole()

    async def test_a_node_with_a_wrong_token(self):
        await self.refused_node("token", token="a guess")

    async def test_a_node_of_another_environment(self):
        await self.refused_node("environment", env="staging")

    async def test_what_a_member_said_before_is_worth_nothing_when_it_is_said_again(self):
        own = self.own_hello()
        first = await Stranger.open(self.member)
        theirs = await first.ask(own)
        said = frames.frame(frames.HELLO, own) + frames.frame(frames.WELCOME, frames.welcome(TOKEN, True, own, theirs))
        answer = await first.read(frames.WELCOME)
        self.assertEqual(answer, frames.welcome(TOKEN, False, theirs, own), "who knows the token is let in")
        first.send(frames.frame(frames.END, b"\x0e"))
        await first.end()
        await self.refused(said, "token")
        # The node's own proof, sent back to it.
        again = await Stranger.open(self.member)
        again.send(frames.frame(frames.HELLO, own) + frames.frame(frames.WELCOME, answer))
        self.assertEqual(await again.end(), "token")

    async def test_many_that_say_nothing_give_way_to_whoever_comes_and_a_node_gets_in(self):
        waiting = [await Stranger.open(self.member) for _ in range(300)]
        own = self.own_hello()
        node = await Stranger.open(self.member)
        theirs = await node.ask(own)
        self.assertEqual(await node.read(frames.WELCOME), frames.welcome(TOKEN, False, theirs, own))
        node.send(frames.frame(frames.END, b"\x0e"))
        await node.end()
        ends = [await stranger.end() for stranger in waiting]
        # The oldest go, and only for newcomers: those that a slow machine has let come to the end of their time
        # meanwhile had to make no room.
        crowded = ends.count("crowded")
        self.assertEqual(ends, ["crowded"] * crowded + ["handshake"] * (len(ends) - crowded))
        self.assertIn(crowded, range(1, 46))
        self.assertEqual(await self.counted("crowded"), crowded)
        await self.still_whole()

    async def test_a_node_that_asks_and_never_reads_loses_its_link(self):
        own = self.own_hello()
        node = await Stranger.open(self.member)
        await node.ask(own)
        await node.read(frames.WELCOME)
        node.reader._transport.pause_reading()
        pings = frames.frame(frames.PING, bytes(8)) * 3000
        with self.assertRaises(ConnectionError):
            while True:
                node.send(pings)
                await node.writer.drain()
        await self.cluster.until(lambda: self.member.find("peer.link_down", reason="unread"), "the link ends")
        self.assertEqual(await asyncio.to_thread(self.member.metric, "tenon_peer_ended_links_total", reason="unread"), 1)
        node.writer.transport.abort()

    async def test_a_link_that_says_nothing_is_closed(self):
        before = await self.counted("handshake")
        stranger = await Stranger.open(self.member)
        self.assertEqual(await stranger.end(), "handshake")
        self.assertEqual(await self.counted("handshake"), before + 1)


if __name__ == "__main__":
    unittest.main()
