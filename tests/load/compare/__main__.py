"""Measures brokers in turn, A B A B, and prints medians, ranges and ratios."""

import argparse
import json
import os
import pathlib
import sys

import brokers
import rows
import run_info
import summary
from measure import measure


def parse_arguments():
    names = ", ".join(row.name for row in rows.ROWS)
    parser = argparse.ArgumentParser(prog="compare.sh", description=__doc__, epilog=f"rows: {names}")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="what to measure (default: a quick set)")
    parser.add_argument("--all", action="store_true", help="all rows of the performance table")
    parser.add_argument("--rounds", type=int, default=3, help="how often each broker has its turn (3)")
    parser.add_argument("--duration", type=float, default=5, help="seconds to measure (5)")
    parser.add_argument("--warmup", type=float, default=1, help="seconds before measuring (1)")
    parser.add_argument("--brokers", default="tenon,mosquitto,floor", help="which, in this order; see brokers.py for tenon with other engines")
    parser.add_argument("--anonymous", action="store_true", help="no password and access-control files")
    parser.add_argument("--tenon-set", action="append", default=[], metavar="KEY=VALUE", help="--set of tenond")
    parser.add_argument("--json", metavar="FILE", help="also write one JSON line per measurement, for report.sh")
    return parser.parse_args()


def chosen_brokers(arguments, build):
    """Those asked for that are here; what is missing is named."""
    makers = {
        **{name: lambda name=name: brokers.Tenon(build, arguments.tenon_set, name) for name in brokers.ENGINES},
        "mosquitto": brokers.Mosquitto,
        "floor": lambda: brokers.Floor(build),
    }
    found = []
    for name in arguments.brokers.split(","):
        if name not in makers:
            sys.exit(f"compare: no broker is called '{name}'; there are {', '.join(makers)}")
        broker = makers[name]()
        reason = broker.missing()
        if reason:
            print(f"skipped: {name}: {reason}")
        else:
            found.append(broker)
    return found


def measure_row(row, participants, arguments, generator, json_file):
    """All rounds of a row. Returns the outcomes per broker and whether all was well."""
    results = {broker.name: [] for broker in participants if broker.supports(row)}
    well = True
    for round_number in range(1, arguments.rounds + 1):
        for broker in participants:
            if broker.name not in results:
                continue
            print(f"{row.name}: round {round_number}, {broker.name} ...", file=sys.stderr, flush=True)
            try:
                outcome = measure(generator, broker, row, arguments.anonymous, arguments.duration, arguments.warmup)
            except brokers.StartError as error:
                print(f"failed: {row.name}: {error}", flush=True)
                results[broker.name].append(None)
                well = False
                continue
            results[broker.name].append(outcome)
            if outcome.failure:
                print(f"failed: {row.name}, {broker.name}, round {round_number}: {outcome.failure}", flush=True)
                well = False
            if json_file:
                record = summary.json_record(row, broker.name, round_number, outcome)
                print(json.dumps(record), file=json_file, flush=True)
    return results, well


def main():
    arguments = parse_arguments()
    build = pathlib.Path(os.environ.get("TENON_BUILD", brokers.SOURCE_ROOT / "build"))
    generator = build / "tests" / "load" / "tenon-load"
    if not generator.exists():
        sys.exit(f"compare: {generator} is not built; set TENON_BUILD or run: ninja -C {build} tests/load/tenon-load")
    try:
        wanted = rows.rows_named(arguments.rows, arguments.all)
    except KeyError as error:
        sys.exit(f"compare: no row is called {error}; see --help")
    participants = chosen_brokers(arguments, build)
    json_file = open(arguments.json, "w", encoding="utf-8") if arguments.json else None
    if json_file:
        described = run_info.describe("tests/load/compare.sh", sys.argv[1:])
        print(json.dumps({"run": described}), file=json_file, flush=True)
    all_well = bool(participants)
    for row in wanted:
        results, well = measure_row(row, participants, arguments, generator, json_file)
        all_well = all_well and well
        print("\n" + "\n".join(summary.row_lines(row, results)), flush=True)
    return 0 if all_well else 1


if __name__ == "__main__":
    sys.exit(main())
