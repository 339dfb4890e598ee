"""Judges of what is left when all is over. They get what the nodes say, not a history."""
import dataclasses

MEMORY_SHARE, MEMORY_BYTES = 1.5, 48 << 20
DESCRIPTORS = 24
WHOLE_S = 45  # half as much again as the invariant has, for a machine with other work


@dataclasses.dataclass
class Rest:
    """What one node holds. Of its first and its last look are compared only such of one process."""
    node: str
    process: int
    memory_bytes: int
    descriptors: int
    waiting_messages: int = 0


@dataclasses.dataclass
class RangeState:
    """A range as its leader tells of it; `lags` by node."""
    number: str
    leader: str
    voters: list
    lags: dict


def not_drained(queues):
    """INV-L2: `queues` are messages that are left for each session whose client has taken all, by client id."""
    for client, count in queues.items():
        if count:
            yield f"{client}: {count} messages are left in its queue"


def not_subscribed(possible, told):
    """INV-S5: each session has the subscriptions that its client was told of. `possible` is of sessions.possible_subscriptions(), `told`
    what the nodes say: QoS by client and filter."""
    for client, filters in possible.items():
        for topic_filter, wanted in filters.items():
            qos = told.get(client, {}).get(topic_filter)
            if qos not in wanted:
                yield f"{client} is subscribed to {topic_filter} with QoS {qos}, and should be with one of {sorted(wanted, key=str)}"
        for topic_filter in told.get(client, {}).keys() - filters.keys():
            yield f"{client} is subscribed to {topic_filter}, which it never asked for"


def not_whole(ranges, voters):
    """INV-L2: each range has a leader, all its voters, and none of them lags."""
    for one in ranges:
        if not one.leader:
            yield f"range {one.number} has no leader"
        if len(one.voters) != voters:
            yield f"range {one.number} has {len(one.voters)} voters, not {voters}"
        for node, lag in one.lags.items():
            if lag:
                yield f"range {one.number}: {node} is {lag} entries behind"


def late(took_s, bound_s=WHOLE_S):
    """INV-L2: it did not take too long behind the end of the last fault."""
    if took_s > bound_s:
        yield f"the ranges were whole {took_s:.1f} s behind the last fault, and not within {bound_s} s"


def grown(before, after, memory_tells=True):
    """INV-L4: memory and descriptors are back where they were, for processes that lived through all. `memory_tells`: what a process frees, it gives back."""
    base = {(one.node, one.process): one for one in before}
    for one in after:
        first = base.get((one.node, one.process))
        if first is None:
            continue
        if memory_tells and one.memory_bytes > first.memory_bytes * MEMORY_SHARE + MEMORY_BYTES:
            yield f"{one.node}: memory has grown from {first.memory_bytes >> 20} to {one.memory_bytes >> 20} MiB"
        if one.descriptors > first.descriptors + DESCRIPTORS:
            yield f"{one.node}: open descriptors have grown from {first.descriptors} to {one.descriptors}"
    for one in after:
        if one.waiting_messages:
            yield f"{one.node}: {one.waiting_messages} messages wait for nobody"


def miscounted(connected_by_node, clients):
    """INV-S1 by the nodes' own count: as many sessions are connected as there are clients."""
    total = sum(connected_by_node.values())
    if total != clients:
        yield f"{total} sessions are connected {connected_by_node}, and there are {clients} clients"
