"""Measures brokers in turn, A B A B, and prints medians, ranges and ratios."""

import argparse
import sys

import brokers
import figures
import rows
import summary
from measure import measure


def parse_arguments():
    names = ", ".join(row.name for row in rows.ROWS)
    parser = argparse.ArgumentParser(prog="compare.sh", description=__doc__, epilog=f"rows: {names}")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="what to measure (default: a quick set)")
    parser.add_argument("--all", action="store_true", help="all rows but those of persistent.sh")
    parser.add_argument("--rounds", type=int, default=5, help="how often each broker has its turn (5)")
    parser.add_argument("--duration", type=float, default=5, help="seconds to measure (5)")
    parser.add_argument("--warmup", type=float, default=1, help="seconds before measuring (1)")
    parser.add_argument("--brokers", default="tenon,mosquitto,floor", help="which, in this order; see brokers.py for tenon with other engines and settings")
    parser.add_argument("--anonymous", action="store_true", help="no password and access-control files")
    parser.add_argument("--tenon-set", action="append", default=[], metavar="KEY=VALUE", help="--set of tenond")
    figures.add_argument(parser)
    return parser.parse_args()


def chosen_brokers(arguments):
    """Those asked for that are here; what is missing is named."""
    makers = {
        **{name: lambda name=name: brokers.Tenon(arguments.tenon_set, name) for name in brokers.TENONS},
        "mosquitto": brokers.Mosquitto,
        "floor": brokers.Floor,
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


def measure_row(row, participants, arguments, record):
    """All rounds of a row. Returns the outcomes per broker and whether all was well."""
    results = {broker.name: [] for broker in participants if broker.supports(row)}
    well = True
    for round_number in range(1, arguments.rounds + 1):
        for broker in participants:
            if broker.name not in results:
                continue
            print(f"{row.name}: round {round_number}, {broker.name} ...", file=sys.stderr, flush=True)
            try:
                outcome = measure(brokers.GENERATOR, broker, row, arguments.anonymous, arguments.duration, arguments.warmup)
            except brokers.StartError as error:
                print(f"failed: {row.name}: {error}", flush=True)
                results[broker.name].append(None)
                well = False
                continue
            results[broker.name].append(outcome)
            if outcome.failure:
                print(f"failed: {row.name}, {broker.name}, round {round_number}: {outcome.failure}", flush=True)
                well = False
            record.line(summary.json_record(row, broker.name, round_number, outcome))
    return results, well


def main():
    arguments = parse_arguments()
    if not brokers.GENERATOR.exists():
        sys.exit(f"compare: {brokers.GENERATOR} is not built; set TENON_BUILD_ROOT or run: ninja -C {brokers.BUILD} tests/load/tenon-load")
    try:
        wanted = rows.rows_named(arguments.rows, arguments.all)
    except KeyError as error:
        sys.exit(f"compare: no row is called {error}; see --help")
    participants = chosen_brokers(arguments)
    all_well = bool(participants)
    with figures.recorded("compare.sh", arguments.json) as record:
        for row in wanted:
            results, well = measure_row(row, participants, arguments, record)
            all_well = all_well and well
            print("\n" + "\n".join(summary.row_lines(row, results)), flush=True)
    return 0 if all_well else 1


if __name__ == "__main__":
    sys.exit(main())
