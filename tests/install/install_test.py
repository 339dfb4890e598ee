#!/usr/bin/python3
"""What `meson install` puts where, and which package gets it."""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from installed import DIRS, TAGS, Installed  # noqa: E402

SOURCE = HERE.parents[1]
GOLDEN = [line.split() for line in (HERE / "files.golden").read_text().splitlines() if line and line[0] != "#"]


def expected(tag):
    """Every path that installs with this tag."""
    found = set()
    for its_tag, place, *folders in GOLDEN:
        if its_tag == tag:
            place = place.format(**DIRS)
            trees = [SOURCE / folder for folder in folders]
            found |= {place + str(path.relative_to(tree)) for tree in trees for path in tree.rglob("*") if path.is_file()}
            found |= set() if folders else {place}
    return found


class Install(unittest.TestCase):
    def install(self, *tags):
        installed = Installed(*tags)
        self.addCleanup(installed.remove)
        return installed

    def test_each_tag_brings_exactly_its_files(self):
        for tag in TAGS:
            with self.subTest(tag=tag):
                found = self.install(tag).files()
                self.assertEqual(sorted(found - expected(tag)), [], "installed; add to files.golden if that is meant")
                self.assertEqual(sorted(expected(tag) - found), [], "not installed, or without the tag")

    def test_every_file_belongs_to_a_tag(self):
        found = self.install().files()
        self.assertEqual(sorted(found - set().union(*map(expected, TAGS))), [])

    def test_broker_and_sdk_have_one_version(self):
        installed = self.install("runtime", "sdk")
        broker = subprocess.run([installed.dir("bindir") / "tenond", "--version"], capture_output=True, text=True,
                                check=True)
        sdk = subprocess.run(["pkg-config", "--modversion", "tenon-sdk"], env=installed.environment(), capture_output=True,
                             text=True, check=True)
        self.assertEqual(broker.stdout.split()[1], sdk.stdout.strip())

    def test_sdk_says_where_plugins_go_and_which_level_it_is(self):
        sdk = self.install("sdk")
        env = {**sdk.environment(), "PKG_CONFIG_SYSROOT_DIR": ""}
        header = (sdk.dir("includedir") / "tenon/abi/base.h").read_text()
        for variable, value in (("plugin_dir", str(DIRS["plugin_dir"])),
                                ("abi_level", re.search(r"define TENON_ABI_LEVEL (\d+)u", header)[1])):
            done = subprocess.run(["pkg-config", "--variable=" + variable, "tenon-sdk"], env=env, capture_output=True,
                                  text=True, check=True)
            self.assertEqual(done.stdout.strip(), value)

    def test_installed_broker_accepts_the_installed_configuration(self):
        installed = self.install("runtime")
        with tempfile.TemporaryDirectory(prefix="tenon-conf-") as empty:
            done = subprocess.run([installed.dir("bindir") / "tenond", "--check", "--conf-dir", empty, "--vendor-dir",
                                   installed.dir("datadir") / "tenon/conf.d"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_examples_build_with_the_snippet_that_is_shipped(self):
        sdk = self.install("sdk").dir("datadir") / "tenon/sdk"
        snippet = (sdk / "plugin.meson").read_text()
        builds = list(sdk.glob("examples/*/meson.build"))
        self.assertTrue(builds)
        for build in builds:
            self.assertIn(snippet, build.read_text(), build)


if __name__ == "__main__":
    unittest.main()
