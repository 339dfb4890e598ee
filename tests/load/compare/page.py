"""Runs all that docs/performance.md needs, one part behind the other, into a folder of JSON files, and writes the page of them.

A part that is in the folder already is not run again, so that what was broken off goes on where it was: all of a folder is of one
commit. Those that count, or look at memory at rest, come last and beside each other. Prints how long each part took; what it says is in
its .log. Leave the machine alone meanwhile."""

import argparse
import concurrent.futures
import json
import pathlib
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass

import report
import rows
import run_info
from brokers import BUILD, SOURCE_ROOT, Mosquitto

SCRIPTS = SOURCE_ROOT / "tests/load"
PAGE = SOURCE_ROOT / "docs/performance.md"
NEEDED = {"calls.sh": ["strace"], "instructions.sh": ["valgrind"], "profile.sh": ["perf"],
          **{script: [f"{{build}}/tests/bench/{name}" for name in names] for script, names in (
              ("matching.sh", ["topic_bench"]),
              ("bench.sh", ["codec_bench", "acl_bench", "abi_bench", "journal_bench", "storage_bench", "balance_bench"]))}}
BESIDE_MAX = 4  # at once: those that look at memory rest most of the time
COUNTED = "p2p --pairs {pairs} --qos {qos} --payload 256 --window {window}"


@dataclass(frozen=True)
class Part:
    name: str  # of its files, which report.sh takes in this order
    script: str
    arguments: tuple = ()
    trial: tuple = ()  # these on top make it short: its figures are worth nothing
    beside: bool = False  # its figures are the same whatever runs beside it

    def command(self, is_trial):
        return [f"tests/load/{self.script}", *self.arguments, *(self.trial if is_trial else ())]


def counted(script, qos, window, pairs, messages):
    scenario = COUNTED.format(qos=qos, window=window, pairs=pairs)
    settle = ("--seconds", "1", "--settle", "1") if script == "calls.sh" else ()
    return Part(f"80-{script[:-3]}-q{qos}-w{window}", script, ("--scenario", scenario), ("--messages", str(messages), *settle), beside=True)


def profiled(name, scenario, *words):
    """Of a row that misses its goal, as its script has it."""
    return Part(f"85-profile-{name}", "profile.sh", ("--name", name, "--scenario", scenario, *words), ("--duration", "2", "--warmup", "1"))


def profiled_row(row, name=None, words=()):
    """Of a row of rows.py."""
    return profiled(name or row, next(one.arguments for one in rows.ROWS if one.name == row), *words)


def killed(name, title, *words):
    return Part(name, "told.sh", ("--lines", "2", name[3:], title, "tests/scenario/kill_run.py", "--messages", "1000000", "--sessions", "1000",
                                  "--kill-every", "5", "--kill-drain", "2", *words), ("--messages", "500", "--sessions", "10"))


def simulated(name):
    return Part(f"90-simulated-{name}", "told.sh", (f"simulated-{name}", f"simulated seeds of {name}", "{build}/tests/sim/tenon-sim", "--workload",
                                                    f"tests/sim/workloads/{name}.json", "--seeds", "15"), ("--seeds", "1"), beside=True)


