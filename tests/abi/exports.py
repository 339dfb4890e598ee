#!/usr/bin/python3
"""Checks what plugins show to the dynamic linker.

  exports.py INSPECT BUILD_DIR     INSPECT is tenon-plugin-inspect; every .so below BUILD_DIR is looked at

Each exports tenon_module_v1 and nothing else, has no unique symbols, text relocations, executable stack or search paths,
and its note says what its module says.
"""
import functools
import json
import pathlib
import re
import subprocess
import sys


@functools.cache
def drafts() -> dict[str, int]:
    """The number of each draft by the id that its header gives it."""
    headers = pathlib.Path(__file__).resolve().parents[2] / "sdk/include/tenon/draft"
    numbers = dict(re.findall(r"define TENON_DRAFT_HASH_(\w+) UINT64_C\((0x\w+)\)", (headers / "hash.h").read_text()))
    ids = {name: re.search(r'define TENON_\w+_ID "([^"]+)"', (headers / f"{name.lower()}.h").read_text())[1] for name in numbers}
    return {ids[name]: int(number, 16) for name, number in numbers.items()}


def faults_of(inspect: str, plugin: pathlib.Path) -> list[str]:
    done = subprocess.run([inspect, "--json", str(plugin)], capture_output=True, text=True)
    if done.returncode != 0:
        return [f"{plugin}: {done.stderr.strip()}"]
    found = json.loads(done.stdout)
    faults = []
    if found["exported"] != ["tenon_module_v1"]:
        faults.append(f"exports {found['exported']}")
    for word in ("unique_symbols", "text_relocations", "executable_stack", "search_paths"):
        if found[word]:
            faults.append(f"has {word}: {found[word]}")
    note, module = found["note"], found["module"]
    if note["level_required"] != module["level_required"]:
        faults.append("level of note and module differ")
    if sorted(note["kinds"]) != sorted({p["kind"] for p in module["plugins"]}):
        faults.append("kinds of note and module differ")
    used = {name for p in module["plugins"] for name in (p["kind"], *p["requires_host"])}
    hash_of_all = 0
    for name in used:
        hash_of_all ^= drafts().get(name, 0)
    if int(note["draft_hash"], 16) != hash_of_all:
        faults.append("draft hash of note and module differ")
    return [f"{plugin}: {f}" for f in faults]


def main() -> int:
    plugins = sorted(pathlib.Path(sys.argv[2]).rglob("*.so"))
    faults = [f for p in plugins for f in faults_of(sys.argv[1], p)]
    print("\n".join(faults), file=sys.stderr)
    print(f"{len(plugins)} plugins")
    return 1 if faults or not plugins else 0


sys.exit(main())
