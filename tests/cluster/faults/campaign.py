"""Random faults against a cluster of real nodes under mixed load: every invariant of docs/reliability.md is checked over all that the clients saw. The
schedule comes from the seed alone: --show prints it."""
import argparse
import asyncio
import collections
import contextlib
import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "support"), str(HERE.parent)]
import sanitizer  # noqa: E402
import source_tree  # noqa: E402
from broker import BUILD  # noqa: E402
from clients.mixed_load import MixedLoad  # noqa: E402
from faults.doer import Doer  # noqa: E402
from faults.lookout import Lookout  # noqa: E402
from faults.permissions import Permissions  # noqa: E402
from faults.recovery import Recovery  # noqa: E402
from faults.schedule import ALL, KINDS, POWER, schedule  # noqa: E402
from judge import verdict  # noqa: E402
from judge.rest import WHOLE_S, late  # noqa: E402
from network import private  # noqa: E402

CONFIG = {"mqtt": {"session_queue_count_max": 1_000_000, "session_queue_bytes_max": 1 << 30}, "cluster": {"node_gone_s": 4}}
VOTERS = 3
WARM_S = 3
RATE = 120  # messages a second


def command(seed, seconds, node_count, kinds, rate, balancers):
    """That makes the same run."""
    more = "" if tuple(kinds) == KINDS else f' --kinds "{",".join(kinds)}"'
    more += "" if rate == RATE else f" --rate {rate}"
    return f"campaign.sh --minutes {seconds / 60:g} --nodes {node_count} --seed {seed}{more}" + ("" if balancers else " --no-balancers")


async def run(seed, seconds, node_count, kinds=KINDS, rate=RATE, balancers=True, say=lambda text: None):
    """The faults that the judges found, in words."""
    from network.net_cluster import NetCluster
    plan = schedule(seed, seconds, node_count, kinds)
    name = f"{command(seed, seconds, node_count, kinds, rate, balancers)} at {source_tree.commit(source_tree.tree_of(BUILD))}"
    say(f"{name}, programs of {BUILD}; {source_tree.machine()}; kinds: {', '.join(kinds)}")
    with contextlib.closing(Permissions()) as permissions:
        disks = {"lossy": True} if set(kinds) & set(POWER) else {"disk_mib": 1024}
        async with NetCluster(node_count, config={**CONFIG, **permissions.config}, inbox_ranges=3,
                              balancers={} if balancers else None, **disks) as cluster:
            await cluster.ready()
            load = MixedLoad(cluster, permissions.client_options, seed, rate)
            faults, course = await follow(plan, cluster, load, say)
    say(total(load.history, name, course, len(faults)))
    return faults


def total(history, name, course, violations):
    """A run in one line, for docs/reliability.md."""
    acknowledged = sum(one.acknowledged for one in history.sent.values())
    return (f"total: {name}: {len(history.disturbances)} faults; {len(history.sent):,} messages sent, {acknowledged:,} acknowledged; "
            f"{len(history.deliveries):,} deliveries; {course}; violations: {violations}")


async def follow(plan, cluster, load, say):
    """The faults that the judges found, and how the run went, in words. In a cluster that is ready."""
    recovery, node_count = Recovery(cluster), len(cluster.nodes)
    await load.begin()
    await asyncio.sleep(WARM_S)
    before = await recovery.look()
    doer = Doer(cluster, load, say)
    began = time.monotonic()
    say(f"faults begin at {load.now():.2f} s of the clients' clock")
    try:
        async with Lookout(cluster, load):
            await doer.follow(plan)
            struck_s = time.monotonic() - began
            machine_load = "load " + " ".join(f"{one:.1f}" for one in os.getloadavg())
            faults = await recovery.become_whole(min(VOTERS, node_count))
            whole_s = time.monotonic() - began - struck_s
            faults += late(whole_s, sanitizer.times(WHOLE_S))
            faults += await load.end()
            faults += await recovery.settle(before, load)
        # One looks after the other: what a look tells is noted when it is over, and must not be older than what was noted before.
        faults += await recovery.compare_states(load)
    except BaseException:
        say(recovery.states() + "\n" + cluster.logs(60))
        raise
    finally:
        await load.close()
    faults += verdict.faults(load.history)
    shown = collections.Counter(doer.done)
    say(f"{sum(shown.values())} faults in {struck_s:.0f} s: " + ", ".join(f"{kind} {count}" for kind, count in sorted(shown.items())))
    say(verdict.counts(load.history))
    if faults:
        say(recovery.states() + "\n" + cluster.logs(40))
    return faults, (f"longest time without an acknowledgement {load.longest_silence_s:.1f} s, whole again {whole_s:.1f} s after the last fault, "
                    f"{machine_load} then")


def main():
    parser = argparse.ArgumentParser(prog="campaign.sh", description=__doc__)
    parser.add_argument("--minutes", type=float, default=2, help="of faults; the end comes on top")
    parser.add_argument("--nodes", type=int, default=3, choices=(3, 5))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", help="only these, with commas between them: " + ", ".join(ALL) + "; without it all that are not about power")
    parser.add_argument("--rate", type=int, default=RATE, help="messages a second")
    parser.add_argument("--no-balancers", action="store_true", help="leaders and replicas stay where faults bring them")
    parser.add_argument("--show", action="store_true", help="only print the schedule")
    arguments = parser.parse_args()
    kinds = tuple(arguments.kinds.split(",")) if arguments.kinds else KINDS
    if set(kinds) - set(ALL):
        parser.error(f"no such kind: {', '.join(sorted(set(kinds) - set(ALL)))}")
    seconds = arguments.minutes * 60
    if arguments.show:
        print("\n".join(map(str, schedule(arguments.seed, seconds, arguments.nodes, kinds))))
        return 0
    if reason := private.missing():
        print(f"skipped: {reason}")
        return 77
    faults = asyncio.run(run(arguments.seed, seconds, arguments.nodes, kinds, arguments.rate, not arguments.no_balancers,
                             lambda text: print(text, flush=True)))
    for fault in faults:
        print("FAULT", fault)
    print("no faults" if not faults else f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
