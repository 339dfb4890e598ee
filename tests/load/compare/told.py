"""Runs a program that is no script of this folder, and records what it says at its end, for report.sh. {build} in its words is the
build folder. Ends as the program does."""

import argparse
import subprocess
import sys
import time

import figures
from brokers import BUILD, SOURCE_ROOT


def parse_arguments():
    parser = argparse.ArgumentParser(prog="told.sh", description=__doc__)
    figures.add_argument(parser)
    parser.add_argument("--lines", type=int, default=1, help="so many of its last lines (1)")
    parser.add_argument("name", help="of the row")
    parser.add_argument("title")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="from the root of the tree")
    arguments = parser.parse_args()
    if not arguments.command:
        parser.error("which command?")
    return arguments


def main():
    arguments = parse_arguments()
    with figures.recorded("told.sh", arguments.json) as record:
        began = time.monotonic()
        command = [word.replace("{build}", str(BUILD)) for word in arguments.command]
        done = subprocess.run(command, cwd=SOURCE_ROOT, stdout=subprocess.PIPE, text=True)
        took_s = time.monotonic() - began
        said = done.stdout.rstrip("\n").split("\n")[-arguments.lines:]
        record.row(arguments.name, arguments.title, f"{'; '.join(said)} ({took_s:,.0f} s)", {"seconds": took_s})
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
