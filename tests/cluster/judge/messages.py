"""Judges of messages and their order."""
import collections

from judge.history import History, client_id_of

SHOWN = 5
LATE_S = 60  # clocks that jump, and nodes that stand still, make time longer by so much at most
CLOCKS_S = 31  # at least; see more_time()


def matches(topic_filter, topic):
    wanted, levels = topic_filter.split("/"), topic.split("/")
    for at, level in enumerate(wanted):
        if level == "#":
            return True
        if at >= len(levels) or level not in ("+", levels[at]):
            return False
    return len(wanted) == len(levels)


def is_denied(subscription, topic):
    return subscription.denied is not None and matches(subscription.denied, topic)


def covers(subscription, sent):
    """Whether it was there for all the time in which the message was taken. One of QoS 2 may be on its way, safely stored, for long behind
    its acknowledgement; it goes to whoever is subscribed when it arrives."""
    if subscription.since > sent.began or subscription.qos == 0:
        return False
    return subscription.until is None or sent.qos < 2 and sent.ended is not None and sent.ended < subscription.until


def story(history, stamp):
    """What became of a message, for whoever looks for the reason."""
    sent = history.sent.get(stamp)
    if sent is None:
        return "sent by nobody"
    answered = "not answered" if sent.code is None else f"answered {sent.code:#x} at {sent.ended:.2f} s"
    ways = [f"{one.node} {one.began:.2f} to {'the end' if one.over is None else f'{one.over:.2f}'}" for one in history.connections
            if one.client == stamp.publisher and (one.over or sent.began) >= sent.began and one.began <= (sent.ended or one.began)]
    return f"sent {sent.sends} times from {sent.began:.2f} s, {answered}, by {', '.join(ways)}"


def some(things):
    things = list(things)
    return f"{len(things)}, the first {', '.join(map(str, things[:SHOWN]))}"


class Index:
    """A history by what the judges ask for. Replays of retained messages and wills are no part of it."""

    def __init__(self, history: History):
        self.history = history
        self.subscriptions = collections.defaultdict(list)  # by client
        for subscription in history.subscriptions:
            self.subscriptions[subscription.client].append(subscription)
        self.by_topic = collections.defaultdict(list)
        for sent in history.sent.values():
            self.by_topic[sent.stamp.topic].append(sent)
        self.live = collections.defaultdict(list)  # by client
        for one in history.deliveries:
            if one.stamp is not None and not one.retain and one.stamp not in history.wills:
                self.live[one.client].append(one)
        self.got = {client: {one.stamp for one in found} for client, found in self.live.items()}

    def due(self, subscription):
        """What was acknowledged and must have come by it."""
        for topic, sent in self.by_topic.items():
            if matches(subscription.filter, topic) and not is_denied(subscription, topic):
                yield from (one for one in sent if one.acknowledged and one.qos > 0 and not one.empty and
                            one.expiry_s is None and covers(subscription, one))

    def waits_for(self, client, sent):
        """Whether the first copy had to come, or to stay until it could."""
        return sent.expiry_s is None and any(matches(one.filter, sent.stamp.topic) and (sent.qos == 0 or covers(one, sent))
                                             for one in self.subscriptions[client])

    def way_of(self, delivery, sent):
        """Messages of one way come in order; None: of what was given to two nodes nobody knows which it took."""
        if sent is None:
            return ""
        if sent.qos == 0:
            return sent.connection
        if delivery.qos > 0 and any(one.stored for one in self.subscriptions[delivery.client]):
            return ""
        return sent.node if sent.sends == 1 or sent.answered_by == sent.node else None

    def in_group(self, client):
        return any(subscription.group for subscription in self.subscriptions[client])


def lost(index):
    """INV-D1, INV-D2: acknowledged messages come to each lasting subscription of QoS 1 and 2 that was there before them."""
    for subscription in index.history.subscriptions:
        if not subscription.lasting or subscription.group or subscription.qos == 0:
            continue
        got = index.got.get(subscription.client, set())
        missing = [one.stamp for one in index.due(subscription) if one.stamp not in got]
        if missing:
            yield (f"{subscription.client} lost acknowledged messages of {subscription.filter}: {some(missing)}"
                   f"{how(index.history, subscription, missing[0])}")


