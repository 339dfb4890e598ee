#!/usr/bin/python3
"""Writes the reference of the ABI out of the headers' own words.

  abi_reference.py INCLUDE_DIR PAGE           writes the page
  abi_reference.py --check INCLUDE_DIR PAGE   exits 1 when the page is not what would be written
"""
import pathlib
import re
import sys

FOLDERS = (("abi", "stable"), ("host", "stable"), ("kind", "stable"), ("draft", "draft"))
LEFT_OUT = {"hash.h"}
TOKEN = re.compile(
    r"(?P<comment>/\*.*?\*/)"
    r"|(?P<define>^#define (?P<name>TENON_\w+)(?P<parameters>\([^)]*\))?(?P<value>(?:\\\n|[^\n])*)$)"
    r"|(?P<struct>^typedef struct (?P<struct_name>\w+) \{(?P<body>.*?)^\} \w+;)"
    r"|(?P<typedef>^typedef [^{;]*;)", re.M | re.S)
MEMBER = re.compile(r"(?P<before>(?:/\*.*?\*/\s*)*)(?P<text>[^;/]+);(?P<after>[ \t]*/\*.*?\*/)?", re.S)
FUNCTION = re.compile(r"(?P<result>.*)\(TENON_CALL\* (?P<name>\w+)\)\s*\((?P<parameters>.*)\)$", re.S)
THREAD = re.compile(r"\s*\[(setup|worker|store|any)\](,[^.]*)?\.?\s*$")
HEAD = """# The plugin ABI

Every function, struct and number that a plugin and the broker share, in the words of the headers (`tenon/…` in tenon-sdk), which are the reference.
[docs/plugin-authors](../plugin-authors/README.md) explains how they work together, [rules.md](../plugin-authors/rules.md) what the threads are, and
[versions.md](../plugin-authors/versions.md) what *stable* and *draft* promise. Members stand in the order in which they lie in memory.

Made by `sdk/tools/abi_reference.py sdk/include docs/reference/abi.md`; a test compares.
"""


def plain(comment):
    """The text of a comment, on one line for each paragraph."""
    text = re.sub(r"^/\*\s*|\s*\*/$", "", comment.strip(), flags=re.S)
    lines = [re.sub(r"^\s*\* ?", "", line).strip() for line in text.splitlines()]
    paragraphs = [" ".join(part.split()) for part in "\n".join(lines).split("\n\n")]
    return [part for part in paragraphs if part]


def cell(text):
    return text.replace("|", "\\|").replace("<", "&lt;").strip()


def row_of(member):
    """(name, what it is declared as, thread, text); None for what is no member."""
    text = " ".join(member["text"].split())
    words = " ".join(part for comment in re.findall(r"/\*.*?\*/", (member["before"] or "") + (member["after"] or ""), re.S)
                     for part in plain(comment))
    thread = THREAD.search(words)
    words = THREAD.sub("", words)
    function = FUNCTION.match(text)
    if function:
        parameters = " ".join(function["parameters"].split())
        return function["name"], f"{function['result'].strip()} ({parameters})", thread[1] + (thread[2] or "") if thread else "", words
    declared = re.match(r"(?P<type>.*?)(?P<name>\w+)(?P<array>\[[^\]]*\])?$", text)
    return declared["name"], declared["type"].strip() + (declared["array"] or ""), "", words


def struct_lines(name, body, comment):
    lines = [f"### {name}", ""] + [line for part in comment for line in (cell(part), "")]
    rows = [row_of(member) for member in MEMBER.finditer(body)]
    has_threads = any(thread for _, _, thread, _ in rows)
    lines.append("| member | type | thread | |" if has_threads else "| member | type | |")
    lines.append("|---|---|---|---|" if has_threads else "|---|---|---|")
    for member, declared, thread, words in rows:
        parts = [f"`{member}`", f"`{declared}`".replace("|", "\\|")] + ([thread] if has_threads else []) + [cell(words)]
        lines.append("| " + " | ".join(parts) + " |")
    return lines + [""]


def number_row(token, text):
    value = " ".join(token["value"].replace("\\\n", " ").split())
    comment = re.search(r"/\*.*?(\*/|$)", value)
    words = " ".join(plain(comment[0])) if comment else ""
    value = re.sub(r"/\*.*", "", value).strip()
    return f"| `{token['name']}{token['parameters'] or ''}` | {('`' + value + '`') if value and not token['parameters'] else ''} | {cell(words)} |"


class Page:
    """The lines of one header; rows of numbers that follow each other are one table."""

    def __init__(self):
        self.lines = []
        self.in_table = False

    def text(self, paragraphs):
        self.end_table()
        for part in paragraphs:
            self.lines += [cell(part), ""]

    def number(self, row):
        if not self.in_table:
            self.lines += ["| name | value | |", "|---|---|---|"]
            self.in_table = True
        self.lines.append(row)

    def end_table(self):
        if self.in_table:
            self.lines.append("")
        self.in_table = False


def header_lines(path, folder, standing):
    source = path.read_text()
    source = source[source.index("TENON_EXTERN_C_BEGIN\n") if "TENON_EXTERN_C_BEGIN\n" in source else 0:]
    page, comment = Page(), []
    page.lines += [f"## {folder}/{path.name} ({standing})", ""]
    for token in TOKEN.finditer(source):
        if token["comment"]:
            page.text(comment)
            comment = plain(token["comment"])
            continue
        if token["define"] and not token["name"].startswith(("TENON_EXTERN_C", "TENON_DRAFT_HASH")) and not token["name"].endswith("_H"):
            if comment:
                page.text(comment)
            page.number(number_row(token, source))
        elif token["struct"]:
            page.end_table()
            page.lines += struct_lines(token["struct_name"], token["body"], comment)
        elif token["typedef"]:
            page.text(comment)
            page.text([f"`{' '.join(token['typedef'].split())}`"])
        comment = []
    page.text(comment)
    return page.lines


def made(include_dir):
    lines = [HEAD]
    for folder, standing in FOLDERS:
        for path in sorted((include_dir / "tenon" / folder).glob("*.h")):
            if path.name not in LEFT_OUT:
                lines += header_lines(path, folder, standing)
    return "\n".join(lines).rstrip("\n") + "\n"


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    text, page = made(pathlib.Path(arguments[0])), pathlib.Path(arguments[1])
    if "--check" not in sys.argv:
        page.write_text(text)
        return 0
    if page.read_text() == text:
        return 0
    print(f"{page} is not what the headers say; run sdk/tools/abi_reference.py sdk/include docs/reference/abi.md", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
