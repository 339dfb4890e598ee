#!/usr/bin/python3
"""What the scripts of packaging/ refuse before it costs anything, and what the service's unit promises."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
MESON = """#!/bin/sh
echo 'tenon:unit / base'
echo 'tenon:unit+long / kv'
"""


class Scripts(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tenon-scripts-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def program(self, name, text):
        """One that scripts find before that of the system."""
        path = self.folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def run_script(self, *command):
        return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60, check=False,
                              env={**os.environ, "PATH": f"{self.folder}/bin:{os.environ['PATH']}"})

    def run_functions(self, text):
        """Bash with the functions of packaging/lib."""
        return self.run_script("bash", "-c", f'. "{PACKAGING}/lib/common.sh"; . "{PACKAGING}/lib/build.sh"; '
                               f'. "{PACKAGING}/lib/source_tree.sh"; {text}')

    def make_tree(self):
        tree = self.folder / "tree"
        tree.mkdir(mode=0o755)
        shutil.copytree(PACKAGING, tree / "packaging")
        return tree

    def test_a_tree_that_others_may_write_to_is_not_built_in(self):
        tree = self.make_tree()
        tree.chmod(0o775)
        for script in ("run.sh", "test.sh"):
            done = self.run_script(tree / "packaging" / script)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn(f"chmod go-w {tree}", done.stderr)

    @unittest.skipIf(os.geteuid() != 0, "only root can give a tree to another user")
    def test_root_does_not_build_in_the_tree_of_another_user(self):
        tree = self.make_tree()
        os.chown(tree, 1234, 1234)
        for script in ("run.sh", "test.sh"):
            done = self.run_script(tree / "packaging" / script)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn(f"{tree} belongs to user 1234", done.stderr)

    def test_folders_of_a_build_are_not_for_others_to_write_to(self):
        self.assertEqual(self.run_functions("umask 002; . \"$root/packaging/lib/build.sh\"; umask").stdout, "0022\n")

    def test_a_test_that_does_not_exist_is_refused(self):
        self.program("meson", MESON)
        names = "build_folder=x; require_tests base tenon:kv"
        self.assertEqual(self.run_functions(names).returncode, 0)
        done = self.run_functions(f"{names} kvv")
        self.assertEqual((done.returncode, done.stderr), (64, "error: no test is called kvv (meson test --list)\n"))

    def test_rpms_are_not_built_without_flags_of_hardening(self):
        self.program("dpkg-query", "#!/bin/sh\nprintf installed\n")
        self.program("rpm", "#!/bin/sh\necho debian\n")
        self.program("rpmbuild", f"#!/bin/sh\ntouch {self.folder}/built\n")
        self.program("dpkg-buildflags", "#!/bin/sh\nexit 127\n")
        done = self.run_script(PACKAGING / "build-rpm.sh", "--output", self.folder / "out", "--keep", self.folder / "kept")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("no flags of hardening", done.stderr)
        self.assertFalse((self.folder / "built").exists())

    def test_a_copy_to_build_in_holds_nothing_of_an_earlier_one(self):
        (self.folder / "copy/debian/deb").mkdir(parents=True)
        done = self.run_functions(f"copy_tree() {{ mkdir $1; }}; copy_afresh {self.folder}/copy")
        self.assertEqual((done.returncode, list((self.folder / "copy").iterdir())), (0, []), done.stderr)

    def test_the_tree_itself_is_no_copy_to_build_in(self):
        tree = self.make_tree()
        for folder in (tree, tree / "packaging/..", self.folder):
            done = self.run_functions(f"root={tree}; copy_afresh {folder}")
            self.assertIn("the tree itself lies in", done.stderr)
            self.assertTrue((tree / "packaging").is_dir())


class Unit(unittest.TestCase):
    def test_a_stop_may_take_as_long_as_the_key_can_say(self):
        unit = (PACKAGING / "systemd/tenon.service.in").read_text()
        stop_s = 60 * int(re.search(r"^TimeoutStopSec=(\d+)min$", unit, re.M)[1])
        table = (ROOT / "core/config/table/table_core.cc").read_text()
        max_s = int(re.search(r'"shutdown\.timeout_s".*?\.max = (\d+)', table, re.S)[1])
        self.assertGreaterEqual(stop_s, max_s + 60)


if __name__ == "__main__":
    unittest.main()
