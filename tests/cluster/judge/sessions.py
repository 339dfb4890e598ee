"""Judges of sessions and connections."""
import collections

ANSWER_S = 10


def two_links(history):
    """INV-S1, INV-S3: from when a newer connection of a client id was let in, nothing that the older one asks for is done."""
    by_client = collections.defaultdict(list)
    for one in history.connections:
        if one.let_in is not None:
            by_client[one.client].append(one)
    for client, connections in by_client.items():
        connections.sort(key=lambda one: one.let_in)
        for at, older in enumerate(connections[:-1]):
            newer = connections[at + 1]
            late = [effect for effect in older.effects if effect[0] > newer.let_in]
            if late:
                asked, answered = late[0]
                yield (f"{client}: the connection to {older.node} was served {len(late)} times after the one to {newer.node} was let "
                       f"in, at {newer.let_in:.3f} s (asked for at {newer.began:.3f} s; the older one was let in at "
                       f"{older.let_in:.3f} s): the first was asked for at {asked:.3f} s and answered at {answered:.3f} s")


def sessions_lost(history):
    """INV-S2: a session that was made and neither ended nor expired is there."""
    for one in history.connections:
        if one.let_in is not None and one.expects_session and not one.session_present:
            yield f"{one.client}: {one.node} had lost its session at connection {one.number}"


def stuck(history):
    """INV-L3: when faults are over, each CONNECT is answered, or its connection closed, within 10 s."""
    if history.settled is None:
        return
    for one in history.connections:
        if one.began < history.settled:
            continue
        done = one.let_in if one.let_in is not None else one.over
        if one.given_up or done is None or done - one.began > ANSWER_S:
            yield f"{one.client}: {one.node} did not answer CONNECT within {ANSWER_S} s"


def possible_subscriptions(history):
    """By client and filter: the QoS that its session may have at the end, None for no subscription. The last wish that was answered counts,
    and whatever was wished since may have been done."""
    possible = {}
    for wish in history.wishes:
        known = possible.setdefault(wish.client, {}).setdefault(wish.filter, {None})
        if wish.answered:
            known.clear()
        known.add(wish.qos)
    return possible


JUDGES = (two_links, sessions_lost, stuck)


def faults(history):
    for judge in JUDGES:
        yield from judge(history)
