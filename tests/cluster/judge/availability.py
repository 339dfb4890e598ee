"""Judges of what is served while nodes are missing, and of what must not be."""
import bisect
import collections

from judge.messages import is_denied, matches

# A leader that is gone: by an end of its connections, or by a silence that others have to notice first; or that gives the lead away, as its disk takes nothing,
# or takes longer than it waits for (docs/decisions/0045).
KILLED, SILENT = ("kill", "kill leader", "power", "power leader"), ("pause", "pause leader", "isolate", "isolate leader", "halves", "minority", "unplug")
FULL, SLOW = ("disk full", "disk full leader"), ("disk slow", "disk slow leader")
CUT_OFF = ("isolate", "isolate leader", "halves", "minority")  # from other nodes, and not from clients
AGAIN_S = 5
DETECTED_S = {**dict.fromkeys(KILLED, 0), **dict.fromkeys(SILENT, 3), **dict.fromkeys(FULL, 1), **dict.fromkeys(SLOW, 4)}
BACK_S = 5  # a node that was struck before may have to catch up first
FEW = 5  # messages of a topic, of which one at least is acknowledged
LEASE_S = 3
ANSWERED_S = 12  # publish.timeout_s, and something for a machine with other work
REFUSED = (0x80,)  # of PUBACK and PUBREC
REFUSED_CONNECT = (0x03, 0x88, 0x89)  # the first in 3.1.1


def deadlines(history):
    """Of each fault that leaves a majority of the nodes, and of the voters of each range, to itself: until when that has to acknowledge again. Not of those that are
    followed by another one before."""
    faults = history.disturbances
    for at, fault in enumerate(faults):
        if fault.kind not in DETECTED_S or may_go_on(history, fault):
            continue
        begins = fault.began
        before = faults[at - 1] if at else None
        if before and not set(before.nodes) <= set(fault.nodes):
            begins = max(begins, before.until() + BACK_S)
        deadline = begins + AGAIN_S + DETECTED_S[fault.kind]
        if at + 1 == len(faults) or faults[at + 1].began > deadline:
            yield fault, deadline


def halted(history):
    """INV-L1: when a node is lost, or its disk, messages of each topic that come to the others are acknowledged again soon."""
    by_topic = collections.defaultdict(list)
    for sent in sorted(history.sent.values(), key=lambda sent: sent.began):
        if sent.qos and not sent.retain:
            by_topic[sent.stamp.topic].append(sent)
    for fault, deadline in deadlines(history):
        for topic, messages in by_topic.items():
            first = bisect.bisect_left(messages, fault.began, key=lambda sent: sent.began)
            since = [sent for sent in messages[first:bisect.bisect_left(messages, deadline, key=lambda sent: sent.began)]
                     if sent.node not in fault.nodes]
            if len([sent for sent in since if sent.began < deadline - AGAIN_S / 2]) >= FEW and \
                    not any(sent.acknowledged and sent.ended <= deadline for sent in since):
                ended = min((sent.ended for sent in messages[first:] if sent.acknowledged), default=None)
                yield (f"{fault.kind} {' '.join(fault.nodes)} at {fault.began:.2f} s: none of {len(since)} messages to {topic} was acknowledged "
                       f"until {deadline:.2f} s; the first one " + ("never was" if ended is None else f"at {ended:.2f} s"))


def minorities(history):
    """(fault, from when its nodes know that they are cut off, until when) of each time in which some nodes and all the others did not reach each other.
    Not where those few are most voters of a range: with more nodes than voters they may go on."""
    for fault in history.disturbances:
        if fault.kind in CUT_OFF and fault.until() > fault.began + LEASE_S and not may_go_on(history, fault):
            yield fault, fault.began + LEASE_S, fault.until()


def may_go_on(history, fault):
    """Whether a node said of a range, in the fault or shortly before it, that most of its voters are those that were cut off."""
    first = bisect.bisect_left(history.replicas, fault.began - LEASE_S, key=lambda one: one.at)
    return any(2 * len(set(one.voters) & set(fault.nodes)) > len(one.voters)
               for one in history.replicas[first:bisect.bisect_left(history.replicas, fault.until(), key=lambda one: one.at)])


def kept_by(history):
    """Whether a message had a lasting subscriber, whose range has to take it."""
    lasting = [one for one in history.subscriptions if one.lasting and one.qos and one.until is None]

    def is_kept(sent):
        return any(one.since <= sent.began and matches(one.filter, sent.stamp.topic) and not is_denied(one, sent.stamp.topic) for one in lasting)
    return is_kept


def by_minorities(history):
    """INV-L5: nodes that are cut off acknowledge nothing that has to be kept, and make no session. Who waits there is told why."""
    is_kept = kept_by(history)
    for fault, since, until in minorities(history):
        told = f"{fault.kind} {' '.join(fault.nodes)} from {fault.began:.2f} to {until:.2f} s: "
        for sent in history.sent.values():
            if sent.qos == 0 or not since <= sent.began < until or sent.node not in fault.nodes or not is_kept(sent):
                continue
            if sent.acknowledged and sent.ended < until and sent.answered_by in fault.nodes:
                yield f"{told}{sent.answered_by} acknowledged {sent.stamp} at {sent.ended:.2f} s, sent at {sent.began:.2f} s"
            elif sent.patient and sent.began + ANSWERED_S < until and not (sent.ended is None and sent_away(history, sent)):
                yield from refused_late(sent, told)
        for one in history.connections:
            if one.node in fault.nodes and since <= one.began < until:
                yield from let_in_by_minority(one, told, until)


def sent_away(history, sent):
    """Whether the broker has ended the connection of a publisher that would have waited. (docs/decisions/0042)"""
    return any(one.client == sent.stamp.publisher and one.number == sent.connection and one.over is not None and one.over <= sent.began + ANSWERED_S
               for one in history.connections)


def refused_late(sent, told):
    if sent.ended is None or sent.ended > sent.began + ANSWERED_S:
        yield f"{told}{sent.node} did not answer {sent.stamp}, sent at {sent.began:.2f} s"
    elif not sent.acknowledged and sent.code not in REFUSED:
        yield f"{told}{sent.node} answered {sent.stamp} with {sent.code:#x}"


def let_in_by_minority(one, told, until):
    if one.let_in is not None and one.let_in < until and (one.patient or one.expects_session):
        yield f"{told}{one.node} let {one.client} in at {one.let_in:.2f} s"
    elif one.patient and one.began + ANSWERED_S < until and one.let_in is None and one.refused is None:
        yield f"{told}{one.node} did not tell {one.client} why it was not let in, asked at {one.began:.2f} s"
    elif one.refused is not None and one.refused not in REFUSED_CONNECT:
        yield f"{told}{one.node} refused {one.client} with {one.refused:#x}"


def judged(history):
    """(faults with a time by which others had to go on, refusals that patient clients got of minorities)."""
    return (sum(1 for _ in deadlines(history)),
            sum(1 for fault, since, until in minorities(history) for sent in history.sent.values()
                if sent.patient and since <= sent.began and sent.began + ANSWERED_S < until and sent.node in fault.nodes) +
            sum(1 for fault, since, until in minorities(history) for one in history.connections
                if one.refused is not None and since <= one.began < until and one.node in fault.nodes))


JUDGES = (halted, by_minorities)


def faults(history):
    for judge in JUDGES:
        yield from judge(history)
