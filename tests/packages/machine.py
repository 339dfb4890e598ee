"""A Debian that is booted: systemd as its first process, a network and processes of its own, in a container."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

import debian_root


def why_not():
    return debian_root.why_not() or ("" if shutil.which("systemd-nspawn") else "systemd-nspawn is not installed")


class Machine:
    """Of a DebianRoot that has systemd; the root must not be used otherwise meanwhile."""

    def __init__(self, root):
        self.home = tempfile.TemporaryDirectory(prefix="tenon-machine-")
        name = self.home.name + "/notify"
        self.log = open(self.home.name + "/log", "w+")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            told.bind(name)
            self.process = subprocess.Popen(
                ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network", "--notify-ready=yes",
                 "--console=pipe", "--boot", "--directory", str(root.path)],
                env={**os.environ, "NOTIFY_SOCKET": name}, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
            self.first_process = self.wait_until_booted(told)

    def wait_until_booted(self, told, timeout_s=120):
        first_process = ready = None
        deadline = time.monotonic() + timeout_s
        while not (first_process and ready):
            told.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                message = told.recv(4096).decode()
            except TimeoutError:
                self.stop()
                raise AssertionError("the container does not boot:\n" + self.said()) from None
            found = re.search(r"^X_NSPAWN_LEADER_PID=(\d+)$", message, re.M)
            first_process = found[1] if found else first_process
            ready = ready or re.search(r"^READY=1$", message, re.M)
        return first_process

    def said(self):
        return pathlib.Path(self.log.name).read_text(errors="replace")

    def command(self, *command):
        return ["nsenter", "--target", self.first_process, "--mount", "--pid", "--uts", "--ipc", "--net",
                *map(str, command)]

    def run(self, *command):
        done = subprocess.run(self.command(*command), capture_output=True, text=True,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                                   "DEBIAN_FRONTEND": "noninteractive"})
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def show(self, property_of_service):
        return self.run("systemctl", "show", "tenon.service", "--value", "--property", property_of_service).strip()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        self.home.cleanup()


class Journal:
    """What the service's journal says from now on."""

    def __init__(self, machine):
        self.process = subprocess.Popen(machine.command("journalctl", "--follow", "--lines=0", "--output=cat", "--unit=tenon",
                                                        "--quiet"), stdout=subprocess.PIPE, text=True)

    def wait_for(self, text):
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if text in line:
                return line
        raise AssertionError(f"no \"{text}\" in:\n" + "".join(lines))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
