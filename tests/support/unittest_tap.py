#!/usr/bin/python3
"""Runs the unittest cases of one file and reports each as a TAP line, so that skips and failures are counted singly."""
import importlib.util
import pathlib
import sys
import traceback
import unittest


class Tap(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.count = 0
        self.subtests_failed = []

    def line(self, word, test, comment=""):
        self.count += 1
        print(f"{word} {self.count} - {test.id().split('.', 1)[-1]}{comment}", flush=True)

    def detail(self, error):
        for row in "".join(traceback.format_exception(*error)).splitlines():
            print("# " + row, flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.line("ok", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.detail(err)
        self.line("not ok", test)

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.detail(err)
            self.line("not ok", subtest)
            self.failures.append((subtest, ""))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.line("ok", test, f" # SKIP {reason}")


def main():
    path = pathlib.Path(sys.argv[1]).resolve()
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    result = Tap()
    unittest.defaultTestLoader.loadTestsFromModule(module).run(result)
    print(f"1..{result.count}", flush=True)
    sys.exit(0 if result.wasSuccessful() else 1)


main()
