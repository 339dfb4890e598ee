#!/usr/bin/python3
"""The Debian packages: what is in them, and what they do in a clean Debian."""
import functools
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
from api import UnixConnection  # noqa: E402
from built import ROOT, build, elf_files, first_build, kept, missing_hardening, missing_reference_pages, run, version  # noqa: E402
from debian_root import Daemon, DebianRoot, why_not  # noqa: E402

COMPILED = ("tenon", "tenon-storage-rocksdb", "tenon-sdk", "tenon-bench")
PACKAGES = (*COMPILED, "tenon-console")
PLUGINS = "usr/lib/x86_64-linux-gnu/tenon/plugins"


def deb(package, folder=None, of=None):
    architecture = "amd64" if package in COMPILED else "all"
    return (folder or first_build("build-deb.sh")) / f"{package}_{of or version()}_{architecture}.deb"


def field(package, name):
    return run("dpkg-deb", "--field", deb(package), name).strip()


@functools.cache
def newer_broker():
    """The package of the broker as a later build makes it."""
    return deb("tenon", kept(build("build-deb.sh", "--revision", "2")), version() + "+2")


def unpacked(package):
    folder = kept(pathlib.Path(run("mktemp", "-d").strip()))
    run("dpkg-deb", "--extract", deb(package), folder)
    return folder


