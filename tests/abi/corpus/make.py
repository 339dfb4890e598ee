#!/usr/bin/python3
"""Makes the folder of a release: make.py RELEASE. Once: it refuses a release that has one."""
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

from probe import compile_probe

HERE = pathlib.Path(__file__).resolve().parent
SDK = HERE.parents[2] / "sdk"
COMMON = ["-O2", "-fPIC", "-shared", "-s", "-fvisibility=hidden", f"-I{SDK / 'include'}", f"-I{SDK / 'cpp'}",
          f"-ffile-prefix-map={SDK}=.", f"-Wl,--version-script={SDK / 'plugin.map'}", "-Wl,-z,now", "-Wl,-z,relro", "-Wl,-z,defs",
          "-Wl,--exclude-libs,ALL", "-Wl,--build-id=none"]
PLUGINS = {
    "auth-minimal.so": (["gcc", "-std=c11"], [SDK / "examples/auth-minimal/auth_minimal.c"],
                        {"user": "ann", "password": "open sesame"}),
    "auth-callout.so": (["g++", "-std=c++20", "-fvisibility-inlines-hidden", "-pthread"],
                     sorted((SDK / "examples/out-of-tree/auth-callout/src").glob("*.cc")), {"url": "http://127.0.0.1:9/"}),
}


def main():
    folder = HERE / sys.argv[1]
    folder.mkdir()
    told = {}
    for name, (compiler, sources, options) in PLUGINS.items():
        subprocess.run([*compiler, *COMMON, *map(str, sources), "-o", folder / name], check=True)
        told[name] = {"sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest(), "options": options}
    (folder / "plugins.json").write_text(json.dumps(told, indent=2) + "\n")
    with tempfile.TemporaryDirectory() as work:
        compile_probe(SDK / "include", f"{work}/probe.so")
        subprocess.run(["abidw", "--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", "--out-file", folder / "stable.abi",
                        f"{work}/probe.so"], check=True)


main()
