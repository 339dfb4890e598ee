#!/usr/bin/python3
"""The out-of-tree templates as a third party works with them: a clean Debian that has tenon-sdk and a compiler makes the
packages, another one, which has tenon, installs them."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
SERVICES = pathlib.Path(__file__).resolve().parents[1] / "support" / "services"
sys.path.insert(0, str(SERVICES))
import machine  # noqa: E402
from built import first_build, kept, run, version  # noqa: E402
from debian_root import Daemon, DebianRoot, why_not  # noqa: E402
from login_service import LoginService  # noqa: E402

TOOLS = ("build-essential", "liblmdb-dev", "meson", "pkg-config")
EXAMPLES = "usr/share/tenon/sdk/examples/out-of-tree"
NAMES = ("auth-callout", "storage-lmdb")


def deb(package):
    return first_build("build-deb.sh") / f"{package}_{version()}_amd64.deb"


def rpm(package):
    return first_build("build-rpm.sh") / f"{package}-{version()}-1.x86_64.rpm"


def commands_of(chapter):
    """The commands of a chapter of the tutorial."""
    text = (pathlib.Path(__file__).resolve().parents[2] / "docs/plugin-authors/tutorial.md").read_text()
    part = re.search(rf"^## {chapter}$(.*?)(?=^## |\Z)", text, re.M | re.S)[1]
    return "".join(re.findall(r"^```sh\n(.*?)^```$", part, re.M | re.S))


def started(broker):
    """The ids of the plugins that it runs."""
    return {event["fields"]["id"] for event in broker.events if event["event"] == "plugin.instance_started"}


class Templates:
    """Packages are in `made`, by the template's name; `installed` is a Debian with the broker."""

    unit = "lib/systemd/system/tenon.service"

    @classmethod
    def make(cls, builder, kind):
        """Runs each template's own CI script in the builder; files of packages."""
        made = {}
        (builder / "packages").mkdir(exist_ok=True)
        shutil.copytree(builder / EXAMPLES, builder / "packages/templates")
        folder = kept(pathlib.Path(run("mktemp", "-d").strip()))
        for name in NAMES:
            cls.said = builder.run("sh", "-c", f"cd /packages/templates/{name} && ./ci.sh {kind} 2>&1")
            for file in (builder / f"packages/templates/{name}/dist").glob(f"*.{kind}"):
                if "dbgsym" not in file.name:
                    made[name] = pathlib.Path(shutil.copy(file, folder))
        return made

    def root(self):
        root = DebianRoot(copy_of=self.installed)
        self.addCleanup(root.remove)
        return root

    def enable(self, root, snippet):
        shutil.copy(root / "usr/share/tenon/conf.d/available" / snippet, root / "etc/tenon/conf.d")

    def daemon(self, root, config=None):
        return Daemon(root, config=config, unit=self.unit)

    def test_the_auth_plugin_decides_logins_once_a_file_names_it(self):
        root = self.root()
        self.install(root, "auth-callout")
        with self.daemon(root) as broker:
            self.assertNotIn("com.example.auth-callout", started(broker))
            broker.publish("t", "let in without a name")
            self.assertEqual(broker.stop(), 0)
        self.enable(root, "70-auth-callout.json")
        service = LoginService()
        self.addCleanup(service.stop)
        with self.daemon(root, {"auth": {"chain": {"callout": {"options": {"url": service.url}}}}}) as broker:
            self.assertIn("com.example.auth-callout", started(broker))
            broker.publish("t", "m", "-u", "ann", "-P", "open sesame")
            for user in (["-u", "ann", "-P", "guess"], ["-u", "bob", "-P", "x"], []):
                with self.subTest(user=user), self.assertRaisesRegex(AssertionError, "(?i)not authori[sz]ed|bad user"):
                    broker.publish("t", "m", *user)
            self.assertEqual(broker.stop(), 0)

    def test_the_engine_holds_the_data_of_a_broker_that_is_started_again(self):
        root = self.root()
        self.install(root, "storage-lmdb")
        self.enable(root, "57-storage-lmdb.json")
        with self.daemon(root) as broker:
            self.assertIn("com.example.storage-lmdb", started(broker))
            broker.publish("kept/by", "lmdb", "-r")
            os.kill(broker.pid, signal.SIGKILL)
            broker.process.wait()
        with self.daemon(root) as broker:
            self.assertEqual(broker.receive("kept/by"), "lmdb")
            self.assertEqual(broker.stop(), 0)
        self.assertTrue(list((root / "var/lib/tenon").rglob("data.mdb")))


