"""Tests of how a page is made of figures, and of what is said of the runs that they are of."""

import contextlib
import io
import json
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import unittest
import unittest.mock

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "counts"))

import brokers  # noqa: E402
import figures  # noqa: E402
import goals  # noqa: E402
import benches  # noqa: E402
import page  # noqa: E402
import report  # noqa: E402
import rows  # noqa: E402
import run_info  # noqa: E402

TOLD = {"command": "tests/load/compare.sh", "date": "2026-01-02", "commit": "0123456789", "changes": False, "current": True,
        "machine": "2 x some", "load": 0.1, "mosquitto": "2.0.11"}
CPU = next(cpu for cpu in goals.CPU if cpu.row == "p2p-q0")


def run_of(records, **told):
    """A report.Run of these records."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        for line in ({"run": {**TOLD, **told}}, *records, {"took_s": 60}):
            print(json.dumps(line), file=file)
        file.flush()
        return report.Run(pathlib.Path(file.name))


def measured(broker, number, cpu_us, failure=None, row=CPU.row):
    return {"row": row, "title": "title", "broker": broker, "round": number, goals.CPU_FIGURE: cpu_us, "failure": failure}


def rounds(*triples):
    """Of tenon, mosquitto and the floor, round by round."""
    return run_of([measured(name, number, us) for number, triple in enumerate(triples, 1)
                   for name, us in zip(("tenon", "mosquitto", "floor"), triple)])


class RunTest(unittest.TestCase):
    def read(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write(text)
            file.flush()
            return report.read_runs([file.name])

    def test_figures_without_their_run_are_refused(self):
        with self.assertRaisesRegex(SystemExit, "description of a run"):
            self.read('{"row": "p2p-q0"}\n{"took_s": 1}\n')

    def test_figures_of_a_run_that_did_not_end_are_refused(self):
        with self.assertRaisesRegex(SystemExit, "did not end"):
            self.read(json.dumps({"run": TOLD}) + '\n{"row": "p2p-q0"}\n')

    def test_what_is_recorded_can_be_read(self):
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            path = pathlib.Path(folder) / "one.jsonl"
            with figures.recorded("size.sh", path) as record:
                record.row("size", "title", "8 MiB", {"MiB": 8.0})
            (run,) = report.read_runs([folder])
        self.assertEqual(run.values("size", "MiB"), {1: 8.0})
        self.assertTrue(run.told["command"].startswith("tests/load/size.sh"))

    def test_what_a_script_broke_off_is_none(self):
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
            path = pathlib.Path(folder) / "one.jsonl"
            with self.assertRaises(ValueError), figures.recorded("size.sh", path):
                raise ValueError
            self.assertNotIn("took_s", path.read_text())


class GoalTest(unittest.TestCase):
    def test_a_row_is_judged_by_the_ratios_to_the_floor_and_to_mosquitto_of_each_round(self):
        cells = report.cpu_line(CPU, [rounds((2, 100, 1), (4, 100, 2), (3, 100, 1.5))])
        self.assertEqual(cells[1], "3.000 (2.000 to 4.000)")
        self.assertEqual(cells[3:5], ["2.00 (2.00 to 2.00)", "<= 2.5"])
        self.assertEqual(cells[5:7], ["0.030 (0.020 to 0.040)", "<= 0.031"])
        self.assertEqual(cells[7], "")

    def test_what_misses_one_of_both_is_missed(self):
        cells = report.cpu_line(CPU, [rounds((2, 10, 1))])
        self.assertEqual(cells[3], "2.00")
        self.assertEqual(cells[5], "**0.200**")
        self.assertEqual(cells[7], "missed: not explained")

    def test_why_it_is_missed_is_told_once(self):
        cpu = next(cpu for cpu in goals.CPU if cpu.why and cpu.floor_us)
        run = run_of([measured(name, 1, us, row=cpu.row) for name, us in (("tenon", 100), ("mosquitto", 1), ("floor", 1))])
        self.assertEqual(report.cpu_line(cpu, [run])[7], f"missed: {cpu.why}")

    def test_what_failed_is_left_out(self):
        run = run_of([measured("tenon", 1, 1, "it ended"), measured("mosquitto", 1, 4)])
        self.assertIn("not measured", report.cpu_line(CPU, [run]))

    def test_the_last_run_with_a_figure_is_judged(self):
        goal = next(goal for goal in goals.SIZE if goal.row == "size")
        first, last = (run_of([{"row": "size", "title": "t", "text": "x", "figures": {"MiB": mib}}]) for mib in (7.0, 9.0))
        self.assertEqual(report.goal_line(goal, [first, last, rounds((1, 1, 1))])[1], "**9.00**")
        self.assertEqual(report.goal_line(goal, [last, first])[1], "7.00")

    def test_at_least_is_missed_below(self):
        goal = goals.Goal("storm", "connected_per_s", "t", 20, at_least=True)
        self.assertTrue(goal.is_reached([19, 20, 30]))
        self.assertFalse(goal.is_reached([19, 19, 30]))

    def test_all_that_nobody_measured_is_counted(self):
        text = "\n".join(report.goals_text([rounds((1, 100, 1))]))
        self.assertIn(f"2 of {len(goals.ALL)} goals are reached, 0 missed (bold), {len(goals.ALL) - 2} not measured.", text)

    def test_goals_of_rows_are_of_figures_that_these_have(self):
        of_rows = {row.name: row for row in rows.ROWS}
        for goal in goals.ALL:
            if goal.row in of_rows:
                with self.subTest(goal.row, figure=goal.figure):
                    self.assertIn(goal.figure, [metric.path for metric in of_rows[goal.row].metrics])
        for cpu in goals.CPU:
            self.assertEqual(of_rows[cpu.row].floor, cpu.floor_us > 0, cpu.row)


class PageTextTest(unittest.TestCase):
    def test_a_table_has_a_column_for_each_broker_and_ratios_of_the_rounds(self):
        row = next(row for row in rows.ROWS if row.name == CPU.row)
        lines = report.row_table(row, rounds((1, 4, 2), (3, 4, 2)))
        self.assertEqual(lines[0], "|  | tenon | mosquitto | floor | tenon / mosquitto | tenon / floor |")
        self.assertIn("| CPU us/delivery | 2.000 (1.000 to 3.000) | 4.000 (4.000 to 4.000) | 2.000 (2.000 to 2.000) | 0.50 (0.25 to 0.75) "
                      "| 1.00 (0.50 to 1.50) |", lines)

    def test_the_head_names_the_commit_the_machine_and_the_version_of_mosquitto(self):
        text = "\n".join(report.run_text([run_of([]), run_of([])]))
        self.assertIn("of commit 0123456789, 2026-01-02, 2 x some; beside mosquitto 2.0.11.", text)
        self.assertNotIn("Some of the runs", text)

    def test_the_head_says_that_runs_are_of_several_commits_or_of_none(self):
        text = "\n".join(report.run_text([run_of([]), run_of([], commit="abc", changes=True)]))
        self.assertIn("**2 commits**: 0123456789, abc", text)
        self.assertIn("Some of the runs are not of their commit alone", text)
        self.assertIn("Programs are older than their sources", report.told_of(run_of([], current=False)))

    def test_a_page_is_filled_again_and_again(self):
        text = "before\n<!-- run -->\nold\n<!-- end of run -->\nbehind\n"
        once = report.filled(text, "run", ["new"])
        self.assertEqual(once, "before\n<!-- run -->\n\nnew\n<!-- end of run -->\nbehind\n")
        self.assertEqual(report.filled(once, "run", ["new"]), once)
        with self.assertRaises(SystemExit):
            report.filled(text, "goals", [])

    def test_the_page_of_this_tree_has_a_place_for_all_blocks(self):
        text = page.PAGE.read_text(encoding="utf-8")
        for name in report.BLOCKS:
            text = report.filled(text, name, ["new"])
        self.assertEqual(text.count("\nnew\n"), len(report.BLOCKS))


class BuildTest(unittest.TestCase):
    """Of a build folder in which one program is made of one source."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tenon-report-"))
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "source").write_text("")
        (self.folder / "build.ninja").write_text("rule copy\n  command = cp $in $out\nbuild core/bin/tenond: copy source\n")
        os.utime(self.folder / "source", (1_000_000, 1_000_000))

    @unittest.skipUnless(shutil.which("ninja"), "needs ninja")
    def test_a_program_older_than_its_source_is_not_current(self):
        subprocess.run(["ninja", "-C", str(self.folder)], check=True, capture_output=True)
        self.assertIs(run_info.is_current(self.folder), True)
        os.utime(self.folder / "source")
        self.assertIs(run_info.is_current(self.folder), False)

    def test_what_ninja_does_not_know_is_neither(self):
        self.assertIsNone(run_info.is_current(self.folder))  # there is no program
        (self.folder / "core/bin").mkdir(parents=True)
        (self.folder / "core/bin/tenond").write_text("")
        (self.folder / "build.ninja").write_text("")
        self.assertIsNone(run_info.is_current(self.folder))

    def test_what_is_not_of_its_commit_is_doubted(self):
        self.assertEqual(list(run_info.doubts(TOLD)), [])
        for doubt in ({"changes": True}, {"current": False}, {"current": None}, {"commit": "unknown"}, {"scripts": "another"}):
            self.assertEqual(len(list(run_info.doubts({**TOLD, **doubt}))), 1, doubt)

    def test_the_tree_is_the_one_that_meson_was_told(self):
        (self.folder / "meson-info").mkdir()
        (self.folder / "meson-info/meson-info.json").write_text(json.dumps({"directories": {"source": "/somewhere"}}))
        self.assertEqual(run_info.tree_of(self.folder), pathlib.Path("/somewhere"))
        self.assertEqual(run_info.tree_of(self.folder / "none"), brokers.SOURCE_ROOT)

    def test_where_figures_go_is_no_part_of_the_command(self):
        self.assertEqual(run_info.shown(["a", "--json", "f", "b", "--json=g"]), ["a", "b"])


