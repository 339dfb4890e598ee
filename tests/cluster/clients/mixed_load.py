"""All kinds of clients at once."""
import asyncio
import collections
import random
import time

from clients import publishers, retained, subscribers, twins, wills
from clients.watched import WatchedClient, end_tasks
from judge.history import Disturbance, History
from judge.messages import is_denied, matches
from judge.retained import SHOWN_S
from mqtt_client import V311

CALM_AFTER_S = 15  # what a fault leaves behind may last so long
DRAIN_S = 120
QUIET_S = SHOWN_S + 1  # behind it, no node shows a retained message that its range does not have
STREAMS = (("s/1/1", 1), ("s/2/2", 2), ("s/3/1", 1), ("s/4/2", 2))
GROUPS = (("g/1", 1), ("g/2", 2))
TWINS = ("twins/1", 1)
BARE = (("q/0", 0), ("q/1", 1), ("q/2", 2))
BARE_TOO = (("s/4/2", 2), ("will/#", 2))  # where others have sessions that last
CHANGING = (("c/1", 1), ("c/2", 2))
PERISHABLE, PERISHABLE_S = (("p/1", 1), ("p/2", 2)), 5
FEW_AT_ONCE = 4  # what some take before they have acknowledged
REGISTERS = (("r/1", 1), ("r/2", 2), ("r/3", 1))
MANY = tuple(f"many/{number}" for number in range(12))  # retained messages that are read all at once
PERISHABLE_REGISTERS = ("pr/1", "pr/2")
FILTERS = ("many/+", "r/#", "pr/+")
PASSING_S = 4  # sessions that end
MORTALS = 4


