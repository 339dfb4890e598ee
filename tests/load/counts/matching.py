"""What a match costs among many filters of which none matches, against none at all: tests/bench/topic_bench, CPU of one thread."""
import argparse
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "compare"))
import brokers  # noqa: E402
import figures  # noqa: E402

BENCH = brokers.BUILD / "tests/bench/topic_bench"
NAME = "match_none_of"


def measure(rounds):
    """Nanoseconds of CPU of each round, by how many filters there are."""
    done = subprocess.run([str(BENCH), f"--benchmark_filter=^{NAME}/(0|100|1000000)$", f"--benchmark_repetitions={rounds}",
                           "--benchmark_format=json"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"matching: {BENCH}: exit {done.returncode}\n{done.stderr}")
    found = {}
    for one in json.loads(done.stdout)["benchmarks"]:
        if one["run_type"] == "iteration":
            found.setdefault(int(one["name"].split("/")[1]), []).append(one["cpu_time"])
    return found


def main():
    parser = argparse.ArgumentParser(prog="matching.sh", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    figures.add_argument(parser)
    arguments = parser.parse_args()
    if not BENCH.exists():
        print(f"matching.sh needs it: ninja -C {brokers.BUILD} tests/bench/topic_bench", file=sys.stderr)
        return 3
    with figures.recorded("matching.sh", arguments.json) as record:
        found = measure(arguments.rounds)
        times = [many / none for none, many in zip(found[0], found[1_000_000])]
        record.row("match-none", "a match, none of a million filters, times one without any",
                   f"{figures.spread(times, '{:.2f}')} ({'; '.join(f'{count:,} filters {figures.spread(ns)} ns' for count, ns in found.items())})",
                   {"times": times, **{f"ns {count}": ns for count, ns in found.items()}})
    return 0


if __name__ == "__main__":
    sys.exit(main())
