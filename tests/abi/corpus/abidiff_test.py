#!/usr/bin/python3
"""The stable headers of now against what each release had: structs grow at their end, and nothing else changes."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from probe import compile_probe  # noqa: E402

INCLUDE = HERE.parents[2] / "sdk" / "include"
RELEASES = sorted(path.parent for path in HERE.glob("*/stable.abi"))
# The lines of abidiff's answer that tell of growth, or of nothing; every other one tells of something broken.
GROWTH = re.compile(r"\s*(Leaf changes summary|Changed leaf types summary|Removed/Changed/Added (functions|variables) summary: 0 Removed,"
                    r" 0 Changed, 0 Added|'struct \w+' changed:$|type size changed from|\d+ data member insertions?:$|"
                    r"'[^']*', at offset \d+ \(in bits\)$|$)")


@unittest.skipUnless(shutil.which("abidiff"), "abidiff is not installed (Debian: abigail-tools)")
class Abidiff(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tenon-abidiff-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def difference(self, release, include):
        """What abidiff says; empty when nothing has changed."""
        compile_probe(include, self.dir / "probe.so")
        done = subprocess.run(["abidiff", "--leaf-changes-only", "--no-default-suppression", "--no-show-locs", "--no-corpus-path", release / "stable.abi",
                               self.dir / "probe.so"], capture_output=True, text=True)
        if done.returncode & 3:
            raise AssertionError(done.stdout + done.stderr)
        return done.stdout if done.returncode else ""

    def broken_by(self, header, old, new):
        """What is found broken when a header has another text."""
        include = self.dir / "include"
        shutil.rmtree(include, ignore_errors=True)
        shutil.copytree(INCLUDE, include)
        file = include / "tenon" / header
        text = file.read_text()
        self.assertIn(old, text)
        # Sizes are held by the headers themselves; here abidiff is to find it.
        text = re.sub(r"TENON_STATIC_ASSERT\(.*?\);", "", text.replace(old, new, 1), flags=re.S)
        file.write_text(text)
        return self.wrong(self.difference(RELEASES[-1], include))

    def wrong(self, said):
        """The lines that tell of more than growth."""
        return [line for line in said.splitlines() if not GROWTH.match(line)]

    def test_there_is_a_release(self):
        self.assertTrue(RELEASES)

    def test_every_release_is_a_part_of_the_headers_of_now(self):
        for release in RELEASES:
            with self.subTest(release=release.name):
                self.assertEqual(self.wrong(self.difference(release, INCLUDE)), [])

    def test_a_member_behind_the_last_one_is_growth(self):
        self.assertEqual(self.broken_by("kind/auth.h", "} tenon_auth_request;", "  uint64_t later;\n} tenon_auth_request;"), [])

    def test_a_member_in_the_middle_is_found(self):
        self.assertNotEqual(self.broken_by("kind/auth.h", "  tenon_bytes listener;", "  uint64_t between;\n  tenon_bytes listener;"), [])

    def test_a_member_of_another_type_is_found(self):
        self.assertNotEqual(self.broken_by("kind/auth.h", "  uint32_t protocol_level;", "  float protocol_level;"), [])

    def test_a_member_that_is_gone_is_found(self):
        self.assertNotEqual(self.broken_by("kind/auth.h", "  uint32_t peer_port;", ""), [])

    def test_a_function_with_another_parameter_is_found(self):
        self.assertNotEqual(self.broken_by("abi/module.h", "const char* id)", "const void* id)"), [])


if __name__ == "__main__":
    unittest.main()