class BenchesTest(unittest.TestCase):
    def measure(self, said):
        with tempfile.TemporaryDirectory() as folder:
            bench = pathlib.Path(folder) / "bench"
            bench.write_text(f"#!/bin/bash\necho '{json.dumps({'benchmarks': said})}'\n")
            bench.chmod(0o700)
            with unittest.mock.patch.object(benches, "FOLDER", pathlib.Path(folder)):
                return benches.measure("bench", ".", 2)

    def test_rounds_are_told_by_benchmark_in_nanoseconds(self):
        said = [{"name": f"{name}{kind}", "run_name": name, "run_type": kind, "real_time": 2 * time, "cpu_time": time, "time_unit": unit}
                for name, kind, time, unit in (("none/0", "iteration", 10.0, "ns"), ("none/0", "iteration", 12.0, "ns"),
                                               ("none/0", "aggregate", 11.0, "ns"), ("all", "iteration", 1.5, "us"))]
        self.assertEqual(self.measure(said), {"none/0": ([20.0, 24.0], [10.0, 12.0]), "all": ([3000.0], [1500.0])})

    def test_one_that_failed_ends_the_script_with_its_words(self):
        with self.assertRaisesRegex(SystemExit, "append: a write failed"):
            self.measure([{"name": "append", "error_occurred": True, "error_message": "a write failed"}])