def how(history, subscription, stamp):
    """Where the subscription was made, what became of the message, and whether it came as a retained one, for whoever looks for the reason."""
    made = [one.node for one in history.connections if one.client == subscription.client and one.number == subscription.connection]
    came = any(one.stamp == stamp and one.client == subscription.client and one.retain for one in history.deliveries)
    return (f"; subscribed from {subscription.asked:.2f} to {subscription.since:.2f} s at {' '.join(made)}, until {subscription.until}; the first one was "
            f"{story(history, stamp)}{', and came as a retained one' if came else ''}")


def lost_by_groups(index):
    """G2: and to one member at least of each group that has lasting members all the time."""
    groups = collections.defaultdict(list)
    for subscription in index.history.subscriptions:
        if subscription.group and subscription.lasting and subscription.qos > 0:
            groups[(subscription.group, subscription.filter)].append(subscription)
    for (group, topic_filter), members in groups.items():
        got = set().union(*(index.got.get(member.client, set()) for member in members))
        first = min(members, key=lambda member: member.since)
        missing = [one.stamp for one in index.due(first) if one.stamp not in got]
        if missing:
            yield f"group {group} lost acknowledged messages of {topic_filter}: {some(missing)}"


def twice(index):
    """INV-D3: of QoS 2 nothing comes twice to a session. INV-D4: of QoS 1 and 0 nothing comes oftener on one connection than its publisher
    sent it."""
    for client, deliveries in index.live.items():
        once, on_connection = collections.Counter(), collections.Counter()
        for one in deliveries:
            if one.qos == 2:
                once[one.stamp] += 1
            else:
                on_connection[(one.stamp, one.connection)] += 1
        doubled = [stamp for stamp, count in once.items() if count > 1]
        if doubled:
            yield f"{client} got messages of QoS 2 more than once: {some(doubled)}"
        without_reason = [stamp for (stamp, _), count in on_connection.items()
                          if stamp in index.history.sent and count > index.history.sent[stamp].sends]
        if without_reason:
            yield f"{client} got messages oftener on one connection than they were sent: {some(without_reason)}"


def twice_to_mortals(index):
    """INV-D3 for clients whose sessions end with their connections: what a publisher had to send again with QoS 2 does not come on two of
    them. What it sent once may stand between two nodes while its receiver moves from one to the other."""
    mortal = {one.client for one in index.history.subscriptions if not one.lasting and not one.group}
    count = collections.defaultdict(collections.Counter)  # by client id
    for name in mortal:
        count[client_id_of(name)].update({one.stamp for one in index.live.get(name, ()) if one.qos == 2})
    for client, stamps in sorted(count.items()):
        doubled = [f"{stamp} ({story(index.history, stamp)})" for stamp, times in stamps.items()
                   if times > 1 and stamp in index.history.sent and index.history.sent[stamp].sends > 1]
        if doubled:
            yield f"{client} got messages of QoS 2 on two connections: {some(doubled)}"


def twice_in_groups(index):
    """G1: a message of QoS 2 goes to one member."""
    groups = collections.defaultdict(set)
    for subscription in index.history.subscriptions:
        if subscription.group:
            groups[subscription.group].add(subscription.client)
    for group, members in groups.items():
        count = collections.Counter(one.stamp for member in members for one in index.live.get(member, ()) if one.qos == 2)
        doubled = [stamp for stamp, times in count.items() if times > 1]
        if doubled:
            yield f"group {group} got messages of QoS 2 more than once: {some(doubled)}"


def out_of_order(index):
    """INV-O1: what comes for the first time comes in the order of its publisher, topic and QoS. Groups promise none. Nor is there one
    between QoS 0 of two connections: what lies unread in the older one, at a node that stands still, was received later. Nor for what was
    sent again, when its first copy may have come before the subscription or may have been out of date. Nor, for what waits in no inbox,
    between messages that the publisher gave to two nodes: each has its own way to the receiver's node."""
    for client, deliveries in index.live.items():
        if index.in_group(client):
            continue
        newest, seen, swapped = {}, set(), []
        for one in deliveries:
            if one.stamp in seen:
                continue
            seen.add(one.stamp)
            sent = index.history.sent.get(one.stamp)
            if sent and sent.sends > 1 and not index.waits_for(client, sent):
                continue
            if (way := index.way_of(one, sent)) is None:
                continue
            key = (one.stamp.publisher, one.stamp.topic, one.qos, way)
            if key in newest and newest[key] > one.stamp.number:
                swapped.append(f"{one.stamp} at {one.at:.2f} s behind {newest[key]} ({story(index.history, one.stamp)})")
            newest[key] = max(one.stamp.number, newest.get(key, -1))
        if swapped:
            yield f"{client} got messages out of order: {some(swapped)}"


