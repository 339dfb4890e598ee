"""A clean Debian 12 in a folder, to install packages in, and tenond running inside of it."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from built import run

# What tests use inside beside packages of ours.
INCLUDED = "mosquitto-clients"
SOURCE = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(REPO_URI) $(RELEASE) $(COMPONENT)"


def why_not():
    """Why no root can be made here; empty when one can."""
    if os.geteuid() != 0:
        return "a root of Debian needs the rights of root"
    for program in ("mmdebstrap", "apt-get", "setpriv"):
        if not shutil.which(program):
            return f"{program} is not installed"
    if not sources():
        return "this machine's apt knows no archive of Debian 12"
    return ""


def sources():
    """The archives of Debian that this machine itself installs from."""
    done = subprocess.run(["apt-get", "indextargets", "--format", SOURCE, "Identifier: Packages", "Origin: Debian"],
                          capture_output=True, text=True)
    return "".join(sorted(line + "\n" for line in set(done.stdout.splitlines()) if "bookworm" in line))


class DebianRoot:
    def __init__(self, copy_of=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tenon-root-"))
        self.path = self.folder / "root"
        if copy_of:
            run("cp", "-a", copy_of.path, self.path)
            return
        made = subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", f"--include={INCLUDED}", "--format=directory",
                               "bookworm", str(self.path), "-"], input=sources(), capture_output=True, text=True)
        if made.returncode != 0:
            raise AssertionError("no root of Debian could be made:\n" + made.stderr)
        self.run("apt-get", "-qq", "update")

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def __truediv__(self, place):
        return self.path / str(place).lstrip("/")

    def command(self, *command):
        # With a /proc of its own, which is gone with the command.
        return ["unshare", "--mount", "sh", "-c", 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"', str(self.path),
                *map(str, command)]

    def try_run(self, *command):
        return subprocess.run(self.command(*command), capture_output=True, text=True,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                                   "DEBIAN_FRONTEND": "noninteractive"})

    def run(self, *command):
        done = self.try_run(*command)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def bring(self, *files):
        """Copies files in; their names there."""
        (self / "packages").mkdir(exist_ok=True)
        for file in files:
            shutil.copy(file, self / "packages")
        return [f"/packages/{file.name}" for file in files]

    def install(self, *packages):
        """Files of packages, with what they depend on from Debian. What apt and the packages' scripts said."""
        return self.run("apt-get", "-y", "--no-install-recommends", "--allow-downgrades", "install", *self.bring(*packages))

    def places_named(self, word):
        """Every path outside the package manager's own that has the word in its name."""
        ignored = ("/packages/", "/var/cache/", "/var/lib/apt/", "/var/lib/dpkg/", "/proc/")
        found = ("/" + str(path.relative_to(self.path)) for path in self.path.rglob(f"*{word}*"))
        return sorted(place for place in found if not place.startswith(ignored))


class Daemon:
    """The packaged tenond as its unit starts it: its command, its user. A file of its own gives it a free port."""

    def __init__(self, root, config=None, prefix=(), unit="lib/systemd/system/tenon.service"):
        self.root = root
        conf_dir = root / "etc/tenon/conf.d"
        (conf_dir / "95-test.json").write_text(json.dumps(
            {"listeners": {"default": {"port": 0}}, "api": {"port": 0}, "log": {"format": "json"}}))
        if config:
            (conf_dir / "96-case.json").write_text(json.dumps(config))
        settings = dict(line.split("=", 1) for line in (root / unit).read_text().splitlines() if "=" in line and not line.startswith("#"))
        user = settings["User"]
        command = root.command("setpriv", "--reuid", user, "--regid", user, "--init-groups", "--inh-caps=-all",
                               "--bounding-set=-all", "--no-new-privs", *settings["ExecStart"].split())
        self.events = []
        self.process = subprocess.Popen([*prefix, *command], stderr=subprocess.PIPE, text=True)
        self.port = int(self.wait_for("listener.opened")["fields"]["port"])
        self.wait_for("node.started")

    @property
    def pid(self):
        """Of tenond itself, which may run below what watches it. Its root shares all processes with the machine: never look by name."""
        found = [self.process.pid]
        for pid in found:
            if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "tenond":
                return pid
            found += map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        raise AssertionError(f"none of {found} is tenond")

    def wait_for(self, name):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            line = self.process.stderr.readline()
            if not line:
                break
            if line.startswith("{"):
                self.events.append(json.loads(line))
                if self.events[-1]["event"] == name:
                    return self.events[-1]
        raise AssertionError(f"no {name}; tenond said {self.events}")

    def stop(self):
        self.process.terminate()
        for line in self.process.stderr:
            if line.startswith("{"):
                self.events.append(json.loads(line))
        self.process.stderr.close()
        return self.process.wait(timeout=30)

    def publish(self, topic, message, *options):
        self.root.run("mosquitto_pub", "-h", "127.0.0.1", "-p", self.port, "-t", topic, "-m", message, "-q", "1", *options)

    def receive(self, topic):
        """The first message of a topic, which must be there within seconds."""
        return self.root.run("mosquitto_sub", "-h", "127.0.0.1", "-p", self.port, "-t", topic, "-C", "1", "-W", "10").strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
