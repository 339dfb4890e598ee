#!/usr/bin/python3
"""docs/reference/plugin-check.md says of each check what tenon-plugin-check --list says."""
import pathlib
import re
import unittest

import checker

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs" / "reference" / "plugin-check.md"


class ReferencePage(unittest.TestCase):
    def setUp(self):
        self.rows = re.findall(r"^\| `([\w.-]+)` \| (.+) \| (.+) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.M)

    def test_page_has_every_check_in_order_with_its_own_words(self):
        self.assertEqual([(name, what, repair) for name, what, _, repair in self.rows],
                         [(one["name"], one["what"], one["repair"]) for one in checker.checks()])

    def test_page_says_why(self):
        self.assertEqual([name for name, _, why, _ in self.rows if not why.endswith(".")], [])

    def test_needed_checks_stand_before(self):
        seen = set()
        for one in checker.checks():
            self.assertLessEqual(set(one["needs"]), seen, one["name"])
            seen.add(one["name"])


if __name__ == "__main__":
    unittest.main()
