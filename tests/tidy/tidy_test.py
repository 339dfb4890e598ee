#!/usr/bin/python3
"""Rules of the tree that no compiler sees. Each failure names the place and what to do instead."""
import collections
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

TOP_LEVEL = {"meson.build", "meson_options.txt", "core", "plugins", "sdk", "conf.d", "packaging", "tests", "docs",
             "README.md", "LICENSE"}
LINES_MAX = 800
FOLDER_SOURCES_MAX = 25
CODE = {".cc", ".c", ".h", ".hpp"}
TEXT = CODE | {".py", ".sh", ".md", ".json", ".build", ".txt", ".map", ".js", ".in", ".service", ".conf"}
# Written by programs of this tree, or inputs of tests that must stay as they are.
NOT_OURS = ("docs/reference/", "tests/fuzz/corpus/", "LICENSE")


def tree_files():
    """What belongs to the tree: what git knows or would add; without git, all but dot-files and build folders."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z", "-co", "--exclude-standard"],
                                capture_output=True, check=True).stdout
        found = [ROOT / name.decode() for name in listed.split(b"\0") if name]
    else:
        found = [p for p in ROOT.rglob("*") if not re.match(r"build|\.", p.relative_to(ROOT).parts[0])]
    return sorted(p for p in found if p.is_file() and not p.is_symlink() and "__pycache__" not in p.parts)


FILES = tree_files()


def place(path):
    return str(path.relative_to(ROOT))


def is_text(path):
    is_script = path.suffix == "" and path.read_bytes()[:2] == b"#!"
    return (path.suffix in TEXT or is_script) and not place(path).startswith(NOT_OURS)


TEXT_FILES = [p for p in FILES if is_text(p)]
CODE_FILES = [p for p in TEXT_FILES if p.suffix in CODE]


def lines_with(pattern):
    """FILE:LINE of every text file's line in which the pattern is found."""
    return [f"{place(path)}:{number}" for path in TEXT_FILES
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if pattern.search(line)]


class Tidy(unittest.TestCase):
    def check(self, wrong, instead):
        if wrong:
            self.fail(f"{instead}:\n" + "\n".join(wrong))

    def test_top_level_has_the_fixed_names_only(self):
        names = {p.relative_to(ROOT).parts[0] for p in FILES}
        self.check(sorted(n for n in names if n not in TOP_LEVEL and not n.startswith(".")),
                   "put these into one of the folders " + " ".join(sorted(TOP_LEVEL)))

    def test_text_files_are_utf8(self):
        wrong = []
        for path in TEXT_FILES:
            try:
                path.read_bytes().decode("utf-8")
            except UnicodeDecodeError as error:
                wrong.append(f"{place(path)}: {error}")
        self.check(wrong, "save these as UTF-8")

    def test_files_are_short(self):
        counts = {p: p.read_bytes().count(b"\n") for p in TEXT_FILES if p.suffix != ".json"}
        self.check([f"{place(p)}: {n} lines" for p, n in counts.items() if n > LINES_MAX],
                   f"split these by what they do; {LINES_MAX} lines is the end")

    def test_folders_are_small(self):
        parts = {(p.parent, p.stem) for p in CODE_FILES}  # a header and its source are one
        counts = collections.Counter(folder for folder, _ in parts)
        self.check([f"{place(folder)}: {n} sources" for folder, n in sorted(counts.items())
                    if n > FOLDER_SOURCES_MAX],
                   f"make two folders of each; {FOLDER_SOURCES_MAX} sources is the end")

    def test_nothing_is_left_to_do(self):
        words = "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"))
        self.check(lines_with(re.compile(rf"\b({words})\b")), "do it now, or open an issue and say so there")

    def test_no_path_of_somebodys_machine(self):
        self.check(lines_with(re.compile(r"(?<![\w.*%>}/])/(work|root|home)/")),
                   "use a path relative to the tree, a temporary folder, or an option")

    def test_no_white_space_at_the_end_of_lines(self):
        self.check(lines_with(re.compile(r"[ \t\r]$")), "remove it")

    def test_files_end_with_one_newline(self):
        wrong = []
        for path in TEXT_FILES:
            content = path.read_bytes()
            if content and (not content.endswith(b"\n") or content.endswith(b"\n\n")):
                wrong.append(place(path))
        self.check(wrong, "end these with a newline, and no more than one")

    def test_every_folder_of_code_says_what_it_is(self):
        def is_described(folder):
            above = folder.parent / "README.md"
            return (folder / "README.md").is_file() or (
                above.is_file() and f"{folder.name}/" in above.read_text(encoding="utf-8"))

        folders = {p.parent for p in CODE_FILES if place(p).startswith(("core/", "plugins/"))}
        self.check([place(f) for f in sorted(folders) if not is_described(f)],
                   "add a README.md of a few lines (what it is, its order of reading, what it may use), or name the "
                   "folder in the README.md above it")

    def test_headers_can_be_included_twice(self):
        wrong = []
        for path in CODE_FILES:
            if path.suffix not in (".h", ".hpp"):
                continue
            text = path.read_text(encoding="utf-8")
            if "#pragma once" not in text and not re.search(r"^#ifndef (\w+)\n#define \1\b", text, re.MULTILINE):
                wrong.append(place(path))
        self.check(wrong, "begin with #pragma once, or with an include guard in a header of the C ABI")

    def test_abi_headers_are_plain_c(self):
        wrong = [place(p) for p in CODE_FILES if place(p).startswith("sdk/include/")
                 and "#pragma once" in p.read_text(encoding="utf-8")]
        self.check(wrong, "use an include guard: these headers are for every C compiler")

    def test_sources_are_formatted(self):
        clang_format = shutil.which("clang-format-14")
        if not clang_format:
            self.skipTest("clang-format-14 is not installed")
        files = [str(p) for p in CODE_FILES]
        groups = [files[i::16] for i in range(16) if files[i::16]]

        def complaints(group):
            done = subprocess.run([clang_format, "--dry-run", *group], capture_output=True, text=True)
            return set(re.findall(r"^(\S+?):\d+:\d+: warning: code should be clang-formatted", done.stderr, re.MULTILINE))

        with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            wrong = set().union(*pool.map(complaints, groups))
        self.check(sorted(os.path.relpath(p, ROOT) for p in wrong), "run clang-format-14 -i on these")


if __name__ == "__main__":
    unittest.main()
