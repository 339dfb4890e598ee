"""Puts this process into a network and a mount namespace of its own, so that what a test makes there is gone when the test is."""
import ctypes
import os
import shutil
import subprocess

TOOLS = ("ip", "nft", "nsenter", "mount", "umount")
_CLONE_NEWNS, _CLONE_NEWNET = 0x00020000, 0x40000000
_entered = False


def missing():
    """Why there can't be such a network here, or None."""
    if os.geteuid() != 0:
        return "not root: no network namespaces"
    for tool in TOOLS:
        if not shutil.which(tool):
            return f"{tool} is not installed"
    tried = subprocess.run(["unshare", "--net", "--mount", "sh", "-c", "ip link add name bridge0 type bridge && ip address add fd00::1/64 dev bridge0 && nft add table inet t"],
                           capture_output=True, text=True, check=False)
    return None if tried.returncode == 0 else "no network namespaces, bridges, IPv6 or nftables: " + tried.stderr.strip()


def run(*words):
    """Runs a command of the system; RuntimeError with what it wrote if it fails."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def enter():
    """Once for each process, however often it is called; from the main thread, before others are there. Children follow."""
    global _entered
    if _entered:
        return
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNS | _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    run("mount", "--make-rprivate", "/")
    os.makedirs("/run/netns", exist_ok=True)
    run("mount", "-t", "tmpfs", "-o", "size=1m", "netns", "/run/netns")
    run("ip", "link", "set", "lo", "up")
    _entered = True
