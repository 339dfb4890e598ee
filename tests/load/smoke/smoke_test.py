"""Runs tenon-load with small numbers and checks what it counts, never how long it took.

usage: smoke_test.py floor|mosquitto|tls|faults TENON_LOAD TENON_FLOOR
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "compare"))

import brokers  # noqa: E402
from certificate import certificate  # noqa: E402
from faulty_broker import FaultyBroker  # noqa: E402

SKIPPED = 77  # what Meson takes for "not run here"
RUN_TIMEOUT_S = 120

TRAFFIC_ON_FLOOR = [
    "p2p --pairs 5 --window 7 --messages 2000",
    "p2p --pairs 5 --window 7 --messages 2000 --qos 1",
    "p2p --pairs 3 --window 1 --messages 200 --qos 1",
    "p2p --pairs 2 --window 3 --messages 60 --payload 300k",
    "p2p --pairs 4 --messages 400 --payload 3",
    "p2p --pairs 6 --threads 3 --messages 3000 --qos 1 --backlog 50",
    "p2p --pairs 5 --messages 1000 --qos 1 --sub-qos 0",
    "fan-in --publishers 20 --messages 2000",
    "fan-out --subscribers 20 --messages 200",
    "fan-out --subscribers 7 --messages 500 --threads 2",
    "fan-in --publishers 9 --messages 900 --threads 2",
    "latency --pairs 3 --rate 1000 --messages 300",
]

TRAFFIC_ON_BROKER = TRAFFIC_ON_FLOOR + [
    "p2p --pairs 5 --window 7 --messages 500 --qos 2",
    "p2p --pairs 5 --messages 500 --version 5",
    "p2p --pairs 5 --messages 500 --version 5 --qos 1 --persistent",
    "p2p --pairs 5 --window 7 --messages 500 --version 5 --qos 2 --persistent",
    "fan-in --publishers 20 --messages 2000 --own-topics",
    "shared --publishers 20 --subscribers 3 --messages 2000",
    "shared --publishers 20 --subscribers 3 --messages 2000 --version 5 --qos 0",
    "shared --publishers 20 --subscribers 3 --messages 2000 --threads 2",
]

TRAFFIC_OVER_TLS = [
    "p2p --pairs 5 --window 7 --messages 500 --qos 1",
    "p2p --pairs 2 --window 3 --messages 60 --payload 300k",  # records that a socket takes a part of
    "fan-out --subscribers 7 --messages 500 --threads 2",
]

# Signed by the one that the broker has itself.
CLIENTS_SHOW_CERTIFICATES = ["require_certificate true", "cafile {directory}/certificate.pem"]


class Checker:
    def __init__(self, load, endpoint, pid=None):
        self.load = load
        self.endpoint = endpoint
        self.pid = pid
        self.failures = 0

    def run(self, arguments):
        """(exit code, figures, standard error) of one run."""
        command = [self.load, *arguments.split(), *self.endpoint, "--json"]
        if self.pid:
            command += ["--pid", str(self.pid)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_TIMEOUT_S)
        figures = json.loads(done.stdout) if done.stdout else {}
        return done.returncode, figures, done.stderr.strip()

    def check(self, arguments, wanted, expected_code=0):
        """Runs and compares; `wanted`: names of figures, dotted, and what they must be."""
        code, figures, errors = self.run(arguments)
        wrong = [] if code == expected_code else [f"exit code {code}, not {expected_code}"]
        for name, value in wanted.items():
            found = figures
            for key in name.split("."):
                found = found.get(key) if isinstance(found, dict) else None
            right = value(found) if callable(value) and found is not None else found == value
            if not right:
                wrong.append(f"{name} is {found}")
        print("ok    " if not wrong else "FAILED", arguments, *wrong, sep="  ")
        if wrong:
            print("       ", errors)
            self.failures += 1

    def check_traffic(self, arguments):
        words = arguments.split()
        messages = int(words[words.index("--messages") + 1])
        receivers = int(words[words.index("--subscribers") + 1]) if words[0] == "fan-out" else 1
        wanted = {"sent": messages, "delivered": messages * receivers, "lost": 0, "unacked": 0, "duplicated": 0,
                  "out_of_order": 0, "ok": True}
        if "--qos" in words and words[words.index("--qos") + 1] != "0" or words[0] == "shared" and "--qos" not in words:
            wanted["acked"] = messages
        self.check(arguments, wanted)

    def check_other_scenarios(self):
        """Those that need more of a broker than forwarding."""
        def positive(value):
            return value > 0
        for version in (4, 5):
            self.check(f"connect-storm --connections 5 --messages 200 --version {version}", {"connected": 200})
            self.check(f"subscribe --connections 4 --filters 1001 --version {version}", {"subscribed": 1001})
            for qos in (0, 1, 2):
                self.check(f"retained --topics 503 --publishers 4 --subscribers 2 --qos {qos} --version {version}",
                           {"read.lost": 0, "read.duplicated": 0, "publish.per_s": positive})
            for qos in (1, 2):
                self.check(f"persistent-offline-drain --sessions 11 --publishers 3 --messages 330 --qos {qos} "
                           f"--window 5 --version {version}",
                           {"publish.acked": 330, "drain.delivered": 330, "drain.lost": 0, "drain.duplicated": 0,
                            "drain.out_of_order": 0, "drain.sessions_lost": 0})
        self.check("idle --connections 50 --hold 0.1", {"connections": 50, "connect_s": positive, "rss_after_bytes": positive})

    def check_drain_in_two_runs(self):
        """Sessions published to in one run are collected by the next, under the same names."""
        names = "--client-prefix smoke-two --topic-prefix smoke/two --sessions 7 --messages 70"
        self.check(f"persistent-offline-drain --phase publish {names}", {"publish.acked": 70})
        self.check(f"persistent-offline-drain --phase drain {names}", {"drain.delivered": 70, "drain.lost": 0})
        # They are gone now: the same again must fail.
        self.check(f"persistent-offline-drain --phase drain --timeout 2 {names}",
                   {"drain.lost": 70, "drain.sessions_lost": 7}, expected_code=1)


def check_floor(load, floor):
    broker = brokers.Floor(floor)
    with tempfile.TemporaryDirectory(prefix="tenon-smoke-") as directory:
        broker.start(directory)
        try:
            checker = Checker(load, ["--port", str(broker.port)], broker.process.pid)
            for arguments in TRAFFIC_ON_FLOOR:
                checker.check_traffic(arguments)
            checker.check("idle --connections 20 --hold 0", {"connections": 20})
            # It refuses what it can't do, and the generator says so.
            checker.check("p2p --version 5 --messages 10", {}, expected_code=3)
            checker.check("shared --messages 10", {}, expected_code=3)
            return checker.failures
        finally:
            broker.stop()


def check_mosquitto(load):
    broker = brokers.Mosquitto()
    if broker.missing():
        print(f"skipped: {broker.missing()}")
        return None
    with tempfile.TemporaryDirectory(prefix="tenon-smoke-") as directory:
        path = os.path.join(directory, "mqtt.sock")
        broker.start(directory, settings={"mosquitto": [f"listener 0 {path}"]})
        try:
            login = ["--username", brokers.USERNAME, "--password", brokers.PASSWORD]
            checker = Checker(load, ["--port", str(broker.port), *login], broker.process.pid)
            for arguments in TRAFFIC_ON_BROKER:
                checker.check_traffic(arguments)
            checker.check_other_scenarios()
            checker.check_drain_in_two_runs()
            checker.check("p2p --messages 10 --bind 127.0.0.5-127.0.0.9 --pairs 10", {"delivered": 10})
            unix = Checker(load, ["--host", f"unix:{path}", *login])
            unix.check_traffic("p2p --pairs 5 --messages 500 --qos 1")
            stranger = Checker(load, ["--port", str(broker.port), "--username", "nobody", "--password", "x"])
            stranger.check("p2p --messages 10", {}, expected_code=3)
            return checker.failures + unix.failures + stranger.failures
        finally:
            broker.stop()


def check_tls(load):
    """The same over TLS, of both versions; and a broker that can't show who it is, or speaks no TLS, is not talked to."""
    broker, other = brokers.Mosquitto(), brokers.Mosquitto()
    if broker.missing():
        print(f"skipped: {broker.missing()}")
        return None
    with tempfile.TemporaryDirectory(prefix="tenon-smoke-") as directory, tempfile.TemporaryDirectory() as other_directory:
        elsewhere, elsewhere_key = map(str, certificate(other_directory, "DNS:elsewhere.example"))
        elsewhere_port = brokers.free_port()
        broker.start(directory, anonymous=True, tls=True, settings={"mosquitto": CLIENTS_SHOW_CERTIFICATES})
        other.start(other_directory, anonymous=True, settings={"mosquitto": [
            f"listener {elsewhere_port} 127.0.0.1", f"certfile {elsewhere}", f"keyfile {elsewhere_key}"]})
        try:
            own, key = map(str, broker.tls_files)
            shown = ["--tls", "--port", str(broker.port), "--cert", own, "--key", key]
            trusting = Checker(load, [*shown, "--cafile", own], broker.process.pid)
            for version in ("1.2", "1.3"):
                for arguments in TRAFFIC_OVER_TLS:
                    trusting.check_traffic(f"{arguments} --tls-version {version}")
                trusting.check(f"connect-storm --connections 5 --messages 100 --tls-version {version}", {"connected": 100})
            trusting.check("idle --connections 20 --hold 0.1", {"connections": 20})
            trusting.check("p2p --messages 10 --host localhost", {"delivered": 10})
            careless = Checker(load, ["--tls", "--port", str(elsewhere_port)])
            careless.check("p2p --messages 10", {"delivered": 10})
            refused = {
                "nobody vouches for it": [*shown, "--cafile", elsewhere],
                "it is somebody else": ["--tls", "--port", str(elsewhere_port), "--cafile", elsewhere],
                "it asks for a certificate": ["--tls", "--port", str(broker.port), "--cafile", own],
                "it speaks no TLS": ["--tls", "--port", str(other.port)],
            }
            checkers = [trusting, careless]
            for reason, endpoint in refused.items():
                print(f"{reason}: ", end="")
                checkers.append(Checker(load, endpoint))
                checkers[-1].check("p2p --messages 10 --timeout 3", {}, expected_code=3)
            return sum(checker.failures for checker in checkers)
        finally:
            broker.stop()
            other.stop()


