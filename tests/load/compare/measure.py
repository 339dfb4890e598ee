"""One measurement: start a broker, run tenon-load against it, end both, look at what else the machine did."""

import json
import os
import pathlib
import shlex
import subprocess
import tempfile

from brokers import PASSWORD, USERNAME

RUN_TIMEOUT_S = 900


def value_at(figures, path):
    """The number at a dotted path of tenon-load's JSON; None when it is not there."""
    for key in path.split("."):
        if not isinstance(figures, dict):
            return None
        figures = figures.get(key)
    return figures


def machine_cpu_s():
    """CPU seconds that all processors were busy since boot."""
    fields = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _idle, _iowait, irq, softirq = (int(field) for field in fields[:7])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def process_cpu_s(pid):
    """CPU seconds of one process and the children it waited for."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


class Outcome:
    def __init__(self, figures, failure, others_share):
        self.figures = figures  # what tenon-load printed, {} when nothing
        self.failure = failure  # None when all was well
        self.others_share = others_share  # of the machine's CPU, used by neither broker nor generator


def run_load(generator, broker, row, anonymous, duration_s, warmup_s):
    command = [str(generator), *shlex.split(row.arguments), "--port", str(broker.port), "--json"]
    command += ["--pid", str(broker.process.pid)]
    if row.timed:
        command += ["--duration", str(duration_s), "--warmup", str(warmup_s)]
    if row.tls:
        command += ["--tls", "--cafile", str(broker.tls_files[0])]
    if broker.authenticates and not anonymous:
        command += ["--username", USERNAME, "--password", PASSWORD]
    busy_before, children_before = machine_cpu_s(), os.times()
    broker_before = process_cpu_s(broker.process.pid)
    done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_TIMEOUT_S)
    children = os.times()
    busy_s = machine_cpu_s() - busy_before
    own_s = children.children_user + children.children_system
    own_s -= children_before.children_user + children_before.children_system
    if broker.alive():
        own_s += process_cpu_s(broker.process.pid) - broker_before
    wall_s = (children.elapsed - children_before.elapsed) * os.cpu_count()
    figures = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    failure = None if done.returncode == 0 else done.stderr.strip() or f"tenon-load exited with {done.returncode}"
    if not broker.alive():
        failure = f"{broker.name} ended during the run:\n{broker.log_tail()}"
    return Outcome(figures, failure, max(0.0, busy_s - own_s) / max(wall_s, 1e-3))


def measure(generator, broker, row, anonymous, duration_s, warmup_s):
    """Starts `broker` afresh, measures `row`, ends it. Raises brokers.StartError."""
    with tempfile.TemporaryDirectory(prefix="tenon-compare-") as directory:
        broker.start(directory, anonymous, row.settings, row.tls)
        try:
            return run_load(generator, broker, row, anonymous, duration_s, warmup_s)
        finally:
            broker.stop()
