#!/usr/bin/python3
"""What `meson install` puts where, and which package gets it."""
import json
import pathlib
import re
import shutil
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

    def test_completion_offers_the_words_of_the_help(self):
        installed = self.install("runtime")
        for program in ("tenond", "tenonctl"):
            with self.subTest(program=program):
                help_text = subprocess.run([installed.dir("bindir") / program, "--help"], capture_output=True, text=True, check=True).stdout
                shown = set(re.findall(r"--[a-z][a-z-]+", help_text))
                offered = (installed.dir("datadir") / "bash-completion/completions" / program).read_text()
                self.assertEqual(shown - {"--help", "--version"} - set(re.findall(r"--[a-z][a-z-]+", offered)), set())
                self.assertEqual(set(re.findall(r"(?<=[ '])--[a-z][a-z-]+", offered.split("compgen", 1)[1])) - shown, set())
                commands = re.findall(rf"^  {program} ([a-z-]+)(?: ([a-z-]+))?", help_text, re.M)
                missing = [word for pair in commands for word in pair if word and not re.search(rf"[' ]{word}[' ]", offered)]
                self.assertEqual(missing, [])

    def test_completion_for_zsh_offers_the_words_of_the_help(self):
        installed = self.install("runtime")
        help_text = subprocess.run([installed.dir("bindir") / "tenonctl", "--help"], capture_output=True, text=True, check=True).stdout
        script = installed.dir("zsh_completion_dir") / "_tenonctl"
        offered = script.read_text()
        self.assertTrue(offered.startswith("#compdef tenonctl\n"))
        options = set(re.findall(r"^ +'[^-\[]*(?:- \*\))?(--[a-z][a-z0-9-]*)", offered, re.M))
        shown = set(re.findall(r"--[a-z][a-z0-9-]+", help_text))
        self.assertEqual(options, shown)
        commands = {}
        for command, verb in re.findall(r"^  tenonctl ([a-z-]+)(?: ([a-z-]+))?", help_text, re.M):
            commands.setdefault(command, set()).update({verb} - {""})
        listed = re.search(r"commands=\(([^)]*)\)", offered)[1].split()
        self.assertEqual(sorted(listed), sorted(commands))
        verbs = {name: set(words.split()) for name, words in re.findall(r"^ +([a-z]+)\) verbs=\(([^)]*)\)", offered, re.M)}
        self.assertEqual(verbs, {name: words for name, words in commands.items() if words})

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_completion_for_zsh_is_sound(self):
        script = self.install("runtime").dir("zsh_completion_dir") / "_tenonctl"
        done = subprocess.run(["zsh", "-n", script], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_bill_of_materials_names_every_library(self):
        installed = self.install("runtime")
        folder = installed.dir("datadir") / "tenon/sbom"
        spdx, cyclonedx = (json.loads((folder / f"tenon.{form}.json").read_text()) for form in ("spdx", "cdx"))
        parts = {(part["name"], part["version"]) for part in cyclonedx["components"]}
        self.assertEqual({(part["name"], part["versionInfo"]) for part in spdx["packages"] if part["name"] != "tenon"}, parts)
        self.assertLessEqual({"boost", "nlohmann-json", "spdlog"}, {name for name, _ in parts})
        needed = set()
        for file in [installed.dir("bindir") / "tenond", *installed.dir("plugin_dir").glob("*.so")]:
            listed = subprocess.run(["readelf", "--dynamic", file], capture_output=True, text=True, check=True).stdout
            needed |= set(re.findall(r"\(NEEDED\).*\[(\w+)", listed))
        of_the_compiler = {"libc", "libm", "libresolv", "libgcc_s", "libstdc", "ld", "libasan", "libubsan", "libtsan"}
        library_of = {"libsqlite3": "sqlite", "libcrypto": "openssl", "libssl": "openssl", "libargon2": "argon2"}
        self.assertEqual({library_of[name] for name in needed - of_the_compiler} - {name for name, _ in parts}, set())

    @unittest.skipUnless(shutil.which("dpkg-query"), "dpkg is not installed")
    def test_bill_of_materials_of_a_deb_names_the_packages_that_it_was_built_with(self):
        asked = subprocess.run(["dpkg-query", "-W", "-f", "${source:Package} ${source:Version}", "libssl-dev"], capture_output=True, text=True)
        if asked.returncode != 0:
            self.skipTest("openssl is from no package")
        source, version = asked.stdout.split()

        def made(form):
            return subprocess.run([sys.executable, SOURCE / "packaging/sbom/sbom.py", form, "deb", "1.0", "openssl=3.0", "boost=1.81"],
                                  capture_output=True, text=True, check=True).stdout

        cyclonedx = {part["name"]: part for part in json.loads(made("cyclonedx"))["components"]}
        self.assertEqual(cyclonedx["openssl"]["version"], version)
        self.assertRegex(cyclonedx["openssl"]["purl"], rf"^pkg:deb/[a-z]+/{source}@[0-9A-Za-z.:~%-]+\?arch=[a-z0-9]+&distro=[a-z]+(-[0-9.]+)?$")
        self.assertTrue(cyclonedx["openssl"]["supplier"]["name"])
        spdx = {part["name"]: part for part in json.loads(made("spdx"))["packages"]}
        for name, part in cyclonedx.items():
            self.assertEqual(spdx[name]["supplier"], f"Organization: {part['supplier']['name']}" if "supplier" in part else "NOASSERTION")
            self.assertEqual(spdx[name]["externalRefs"][0]["referenceLocator"], part["purl"])
        for form in ("spdx", "cyclonedx"):
            self.assertEqual(made(form), made(form))

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