def check_faults(load):
    """The generator sees what a broker does wrong: each fault makes the run fail, under its own name."""
    # The timeout is patience with what does not come; enough for a busy machine.
    run = "p2p --pairs 2 --window 5 --messages 100 --timeout 3 "
    cases = [
        ("none", run, 0, {"delivered": 100, "lost": 0}),
        ("none", run + "--qos 1", 0, {"delivered": 100, "acked": 100}),
        ("drop", run, 1, {"lost": 10, "duplicated": 0}),
        ("drop", run + "--loss-ok", 0, {"lost": 10}),
        ("twice", run, 1, {"duplicated": 10, "delivered": 110, "lost": 0}),
        ("twice", run + "--qos 1", 0, {"duplicated": 10, "lost": 0}),
        ("swap", run, 1, {"out_of_order": lambda count: count > 0}),
        ("misdirect", run, 1, {"faults.stray": 10, "lost": 10}),
        ("cut", run, 1, {"faults.links_lost": 1}),
        ("cut", run + "--loss-ok", 1, {"faults.links_lost": 1, "delivered": lambda count: count >= 50}),  # the other pair's
        ("wrong-ack", run + "--qos 1", 1, {"faults.protocol_errors": lambda count: count > 0}),
        ("no-ack", run + "--qos 1", 1, {"acked": 0, "unacked": lambda count: count > 0}),
        ("refuse-connect", run, 3, {}),
        ("refuse-subscribe", run, 3, {}),
    ]
    failures = 0
    for fault, arguments, code, wanted in cases:
        broker = FaultyBroker(fault)
        print(f"{fault}: ", end="")
        checker = Checker(load, ["--port", str(broker.port)])
        checker.check(arguments, wanted, code)
        failures += checker.failures
        broker.stop()
    return failures


def main():
    what, load, floor = sys.argv[1:4]
    if what == "floor":
        failures = check_floor(load, floor)
    elif what == "mosquitto":
        failures = check_mosquitto(load)
    elif what == "tls":
        failures = check_tls(load)
    else:
        failures = check_faults(load)
    return SKIPPED if failures is None else min(failures, 1)


if __name__ == "__main__":
    sys.exit(main())
