"""Tests outside this folder that show what no vector brings about, named by data: `FILE Suite.Name`, FILE below tests/."""
import pathlib
import re

TESTS = pathlib.Path(__file__).resolve().parents[1]


def is_there(name):
    """Whether this test is in the tree."""
    file, _, test = name.partition(" ")
    suite, _, case = test.partition(".")
    path = TESTS / file
    if not path.is_file():
        return False
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".cc":
        return bool(re.search(rf"^TEST(?:_[FP])?\({suite}, {case}\)", text, re.M))
    body = re.search(rf"^class {suite}\(.*?(?=^\S|\Z)", text, re.M | re.S)
    return bool(body and re.search(rf"^    (?:async )?def {case}\(self", body[0], re.M))


def written(name):
    """As a page shows it."""
    file, _, test = name.partition(" ")
    return f"`tests/{file}` {test}"
