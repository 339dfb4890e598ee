"""What happens when the clients of a whole node come to another one at once: how long until all of them are in, and how much the
clients that were there notice. Three rows: clients without a session; stored sessions with a message waiting in each, where all are
back when each has its message; and a storm, some that connect and disconnect again and again. Generator, probe and broker share the machine. A report: nothing here passes or fails (goal O2: 20,000
in 60 s, twice the p99)."""
import argparse
import asyncio
import json
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "support"), str(HERE.parent / "compare"), str(HERE)]
import figures  # noqa: E402
from broker import Broker  # noqa: E402
from brokers import GENERATOR  # noqa: E402
from probe import Probe  # noqa: E402
from process import rss_bytes  # noqa: E402

SOURCES = "127.0.0.1-127.0.0.8"  # the kernel looks long for a free port when one address has half of its own in use


class GaveUp(Exception):
    """The generator did, and said why."""


async def load(broker, *words):
    """The report of one run of tenon-load, and when it ended."""
    process = await asyncio.create_subprocess_exec(
        str(GENERATOR), *words, "--port", str(broker.port), "--bind", SOURCES, "--timeout", "60", "--json",
        stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    if process.returncode != 0:
        raise GaveUp(f"tenon-load {words[0]}: exit {process.returncode}\n{said.decode()}")
    return json.loads(said), time.monotonic()


async def beside(broker, arguments, come):
    """Runs come() beside the pairs and the probe that are there all the time."""
    pairs = asyncio.ensure_future(load(
        broker, "p2p", "--qos", "1", "--pairs", "50", "--rate", str(arguments.rate), "--topic-prefix", "there",
        "--client-prefix", "there", "--duration", str(arguments.calm + arguments.during)))
    probe = Probe(broker.port)
    await probe.begin()
    await asyncio.sleep(arguments.calm)
    began = time.monotonic()
    try:
        seconds, hold_s = await come()
    finally:
        await asyncio.wait([pairs])
        await probe.end()
    report, _ = pairs.result()
    before_ms, during_ms = probe.p99_ms(began - arguments.calm + 2, began), probe.p99_ms(began, began + max(seconds, 1))
    return {"all back s": seconds, "p99 ms before": before_ms, "p99 ms during": during_ms, "times": during_ms / before_ms,
            "p99 ms after": probe.p99_ms(began + seconds + 1, began + seconds + hold_s),
            "lost of those there": report["lost"] + probe.missing(), "memory MB": rss_bytes(broker.process.pid) / 1e6}


async def clean(broker, arguments):
    hold_s = 5
    crowd = ("--handshakes", str(arguments.clients), "--client-prefix", "crowd", "--hold", str(hold_s))

    async def come():
        report, _ = await load(broker, "idle", "--connections", str(arguments.clients), *crowd)
        return report["connect_s"], hold_s
    return await beside(broker, arguments, come)


async def stored(broker, arguments):
    crowd = ("persistent-offline-drain", "--sessions", str(arguments.clients), "--messages", str(arguments.clients), "--qos", "1",
             "--handshakes", str(arguments.clients), "--client-prefix", "stored", "--topic-prefix", "stored", "--keep")
    await load(broker, *crowd, "--phase", "publish")

    async def come():
        report, _ = await load(broker, *crowd, "--phase", "drain")
        return report["drain"]["seconds"], 2
    return await beside(broker, arguments, come)


async def storm(broker, arguments):
    lasts_s = arguments.during / 2

    async def come():
        report, _ = await load(broker, "connect-storm", "--client-prefix", "storm", "--duration", str(lasts_s), "--warmup", "0")
        storms.append(report["connected_per_s"])
        return lasts_s, 2
    storms = []
    found = await beside(broker, arguments, come)
    return {"lasted s": found.pop("all back s"), **found, "connects /s": storms[0]}


KINDS = {"clean": (clean, "come at once, without a session"), "stored": (stored, "come at once, a message stored for each"),
         "storm": (storm, "connect and disconnect, 100 at once")}


def main():
    parser = argparse.ArgumentParser(prog="reconnect.sh", description=__doc__)
    parser.add_argument("--clients", type=int, default=20000, help="that come at once (20000)")
    parser.add_argument("--rate", type=int, default=1000, help="messages a second of those that are there (1000)")
    parser.add_argument("--calm", type=int, default=10, help="seconds before they come (10)")
    parser.add_argument("--during", type=int, default=20, help="seconds that those that are there go on (20)")
    parser.add_argument("--kinds", default=",".join(KINDS))
    figures.add_argument(parser)
    arguments = parser.parse_args()
    with figures.recorded("reconnect.sh", arguments.json) as record:
        for kind in arguments.kinds.split(","):
            measure, title = KINDS[kind]
            with Broker() as broker:
                try:
                    found = asyncio.run(measure(broker, arguments))
                except GaveUp as error:
                    sys.exit(f"reconnect: {error}")
            text = "; ".join(f"{key} {value:,.1f}" for key, value in found.items())
            record.row(f"reconnect-{kind}", f"{'' if kind == 'storm' else f'{arguments.clients:,} '}clients {title}", text, found)


if __name__ == "__main__":
    main()
