"""The stable headers as a library that tools can look into: one function for each struct and table."""
import pathlib
import re
import subprocess

FOLDERS = ("abi", "host", "kind")
STRUCT = re.compile(r"^typedef struct (tenon_\w+) \{", re.M)


def structs(include_dir):
    names = []
    for folder in FOLDERS:
        for header in sorted((pathlib.Path(include_dir) / "tenon" / folder).glob("*.h")):
            names += STRUCT.findall(header.read_text())
    return names


def compile_probe(include_dir, output):
    """Makes the library `output`, with debug information."""
    names = structs(include_dir)
    if len(names) < 20:
        raise AssertionError(f"hardly any struct was found: {names}")
    code = "#include <tenon/sdk.h>\n" + "".join(
        f"void probe_{name}(struct {name}* it); void probe_{name}(struct {name}* it) {{ (void)it; }}\n" for name in names)
    subprocess.run(["gcc", "-std=c11", "-g", "-O0", "-shared", "-fPIC", f"-I{include_dir}", "-x", "c", "-", "-o", output],
                   input=code, text=True, check=True)
