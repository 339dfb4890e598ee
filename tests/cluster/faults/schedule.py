"""A schedule of faults, drawn from a seed: the same seed, time and number of nodes give the same schedule."""
import random
import typing

# "minority" are "halves" for so long that who waits at the smaller one is told why.
WEIGHTS = {"kill": 4, "kill leader": 3, "kill two": 1, "kill all": 1, "pause": 3, "pause leader": 1, "halves": 2, "isolate": 2,
           "isolate leader": 2, "minority": 1, "unplug": 1, "one way out": 1, "one way in": 1, "one way": 2, "pair": 2, "loss": 4, "disk full": 2, "clock": 2,
           "disk slow": 1, "disk slow leader": 2}
KINDS = tuple(WEIGHTS)
# Drawn only where they are named, as they want another kind of disk: what was not synced goes.
POWER = {"power": 4, "power leader": 3, "power two": 1, "power all": 1}
ALL = {**WEIGHTS, **POWER}
LASTS_S = {"kill two": (1, 8), "kill all": (0, 1), "power two": (1, 8), "power all": (0, 1), "pause": (0.3, 9), "pause leader": (0.3, 9), "disk full": (2, 12), "loss": (3, 20), "clock": (5, 20), "minority": (16, 26),
           "disk slow": (3, 20), "disk slow leader": (5, 20)}
USUAL_S = (1, 12)
PAUSE_S = (1, 8)
STEP_S = 30
LOSS_PERCENT = (2, 40)
SYNC_S = (0.1, 6)  # longer


class Fault(typing.NamedTuple):
    """From `at_s` after the beginning for `lasts_s`. `nodes` are numbers; which node leads is found out when it happens, and counts
    as the first of them. `value` is that of a step of the clock, in seconds, how many of a hundred packets are lost, or
    how many seconds longer a sync takes."""
    at_s: float
    kind: str
    nodes: tuple
    lasts_s: float
    value: float = 0.0

    def __str__(self):
        names = " ".join("ABCDEFGH"[number] for number in self.nodes)
        value = "" if not self.value else f", {self.value:.0f} %" if self.kind == "loss" else f", {self.value:+.1f} s"
        return f"{self.at_s:8.1f} s  {self.kind} {names} for {self.lasts_s:.1f} s{value}"


def draw_nodes(kind, count, dice):
    order = dice.sample(range(count), count)
    if kind in ("kill two", "power two", "one way", "pair"):
        return tuple(order[:2])
    if kind in ("kill all", "power all"):
        return tuple(sorted(order))
    if kind in ("halves", "minority"):
        return tuple(sorted(order[:dice.randint(1, count // 2)]))  # a minority
    return tuple(order[:1])


def draw_value(kind, dice):
    if kind == "clock":
        return dice.choice((-1, 1)) * dice.uniform(0.5, STEP_S)
    if kind.startswith("disk slow"):
        return dice.uniform(*SYNC_S)
    return float(dice.randint(*LOSS_PERCENT)) if kind == "loss" else 0.0


def schedule(seed, seconds, node_count, kinds=KINDS):
    """The faults of one run, one after the other with pauses."""
    dice = random.Random(f"{seed} {node_count}")
    found, at_s = [], dice.uniform(*PAUSE_S)
    while True:
        kind = dice.choices(kinds, [ALL[one] for one in kinds])[0]
        lasts_s = dice.uniform(*LASTS_S.get(kind, USUAL_S))
        value = draw_value(kind, dice)
        fault = Fault(at_s, kind, draw_nodes(kind, node_count, dice), lasts_s, value)
        if at_s + lasts_s > seconds:
            return found
        found.append(fault)
        at_s += lasts_s + dice.uniform(*PAUSE_S)
