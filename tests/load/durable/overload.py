"""What becomes of a broker that is offered several times what it takes, with QoS 1: first its peak, then half of that, for how things
are when all is well, then the overload, then half again. Prints what it delivered in the overload against the peak, its memory, what
was acknowledged and did not come, and how long after it a probe's messages are as quick as before. Two rows: subscribers with stored
sessions, whose queues are long enough here, and subscribers without, who are refused what they are too slow for, which the broker
counts by its cause. What their publishers are told that nobody subscribes to is no loss. Generator, probe and broker share the machine;
who reads has a thread for itself. A report: nothing here passes or fails (goal O1: 90 % of the peak, memory below the mark, nothing
lost that was acknowledged, normal again in 10 s)."""
import argparse
import asyncio
import json
import math
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

PATIENCE_S, WARMUP_S = 10, 1
# All but those of retained messages, and of what nobody may see.
CAUSES = ("queue_full", "session_ended", "output_full", "memory", "no_session", "slow_node", "too_large", "expired")
# Words of tenon-load, and the broker's configuration: no queue of a stored session is full before memory is short.
KINDS = {"stored": (("--persistent",), {"mqtt": {"session_queue_count_max": 100_000_000, "session_queue_bytes_max": 1 << 36}}),
         "clean": ((), {})}
TITLES = {"stored": "stored sessions", "clean": "subscribers without a session"}


async def load(broker, arguments, kind, name, seconds, *pace):
    """The report of one run of tenon-load."""
    process = await asyncio.create_subprocess_exec(
        str(GENERATOR), "p2p", "--port", str(broker.port), "--qos", "1", "--pairs", str(arguments.pairs),
        "--payload", str(arguments.payload), "--duration", str(seconds), "--topic-prefix", name, "--client-prefix", name,
        "--version", "5", "--threads", "2", "--readers-apart", "--loss-ok", "--timeout", str(PATIENCE_S), "--json", *kind, *pace,
        stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    if not said:
        sys.exit(f"tenon-load said nothing: exit {process.returncode}")
    return json.loads(said)


async def most_memory(pid, ret):
    """Keeps the most that the process has had in ret[0]."""
    while True:
        ret[0] = max(ret[0], rss_bytes(pid))
        await asyncio.sleep(0.1)


def dropped(broker):
    """What subscribers did not get, by the broker's own count."""
    return {cause: broker.metric("tenon_publish_dropped_total", cause=cause) or 0 for cause in CAUSES}


async def measure(arguments, broker, kind):
    peak = (await load(broker, arguments, kind, "peak", arguments.calm, "--window", "100"))["steady"]["delivered_per_s"]
    half = ("--rate", str(int(peak / 2)))
    probe = Probe(broker.port)
    await probe.begin()
    began = time.monotonic()
    await load(broker, arguments, kind, "before", arguments.calm, *half)
    normal_ms = probe.p99_ms(began + 1, time.monotonic())
    memory = [0]
    watcher = asyncio.ensure_future(most_memory(broker.process.pid, memory))
    before, began = dropped(broker), time.monotonic()
    over = await load(broker, arguments, kind, "over", arguments.duration, "--rate", str(int(peak * arguments.factor)))
    watcher.cancel()
    ended = began + WARMUP_S + arguments.duration  # of publishing; what was on its way has come since
    drained = time.monotonic()
    counted = {cause: count - before[cause] for cause, count in dropped(broker).items() if count != before[cause]}
    await load(broker, arguments, kind, "after", arguments.calm, *half)
    until = time.monotonic()
    again_s = probe.normal_again_s(ended, until, 2 * normal_ms)
    await probe.end()
    steady, lost = over["steady"], over["lost"] - over["unmatched"] + probe.missing()
    return {
        "peak /s": peak, "offered /s": peak * arguments.factor, "sent /s": steady["sent_per_s"], "delivered /s": steady["delivered_per_s"],
        "goodput of the peak": steady["delivered_per_s"] / peak, "acknowledged": over["acked"], "not delivered": lost,
        "not counted": max(0, lost - sum(counted.values())), "by cause": counted, "readers sent away": over["faults"]["links_lost"],
        "never acknowledged": over["unacked"], "all delivered s after": max(0.0, drained - ended),
        "memory MB": memory[0] / 1e6, "memory mark MB": broker.metric("tenon_overload_memory_high_bytes") / 1e6,
        "memory of the mark": memory[0] / broker.metric("tenon_overload_memory_high_bytes"),
        "probe p99 ms before": normal_ms, "in it": probe.p99_ms(began, ended), "after it": probe.p99_ms(until - 5, until),
        "normal again s": math.inf if again_s is None else again_s,
    }


def main():
    parser = argparse.ArgumentParser(prog="overload.sh", description=__doc__)
    parser.add_argument("--factor", type=float, default=3, help="so many times the peak is offered (3)")
    parser.add_argument("--duration", type=int, default=60, help="seconds of overload (60; goal O1: 600)")
    parser.add_argument("--calm", type=int, default=15, help="seconds of each other part (15)")
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--payload", type=int, default=256)
    parser.add_argument("--memory-mark", type=int, default=0, help="overload.memory_high_bytes (its default)")
    parser.add_argument("--kinds", default="stored,clean")
    figures.add_argument(parser)
    arguments = parser.parse_args()
    with figures.recorded("overload.sh", arguments.json) as record:
        for name in arguments.kinds.split(","):
            options, config = KINDS[name]
            with Broker(config={"overload": {"memory_high_bytes": arguments.memory_mark}, **config}) as broker:
                found = asyncio.run(measure(arguments, broker, options))
            record.row(f"overload-{name}", f"{arguments.factor:g} times the peak is offered, {TITLES[name]}",
                       "; ".join(shown(key, value) for key, value in found.items()), found)


def shown(key, value):
    if isinstance(value, dict):
        return f"{key} " + (", ".join(f"{cause} {count:,.0f}" for cause, count in value.items()) or "none")
    if not math.isfinite(value):
        return f"{key}: never while it was looked at"
    return f"{key} {value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{key} {value:.2f}"


if __name__ == "__main__":
    main()
