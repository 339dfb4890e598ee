"""Judge of sessions that end some time behind their connections."""
import collections

LATE_S = 10  # when nothing is wrong: how long it may take that an end is known, and that something is done about it
TROUBLE_S = 10  # how long a fault may have consequences
CLOCK = "clock"  # or that of a leader


def early_by(history, since, until):
    """How much too early a session may end by the dates of nodes: a clock that jumps ahead makes time go by so much faster, once."""
    return sum(abs(one.value) for one in history.disturbances if one.kind.startswith(CLOCK) and one.began <= until and
               one.until() + abs(one.value) >= since)


def late_by(history, since, until):
    """How much too late it may be gone. A fault stops who would do it, for as long as it lasts and somewhat longer; a clock that was ahead holds the
    time of a range until it is right."""
    faults = [one for one in history.disturbances if one.began <= until and one.until() + TROUBLE_S + abs(one.value) >= since]
    return LATE_S + sum(min(one.until(), until) - max(one.began, since - TROUBLE_S) + TROUBLE_S + abs(one.value) for one in faults)


def clients(history):
    """The attempts to connect of clients whose sessions end, in their order."""
    found = collections.defaultdict(list)
    for one in history.connections:
        if one.expiry_s is not None:
            found[one.client].append(one)
    return found.items()


def gone_early(history):
    """INV-S4: a session is there until its time is over, which can't have begun before its client asked for the last thing that was done for
    it."""
    for client, attempts in clients(history):
        proven, expiry_s = None, 0
        for one in attempts:
            if one.let_in is None:
                continue
            if proven is not None and not one.session_present:
                deadline = proven + expiry_s - early_by(history, proven, one.let_in)
                if one.let_in < deadline:
                    yield (f"{client}: {one.node} had no session at {one.let_in:.2f} s, though it was used at {proven:.2f} s and is to last "
                           f"for {expiry_s} s")
            proven, expiry_s = max(one.began, one.proven or 0), one.expiry_s


def gone_late(history):
    """INV-S4: and not for much longer. Of clients that left without a word it is not known when their nodes found that out."""
    for client, attempts in clients(history):
        for at, one in enumerate(attempts):
            if not at or one.let_in is None or not one.session_present:
                continue
            last = max((number for number in range(at) if attempts[number].let_in is not None), default=0)
            since = attempts[last:at]
            if any(other.silent or other.over is None for other in since):
                continue
            ended = max(other.over for other in since)
            deadline = ended + max(other.expiry_s for other in since)
            if one.began > deadline + late_by(history, ended, one.began):
                yield (f"{client}: {one.node} had its session at {one.began:.2f} s, though it should have ended at {deadline:.2f} s")


def judged(history):
    """How often a client that came back found its session (there, gone)."""
    found = []
    for _, attempts in clients(history):
        found += [one.session_present for one in attempts if one.let_in is not None][1:]
    return sum(found), len(found) - sum(found)


JUDGES = (gone_early, gone_late)


def faults(history):
    for judge in JUDGES:
        yield from judge(history)
