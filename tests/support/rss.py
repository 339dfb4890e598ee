"""The memory of a process."""
import os
import pathlib


def rss_bytes(pid):
    """What of it is resident now, mapped files included."""
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGESIZE")
