"""What a match costs among many filters of which none matches, against none at all: tests/bench/topic_bench, CPU of one thread."""
import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "compare"))
import benches  # noqa: E402
import figures  # noqa: E402

BENCH, NAME = "topic_bench", "match_none_of"


def main():
    parser = argparse.ArgumentParser(prog="matching.sh", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    figures.add_argument(parser)
    arguments = parser.parse_args()
    if benches.is_lacking("matching.sh", [BENCH]):
        return 3
    with figures.recorded("matching.sh", arguments.json) as record:
        measured = benches.measure(BENCH, f"^{NAME}/(0|100|1000000)$", arguments.rounds)
        found = {int(name.split("/")[1]): cpu for name, (_, cpu) in measured.items()}
        times = [many / none for none, many in zip(found[0], found[1_000_000])]
        record.row("match-none", "a match, none of a million filters, times one without any",
                   f"{figures.spread(times, '{:.2f}')} ({'; '.join(f'{count:,} filters {figures.spread(ns)} ns' for count, ns in found.items())})",
                   {"times": times, **{f"ns {count}": ns for count, ns in found.items()}})
    return 0


if __name__ == "__main__":
    sys.exit(main())
