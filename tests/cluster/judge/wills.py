"""Judges of wills."""
import collections

from judge.history import client_id_of
from judge.messages import matches, more_time

EXPIRY = 2  # the property
ALL_KILLED = ("kill all", "power all")


def arrivals(history):
    """How often each will came, by watcher."""
    count = collections.defaultdict(collections.Counter)
    for one in history.deliveries:
        if one.stamp in history.wills and not one.retain:
            count[one.client][one.stamp] += 1
    return count


def miscounted(history):
    """INV-W1: each will comes to each lasting subscription of QoS 2 as often as the end of its connection allows."""
    count = arrivals(history)
    for watcher in history.subscriptions:
        if not watcher.lasting or watcher.group is not None or watcher.qos != 2:
            continue
        for stamp, will in history.wills.items():
            times = count[watcher.client][stamp]
            if matches(watcher.filter, stamp.topic) and not will.least <= times <= will.most:
                wanted = str(will.least) if will.least == will.most else f"{will.least} to {will.most}"
                yield f"{watcher.client}: the will {stamp} came {times} times instead of {wanted}; {will.note}"


def too_often(history):
    """INV-W1 for clients whose sessions end with their connections: they may miss a will, and none comes to them oftener than it may, on one
    connection or on several. What they were shown of a will that is not done yet, nodes keep in memory: when all were killed, it may come to a later connection once more."""
    mortal = {client_id_of(one.client) for one in history.subscriptions if not one.lasting and one.group is None and one.qos == 2}
    came = collections.defaultdict(list)
    for one in history.deliveries:
        if one.stamp in history.wills and not one.retain and client_id_of(one.client) in mortal:
            came[client_id_of(one.client), one.stamp].append(one)
    for (client, stamp), shown in sorted(came.items()):
        will = history.wills[stamp]
        times = len(shown) - sum(forgotten(history, *pair) for pair in zip(shown, shown[1:]))
        if times > will.most:
            yield f"{client}: the will {stamp} came {times} times instead of {will.most} at most; {will.note}"


def forgotten(history, one, later):
    """Whether no process is left that had shown the will when it came again."""
    return one.client != later.client and any(
        fault.kind in ALL_KILLED and one.at < fault.until() and fault.began < later.at for fault in history.disturbances)


def altered(history):
    """INV-W2: a will comes with the QoS that it was given, or less where the subscription has less, and with its properties; what is left of
    its time is not more than it was given. Whether it is retained, retained.not_agreed() says."""
    granted = collections.defaultdict(list)
    for one in history.subscriptions:
        granted[one.client].append(one)
    more_s = more_time(history)
    for one in history.deliveries:
        will = history.wills.get(one.stamp)
        if will is None:
            continue
        wanted = {min(will.qos, watcher.qos) for watcher in granted[one.client] if matches(watcher.filter, one.topic)}
        if wanted and one.qos not in wanted:
            yield f"{one.client}: the will {one.stamp} came with QoS {one.qos}, and was given {will.qos}"
        if one.properties is None:
            continue
        left = {number: value for number, value in one.properties.items() if number != EXPIRY}
        given = {number: value for number, value in will.properties.items() if number != EXPIRY}
        if left != given:
            yield f"{one.client}: the will {one.stamp} came with the properties {left}, and was given {given}"
        if (EXPIRY in will.properties) != (EXPIRY in one.properties) or \
                one.properties.get(EXPIRY, 0) > will.properties.get(EXPIRY, 0) + more_s:
            yield f"{one.client}: the will {one.stamp} came for {one.properties.get(EXPIRY)} s, and was given {will.properties.get(EXPIRY)}"


def retained(history):
    """The wills that are retained, and may have come, by topic."""
    found = collections.defaultdict(list)
    for stamp, will in history.wills.items():
        if will.retain and will.most:
            found[stamp.topic].append((stamp, will))
    return found


JUDGES = (miscounted, too_often, altered)


def faults(history):
    for judge in JUDGES:
        yield from judge(history)
