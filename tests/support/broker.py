"""Starts tenond for a test: own configuration, own data, a port that the system chooses."""
import json
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time

BUILD = pathlib.Path(os.environ.get("TENON_BUILD_ROOT", pathlib.Path(__file__).resolve().parents[2] / "build"))
SOURCE = pathlib.Path(__file__).resolve().parents[2]


def plugin_dirs():
    return sorted({str(module.parent) for module in (BUILD / "plugins").rglob("*.so")})


class StartFailed(Exception):
    """tenond ended with `code` before it was ready; the text is what it wrote."""

    def __init__(self, log, code):
        super().__init__(log)
        self.code = code


class Broker:
    """One running tenond. Use as a context manager; the process ends with it, by signal TERM, then KILL.

    `snippets` are configuration files that are read as they are, before `config`. `program` and `vendor_dir` are those
    of an installed tenond. Without `start`, it waits to be told."""

    def __init__(self, config=None, plugin_path=None, data_dir=None, args=(), wait=True, env=None, snippets=(),
                 program=BUILD / "core/bin/tenond", vendor_dir=SOURCE / "conf.d", start=True):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="tenon-test-"))
        self.conf_dir = self.home / "conf.d"
        self.conf_dir.mkdir()
        self.data_dir = pathlib.Path(data_dir) if data_dir else self.home / "data"
        self.api_socket = self.home / "api.sock"
        self.log = ""
        base = {
            "node": {"data_dir": str(self.data_dir), "workers": 2},
            "plugins": {"path": plugin_path or plugin_dirs()},
            "listeners": {"default": {"bind": "127.0.0.1", "port": 0}},
            "api": {"unix": str(self.api_socket), "port": 0},
            "log": {"format": "json", "level": "info"},
        }
        self.write_config("50-test.json", base)
        for number, snippet in enumerate(snippets):
            shutil.copy(snippet, self.conf_dir / f"6{number}-{snippet.name}")
        if config:
            self.write_config("90-case.json", config)
        self.command = [str(program), "--vendor-dir", str(vendor_dir), "--conf-dir", str(self.conf_dir), *args]
        self.env = env
        self.process = None
        self.port = None
        if start:
            self.start(wait)

    def write_config(self, name, content):
        (self.conf_dir / name).write_text(json.dumps(content, indent=1))

    def start(self, wait=True):
        self.log = ""
        self.process = subprocess.Popen(self.command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                        env={**os.environ, **(self.env or {})})
        if not wait:
            return
        self.wait_for_event("node.started")
        opened = self.wait_for_event("listener.opened")
        self.port = int(opened["fields"]["port"])

    def _read_more(self, deadline):
        """Reads what tenond has written; False when it has ended."""
        left = max(0.0, deadline - time.monotonic())
        ready, _, _ = select.select([self.process.stderr], [], [], left)
        if not ready:
            raise TimeoutError("nothing written in time; so far:\n" + self.log)
        data = os.read(self.process.stderr.fileno(), 65536)
        self.log += data.decode(errors="replace")
        return bool(data)

    def events(self):
        found = []
        for line in self.log.splitlines():
            if line.startswith("{"):
                try:
                    found.append(json.loads(line))
                except ValueError:
                    pass
        return found

    def wait_for_event(self, name, timeout_s=30, after=0, **fields):
        """The first log record with this event name (and these fields) behind the first `after` ones."""
        deadline = time.monotonic() + timeout_s
        while True:
            for event in self.events()[after:]:
                shown = {k: str(v) for k, v in event.get("fields", {}).items()}
                if event.get("event") == name and all(shown.get(k) == str(v) for k, v in fields.items()):
                    return event
            if not self._read_more(deadline):
                raise StartFailed(self.log, self.process.wait())

    def get(self, path):
        """One GET over the unix socket of the API: (status, body)."""
        done = subprocess.run(["curl", "-sS", "--max-time", "10", "--unix-socket", str(self.api_socket), "-w",
                               "\n%{http_code}", "http://localhost" + path], capture_output=True, text=True, check=True)
        body, _, status = done.stdout.rpartition("\n")
        return int(status), body

    def metric(self, name, **labels):
        """The value of one series, or None."""
        _, body = self.get("/metrics")
        for line in body.splitlines():
            match = re.match(r"([a-z0-9_]+)(?:\{(.*)\})? (\S+)$", line)
            if not match or match[1] != name:
                continue
            shown = dict(re.findall(r'([a-z0-9_]+)="([^"]*)"', match[2] or ""))
            if all(shown.get(k) == str(v) for k, v in labels.items()):
                return float(match[3])
        return None

    def signal(self, number):
        self.process.send_signal(number)

    def drain(self):
        """Reads what tenond has written so far, so that it never has to wait for a reader."""
        while select.select([self.process.stderr], [], [], 0)[0]:
            data = os.read(self.process.stderr.fileno(), 65536)
            if not data:
                return
            self.log += data.decode(errors="replace")

    def kill(self):
        """SIGKILL, as in a crash."""
        self.process.kill()
        self.process.wait()

    def start_again(self):
        """With the same data, behind kill() or stop(); it listens on another port then."""
        self.process.stderr.close()
        self.start()

    def stop(self, timeout_s=30):
        """SIGTERM; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            _, rest = self.process.communicate(timeout=timeout_s)
            self.log += (rest or b"").decode(errors="replace")
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            if self.process.poll() is None:
                self.stop()
        finally:
            self.process.stderr.close()
            shutil.rmtree(self.home, ignore_errors=True)


def run_tenond(args, env=None, timeout_s=30):
    """Runs tenond to its end: (exit code, stdout, stderr)."""
    done = subprocess.run([str(BUILD / "core/bin/tenond"), *args], capture_output=True, text=True, timeout=timeout_s,
                          env={**os.environ, **(env or {})})
    return done.returncode, done.stdout, done.stderr
