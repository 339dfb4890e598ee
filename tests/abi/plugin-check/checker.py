"""Runs tenon-plugin-check, for the tests beside it."""
import concurrent.futures
import json
import os
import pathlib
import subprocess

BUILD = pathlib.Path(os.environ["TENON_BUILD_ROOT"])
PROGRAM = os.environ["TENON_PLUGIN_CHECK"]
ABI = BUILD / "tests" / "abi"
SOUND = str(ABI / "bad-plugins" / "auth-sound.so")


def run(*arguments, **kwargs):
    """(exit status, standard output, standard error)"""
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False, **kwargs)
    return done.returncode, done.stdout, done.stderr


def checks():
    """What --list --json says of each check, in order."""
    return json.loads(run("--list", "--json")[1])


def report(file, *arguments):
    """(exit status, {check: what the report says of it})"""
    status, out, err = run(file, "--json", *arguments)
    try:
        return status, {one["name"]: one for one in json.loads(out)["checks"]}
    except ValueError:
        raise AssertionError(f"{file}: no report but {out!r}, {err!r}") from None


# A check waits most of its time.
_pool = concurrent.futures.ThreadPoolExecutor(max_workers=3)


def begin_report(file, *arguments):
    """The same, to be waited for."""
    return _pool.submit(report, file, *arguments)
