"""How quick messages are as a careful operator has them: over TLS, with names, passwords and permissions, to stored sessions that are
there, at half of the peak. For each QoS: the peak, with what waits bounded, and then half of that; tenon and mosquitto in alternation, and
tenon with publishers at one node of three and subscribers at another. Latency is from the publisher's write to the subscriber's read. A
report: nothing here passes or fails (goal: p99 below 5 ms)."""
import argparse
import asyncio
import functools
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "support"), str(HERE.parent / "compare"), str(HERE)]
import brokers  # noqa: E402
import figures  # noqa: E402
from certificate import certificate  # noqa: E402
from cluster import Cluster  # noqa: E402
from passwords import password_line, write_private  # noqa: E402
from rows import KEEPING  # noqa: E402

# By QoS: what bounds the peak. mosquitto ends a client of 3.1.1 that has more than 20 messages of QoS 2 under way.
PEAK = {0: ("--window", "100"), 1: ("--window", "100", "--backlog", "300"), 2: ("--window", "20", "--backlog", "60")}


def load(name, qos, words, duration):
    """The report of one run of tenon-load."""
    command = [str(brokers.GENERATOR), "p2p", "--qos", str(qos), "--persistent", "--tls", "--username", brokers.USERNAME,
               "--password", brokers.PASSWORD, "--duration", str(duration), "--topic-prefix", name, "--client-prefix", name, "--json", *words]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def measure_one(broker, name, qos, pace, duration):
    with tempfile.TemporaryDirectory(prefix="tenon-secure-") as directory:
        broker.start(directory, settings=KEEPING, tls=True)
        try:
            return load(name, qos, ("--port", str(broker.port), "--cafile", str(broker.tls_files[0]), *pace), duration)
        finally:
            broker.stop()


async def measure_three(name, qos, pace, duration):
    with tempfile.TemporaryDirectory(prefix="tenon-secure-") as directory:
        chain, key = map(str, certificate(directory))
        passwords = write_private(pathlib.Path(directory) / "passwords", password_line(brokers.USERNAME, brokers.PASSWORD))
        acl = write_private(pathlib.Path(directory) / "acl", f"user {brokers.USERNAME}\ntopic readwrite #\n")
        config = {"plugins": {"tls": {"options": {"certificate": chain, "key": key}}, "file": {}},
                  "listeners": {"default": {"stack": ["tcp", "tls"]}},
                  "auth": {"anonymous": "never", "chain": {"file": {"order": 50, "options": {
                      "password_file": str(passwords), "acl_file": str(acl)}}}}}
        async with Cluster(3, config, inbox_ranges=4, balancers={}) as cluster:
            await cluster.ready()
            to, at = cluster.nodes[0], cluster.nodes[-1]
            words = ("--port", str(to.port), "--publish-port", str(at.port), "--cafile", chain, *pace)
            return await asyncio.to_thread(load, name, qos, words, duration)


def at_rate(measure, qos, duration, rate):
    at = measure("rate", qos, ("--rate", str(rate)), duration)
    return {"/s": at["steady"]["delivered_per_s"], "p50 ms": at["latency_us"]["p50"] / 1000, "p99 ms": at["latency_us"]["p99"] / 1000}


def peak_and_half(measure, qos, duration):
    """{peak /s, half /s, p50 ms, p99 ms}, the last three at half of the peak: each of a broker that has just started, so that what the
    peak has left to write is none of the other."""
    peak = measure("peak", qos, PEAK[qos], duration)["steady"]["delivered_per_s"]
    half = at_rate(measure, qos, duration, int(peak / 2))
    return {"peak /s": peak, "half /s": half.pop("/s"), **half}


def measurements():
    """(name, title, QoS, function) of each."""
    for qos in PEAK:
        for broker in (brokers.Tenon(), brokers.Mosquitto()):
            yield f"q{qos}-{broker.name}", f"QoS {qos}, {broker.name}", qos, functools.partial(measure_one, broker)
        yield f"q{qos}-tenon-3", f"QoS {qos}, tenon, three nodes", qos, lambda *words: asyncio.run(measure_three(*words))


def main():
    parser = argparse.ArgumentParser(prog="secure.sh", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--duration", type=int, default=5, help="seconds of each measurement")
    parser.add_argument("--rate", type=int, help="messages a second, the same of each broker, in place of the peak and half of it")
    figures.add_argument(parser)
    arguments = parser.parse_args()
    measured, found = list(measurements()), {}
    with figures.recorded("secure.sh", arguments.json) as record:
        for _ in range(arguments.rounds):
            for name, _, qos, measure in measured:
                one = at_rate(measure, qos, arguments.duration, arguments.rate) if arguments.rate else peak_and_half(measure, qos, arguments.duration)
                for key, value in one.items():
                    found.setdefault(name, {}).setdefault(key, []).append(value)
        for name, title, _, _ in measured:
            text = "; ".join(f"{key} {figures.spread(values)}" for key, values in found[name].items())
            record.row(f"secure{'-rate' if arguments.rate else ''}-{name}", f"TLS, permissions, stored sessions: {title}", text, found[name])


if __name__ == "__main__":
    main()
