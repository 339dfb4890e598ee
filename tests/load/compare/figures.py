"""What the scripts of this folder have measured, on the terminal and as JSON lines for report.sh.

The first line describes the run, the last one says how long it took: a file without it is of a run that did not end."""

import contextlib
import json
import statistics
import sys
import time

import goals
import run_info


def add_argument(parser):
    parser.add_argument("--json", metavar="FILE", help="also write JSON lines, for report.sh")


class Record:
    def __init__(self, file):
        self._file = file  # None: only the terminal

    def line(self, value):
        if self._file:
            print(json.dumps(value), file=self._file, flush=True)

    def row(self, name, title, text, figures):
        """`figures`: by name a number, or a list of one for each round; goals.py speaks of some."""
        goal = goals.text_of(name)
        print(f"{title}: {text}{f' (goal {goal})' if goal else ''}", flush=True)
        self.line({"row": name, "title": title, "text": text, "figures": figures})


@contextlib.contextmanager
def recorded(program, path):
    """The Record of a run of tests/load/`program`; `path`: of the file, or None."""
    told = run_info.describe(f"tests/load/{program}", sys.argv[1:])
    run_info.warn(told)
    began = time.monotonic()
    with open(path, "w", encoding="utf-8") if path else contextlib.nullcontext() as file:
        record = Record(file)
        record.line({"run": told})
        yield record
        record.line({"took_s": round(time.monotonic() - began, 1)})


def quantile(times, share):
    """Of times in ascending order."""
    return times[min(len(times) - 1, int(share * len(times)))]


def spread(values, form="{:,.1f}"):
    """Median and, with more than one value, from which to which."""
    if not values:
        return "-"
    median = form.format(statistics.median(values))
    return median if len(values) == 1 else f"{median} ({form.format(min(values))} to {form.format(max(values))})"