class MixedLoad:
    """Publishers to lasting sessions that stay, roam and are away, to groups and to sessions that end with their connections; wills,
    retained messages, takeovers. `rate` is messages a second in all. The cluster is that of ../cluster.py or like it; `limited` are the
    options of clients that it does not let read everything."""

    def __init__(self, cluster, limited, seed=1, rate=120):
        self.cluster, self.limited, self.rate = cluster, limited, rate
        self.random = random.Random(seed)
        self.history = History()
        self.clients = []
        self.over = self.drained = False
        self.ended = asyncio.Event()
        self.acknowledged = 0
        self.longest_silence_s = 0.0  # without any acknowledgement
        self._last_answer = None
        self.started = self.now()
        self._disturbed, self._calm_since = False, 0.0
        self._wills_seen = collections.defaultdict(collections.Counter)
        self._last_arrival = 0.0
        self._tasks, self._lasting, self._members, self._passing = [], [], [], []

    # --- what clients ask

    now = staticmethod(time.monotonic)

    def since_start(self):
        """Of the faults, in seconds."""
        return self.now() - self.started

    def choose_node(self):
        """One whose process lives, as far as anybody can tell."""
        living = [node for node in self.cluster.nodes if node.alive and node.serves]
        if not living:
            raise ConnectionRefusedError("no node serves")
        return self.random.choice(living)

    def nodes_for_clients(self):
        return [node for node in self.cluster.nodes if node.for_clients]

    def on_delivery(self, client, stamp, message):
        self._last_arrival = self.now()
        if stamp in self.history.wills and not message.retain:
            self._wills_seen[client.client_id][stamp] += 1

    def on_answer(self, sent):
        now = self.now()
        if sent.qos and sent.acknowledged:
            if self._last_answer is not None:
                self.longest_silence_s = max(self.longest_silence_s, now - self._last_answer)
            self._last_answer = now
            self.acknowledged += 1

    # --- what the one who makes faults says

    def trouble(self, on):
        self.started = self.now()
        if on:
            self.history.troubles.append(Disturbance("", (), self.started))
        else:
            self.history.troubles[-1].ended = self.started
        self._disturbed, self._calm_since = on, self.now()

    @property
    def calm(self):
        return not self._disturbed and self.now() - self._calm_since > CALM_AFTER_S

    # --- from beginning to end

    def client(self, client_id, **options):
        return WatchedClient(self, client_id, **options)

    def _go(self, work):
        self._tasks.append(asyncio.ensure_future(work))
        return self._tasks[-1]

    def _dice(self):
        return random.Random(self.random.random())

    async def begin(self):
        """Until all lasting subscriptions are there."""
        await self._begin_lasting()
        for number, (topic, qos) in enumerate((*BARE, *BARE_TOO)):
            self._go(subscribers.without_session(self.client(f"bare-{number}", per_connection=True, clean=True, expiry_s=0), topic, qos))
        for number in range(MORTALS):
            self._go(wills.live_and_die(self.client(f"mortal-{number}"), self._dice()))
        self._go(wills.live_and_die(self.client("delayed"), self._dice(), wills.DELAY_S))
        self._go(twins.quarrel(self, "twin", TWINS[0], self._dice()))
        for topic, qos in REGISTERS:
            self._go(retained.write_all_the_time(self.client(f"writer-{topic[2:]}"), [topic], qos, 0.5, self._dice()))
        self._go(retained.write_all_the_time(self.client("writer-many"), MANY, 1, 0.2, self._dice()))
        self._go(retained.write_all_the_time(self.client("writer-perishable"), PERISHABLE_REGISTERS, 1, 1, self._dice(), PERISHABLE_S))
        self._go(retained.read_all_the_time(self, [topic for topic, _ in REGISTERS], FILTERS, 1.0, self._dice()))
        self._begin_newcomers()
        self._begin_publishers()

    def _begin_newcomers(self):
        """Who comes, or asks anew, while others write; and sessions that end."""
        topics = [topic for topic, qos in REGISTERS if qos == 1]
        self._go(subscribers.change(self.client("changing-retained"), topics, self._dice()))
        self._go(subscribers.ask_again(self.client("asking", per_connection=True, clean=True, expiry_s=0), topics, self._dice()))
        for number in range(6):
            self._passing.append(self._go(subscribers.pass_away(self.client(f"passing-{number}", expiry_s=PASSING_S), f"x/{number}",
                                                                self._dice())))

    def _begin_publishers(self):
        topics = [*STREAMS, *GROUPS, *BARE, *CHANGING]
        for number in range(4):
            mine = topics[number:] + topics[:number]
            self._go(publishers.publish_all_the_time(self.client(f"pub-{number}"), mine, 4 / self.rate))
        self._go(publishers.publish_all_the_time(self.client("pub-perishable"), PERISHABLE, 0.25, PERISHABLE_S))
        for number in range(2):
            self._go(publishers.publish_and_forget(self, f"forgetful-{number}", STREAMS, self._dice()))
        for node in self.nodes_for_clients():
            for topic, qos in STREAMS[:2]:
                self._go(publishers.wait_at(self, node, f"patient-{node.name}-{qos}", topic, qos, self._dice()))

    async def _begin_lasting(self):
        steady = [(f"steady-{number}", topic, qos) for number, (topic, qos) in enumerate((*STREAMS, TWINS))]
        steady += [("steady-all", "s/#", 2), ("watcher", "will/#", 2), ("steady-retained", "r/#", 2)]
        for number, (client_id, topic_filter, qos) in enumerate(steady):
            kind = ({}, {"receive_max": FEW_AT_ONCE}, {"version": V311})[number % 3]
            client = await self._lasting_client(client_id, topic_filter, qos, **kind)
            self._go(subscribers.stay(client))
        for number in range(4):
            client = await self._lasting_client(f"roaming-{number}", "s/+/1" if number % 2 else "s/+/2", 1 + (number + 1) % 2)
            self._go(subscribers.roam(client, self._dice()))
        for number in range(2):
            client = self.client(f"changing-{number}")
            self._go(subscribers.change(client, [topic for topic, _ in CHANGING], self._dice()))
        self._go(subscribers.roam(await self._lasting_client("roaming-perishable", "p/#", 2), self._dice()))
        self._go(subscribers.stay(await self._lasting_client("limited", "s/#", 2, **self.limited)))
        self._go(subscribers.roam(await self._lasting_client("roaming-limited", "s/+/2", 2, **self.limited), self._dice()))
        for client_id, topic_filter in (("away-1", "s/1/#"), ("away-2", "s/2/#"), ("away-will", "will/#"), ("away-perishable", "p/#")):
            self._go(subscribers.come_at_the_end(await self._lasting_client(client_id, topic_filter, 2)))
        for topic, qos in GROUPS:
            for number in range(3):
                client = await self._lasting_client(f"member-{topic[2:]}-{number}", topic, qos, group=f"group-{qos}")
                self._go(subscribers.roam(client, self._dice()) if number == 2 else subscribers.stay(client))

    async def _lasting_client(self, client_id, topic_filter, qos, group=None, **options):
        client = self.client(client_id, **options)
        await client.subscribe_surely(topic_filter, qos, group)
        (self._members if group else self._lasting).append((client, topic_filter))
        return client

    async def acknowledge(self, count, timeout_s=60):
        """Until so many more messages are acknowledged."""
        goal, deadline = self.acknowledged + count, self.now() + timeout_s
        while self.acknowledged < goal:
            self.check_tasks()
            if self.now() > deadline:
                raise AssertionError(f"{goal - self.acknowledged} of {count} messages are not acknowledged")
            await asyncio.sleep(0.05)

    def check_tasks(self):
        """A behaviour that ended by a mistake of its own."""
        for task in self._tasks:
            if task.done() and not task.cancelled() and task.exception():
                raise task.exception()

    async def end(self, final_reads=True):
        """Faults are over, and the nodes have recovered. All is acknowledged and collected: what of it was not, in words."""
        self.history.settled = self.now()
        self.over = True
        self.ended.set()
        left = []
        publishing = [client for client in self.clients if client.outstanding and client.keeps_connected]
        try:
            await asyncio.wait_for(asyncio.gather(*(publishers.acknowledge_all(client) for client in publishing)), DRAIN_S)
        except asyncio.TimeoutError:
            left += [f"{client.client_id}: {len(client.outstanding)} messages are not acknowledged" for client in publishing
                     if client.outstanding]
        if not await self._collected(DRAIN_S):
            left.append(f"not everything was collected within {DRAIN_S} s")
        if final_reads:  # wills, too, that have come by now
            topics = [topic for topic, _ in REGISTERS] + [f"will/mortal-{number}" for number in range(MORTALS)]
            left += await retained.read_at_all(self, topics, [*FILTERS, "will/#"], DRAIN_S)
        _, late = await asyncio.wait(self._passing, timeout=DRAIN_S)
        left += [f"{len(late)} clients whose sessions end could not come and go"] if late else []
        self.check_tasks()
        return left

    async def _collected(self, timeout_s):
        """Until all lasting sessions have what they must have, and nothing came for a while."""
        deadline = self.now() + timeout_s
        due = self._due()
        while self.now() < deadline:
            if self._has_all(due) and self.now() - self._last_arrival > QUIET_S:
                return True
            self.check_tasks()
            await asyncio.sleep(0.25)
        return False

    def _due(self):
        """The newest acknowledged number by (publisher, topic)."""
        due = {}
        for sent in self.history.sent.values():
            if sent.acknowledged and sent.qos and not sent.empty and sent.expiry_s is None:
                due[sent.stamp.publisher, sent.stamp.topic] = sent.stamp.number
        return due

    def _has_all(self, due):
        for client, topic_filter in self._lasting:
            if any(matches(topic_filter, topic) and not is_denied(client, topic) and client.newest.get((publisher, topic), -1) < number
                   for (publisher, topic), number in due.items()):
                return False
        watchers = [client.client_id for client, topic_filter in self._lasting if topic_filter == "will/#"]
        return all(self._wills_seen[watcher][stamp] >= will.least for watcher in watchers
                   for stamp, will in self.history.wills.items())

    def connected_count(self):
        return len({client.client_id for client in self.clients if client.connected})

    async def close(self):
        """All clients leave."""
        self.over = self.drained = True
        self.ended.set()
        await end_tasks(self._tasks)
        for client in self.clients:
            await client.release()
            client.abort()
