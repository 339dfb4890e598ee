"""Judges of replicas and ranges, by what the nodes said of them again and again."""
import collections
import itertools

LEADER = "leader"


def _by(replicas, key):
    found = collections.defaultdict(list)
    for one in replicas:
        found[key(one)].append(one)
    return found.items()


def unequal(history):
    """INV-C1: replicas of a range that have applied the same entry have the same state."""
    told = [one for one in history.replicas if one.digest is not None]
    for (number, incarnation, applied), ones in _by(told, lambda one: (one.range, one.incarnation, one.applied)):
        if len({one.digest for one in ones}) > 1:
            states = ", ".join(f"{one.node}: {one.digest}" for one in ones)
            yield f"range {number}.{incarnation} ({ones[0].store}): the states at entry {applied} are not the same: {states}"


def two_leaders(history):
    """INV-C2: nobody leads a range in a term that somebody else has led it in."""
    leaders = collections.defaultdict(dict)
    for one in history.replicas:
        if one.role == LEADER:
            leaders[one.range, one.incarnation, one.term].setdefault(one.node, one.at)
    for (number, incarnation, term), nodes in leaders.items():
        if len(nodes) > 1:
            told = ", ".join(f"{node} at {at:.2f} s" for node, at in nodes.items())
            yield f"range {number}.{incarnation}: led in term {term} by {told}"


def back(history):
    """INV-C3: what a replica has applied, and what it knows to be committed, never go back while its process lives and it stays a member; its term never does;
    nor does the epoch of a range, as one process knows it."""
    for (node, process, number, incarnation), ones in _by(history.replicas, lambda one: (one.node, one.process, one.range, one.incarnation)):
        where = f"range {number}.{incarnation} at {node}"
        for older, newer in itertools.pairwise(ones):
            if any(after < before for before, after in zip(older.epoch, newer.epoch)):
                yield f"{where}: the epoch went back from {older.epoch} to {newer.epoch}, at {newer.at:.2f} s"
            if not older.role or not newer.role or older.epoch[1] != newer.epoch[1]:
                continue  # it may have left, and come again as an empty one
            for name in ("term", "applied", "committed"):
                before, after = getattr(older, name), getattr(newer, name)
                if after < before:
                    yield f"{where}: {name} went back from {before} to {after}, at {newer.at:.2f} s"


def not_one(history):
    """INV-C4: of a range at an epoch there is one boundary, and one set of voters."""
    seen = {}
    for one in history.replicas:
        for key, value in ((("ends at", one.epoch[0]), (one.begin, one.end)), (("has voters at", one.epoch), one.voters)):
            first = seen.setdefault((one.range, one.incarnation, *key), (value, one))
            if first[0] != value:
                yield (f"range {one.range}.{one.incarnation} {key[0]} epoch {key[1]} {first[0]} for {first[1].node} and {value} for {one.node}")
                seen[one.range, one.incarnation, *key] = value, one


def overlapping(history):
    """INV-C4: the ranges of a store, as one node knows them at one time, do not overlap."""
    for (at, node, store), ones in _by(history.replicas, lambda one: (one.at, one.node, one.store)):
        for left, right in itertools.pairwise(sorted(ones, key=lambda one: one.begin)):
            if not left.end or left.end > right.begin:
                yield f"{node} at {at:.2f} s: ranges {left.range} and {right.range} of {store} overlap: {left.end!r} and {right.begin!r}"


def gaps(history):
    """INV-C4: nor is there a gap between those that a node knows, when it knew all ranges of the store before: in two looks one after the other, as a
    node learns of ranges one after the other when it starts, and when a replica of its own is replaced; at the end in none."""
    whole, lacking = set(), set()
    for (_, node, process, store), ones in sorted(_by(history.replicas, lambda one: (one.at, one.node, one.process, one.store)),
                                                  key=lambda found: found[0]):
        ones.sort(key=lambda one: one.begin)
        missing = [f"before {ones[0].begin!r}"] if ones[0].begin else []
        missing += [f"from {left.end!r} to {right.begin!r}" for left, right in itertools.pairwise(ones) if left.end and left.end < right.begin]
        missing += [f"behind {ones[-1].end!r}"] if ones[-1].end else []
        who = node, process, store
        if not missing:
            whole.add(who)
            lacking.discard(who)
        elif who in lacking or ones[0].at >= (history.settled or float("inf")):
            yield f"{node} at {ones[0].at:.2f} s: no range of {store} {', '.join(missing)}"
        elif who in whole:
            lacking.add(who)


JUDGES = (unequal, two_leaders, back, not_one, overlapping, gaps)


def faults(history):
    for judge in JUDGES:
        yield from judge(history)
