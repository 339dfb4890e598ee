"""What a run says of the tree and the machine that it is of."""
import json
import os
import pathlib
import platform
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def machine():
    cpu = "processor unknown"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.split(":", 1)[1].strip()
            break
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return f"{os.cpu_count()} x {cpu}, {pages * size / 2**30:.0f} GiB, Linux {platform.release()}"


def tree_of(build):
    """The tree that was configured to be built there; that of these scripts where Meson says nothing."""
    try:
        return pathlib.Path(json.loads((build / "meson-info/meson-info.json").read_text())["directories"]["source"])
    except (OSError, ValueError, KeyError):
        return ROOT


def git(tree, *words):
    """What it prints; None: there is no git, or nothing that it knows."""
    try:
        done = subprocess.run(["git", "-C", str(tree), *words], capture_output=True, text=True)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def commit(tree=ROOT):
    return git(tree, "rev-parse", "--short=10", "HEAD") or "unknown"
