#!/usr/bin/python3
"""What documents tell authors of plugins: code is cut out of an example, or a file that compiles; tables are whole. What
operators get with a package holds together there."""
import os
import pathlib
import re
import shlex
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/cluster")]
from faults.schedule import KINDS, schedule  # noqa: E402

SDK = ROOT / "sdk"
DOCUMENTS = [*sorted((ROOT / "docs/plugin-authors").glob("*.md")), *sorted(SDK.rglob("*.md"))]
SOURCES = {"c": ["*.c"], "cpp": ["*.cc"], "meson": ["meson.build"], "cmake": ["CMakeLists.txt"], "json": ["*.json"]}


def blocks(languages):
    """(document, language, lines) of each fenced block in one of these languages."""
    for document in DOCUMENTS:
        for language, code in re.findall(r"^```(\w+)\n(.*?)^```$", document.read_text(), re.M | re.S):
            if language in languages:
                yield str(document.relative_to(ROOT)), language, code


def is_cut_out(code, source):
    """Whether the lines of the code follow each other in the source, wherever they are indented."""
    part, whole = ([line.strip() for line in text.splitlines()] for text in (code, source))
    return any(whole[i:i + len(part)] == part for i in range(len(whole) - len(part) + 1))


class Attacks(unittest.TestCase):
    APART = {"ATTACK-25", "ATTACK-27"}  # below the table
    ARGUED = {"ATTACK-20"}

    def test_every_kind_has_a_row_and_what_shows_it_or_is_told_of_apart(self):
        page = (ROOT / "docs/reference/attacks.md").read_text()
        table, below = page.split("\n\nATTACK-", 1)
        rows = re.findall(r"^\| (ATTACK-\d+) \| [^|]+ \| ([^|]+) \|$", table, re.M)
        kinds = [f"ATTACK-{number}" for number in range(1, 31)]
        self.assertEqual([name for name, _ in rows], [name for name in kinds if name not in self.APART])
        self.assertEqual({name for name, by in rows if "`tests/" not in by}, self.ARGUED)
        for name in self.APART:
            self.assertRegex("ATTACK-" + below, rf"\b{name} \([^)]+\)")

    def test_files_of_the_table_name_the_attack_that_they_show(self):
        rows = re.findall(r"^\| (ATTACK-\d+) \|.*?\| ([^|]*) \|$", (ROOT / "docs/reference/attacks.md").read_text(), re.M)
        self.assertEqual(len(rows), len({name for name, _ in rows}))
        shown = 0
        for name, by in rows:
            for path in re.findall(r"`(tests/[a-z_/0-9]*_test\.(?:py|cc))`", by):
                shown += 1
                with self.subTest(name, path=path):
                    self.assertRegex((ROOT / path).read_text(), name + r"\b")
        self.assertGreater(shown, 30)

    def test_rules_of_overload_are_shown_by_tests_that_are_there(self):
        section = (ROOT / "docs/reference/attacks.md").read_text().split("## Overload\n")[1]
        rows = re.findall(r"^\| ([^|]*) \| ([^|]*`tests/[^|]*) \|$", section, re.M)
        self.assertEqual(len(rows), section.count("\n|") - 2, "each rule names what shows it")
        self.assertGreater(len(rows), 9)
        for rule, by in rows:
            named = re.findall(r"`(tests/[^`]*)`", by)
            with self.subTest(rule):
                self.assertEqual([path for path in named if not (ROOT / path).is_file()], [])
                self.assertTrue(any(re.search(r"_test\.(py|cc)$", path) for path in named), "figures alone show nothing")


class Simulator(unittest.TestCase):
    def test_the_reference_has_every_key_and_fault_of_a_workload(self):
        keys = re.findall(r'\{"(\w+)",\s*\[', (ROOT / "tests/sim/workload.cc").read_text())
        faults = re.findall(r'"(\w+)"', (ROOT / "tests/sim/faults/fault.cc").read_text().split("words = {")[1].split("}")[0])
        self.assertGreater(len(keys), 40)
        self.assertGreater(len(faults), 20)
        reference = (ROOT / "docs/reference/simulator.md").read_text()
        named = set(re.findall(r"`(\w+)`", reference)) | {"about"} | {"every_s", "for_s"}
        self.assertEqual(set(keys + faults) - named, set())


def number(text):
    return float(text.replace(",", ""))


class Campaign:
    """A row of the tables of docs/reliability.md."""

    def __init__(self, line):
        _, command, *figures, messages, deliveries, violations, _ = (cell.strip() for cell in line.split("|")[1:-1])
        self.command = command.strip("`")
        self.nodes, self.seed, self.minutes, self.faults = map(float, figures)
        self.acknowledged, self.sent = map(number, messages.split(" of ")) if " of " in messages else (0, 0)
        self.deliveries = number(deliveries) if deliveries != "not noted" else 0
        self.is_clean = violations == "0"

    def option(self, name, otherwise=None):
        words = shlex.split(self.command)
        return words[words.index(name) + 1] if name in words else otherwise


