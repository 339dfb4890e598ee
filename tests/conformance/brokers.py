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
from certificates import Authority  # noqa: E402
import run  # noqa: E402
import scram_texts  # noqa: E402
from wire import SECURE, WEB, Target  # noqa: E402

# What the vectors with `needs: accounts` and `needs: scram` build on: one user, and topics that nobody else may use.
USER, PASSWORD = "conform", "secret"
RESPONSE_INFORMATION = "conform/"
RULES = "topic readwrite #\ntopic readwrite $conform/#\n"
ACL = f"{RULES}topic deny denied/#\n\nuser {USER}\n{RULES}"
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
# Of the tenond that most vectors are played against.
TENON_PROVIDES = ("accounts", "aliases", "goodbyes", "maximum", "one-copy", "punctual", "reasons", "response-information",
                  "retained-to-all", "scram", "unread-payloads", "websocket")
# Those beside it, by what they provide: their limits of `mqtt`. What only one of them has is played there alone.
OTHER_TENONS = {
    ("goodbyes", "no-aliases", "qos-0", "reasons"): {"qos_max": 0, "topic_alias_out_max": 0},
    ("goodbyes", "no-5"): {"versions": ["3.1.1"]},
    ("goodbyes", "reasons", "small-maxima"): {"receive_maximum": 3, "topic_alias_max": 3},
}
STACKS = {"tcp": ["tcp"], "tls": ["tcp", "tls"], "ws": ["tcp", "websocket"], "wss": ["tcp", "tls", "websocket"]}
HAS_OPENSSL = shutil.which("openssl") is not None  # which makes certificates
HAS_MOSQUITTO = MOSQUITTO is not None and shutil.which("mosquitto_passwd") is not None  # which makes its accounts


@contextlib.contextmanager
def _accounts():
    """(password file without users, ACL file)."""
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        passwords, acl = pathlib.Path(folder) / "passwords", pathlib.Path(folder) / "acl"
        passwords.touch(mode=0o600)
        acl.write_text(ACL)
        yield passwords, acl


@contextlib.contextmanager
def _spoken(transport):
    """(configuration of a tenond whose default listener speaks `transport`, the authority of its certificate or None)."""
    config = {"plugins": {}, "listeners": {"default": {"stack": STACKS[transport]}}}
    if transport not in SECURE:
        yield config, None
        return
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        authority = Authority(folder)
        certificate, key = authority.sign("server", "/CN=localhost", "IP:127.0.0.1")
        config["plugins"]["tls"] = {"options": {"certificate": str(certificate), "key": str(key)}}
        yield config, str(authority.certificate)


@contextlib.contextmanager
def tenon(transport="tcp"):
    """The Target that a tenond is; it ends with the context. REQUIRES: HAS_OPENSSL for a secure transport."""
    with _accounts() as (passwords, acl), _spoken(transport) as (spoken, authority):
        # Keys of SCRAM serve plain passwords, too.
        passwords.write_text(f"{USER}:{scram_texts.kept(PASSWORD)}\n")
        options = {"password_file": str(passwords), "acl_file": str(acl), "anonymous": True}
        web = {"bind": "127.0.0.1", "port": 0, "stack": STACKS["ws"]}
        config = {"plugins": {"websocket": {}, "file": {"options": options}, **spoken["plugins"]},
                  "listeners": {"web": web, **spoken["listeners"]},
                  "auth": {"anonymous": "always", "chain": {"file": {"enable": True, "order": 1}}},
                  "mqtt": {"response_information": RESPONSE_INFORMATION}}
        with Broker(config=config) as broker:
            yield Target("127.0.0.1", [_port(broker, "default")], transport, _port(broker, "web"), TENON_PROVIDES, authority)


@contextlib.contextmanager
def other_tenon(provides, transport="tcp"):
    """The same for one of OTHER_TENONS."""
    with _spoken(transport) as (spoken, authority):
        if transport in WEB:
            spoken["plugins"]["websocket"] = {}
        with Broker(config={**spoken, "mqtt": OTHER_TENONS[provides]}) as broker:
            yield Target("127.0.0.1", [_port(broker, "default")], transport, None, provides, authority)


def play_tenons(vectors, transport="tcp", one=run.play_one):
    """What run.play_all() says of all vectors, each against the first tenond that has what it needs."""
    with tenon(transport) as target:
        results = run.play_all(run.keys(vectors, provided=target.provides), target, one)
    for provides in OTHER_TENONS:
        with other_tenon(provides, transport) as target:
            results.update(run.play_all(run.own_keys(vectors, provides, TENON_PROVIDES), target, one))
    return results


def _port(broker, listener):
    return int(broker.wait_for_event("listener.opened", listener=listener)["fields"]["port"])


@contextlib.contextmanager
def mosquitto():
    """The same for mosquitto, with the settings that its package has for what the vectors ask. REQUIRES: HAS_MOSQUITTO."""
    port, websocket = _free_ports(2)
    with _accounts() as (passwords, acl):
        subprocess.run(["mosquitto_passwd", "-b", str(passwords), USER, PASSWORD], check=True, capture_output=True)
        config = acl.parent / "mosquitto.conf"
        config.write_text(f"listener {port} 127.0.0.1\nlistener {websocket} 127.0.0.1\nprotocol websockets\n"
                          f"allow_anonymous true\npassword_file {passwords}\n"
                          f"acl_file {acl}\nallow_zero_length_clientid true\nuser {getpass.getuser()}\n")
        process = subprocess.Popen([MOSQUITTO, "-c", str(config)], stderr=subprocess.DEVNULL)
        try:
            for one in (port, websocket):
                _wait_for_port(one, process)
            yield Target("127.0.0.1", [port], "tcp", websocket, ("accounts", "copies", "retained-to-all", "unread-payloads", "websocket"))
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
    """As mosquitto says it: 2.0.11. REQUIRES: HAS_MOSQUITTO."""
    said = subprocess.run([MOSQUITTO, "-h"], capture_output=True, text=True, check=False).stdout
    return said.split()[2]
