"""What processes spend their processor time on, as perf samples it, and what the kernel counts of their threads."""
import collections
import pathlib
import re
import subprocess
from dataclasses import dataclass

SAMPLES_PER_S = 997
KERNEL = "[kernel.kallsyms]"
FRAME = re.compile(r"\s*[0-9a-f]+ (.*) \((.*)\)$")

# Of the kernel, by what a sample passes through on its way: what stands first has it.
PLACES = tuple((name, re.compile(pattern)) for name, pattern in (
    ("disk", r"sync_file|sync_range|do_fsync|ext4_|xfs_|btrfs_|blk_|submit_bio|vfs_fsync|filemap_|writeback|generic_perform_write|io_schedule"),
    ("threads woken", r"try_to_wake_up|wake_up_q|wake_up_process"),
    ("threads switched", r"\b(__)?schedule\b|finish_task_switch|ret_from_fork"),
    ("TCP, delivery to the peer", r"tcp_v[46]_rcv|process_backlog|net_rx_action|__netif_receive"),
    ("TCP, writing", r"tcp_sendmsg|tcp_write_xmit|sock_sendmsg|sock_write_iter|tcp_push"),
    ("TCP, reading", r"tcp_recvmsg|sock_recvmsg|sock_read_iter"),
    ("epoll", r"epoll|ep_poll|ep_send_events"),
    ("pages", r"page_fault|handle_mm_fault|madvise|munmap|mmap"),
))
USER = (
    ("copies", re.compile(r"mem(move|cpy|set|cmp)")),
    ("heap", re.compile(r"^(_int_)?(malloc|free|calloc|realloc)|operator (new|delete)|^cfree|malloc_consolidate|unlink_chunk|tcache")),
)
LIBRARIES = (("libcrypto", "OpenSSL"), ("libssl", "OpenSSL"), ("libsqlite3", "SQLite"), ("librocksdb", "RocksDB"), ("libc.so", "libc"), ("[vdso]", "clock"))


@dataclass(frozen=True)
class Thread:
    """What the kernel has counted of one."""

    name: str
    ran_s: float
    waited_s: float  # ready to run
    slept: int  # times it gave its processor up by itself


def threads_of(pid):
    """By number; one that ends meanwhile is left out."""
    found = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            ran, waited, _ = (int(word) for word in (task / "schedstat").read_text().split())
            slept = re.search(r"^voluntary_ctxt_switches:\s*(\d+)", (task / "status").read_text(), re.MULTILINE)
            found[task.name] = Thread((task / "comm").read_text().strip(), ran / 1e9, waited / 1e9, int(slept[1]))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def place_of(chain):
    """Of a sample, whose (function, library) are the innermost first."""
    function, library = chain[0]
    if library == KERNEL:
        path = " ".join(name for name, where in chain if where == KERNEL)
        return next((place for place, pattern in PLACES if pattern.search(path)), "kernel, other")
    for place, pattern in USER:
        if pattern.search(function):
            return place
    return next((title for part, title in LIBRARIES if part in library), library.rsplit("/", 1)[-1])


def chains(lines):
    """Of the output of perf script: a list of (function, library) for each sample."""
    chain = []
    for line in lines:
        if found := FRAME.match(line):
            chain.append((found[1], found[2]))
        elif chain:
            yield chain
            chain = []
    if chain:
        yield chain


def sample(pids, seconds, directory):
    """Counters of samples by place, and by (function, library)."""
    file = str(pathlib.Path(directory) / "perf.data")
    subprocess.run(["perf", "record", "-q", "-g", "-e", "cpu-clock", "-F", str(SAMPLES_PER_S), "-p", ",".join(map(str, pids)), "-o", file,
                    "--", "sleep", str(seconds)], check=True, stderr=subprocess.DEVNULL)
    with subprocess.Popen(["perf", "script", "-i", file, "--no-inline", "-F", "ip,sym,dso"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True) as script:
        places, functions = collections.Counter(), collections.Counter()
        for chain in chains(script.stdout):
            places[place_of(chain)] += 1
            functions[chain[0]] += 1
    if script.returncode != 0 or not places:
        raise RuntimeError("perf has no samples")
    return places, functions
