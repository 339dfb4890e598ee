"""A DNS server for nodes in network namespaces: their resolver asks it and nobody else."""
import asyncio
import os
import socket
import struct
import tempfile

from network import private

A, AAAA, SRV = 1, 28, 33
FAMILIES = {A: socket.AF_INET, AAAA: socket.AF_INET6}
NO_SUCH_NAME = 3
TTL_S = 0


def _name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.strip(".").split(".")) + b"\0"


class NameServer(asyncio.DatagramProtocol):
    """Answers for `addresses` (a list of addresses by name, of IPv4 and IPv6) and `services` (a list of (port, target) by name), which may be changed
    at any time; there are no other names."""

    def __init__(self, address):
        self.address, self.addresses, self.services = address, {}, {}
        self._transport, self._file = None, None

    async def open(self):
        """private.enter() comes before it: the resolver's file is another one in this process and those that it starts."""
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, (self.address, 53))
        with tempfile.NamedTemporaryFile("w", prefix="tenon-resolv-", delete=False) as file:
            file.write(f"nameserver {self.address}\noptions timeout:1 attempts:2\n")
        os.chmod(file.name, 0o644)
        self._file = file.name
        private.run("mount", "--bind", self._file, "/etc/resolv.conf")
        return self

    def close(self):
        private.run("umount", "--lazy", "/etc/resolv.conf")
        os.unlink(self._file)
        self._transport.close()

    def connection_made(self, transport):
        pass

    def datagram_received(self, data, addr):
        name, at = [], 12
        while data[at]:
            name.append(data[at + 1:at + 1 + data[at]].decode().lower())
            at += 1 + data[at]
        name, kind = ".".join(name), struct.unpack_from("!H", data, at + 1)[0]
        records = self._records(name, kind)
        known = name in self.addresses or name in self.services
        head = struct.pack("!2sHHHHH", data[:2], 0x8580 | (0 if known else NO_SUCH_NAME), 1, len(records), 0, 0)
        answers = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, TTL_S, len(record)) + record for record in records)
        self._transport.sendto(head + data[12:at + 5] + answers, addr)

    def _records(self, name, kind):
        if kind in FAMILIES:
            return [socket.inet_pton(FAMILIES[kind], address) for address in self.addresses.get(name, []) if (":" in address) == (kind == AAAA)]
        if kind == SRV:
            return [struct.pack("!HHH", 1, 1, port) + _name(target) for port, target in self.services.get(name, [])]
        return []
