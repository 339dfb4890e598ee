"""Where the processor time of a broker goes under a load, the kernel's included, and what its threads wait for.

The broker is sampled by perf while tenon-load drives it. For each thread: how much of a processor it used, how long it was ready to run and
another one ran, and how often it went to sleep. With --nodes publishers are at one node of a cluster and subscribers at another, and all
nodes are sampled. Needs perf, and the right to look at the kernel's functions."""
import argparse
import asyncio
import collections
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "durable"), str(HERE.parent / "compare")]
import across  # noqa: E402
import brokers  # noqa: E402
import counted_load  # noqa: E402
import figures  # noqa: E402
import samples  # noqa: E402
from rows import KEEPING  # noqa: E402

BROKERS = {"tenon": brokers.Tenon, "mosquitto": lambda _: brokers.Mosquitto(), "floor": lambda _: brokers.Floor()}
PLACES_TOLD = 10
FUNCTIONS_TOLD = 5
FUNCTIONS_MAX = 25
THREAD_MIN = 0.02  # of a processor; those below are not told


class Measured:
    """A load, and what the broker did meanwhile."""

    def __init__(self, arguments, pids, words, directory):
        words = [*words, "--warmup", str(arguments.warmup), "--duration", str(arguments.duration)]
        load = subprocess.Popen(counted_load.command(arguments, words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(arguments.warmup + 0.5)
        began, before = time.monotonic(), [samples.threads_of(pid) for pid in pids]
        self.places, self.functions = samples.sample(pids, max(1, arguments.duration - 1), directory)
        after, self.seconds = [samples.threads_of(pid) for pid in pids], time.monotonic() - began
        self._threads = list(zip(before, after))
        self.report = json.loads(counted_load.output_of(load))

    def threads_text(self):
        """Those that did something, those of each node by themselves."""
        texts = []
        for number, (before, after) in enumerate(self._threads, 1):
            node = f"node {number}, " if len(self._threads) > 1 else ""
            for thread_id, now in sorted(after.items(), key=lambda item: -item[1].ran_s):
                was = before.get(thread_id)
                if was and now.ran_s + now.waited_s - was.ran_s - was.waited_s >= THREAD_MIN * self.seconds:
                    texts.append(f"{node}{now.name} {(now.ran_s - was.ran_s) / self.seconds:.2f} ({(now.waited_s - was.waited_s) / self.seconds:.2f} "
                                 f"ready and not running; {(now.slept - was.slept) / self.seconds:,.0f} sleeps a second)")
        return "; ".join(texts)

    def first_functions(self):
        """Outside the kernel."""
        own = collections.Counter({name.split("(")[0][:60]: count for (name, library), count in self.functions.items() if library != samples.KERNEL})
        return shares(own, FUNCTIONS_TOLD, sum(self.places.values()))


def shares(counter, most, total):
    return ", ".join(f"{name} {100 * count / total:.0f} %" for name, count in counter.most_common(most))


def measure_one(arguments, directory):
    broker = BROKERS[arguments.broker](arguments.sets)
    broker.start(directory, settings=KEEPING if "--persistent" in arguments.scenario else None, tls=arguments.tls)
    try:
        words = [*counted_load.words_for(broker), "--pid", str(broker.process.pid)]
        if arguments.tls:
            words += ["--tls", "--cafile", str(broker.tls_files[0])]
        return Measured(arguments, [broker.process.pid], words, directory)
    finally:
        broker.stop()


async def measure_cluster(arguments, directory):
    async with across.make_cluster(arguments.nodes) as cluster:
        await cluster.ready()
        pids = [node.process.pid for node in cluster.nodes]
        return await asyncio.to_thread(Measured, arguments, pids, across.words_for(cluster), directory)


def pace_text(report):
    if "steady" in report:
        return (f"{report['steady']['delivered_per_s']:,.0f} messages a second, {report['broker']['cpu_us_per_delivered']:.2f} us each, "
                f"the generator {report['generator']['busy']:.2f} of each of its threads")
    return f"{report['connected_per_s']:,.0f} connections a second, {report['broker']['cpu_us_per_connect']:,.0f} us each"


def show(record, arguments, measured):
    """Functions of the kernel, and more than the first few of others, are on the terminal only."""
    total = sum(measured.places.values())
    where = f"{arguments.nodes} nodes" if arguments.nodes > 1 else arguments.broker
    text = (f"{pace_text(measured.report)}; {shares(measured.places, PLACES_TOLD, total)}; functions outside the kernel: "
            f"{measured.first_functions()}; threads, of a processor: {measured.threads_text()}")
    record.row(f"profile-{counted_load.row_of(arguments)}", f"where CPU goes, {where}{', TLS' if arguments.tls else ''}, {arguments.scenario}", text,
               {place: round(100 * count / total, 1) for place, count in measured.places.most_common()})
    for (function, library), count in measured.functions.most_common(FUNCTIONS_MAX):
        print(f"  {100 * count / total:5.1f} %  {function[:90]} ({library.rsplit('/', 1)[-1]})")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="profile.sh", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    counted_load.add_scenario(parser, "p2p --pairs 100 --qos 1 --payload 256 --window 1")
    parser.add_argument("--broker", choices=BROKERS, default="tenon")
    parser.add_argument("--nodes", type=int, default=1, help="of tenon, without TLS and --set (1)")
    parser.add_argument("--tls", action="store_true", help="all links speak TLS")
    parser.add_argument("--warmup", type=int, default=2, help="seconds before the measured ones (2)")
    parser.add_argument("--duration", type=int, default=6, help="measured seconds (6)")
    arguments = parser.parse_args()
    if arguments.nodes > 1 and (arguments.tls or arguments.sets or arguments.broker != "tenon"):
        parser.error("--nodes goes with none of --broker, --tls and --set")
    return arguments


def main():
    arguments = parse_arguments()
    if not shutil.which("perf"):
        print("profile.sh needs perf", file=sys.stderr)
        return 3
    with figures.recorded("profile.sh", arguments.json) as record, tempfile.TemporaryDirectory(prefix="tenon-load-") as directory:
        many = arguments.nodes > 1
        show(record, arguments, asyncio.run(measure_cluster(arguments, directory)) if many else measure_one(arguments, directory))
    return 0


if __name__ == "__main__":
    sys.exit(main())
