#!/usr/bin/python3
"""What packages of plugins depend on: tenon-plugin-relations over real plugins, and dh_tenonabi over a package of them."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["TENON_BUILD_ROOT"])
RELATIONS = BUILD / "sdk/tools/tenon-plugin-relations"
BAD = BUILD / "tests/abi/bad-plugins"
SEGMENT = BUILD / "plugins/log/segment/log-segment.so"
TWO_LOGS = BUILD / "tests/abi/plugin-check/journals/log-two.so"
HEADERS = ROOT / "sdk/include/tenon"


def abi_level():
    return int(re.search(r"define TENON_ABI_LEVEL (\d+)u", (HEADERS / "abi/base.h").read_text())[1])


def drafts():
    """All drafts of the SDK as one number."""
    value = 0
    for number in re.findall(r"UINT64_C\(0x([0-9a-f]{16})\)", (HEADERS / "draft/hash.h").read_text()):
        value ^= int(number, 16)
    return f"{value:016x}"


def rpmbuild(home, plugin):
    """Builds a package of one plugin with the generator of the tree."""
    (home / "attrs").mkdir()
    (home / "attrs/tenon_plugin.attr").write_text(
        f"%__tenon_plugin_path ^/usr/lib/tenon/plugins/\n"
        f"%__tenon_plugin_requires env TENON_PLUGIN_RELATIONS={RELATIONS} {ROOT}/sdk/tools/relations/tenon-plugin.req\n")
    (home / "acme.spec").write_text(
        "Name: acme\nVersion: 1\nRelease: 1\nSummary: plugin of a third party\nLicense: 0BSD\n%description\nOne.\n"
        f"%install\nmkdir -p %{{buildroot}}/usr/lib/tenon/plugins\ncp {plugin} %{{buildroot}}/usr/lib/tenon/plugins\n"
        "%files\n/usr/lib/tenon/plugins/*\n")
    return subprocess.run(["rpmbuild", "-bb", "--load", home / "attrs/tenon_plugin.attr", "--define", f"_topdir {home}/top",
                           "--define", f"_tmppath {home}", "--define", f"_fileattrsdir {home}/attrs",
                           "--define", "debug_package %{nil}", home / "acme.spec"], capture_output=True, text=True)


def run(*arguments):
    return subprocess.run([str(RELATIONS), *map(str, arguments)], capture_output=True, text=True)


class Relations(unittest.TestCase):
    def relations(self, *arguments):
        done = run(*arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.splitlines()

    def refused(self, *arguments, status=1):
        done = run(*arguments)
        self.assertEqual((done.returncode, done.stdout), (status, ""))
        return done.stderr

    def test_broker_provides_its_level_and_its_drafts(self):
        self.assertEqual(self.relations("deb", "--provides"),
                         [f"tenon-plugin-abi-1 (= {abi_level()})", f"tenon-plugin-drafts-{drafts()}"])
        self.assertEqual(self.relations("rpm", "--provides"),
                         [f"tenon(plugin-abi-1) = {abi_level()}", f"tenon(plugin-drafts-{drafts()})"])

    def test_plugin_of_stable_interfaces_needs_a_level_and_no_drafts(self):
        self.assertEqual(self.relations("deb", BAD / "auth-sound.so"), ["tenon-plugin-abi-1 (>= 1)"])
        self.assertEqual(self.relations("rpm", BAD / "auth-sound.so"), ["tenon(plugin-abi-1) >= 1"])

    def test_plugin_with_drafts_needs_exactly_these(self):
        self.assertEqual(self.relations("deb", SEGMENT), ["tenon-plugin-abi-1 (>= 1)", f"tenon-plugin-drafts-{drafts()}"])

    def test_drafts_that_two_plugins_of_a_file_use_are_needed_like_those_of_one(self):
        self.assertEqual(self.relations("deb", TWO_LOGS), ["tenon-plugin-abi-1 (>= 1)", f"tenon-plugin-drafts-{drafts()}"])

    def test_package_needs_the_most_of_what_its_plugins_need(self):
        self.assertEqual(self.relations("deb", BAD / "auth-sound.so", BAD / "auth-level_too_high.so", SEGMENT)[0],
                         self.relations("deb", BAD / "auth-level_too_high.so")[0])
        self.assertNotEqual(self.relations("deb", BAD / "auth-level_too_high.so"), ["tenon-plugin-abi-1 (>= 1)"])

    def test_files_that_no_package_should_hold_are_refused_by_name(self):
        for name, why in (("no_note", "note"), ("wrong_generation", "generation"), ("old_draft", "drafts")):
            with self.subTest(name=name):
                message = self.refused("deb", BAD / f"auth-{name}.so")
                self.assertIn(f"auth-{name}.so", message)
                self.assertIn(why, message)
        self.assertIn("nowhere.so", self.refused("deb", "nowhere.so"))

    def test_wrong_arguments_are_shown_the_usage(self):
        for arguments in ((), ("deb",), ("tar", SEGMENT)):
            with self.subTest(arguments=arguments):
                self.assertIn("usage:", self.refused(*arguments, status=2))


    def test_generator_of_rpm_answers_for_each_file_that_is_named_to_it(self):
        generator = ROOT / "sdk/tools/relations/tenon-plugin.req"
        env = {**os.environ, "TENON_PLUGIN_RELATIONS": str(RELATIONS)}

        def ask(*files):
            return subprocess.run(["sh", str(generator)], input="".join(f"{file}\n" for file in files), env=env,
                                  capture_output=True, text=True)

        self.assertEqual(ask(BAD / "auth-sound.so", SEGMENT).stdout.splitlines(),
                         ["tenon(plugin-abi-1) >= 1", "tenon(plugin-abi-1) >= 1", f"tenon(plugin-drafts-{drafts()})"])
        self.assertEqual(ask().stdout, "")

        # rpm does not look at the exit status: what it can't read as a relation ends the build.
        for name in ("no_note", "old_draft"):
            with self.subTest(name=name):
                refused = ask(BAD / "auth-sound.so", BAD / f"auth-{name}.so", SEGMENT)
                self.assertNotEqual(refused.returncode, 0)
                self.assertRegex(refused.stdout, rf"\Atenon\(plugin-abi-1\) >= 1\n\*\*\* tenon-plugin-relations: .*/auth-{name}\.so: .*\n\Z")
        env["TENON_PLUGIN_RELATIONS"] = "/nowhere/tenon-plugin-relations"
        self.assertRegex(ask(SEGMENT).stdout, r"\A\*\*\* ")

    @unittest.skipUnless(shutil.which("rpmbuild"), "rpmbuild is not installed")
    def test_rpmbuild_fails_on_a_file_that_no_package_should_hold(self):
        for name, fails in (("sound", False), ("no_note", True)):
            with self.subTest(name=name), tempfile.TemporaryDirectory(prefix="tenon-rpm-") as home:
                done = rpmbuild(pathlib.Path(home), BAD / f"auth-{name}.so")
                self.assertEqual(done.returncode != 0, fails, done.stdout + done.stderr)
                self.assertEqual("*** tenon-plugin-relations: " in done.stderr, fails)
                self.assertEqual(bool(list(pathlib.Path(home).rglob("*.rpm"))), not fails)


@unittest.skipUnless(shutil.which("dh_testdir"), "debhelper is not installed")
class DhTenonabi(unittest.TestCase):
    """A source package of two binary packages, of which the first has plugins."""

    def setUp(self):
        home = tempfile.TemporaryDirectory(prefix="tenon-dh-")
        self.addCleanup(home.cleanup)
        self.tree = pathlib.Path(home.name)
        self.debian = self.tree / "debian"
        self.debian.mkdir()
        (self.debian / "control").write_text(
            "Source: acme\nMaintainer: acme <acme@acme.invalid>\nBuild-Depends: debhelper-compat (= 13)\n\n"
            "Package: acme-auth\nArchitecture: any\nDescription: one\n\nPackage: acme-doc\nArchitecture: any\nDescription: two\n")
        (self.debian / "changelog").write_text("acme (1) unstable; urgency=low\n\n  * One.\n\n"
                                               " -- acme <acme@acme.invalid>  Thu, 01 Jan 2026 00:00:00 +0000\n")
        self.plugins = self.debian / "acme-auth/usr/lib/tenon/plugins"
        self.plugins.mkdir(parents=True)

    def dh(self, *arguments):
        env = {**os.environ, "TENON_PLUGIN_DIR": "/usr/lib/tenon/plugins", "TENON_PLUGIN_RELATIONS": str(RELATIONS)}
        return subprocess.run(["perl", str(ROOT / "sdk/tools/relations/dh_tenonabi"), *arguments], cwd=self.tree, env=env,
                              capture_output=True, text=True)

    def depends(self, package):
        path = self.debian / f"{package}.substvars"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line.split("=", 1)[1] for line in lines if line.startswith("tenon:Depends=")]

    def test_package_with_plugins_gets_the_dependency_and_others_do_not(self):
        shutil.copy(SEGMENT, self.plugins)
        shutil.copy(BAD / "auth-sound.so", self.plugins)
        done = self.dh()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.depends("acme-auth"), [f"tenon-plugin-abi-1 (>= 1), tenon-plugin-drafts-{drafts()}"])
        self.assertEqual(self.depends("acme-doc"), [])

    def test_a_second_run_replaces_what_the_first_wrote(self):
        shutil.copy(SEGMENT, self.plugins)
        self.dh()
        (self.plugins / SEGMENT.name).unlink()
        shutil.copy(BAD / "auth-sound.so", self.plugins)
        self.dh()
        self.assertEqual(self.depends("acme-auth"), ["tenon-plugin-abi-1 (>= 1)"])

    def test_the_sequence_runs_it_before_the_control_files_are_written(self):
        folder = self.tree / "perl/Debian/Debhelper/Sequence"
        folder.mkdir(parents=True)
        shutil.copy(ROOT / "sdk/tools/relations/tenonabi.pm", folder)
        done = subprocess.run(["dh", "binary", "--with", "tenonabi", "--no-act"], cwd=self.tree, capture_output=True, text=True,
                              env={**os.environ, "PERL5LIB": str(self.tree / "perl")})
        steps = [line.split()[0] for line in done.stdout.splitlines() if line.strip()]
        self.assertEqual(steps[steps.index("dh_tenonabi") + 1], "dh_gencontrol", done.stderr)

    def test_a_file_that_is_no_plugin_ends_the_build_unless_it_is_left_out(self):
        shutil.copy(BAD / "auth-no_note.so", self.plugins)
        done = self.dh()
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("auth-no_note.so", done.stderr)
        self.assertEqual(self.dh("-Xno_note").returncode, 0)
        self.assertEqual(self.depends("acme-auth"), [])


if __name__ == "__main__":
    unittest.main()
