#!/usr/bin/python3
"""The service as systemd runs it: in a Debian that is booted, under the packaged unit with all of its walls."""
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from built import ROOT, first_build, version  # noqa: E402
from debian_root import DebianRoot  # noqa: E402
from machine import Journal, Machine, why_not  # noqa: E402

MOSQUITTO = """listener 1883 127.0.0.1
password_file /etc/mosquitto/passwd
acl_file /etc/mosquitto/acl
log_dest file /var/log/mosquitto/mosquitto.log
"""


def commands_of(page):
    """What a page has the reader type, line by line."""
    return re.findall(r"^    (\S.*)$", (ROOT / "docs/operate" / page).read_text(), re.M)


@unittest.skipIf(why_not(), why_not())
class Service(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.installed = DebianRoot()
        cls.addClassCleanup(cls.installed.remove)
        cls.installed.run("apt-get", "-y", "--no-install-recommends", "install", "systemd")
        packages = first_build("build-deb.sh")
        cls.installed.install(packages / f"tenon_{version()}_amd64.deb",
                              packages / f"tenon-storage-rocksdb_{version()}_amd64.deb")

    def boot(self, watchdog_s=None, snippet=None):
        root = DebianRoot(copy_of=self.installed)
        self.addCleanup(root.remove)
        if watchdog_s:
            (root / "etc/systemd/system/tenon.service.d").mkdir(parents=True)
            (root / "etc/systemd/system/tenon.service.d/test.conf").write_text(f"[Service]\nWatchdogSec={watchdog_s}s\n")
        if snippet:
            (root / "etc/tenon/conf.d" / snippet).write_text(
                (root / "usr/share/tenon/conf.d/available" / snippet).read_text())
        machine = Machine(root)
        self.addCleanup(machine.stop)
        return machine

    def serves(self, machine, message):
        machine.run("mosquitto_pub", "-h", "127.0.0.1", "-t", "t", "-m", message, "-r", "-q", "1")
        return machine.run("mosquitto_sub", "-h", "127.0.0.1", "-t", "t", "-C", "1", "-W", "10").strip() == message

    def test_is_started_at_boot_reloaded_and_stopped(self):
        machine = self.boot()
        self.assertEqual(machine.show("ActiveState"), "active")
        self.assertRegex(machine.show("StatusText"), "connections")
        self.assertTrue(self.serves(machine, "under systemd"))
        with Journal(machine) as journal:
            machine.run("systemctl", "reload", "tenon")
            journal.wait_for("config.reload_done")
        self.assertEqual(machine.show("ActiveState"), "active")
        machine.run("systemctl", "stop", "tenon")
        self.assertEqual((machine.show("Result"), machine.show("ExecMainStatus"), machine.show("NRestarts")),
                         ("success", "0", "0"))

    def test_every_engine_that_is_shipped_works_behind_the_walls(self):
        for snippet in ("55-storage-memory.json", "56-storage-rocksdb.json"):
            with self.subTest(snippet=snippet):
                machine = self.boot(snippet=snippet)
                self.assertEqual(machine.show("ActiveState"), "active")
                self.assertTrue(self.serves(machine, snippet))

    def test_what_was_mosquittos_serves_behind_the_walls(self):
        machine = self.boot()
        machine.run("sh", "-ec", f"umask 077; mkdir /etc/mosquitto; cd /etc/mosquitto; printf '{MOSQUITTO}' >mosquitto.conf; "
                    "printf 'user ann\\ntopic readwrite t\\n' >acl; echo geheim | tenonctl passwd passwd ann")
        for command in commands_of("migrate.md"):
            machine.run("sh", "-ec", command)
        machine.run("systemctl", "restart", "tenon")
        machine.run("mosquitto_pub", "-h", "127.0.0.1", "-t", "t", "-m", "moved", "-q", "1", "-u", "ann", "-P", "geheim")
        self.assertEqual(machine.show("NRestarts"), "0")

    def test_a_broker_that_hangs_is_started_again_with_its_data(self):
        machine = self.boot(watchdog_s=3)
        self.assertTrue(self.serves(machine, "before it hung"))
        with Journal(machine) as journal:
            machine.run("sh", "-c", "kill -STOP " + machine.show("MainPID"))
            journal.wait_for("Watchdog timeout")
            journal.wait_for("node.started")
        self.assertEqual(machine.run("mosquitto_sub", "-h", "127.0.0.1", "-t", "t", "-C", "1", "-W", "10").strip(),
                         "before it hung")

    def test_an_upgrade_restarts_it_and_a_purge_stops_it_and_leaves_nothing(self):
        machine = self.boot()
        before = machine.show("MainPID")
        with Journal(machine) as journal:
            machine.run("dpkg", "--install", f"/packages/tenon_{version()}_amd64.deb")
            journal.wait_for("node.stopped")
            journal.wait_for("node.started")
        self.assertNotEqual(machine.show("MainPID"), before)
        machine.run("apt-get", "-y", "purge", "tenon", "tenon-storage-rocksdb")
        for place in ("/var/lib/tenon", "/var/log/tenon", "/run/tenon", "/etc/tenon", "/lib/systemd/system/tenon.service"):
            self.assertEqual(machine.run("sh", "-c", f"ls -d {place} 2>/dev/null || true"), "")


if __name__ == "__main__":
    unittest.main()
