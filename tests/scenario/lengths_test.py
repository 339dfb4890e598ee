#!/usr/bin/python3
"""Lengths that lie and packets in pieces, over TCP, TLS and WebSocket. ATTACK-2."""
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker_case import BrokerCase  # noqa: E402
from link import connect_packet, packet, text  # noqa: E402
from mqtt_client import V5, V311  # noqa: E402
from stranger import Doors  # noqa: E402

USER_PROPERTY = b"\x07\x26" + text("k") + text("v")


def sound(version):
    """Packets as they should be, with a property each if the version has them."""
    listed = USER_PROPERTY if version == V5 else b""
    packets = {"publish": packet(0x30, text("topic") + listed + b"x"),
               "publish1": packet(0x32, text("topic") + b"\0\1" + listed + b"x"),
               "subscribe": packet(0x82, b"\0\1" + listed + text("t/#") + b"\1"),
               "unsubscribe": packet(0xA2, b"\0\1" + listed + text("t/#"))}
    return {**packets, "disconnect": packet(0xE0, b"\0" + listed)} if version == V5 else packets


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
class Lengths(BrokerCase):
    def setUp(self):
        home = pathlib.Path(tempfile.mkdtemp(prefix="tenon-lengths-"))
        self.addCleanup(shutil.rmtree, home, ignore_errors=True)
        self.doors = Doors(home)
        self.config = self.doors.config
        super().setUp()
        self.doors.opened_by(self.broker)

    async def asyncSetUp(self):
        self.healthy = await self.connected("healthy")
        await self.healthy.subscribe("healthy")

    async def asyncTearDown(self):
        """Whatever was tried: the healthy client was served on the same link, and the broker ends as it should."""
        self.assertEqual(await self.healthy.deliver("healthy", "still here"), 0)
        await self.healthy.received(1)
        await self.healthy.disconnect()
        self.assertEqual(self.broker.stop(), 0)

    def live(self, door, client_id, version):
        link = self.doors.dial(door)
        link.send(connect_packet(client_id, version=version))
        said = link.receive()
        self.assertEqual((said[:1], said[3:4]), (b"\x20", b"\0"))
        return link

    async def lie(self, door):
        for version, name, data in ((version, *one) for version in (V311, V5) for one in sound(version).items()):
            for at in range(1, len(data)):
                for value in {data[at] - 1, data[at] + 1, 0, 0x7F, 0x80, 0xFF} - {data[at], -1, 256}:
                    link = self.live(door, f"{name}{at}-{value}", version)
                    link.send(data[:at] + bytes([value]) + data[at + 1:])
                    link.half_close()
                    link.to_end()
            await self.healthy.ping()

    async def cut(self, door):
        for version in (V311, V5):
            none = b"\0" if version == V5 else b""
            data = connect_packet("pieces", version=version) + packet(0x82, b"\0\1" + none + text("pieces") + b"\1")
            data += packet(0x32, text("pieces") + b"\0\1" + none + b"x")
            for at in range(1, len(data)):
                link = self.doors.dial(door)
                link.send(data[:at])
                await self.healthy.ping()
                link.send(data[at:] + b"\xe0\x00")
                said = link.to_end()
                self.assertEqual((said.count(b"\x40"), b"pieces" in said), (1, True), at)

    async def test_attack_2_lengths_that_lie_are_not_believed(self):
        await self.lie("default")

    async def test_attack_2_lengths_that_lie_are_not_believed_over_tls(self):
        await self.lie("tls")

    async def test_attack_2_lengths_that_lie_are_not_believed_over_websocket(self):
        await self.lie("ws")

    async def test_attack_2_packets_in_pieces_of_any_size_are_the_same(self):
        await self.cut("default")

    async def test_attack_2_packets_in_records_of_any_size_are_the_same(self):
        await self.cut("tls")

    async def test_attack_2_packets_in_frames_of_any_size_are_the_same(self):
        await self.cut("ws")


if __name__ == "__main__":
    unittest.main()
