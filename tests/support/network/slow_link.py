"""A TCP proxy that makes the way from one node to another slow, in order and without loss within a connection."""
import asyncio
import collections

from network.namespaces import TEST_ADDRESS

CHUNK_BYTES = 65536


class _Way:
    """One direction of one connection: what was read leaves later, in order."""

    def __init__(self, link, reader, writer):
        self.link, self.reader, self.writer = link, reader, writer
        self.waiting = collections.deque()  # (when it may leave, bytes)
        self.waiting_bytes = 0
        self.changed = asyncio.Event()

    async def read(self):
        loop = asyncio.get_running_loop()
        while data := await self.reader.read(CHUNK_BYTES):
            self.waiting.append((loop.time() + self.link.delay_s, data))
            self.waiting_bytes += len(data)
            self.changed.set()
            while self.waiting_bytes > self.link.held_bytes_max:
                self.changed.clear()
                await self.changed.wait()

    async def write(self):
        loop = asyncio.get_running_loop()
        while True:
            while not self.waiting:
                self.changed.clear()
                await self.changed.wait()
            due, data = self.waiting.popleft()
            await asyncio.sleep(max(0.0, due - loop.time()))
            await self.link.passes.wait()
            if self.link.bytes_per_s:
                await asyncio.sleep(len(data) / self.link.bytes_per_s)
            self.writer.write(data)
            await self.writer.drain()
            self.waiting_bytes -= len(data)
            self.changed.set()


class SlowLink:
    """Connections that `dialer` opens to `target`:`port` pass through here. `delay_s`, `bytes_per_s` (0: no limit) and
    `held_bytes_max` may be changed at any time. Connections that were there before go on past it."""

    def __init__(self, dialer, target, port, delay_s=0.0, bytes_per_s=0, held_bytes_max=4 << 20):
        self.dialer, self.target, self.port = dialer, target, port
        self.delay_s, self.bytes_per_s, self.held_bytes_max = delay_s, bytes_per_s, held_bytes_max
        self.passes = asyncio.Event()
        self.passes.set()
        self.passed = 0  # connections so far
        self._server, self._table = None, None
        self._tasks = set()

    async def open(self):
        self._server = await asyncio.start_server(self._serve, TEST_ADDRESS, 0)
        own_port = self._server.sockets[0].getsockname()[1]
        self._table = f"slow_{own_port}"
        self.dialer.run("nft", f"add table ip {self._table}; "
                               f"add chain ip {self._table} out {{ type nat hook output priority -100; }}; "
                               f"add rule ip {self._table} out ip daddr {self.target.address} tcp dport {self.port} "
                               f"dnat to {TEST_ADDRESS}:{own_port}")
        return self

    async def close(self):
        """New connections go past it, and those that pass it are reset."""
        self.dialer.run("nft", f"delete table ip {self._table}")
        self._server.close()
        self.reset()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def hold(self):
        """Nothing passes; connections stay open."""
        self.passes.clear()

    def go_on(self):
        self.passes.set()

    def reset(self):
        """Ends all connections with what they hold."""
        for task in self._tasks:
            task.cancel()

    async def _serve(self, reader, writer):
        self.passed += 1
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            await self._pass_on(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _pass_on(self, reader, writer):
        out_reader, out_writer = await asyncio.open_connection(self.target.address, self.port)
        ways = [_Way(self, reader, out_writer), _Way(self, out_reader, writer)]
        work = [asyncio.ensure_future(step) for way in ways for step in (way.read(), way.write())]
        try:
            await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            out_writer.transport.abort()
