#!/usr/bin/python3
"""Writes a program that prints size and offsets of every struct of the ABI headers, compiles it as C and as C++, and
compares what it prints with layout.golden.

  layout.py INCLUDE_DIR GOLDEN CC CXX            exits 1 and shows the difference when the layout has changed
  layout.py --update INCLUDE_DIR GOLDEN CC CXX   writes the golden file

A change to a stable header (abi/, host/, kind/) may only add lines at the end of a struct. A draft may change; its
number in draft/hash.h then does, too.
"""
import difflib
import pathlib
import re
import subprocess
import sys
import tempfile

STRUCT = re.compile(r"(?:typedef )?struct (tenon_\w+) \{(.*?)\n\}", re.S)
FUNCTION = re.compile(r"\(TENON_CALL\* (\w+)\)")
FIELD = re.compile(r"(\w+)(?:\[\d+\])?$")


def fields_of(body: str) -> list[str]:
    """Names of the members of a struct, in order. Arguments of function pointers are cut off first."""
    names = []
    for declaration in body.split(";"):
        declaration = " ".join(declaration.split())
        if not declaration:
            continue
        function = FUNCTION.search(declaration)
        names.append(function.group(1) if function else FIELD.search(declaration).group(1))
    return names


def structs_of(header: pathlib.Path) -> list[tuple[str, list[str]]]:
    text = re.sub(r"/\*.*?\*/", " ", header.read_text(), flags=re.S)
    return [(name, fields_of(body)) for name, body in STRUCT.findall(text)]


def program(include_dir: pathlib.Path) -> str:
    headers = [h for h in sorted((include_dir / "tenon").rglob("*.h")) if h.name not in ("hash.h", "sdk.h")]
    lines = ["#include <stdio.h>"]
    lines += [f"#include <{h.relative_to(include_dir)}>" for h in headers]
    lines += ["int main(void) {"]
    for header in headers:
        lines.append(f'  printf("# {header.relative_to(include_dir / "tenon")}\\n");')
        for name, fields in structs_of(header):
            lines.append(f'  printf("{name} %zu\\n", sizeof({name}));')
            for field in fields:
                lines.append(f'  printf("  {field} %zu %zu\\n", offsetof({name}, {field}),'
                             f" sizeof((({name}*)0)->{field}));")
    lines += ["  return 0;", "}", ""]
    return "\n".join(lines)


def output_of(source: str, compiler: list[str], suffix: str, include_dir: pathlib.Path) -> str:
    with tempfile.TemporaryDirectory() as work:
        file = pathlib.Path(work) / ("layout" + suffix)
        file.write_text(source)
        standard = "-std=c11" if suffix == ".c" else "-std=c++20"
        subprocess.run([*compiler, standard, "-Wall", "-Werror", f"-I{include_dir}", str(file), "-o", f"{work}/layout"],
                       check=True)
        return subprocess.run([f"{work}/layout"], check=True, capture_output=True, text=True).stdout


def main() -> int:
    arguments = [a for a in sys.argv[1:] if a != "--update"]
    include_dir, golden = pathlib.Path(arguments[0]), pathlib.Path(arguments[1])
    source = program(include_dir)
    as_c = output_of(source, arguments[2].split(), ".c", include_dir)
    as_cxx = output_of(source, arguments[3].split(), ".cc", include_dir)
    if as_c != as_cxx:
        print("the layout in C differs from that in C++", file=sys.stderr)
        return 1
    if as_c.count("\n") < 100:
        print("hardly any struct was found: this script no longer understands the headers", file=sys.stderr)
        return 1
    if "--update" in sys.argv:
        golden.write_text(as_c)
        return 0
    difference = list(difflib.unified_diff(golden.read_text().splitlines(), as_c.splitlines(), "golden", "now", lineterm=""))
    print("\n".join(difference), file=sys.stderr)
    return 1 if difference else 0


sys.exit(main())
