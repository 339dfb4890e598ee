"""Brokers set up for the vectors: tenond of the build, and mosquitto where it is installed."""
import contextlib
import getpass
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import Broker  # noqa: E402
from wire import Target  # noqa: E402

# What the vectors with `needs: accounts` build on: one user, and topics that nobody may use.
USER, PASSWORD = "conform", "secret"
RULES = "topic readwrite #\ntopic readwrite $conform/#\ntopic deny denied/#\n"
ACL = f"{RULES}\nuser {USER}\n{RULES}"
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
TENON_PROVIDES = ("accounts", "maximum", "one-copy", "reasons", "websocket")
HAS_ACCOUNTS = shutil.which("mosquitto_passwd") is not None


@contextlib.contextmanager
def _accounts():
    """(password file, ACL file) or nothing where mosquitto_passwd is missing."""
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        passwords, acl = pathlib.Path(folder) / "passwords", pathlib.Path(folder) / "acl"
        passwords.touch(mode=0o600)
        acl.write_text(ACL)
        if HAS_ACCOUNTS:
            subprocess.run(["mosquitto_passwd", "-b", str(passwords), USER, PASSWORD], check=True, capture_output=True)
        yield passwords, acl


@contextlib.contextmanager
def tenon():
    """The Target that a tenond is; it ends with the context."""
    with _accounts() as (passwords, acl):
        options = {"password_file": str(passwords), "acl_file": str(acl), "anonymous": True}
        config = {"plugins": {"websocket": {}},
                  "listeners": {"web": {"bind": "127.0.0.1", "port": 0, "stack": ["tcp", "websocket"]}}}
        if HAS_ACCOUNTS:
            config["plugins"]["file"] = {"options": options}
            config["auth"] = {"anonymous": "always", "chain": {"file": {"enable": True, "order": 1}}}
        with Broker(config=config) as broker:
            provides = [word for word in TENON_PROVIDES if word != "accounts" or HAS_ACCOUNTS]
            plain, web = (int(broker.wait_for_event("listener.opened", listener=name)["fields"]["port"])
                          for name in ("default", "web"))
            yield Target("127.0.0.1", [plain], web, provides)


@contextlib.contextmanager
def mosquitto():
    """The same for mosquitto, with the settings that its package has for what the vectors ask."""
    port, websocket = _free_ports(2)
    with _accounts() as (passwords, acl):
        config = acl.parent / "mosquitto.conf"
        config.write_text(f"listener {port} 127.0.0.1\nlistener {websocket} 127.0.0.1\nprotocol websockets\n"
                          f"allow_anonymous true\npassword_file {passwords}\n"
                          f"acl_file {acl}\nallow_zero_length_clientid true\nuser {getpass.getuser()}\n")
        process = subprocess.Popen([MOSQUITTO, "-c", str(config)], stderr=subprocess.DEVNULL)
        try:
            for one in (port, websocket):
                _wait_for_port(one, process)
            yield Target("127.0.0.1", [port], websocket, ("copies", "accounts", "websocket"))
        finally:
            process.terminate()
            process.wait()


def _free_ports(count):
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [probe.getsockname()[1] for probe in probes]


def _wait_for_port(port, process):
    deadline = time.monotonic() + 20
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("mosquitto does not listen") from None
            time.sleep(0.05)


def mosquitto_release():
    """As mosquitto says it: 2.0.11."""
    said = subprocess.run([MOSQUITTO, "-h"], capture_output=True, text=True, check=False).stdout
    return said.split()[2]