class Built(unittest.TestCase):
    def test_version_of_all_is_that_of_the_tree(self):
        self.assertEqual({field(package, "Version") for package in PACKAGES}, {version()})
        self.assertEqual(run(unpacked("tenon") / "usr/bin/tenond", "--version"), f"tenond {version()}\n")

    @unittest.skipUnless((ROOT / ".git").exists(), "the tree has no history")
    def test_a_tree_without_history_is_built_from_the_same_files(self):
        released = kept(pathlib.Path(run("mktemp", "-d").strip()))
        run("bash", "-c", 'cd "$0" && git ls-files -z -co --exclude-standard | xargs -0 ls -d 2>/dev/null | tar -cf - -T - | tar -C "$1" -xf -',
            ROOT, released)
        (released / "build-deb").mkdir()
        (released / "build-deb/old.deb").touch()
        files = []
        for tree in (ROOT, released):
            copy = kept(pathlib.Path(run("mktemp", "-d").strip()))
            run("bash", "-c", '. "$0/packaging/lib/common.sh"; . "$0/packaging/lib/source_tree.sh"; copy_tree "$1"', tree, copy)
            self.assertEqual([path for path in copy.rglob("*") if path.is_symlink()], [])
            files.append({str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file()})
        # Hidden files are of those who work on the tree.
        self.assertEqual({file for file in files[0] if not re.search(r"(^|/)\.", file)}, files[1])

    @unittest.skipUnless(shutil.which("lintian"), "lintian is not installed")
    def test_lintian_has_no_errors_and_no_warnings(self):
        changes = map(str, first_build("build-deb.sh").glob("*.changes"))
        done = subprocess.run(["lintian", "--fail-on", "error,warning", *changes],
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_a_build_elsewhere_under_other_settings_gives_the_same_bytes(self):
        other = pathlib.Path(run("mktemp", "-d", "--suffix=-of-a-much-longer-name").strip())
        kept(other)
        # What the compiler's cache holds proves nothing of the compiler; TENON_PACKAGES_CACHED=1 is for those in a hurry.
        cache = {} if os.environ.get("TENON_PACKAGES_CACHED") else {"CCACHE_RECACHE": "1"}
        second = kept(build("build-deb.sh", "--keep", other / "a" / "b", umask=0o077, env={
            **cache, "TZ": "Asia/Kolkata", "LANG": "C", "USER": "somebody", "HOSTNAME": "somewhere"}))
        sums = [{path.name: run("sha256sum", path).split()[0] for path in folder.glob("*.deb")}
                for folder in (first_build("build-deb.sh"), second)]
        symbols = {f"{package}-dbgsym" for package in COMPILED}
        self.assertEqual({name.split("_")[0] for name in sums[0]}, {*PACKAGES, *symbols})
        self.assertEqual(*sums)

    def test_no_link_leads_nowhere(self):
        for package in PACKAGES:
            folder = unpacked(package)
            broken = [str(path) for path in folder.rglob("*") if path.is_symlink() and not path.exists()]
            self.assertEqual(broken, [])

    def test_programs_are_hardened(self):
        seen = 0
        for package in PACKAGES:
            for path in elf_files(unpacked(package)):
                seen += 1
                with self.subTest(path=path.name):
                    self.assertEqual(missing_hardening(path), [])
        self.assertGreater(seen, 10)

    def test_programs_hold_no_path_of_their_build(self):
        for package in PACKAGES:
            for path in elf_files(unpacked(package)):
                with self.subTest(path=path.name):
                    self.assertNotRegex(path.read_bytes(), rb"/tmp/tmp\.|/tenon-[0-9.]+/(core|plugins)/")

    def test_plugins_depend_on_the_level_and_drafts_that_the_broker_provides(self):
        provided = field("tenon", "Provides").split(", ")
        level = re.fullmatch(r"tenon-plugin-abi-1 \(= (\d+)\)", provided[0])[1]
        needed = field("tenon-storage-rocksdb", "Depends").split(", ")
        self.assertIn(provided[1], needed)
        self.assertLessEqual(int(re.search(r"tenon-plugin-abi-1 \(>= (\d+)\)", ", ".join(needed))[1]), int(level))
        self.assertNotIn("tenon", [relation.split()[0] for relation in needed], "never on one version of the broker")

    def test_pages_for_authors_lead_to_the_reference(self):
        self.assertEqual(missing_reference_pages(unpacked("tenon-sdk") / "usr/share/doc/tenon-sdk"), [])

    def test_bill_of_materials_names_the_packages_that_it_was_built_with(self):
        components = json.loads((unpacked("tenon") / "usr/share/tenon/sbom/tenon.cdx.json").read_text())["components"]
        self.assertEqual({part["purl"].split("/")[0] for part in components}, {"pkg:deb"})
        source = run("dpkg-query", "-W", "-f", "${source:Package}@${source:Version}", "libssl-dev")
        self.assertIn(f"pkg:deb/debian/{source.replace('+', '%2B')}?arch=amd64&distro=debian-12",
                      {part["purl"] for part in components})

    @unittest.skipUnless(shutil.which("man"), "man is not installed")
    def test_pages_of_the_manual_are_sound(self):
        for package in PACKAGES:
            for page in unpacked(package).glob("usr/share/man/*/*.gz"):
                with self.subTest(page=page.name):
                    done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(page)],
                                          capture_output=True, text=True)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))


