"""What meson reads of a test that is no unittest."""
import sys


class Tap:
    """Lines of the Test Anything Protocol on standard output."""

    def __init__(self):
        self.count = self.failed = 0

    def line(self, good, name, comment=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}{comment}", flush=True)

    def end(self):
        print(f"1..{self.count}", flush=True)
        sys.exit(1 if self.failed else 0)


def detail(text):
    for row in str(text).splitlines():
        print("# " + row, flush=True)
