"""What becomes of a broker that is offered several times what it takes, with QoS 1: first its peak, then half of that, for how things
are when all is well, then the overload, then half again. Prints what it delivered in the overload against the peak, its memory, what
was acknowledged and did not come, and how long after it a probe's messages are as quick as before. Generator, probe and broker share
the machine, and who publishes shares a thread with who reads: a subscriber that comes to read too seldom has its queue full, and what
it is refused then is counted by the broker (`queue_full`) and shown apart. A report: nothing here passes or fails (goal O1: 90 % of the
peak, memory below the mark, none lost, 10 s)."""
import argparse
import asyncio
import json
import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "support"), str(HERE.parent / "compare"), str(HERE)]
import run_info  # noqa: E402
from broker import BUILD, Broker  # noqa: E402
from probe import Probe  # noqa: E402
from process import rss_bytes  # noqa: E402


async def load(broker, arguments, name, seconds, *pace):
    """The report of one run of tenon-load."""
    process = await asyncio.create_subprocess_exec(
        str(BUILD / "tests/load/tenon-load"), "p2p", "--port", str(broker.port), "--qos", "1", "--pairs", str(arguments.pairs),
        "--payload", str(arguments.payload), "--duration", str(seconds), "--topic-prefix", name, "--client-prefix", name,
        "--timeout", "60", "--json", *pace, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    if not said:
        sys.exit(f"tenon-load said nothing: exit {process.returncode}")
    return json.loads(said)


async def most_memory(pid, ret):
    """Keeps the most that the process has had in ret[0]."""
    while True:
        ret[0] = max(ret[0], rss_bytes(pid))
        await asyncio.sleep(0.1)


def refused(broker):
    """What subscribers did not get, by the broker's own count."""
    return sum(broker.metric("tenon_publish_dropped_total", cause=cause) or 0 for cause in ("queue_full", "output_full", "memory"))


async def measure(arguments, broker):
    peak = (await load(broker, arguments, "peak", arguments.calm, "--window", "100"))["steady"]["delivered_per_s"]
    half = ("--rate", str(int(peak / 2)))
    probe = Probe(broker.port)
    await probe.begin()
    began = time.monotonic()
    await load(broker, arguments, "before", arguments.calm, *half)
    normal_ms = probe.p99_ms(began + 1, time.monotonic())
    memory = [0]
    watcher = asyncio.ensure_future(most_memory(broker.process.pid, memory))
    refused_before = refused(broker)
    began = time.monotonic()
    over = await load(broker, arguments, "over", arguments.duration, "--rate", str(int(peak * arguments.factor)))
    ended = time.monotonic()
    watcher.cancel()
    counted = refused(broker) - refused_before
    await load(broker, arguments, "after", arguments.calm, *half)
    until = time.monotonic()
    again_s = probe.normal_again_s(ended, until, 2 * normal_ms)
    await probe.end()
    goodput = over["steady"]["delivered_per_s"]
    return {
        "load average": os.getloadavg()[0], "peak /s": peak, "offered /s": peak * arguments.factor, "delivered /s": goodput,
        "goodput of the peak": goodput / peak, "refused and counted": counted, "lost beside that": over["lost"] - counted,
        "never acknowledged": over["unacked"],
        "memory MB": memory[0] / 1e6, "memory mark MB": broker.metric("tenon_overload_memory_high_bytes") / 1e6,
        "probe p99 ms before": normal_ms, "in it": probe.p99_ms(began, ended), "after it": probe.p99_ms(until - 5, until),
        "normal again s": again_s, "probe messages lost": probe.missing(),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--factor", type=float, default=3, help="so many times the peak is offered (3)")
    parser.add_argument("--duration", type=int, default=60, help="seconds of overload (60; goal O1: 600)")
    parser.add_argument("--calm", type=int, default=15, help="seconds of each other part (15)")
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--payload", type=int, default=256)
    parser.add_argument("--memory-mark", type=int, default=0, help="overload.memory_high_bytes (its default)")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with Broker(config={"overload": {"memory_high_bytes": arguments.memory_mark}}) as broker:
        row = asyncio.run(measure(arguments, broker))
    row = {**run_info.describe("tests/load/overload.sh", sys.argv[1:]), **row}
    if arguments.json:
        print(json.dumps(row))
        return
    for key, value in row.items():
        print(f"{key}: {value:.3f}" if isinstance(value, float) else f"{key}: {value}")


if __name__ == "__main__":
    main()
