"""What single parts of the path cost, one thread and nothing beside it: codec, permissions, calls of plugins, journal and storage engines,
by the programs of tests/bench."""
import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "compare"))
import benches  # noqa: E402
import figures  # noqa: E402

# By program, which of its benchmarks.
CHOSEN = {
    "codec_bench": "publish|puback|patch_head",
    "acl_bench": "publish_|receive_one_of_1000|cached_verification",
    "abi_bench": ".",
    "journal_bench": ".",
    "storage_bench": "write_batches",
    "balance_bench": ".",
}


def text_of(passed, cpu):
    """In the largest unit that leaves at least ten."""
    unit, ns = max(((unit, ns) for unit, ns in benches.NS_OF.items() if min(passed) >= 10 * ns), key=lambda one: one[1], default=("ns", 1))
    return f"{figures.spread([one / ns for one in passed])} {unit}, {figures.spread([one / ns for one in cpu])} of CPU"


def main():
    parser = argparse.ArgumentParser(prog="bench.sh", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    figures.add_argument(parser)
    arguments = parser.parse_args()
    if benches.is_lacking("bench.sh", CHOSEN):
        return 3
    with figures.recorded("bench.sh", arguments.json) as record:
        for program, chosen in CHOSEN.items():
            for name, (passed, cpu) in benches.measure(program, chosen, arguments.rounds).items():
                record.row(f"{program}/{name}", f"`{program}` {name}", text_of(passed, cpu), {"ns": passed, "CPU ns": cpu})
    return 0


if __name__ == "__main__":
    sys.exit(main())