SHORT = ("--rounds", "1", "--duration", "1")
TWICE = ("--rounds", "2", "--quiet")
PARTS = (
    # Before the rows of which it has some with other settings: the last run of a row is the one that is judged.
    Part("10-options", "compare.sh", ("p2p-q1", "p2p-q1-w1", "latency", "storm", "--brokers",
                                      "tenon,tenon-one-worker,tenon-one-listener,tenon-delayed", "--rounds", "3", "--duration", "2"), SHORT),
    Part("20-transient", "compare.sh", ("--all", "--duration", "2"), SHORT),
    Part("21-persistent", "persistent.sh", ("--duration", "3"), SHORT),
    Part("22-secure", "secure.sh", ("--duration", "4"), SHORT),
    Part("23-secure-rate", "secure.sh", ("--rate", "14000", "--rounds", "3", "--duration", "4"), (*SHORT, "--rate", "1000")),
    Part("30-size", "size.sh", (), ("--rounds", "1")),
    Part("31-filters", "filters.sh", (), (*SHORT, "--many", "20000")),
    Part("32-matching", "matching.sh", (), ("--rounds", "1")),
    *(Part(f"33-memory-{what}", "memory.sh", (what,), ("--count", "2000", "--ground", "1000", "--settle", "1"), beside=True)
      for what in ("subscriptions", "sessions", "retained", "ranges")),
    Part("34-idle-links", "idle_links.sh", (), ("--connections", "200", "--ground", "100", "--settle", "1")),
    Part("35-parts", "bench.sh", ("--rounds", "3"), ("--rounds", "1")),
    Part("36-mesh", "told.sh", ("--lines", "6", "mesh", "links between nodes that have nothing to say", "{build}/tests/bench/mesh_bench", "3", "10", "30", "64", "100")),
    Part("36-session", "told.sh", ("--lines", "8", "session", "heap for a session that is away", "{build}/tests/bench/session_bench")),
    Part("40-fan-out-away", "fan_out_away.sh", (), ("--rounds", "1", "--settle", "3")),
    Part("41-restart", "restart.sh", (), ("--sessions", "1000", "--messages", "10000", "--settle", "1", "--rest", "1")),
    Part("42-killed", "restart.sh", ("--kill-all", "--sessions", "1000", "--messages", "100000", "--settle", "0", "--rest", "1"),
         ("--sessions", "100", "--messages", "1000")),
    killed("43-kills", "a million messages, SIGKILL again and again"),
    killed("44-power", "the same, and what was not synced is lost with each", "--power"),
    Part("50-across", "across.sh", (), SHORT),
    Part("51-failover-killed", "failover.sh", ("--rounds", "50", "--quiet"), TWICE),
    Part("52-failover-silent", "failover.sh", ("--rounds", "20", "--silent", "--quiet"), TWICE),
    Part("53-takeover", "takeover.sh", ("--rounds", "25", "--quiet"), TWICE),
    Part("60-overload", "overload.sh", ("--duration", "60"), ("--duration", "2", "--calm", "2")),
    Part("61-reconnect", "reconnect.sh", ("--clients", "19000"), ("--clients", "500", "--calm", "4", "--during", "6")),
    Part("62-stalled", "stalled.sh", (), SHORT),
    Part("70-idle-ranges", "idle_ranges.sh", (), ("--ranges", "10", "--seconds", "1", "--settle", "1")),
    counted("calls.sh", 0, 100, 100, 1000),
    counted("calls.sh", 1, 1, 100, 1000),
    counted("calls.sh", 1, 100, 100, 1000),
    counted("instructions.sh", 0, 100, 20, 1000),
    counted("instructions.sh", 1, 100, 20, 1000),
    counted("instructions.sh", 1, 1, 20, 1000),
    counted("instructions.sh", 2, 100, 20, 1000),
    *(profiled_row(row) for row in ("p2p-q0", "p2p-q0-4k", "p2p-q1-w1", "fan-in-q0", "shared-q1", "latency", "persistent-p2p-q1-w1")),
    profiled_row("p2p-q1-w1", "floor-q1-w1", ("--broker", "floor")),
    profiled_row("tls-storm", words=("--tls",)),
    profiled("secure-q0", "p2p --persistent --rate 60000", "--tls"),
    profiled("secure-q1", "p2p --qos 1 --persistent --rate 40000", "--tls"),
    profiled("secure-rate-q1", "p2p --qos 1 --persistent --rate 14000", "--tls"),
    profiled("secure-rate-q2", "p2p --qos 2 --persistent --rate 14000", "--tls"),
    profiled("across-q1-one", "p2p --qos 1", "--nodes", "1"),
    profiled("across-q1", "p2p --qos 1", "--nodes", "3"),
    profiled("stored-three", "p2p --qos 1 --persistent --backlog 300", "--nodes", "3"),
    *(simulated(name) for name in ("three_nodes", "mixed_three", "cluster_five", "mixed_five")),
)


def commits_of(folder):
    """Of what is in the folder."""
    firsts = [path.read_text(encoding="utf-8").split("\n", 1)[0] for path in folder.glob("*.jsonl")]
    return {json.loads(first)["run"]["commit"] for first in firsts}


def run_part(part, folder, is_trial):
    """Whether its figures are there now."""
    target, unfinished = folder / f"{part.name}.jsonl", folder / f"{part.name}.unfinished"
    if target.exists():
        print(f"{part.name}: is there", flush=True)
        return True
    program, *arguments = part.command(is_trial)
    began = time.monotonic()
    with open(folder / f"{part.name}.log", "w", encoding="utf-8") as log:
        code = subprocess.run([SOURCE_ROOT / program, "--json", str(unfinished), *arguments], stdout=log, stderr=subprocess.STDOUT).returncode
    took_s = time.monotonic() - began
    if code == 0:
        unfinished.rename(target)
    print(f"{part.name}: took {took_s:.0f} s" + (f", and failed with {code}: see {log.name}" if code else ""), flush=True)
    return code == 0


