"""Judges of retained messages. Each topic has one writer, which waits for the answer to one write before the next."""
import bisect
import collections

from judge import wills
from judge.history import Sent, client_id_of
from judge.messages import LATE_S, matches, some, story

SHOWN_S = 6  # for as long, and a tick, a node shows what it was sent and its range does not have
BARRIER_S = 2  # a SUBSCRIBE that took longer may not have waited for what was there before it
STRUCK_S, STARTED_S = 10, 30  # behind a fault, and behind the start of a node
BROKEN = ("disk error", "log error", "state error")  # replicas at such a node take part in nothing
LOOKED_S = 5  # as old what a node has said may be


class Register:
    """The writes to one topic, in order."""

    def __init__(self, writes):
        self.writes = sorted(writes, key=lambda write: write.stamp.number)

    def allowed(self, began):
        """The values that a read may give that began then, when none was written after it: that of the last write that was acknowledged
        before it, and those of later ones. A write without an answer may have been done; one that was refused, too, at any time
        since. The first copy of one that was sent again and acknowledged may not. One whose time may be over may be gone, and one whose time is
        over for long is."""
        last = -1
        for at, write in enumerate(self.writes):
            if write.acknowledged and write.ended <= began:
                last = at
        possible = [write for at, write in enumerate(self.writes) if at >= last or not write.acknowledged]
        found = {None if write.empty or self._is_over(write, began) else write.stamp.number for write in possible}
        return found | ({None} if last < 0 or any(write.expiry_s is not None for write in possible) else set())

    @staticmethod
    def _is_over(write, began):
        return write.expiry_s is not None and write.ended is not None and began > write.ended + write.expiry_s + LATE_S

    def missed(self, number, began):
        """The acknowledged writes that a read is behind which began then and gave that."""
        if number in self.allowed(began):
            return []
        return [write for write in self.writes if write.acknowledged and write.ended <= began and
                (number is None or write.stamp.number > number)]

    def may_be_late(self, number):
        """Whether this value may be the first copy of a write that was sent again, which a node shows until its range has refused it."""
        return any(write.sends > 1 for write in self.writes if (number is None and write.empty) or write.stamp.number == number)


def registers(history):
    found = collections.defaultdict(list)
    for sent in history.sent.values():
        if sent.retain:
            found[sent.stamp.topic].append(sent)
    for topic, armed in wills.retained(history).items():
        # They are asked for when all is over: one that must have come has come by then.
        found[topic] += [Sent(stamp, will.qos, 0.0, True, code=0 if will.least else None, ended=0.0) for stamp, will in armed]
    return {topic: Register(writes) for topic, writes in found.items()}


def not_agreed(history):
    """INV-R1, INV-R3 at the end: all nodes give the same value of a topic, and it is the last one that was acknowledged or one whose fate is not
    known. What was deleted is not there."""
    known = registers(history)
    final = collections.defaultdict(dict)
    for read in history.reads:
        if read.final:
            final[read.topic][read.node] = read
    for topic, by_node in final.items():
        values = {read.number for read in by_node.values()}
        if len(values) > 1 and not (topic in known and any(write.expiry_s is not None for write in known[topic].writes)):
            told = ", ".join(f"{node}: {read.number}" for node, read in sorted(by_node.items()))
            yield f"the nodes do not agree on the retained message of {topic}: {told}"
        for node, read in by_node.items():
            allowed = known[topic].allowed(read.began) if topic in known else {None}
            if read.number not in allowed:
                yield (f"{node} has {read.number} for the retained message of {topic}, not one of {sorted(allowed, key=str)}"
                       f"{told_of(history, known, topic, read.number)}")


def told_of(history, known, topic, number):
    """What became of a write and of those behind it, for whoever looks for the reason."""
    behind = [write for write in known[topic].writes if write.stamp.number >= (number or 0)] if topic in known else []
    return "".join(f"; {write.stamp.number}{' (deletes)' if write.empty else ''}: {story(history, write.stamp)}" for write in behind[:4])


