#!/usr/bin/python3
"""Configurations of Mosquitto as people have them: imported, accepted by tenond, and their users let in."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import BUILD, SOURCE, Broker, plugin_dirs, run_tenond  # noqa: E402
from link import Link  # noqa: E402

HOME = """# A house with some sensors.
per_listener_settings false
listener 1883
allow_anonymous false
password_file {dir}/passwd
acl_file {dir}/acl
persistence true
persistence_location /mosquitto/data/
log_dest file /mosquitto/log/mosquitto.log
log_type warning
"""
DEBIAN = """# /etc/mosquitto/mosquitto.conf as Debian ships it
pid_file /run/mosquitto/mosquitto.pid

persistence true
persistence_location /var/lib/mosquitto/

log_dest file /var/log/mosquitto/mosquitto.log

include_dir {dir}/conf.d
"""
GATEWAY = """# TLS for the world, plain for the house, WebSocket for the dashboard, and a bridge.
per_listener_settings true
max_queued_messages 5000
max_inflight_messages 40
persistent_client_expiration 1m
autosave_interval 900

listener 1883 127.0.0.1
allow_anonymous true
max_connections 200

listener 8883
certfile {dir}/server.crt
keyfile {dir}/server.key
cafile {dir}/ca.crt
require_certificate true
use_identity_as_username true
tls_version tlsv1.2
acl_file {dir}/acl
password_file {dir}/passwd

listener 9001
protocol websockets
http_dir /usr/share/dashboard
password_file {dir}/passwd

connection office
address office.example.org:8883
topic sensors/# out 1
bridge_cafile /etc/ssl/certs/ca-certificates.crt
remote_username house
remote_password geheim
"""


class Imported(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tenon-migrate-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def put(self, name, text):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("{dir}", str(self.dir)))
        path.chmod(0o600)
        return path

    def imported(self, text):
        """(the directory, the remarks by option)"""
        source, to = self.put("mosquitto.conf", text), self.dir / "imported"
        self.put("imported/50-local.json", "{}")  # as packages have it
        done = subprocess.run([BUILD / "core/bin/ctl/tenonctl", "import", source, "--to", to, "--json"],
                              capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("geheim", done.stdout)
        remarks = {}
        for remark in json.loads(done.stdout)["remarks"]:
            remarks.setdefault(remark.get("option"), []).append(remark["kind"])
        lines = [line for line in source.read_text().splitlines() if line.strip() and not line.startswith("#")]
        self.assertGreaterEqual(sum(len(kinds) for option, kinds in remarks.items() if option), len(lines))
        return to, remarks

    def check(self, directory):
        code, out, err = run_tenond(["--vendor-dir", str(SOURCE / "conf.d"), "--conf-dir", str(directory), "--set",
                                     "plugins.path=" + json.dumps(plugin_dirs()), "--check"])
        self.assertEqual(code, 0, out + err)

    def test_a_house_with_users_and_rights_goes_on_as_it_was(self):
        if not shutil.which("mosquitto_passwd"):
            self.skipTest("mosquitto (mosquitto_passwd) is not installed")
        self.put("acl", "user ann\ntopic readwrite home/#\n")
        passwords = self.put("passwd", "")
        for user, scheme in (("ann", []), ("old", ["-H", "sha512"])):
            subprocess.run(["mosquitto_passwd", *scheme, "-b", passwords, user, user + "-secret"], check=True,
                           capture_output=True)
        self.assertIn("$6$", passwords.read_text())
        self.assertIn("$7$", passwords.read_text())
        directory, remarks = self.imported(HOME)
        self.assertEqual(remarks["password_file"], ["taken"])
        self.check(directory)
        snippets = [path for path in sorted(directory.glob("*.json")) if path.name != "80-log.json"]
        with Broker(snippets=snippets, config={"listeners": {"default": {"bind": "127.0.0.1", "port": 0}}}) as broker:
            logins = (("ann", "ann-secret", True), ("old", "old-secret", True), ("ann", "x", False), (None, None, False))
            for number, (user, password, let_in) in enumerate(logins):
                # A client id of its own each: one that still closes is the other user's.
                link = Link(broker.port, client_id=f"c{number}", user=user, password=password)
                self.assertEqual(link.code == 0, let_in, user)
                link.close()

    def test_what_debian_ships_is_for_this_machine_alone(self):
        self.put("conf.d/local.conf", "max_keepalive 600\n")
        self.put("conf.d/README", "listener 1\n")
        directory, remarks = self.imported(DEBIAN)
        self.assertEqual(remarks["max_keepalive"], ["taken"])
        self.assertEqual(remarks["pid_file"], ["not_needed"])
        self.assertEqual(remarks["log_dest"], ["no_counterpart"])
        self.assertFalse((directory / "30-listeners.json").exists())
        self.check(directory)

    def test_a_gateway_with_certificates_and_a_bridge_is_told_what_it_loses(self):
        for name in ("passwd", "acl", "server.crt", "server.key", "ca.crt"):
            self.put(name, "")
        directory, remarks = self.imported(GATEWAY)
        for option in ("connection", "address", "topic", "remote_password", "http_dir"):
            self.assertEqual(set(remarks[option]), {"no_counterpart"}, option)
        self.assertEqual(remarks["autosave_interval"], ["not_needed"])
        self.check(directory)
        code, out, _ = run_tenond(["--vendor-dir", str(SOURCE / "conf.d"), "--conf-dir", str(directory), "--print-config",
                                   "--json"])
        self.assertEqual(code, 0)
        self.assertIn("listener-2", out)


if __name__ == "__main__":
    unittest.main()
