"""What a file of figures says of the run that it is of."""
import datetime
import os
import pathlib
import subprocess
import sys

from brokers import BUILD, SOURCE_ROOT, Mosquitto

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from source_tree import commit, git, machine, tree_of  # noqa: E402

# What figures depend on, in the tree that was built.
MEASURED = ("core", "plugins", "sdk", "conf.d", "meson.build", "tests/bench", "tests/load", "tests/scenario/kill_run.py", "tests/sim", "tests/support")
PROGRAMS = ("core/bin/tenond", "tests/load/tenon-load", "tests/load/tenon-floor", "tests/sim/tenon-sim")


def has_changes(tree):
    """Whether something that figures depend on is not as in the commit."""
    return bool(git(tree, "status", "--porcelain", "--", *MEASURED))


def is_current(build):
    """Whether programs and plugins are those of the sources; None: ninja can't say."""
    targets = [name for name in PROGRAMS if (build / name).exists()]
    targets += [str(path.relative_to(build)) for folder, names in (("plugins", "*.so"), ("tests/bench", "*_bench")) for path in (build / folder).rglob(names)]
    if not targets:
        return None
    try:
        done = subprocess.run(["ninja", "-C", str(build), "-n", *targets], capture_output=True, text=True)
    except OSError:
        return None
    return "no work to do" in done.stdout if done.returncode == 0 else None


def shown(arguments):
    """All but where the figures go."""
    kept = []
    for argument, before in zip(arguments, ["", *arguments]):
        if not argument.startswith("--json") and before != "--json":
            kept.append(argument)
    return kept


def describe(program, arguments):
    """`program`: the command as one calls it from the root of the tree."""
    tree = tree_of(BUILD)
    told = {"command": " ".join([program, *shown(arguments)]), "date": datetime.date.today().isoformat(), "commit": commit(tree),
            "changes": has_changes(tree), "current": is_current(BUILD), "machine": machine(), "load": round(os.getloadavg()[0], 1),
            "mosquitto": Mosquitto().version()}
    if tree.resolve() != SOURCE_ROOT:
        told["scripts"] = commit(SOURCE_ROOT) + (" with changes" if has_changes(SOURCE_ROOT) else "")
    return told


def doubts(told):
    """What keeps a run from being one of its commit."""
    if told["commit"] == "unknown":
        yield "no commit is known"
    if told["changes"]:
        yield "the tree has changes that are in no commit"
    if told["current"] is False:
        yield f"programs are older than their sources: ninja -C {BUILD}"
    if told["current"] is None:
        yield "whether programs are older than their sources is not known"
    if told.get("scripts"):
        yield f"the scripts are of another tree, {told['scripts']}"


def warn(told):
    for doubt in doubts(told):
        print(f"warning: {doubt}", file=sys.stderr, flush=True)
