#!/usr/bin/python3
"""Plugins as earlier releases of the SDK have built them work in this broker."""
import hashlib
import json
import os
import pathlib
import platform
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SUPPORT = HERE.parents[1] / "support"
sys.path[:0] = [str(SUPPORT), str(SUPPORT / "services")]
from broker import Broker, plugin_dirs  # noqa: E402
from link import Link  # noqa: E402
from login_service import LoginService  # noqa: E402

RELEASES = sorted(path.parent for path in HERE.glob("*/plugins.json"))


@unittest.skipUnless(platform.machine() == "x86_64", "the plugins that are kept are of x86_64")
@unittest.skipUnless(os.environ.get("TENON_SANITIZE", "none") == "none", "the plugins that are kept know no sanitizer")
class Corpus(unittest.TestCase):
    def plugins(self):
        """(file, what is said of it)"""
        for release in RELEASES:
            for name, told in json.loads((release / "plugins.json").read_text()).items():
                yield release / name, told

    def test_there_is_a_release_with_plugins(self):
        self.assertTrue(list(self.plugins()))

    def test_nothing_has_changed_a_file(self):
        for file, told in self.plugins():
            with self.subTest(file=file.name):
                self.assertEqual(hashlib.sha256(file.read_bytes()).hexdigest(), told["sha256"])

    def test_the_check_finds_no_fault(self):
        for file, told in self.plugins():
            with self.subTest(release=file.parent.name, file=file.name):
                known = [argument for check, what in told.get("known", {}).items() for argument in ("--skip", f"{check}={what}")]
                done = subprocess.run([os.environ["TENON_PLUGIN_CHECK"], file, "--options", json.dumps(told["options"]),
                                       *known], capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stdout)

    def logins(self, file, options):
        """Whether the right and a wrong password are let in."""
        name = file.stem.split("-")[1]
        config = {"plugins": {name: {}}, "auth": {"anonymous": "never", "chain": {name: {"order": 1, "options": options}}}}
        with Broker(plugin_path=[*plugin_dirs(), str(file.parent)], config=config) as broker:
            codes = []
            for password in ("open sesame", "guess"):
                link = Link(broker.port, "probe", "ann", password)
                codes.append(link.code)
                link.close()
            return codes

    def test_they_decide_logins(self):
        service = LoginService()
        self.addCleanup(service.stop)
        for file, told in self.plugins():
            options = {**told["options"], "url": service.url} if "url" in told["options"] else told["options"]
            with self.subTest(release=file.parent.name, file=file.name):
                right, wrong = self.logins(file, options)
                self.assertEqual(right, 0)
                self.assertGreaterEqual(wrong, 0x80)


if __name__ == "__main__":
    unittest.main()
