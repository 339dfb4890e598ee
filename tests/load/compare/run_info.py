"""What a file of figures says of the run that it is of."""

import datetime
import os
import pathlib
import subprocess

from brokers import SOURCE_ROOT


def machine():
    cpu = "processor unknown"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.split(":", 1)[1].strip()
            break
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return f"{os.cpu_count()} x {cpu}, {pages * size / 2**30:.0f} GiB"


def commit():
    done = subprocess.run(["git", "-C", str(SOURCE_ROOT), "rev-parse", "--short=10", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def describe(program, arguments):
    """`arguments` but for where the figures go."""
    shown = [program]
    for argument, before in zip(arguments, ["", *arguments]):
        if argument != "--json" and before != "--json":
            shown.append(argument)
    return {"command": " ".join(shown), "date": datetime.date.today().isoformat(), "commit": commit(),
            "machine": machine()}
