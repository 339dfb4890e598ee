#!/usr/bin/env python3
"""Puts each bug of the raft plugin's mutation.h into it, and two around it, and shows what the simulator sees of it.

    tests/sim/bugs.py BUILD_DIR [--seeds N] [--only BUG]... [--strict]

For each bug the workloads that fit are run with the seeds 1, 2, ... until something is seen: the table names
the workload, how many seeds it took, and what was said. A few can't show themselves here: the table says why, and
the directed tests of the algorithm find them (meson test plugin_raft_mutations). --strict: fails when any other
one was not seen.
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
MEMBERS = ["members", "few_voters"]
FEW = ["few_voters", "members"]
SLEEP = ["sleepers", "contest"]
SHORT = ["short_appends"]
READS = ["late_reads", "contest"]
DEFAULT = ["contest", "takeover"]
FIT = {
    "joint_election_by_new_majority": MEMBERS,
    "learner_counts_in_election": MEMBERS,
    "removed_leader_never_campaigns": FEW,
    "joint_commit_by_new_majority": MEMBERS,
    "learner_counts_in_commit": MEMBERS,
    "several_changes_without_joint": MEMBERS,
    "change_while_another_is_pending": MEMBERS,
    "change_before_commit_in_term": MEMBERS,
    "joint_left_before_commit": MEMBERS,
    "configuration_not_rolled_back": FEW,
    "snapshot_configuration_ignored": FEW,
    "acknowledge_own_last_index": SHORT,
    "commit_to_own_last_index": SHORT,
    "any_heartbeat_answer_confirms_reads": READS,
    "read_with_index_of_answer_to_other": READS,
    "self_vote_before_durable": ["one_node"],
    "quiesce_without_match": SLEEP,
    "sleeper_ignores_pre_vote": SLEEP,
    "level_peer_not_probed": SLEEP,
    "no_snapshot_time_out": ["lost_words", "states"],
}
# What can't show itself here, and why; the algorithm's own tests find these.
HIDDEN = {
    "vote_while_installing":
        "a state is being installed only while its log's new beginning is written; what it holds is with a majority, so "
        "whoever is elected with such a vote has it all",
    "snapshot_with_uncommitted_configuration":
        "of a leader's offer nothing is used but the number of its newest configuration: the members come with the "
        "state, which the store sends",
}
# What is wrong around the plugin; the workloads of mistakes/ say it themselves.
AROUND = {"fsync_skipped": "mistake_skip_sync_three", "applied_index_apart_from_the_state": "mistake_applied_apart"}


def bugs():
    return re.findall(r"X\((\w+)\)", HEADER.read_text())


def look_for(build, bug, seeds, workload):
    """How many seeds it took, and what was said; (0, "") when nothing was seen."""
    plugin = "plugins/replication/raft/replication-raft.so" if bug in AROUND else "tests/sim/checks/replication-raft-mutated.so"
    folder = "mistakes" if bug in AROUND else "workloads"
    command = [
        str(build / "tests/sim/tenon-sim"),
        "--workload", str(SOURCE / folder / f"{workload}.json"),
        "--replication", str(build / plugin),
        "--seed", "1", "--seeds", str(seeds), "--must-fail", "--patience", "10",
    ]
    run = subprocess.run(command, env={**os.environ, "TENON_RAFT_MUTATION": "" if bug in AROUND else bug},
                         capture_output=True, text=True)
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
    options.add_argument("--seeds", type=int, default=100)
    options.add_argument("--only", action="append", default=[])
    options.add_argument("--strict", action="store_true")
    given = options.parse_args()
    missing, hidden = [], 0
    print("| Bug | Workload | Seeds | What is said of the first |\n|---|---|---|---|")
    wanted = given.only or bugs() + list(AROUND)
    for bug in wanted:
        if bug in HIDDEN:
            print(f"| `{bug}` | | not here | {HIDDEN[bug]} |", flush=True)
            hidden += 1
            continue
        row = ("", f"not in {given.seeds}", "")
        for workload in [AROUND[bug]] if bug in AROUND else FIT.get(bug, DEFAULT):
            seeds, said = look_for(given.build.resolve(), bug, given.seeds, workload)
            if seeds:
                row = (f"`{workload}`", str(seeds), said)
                break
        else:
            missing.append(bug)
        print(f"| `{bug}` | {row[0]} | {row[1]} | {row[2]} |", flush=True)
    seen = len(wanted) - len(missing) - hidden
    print(f"\n{seen} seen, {hidden} can't show here, {len(missing)} not seen: {', '.join(missing) or 'none'}")
    return 1 if given.strict and missing else 0


if __name__ == "__main__":
    sys.exit(main())
