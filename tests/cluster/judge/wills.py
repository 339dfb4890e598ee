"""Judges of wills."""
import collections

from judge.history import client_id_of
from judge.messages import matches


def arrivals(history, watcher_of):
    """How often each will came, by watcher."""
    count = collections.defaultdict(collections.Counter)
    for one in history.deliveries:
        if one.stamp in history.wills and not one.retain:
            count[watcher_of(one.client)][one.stamp] += 1
    return count


def miscounted(history):
    """INV-W1: each will comes to each lasting subscription of QoS 2 as often as the end of its connection allows."""
    count = arrivals(history, lambda name: name)
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
    connection or on several."""
    count = arrivals(history, client_id_of)
    mortal = {client_id_of(one.client) for one in history.subscriptions if not one.lasting and one.group is None and one.qos == 2}
    for client in sorted(mortal):
        for stamp, times in count[client].items():
            will = history.wills[stamp]
            if times > will.most:
                yield f"{client}: the will {stamp} came {times} times instead of {will.most} at most; {will.note}"


JUDGES = (miscounted, too_often)


def faults(history):
    for judge in JUDGES:
        yield from judge(history)