class ScriptPart(page.Part):
    """A part that is a script of the test's."""

    def command(self, is_trial):
        return [self.script]


class PartsTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tenon-page-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def run_script(self, text):
        """(whether it has come to figures, what is in the folder)"""
        script = self.folder / "script"
        script.write_text(f"#!/bin/bash\n{text}\n")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        with contextlib.redirect_stdout(io.StringIO()):
            there = page.run_part(ScriptPart("part", str(script)), self.folder, False)
        return there, {path.name for path in self.folder.iterdir()} - {"script", "part.log"}

    def test_figures_of_a_part_that_failed_are_not_taken_and_it_is_run_again(self):
        self.assertEqual(self.run_script('echo first >"$2"; exit 1'), (False, {"part.unfinished"}))
        self.assertEqual(self.run_script('echo second >"$2"'), (True, {"part.jsonl"}))
        self.assertEqual((self.folder / "part.jsonl").read_text(), "second\n")

    def test_a_part_that_is_there_is_not_run_again(self):
        self.run_script('echo first >"$2"')
        self.assertEqual(self.run_script("exit 1"), (True, {"part.jsonl"}))

    def test_parts_that_may_run_beside_others_do_so_behind_those_that_may_not(self):
        began = threading.Barrier(2, timeout=30)
        order = []

        def run_part(part, *_):
            order.append(part.beside)
            if part.beside:
                began.wait()
            return part.name != "fails"
        parts = [page.Part("fails", "script.sh", beside=True), page.Part("alone", "script.sh"), page.Part("beside", "script.sh", beside=True)]
        with unittest.mock.patch.object(page, "run_part", run_part):
            self.assertEqual([part.name for part in page.run_parts(parts, self.folder, False)], ["fails"])
        self.assertEqual(order, [False, True, True])

    def test_figures_of_another_commit_are_refused(self):
        (self.folder / "part.jsonl").write_text(json.dumps({"run": {**TOLD, "commit": "another"}}) + "\n")
        with self.assertRaisesRegex(SystemExit, "another"):
            page.refuse(TOLD, self.folder, [])

    def test_what_a_part_needs_and_is_not_here_is_named_before_anything_runs(self):
        part = page.Part("part", "script.sh")
        with unittest.mock.patch.object(page, "NEEDED", {"script.sh": ["no-such-program"]}):
            self.assertIn("script.sh needs no-such-program", list(page.lacking_programs([part])))
            self.assertNotIn("script.sh needs no-such-program", list(page.lacking_programs([])))

    def test_a_program_of_the_build_that_a_part_runs_is_needed_too(self):
        part = page.Part("part", "script.sh", ("title", "{build}/no/such/program", "3"))
        self.assertIn(f"script.sh needs {brokers.BUILD}/no/such/program", list(page.lacking_programs([part])))

    def test_a_trial_and_what_is_none_do_not_share_a_folder(self):
        page.mark_kind(self.folder, True)
        (self.folder / "part.jsonl").touch()
        page.mark_kind(self.folder, True)
        with self.assertRaisesRegex(SystemExit, "of a trial"):
            page.mark_kind(self.folder, False)
        (self.folder / "trial").unlink()
        page.mark_kind(self.folder, False)
        with self.assertRaisesRegex(SystemExit, "none"):
            page.mark_kind(self.folder, True)

    def test_parts_have_names_and_scripts_of_their_own(self):
        self.assertEqual(len({part.name for part in page.PARTS}), len(page.PARTS))
        self.assertEqual([part.name[:2] for part in page.PARTS], sorted(part.name[:2] for part in page.PARTS))
        for part in page.PARTS:
            self.assertTrue((page.SCRIPTS / part.script).exists(), part.script)


if __name__ == "__main__":
    unittest.main()
