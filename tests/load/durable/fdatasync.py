"""How long a small write takes to be on the disk, beside whatever else writes there."""
import os
import tempfile
import threading
import time

from probe import p99_ms

INTERVAL_S = 0.01
BYTES = b"\0" * 512


class SyncProbe:
    """Appends BYTES and syncs them, again and again, while its context is open, in a file where temporary ones are."""

    def __enter__(self):
        self.took_s = []
        self._file = tempfile.TemporaryFile(prefix="tenon-sync-", buffering=0)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sync)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()
        self._file.close()

    def _sync(self):
        while not self._ended.wait(INTERVAL_S):
            began = time.monotonic()
            self._file.write(BYTES)
            os.fdatasync(self._file.fileno())
            self.took_s.append(time.monotonic() - began)

    def p99_ms(self):
        return p99_ms(self.took_s)
