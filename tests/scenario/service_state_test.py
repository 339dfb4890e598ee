#!/usr/bin/python3
"""What tenond tells the service manager that started it, over a real notification socket."""
import pathlib
import signal
import socket
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import Broker  # noqa: E402


class Manager:
    """The socket of a service manager, and what came over it."""

    def __init__(self, abstract=False):
        self.home = tempfile.TemporaryDirectory(prefix="tenon-notify-")
        self.name = ("@" if abstract else "") + self.home.name + "/notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.name.replace("@", "\0", 1))
        self.told = []

    def environment(self, watchdog_s=0):
        return {"NOTIFY_SOCKET": self.name, "WATCHDOG_USEC": str(int(watchdog_s * 1e6))}

    def wait_for(self, wanted, timeout_s=30):
        """The first message that begins so, behind those that were waited for."""
        deadline = time.monotonic() + timeout_s
        while True:
            self.socket.settimeout(max(0.01, deadline - time.monotonic()))
            message = self.socket.recv(4096).decode()
            self.told.append(message)
            if message.startswith(wanted):
                return message

    def close(self):
        self.socket.close()
        self.home.cleanup()


class Service(unittest.TestCase):
    def manager(self, **kind):
        manager = Manager(**kind)
        self.addCleanup(manager.close)
        return manager

    def test_ready_is_told_when_clients_are_served_and_stopping_at_the_end(self):
        for abstract in (False, True):
            with self.subTest(abstract=abstract):
                manager = self.manager(abstract=abstract)
                with Broker(env=manager.environment()) as broker:
                    manager.wait_for("READY=1")
                    with socket.create_connection(("127.0.0.1", broker.port), timeout=10) as link:
                        link.sendall(bytes.fromhex("100d00044d5154540402003c000161"))
                        self.assertEqual(link.recv(4), b"\x20\x02\x00\x00")
                        self.assertEqual(manager.wait_for("STATUS=1 connections"), "STATUS=1 connections")
                        broker.signal(signal.SIGTERM)
                        manager.wait_for("STOPPING=1")
                    self.assertEqual(broker.process.wait(timeout=20), 0)
                self.assertEqual(manager.told.count("READY=1"), 1)

    def test_a_reload_is_told_with_its_time_and_its_end(self):
        manager = self.manager()
        with Broker(env=manager.environment()) as broker:
            manager.wait_for("READY=1")
            before_us = time.clock_gettime(time.CLOCK_MONOTONIC) * 1e6
            broker.signal(signal.SIGHUP)
            fields = dict(line.split("=") for line in manager.wait_for("RELOADING=1").splitlines())
            self.assertGreaterEqual(int(fields["MONOTONIC_USEC"]), int(before_us))
            manager.wait_for("READY=1")

    def test_a_refused_reload_ends_too(self):
        manager = self.manager()
        with Broker(env=manager.environment()) as broker:
            manager.wait_for("READY=1")
            broker.write_config("95-wrong.json", {"node": {"no_such_key": 1}})
            broker.signal(signal.SIGHUP)
            manager.wait_for("RELOADING=1")
            manager.wait_for("READY=1")

    def test_the_watchdog_hears_of_a_broker_that_turns(self):
        manager = self.manager()
        with Broker(env=manager.environment(watchdog_s=2)):
            for _ in range(4):  # each asks all loops, and waits for their answers
                manager.wait_for("WATCHDOG=1")

    def test_without_a_watchdog_nothing_is_heard(self):
        manager = self.manager()
        with Broker(env=manager.environment()) as broker:
            manager.wait_for("READY=1")
            broker.signal(signal.SIGHUP)
            manager.wait_for("RELOADING=1")
            self.assertNotIn("WATCHDOG=1", manager.told)


if __name__ == "__main__":
    unittest.main()