@unittest.skipIf(why_not(), why_not())
class Deb(Templates, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        clean = DebianRoot()
        cls.addClassCleanup(clean.remove)
        builder = DebianRoot(copy_of=clean)
        cls.addClassCleanup(builder.remove)
        builder.run("apt-get", "-y", "--no-install-recommends", "install", "debhelper", "fakeroot", *TOOLS)
        builder.install(deb("tenon-sdk"))
        cls.made = cls.make(builder, "deb")
        cls.installed = DebianRoot(copy_of=clean)
        cls.addClassCleanup(cls.installed.remove)
        cls.installed.install(deb("tenon"))
        cls.without_broker = clean

    def install(self, root, name):
        root.install(self.made[name])

    def depends(self, name):
        return run("dpkg-deb", "--field", self.made[name], "Depends").strip().split(", ")

    def test_it_depends_on_what_its_note_says(self):
        self.assertIn("tenon-plugin-abi-1 (>= 1)", self.depends("auth-callout"))
        self.assertFalse([one for one in self.depends("auth-callout") if "drafts" in one])
        drafts = [one for one in run("dpkg-deb", "--field", deb("tenon"), "Provides").strip().split(", ") if "drafts" in one]
        self.assertLessEqual({"tenon-plugin-abi-1 (>= 1)", *drafts}, set(self.depends("storage-lmdb")))

    def test_it_is_refused_where_no_broker_of_its_level_is(self):
        root = DebianRoot(copy_of=self.without_broker)
        self.addCleanup(root.remove)
        done = root.try_run("apt-get", "-y", "install", *root.bring(self.made["auth-callout"]))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("tenon-plugin-abi-1", done.stdout + done.stderr)

    @unittest.skipIf(machine.why_not(), machine.why_not())
    def test_the_tutorial_does_what_it_says(self):
        """Its commands are typed as they stand there."""
        author = DebianRoot(copy_of=self.without_broker)
        self.addCleanup(author.remove)
        author.bring(deb("tenon-sdk"))
        said = author.run("sh", "-exc", "cd /packages\n" + commands_of("On your machine") + "cp dist/*.deb /packages")
        self.assertIn("tenon-plugin-abi-1 (>= 1)", said)
        node = DebianRoot(copy_of=self.installed)
        self.addCleanup(node.remove)
        node.run("apt-get", "-y", "--no-install-recommends", "install", "systemd")
        node.bring(author / "packages/tenon-auth-door_1.0_amd64.deb")
        booted = machine.Machine(node)
        self.addCleanup(booted.stop)
        service = subprocess.Popen(["nsenter", "--target", booted.first_process, "--net", sys.executable, SERVICES / "login_service.py", "8080"])
        self.addCleanup(service.wait)
        self.addCleanup(service.kill)
        booted.run("sh", "-exc", "cd /packages\n" + commands_of("On each node"))
        with self.assertRaisesRegex(AssertionError, "(?i)not authori[sz]ed|bad user"):
            booted.run("mosquitto_pub", "-h", "127.0.0.1", "-u", "ann", "-P", "guess", "-t", "hello", "-m", "world")

    @unittest.skipUnless(shutil.which("lintian"), "lintian is not installed")
    def test_lintian_has_no_errors(self):
        for name in NAMES:
            # Where the package comes from is for whoever copies the template to say.
            run("lintian", "--fail-on", "error", "--suppress-tags", "bogus-mail-host", self.made[name])


@unittest.skipIf(why_not(), why_not())
@unittest.skipUnless(shutil.which("rpmbuild"), "rpmbuild is not installed")
class Rpm(Templates, unittest.TestCase):
    """In a Debian whose libraries are no packages of RPM's, so dependencies are looked at and not enforced."""

    unit = "usr/lib/systemd/system/tenon.service"

    @classmethod
    def setUpClass(cls):
        clean = DebianRoot()
        cls.addClassCleanup(clean.remove)
        clean.run("apt-get", "-y", "--no-install-recommends", "install", "libargon2-1", "libsqlite3-0", "liblmdb0", "rpm")
        builder = DebianRoot(copy_of=clean)
        cls.addClassCleanup(builder.remove)
        builder.run("apt-get", "-y", "--no-install-recommends", "install", "binutils", *TOOLS)
        builder.run("rpm", "--install", "--nodeps", *builder.bring(rpm("tenon-sdk")))
        cls.made = cls.make_rpms(builder)
        cls.installed = DebianRoot(copy_of=clean)
        cls.addClassCleanup(cls.installed.remove)
        cls.installed.run("rpm", "--install", "--nodeps", *cls.installed.bring(rpm("tenon")))

    @classmethod
    def make_rpms(cls, builder):
        # A distribution of RPM's looks there by itself.
        shutil.copytree(builder / "usr/lib64/pkgconfig", builder / "usr/lib/pkgconfig", dirs_exist_ok=True)
        return cls.make(builder, "rpm")

    def install(self, root, name):
        self.assertEqual(root.run("rpm", "--install", "--nodeps", *root.bring(self.made[name])), "")

    def test_it_requires_what_its_note_says(self):
        def asked(name):
            lines = run("rpm", "--query", "--package", "--requires", self.made[name]).splitlines()
            return [line for line in lines if line.startswith("tenon(")]
        self.assertEqual(asked("auth-callout"), ["tenon(plugin-abi-1) >= 1"])
        provided = run("rpm", "--query", "--package", "--provides", rpm("tenon")).splitlines()
        drafts = [line for line in provided if line.startswith("tenon(plugin-drafts")]
        self.assertEqual(asked("storage-lmdb"), ["tenon(plugin-abi-1) >= 1", *drafts])


if __name__ == "__main__":
    unittest.main()
