"""Packages of this tree, built by the commands of packaging/ once for each run of a test file."""
import atexit
import functools
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TIME = 1767225600  # of all builds of a run: a commit between two of them must not tell them apart


def run(*command, **options):
    """The output of a command that has to succeed."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def version():
    return re.search(r"^  version: '([^']*)'", (ROOT / "meson.build").read_text(), re.M)[1]


def build(script, *arguments, env=None, umask=0o022):
    """A folder with what packaging/SCRIPT makes; TENON_PACKAGES_JOBS says how many compilers may run at once."""
    output = pathlib.Path(tempfile.mkdtemp(prefix="tenon-packages-"))
    jobs = os.environ.get("TENON_PACKAGES_JOBS", str(os.cpu_count()))
    run(ROOT / "packaging" / script, "--output", output, "--jobs", jobs, *arguments, umask=umask,
        env={**os.environ, "SOURCE_DATE_EPOCH": str(TIME), **(env or {})})
    return output


def elf_files(folder):
    """Programs and libraries below a folder."""
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_file() and not path.is_symlink():
            with open(path, "rb") as file:
                if file.read(4) == b"\x7fELF":
                    yield path


def missing_hardening(path):
    """What a program or library lacks of what all of ours have."""
    text = run("readelf", "--wide", "--file-header", "--program-headers", "--dynamic", path)
    missing = []
    if not re.search(r"Type:\s+DYN", text):
        missing.append("position independence")
    if "GNU_RELRO" not in text or not re.search(r"\(FLAGS(_1)?\).*\bNOW\b", text) and "(BIND_NOW)" not in text:
        missing.append("full RELRO")
    if re.search(r"GNU_STACK.*\bRWE\b", text):
        missing.append("a stack without code")
    if re.search(r"\((RPATH|RUNPATH)\)", text):
        missing.append("being free of a search path")
    return missing


def kept(folder):
    """The same folder, which is removed when the tests end."""
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@functools.cache
def first_build(script):
    """What most tests look at."""
    return kept(build(script))
