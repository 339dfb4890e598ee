#!/usr/bin/env python3
"""Puts each bug of the raft plugin's mutation.h into it and shows what the simulator sees of it.

    tests/sim/bugs.py BUILD_DIR [--seeds N] [--only BUG]... [--strict]

For each bug the workloads that fit are run with the seeds 1, 2, ... until something is seen: the table names
the workload, how many seeds it took, and what was said. A bug that no seed shows is left to the directed tests
of the algorithm (build/tests/unit/raft_mutations tells which finds it). --strict: fails when a bug that the
list below says the simulator sees was not seen.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent
HEADER = SOURCE.parents[1] / "plugins/replication/raft/algorithm/parts/mutation.h"

# Which workloads fit, the likeliest first.
MEMBERS = ["members"]
SLEEP = ["sleepers", "contest"]
STATES = ["states", "lagging"]
DEFAULT = ["contest", "takeover"]
FIT = {
    "joint_election_by_new_majority": MEMBERS,
    "learner_counts_in_election": MEMBERS,
    "removed_leader_never_campaigns": MEMBERS,
    "joint_commit_by_new_majority": MEMBERS,
    "learner_counts_in_commit": MEMBERS,
    "several_changes_without_joint": MEMBERS,
    "change_while_another_is_pending": MEMBERS,
    "change_before_commit_in_term": MEMBERS,
    "joint_left_before_commit": MEMBERS,
    "configuration_not_rolled_back": MEMBERS,
    "snapshot_with_uncommitted_configuration": MEMBERS,
    "snapshot_configuration_ignored": MEMBERS,
    "self_vote_before_durable": ["one_node"],
    "quiesce_without_match": SLEEP,
    "sleeper_ignores_pre_vote": SLEEP,
    "vote_while_installing": STATES,
    "no_snapshot_time_out": STATES,
}
# What no seed has shown so far; the algorithm's own tests find them.
DIRECTED_ONLY = [
    "vote_while_installing",
    "removed_leader_never_campaigns",
    "acknowledge_own_last_index",
    "commit_to_own_last_index",
    "configuration_not_rolled_back",
    "snapshot_with_uncommitted_configuration",
    "snapshot_configuration_ignored",
    "no_snapshot_time_out",
    "any_heartbeat_answer_confirms_reads",
    "read_with_index_of_answer_to_other",
    "quiesce_without_match",
    "sleeper_ignores_pre_vote",
]


def bugs():
    return re.findall(r"X\((\w+)\)", HEADER.read_text())


def look_for(build, bug, seeds, workload):
    """How many seeds it took, and what was said; (0, "") when nothing was seen."""
    command = [
        str(build / "tests/sim/tenon-sim"),
        "--workload", str(SOURCE / "workloads" / f"{workload}.json"),
        "--replication", str(build / "tests/sim/replication-raft-mutated.so"),
        "--seed", "1", "--seeds", str(seeds), "--must-fail", "--patience", "10",
    ]
    run = subprocess.run(command, env={**os.environ, "TENON_RAFT_MUTATION": bug}, capture_output=True, text=True)
    said = re.search(r"^FAILED [^:]*: [0-9.]* s: (.*)$", run.stdout, re.M)
    tried = len(re.findall(r"^\S+ seed \d+: ", run.stdout, re.M))
    if run.returncode == 0:
        return tried, said.group(1) if said else "?"
    if run.returncode == 1:
        return 0, ""
    # It died of the bug, or hung until the patience was at an end.
    last = (run.stdout + run.stderr).strip().splitlines()
    said = "it hangs" if run.returncode == 3 else f"ended with {run.returncode}: {last[-1] if last else ''}"
    return tried + 1, said


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("build", type=pathlib.Path)
    options.add_argument("--seeds", type=int, default=40)
    options.add_argument("--only", action="append", default=[])
    options.add_argument("--strict", action="store_true")
    given = options.parse_args()
    missing = []
    print("| Bug | Workload | Seeds | What is said of the first |\n|---|---|---|---|")
    for bug in given.only or bugs():
        row = ("", f"not in {given.seeds}", "")
        for workload in FIT.get(bug, DEFAULT):
            seeds, said = look_for(given.build.resolve(), bug, given.seeds, workload)
            if seeds:
                row = (f"`{workload}`", str(seeds), said)
                break
        else:
            missing.append(bug)
        print(f"| `{bug}` | {row[0]} | {row[1]} | {row[2]} |", flush=True)
    print(f"\n{len(given.only or bugs()) - len(missing)} seen, {len(missing)} not: {', '.join(missing) or 'none'}")
    return 1 if given.strict and set(missing) - set(DIRECTED_ONLY) else 0


if __name__ == "__main__":
    sys.exit(main())
