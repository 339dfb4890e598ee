"""A data directory with a file system of its own, which can be full."""
import os
import pathlib
import tempfile

from network.private import run


class SmallDisk:
    """A tmpfs of `size_mib`. private.enter() comes before it. A tmpfs forgets nothing while it is mounted, so that it says nothing about
    loss of power."""

    def __init__(self, size_mib=512):
        self.size_mib = size_mib
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="tenon-disk-"))
        run("mount", "-t", "tmpfs", "-o", f"size={size_mib}m", "tenon-disk", str(self.path))

    def used_bytes(self):
        found = os.statvfs(self.path)
        return (found.f_blocks - found.f_bfree) * found.f_frsize

    def fill(self):
        """From now on nothing can be added (ENOSPC)."""
        while True:
            try:
                run("mount", "-o", f"remount,size={self.used_bytes()}", str(self.path))
                return
            except RuntimeError:
                if not os.path.ismount(self.path):
                    raise  # otherwise more was used meanwhile

    def free(self):
        run("mount", "-o", f"remount,size={self.size_mib}m", str(self.path))

    def close(self):
        """The processes that used it have ended."""
        run("umount", str(self.path))
        self.path.rmdir()
