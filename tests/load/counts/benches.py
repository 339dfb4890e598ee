"""Runs a program of tests/bench, which are built by name."""
import json
import subprocess
import sys

import brokers

FOLDER = brokers.BUILD / "tests/bench"
NS_OF = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


def measure(program, chosen, rounds):
    """By benchmark that `chosen`, a regular expression, matches: for each round the nanoseconds that went by, and those of CPU. Ends the
    script when the program fails, or one of them."""
    done = subprocess.run([str(FOLDER / program), f"--benchmark_filter={chosen}", f"--benchmark_repetitions={rounds}",
                           "--benchmark_min_time=0.1", "--benchmark_format=json"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{program}: exit {done.returncode}\n{done.stderr}")
    found = {}
    for one in json.loads(done.stdout)["benchmarks"]:
        if one.get("error_occurred"):
            sys.exit(f"{program}: {one['name']}: {one['error_message']}")
        if one["run_type"] == "iteration":
            passed, cpu = found.setdefault(one["run_name"], ([], []))
            passed.append(one["real_time"] * NS_OF[one["time_unit"]])
            cpu.append(one["cpu_time"] * NS_OF[one["time_unit"]])
    return found


def is_lacking(script, programs):
    """Whether some are not built, which it says."""
    lacking = [f"tests/bench/{program}" for program in programs if not (FOLDER / program).exists()]
    if lacking:
        print(f"{script} needs them: ninja -C {brokers.BUILD} {' '.join(lacking)}", file=sys.stderr)
    return bool(lacking)
