#!/usr/bin/python3
"""Compiles each ABI header by itself as C11 and C++20, and each header of the C++ layer as C++20, with every compiler
given, with all warnings as errors; and checks the rules of abi/base.h that a compiler can't.

  headers.py SDK_DIR COMPILER...        a compiler is "gcc", "g++", "clang++-14 -stdlib=libc++", ...; those whose name
                                        has "++" or "c++" take C++, the others C
"""
import concurrent.futures
import pathlib
import re
import subprocess
import sys

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror", "-fsyntax-only", "-x"]

# Words that no struct or signature may have: their size depends on the compiler.
FORBIDDEN = re.compile(r"\b(int|long|short|unsigned|signed|size_t|ssize_t|time_t|bool|_Bool|enum|float|double|wchar_t|FILE"
                       r"|errno)\b")


def compile_alone(compiler: list[str], header: str, includes: list[str]) -> str:
    is_cxx = "++" in compiler[0]
    language = ["c++", "-std=c++20"] if is_cxx else ["c", "-std=c11"]
    source = f"#include <{header}>\n#include <{header}>\nint tenon_nothing(void);\n"
    done = subprocess.run([*compiler, *WARNINGS, *language, *includes, "-"], input=source, capture_output=True, text=True)
    return f"{' '.join(compiler)} {language[1]} <{header}>:\n{done.stderr}" if done.returncode else ""


def check_words(header: pathlib.Path) -> str:
    text = re.sub(r"/\*.*?\*/", lambda c: "\n" * c.group(0).count("\n"), header.read_text(), flags=re.S)
    faults = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#") or "TENON_STATIC_ASSERT" in line:
            continue
        if FORBIDDEN.search(line):
            faults.append(f"{header}:{number}: not of a fixed width: {line.strip()}")
        if re.search(r"\w+\s*:\s*\d+\s*;", line):
            faults.append(f"{header}:{number}: a bitfield: {line.strip()}")
    return "\n".join(faults)


def check_sizes(header: pathlib.Path) -> str:
    """Every struct begins with struct_size, but for the small value types and the note, which says its size itself."""
    fixed = {"tenon_bytes", "tenon_span", "tenon_array", "tenon_kv", "tenon_write", "tenon_write_batch", "tenon_item",
             "tenon_page", "tenon_note", "tenon_group_id", "tenon_log_point", "tenon_log_entry", "tenon_log_write",
             "tenon_log_page", "tenon_peer_message", "tenon_committed", "tenon_group_peer",
             "tenon_balancer_replica"}
    text = re.sub(r"/\*.*?\*/", " ", header.read_text(), flags=re.S)
    faults = []
    for name, first in re.findall(r"struct (tenon_\w+) \{\s*([^;]*);", text):
        if name not in fixed and " ".join(first.split()) != "uint32_t struct_size":
            faults.append(f"{header}: {name} does not begin with struct_size")
    return "\n".join(faults)


def check_tags(header: pathlib.Path) -> str:
    """Every function pointer of a table has a thread tag in a comment before it, its own or one for several."""
    text = header.read_text()
    faults = []
    for name, body in re.findall(r"typedef struct (tenon_\w+) \{(.*?)\n\}", text, flags=re.S):
        if "TENON_CALL*" not in body or name in ("tenon_link_events",):  # that table says it once, above
            continue
        before = body[:body.index("TENON_CALL*")]
        if not re.search(r"\[(setup|worker|store|any)\]", before):
            faults.append(f"{header}: the first function of {name} has no thread tag")
    return "\n".join(faults)


def main() -> int:
    sdk = pathlib.Path(sys.argv[1])
    compilers = [c.split() for c in sys.argv[2:]]
    abi = sorted((sdk / "include").rglob("*.h"))
    layer = sorted((sdk / "cpp").rglob("*.hpp"))
    includes = [f"-I{sdk / 'include'}", f"-I{sdk / 'cpp'}"]
    jobs = [(c, str(h.relative_to(sdk / "include"))) for c in compilers for h in abi]
    jobs += [(c, str(h.relative_to(sdk / "cpp"))) for c in compilers for h in layer if "++" in c[0]]
    faults = [check(h) for h in abi for check in (check_words, check_sizes, check_tags)]
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        faults += pool.map(lambda job: compile_alone(job[0], job[1], includes), jobs)
    faults = [f for f in faults if f]
    print("\n".join(faults), file=sys.stderr)
    print(f"{len(abi)} headers of the ABI, {len(layer)} of the C++ layer, {len(jobs)} compilations")
    return 1 if faults or not abi or not layer else 0


sys.exit(main())
