"""Judge of wills."""
import collections

from judge.messages import matches


def faults(history):
    """INV-W1: each will comes to each lasting subscription of QoS 2 as often as the end of its connection allows."""
    watchers = [one for one in history.subscriptions if one.lasting and one.group is None and one.qos == 2]
    count = collections.defaultdict(collections.Counter)  # by client
    for one in history.deliveries:
        if one.stamp in history.wills and not one.retain:
            count[one.client][one.stamp] += 1
    for watcher in watchers:
        for stamp, will in history.wills.items():
            times = count[watcher.client][stamp]
            if matches(watcher.filter, stamp.topic) and not will.least <= times <= will.most:
                wanted = str(will.least) if will.least == will.most else f"{will.least} to {will.most}"
                yield f"{watcher.client}: the will {stamp} came {times} times instead of {wanted}; {will.note}"
