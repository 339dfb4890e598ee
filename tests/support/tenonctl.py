"""Runs tenonctl against a broker of a test."""
import subprocess

from broker import BUILD


def tenonctl(broker, *args):
    """What it writes; an AssertionError with what it complains of."""
    done = subprocess.run([str(BUILD / "core/bin/ctl/tenonctl"), *args, "--endpoint", f"unix:{broker.api_socket}"],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout
