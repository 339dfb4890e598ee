"""All judges of a history."""
from judge import messages, protocol, retained, sessions, wills


def faults(history):
    """In words; an empty list: all is well."""
    return [fault for judge in (messages, sessions, wills, retained, protocol) for fault in judge.faults(history)]


def counts(history):
    """What the history holds, in words."""
    acknowledged = sum(one.acknowledged for one in history.sent.values())
    by_qos = [sum(one.acknowledged and one.qos == qos for one in history.sent.values()) for qos in (0, 1, 2)]
    refused = sum(one.code is not None and one.code >= 0x80 for one in history.sent.values())
    stale, reads, behind = retained.stale(history)
    return (f"{len(history.sent)} messages sent, {acknowledged} acknowledged (QoS 0, sent: {by_qos[0]}, QoS 1: {by_qos[1]}, QoS 2: {by_qos[2]}), "
            f"{refused} refused, {sum(one.sends - 1 for one in history.sent.values())} sent again; "
            f"{len(history.deliveries)} deliveries; {len(history.connections)} connections tried, "
            f"{sum(one.let_in is not None for one in history.connections)} let in; {len(history.wills)} wills; "
            f"{reads} reads of retained messages, {stale} of them stale, by {behind} writes at most")
