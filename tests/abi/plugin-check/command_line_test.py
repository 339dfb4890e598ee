#!/usr/bin/python3
"""How tenon-plugin-check is called, and what it writes."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

import checker
from checker import SOUND, run

NO_NOTE = str(checker.ABI / "bad-plugins" / "auth-no_note.so")
STRICT = str(checker.ABI / "bad-plugins" / "auth-strict_options.so")

# (arguments, what standard error says of them)
WRONG = [
    ([], "name the plugin's .so file"),
    (["a.so", "b.so"], "one file at a time"),
    (["--jsno", SOUND], "there is no option --jsno"),
    ([SOUND, "--options"], "--options needs a value"),
    ([SOUND, "--options", "{"], "--options: not a JSON object"),
    ([SOUND, "--options", "[]"], "--options: not a JSON object"),
    ([SOUND, "--options-file", "/nowhere/x.json"], "--options-file /nowhere/x.json: can't be read"),
    ([SOUND, "--skip", "elf.exports"], "give a reason"),
    ([SOUND, "--skip", "elf.exports="], "give a reason"),
    ([SOUND, "--skip", "elf.nothing=why"], "there is no such check; --list names them"),
    ([SOUND, "--only", "elfs"], "no check begins so"),
    ([SOUND, "--timeout", "0"], "not a number of seconds"),
    ([SOUND, "--timeout", "5m"], "not a number of seconds"),
    ([SOUND, "--login", "ada"], "--login: not a JSON object of"),
    ([SOUND, "--login", '{"password": "x"}'], "--login: not a JSON object of"),
    ([SOUND, "--login", '{"username": "ada", "pasword": "x"}'], "--login: not a JSON object of"),
    ([SOUND, "--seed", "-1"], "not a number below"),
    ([SOUND, "--skip-file", "/nowhere/x"], "--skip-file /nowhere/x: can't be read"),
    (["/nowhere/auth-x.so"], "/nowhere/auth-x.so: "),
    (["/"], "not a regular file"),
    ([SOUND, "--only", "elf.note", "--junit", "/nowhere/x.xml"], "--junit /nowhere/x.xml: can't be written"),
]


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tenon-plugin-check-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def test_wrong_arguments_are_named(self):
        for arguments, words in WRONG:
            with self.subTest(arguments):
                status, _, err = run(*arguments)
                self.assertEqual(status, 2)
                self.assertIn(words, err)
                self.assertRegex(err, r"^tenon-plugin-check: [^\n]*\n$")

    def test_help_names_every_option(self):
        status, out, _ = run("--help")
        self.assertEqual(status, 0)
        for option in ("--options", "--options-file", "--plugin", "--login", "--only", "--skip", "--skip-file", "--seed", "--timeout", "--in-process",
                       "--json", "--junit", "--list", "--help"):
            self.assertIn(f"  {option} ", out)

    def test_list_has_a_line_per_check(self):
        status, out, _ = run("--list")
        self.assertEqual(status, 0)
        self.assertEqual([re.split(r"\s{1,}", line, maxsplit=1) for line in out.splitlines()],
                         [[one["name"], one["what"]] for one in checker.checks()])

    def test_text_has_one_line_per_check_and_one_of_totals(self):
        status, out, _ = run(NO_NOTE, "--only", "elf.")
        self.assertEqual(status, 1)
        *lines, totals = out.splitlines()
        self.assertEqual(len(lines), len([one for one in checker.checks() if one["name"].startswith("elf.")]))
        failed = [line for line in lines if line.startswith("fail")]
        self.assertEqual(len(failed), 1)
        self.assertRegex(failed[0], r"^fail  elf\.note +/\S+/auth-no_note\.so: has no \.note\.tenon.*; put TENON_MODULE")
        self.assertEqual(totals, f"{len(lines) - 2} passed, 0 warnings, 1 failed, 1 skipped")

    def test_json_has_totals(self):
        status, out, _ = run(SOUND, "--json", "--skip", "elf.exports=not ours")
        found = json.loads(out)
        self.assertEqual((status, found["file"]), (0, SOUND))
        without_login = [one for one in found["checks"] if one["reason"].startswith("needs a ")]
        self.assertEqual(found["totals"], {"pass": len(found["checks"]) - 1 - len(without_login), "warn": 0, "fail": 0,
                                           "skip": 1 + len(without_login)})

    def test_skipped_check_is_named_with_its_reason(self):
        status, out, _ = run(NO_NOTE, "--only", "elf.", "--skip", "elf.note=made by a linker of ours")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"(?m)^skip  elf\.note +\S+: as asked: made by a linker of ours$")

    def test_skipped_checks_may_stand_in_a_file(self):
        file = self.dir / "skipped"
        file.write_text("# known\n\nelf.note=made by a linker of ours\n")
        status, out, _ = run(NO_NOTE, "--only", "elf.", "--skip-file", file)
        self.assertEqual(status, 0)
        self.assertRegex(out, r"(?m)^skip  elf\.note +\S+: as asked: made by a linker of ours$")

    def test_login_makes_more_checks_run(self):
        file = checker.ABI / "plugin-check/auth/auth-none.so"
        self.assertEqual(checker.report(file, "--only", "auth.passwords")[1]["auth.passwords"]["verdict"], "skip")
        login = ["--login", '{"username": "ada", "password": "engine"}']
        self.assertEqual(checker.report(file, "--only", "auth.passwords", *login)[1]["auth.passwords"]["verdict"], "pass")
        wrong = ["--login", '{"username": "ada", "password": "engin"}']
        found = checker.report(file, "--only", "auth.answers", *wrong)[1]["auth.answers"]
        self.assertEqual(found["verdict"], "fail")
        self.assertIn("it is not allowed but gets DENY", found["reason"])

    def test_lines_come_while_later_checks_run(self):
        """The first line is there before a check that hangs has ended."""
        hangs = checker.ABI / "plugin-check" / "auth-hangs.so"
        with subprocess.Popen([checker.PROGRAM, hangs, "--timeout", "60"], stdout=subprocess.PIPE, text=True) as program:
            self.assertRegex(program.stdout.readline(), r"^pass  elf\.format ")
            self.assertIsNone(program.poll())
            program.terminate()

    def test_skipped_check_does_not_hold_up_others(self):
        status, found = checker.report(SOUND, "--skip", "elf.loads=known")
        self.assertEqual(status, 0)
        self.assertEqual(found["entry.module"]["verdict"], "pass")

    def test_junit_has_a_case_per_check(self):
        file = self.dir / "report.xml"
        status, out, _ = run(NO_NOTE, "--junit", file, "--skip", "elf.exports=a < b & \"c\"")
        self.assertEqual(status, 1)
        self.assertIn("1 failed", out)
        suite = xml.etree.ElementTree.parse(file).getroot()
        cases = {f"{case.get('classname')}.{case.get('name')}": case for case in suite}
        self.assertEqual(list(cases), [one["name"] for one in checker.checks()])
        self.assertEqual((suite.get("name"), suite.get("failures")), (NO_NOTE, "1"))
        self.assertIn("has no .note.tenon", cases["elf.note"].find("failure").get("message"))
        self.assertEqual(cases["elf.exports"].find("skipped").get("message"), 'as asked: a < b & "c"')

    def test_options_reach_the_plugin(self):
        file = self.dir / "options.json"
        file.write_text('{"file": "x"}')
        self.assertEqual(run(STRICT, "--options", '{"file": "x"}')[0], 0)
        self.assertEqual(run(STRICT, "--options-file", file)[0], 0)
        status, out, _ = run(STRICT)
        self.assertEqual(status, 1)
        self.assertRegex(out, r"(?m)^fail  lifecycle\.create-destroy .*file.*--options")

    def test_where_no_process_can_be_made_nothing_is_killed_and_the_check_says_so(self):
        log = checker.ABI / "plugin-check/journals/log-none.so"
        engine = checker.BUILD / "plugins/storage/sqlite/storage-sqlite.so"
        env = {**os.environ, "LD_PRELOAD": str(checker.ABI / "plugin-check/libfork_fails.so")}
        env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        for file, name, more in ((log, "log.durable", ["--in-process"]), (engine, "storage.durable", ["--in-process"]),
                                 (log, "log.model", [])):
            with self.subTest(name):
                status, out, _ = run(file, "--only", name, *more, env=env)
                self.assertEqual(status, 1)
                self.assertRegex(out, rf"(?m)^fail  {re.escape(name)} .*: not run: no child process can be made")

    def test_plugin_that_the_module_has_not_is_named(self):
        self.assertEqual(run(SOUND, "--plugin", "sound")[0], 0)
        status, out, _ = run(SOUND, "--plugin", "ldap")
        self.assertEqual(status, 1)
        self.assertIn("the module has no plugin named ldap", out)

    def test_checks_run_in_this_process_if_asked(self):
        status, found = checker.report(SOUND, "--in-process", "--only", "process.exit")
        self.assertEqual(status, 0)
        self.assertEqual(found["process.exit"]["verdict"], "skip")
        self.assertEqual(checker.report(SOUND, "--in-process", "--only", "lifecycle.start-stop")[0], 0)

    def test_nothing_is_left_in_the_temporary_directory(self):
        hangs = checker.ABI / "plugin-check" / "auth-hangs.so"
        run(hangs, "--only", "lifecycle.start", "--timeout", "1", env={"TMPDIR": str(self.dir)})
        self.assertEqual(list(self.dir.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