def totals(rows):
    def sum_of(name):
        return sum(getattr(row, name) for row in rows)
    return (f"{len(rows)} | {round(sum_of('minutes'), 2):g} | {sum_of('faults'):,.0f} | {sum_of('acknowledged'):,.0f} of {sum_of('sent'):,.0f} | "
            f"{sum_of('deliveries'):,.0f} | {sum_of('is_clean')}")


class Campaigns(unittest.TestCase):
    """What docs/reliability.md says of runs holds together."""

    def setUp(self):
        self.text = (ROOT / "docs/reliability.md").read_text()
        self.today, self.earlier = ([Campaign(line) for line in self._section(name) if "`campaign.sh" in line] for name in
                                    ("### Runs whose commands draw the same faults today", "### Runs of earlier draws"))

    def _section(self, name):
        return self.text.split(name + "\n")[1].split("\n#")[0].splitlines()

    def test_the_totals_are_those_of_the_rows(self):
        self.assertGreater(len(self.earlier), 30)
        for name, rows in (("the same faults today", self.today), ("earlier draws", self.earlier), ("all", self.today + self.earlier)):
            self.assertIn(f"| {name} | {totals(rows)} |", self._section("### Totals"))

    def test_columns_say_what_the_command_says(self):
        for row in self.today + self.earlier:
            with self.subTest(row.command):
                self.assertEqual([row.nodes, row.seed, row.minutes],
                                 [float(row.option(name, 3)) for name in ("--nodes", "--seed", "--minutes")])

    def test_commands_of_the_first_table_draw_the_faults_that_struck(self):
        for row in self.today:
            kinds = tuple(row.option("--kinds", ",".join(KINDS)).split(","))
            with self.subTest(row.command):
                drawn = schedule(int(row.seed), row.minutes * 60, int(row.nodes), kinds)
                self.assertEqual(len(drawn), row.faults, "this row belongs to the runs of earlier draws")


class Documents(unittest.TestCase):
    def test_no_block_is_of_a_language_that_nothing_checks(self):
        named = {language for document in DOCUMENTS for language in re.findall(r"^```(\w+)$", document.read_text(), re.M)}
        self.assertEqual(named - set(SOURCES) - {"sh"}, set())

    def test_code_is_cut_out_of_an_example(self):
        seen = 0
        for document, language, code in blocks(SOURCES):
            if code.startswith("#include"):
                continue
            seen += 1
            sources = [path for pattern in SOURCES[language] for path in (SDK / "examples").rglob(pattern)]
            with self.subTest(document=document, code=code.splitlines()[0]):
                self.assertTrue(any(is_cut_out(code, path.read_text()) for path in sources), f"in no example:\n{code}")
        self.assertGreater(seen, 0)

    def test_whole_files_compile(self):
        seen = 0
        for document, language, code in blocks(("c", "cpp")):
            if not code.startswith("#include"):
                continue
            seen += 1
            compiler = ["g++", "-std=c++20", "-x", "c++"] if language == "cpp" else ["gcc", "-std=c11", "-x", "c"]
            done = subprocess.run([*compiler, "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden", "-fsyntax-only",
                                   f"-I{SDK / 'include'}", f"-I{SDK / 'cpp'}", "-"],
                                  input=code, capture_output=True, text=True)
            with self.subTest(document=document):
                self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(seen, 0)

    def test_links_lead_somewhere(self):
        for document in DOCUMENTS:
            for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
                with self.subTest(document=document.name):
                    self.assertTrue((document.parent / target).exists(), target)


class Packaged(unittest.TestCase):
    """The pages that the package of the broker has: packaging/deb/tenon.docs."""

    def test_links_lead_to_pages_of_the_packages(self):
        docs = ROOT / "docs"
        there = [docs / place for place in ("operate", "reference", "security.md", "plugin-authors")]  # the last in tenon-sdk
        # Reasons for those who work on the tree.
        there.append(docs / "decisions")
        pages = [page for place in there[:3] for page in (sorted(place.rglob("*.md")) if place.is_dir() else [place])]
        self.assertGreater(len(pages), 30)
        for page in pages:
            for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)\s]*)?\)", page.read_text()):
                target = pathlib.Path(os.path.normpath(page.parent / link))
                with self.subTest(page=page.name, link=link):
                    self.assertTrue(any(target.is_relative_to(place) for place in there) and target.exists())

    def test_every_plugin_has_a_page(self):
        plugins = {path.parent for path in (ROOT / "plugins").glob("*/*/README.md")}
        names = {f"{path.parent.name}-{path.name}.md" for path in plugins if path.name != "common" and path.parent.name != "shared"}
        self.assertEqual({page.name for page in (ROOT / "docs/reference/plugins").glob("*.md")}, names)


if __name__ == "__main__":
    unittest.main()
