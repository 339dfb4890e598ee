#!/usr/bin/python3
"""tenond against all vectors: a line of TAP for each normative statement, and one for each vector that says whether it can fail.

    statements_test.py            tenond of the build; fails when a vector does, or when one overlooks what it must see
    statements_test.py mosquitto  mosquitto; fails when a statement does that the page says it shows, if it is of the page's release"""
import functools
import sys

import brokers
import broken
import reasons
import report
import run
import script
import table
import twin
import wire
from tap import Tap, detail


def play_and_record(vector, version, target):
    """(what was wrong or None, the records of the vector and of its twin, or of the vector alone)."""
    try:
        return None, [broken.record(vector, version, target, make) for make in run.players(vector, version)]
    except wire.Mismatch as error:
        return str(error), None


def report_statements(tap, vectors, wrong):
    for verdict in table.verdicts(vectors, wrong):
        statement, version = verdict.statement, table.VERSION_OF[verdict.statement.version]
        for vector in verdict.vectors:
            if wrong.get((vector.name, version)):
                detail(f"{vector.name}: {wrong[vector.name, version]}")
        name = f"{statement.version} {statement.id}: {statement.summary}"
        missing = " # SKIP the broker does not have what its vectors need" if verdict.state == "left out" else ""
        tap.line(verdict.state in ("shown", "argued", "left out"), f"{name} ({verdict.state})", missing)


def report_others(tap, vectors, wrong):
    """What is asked for by no numbered statement."""
    for vector, version in table.without_statement(vectors):
        if (vector.name, version) not in wrong:
            tap.line(True, f"{script.LABELS[version]} {vector.name}", " # SKIP the broker does not have what it needs")
            continue
        found = wrong[vector.name, version]
        if found:
            detail(found)
        tap.line(not found, f"{script.LABELS[version]} {vector.name}")


def report_breaks(tap, recorded):
    """Each vector must see what no vector may overlook."""
    made = overlooked = 0
    for vector, version, (record, *_) in recorded:
        count, unseen = broken.survivors(vector, version, record)
        wrong = [one for one in unseen if broken.must_be_seen(one, record)]
        made, overlooked = made + count, overlooked + len(unseen)
        for one in wrong:
            detail(f"not seen: {one}")
        tap.line(not wrong and len(unseen) < count, f"{script.LABELS[version]} can fail: {vector.name}")
    detail(f"{made} breaks, of which {overlooked} change what the vectors leave open")


def report_twins(tap, recorded):
    """Each twin must see it wherever the broker refuses something."""
    for vector, version, (_, *twins) in recorded:
        for record in twins:
            count, unseen = broken.survivors(vector, version, record, twin.Twin, broken.refusals)
            for one in unseen:
                detail(f"not seen: {one}")
            tap.line(count and not unseen, f"{script.LABELS[version]} is not refused when made lawful: {vector.name}")


def report_reasons(tap, recorded):
    """What is said of a reason code must be what its vectors have brought."""
    wrong = reasons.unseen(recorded)
    for reason, name in wrong:
        detail(f"{reason.version} {reason.packet} 0x{reason.code:02X} did not come in: {name}")
    tap.line(not wrong, "vectors that are named for a reason code bring it")


def tenon():
    tap, vectors = Tap(), script.load()
    results = brokers.play_tenons(vectors, one=play_and_record)
    wrong = {key: wrong for key, (wrong, _) in results.items()}
    report_statements(tap, vectors, wrong)
    report_others(tap, vectors, wrong)
    records = [(vector, version, results[vector.name, version][1]) for vector in vectors for version in vector.versions
               if (vector.name, version) in results]
    records = [one for one in records if one[2]]
    report_breaks(tap, records)
    report_twins(tap, records)
    report_reasons(tap, records)
    tap.end()


def mosquitto():
    tap, vectors = Tap(), script.load()
    if not brokers.HAS_MOSQUITTO:
        tap.line(True, "mosquitto", " # SKIP mosquitto is not installed")
        tap.end()
    with brokers.mosquitto() as target:
        patient = functools.partial(run.play_one, silence_s=report.OTHERS_SILENCE_S)
        results = run.play_all(run.keys(vectors, provided=target.provides), target, patient)
    verdicts = table.verdicts(vectors, results)
    for version, counts in table.count(verdicts).items():
        detail(f"{version}: " + ", ".join(f"{number} {state}" for state, number in sorted(counts.items())))
    passed = sum(wrong is None for wrong in results.values())
    tap.line(passed > 0, f"mosquitto passes {passed} of {len(results)} vectors")
    release, states = report.others_in(report.PAGE.read_text(encoding="utf-8"))
    other = "" if brokers.mosquitto_release() == release else f" # SKIP it is not {release}"
    lost = [one.statement for one in verdicts if one.state == "failing" and states.get((one.statement.id, one.statement.version)) == "shown"]
    for statement in lost if not other else []:
        detail(f"failing: {statement.version} {statement.id}: {statement.summary}")
    # A few of a peer's answers may be later than anybody waits for on a machine that does much else.
    shown = sum(state == "shown" for state in states.values())
    tap.line(len(lost) <= shown // 50 or other, "mosquitto shows what the page says of it, but for one in fifty at most", other)
    tap.end()


if __name__ == "__main__":
    mosquitto() if sys.argv[1:] == ["mosquitto"] else tenon()