def run_parts(parts, folder, is_trial):
    """Those that came to no figures."""
    failed = [part for part in parts if not part.beside and not run_part(part, folder, is_trial)]
    besides = [part for part in parts if part.beside]
    with concurrent.futures.ThreadPoolExecutor(BESIDE_MAX) as pool:
        there = list(pool.map(lambda part: run_part(part, folder, is_trial), besides))
    return failed + [part for part, is_there in zip(besides, there) if not is_there]


def mark_kind(folder, is_trial):
    """Ends where the folder has figures of the other kind: those of a trial are worth nothing."""
    mark = folder / "trial"
    if any(folder.glob("*.jsonl")) and mark.exists() != is_trial:
        sys.exit(f"page: {folder} has figures of {'a trial' if mark.exists() else 'runs that were none'}: take another folder")
    if is_trial:
        mark.touch()


def refuse(told, folder, parts):
    """Ends where the figures would not be of one commit that can be named, or could not be whole."""
    doubts = [*run_info.doubts(told), *lacking_programs(parts)]
    if foreign := commits_of(folder) - {told["commit"]}:
        doubts.append(f"{folder} has figures of commit {', '.join(sorted(foreign))}, and here is {told['commit']}")
    if doubts:
        sys.exit("page: " + "; ".join(doubts) + " (--anyway goes on)")


def lacking_programs(parts):
    """What the parts need and is not here, in words."""
    if Mosquitto().missing():
        yield Mosquitto().missing()
    needs = {part.script: set(NEEDED.get(part.script, ())) for part in parts}
    for part in parts:
        needs[part.script].update(word for word in part.arguments if word.startswith("{build}/"))
    for script, programs in needs.items():
        for program in sorted(word.replace("{build}", str(BUILD)) for word in programs):
            if not shutil.which(program):
                yield f"{script} needs {program}"


def wanted_parts(names):
    if unknown := set(names) - {part.name for part in PARTS}:
        sys.exit(f"page: no part is called {', '.join(sorted(unknown))}; see --list")
    return [part for part in PARTS if part.name in names or not names]


def write_page(page, folder):
    """report.sh; what it refuses ends this, too."""
    subprocess.run([sys.executable, report.__file__, str(page), str(folder)], check=True)
    print(f"{page} is written")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="page.sh", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=pathlib.Path, help="for the figures; is made")
    parser.add_argument("--only", default="", metavar="PART,...", help="run these, and leave the page alone")
    parser.add_argument("--list", action="store_true", help="print parts and commands, and run nothing")
    parser.add_argument("--trial", action="store_true", help="run all parts as short as can be, to see that they run; a copy of the page in "
                                                             "the folder is written")
    parser.add_argument("--anyway", action="store_true", help="also where programs or figures are not of one commit, and with parts that failed")
    arguments = parser.parse_args()
    if not arguments.folder and not arguments.list:
        parser.error("which folder?")
    return arguments


def main():
    arguments = parse_arguments()
    parts = wanted_parts([name for name in arguments.only.split(",") if name])
    if arguments.list:
        for part in parts:
            print(f"{part.name}: {' '.join(part.command(arguments.trial))}")
        return 0
    arguments.folder.mkdir(parents=True, exist_ok=True)
    mark_kind(arguments.folder, arguments.trial)
    told = run_info.describe("tests/load/page.sh", sys.argv[1:])
    if not arguments.anyway:
        refuse(told, arguments.folder, parts)
    print(f"{BUILD}, commit {told['commit']}; load of the machine {told['load']}", flush=True)
    began = time.monotonic()
    lacking = [part.name for part in run_parts(parts, arguments.folder, arguments.trial)]
    print(f"all parts took {(time.monotonic() - began) / 60:.1f} minutes", flush=True)
    if lacking and not arguments.anyway:
        print(f"lacking: {', '.join(lacking)}; the same command runs them again")
        return 1
    if not arguments.only:
        page = shutil.copy(PAGE, arguments.folder) if arguments.trial else PAGE
        write_page(page, arguments.folder)
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
