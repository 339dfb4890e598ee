"""Brokers that a measurement starts on a loopback port and ends again.

Each start gets a directory of its own, which the caller removes. Only processes started here are ended.
"""

import glob
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time

USERNAME = "load"
PASSWORD = "load-password"
SOURCE_ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("TENON_BUILD_ROOT", SOURCE_ROOT / "build")).resolve()
GENERATOR = BUILD / "tests/load/tenon-load"
sys.path.append(str(SOURCE_ROOT / "tests/support"))
from certificate import certificate  # noqa: E402
from passwords import password_line, write_private  # noqa: E402


class StartError(Exception):
    """The broker did not come up; the text says what it printed."""


def free_port():
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    """One broker process. Subclasses say how to start it."""

    name = ""
    settings_name = None  # whose settings of a row it takes; None: its own name's
    poll_s = 0.02  # how often a start is looked at
    start_timeout_s = stop_timeout_s = 15
    authenticates = True  # asks for USERNAME and PASSWORD unless started anonymous

    def __init__(self):
        self.process = None
        self.port = 0
        self.tls_files = None  # certificate and key, while it was started to speak TLS

    def missing(self):
        """Why this broker can't be measured here; None when it can."""
        return None

    def supports(self, row):
        """Whether a row of rows.py can be asked of it."""
        return True

    def command(self, directory, anonymous, settings):
        raise NotImplementedError

    def start(self, directory, anonymous=False, settings=None, tls=False):
        """Starts it with files in `directory` and waits until it listens; `tls`: for links that speak TLS and no others.

        `settings`: per broker name, more lines of configuration (mosquitto; "{directory}" is that of the broker) or
        KEY=VALUE pairs (tenon).
        """
        self.port = free_port()
        self.tls_files = certificate(directory) if tls else None
        command = self.command(pathlib.Path(directory), anonymous, (settings or {}).get(self.settings_name or self.name, []))
        self.log = pathlib.Path(directory) / f"{self.name}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + self.start_timeout_s
        while not self._listens():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise StartError(f"{self.name} did not start ({' '.join(command)}):\n{self.log_tail()}")
            time.sleep(self.poll_s)

    def _listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def log_tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def stop(self):
        """Ends it, with SIGKILL when it does not go."""
        if not self.alive():
            return
        self.process.terminate()
        try:
            self.process.wait(self.stop_timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Mosquitto(Broker):
    name = "mosquitto"

    def __init__(self):
        super().__init__()
        self.program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")

    def missing(self):
        return None if self.program else "mosquitto is not installed"

    def version(self):
        """None: it is not installed."""
        if self.missing():
            return None
        said = subprocess.run([self.program, "-h"], capture_output=True, text=True).stdout.split()
        return said[2] if said[:2] == ["mosquitto", "version"] else "unknown"

    def command(self, directory, anonymous, settings):
        settings = [line.replace("{directory}", str(directory)) for line in settings]
        lines = [f"listener {self.port} 127.0.0.1", "log_dest none"]
        if "persistence true" not in settings:
            lines.append("persistence false")
        # A queue without limit: the generator bounds what waits, and dropping must not look like speed.
        lines.append("max_queued_messages 0")
        if os.geteuid() == 0:
            lines.append("user root")  # it must read the files of its directory
        if self.tls_files:
            lines += [f"certfile {self.tls_files[0]}", f"keyfile {self.tls_files[1]}"]
        if anonymous:
            lines.append("allow_anonymous true")
        else:
            passwords = write_private(directory / "passwords", password_line(USERNAME, PASSWORD))
            acl = write_private(directory / "acl", f"user {USERNAME}\ntopic readwrite #\n")
            lines += ["allow_anonymous false", f"password_file {passwords}", f"acl_file {acl}"]
        conf = write_private(directory / "mosquitto.conf", "\n".join(lines + settings) + "\n")
        return [self.program, "-c", str(conf)]


class Floor(Broker):
    name = "floor"
    authenticates = False

    def __init__(self, program=BUILD / "tests/load/tenon-floor"):
        super().__init__()
        self.program = pathlib.Path(program)

    def missing(self):
        return None if self.program.exists() else f"{self.program} is not built"

    def supports(self, row):
        return row.floor

    def command(self, directory, anonymous, settings):
        return [str(self.program), "--port", str(self.port)]


# Tenon with other engines than the shipped ones: the plugin of the states, that of the journal; or one engine for both.
ENGINES = {
    "tenon-rocksdb": {"main": "rocksdb"},
    "tenon-log-sqlite": {"journal": "sqlite"},
    "tenon-log-rocksdb": {"journal": "rocksdb"},
    "tenon-one-sqlite": {"both": "sqlite"},
    "tenon-one-rocksdb": {"both": "rocksdb"},
}
# Tenon with other settings than the shipped ones, for what they are worth.
VARIANTS = {
    "tenon-one-worker": ["node.workers=1"],
    "tenon-one-listener": ["plugins.tcp.options.reuse_port=false"],
    "tenon-delayed": ["plugins.tcp.options.nodelay=false"],
}
TENONS = ("tenon", *ENGINES, *VARIANTS)


def engines_conf(plugins):
    """The part of a configuration that names these plugins for the engines of the shipped one."""
    conf = {"plugins": {plugin: {} for plugin in plugins.values()}}
    conf["engines"] = {name: {"plugin": plugin} for name, plugin in plugins.items()}
    if "both" in plugins:
        conf["stores"] = {store: {"state": "both", "log": "both"} for store in ("dist", "inbox", "retain", "meta")}
    return conf


class Tenon(Broker):
    """tenond of BUILD, with the shipped defaults, a directory of its own, and what TENONS says of its name on top."""

    settings_name = "tenon"

    def __init__(self, sets=(), name="tenon"):
        super().__init__()
        self.name, self.engines = name, ENGINES.get(name, {})
        self.program = BUILD / "core/bin/tenond"
        self.sets = [*VARIANTS.get(name, ()), *sets]

    def missing(self):
        if not self.program.exists():
            return f"{self.program} is not built"
        engines = set(self.engines.values())
        built = {path.stem for path in (BUILD / "plugins").rglob("storage-*.so")}
        lacking = sorted(engine for engine in engines if f"storage-{engine}" not in built)
        return f"storage-{lacking[0]}.so is not built" if lacking else None

    def plugin_path(self):
        files = glob.glob(str(BUILD / "plugins" / "**" / "*.so"), recursive=True)
        return sorted({os.path.dirname(os.path.realpath(file)) for file in files})

    def conf(self, directory, anonymous):
        engines = engines_conf(self.engines)
        conf = {
            **engines,
            "node": {"data_dir": str(directory / "data")},
            "plugins": {"path": self.plugin_path(), **engines["plugins"]},
            "listeners": {"default": {"bind": "127.0.0.1", "port": self.port}},
            "api": {"port": free_port()},
        }
        if self.tls_files:
            chain, key = map(str, self.tls_files)
            conf["plugins"]["tls"] = {"options": {"certificate": chain, "key": key}}
            conf["listeners"]["default"]["stack"] = ["tcp", "tls"]
        if anonymous:
            conf["auth"] = {"anonymous": "always"}
            return conf
        passwords = write_private(directory / "passwords", password_line(USERNAME, PASSWORD))
        acl = write_private(directory / "acl", f"user {USERNAME}\ntopic readwrite #\n")
        options = {"password_file": str(passwords), "acl_file": str(acl)}
        conf["plugins"]["file"] = {}
        conf["auth"] = {"anonymous": "never", "chain": {"file": {"order": 50, "options": options}}}
        return conf

    def command(self, directory, anonymous, settings):
        conf_dir = directory / "conf.d"
        conf_dir.mkdir(mode=0o700)
        (directory / "data").mkdir(mode=0o700)
        (conf_dir / "90-load.json").write_text(json.dumps(self.conf(directory, anonymous), indent=2) + "\n")
        command = [str(self.program), "--vendor-dir", str(SOURCE_ROOT / "conf.d"), "--conf-dir", str(conf_dir)]
        for pair in self.sets + settings:
            command += ["--set", pair]
        return command
