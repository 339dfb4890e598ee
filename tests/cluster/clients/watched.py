"""A client that writes down what it does and sees."""
import asyncio
import collections

from judge.history import Breach, Connection, Delivery, Subscription, Wish
from judge.protocol import Monitor
from judge.stamp import Stamp, read_stamp
from mqtt_client import (CONTENT_TYPE, CORRELATION, MESSAGE_EXPIRY, NEVER, PAYLOAD_FORMAT, RESPONSE_TOPIC, USER, V5, Client,
                         ConnectionLost)

CONNECT_S = 6  # until it tries another node
ANSWER_S = 5  # without an answer; then it leaves
FOREVER_S = 1e9
NOTHING_THERE = 0x11  # of UNSUBACK
WITH_MESSAGES = (PAYLOAD_FORMAT, MESSAGE_EXPIRY, CONTENT_TYPE, RESPONSE_TOPIC, CORRELATION, USER)  # what a publisher gives its message


async def end_tasks(tasks):
    """Cancels them until they have ended: one that is cancelled while what it waits for comes may go on."""
    while waiting := [task for task in tasks if not task.done()]:
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting, timeout=1)


class WatchedClient(Client):
    """`load` has the history, the clock and the nodes; see mixed_load.py. `per_connection`: each connection is a session of its own in
    the history. `denied`: a filter of what the broker does not let it read. `patient`: it waits for a node for as long as that may take,
    and sends nothing again elsewhere."""

    def __init__(self, load, client_id, per_connection=False, denied=None, patient=False, **options):
        super().__init__(client_id, self._choose_port, address=lambda: self.node.address, on_message=self._on_delivery,
                         **options)
        self.denied, self.patient = denied, patient
        self._monitor = Monitor(self.version)
        self.load, self.history = load, load.history
        self.per_connection = per_connection
        self.stored = not self.clean and self.expiry_s > 0
        self.lasting = self.stored and self.expiry_s == NEVER
        self.node = None
        self.wanted_node = None  # None: any
        self.attempts = 0
        self.had_session = False
        self.last, self.last_is_live = None, False  # the stamp of the newest message, and that it did not come as retained
        self.newest = {}  # the highest number by (publisher, topic)
        self.outstanding = collections.OrderedDict()  # stamps that are not acknowledged, oldest first
        self._numbers = collections.Counter()
        self._entry = None  # of the present connection
        self._pinging = None
        load.clients.append(self)

    @property
    def name(self):
        return f"{self.client_id}#{self.attempts}" if self.per_connection else self.client_id

    # --- connecting

    @property
    def keeps_connected(self):
        return self._keeper is not None

    def _choose_port(self):
        self.node = self.wanted_node or self.load.choose_node()
        self._entry.node = self.node.name
        return self.node.port

    async def connect(self, timeout_s=CONNECT_S):
        self.attempts += 1
        entry = Connection(self.client_id, self.attempts, "", self.load.now(),
                           expects_session=self.lasting and self.had_session, patient=self.patient,
                           expiry_s=None if self.clean or self.expiry_s in (0, NEVER) else self.expiry_s)
        self.history.connections.append(entry)
        self._entry = entry
        self._monitor.begin(self.clean, self.receive_max)
        try:
            connack = await asyncio.wait_for(super().connect(timeout_s), timeout_s)
        except (asyncio.TimeoutError, TimeoutError):
            entry.given_up, entry.over = True, self.load.now()
            raise
        except (OSError, ConnectionLost):
            entry.over = self.load.now()
            raise
        if connack.code != 0:
            entry.over, entry.refused = self.load.now(), connack.code
            return connack
        entry.let_in, entry.session_present = self.load.now(), connack.session_present
        self.had_session = self.lasting
        return connack

    async def connect_again(self, timeout_s=FOREVER_S):
        await super().connect_again(timeout_s)

    async def release(self):
        if self._keeper:
            keeper, self._keeper = self._keeper, None
            await end_tasks([keeper])

    def _on_packet(self, first, body):
        for breach in self._monitor.received(first, body):
            self.history.breaches.append(Breach(self.name, self.attempts, self.load.now(), self._entry.node, breach))
        super()._on_packet(first, body)

    def _write(self, data):
        self._monitor.sent(data)
        super()._write(data)

    def _lost(self, connection):
        if connection is self._connection and self._entry and self._entry.over is None:
            self._entry.over = self.load.now()
        super()._lost(connection)

    def leave(self):
        if self._entry and self._entry.over is None:
            self._entry.silent = True
        super().leave()

    def lose_patience(self):
        """Leaves a node that has not answered for long; the one who keeps it connected finds another."""
        now = self.load.now()
        if not self.connected:
            return
        oldest = next(iter(self.outstanding.values()), None)
        # That it was let in may not be written down yet.
        since = max(oldest.began, self._entry.let_in or now) if oldest else now
        if now - since > ANSWER_S or (self._pinging is not None and now - self._pinging > ANSWER_S):
            self._pinging = None
            self.leave()

    async def look_alive(self):
        """A ping, unless one is under way."""
        if not self.connected or self._pinging is not None:
            return
        self._pinging = self.load.now()
        try:
            await self.ping(timeout_s=ANSWER_S + 1)
        except (ConnectionLost, asyncio.TimeoutError):
            pass
        self._pinging = None

    # --- messages

    def _on_delivery(self, message):
        self.last_is_live = not message.retain
        if not message.payload:
            self.last = None  # a retained message that is deleted
            return
        stamp = self.last = read_stamp(message.payload)
        properties = None
        if stamp in self.history.wills and self.version >= V5:
            properties = {number: value for number, value in message.properties.items() if number in WITH_MESSAGES}
        self.history.deliveries.append(Delivery(self.name, self.attempts, self.load.now(), message.topic, message.qos, message.retain, stamp,
                                                message.properties.get(MESSAGE_EXPIRY), message.dup, properties))
        if stamp and not message.retain:
            key = stamp.publisher, stamp.topic
            self.newest[key] = max(stamp.number, self.newest.get(key, -1))
        self.load.on_delivery(self, stamp, message)

    def next_stamp(self, topic, publisher=None):
        stamp = Stamp(publisher or self.client_id, topic, self._numbers[topic])
        self._numbers[topic] += 1
        return stamp

    def publish_stamped(self, topic, qos, retain=False, empty=False, filler_bytes=32, publisher=None, done=None, expiry_s=None):
        """What the history has of it."""
        stamp = self.next_stamp(topic, publisher)
        sent = self.history.send(stamp, qos, self.load.now(), retain=retain, empty=empty, connection=self.attempts, expiry_s=expiry_s,
                                 node=self._entry.node if self._entry else "", stored=self.stored,
                                 patient=self.patient)
        entry, message = self._entry, None

        def on_answer(code):
            sent.code, sent.ended, sent.answered_by = code, self.load.now(), self._entry.node
            self.outstanding.pop(stamp, None)
            if message:
                sent.sends = message.sends
            if entry is self._entry:
                entry.effects.append((sent.began, sent.ended))
            self.load.on_answer(sent)
            if done:
                done(sent)
        if qos:
            self.outstanding[stamp] = sent
        message = self.publish(topic, b"" if empty else stamp.payload(filler_bytes), qos, retain, done=on_answer,
                               expiry_s=expiry_s)
        return sent

    async def publish_and_wait(self, topic, qos, **more):
        """As publish_stamped(), until it is answered, on whatever connection."""
        answered = asyncio.Event()
        sent = self.publish_stamped(topic, qos, done=lambda _: answered.set(), **more)
        await answered.wait()
        return sent

    async def subscribe_noted(self, topic_filter, qos, group=None):
        """Until the broker has answered; ConnectionLost if it does not."""
        asked = self.load.now()
        noted = Subscription(self.name, topic_filter, qos, float("inf"), lasting=self.lasting, stored=self.stored, group=group,
                             denied=self.denied, asked=asked, connection=self.attempts)
        self.history.subscriptions.append(noted)
        wish = self._wish(topic_filter if group is None else f"$share/{group}/{topic_filter}", qos)
        code = await self.subscribe(f"$share/{group}/{topic_filter}" if group else topic_filter, qos, timeout_s=ANSWER_S)
        if code != qos:
            raise ConnectionLost(f"{self.client_id}: SUBACK {code}")
        noted.since, wish.answered = self.load.now(), True
        self._entry.proven = asked

    async def unsubscribe_noted(self, topic_filter):
        """Until the broker has answered; ConnectionLost if it does not."""
        for noted in self.history.subscriptions:
            if noted.client == self.name and noted.filter == topic_filter and noted.until is None:
                noted.until = self.load.now()
        wish = self._wish(topic_filter, None)
        code = await self.unsubscribe(topic_filter, timeout_s=ANSWER_S)
        if code not in (0, NOTHING_THERE):
            raise ConnectionLost(f"{self.client_id}: UNSUBACK {code}")
        wish.answered = True

    def _wish(self, topic_filter, qos):
        wish = Wish(self.name, topic_filter, qos)
        if self.lasting:
            self.history.wishes.append(wish)
        return wish

    async def subscribe_surely(self, topic_filter, qos, group=None):
        """Connects, and subscribes, as often as it takes."""
        while True:
            try:
                if not self.connected:
                    await self.connect_again()
                return await self.subscribe_noted(topic_filter, qos, group)
            except (ConnectionLost, asyncio.TimeoutError, OSError):
                self.abort()
                await self._closed.wait()
