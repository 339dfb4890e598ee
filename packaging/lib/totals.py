#!/usr/bin/python3
"""Counts the cases of a run of `meson test`: totals.py BUILD_FOLDER [STATUS].

Names what was skipped and what failed, then prints "N passed, N failed, N skipped" as its last line. Ends with 1 when a
case failed or none ran, or when meson itself ended with a STATUS other than 0 that no failure explains, since it may not
have come to all tests then. A program that ends badly counts as one failure, even when all its cases that ran passed.
Before that it lists the seeds that the simulator ran. TENON_MUST_RUN has the names of programs, with commas between
them, that fail where one of their cases was skipped, and where they did not run at all."""
import json
import os
import pathlib
import re
import sys
import xml.etree.ElementTree as xml

TAP = re.compile(r"^(not )?ok\b[ \t]*\d*[ \t]*-?[ \t]*(.*?)(?:[ \t]*#[ \t]*(skip|todo)\b.*)?$", re.IGNORECASE)
GOOD_ENDS = {"OK", "EXPECTEDFAIL"}
SEED = re.compile(r"^\S+ seed \d+: (ok|FAILED), digest [0-9a-f]+, [0-9.]+ s simulated", re.MULTILINE)
MEANT_TO_FAIL = re.compile(r"^\S+: caught with seed number", re.MULTILINE)


class Totals:
    def __init__(self):
        self.passed, self.failed, self.skipped, self.seeds = 0, [], [], []
        self.whole = set()  # programs of which no case was skipped

    def add(self, name, result, reason=""):
        if result == "passed":
            self.passed += 1
        else:
            getattr(self, result).append(name + reason)


def gtest_cases(path):
    """(name, result, reason) of each case."""
    for case in xml.parse(path).getroot().iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        failures = case.findall("failure") + case.findall("error")
        if failures:
            yield name, "failed", "".join("\n    " + line for one in failures for line in (one.text or "").splitlines())
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            yield name, "skipped", ""
        else:
            yield name, "passed", ""


def tap_cases(text):
    """(name, result, reason) of each case. A reason is the comment before the line of a case; meson keeps it back."""
    comment = ""
    for line in text.splitlines():
        match = TAP.match(line)
        if match:
            result = "skipped" if match[3] else "failed" if match[1] else "passed"
            yield match[2], result, comment
        comment = comment + "\n    " + line[1:] if line.startswith("#") else ""


def cases_of(run, folder):
    """The cases inside of one program; empty when it does not report any."""
    report = folder / f"{run['name'].split(' / ')[-1]}.xml"
    if report.exists():
        return list(gtest_cases(report))
    return list(tap_cases(run.get("stdout", ""))) if "1.." in run.get("stdout", "") else []


def count(run, folder, totals):
    name, result = run["name"], run["result"]
    skipped_before = len(totals.skipped)
    if not MEANT_TO_FAIL.search(run.get("stdout", "")) and result != "EXPECTEDFAIL":
        totals.seeds += [match[0] for match in SEED.finditer(run.get("stdout", ""))]
    cases = cases_of(run, folder)
    for case, case_result, reason in cases:
        totals.add(f"{name}: {case}", case_result, reason)
    if result == "SKIP":
        if not cases:
            totals.add(name, "skipped")
    elif result in GOOD_ENDS:
        if not cases:
            totals.add(name, "passed")
    elif not any(case_result == "failed" for _, case_result, _ in cases):
        totals.add(f"{name} ({result.lower()}, exit code {run.get('returncode')})", "failed")
    if len(totals.skipped) == skipped_before:
        totals.whole.add(name.split(" / ")[-1])


def main():
    folder = pathlib.Path(sys.argv[1])
    log = folder / "meson-logs" / "testlog.json"
    totals = Totals()
    if log.exists():
        for line in log.read_text(encoding="utf-8").splitlines():
            count(json.loads(line), folder, totals)
    status = sys.argv[2] if len(sys.argv) > 2 else "0"
    if status != "0" and not totals.failed:
        totals.failed.append(f"meson test ended with {status}, and may not have come to all tests")
    for name in filter(None, os.environ.get("TENON_MUST_RUN", "").split(",")):
        if name not in totals.whole:
            totals.failed.append(f"{name} must run (TENON_MUST_RUN), and did not, or not all of it")
    for seed in totals.seeds:
        print(f"simulated: {seed}")
    for name in totals.skipped:
        print(f"skipped: {name}")
    for name in totals.failed:
        print(f"failed: {name}")
    ran = totals.passed + len(totals.failed)
    if ran == 0:
        print("failed: no test ran")
    print(f"{totals.passed} passed, {len(totals.failed)} failed, {len(totals.skipped)} skipped")
    return 1 if totals.failed or ran == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
