"""Random faults against a cluster of real nodes under mixed load: every invariant of docs/reliability.md is checked over all that the clients saw. The
schedule comes from the seed alone: --show prints it."""
import argparse
import asyncio
import collections
import contextlib
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "support"), str(HERE.parent)]
import sanitizer  # noqa: E402
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


async def run(seed, seconds, node_count, kinds=KINDS, rate=120, balancers=True, say=lambda text: None):
    """The faults that the judges found, in words."""
    from network.net_cluster import NetCluster
    plan = schedule(seed, seconds, node_count, kinds)
    with contextlib.closing(Permissions()) as permissions:
        disks = {"lossy": True} if set(kinds) & set(POWER) else {"disk_mib": 1024}
        async with NetCluster(node_count, config={**CONFIG, **permissions.config}, inbox_ranges=3,
                              balancers={} if balancers else None, **disks) as cluster:
            await cluster.ready()
            load = MixedLoad(cluster, permissions.client_options, seed, rate)
            return await follow(plan, cluster, load, say)


async def follow(plan, cluster, load, say):
    """As run(), in a cluster that is ready."""
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
    say(f"whole again {whole_s:.1f} s after the last one; longest time without an acknowledgement {load.longest_silence_s:.1f} s")
    say(verdict.counts(load.history))
    if faults:
        say(recovery.states() + "\n" + cluster.logs(40))
    return faults


def main():
    parser = argparse.ArgumentParser(prog="campaign.sh", description=__doc__)
    parser.add_argument("--minutes", type=float, default=2, help="of faults; the end comes on top")
    parser.add_argument("--nodes", type=int, default=3, choices=(3, 5))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", help="only these, with commas between them: " + ", ".join(ALL) + "; without it all that are not about power")
    parser.add_argument("--rate", type=int, default=120, help="messages a second")
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
    print(f"seed {arguments.seed}, {arguments.nodes} nodes, {arguments.minutes:g} minutes", flush=True)
    faults = asyncio.run(run(arguments.seed, seconds, arguments.nodes, kinds, arguments.rate, not arguments.no_balancers,
                             lambda text: print(text, flush=True)))
    for fault in faults:
        print("FAULT", fault)
    print("no faults" if not faults else f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