def made_up(index):
    """INV-D5: nothing comes that nobody sent, or sent otherwise."""
    history = index.history
    for one in history.deliveries:
        if one.stamp is None:
            yield f"{one.client} got an altered message on {one.topic}"
        elif one.stamp not in history.sent and one.stamp not in history.wills:
            yield f"{one.client} got {one.stamp}, which nobody has sent"
        elif one.topic != one.stamp.topic:
            yield f"{one.client} got {one.stamp} on {one.topic}"
        elif one.stamp in history.sent and one.qos > history.sent[one.stamp].qos:
            yield f"{one.client} got {one.stamp} with QoS {one.qos}, above that of its publisher"


def misdirected(index):
    """INV-D6: nothing comes to whoever has not asked for it. A subscription that was not answered yet is not in the history, so that it must be
    written down before it is sent."""
    for one in index.history.deliveries:
        if not any(matches(subscription.filter, one.topic) and one.qos <= subscription.qos
                   for subscription in index.subscriptions[one.client]):
            yield f"{one.client} got {one.topic} with QoS {one.qos}, which it has not subscribed to"


def forbidden(index):
    """INV-Q1: nothing comes to whoever may not read it."""
    for one in index.history.deliveries:
        if any(is_denied(subscription, one.topic) for subscription in index.subscriptions[one.client]):
            yield f"{one.client} got {one.topic}, which it may not read"


def more_time(history):
    """How much more of its time a message may be said to have than it was given: a node tells it by its own date, from what another one's was."""
    return max([CLOCKS_S, *(abs(one.value) + 1 for one in history.disturbances)])


def overdue(index):
    """INV-D7: nothing comes for the first time when its time is over, and what is left of it is never more than its publisher gave."""
    more_s = more_time(index.history)
    for one in index.history.deliveries:
        sent = index.history.sent.get(one.stamp)
        if sent is None or sent.expiry_s is None:
            continue
        if one.expiry_s is None or one.expiry_s > sent.expiry_s + more_s:
            yield f"{one.client} got {one.stamp} for {one.expiry_s} s, and its publisher gave {sent.expiry_s} s"
        taken = sent.began if sent.ended is None else sent.ended
        if not one.dup and one.at > taken + sent.expiry_s + LATE_S:
            yield f"{one.client} got {one.stamp} {one.at - taken:.0f} s after it was taken, and its time was {sent.expiry_s} s"


def half(index):
    """Messages of QoS 1 and 2 of which nobody knows whether they were taken, by who of those that were subscribed from before them until
    the end has them, and who has not: what everybody has, or nobody, is left out."""
    receivers = [one for one in index.history.subscriptions if one.lasting and not one.group and one.qos > 0 and one.until is None]
    for sent in index.history.sent.values():
        if sent.acknowledged or sent.qos == 0 or sent.empty or sent.retain or sent.expiry_s is not None:
            continue
        due = {one.client for one in receivers if one.since <= sent.began and matches(one.filter, sent.stamp.topic) and
               not is_denied(one, sent.stamp.topic)}
        have = {client for client in due if sent.stamp in index.got.get(client, ())}
        if have and have != due:
            yield sent, sorted(have), sorted(due - have)


def in_part(index):
    """INV-D8: what a publisher with a session sent with QoS 2, and has no good answer for, comes to all lasting subscriptions or to none: it
    is in one outbox first, or not. QoS 1, and publishers without a session, go to each range by itself, and promise nothing of it."""
    for sent, have, lack in half(index):
        if sent.qos == 2 and sent.stored:
            yield f"{sent.stamp} came to {some(have)}, and not to {some(lack)} ({story(index.history, sent.stamp)})"


JUDGES = (lost, lost_by_groups, twice, twice_to_mortals, twice_in_groups, out_of_order, made_up, misdirected, forbidden, overdue,
          in_part)


def faults(history):
    index = Index(history)
    for judge in JUDGES:
        yield from judge(index)
