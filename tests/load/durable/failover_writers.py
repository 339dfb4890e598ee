"""Clients that write to one store of a cluster again and again by way of one node: what failover.py looks at.

Each has the store's name, what it writes in words, how often, and how many writes may be without an answer. write(number, done) begins
one that was not there before; done(True) means that it is kept, done(False) that it was refused."""
import asyncio
import itertools
import json

from mqtt_client import Client, ConnectionLost

REFUSED = 0x80  # and above
PATIENCE_S = 60


class _Tasks:
    """What is under way, until end()."""

    def __init__(self):
        self._tasks = set()

    def spawn(self, work):
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def end(self):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class _Mqtt(_Tasks):
    def __init__(self, node):
        super().__init__()
        self.client = Client(f"failover-{self.store}", lambda: node.port, window=self.unanswered_max)

    async def begin(self):
        await self.client.connect_again()

    async def end(self):
        """Its session goes with it."""
        await super().end()
        await self.client.disconnect(expiry_s=0)


class SessionWriter(_Mqtt):
    store, title, interval_s, unanswered_max = "inbox", "a message", 0.002, 20_000

    def write(self, number, done):
        self.client.publish("failover/t", b"%010d" % number, 1, done=lambda code: done(code == 0))


class RetainedWriter(_Mqtt):
    store, title, interval_s, unanswered_max = "retain", "a retained message", 0.002, 20_000

    def write(self, number, done):
        # Nobody subscribes to it, so that nothing but the retained message has to be kept.
        self.client.publish(f"kept/{number % 16}", b"%010d" % number, 1, retain=True, done=lambda code: done(code < REFUSED))


class RouteWriter(_Mqtt):
    """Of a session, which has its subscriptions in its inbox, too."""
    store, title, interval_s, unanswered_max = "dist", "a subscription", 0.02, 64

    def write(self, number, done):
        self.spawn(self._subscribe(number, done))

    async def _subscribe(self, number, done):
        try:
            done(await self.client.subscribe(f"route/{number}", 1, PATIENCE_S) < REFUSED)
        except (ConnectionLost, asyncio.TimeoutError):
            done(False)


class SettingWriter(_Tasks):
    """A ban of a client that there is not, by the API."""
    store, title, interval_s, unanswered_max = "meta", "a ban", 0.02, 16

    def __init__(self, node):
        super().__init__()
        self.socket = node.api_socket

    async def begin(self):
        pass

    def write(self, number, done):
        self.spawn(self._ban(number, done))

    async def _ban(self, number, done):
        body = json.dumps({"reason": f"failover {number}"})
        request = (f"PUT /api/v1/bans/client/nobody-{number % 128} HTTP/1.1\r\nHost: tenon\r\nContent-Type: application/json\r\n"
                   f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}")
        try:
            reader, stream = await asyncio.open_unix_connection(str(self.socket))
            stream.write(request.encode())
            status = (await asyncio.wait_for(reader.readline(), PATIENCE_S)).split()
            stream.close()
        except (OSError, asyncio.TimeoutError):
            status = []
        done(status[1:2] == [b"200"])


WRITERS = {writer.store: writer for writer in (SessionWriter, RetainedWriter, RouteWriter, SettingWriter)}
NUMBERS = itertools.count()
