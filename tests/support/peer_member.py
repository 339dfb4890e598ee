"""A node that is nothing but its link: a member of the cluster, by its token, that does what a test wants, in either form of the link.

It keeps the link alive, takes note of the other side's routes, says that it has no replica of what it is asked about, and works off
what comes as far as the test says."""
import asyncio
import struct

import peer_frames as frames

PING_S = 0.5
ROUTES, ROUTES_KNOWN, MESSAGES = 64, 65, 67  # kinds, core/broker/remote/remote_wire.h
REQUEST, ANSWER = 2, 3  # kinds, core/store/peer_port.h
APPLIED = 4  # a request's kind, core/store/request.h
NOT_LEADER = 5  # an answer's code, the same


class Member:
    @classmethod
    async def link(cls, address, port, cluster_id, token, node=0x77, version=2, grants=None):
        """Linked to the node there. `grants`: what it lets come on lanes that have credits; None: all there is."""
        self = cls()
        self.version, self.grants = version, {} if grants is None else grants
        self.messages = []  # (lane, kind, body), but for those in `delivered`
        self.delivered = []  # payloads for its subscribers, in their order
        self.lanes = set()  # on which messages came
        self.credits = {}  # what the other side lets come, by lane
        self.reason = None  # why the other side has ended the link
        self._lanes, self._rest = {}, b""
        self.changed = asyncio.Event()
        self.reader, self.writer = await asyncio.open_connection(address, port)
        own = frames.hello(node, cluster_id=cluster_id, nonce=b"m" * 16, versions=(1, version))
        self.send(frames.HELLO, own, version=1)
        theirs = await self._handshake(frames.HELLO)
        self.send(frames.WELCOME, frames.welcome(token, True, own, theirs), version=1)
        await self._handshake(frames.WELCOME)
        self._tasks = [asyncio.ensure_future(work) for work in (self._read(), self._ping())]
        if version >= 2:
            for lane in (frames.DELIVERIES, frames.SNAPSHOTS):
                self.grant(lane, self.grants.get(lane, 1 << 29))
        return self

    async def close(self):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.writer.transport.abort()

    def send(self, kind, body, lane=0, version=None):
        self.writer.write(frames.frame(kind, body, lane, version or self.version))

    def grant(self, lane, limit):
        self.send(frames.CREDIT, frames.credit(lane, limit))

    def say(self, lane, kind, body):
        """A message on this lane, or in a batch."""
        data = frames.message(kind, body)
        if self.version >= 2:
            self.send(frames.STREAM, data, lane)
        else:
            self.send(frames.BATCH, data, 1)

    def subscribe(self, *filters):
        """Tells of subscribers that it has, all of them; once."""
        routes = b"".join(frames.sized(text.encode()) + b"\1\0" for text in filters)
        self.say(frames.REQUESTS, ROUTES, b"\1" + b"\1" + b"\1\1\1" + frames.varint(len(filters)) + routes + b"\0")

    async def until(self, holds, what, timeout_s=30):
        async def wait():
            while not holds():
                self.changed.clear()
                await self.changed.wait()
        try:
            await asyncio.wait_for(wait(), timeout_s)
        except asyncio.TimeoutError:
            raise AssertionError(f"not in time: {what}") from None

    async def _handshake(self, wanted):
        while True:
            found, self._rest = frames.take_frames(self._rest, with_lanes=True)
            for at, (kind, _, body) in enumerate(found):
                assert kind != frames.END, frames.ENDS[body[0]]
                if kind == wanted:
                    # What is behind it is read later.
                    again = [frames.frame(later, text, lane) for later, lane, text in found[at + 1:]]
                    self._rest = b"".join(again) + self._rest
                    return body
            data = await self.reader.read(65536)
            assert data, "the node has closed the link"
            self._rest += data

    async def _read(self):
        while True:
            found, self._rest = frames.take_frames(self._rest, with_lanes=True)
            for kind, lane, body in found:
                self._on_frame(kind, lane, body)
            self.changed.set()
            data = await self.reader.read(1 << 20)
            if not data:
                self.reason = self.reason or "lost"
                self.changed.set()
                return
            self._rest += data

    def _on_frame(self, kind, lane, body):
        if kind == frames.PING:
            self.send(frames.PONG, body)
        elif kind == frames.END:
            self.reason = frames.ENDS[body[0]]
        elif kind == frames.CREDIT:
            self.credits[body[0]] = struct.unpack("<Q", body[1:9])[0]
        elif kind in (frames.BATCH, frames.STREAM):
            assert (kind == frames.STREAM) == (self.version >= 2)
            messages, self._lanes[lane] = frames.take_messages(self._lanes.get(lane, b"") + body)
            for its, text in messages:
                self.lanes.add(lane)
                if its == MESSAGES:
                    self.delivered += deliveries_of(text)
                    continue
                self.messages.append((lane, its, text))
                if its == ROUTES:
                    # A record: version, then the sequence.
                    self.say(frames.REQUESTS, ROUTES_KNOWN, b"\1" + frames.varint(frames.take_varint(text, 1)[0]))
                elif its == REQUEST:
                    self._on_request(text)

    def _on_request(self, body):
        """Whoever subscribes somewhere waits for what each node says."""
        at = 0
        for _ in ("range", "incarnation"):
            _, at = frames.take_varint(body, at)
        number, at = frames.take_varint(body, at)
        if body[at] == APPLIED:
            # Its number, the code, no leader, no text, no index, no end.
            self.say(frames.REQUESTS, ANSWER, frames.varint(number) + bytes([NOT_LEADER]) + bytes(8) + bytes(3))

    async def _ping(self):
        number = 0
        while True:
            number += 1
            self.send(frames.PING, struct.pack("<Q", number))
            await asyncio.sleep(PING_S)


def deliveries_of(body):
    """The payloads in a message of kind MESSAGES: version, worker, then each delivery behind its length."""
    payloads, at = [], frames.take_varint(body, 1)[1]
    while at < len(body):
        length, begin = frames.take_varint(body, at)
        at = begin + length
        part = begin + 1  # to_subscribers
        groups, part = frames.take_varint(body, part)
        for _ in range(groups):
            _, part = frames.take_varint(body, part)
        for _ in ("topic", "forwarded"):
            size, part = frames.take_varint(body, part)
            part += size
        size, part = frames.take_varint(body, part)
        payloads.append(body[part:part + size])
    return payloads
