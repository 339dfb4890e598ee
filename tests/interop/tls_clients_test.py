#!/usr/bin/python3
"""paho and the mosquitto clients over TLS, with client certificates and without: good ones exchange messages, and each
bad one is refused with the alert that says why. ATTACK-22."""
import os
import pathlib
import queue
import shutil
import ssl
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import Broker  # noqa: E402
from certificates import Authority  # noqa: E402

try:
    import paho.mqtt.client as paho
except ImportError:
    paho = None

WAIT_S = 20
# What a client does wrong: the words of the broker's log, which are those of the alert.
WRONG = {
    "no certificate": "peer did not return a certificate",
    "wrong CA": "unable to get local issuer certificate|certificate verify failed|unknown ca",
    "expired": "certificate has expired|certificate verify failed|certificate expired",
    "TLS 1.1": "unsupported protocol",
    # The client refuses the broker, and says so by an alert of its own.
    "other authority": "unknown ca",
    "other name": "bad certificate|certificate unknown|internal error",
}


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
class TlsClients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="tenon-tls-"))
        cls.addClassCleanup(shutil.rmtree, cls.home)
        cls.authority = Authority(cls.home / "ca")
        cls.other = Authority(cls.home / "other", "Somebody else")
        cls.server = cls.authority.sign("server", "/CN=localhost", "DNS:localhost,IP:127.0.0.1")
        cls.alice = cls.authority.sign("alice", "/CN=alice")
        cls.expired = cls.authority.sign("expired", "/CN=alice", days=-1)
        cls.stranger = cls.other.sign("stranger", "/CN=alice")

    def setUp(self):
        self.start("required")

    def start(self, wanted):
        """A broker that asks for client certificates as `wanted`."""
        options = {"certificate": str(self.server[0]), "key": str(self.server[1]), "ca": str(self.authority.certificate),
                   "client_certificate": wanted}
        self.broker = Broker({"plugins": {"tls": {"options": options}}, "listeners": {"default": {"bind": "0.0.0.0", "stack": ["tcp", "tls"]}}})
        self.addCleanup(self.broker.__exit__)

    def good(self):
        """Runs the clients that are to come in, each at the broker that is there."""
        for certificate in (self.alice, None):
            if not certificate:
                self.broker.__exit__()
                self.start("optional")
            for version in ("tlsv1.2", "tlsv1.3"):
                yield self.authority.certificate, certificate, "localhost", version

    def each(self):
        """What each client does wrong, as settings of its own."""
        ca, good = self.authority.certificate, self.alice
        return {"no certificate": (ca, None, "localhost", "tlsv1.3"),
                "wrong CA": (ca, self.stranger, "localhost", "tlsv1.3"),
                "expired": (ca, self.expired, "localhost", "tlsv1.2"),
                "TLS 1.1": (ca, good, "localhost", "tlsv1.1"),
                "other authority": (self.other.certificate, good, "localhost", "tlsv1.2"),
                "other name": (ca, good, "127.0.0.2", "tlsv1.2")}

    def refused(self, what, after):
        refused = self.broker.wait_for_event("link.refused", after=after, filter="tls")
        self.assertRegex(refused["fields"]["reason"], WRONG[what])
        self.assertEqual(self.broker.metric("tenon_auth_logins_total", result="allowed"), 0)


@unittest.skipUnless(shutil.which("mosquitto_pub"), "mosquitto-clients is not installed")
class Mosquitto(TlsClients):
    def publish(self, ca, certificate, host, version):
        own = ["--cert", str(certificate[0]), "--key", str(certificate[1])] if certificate else []
        env = dict(os.environ)
        if version == "tlsv1.1":  # the option says which version is the lowest
            env["OPENSSL_CONF"] = str(self.home / "old.conf")
            (self.home / "old.conf").write_text("openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n"
                                                "MaxProtocol = TLSv1.1\nCipherString = DEFAULT:@SECLEVEL=0\n")
        return subprocess.run(["mosquitto_pub", "-h", host, "-p", str(self.broker.port), "--cafile", str(ca),
                               "--tls-version", version, "-t", "t", "-m", "x", "-q", "1", *own],
                              capture_output=True, text=True, timeout=WAIT_S, env=env)

    def test_good_clients_come_in(self):
        for settings in self.good():
            done = self.publish(*settings)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_bad_ones_are_refused_by_the_right_alert(self):
        for what, settings in self.each().items():
            with self.subTest(what):
                after = len(self.broker.events())
                self.assertNotEqual(self.publish(*settings).returncode, 0)
                self.refused(what, after)


@unittest.skipUnless(paho, "python3-paho-mqtt is not installed")
class Paho(TlsClients):
    VERSIONS = {"tlsv1.1": ssl.TLSVersion.TLSv1_1, "tlsv1.2": ssl.TLSVersion.TLSv1_2, "tlsv1.3": ssl.TLSVersion.TLSv1_3}

    def publish(self, ca, certificate, host, version):
        """How it went: "done", or the words of the failure."""
        context = ssl.create_default_context(cafile=str(ca))
        if certificate:
            context.load_cert_chain(*map(str, certificate))
        if version == "tlsv1.1":
            context.set_ciphers("DEFAULT:@SECLEVEL=0")  # else the client itself does not dare
        context.minimum_version = context.maximum_version = self.VERSIONS[version]
        client, said = paho.Client(), queue.Queue()
        client.tls_set_context(context)
        client.on_connect = lambda c, *_: c.publish("t", "x", 1)
        client.on_publish = lambda *_: said.put("done")
        try:
            client.connect(host, self.broker.port)
            while said.empty() and (code := client.loop()) == 0:
                pass
        except OSError as failure:
            return str(failure)
        if said.empty():
            return f"loop() says {code}"
        client.disconnect()
        return said.get_nowait()

    def test_good_clients_come_in(self):
        for settings in self.good():
            self.assertEqual(self.publish(*settings), "done")

    def test_bad_ones_are_refused_by_the_right_alert(self):
        for what, settings in self.each().items():
            with self.subTest(what):
                after = len(self.broker.events())
                self.assertNotEqual(self.publish(*settings), "done")
                self.refused(what, after)


if __name__ == "__main__":
    unittest.main()
