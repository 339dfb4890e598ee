"""What /proc tells of a process."""
import os
import pathlib

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid):
    """CPU seconds since its start, by name of its threads."""
    found = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            name, fields = (task / "comm").read_text().strip(), (task / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue  # it has ended
        found[name] = found.get(name, 0) + (int(fields[11]) + int(fields[12])) / TICKS
    return found


def rss_bytes(pid):
    """What is in memory now and is its own: no pages of files."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise ValueError("no RssAnon")


def io_bytes(pid):
    """(handed to write calls, sent towards the disk) since its start."""
    lines = pathlib.Path(f"/proc/{pid}/io").read_text().splitlines()
    numbers = {name: int(number) for name, number in (line.split(": ") for line in lines)}
    return numbers["wchar"], numbers["write_bytes"]
