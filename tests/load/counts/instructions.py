"""Where the instructions of one message go, and how often memory is allocated for it.

The broker runs under callgrind twice, with some messages and with many; the difference is what a message costs. Counts, not
times: they are the same on a busy machine. Needs valgrind. What the kernel does is not in them."""
import argparse
import collections
import pathlib
import re
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "compare"))
import brokers  # noqa: E402
import counted_load  # noqa: E402
import figures  # noqa: E402

NAME = re.compile(r"\((\d+)\)(?: (.*))?")
ALLOCATOR = re.compile(r"(malloc|calloc|realloc|aligned_alloc|posix_memalign|memalign)$|operator new")
FUNCTIONS_MAX = 30
FUNCTIONS_TOLD = 6
CALLERS_MAX = 10


class TracedTenon(brokers.Tenon):
    """tenond under callgrind, fifty times slower than it is."""

    start_timeout_s = stop_timeout_s = 300

    def command(self, directory, anonymous, settings):
        return ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={directory}/profile",
                *super().command(directory, anonymous, settings)]


def read_profile(path):
    """(instructions of its own by function, allocations by the function that asks for them)"""
    names, own, allocations = {}, collections.Counter(), collections.Counter()
    function, is_call = None, False

    def name_of(text):
        key, name = NAME.fullmatch(text).groups()
        if name is not None:
            names[key] = name
        return names[key]

    with open(path) as lines:
        for line in lines:
            line = line.rstrip("\n")
            if line.startswith("fn="):
                function = name_of(line[3:])
            elif line.startswith("cfn="):
                called = name_of(line[4:])
            elif line.startswith("calls="):
                if ALLOCATOR.match(called) and not ALLOCATOR.match(function):
                    allocations[function] += int(line[6:].split()[0])
                is_call = True
            elif line and line[0] in "0123456789+-*":
                if not is_call:
                    own[function] += int(line.split()[1])
                is_call = False
    return own, allocations


def run(arguments, messages):
    """(messages delivered, and as read_profile) of one broker."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="tenon-load-"))
    broker = TracedTenon(arguments.sets)
    try:
        broker.start(directory)
        try:
            delivered = counted_load.run(arguments, broker, messages)
        finally:
            broker.stop()
        return (delivered, *read_profile(directory / "profile"))
    finally:
        shutil.rmtree(directory)


def show(record, arguments, share, own, allocations):
    """The most costly functions are on the terminal only, but for the first few."""
    total, allocated = sum(own.values()) / share, sum(allocations.values()) / share
    first = ", ".join(f"{name.split('(')[0][:60]} {100 * count / share / total:.0f} %" for name, count in own.most_common(FUNCTIONS_TOLD))
    record.row(f"instructions-{counted_load.row_of(arguments)}", f"instructions for a message delivered, {arguments.scenario}",
               f"{total:,.0f}, and {allocated:.3f} allocations; {first}", {"instructions": total, "allocations": allocated})
    for name, count in own.most_common(FUNCTIONS_MAX):
        print(f"  {count / share:8.1f}  {100 * count / share / total:5.1f} %  {name[:110]}")
    print("allocations by")
    for name, count in allocations.most_common(CALLERS_MAX):
        if count / share >= 0.001:
            print(f"  {count / share:8.4f}           {name[:110]}")


def main():
    parser = argparse.ArgumentParser(prog="instructions.sh", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    counted_load.add_arguments(parser, "p2p --pairs 20 --qos 1 --payload 256 --window 100", 100_000)
    arguments = parser.parse_args()
    if not shutil.which("valgrind"):
        print("instructions.sh needs valgrind", file=sys.stderr)
        return 3
    with figures.recorded("instructions.sh", arguments.json) as record:
        few, few_own, few_allocations = run(arguments, arguments.messages // 5)
        many, own, allocations = run(arguments, arguments.messages)
        own.subtract(few_own)
        allocations.subtract(few_allocations)
        show(record, arguments, many - few, own, allocations)
    return 0


if __name__ == "__main__":
    sys.exit(main())