def not_complete(history):
    """INV-R4: who asks for all that match gets each of them once, at any time; when all is over, all that there must be."""
    known = registers(history)
    for one in history.readings:
        count = collections.Counter(stamp.topic for stamp in one.stamps if stamp is not None)
        doubled = [topic for topic, times in count.items() if times > 1]
        if doubled:
            yield f"{one.node} gave {some(doubled)} more than once to who asked for {one.filter}"
        for stamp in one.stamps:
            if stamp is None or not matches(one.filter, stamp.topic) or stamp.topic not in known or \
                    not any(write.stamp == stamp and not write.empty for write in known[stamp.topic].writes):
                yield f"{one.node} gave {stamp} to who asked for {one.filter}, which was never written"
        got = {stamp.topic: stamp.number for stamp in one.stamps if stamp is not None}
        for topic, register in known.items() if one.final else ():
            allowed = register.allowed(one.began)
            if matches(one.filter, topic) and got.get(topic) not in allowed:
                yield (f"{one.node} gave {got.get(topic)} for {topic} to who asked for {one.filter}, not one of {sorted(allowed, key=str)}"
                       f"{told_of(history, known, topic, got.get(topic))}")


def periods(history):
    """Of lasting sessions: each subscription with when the next one to the same filter began, or it was taken back."""
    newest = {}
    for one in history.subscriptions:
        key = one.client, one.filter
        if key in newest:
            yield newest[key], min(one.asked, newest[key].until or one.asked)
        newest[key] = one
    for one in newest.values():
        yield one, float("inf") if one.until is None else one.until


def unseen(history):
    """INV-R2: a lasting session whose SUBSCRIBE overlaps a write of QoS 1 that is acknowledged gets it, or one that came after it in the same time. One of QoS 2
    may be on its way behind its acknowledgement, and no promise is made of it; nor where the SUBSCRIBE took longer than a node waits to
    know what was written before."""
    known = registers(history)
    got = collections.defaultdict(set)
    for one in history.deliveries:
        if one.stamp is not None:
            got[one.client].add(one.stamp)
    for one, until in periods(history):
        if not one.lasting or one.group or one.qos == 0 or one.since - one.asked > BARRIER_S:
            continue
        for topic, register in known.items():
            if not matches(one.filter, topic):
                continue
            # What began before SUBACK; those of them that may stand for an earlier one come behind it.
            early = [write for write in register.writes if write.began < one.since and write.qos == 1 and write.expiry_s is None]
            for at, write in enumerate(early):
                if not write.acknowledged or write.ended <= one.asked or write.ended >= until or write.empty:
                    continue
                if not any(later.empty or later.stamp in got[one.client] for later in early[at:]):
                    yield (f"{one.client} subscribed to {one.filter} from {one.asked:.3f} to {one.since:.3f} s and did not get {write.stamp}, "
                           f"written from {write.began:.3f} to {write.ended:.3f} s")


def taken_back(history):
    """INV-R2: behind a message that came live and is acknowledged no older one comes as retained, on one connection of who has no inbox, where both go one
    way. Of QoS 2 nothing is promised. The first copy of one that was sent again, which a node that stood still or was cut off sends late, is shown until its
    range has refused it."""
    lasting = {one.client for one in history.subscriptions if one.lasting}
    live, came = {}, collections.defaultdict(list)
    for one in history.deliveries:
        if not one.retain:
            came[one.stamp].append(one.at)
    for one in history.deliveries:
        sent = history.sent.get(one.stamp)
        if sent is None or not sent.retain or sent.qos == 2 or one.client in lasting:
            continue
        key = one.client, one.connection, one.topic
        if not one.retain:
            live[key] = max(one.stamp.number, live.get(key, -1))
        elif one.stamp.number < live.get(key, -1) and not (sent.sends > 1 and any(0 <= one.at - at < SHOWN_S for at in came[one.stamp])):
            newer = history.sent[one.stamp._replace(number=live[key])]
            if newer.acknowledged and newer.ended < one.at:
                yield (f"{one.client} got {one.stamp} as retained at {one.at:.3f} s, behind number {live[key]}, which had come live: "
                       f"{on_connection(history, one)}")


def on_connection(history, delivery):
    """What came there of the topic, and when that was written, for whoever looks for the reason."""
    way = [one for one in history.connections if one.client == client_id_of(delivery.client) and one.number == delivery.connection]
    came = [one for one in history.deliveries if one[:2] == delivery[:2] and one.topic == delivery.topic and one.stamp]
    told = [f"{one.stamp.number}{' as retained' if one.retain else ''} at {one.at:.3f} ({history.sent[one.stamp].node}, "
            f"{history.sent[one.stamp].began:.3f} to {history.sent[one.stamp].ended or 0:.3f})" for one in came if one.stamp in history.sent]
    return f"{way[0].node if way else '?'}: {', '.join(told)}"


