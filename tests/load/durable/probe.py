"""One client that publishes to itself all the time, for what others notice of a load."""
import asyncio
import time

from mqtt_client import Client

INTERVAL_S = 0.01


def p99_ms(latencies):
    ordered = sorted(latencies)
    return ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * 1000 if ordered else float("nan")


class Probe:
    """A message of QoS 1 each INTERVAL_S, whatever becomes of those before it: its latency counts from when it was due, so
    that a stall is not left out."""

    def __init__(self, port):
        self.client = Client("probe", port, expiry_s=0, clean=True, window=60000, on_message=self._take)
        self.latency_s = {}  # by when it was due; those on their way lack
        self.due_s = []
        self._task = None

    async def begin(self):
        await self.client.connect()
        await self.client.subscribe("probe/t", 1)
        self._task = asyncio.ensure_future(self._publish())

    async def end(self):
        """What is on its way has ten seconds to come."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        for _ in range(100):
            if len(self.latency_s) == len(self.due_s):
                break
            await asyncio.sleep(0.1)
        self.client.abort()

    async def _publish(self):
        due = time.monotonic()
        while True:
            self.due_s.append(due)
            self.client.publish("probe/t", b"%d" % (len(self.due_s) - 1), 1)
            due += INTERVAL_S
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def _take(self, message):
        due = self.due_s[int(message.payload)]
        self.latency_s.setdefault(due, time.monotonic() - due)

    def p99_ms(self, begin_s, end_s):
        """Of the messages that were due in that time; what has not come counts as still on its way."""
        now = time.monotonic()
        return p99_ms([self.latency_s.get(due, now - due) for due in self.due_s if begin_s <= due < end_s])

    def missing(self):
        return len(self.due_s) - len(self.latency_s)

    def normal_again_s(self, since_s, until_s, limit_ms, window_s=1.0):
        """How long after `since_s` the first second begins whose p99 is below the limit; None: not before `until_s`."""
        at = since_s
        while at + window_s <= until_s:
            if self.p99_ms(at, at + window_s) <= limit_ms:
                return at - since_s
            at += 0.1
        return None
