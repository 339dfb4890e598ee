"""Judges of retained messages. Each topic has one writer, which waits for the answer to one write before the next."""
import collections


class Register:
    """The writes to one topic, in order."""

    def __init__(self, writes):
        self.writes = sorted(writes, key=lambda write: write.stamp.number)

    def allowed(self, began):
        """The values that a read may give that began then, when none was written after it: that of the last write that was acknowledged
        before it, and those of later ones. A write without an answer may have been done; one that was refused, too, at any time
        since."""
        last = -1
        for at, write in enumerate(self.writes):
            if write.acknowledged and write.ended <= began:
                last = at
        possible = [write for at, write in enumerate(self.writes) if at >= last or not write.acknowledged]
        return {None if write.empty else write.stamp.number for write in possible} | ({None} if last < 0 else set())

    def behind(self, read):
        """How many acknowledged writes a read is behind; 0: none."""
        if read.number in self.allowed(read.began):
            return 0
        newer = [write for write in self.writes if write.acknowledged and write.ended <= read.began and
                 (read.number is None or write.stamp.number > read.number)]
        return len(newer)


def registers(history):
    found = collections.defaultdict(list)
    for sent in history.sent.values():
        if sent.retain:
            found[sent.stamp.topic].append(sent)
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
        if len(values) > 1:
            told = ", ".join(f"{node}: {read.number}" for node, read in sorted(by_node.items()))
            yield f"the nodes do not agree on the retained message of {topic}: {told}"
        for node, read in by_node.items():
            allowed = known[topic].allowed(read.began)
            if read.number not in allowed:
                yield f"{node} has {read.number} for the retained message of {topic}, not one of {sorted(allowed, key=str)}"


def never_written(history):
    """INV-R1 at any time: no read gives what nobody had begun to write."""
    known = registers(history)
    for read in history.reads:
        numbers = {write.stamp.number for write in known[read.topic].writes if not write.empty} if read.topic in known else set()
        if read.number is not None and read.number not in numbers:
            yield f"{read.node} gave {read.number} for the retained message of {read.topic}, which was never written"


def stale(history):
    """Reads while faults went on that were behind an acknowledged write: (how many, of how many, by how many writes at most). A node
    answers from its own replica, so that these are no faults; docs/reliability.md counts them."""
    known = registers(history)
    behind = [known[read.topic].behind(read) for read in history.reads if not read.final and read.topic in known]
    return sum(1 for one in behind if one), len(behind), max(behind, default=0)


JUDGES = (not_agreed, never_written)


def faults(history):
    for judge in JUDGES:
        yield from judge(history)
