#!/usr/bin/python3
"""What packaging/lib/totals.py makes of a run: the line that decides whether a change is taken."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "lib" / "totals.py"

GTEST = """<testsuites><testsuite name="S">
  <testcase name="a" classname="S" status="run" result="completed"/>
  <testcase name="b" classname="S" status="run" result="completed"><failure message="no">a.cc:7
no</failure></testcase>
  <testcase name="c" classname="S" status="run" result="skipped"><skipped message="tool missing"/></testcase>
  <testcase name="d" classname="S" status="notrun" result="suppressed"/>
</testsuite></testsuites>"""


class Totals(unittest.TestCase):
    def run_totals(self, runs, reports=None, status="0", must_run=""):
        """(exit code, lines) for these lines of testlog.json, these gtest reports and this TENON_MUST_RUN."""
        with tempfile.TemporaryDirectory() as folder:
            base = pathlib.Path(folder)
            (base / "meson-logs").mkdir()
            if runs is not None:
                text = "".join(json.dumps({"stdout": "", "returncode": 0, **run}) + "\n" for run in runs)
                (base / "meson-logs" / "testlog.json").write_text(text)
            for name, report in (reports or {}).items():
                (base / f"{name}.xml").write_text(report)
            done = subprocess.run([sys.executable, str(SCRIPT), folder, status], capture_output=True, text=True, check=False,
                                  env={**os.environ, "TENON_MUST_RUN": must_run})
            return done.returncode, done.stdout.splitlines()

    def test_programs_without_cases_count_as_one(self):
        runs = [{"name": "tenon:layering / x", "result": "OK"}, {"name": "tenon:unit / y", "result": "EXPECTEDFAIL"}]
        self.assertEqual(self.run_totals(runs), (0, ["2 passed, 0 failed, 0 skipped"]))

    def test_cases_of_gtest_are_counted_and_named(self):
        code, lines = self.run_totals([{"name": "tenon:unit / base", "result": "FAIL", "returncode": 1}], {"base": GTEST})
        self.assertEqual(code, 1)
        self.assertEqual(lines, ["skipped: tenon:unit / base: S.c", "skipped: tenon:unit / base: S.d",
                                 "failed: tenon:unit / base: S.b", "    a.cc:7", "    no", "1 passed, 1 failed, 2 skipped"])

    def test_cases_of_tap_are_counted_and_named(self):
        tap = "ok 1 - a\n# it was 2\n# and not 1\nnot ok 2 - b\nok 3 - c # SKIP no tool\n# words\n1..3\n"
        code, lines = self.run_totals([{"name": "tenon:tidy / t", "result": "FAIL", "returncode": 1, "stdout": tap}])
        self.assertEqual(code, 1)
        self.assertEqual(lines, ["skipped: tenon:tidy / t: c", "failed: tenon:tidy / t: b", "     it was 2", "     and not 1",
                                 "1 passed, 1 failed, 1 skipped"])

    def test_a_program_that_crashes_after_good_cases_is_a_failure(self):
        good = GTEST.replace('<failure message="no">a.cc:7\nno</failure>', "")
        run = {"name": "tenon:unit / base", "result": "FAIL", "returncode": -11}
        code, lines = self.run_totals([run], {"base": good})
        self.assertEqual((code, lines[-1]), (1, "2 passed, 1 failed, 2 skipped"))
        self.assertIn("failed: tenon:unit / base (fail, exit code -11)", lines)

    def test_seeds_of_simulations_are_listed_but_for_those_that_were_to_fail(self):
        seed = "mixed seed 7: ok, digest 00ff, 81.5 s simulated, 50.1 per second; faults 3\n"
        bad = "mistake seed 1: FAILED, digest 00fe, 1.5 s simulated, 9.0 per second; faults 3\n"
        runs = [{"name": "tenon:sim / sim_mixed", "result": "OK", "stdout": seed},
                {"name": "tenon:sim / sim_mistake", "result": "OK", "stdout": bad + "mistake: caught with seed number 1\n"}]
        self.assertEqual(self.run_totals(runs), (0, ["simulated: mixed seed 7: ok, digest 00ff, 81.5 s simulated",
                                                     "2 passed, 0 failed, 0 skipped"]))

    def test_a_timeout_is_a_failure(self):
        code, lines = self.run_totals([{"name": "tenon:unit / slow", "result": "TIMEOUT", "returncode": -15}])
        self.assertEqual((code, lines[-1]), (1, "0 passed, 1 failed, 0 skipped"))

    def test_a_run_that_breaks_off_is_a_failure(self):
        code, lines = self.run_totals([{"name": "tenon:unit / x", "result": "OK"}], status="137")
        self.assertEqual((code, lines[-1]), (1, "1 passed, 1 failed, 0 skipped"))
        self.assertIn("failed: meson test ended with 137, and may not have come to all tests", lines)
        failed = [{"name": "tenon:unit / x", "result": "FAIL", "returncode": 1}]
        self.assertEqual(self.run_totals(failed, status="1")[1][-1], "0 passed, 1 failed, 0 skipped")

    def test_what_must_run_fails_where_it_is_skipped_or_missing(self):
        def campaign(skipped):
            tap = "ok 1 - Schedule.a\nok 2 - Campaign.b" + (" # SKIP not root" if skipped else "") + "\n1..2\n"
            return {"name": "tenon:scenario / cluster_campaign", "result": "OK", "stdout": tap}
        other = {"name": "tenon:scenario / cluster_partial", "result": "SKIP", "returncode": 77}
        for runs, must_run, failed in (([campaign(False), other], "cluster_campaign", 0), ([campaign(True)], "cluster_campaign", 1),
                                       ([campaign(True)], "", 0), ([campaign(False)], "cluster_campaign,cluster_partial", 1),
                                       ([campaign(False), other], "cluster_campaign,cluster_partial", 1)):
            with self.subTest(runs=runs, must_run=must_run):
                code, lines = self.run_totals(runs, must_run=must_run)
                self.assertEqual((code, sum(line.startswith("failed: ") for line in lines)), (failed, failed))
                self.assertIn(f" {failed} failed, ", lines[-1])

    def test_a_run_without_tests_fails(self):
        for runs in (None, [], [{"name": "tenon:unit / x", "result": "SKIP", "returncode": 77}]):
            code, lines = self.run_totals(runs)
            self.assertEqual((code, lines[-1].split(",")[0]), (1, "0 passed"))
            self.assertIn("failed: no test ran", lines)


if __name__ == "__main__":
    unittest.main()
