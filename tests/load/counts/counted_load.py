"""A fixed number of messages by tenon-load, for figures that count what the broker does for each."""
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "compare"))
import brokers  # noqa: E402


def add_arguments(parser, scenario, messages):
    """Those of run(), with what they are by default."""
    parser.add_argument("--scenario", default=scenario, help="of tenon-load, with its options")
    parser.add_argument("--messages", type=int, default=messages, help="all publishers together")
    parser.add_argument("--build", default=os.environ.get("TENON_BUILD", brokers.SOURCE_ROOT / "build"))


def run(arguments, broker, messages):
    """How many were delivered."""
    command = [str(pathlib.Path(arguments.build) / "tests/load/tenon-load"), *arguments.scenario.split(), "--messages",
               str(messages), "--port", str(broker.port), "--username", brokers.USERNAME, "--password", brokers.PASSWORD,
               "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"tenon-load ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)["delivered"]
