#!/usr/bin/python3
"""The three nodes of the README start, and keep what it says, when its lines are copied into a shell."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import BUILD  # noqa: E402
from network import private  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
MISSING = private.missing() or ("" if shutil.which("mosquitto_sub") else "mosquitto_sub is not installed")
LIMIT_S = 120


def blocks():
    """The shell lines of the section, in its order."""
    section = re.search(r"^## Three nodes$(.*?)^## ", (ROOT / "README.md").read_text(), re.M | re.S)[1]
    return [textwrap.dedent(block) for block in re.findall(r"(?:^ {4}.*\n)+", section, re.M)]


def make_clone(folder):
    """What packaging/run.sh --setup-only leaves in a clone, as far as the section uses it."""
    (folder / "conf.d").symlink_to(ROOT / "conf.d")
    (folder / "build" / "run" / "conf.d").mkdir(parents=True)
    (folder / "build" / "core").symlink_to(BUILD / "core")
    path = sorted({str(file.parent) for file in (BUILD / "plugins").rglob("*.so")})
    (folder / "build" / "run" / "conf.d" / "00-run.json").write_text(json.dumps({"plugins": {"path": path}}))


@unittest.skipIf(MISSING, MISSING)
class ThreeNodes(unittest.TestCase):
    def setUp(self):
        private.enter()  # its ports are free there
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tenon-readme-"))
        self.addCleanup(shutil.rmtree, self.folder)
        make_clone(self.folder)

    def test_its_lines_start_a_cluster_that_keeps_a_message_without_the_node_that_took_it(self):
        start, use = blocks()
        # A reader waits until clients are let in, by looking; here the shell looks.
        wait = "for n in 1 2 3; do until grep -qs node.started build/three/$n/log; do kill -0 %$n; done; done"
        end = "jobs -p | xargs -r kill -9 2>/dev/null; wait"
        script = f"set -m -e\ntrap '{end}' EXIT\n{start}\n{wait}\n{use}"
        done = subprocess.run(["timeout", str(LIMIT_S), "bash", "-c", script], cwd=self.folder, capture_output=True, text=True,
                              env={**os.environ, "LC_ALL": "C.UTF-8"}, check=False)
        logs = "\n".join(path.read_text() for path in self.folder.glob("build/three/*/log"))
        self.assertEqual(done.returncode, 0, done.stderr + logs)
        self.assertTrue(done.stdout.startswith("opened\n"), done.stdout)
        self.assertEqual(len(re.findall(r"^ *[0-9a-f]{16} ", done.stdout, re.M)), 3, done.stdout)


if __name__ == "__main__":
    unittest.main()
