"""What a delivery costs among many filters: pairs at a broker that has --few other subscriptions, and then --many, which match nothing
that is published; tenon and mosquitto in turn, each started anew for each round. Ratios are taken round by round."""
import argparse
import json
import pathlib
import resource
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "compare"), str(HERE.parent / "counts"), str(HERE)]
import brokers  # noqa: E402
import figures  # noqa: E402
from memory import FILTERS_A_LINK, Subscriptions  # noqa: E402


def cpu_us(broker, duration):
    """Of the broker, for a delivery between pairs."""
    command = [str(brokers.GENERATOR), "p2p", "--port", str(broker.port), "--pid", str(broker.process.pid), "--duration", str(duration), "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)["broker"]["cpu_us_per_delivered"]


def one_round(broker, arguments):
    with tempfile.TemporaryDirectory(prefix="tenon-filters-") as directory:
        broker.start(directory, anonymous=True)
        beside = Subscriptions("beside/{:07}/command")
        try:
            beside.add(broker.port, range(arguments.few))
            few = cpu_us(broker, arguments.duration)
            beside.add(broker.port, range(arguments.few, arguments.many))
            return {"us with few": few, "us with many": cpu_us(broker, arguments.duration)}
        finally:
            broker.stop()


def main():
    parser = argparse.ArgumentParser(prog="filters.sh", description=__doc__)
    parser.add_argument("--few", type=int, default=100)
    parser.add_argument("--many", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--duration", type=int, default=3, help="seconds of each measurement (3)")
    figures.add_argument(parser)
    arguments = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, arguments.many // FILTERS_A_LINK + 1000), hard))
    found = {}
    with figures.recorded("filters.sh", arguments.json) as record:
        for _ in range(arguments.rounds):
            for broker in (brokers.Tenon(), brokers.Mosquitto()):
                for key, value in one_round(broker, arguments).items():
                    found.setdefault(broker.name, {}).setdefault(key, []).append(value)
        for name, of in found.items():
            of["times"] = [many / few for few, many in zip(of["us with few"], of["us with many"])]
            few, many, times = (figures.spread(of[key], "{:.3f}") for key in ("us with few", "us with many", "times"))
            record.row("filters" if name == "tenon" else f"filters-{name}", f"CPU for a delivery beside {arguments.many:,} filters, {name}",
                       f"{many} us, beside {arguments.few:,} {few} us: {times} times", of)


if __name__ == "__main__":
    main()
