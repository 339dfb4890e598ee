"""A TCP forwarder in front of nodes, as a load balancer's virtual address or an address translator is."""
import asyncio

from network.namespaces import TEST_ADDRESS

CHUNK_BYTES = 65536
SAID_BYTES = 4096


class Forwarder:
    """Whoever connects to `address`:`port` is led to the place that choose(source, number) names, as (address, port); `source` is the
    address that a connection comes from, and `number` how many have come from there before. `led` lists (source, place) of those that
    were led somewhere, and `said`, in the same order, how each began: (what came from the source, what came back), of either at most
    SAID_BYTES."""

    def __init__(self, choose, address=TEST_ADDRESS):
        self.choose, self.address, self.port, self.led = choose, address, None, []
        self.said, self._server, self._tasks = [], None, set()

    async def open(self):
        self._server = await asyncio.start_server(self._serve, self.address, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def close(self):
        """Nobody listens there any more, and connections that were led end."""
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            await self._lead(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _lead(self, reader, writer):
        source = writer.get_extra_info("peername")[0]
        place = self.choose(source, sum(one == source for one, _ in self.led))
        forth, back = said = bytearray(), bytearray()
        self.led.append((source, place))
        self.said.append(said)
        out_reader, out_writer = await asyncio.open_connection(*place)
        ways = [asyncio.ensure_future(self._pass_on(*way)) for way in ((reader, out_writer, forth), (out_reader, writer, back))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            out_writer.transport.abort()

    @staticmethod
    async def _pass_on(reader, writer, said):
        while data := await reader.read(CHUNK_BYTES):
            said += data[:SAID_BYTES - len(said)]
            writer.write(data)
            await writer.drain()
