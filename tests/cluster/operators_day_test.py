#!/usr/bin/python3
"""The operator's day, as operators_day.py plays it, with the programs as they are installed."""
import shutil
import unittest

from case import HERE  # noqa: F401
from operators_day import TOOLS, Day


class OperatorsDay(unittest.TestCase):
    @unittest.skipUnless(all(map(shutil.which, TOOLS)), "mosquitto-clients is not installed")
    def test_everything_that_an_operator_does_on_one_day_goes_as_it_should(self):
        said = []
        try:
            Day(say=lambda *lines: said.extend(lines)).play()
        except BaseException:
            print("\n".join("# " + line for line in "\n".join(said[-60:]).splitlines()), flush=True)
            raise


if __name__ == "__main__":
    unittest.main()
