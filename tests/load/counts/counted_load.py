"""Messages by tenon-load, for figures that say what the broker does for each."""
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "compare"))
import brokers  # noqa: E402
import figures  # noqa: E402

PATIENCE_S = 60  # with a broker that is looked at closely, and so many times slower than it is


def add_arguments(parser, scenario, messages):
    """Those of run(), with what they are by default."""
    add_scenario(parser, scenario)
    parser.add_argument("--messages", type=int, default=messages, help="all publishers together")


def add_scenario(parser, scenario):
    """What is asked of tenon-load and of the broker, and where the figures go."""
    parser.add_argument("--scenario", default=scenario, help="of tenon-load, with its options")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="sets",
                        help="of the broker; with node.workers=1 counts do not depend on which worker gets which link")
    parser.add_argument("--name", help="of the row, behind that of the script (what the scenario says of QoS, and of window 1)")
    figures.add_argument(parser)


def row_of(arguments):
    """The name of a scenario among rows: q0, q1, q2, q1-w1, ..."""
    if arguments.name:
        return arguments.name
    words = arguments.scenario.split()
    options = dict(zip(words, words[1:]))
    return f"q{options.get('--qos', '0')}" + ("-w1" if options.get("--window") == "1" else "")


def words_for(broker):
    """How tenon-load gets in."""
    return ["--port", str(broker.port), "--username", brokers.USERNAME, "--password", brokers.PASSWORD]


def command(arguments, words):
    """Of tenon-load, with these words on top."""
    return [str(brokers.GENERATOR), *arguments.scenario.split(), *words, "--json"]


def output_of(process):
    """What a tenon-load says that has been started, once it has ended well."""
    out, err = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"tenon-load ended with {process.returncode}:\n{out}{err}")
    return out


def run(arguments, broker, messages):
    """How many were delivered, of a fixed number."""
    words = [*words_for(broker), "--messages", str(messages), "--timeout", str(PATIENCE_S)]
    process = subprocess.Popen(command(arguments, words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return json.loads(output_of(process))["delivered"]