def never_written(history):
    """INV-R1 at any time: no read gives what nobody had begun to write."""
    known = registers(history)
    for read in history.reads:
        numbers = {write.stamp.number for write in known[read.topic].writes if not write.empty} if read.topic in known else set()
        if read.number is not None and read.number not in numbers:
            yield f"{read.node} gave {read.number} for the retained message of {read.topic}, which was never written"


def looked_at(history):
    """(node, topic, number, when it was asked for, when SUBACK came) of each value that was read while faults went on, and came as retained. Of who asks for all that
    match none that is missing, as it may have come live."""
    for one in history.reads:
        if not one.final and not one.live:
            yield one.node, one.topic, one.number, one.began, one.answered
    for one in history.readings:
        for stamp in one.stamps if not one.final else ():
            if stamp is not None:
                yield one.node, stamp.topic, stamp.number, one.began, one.answered


def not_current(history):
    """INV-R1 while faults go on: a read gives the value that was acknowledged last before it began, or a later one. It may be older when SUBACK took as long as a node
    waits for those who lead, and the node or these were struck then or shortly before; and at a node that has no replica to wait for. Of QoS 2, which may be on its
    way behind its acknowledgement, no promise is made."""
    known = registers(history)
    for node, topic, number, began, answered in looked_at(history):
        missed = known[topic].missed(number, began) if topic in known else []
        if not missed or any(write.qos != 1 for write in missed) or known[topic].may_be_late(number):
            continue
        slow = answered - began >= BARRIER_S
        if may_have_none(history, node, began, answered) or (slow and struck(history, node, began, answered)):
            continue
        yield (f"{node} gave {number} for the retained message of {topic} at {began:.2f} s, which is behind {len(missed)} acknowledged writes; "
               f"SUBACK took {answered - began:.2f} s{', and nobody was struck whom it had to ask' if slow else ''}"
               f"{told_of(history, known, topic, missed[-1].stamp.number if number is None else number)}")


def may_have_none(history, node, began, answered):
    """Whether the node may be without a replica that applies what comes: its disk has failed, or it is new in a trouble that is none of the faults."""
    def near(one):
        return one.began < answered and began < over(one)
    return any(near(fault) and breaks_disk(fault) and node in fault.nodes for fault in history.disturbances) or any(
        near(trouble) and not any(trouble.began <= fault.began <= trouble.until() for fault in history.disturbances) for trouble in history.troubles)


def breaks_disk(fault):
    return fault.kind.removesuffix(" leader") in BROKEN


def struck(history, node, began, answered):
    """Whether a fault struck this node, or whom it asks what was acknowledged, in this time or shortly before."""
    return any(fault.began < answered and began < over(fault) and (node in fault.nodes or strikes_leaders(history, fault))
               for fault in history.disturbances)


def over(fault):
    """When those that it struck must be as others again. A trouble that is no fault is of nodes that start."""
    starts = not fault.kind or breaks_disk(fault) or fault.kind.startswith(("kill", "power"))
    return fault.until() + (STARTED_S if starts else STRUCK_S)


def strikes_leaders(history, fault):
    """Whether it strikes who led a range of retained messages, or most of its voters. Where nobody has said who does, it may."""
    first = bisect.bisect_left(history.replicas, fault.began - LOOKED_S, key=lambda one: one.at)
    told = [one for one in history.replicas[first:bisect.bisect_left(history.replicas, over(fault), key=lambda one: one.at)] if one.store == "retain"]
    return not told or any((one.role == "leader" and one.node in fault.nodes) or 2 * len(set(one.voters) & set(fault.nodes)) > len(one.voters)
                           for one in told)


def stale(history):
    """Reads while faults went on that were behind an acknowledged write, whether they may be or not: (how many, of how many, by how many writes at most)."""
    known = registers(history)
    behind = [len(known[read.topic].missed(read.number, read.began)) for read in history.reads if not read.final and read.topic in known]
    return sum(1 for one in behind if one), len(behind), max(behind, default=0)


JUDGES = (not_agreed, never_written, not_current, not_complete, unseen, taken_back)


def faults(history):
    for judge in JUDGES:
        yield from judge(history)