@unittest.skipIf(why_not(), why_not())
class InDebian(unittest.TestCase):
    """Each case has a Debian of its own."""

    @classmethod
    def setUpClass(cls):
        cls.clean = DebianRoot()
        cls.addClassCleanup(cls.clean.remove)
        cls.installed = DebianRoot(copy_of=cls.clean)
        cls.addClassCleanup(cls.installed.remove)
        cls.installed.install(deb("tenon"))

    def root(self, template=None):
        root = DebianRoot(copy_of=template or self.installed)
        self.addCleanup(root.remove)
        return root

    def test_every_library_is_there_once_the_dependencies_are(self):
        root = self.root()
        said = root.install(deb("tenon-storage-rocksdb"), *map(deb, PACKAGES[2:]))
        self.assertIn("tenon-bench", said)
        files = [f"/{path.relative_to(root.path)}" for folder in ("usr/bin", "usr/lib/x86_64-linux-gnu/tenon")
                 for path in elf_files(root / folder) if "tenon" in str(path.relative_to(root.path))]
        self.assertGreater(len(files), 10)
        for file in files:
            with self.subTest(file=file):
                self.assertNotIn("not found", root.run("ldd", file))

    def test_serves_with_the_packaged_configuration_and_tells_where_the_token_is(self):
        root = self.root()
        with Daemon(root) as broker:
            broker.publish("hello/world", "first light", "-r")
            self.assertEqual(broker.receive("hello/#"), "first light")
            token = next(event for event in broker.events if event["event"] == "api.token_created")["fields"]["file"]
            self.assertEqual(token, "/var/lib/tenon/admin.token")
            self.assertEqual(root.run("stat", "-c", "%U %a", token).strip(), "tenon 600")
            self.assertIn("ready", root.run("tenonctl", "status"))
            self.assertEqual(broker.stop(), 0)

    def test_the_simulator_of_the_sdk_runs_over_the_plugins_of_the_broker(self):
        root = self.root()
        root.install(deb("tenon-sdk"))
        workloads = "/usr/share/tenon/sdk/sim/workloads"
        self.assertFalse(list((root / workloads).glob("mistake*")))
        said = root.run("tenon-sim", "--workload", f"{workloads}/mixed_three.json", "--seed", "1", "--seconds", "10")
        self.assertIn("1 seeds, 0 failed", said)

    def uses_rocksdb(self, broker):
        return any("rocksdb" in event["fields"]["id"] for event in broker.events if event["event"] == "plugin.instance_started")

    def test_a_plugin_that_is_installed_is_used_when_a_file_names_it_only(self):
        root = self.root()
        said = root.install(deb("tenon-storage-rocksdb"))
        self.assertIn("with its next start", said)
        with Daemon(root) as broker:
            self.assertFalse(self.uses_rocksdb(broker))
            self.assertEqual(broker.stop(), 0)
        shutil.rmtree(root / "var/lib/tenon/main")
        shutil.rmtree(root / "var/lib/tenon/journal")
        shutil.copy(root / "usr/share/tenon/conf.d/available/56-storage-rocksdb.json", root / "etc/tenon/conf.d")
        with Daemon(root) as broker:
            self.assertTrue(self.uses_rocksdb(broker))
            broker.publish("a/b", "kept by it", "-r")
            self.assertEqual(broker.receive("a/b"), "kept by it")

    def test_the_console_is_served_once_its_package_is_there(self):
        root = self.root()
        with Daemon(root) as broker:
            self.assertEqual(self.page(broker, "/console")[0], 404)
            self.assertEqual(broker.stop(), 0)
        root.install(deb("tenon-console"))
        with Daemon(root) as broker:
            status, text = self.page(broker, "/console")
            self.assertEqual(status, 200)
            self.assertIn("<title>", text)
            for file in re.findall(r'(?:src|href)="(/[^":]+)"', text):
                with self.subTest(file=file):
                    self.assertEqual(self.page(broker, file)[0], 200)
            self.assertEqual(broker.stop(), 0)

    def page(self, broker, path):
        """(status, text) of a page that the broker's HTTP API serves."""
        connection = UnixConnection(broker.root / "var/lib/tenon/api.sock")
        self.addCleanup(connection.close)
        connection.request("GET", path)
        answer = connection.getresponse()
        if 300 <= answer.status < 400:
            return self.page(broker, answer.headers["Location"])
        return answer.status, answer.read().decode()

    def test_an_upgrade_keeps_data_and_edited_files(self):
        root = self.root()
        with Daemon(root) as broker:
            broker.publish("kept", "over the upgrade", "-r")
            self.assertEqual(broker.stop(), 0)
        file = root / "etc/tenon/conf.d/50-local.json"
        edited = file.read_text() + "// edited\n"
        file.write_text(edited)
        token = (root / "var/lib/tenon/admin.token").read_text()
        root.install(newer_broker())
        self.assertEqual(file.read_text(), edited)
        self.assertEqual((root / "var/lib/tenon/admin.token").read_text(), token)
        with Daemon(root) as broker:
            self.assertEqual(broker.receive("kept"), "over the upgrade")
            self.assertEqual(broker.stop(), 0)

        back = root.try_run("apt-get", "-y", "--allow-downgrades", "install", *root.bring(deb("tenon")))
        self.assertNotEqual(back.returncode, 0)
        self.assertIn(f"{version()} is older than {version()}+2", back.stderr)
        self.assertEqual(root.run("dpkg-query", "-W", "-f", "${Version}", "tenon"), version() + "+2")

        # Nor by way of a removal, which leaves the data.
        root.run("apt-get", "-y", "remove", "tenon")
        back = root.try_run("apt-get", "-y", "install", *root.bring(deb("tenon")))
        self.assertNotEqual(back.returncode, 0)
        self.assertIn(f"{version()} is older than {version()}+2", back.stderr)
        self.assertFalse((root / "usr/bin/tenond").exists())

        # But beside data of the newer one that are moved away, as the refusal says.
        self.assertIn("move /var/lib/tenon away", back.stderr)
        (root / "var/lib/tenon").rename(root / "var/lib/tenon.newer")
        root.install(deb("tenon"))
        with Daemon(root) as broker:
            broker.publish("t", "of the older one", "-r")
            self.assertEqual(broker.receive("t"), "of the older one")
            self.assertEqual(broker.stop(), 0)

    def test_rocksdb_goes_with_a_broker_of_other_drafts_unless_it_is_named_with_it(self):
        root = self.root()
        root.install(deb("tenon-storage-rocksdb"))
        other = root.bring(self.other_broker(field("tenon", "Provides").split(", ")[0]))
        kept_back = root.try_run("apt-get", "-y", "--no-remove", "install", *other)
        self.assertNotEqual(kept_back.returncode, 0)
        self.assertRegex(kept_back.stdout, r"will be REMOVED:\n +tenon-storage-rocksdb\n")
        both = newer_broker(), deb("tenon-storage-rocksdb", newer_broker().parent, version() + "+2")
        root.run("apt-get", "-y", "--no-remove", "install", *root.bring(*both))
        shutil.copy(root / "usr/share/tenon/conf.d/available/56-storage-rocksdb.json", root / "etc/tenon/conf.d")
        with Daemon(root) as broker:
            self.assertTrue(self.uses_rocksdb(broker))
            self.assertEqual(broker.stop(), 0)

    def test_users_are_let_in_by_a_file_that_is_made_as_its_page_says(self):
        root = self.root()
        page = (ROOT / "docs/operate/authentication.md").read_text()
        first, then = re.findall(r"^    ((?:tenonctl passwd|chown) .*?) +#", page, re.M)
        root.run("sh", "-ec", f"echo geheim | {first}; {then}")
        users = {"auth": {"anonymous": "never", "chain": {"file": {"enable": True}}},
                 "plugins": {"file": {"options": {"password_file": "/etc/tenon/passwords"}}}}
        with Daemon(root, config=users) as broker:
            broker.publish("t", "m", "-u", "ann", "-P", "geheim")
            self.assertEqual(broker.stop(), 0)

    def test_remove_keeps_what_is_the_operators_and_purge_leaves_nothing(self):
        root = self.root()
        before = self.clean.places_named("tenon")
        with Daemon(root) as broker:
            self.assertEqual(broker.stop(), 0)
        (root / "etc/tenon/conf.d/95-test.json").unlink()
        root.run("apt-get", "-y", "remove", "tenon")
        self.assertTrue((root / "var/lib/tenon/admin.token").exists())
        self.assertTrue((root / "etc/tenon/conf.d/50-local.json").exists())
        self.assertFalse((root / "usr/bin/tenond").exists())
        root.run("apt-get", "-y", "purge", "tenon")
        self.assertEqual(root.places_named("tenon"), before)

    def test_purge_empties_data_that_is_a_file_system_of_its_own(self):
        root = self.root()
        for place in ("srv/data", "srv/journal"):
            (root / place).mkdir(parents=True)
        done = root.try_run("sh", "-ec", "mount --bind /srv/data /var/lib/tenon; mkdir -p /var/lib/tenon/main/old /var/lib/tenon/journal; "
                            "mount --bind /srv/journal /var/lib/tenon/journal; touch /var/lib/tenon/main/old/file /var/lib/tenon/journal/file; "
                            "apt-get -y purge tenon")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        left = [str(path) for folder in ("srv/data", "srv/journal") for path in (root / folder).rglob("*")]
        self.assertEqual(left, [str(root / "srv/data/journal")], "the mount point within it")
        self.assertNotIn("tenon", root.run("dpkg-query", "-W", "-f", "${Package}\n").split())

    def made_package(self, relation, plugin=None):
        """A package of a third party: a dependency, and a plugin if one is given."""
        folder = kept(pathlib.Path(run("mktemp", "-d").strip()))
        (folder / "acme/DEBIAN").mkdir(parents=True)
        (folder / "acme/DEBIAN/control").write_text(
            f"Package: acme-auth\nVersion: 1\nArchitecture: all\nMaintainer: acme <acme@acme.invalid>\n"
            f"Depends: {relation}\nDescription: plugin of a third party\n")
        if plugin:
            (folder / "acme" / PLUGINS).mkdir(parents=True)
            shutil.copy(plugin, folder / "acme" / PLUGINS)
        run("chmod", "-R", "u=rwX,go=rX", folder / "acme")
        run("dpkg-deb", "--root-owner-group", "--build", folder / "acme", folder / "acme-auth.deb")
        return folder / "acme-auth.deb"

    def third_party(self):
        """A package of the plugin auth-minimal, compiled and given its dependency by what is in tenon-sdk."""
        sdk = unpacked("tenon-sdk") / "usr"
        plugin = kept(pathlib.Path(run("mktemp", "-d").strip())) / "auth-minimal.so"
        run("gcc", "-shared", "-fPIC", "-O2", f"-I{sdk}/include", f"-Wl,--version-script={sdk}/share/tenon/sdk/plugin.map",
            sdk / "share/tenon/sdk/examples/auth-minimal/auth_minimal.c", "-o", plugin)
        relations = run(sdk / "bin/tenon-plugin-relations", "deb", plugin).splitlines()
        return self.made_package(", ".join(relations), plugin)

    def other_broker(self, provides):
        """The package of the broker with another version, and other words on what it provides."""
        folder = kept(pathlib.Path(run("mktemp", "-d").strip()))
        run("dpkg-deb", "--raw-extract", deb("tenon"), folder / "tenon")
        control = folder / "tenon/DEBIAN/control"
        text = re.sub(r"(?m)^Provides: .*$", f"Provides: {provides}", control.read_text())
        control.write_text(re.sub(r"(?m)^Version: .*$", "Version: 99", text))
        run("dpkg-deb", "--root-owner-group", "--build", folder / "tenon", folder / "tenon_99.deb")
        return folder / "tenon_99.deb"

    def lets_in_by_the_plugin(self, broker):
        broker.publish("t", "m", "-u", "ann", "-P", "open sesame")
        with self.assertRaisesRegex(AssertionError, "(?i)not authori[sz]ed|bad user"):
            broker.publish("t", "m", "-u", "ann", "-P", "guess")
        return "com.example.auth-minimal" in {event["fields"]["id"] for event in broker.events if event["event"] == "plugin.instance_started"}

    def test_a_plugin_of_a_third_party_works_over_an_upgrade_of_the_broker(self):
        root = self.root()
        root.install(self.third_party())
        shutil.copy(unpacked("tenon-sdk") / "usr/share/tenon/sdk/examples/auth-minimal/50-auth-minimal.json", root / "etc/tenon/conf.d")
        (root / "etc/tenon/conf.d/50-auth-minimal.json").chmod(0o644)
        for step in ("before", "after"):
            with self.subTest(step=step), Daemon(root) as broker:
                self.assertTrue(self.lets_in_by_the_plugin(broker))
                self.assertEqual(broker.stop(), 0)
            if step == "before":
                root.install(newer_broker())
        self.assertEqual(root.run("dpkg-query", "-W", "-f", "${Version}", "tenon"), version() + "+2")

    def test_a_broker_that_does_not_provide_what_a_plugin_needs_takes_its_place_only_without_it(self):
        root = self.root()
        root.install(self.third_party())
        broker = root.bring(self.other_broker("tenon-plugin-abi-1 (= 0)"))
        kept_back = root.try_run("apt-get", "-y", "--no-remove", "install", *broker)
        self.assertNotEqual(kept_back.returncode, 0)
        self.assertRegex(kept_back.stdout, r"will be REMOVED:\n +acme-auth\n")
        self.assertEqual(root.run("dpkg-query", "-W", "-f", "${Version}", "tenon"), version())

    def test_a_plugin_is_not_set_up_over_a_broker_that_does_not_provide_what_it_needs(self):
        root = self.root()
        root.install(self.other_broker("tenon-plugin-abi-1 (= 0)"))
        done = root.try_run("dpkg", "--install", *root.bring(self.third_party()))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("acme-auth depends on tenon-plugin-abi-1", done.stderr)

    def test_plugins_that_this_broker_can_not_load_are_refused_at_install_time(self):
        root = self.root()
        for relation in ("tenon-plugin-abi-1 (>= 99)", "tenon-plugin-abi-2 (>= 1)", "tenon-plugin-drafts-0123456789abcdef"):
            with self.subTest(relation=relation):
                done = root.try_run("apt-get", "-y", "install", *root.bring(self.made_package(relation)))
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(relation.split()[0], done.stdout + done.stderr)
        root.install(self.made_package("tenon-plugin-abi-1 (>= 1)"))

    def test_the_unit_is_valid_and_little_exposed(self):
        root = self.root()
        if not (root / "usr/bin/systemd-analyze").exists():
            root.run("apt-get", "-y", "--no-install-recommends", "install", "systemd")
        unit = "/lib/systemd/system/tenon.service"
        self.assertEqual(root.run("systemd-analyze", "verify", "--man=no", unit), "")
        said = root.run("systemd-analyze", "security", "--offline=yes", "--threshold=16", "--no-pager", unit)
        exposure = float(re.search(r"exposure level for tenon.service: ([0-9.]+)", said)[1])
        self.assertLessEqual(exposure, 1.6)

    @unittest.skipUnless(shutil.which("strace") and shutil.which("systemd-analyze"), "strace or systemd-analyze is missing")
    def test_system_calls_are_those_that_the_unit_allows(self):
        root = self.root()
        trace = root.folder / "trace"
        with Daemon(root, prefix=("strace", "-f", "-qq", "-o", str(trace))) as broker:
            broker.publish("a", "b", "-r")
            self.assertEqual(broker.receive("a"), "b")
            os.kill(broker.pid, signal.SIGHUP)
            broker.wait_for("config.reload_done")
            os.kill(broker.pid, signal.SIGTERM)
            self.assertEqual(broker.process.wait(timeout=60), 0)
        calls = trace.read_text().partition('execve("/usr/bin/tenond"')[2]
        used = set(re.findall(r"^\d+ +([a-z0-9_]+)\(", calls, re.M))
        self.assertIn("accept4", used)
        self.assertEqual(used - allowed_calls(), set())


def set_of_calls(name):
    """The system calls of one of systemd's sets."""
    calls = set()
    for line in run("systemd-analyze", "syscall-filter", name).splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            calls |= set_of_calls(word)
        elif word and not word.startswith("#"):
            calls.add(word)
    return calls


def allowed_calls():
    return set_of_calls("@system-service") - set_of_calls("@privileged") - set_of_calls("@resources")


if __name__ == "__main__":
    unittest.main()
