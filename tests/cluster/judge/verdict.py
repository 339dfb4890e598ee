"""All judges of a history."""
from judge import availability, expiry, messages, protocol, replicas, retained, sessions, wills

JUDGES = (messages, sessions, expiry, wills, retained, protocol, replicas, availability)


def faults(history):
    """In words; an empty list: all is well."""
    return [fault for judge in JUDGES for fault in judge.faults(history)]


def counts(history):
    """What the history holds, in words."""
    acknowledged = sum(one.acknowledged for one in history.sent.values())
    by_qos = [sum(one.acknowledged and one.qos == qos for one in history.sent.values()) for qos in (0, 1, 2)]
    refused = sum(one.code is not None and one.code >= 0x80 for one in history.sent.values())
    stale, reads, behind = retained.stale(history)
    in_part = list(messages.half(messages.Index(history)))
    there, gone = expiry.judged(history)
    losses, refusals = availability.judged(history)
    return (f"{len(history.sent)} messages sent, {acknowledged} acknowledged (QoS 0, sent: {by_qos[0]}, QoS 1: {by_qos[1]}, QoS 2: {by_qos[2]}), "
            f"{refused} refused, {sum(one.sends - 1 for one in history.sent.values())} sent again; "
            f"{len(history.deliveries)} deliveries; {len(history.connections)} connections tried, "
            f"{sum(one.let_in is not None for one in history.connections)} let in; {len(history.wills)} wills; "
            f"{reads} reads of retained messages, {stale} of them stale, by {behind} writes at most, "
            f"{len(history.readings)} of many; {len(in_part)} messages without a good answer came in part (QoS 2: {sum(one.qos == 2 for one, *_ in in_part)}); "
            f"sessions with an end were there {there} times and gone {gone} times; {losses} losses of a node after which others had to go on; "
            f"{refusals} refusals by minorities; {len(history.replicas)} looks at ranges, "
            f"{len({(one.range, one.term) for one in history.replicas if one.role == 'leader'})} terms with a leader, "
            f"{sum(one.digest is not None for one in history.replicas)} digests")
