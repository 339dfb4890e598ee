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
VERSIONS = ("tlsv1.2", "tlsv1.3")
# What goes wrong: the version, the client's own words and those of the broker's log.
WRONG = {
    "no certificate": [("tlsv1.2", "alert handshake failure", "peer did not return a certificate"),
                       ("tlsv1.3", "alert certificate required", "peer did not return a certificate")],
    "wrong CA": [(version, "alert unknown ca", "unable to get local issuer certificate") for version in VERSIONS],
    "expired": [(version, "alert certificate expired", "certificate has expired") for version in VERSIONS],
    "TLS 1.1": [("tlsv1.1", "alert protocol version", "unsupported protocol")],
    # The client refuses the broker, and says so by an alert of its own.
    "other authority": [(version, "certificate verify failed", "alert unknown ca") for version in VERSIONS],
    "other name": [(version, "certificate verify failed", "alert (bad certificate|certificate unknown|internal error)")
                   for version in VERSIONS],
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
            for version in VERSIONS:
                yield self.authority.certificate, certificate, "localhost", version

    def each(self):
        """What each client does wrong, as settings of its own; its version is for each case of it."""
        ca, good = self.authority.certificate, self.alice
        return {"no certificate": (ca, None, "localhost"),
                "wrong CA": (ca, self.stranger, "localhost"),
                "expired": (ca, self.expired, "localhost"),
                "TLS 1.1": (ca, good, "localhost"),
                "other authority": (self.other.certificate, good, "localhost"),
                "other name": (ca, good, "127.0.0.2")}

    def bad_ones_are_refused(self):
        for what, settings in self.each().items():
            for version, words, reason in WRONG[what]:
                with self.subTest(what, version=version):
                    after = len(self.broker.events())
                    done, said = self.publish(*settings, version)
                    self.assertFalse(done)
                    self.assertRegex(said, words)
                    refused = self.broker.wait_for_event("link.refused", after=after, filter="tls")
                    self.assertRegex(refused["fields"]["reason"], reason)
        self.assertEqual(self.broker.metric("tenon_auth_logins_total", result="allowed"), 0)


@unittest.skipUnless(shutil.which("mosquitto_pub"), "mosquitto-clients is not installed")
class Mosquitto(TlsClients):
    MOST = {"tlsv1.1": "TLSv1.1", "tlsv1.2": "TLSv1.2", "tlsv1.3": "TLSv1.3"}

    def publish(self, ca, certificate, host, version):
        """Whether it was done, and what the client said."""
        own = ["--cert", str(certificate[0]), "--key", str(certificate[1])] if certificate else []
        settings = self.home / "openssl.conf"  # the option says which version is the lowest
        settings.write_text(f"openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nMaxProtocol = {self.MOST[version]}\n"
                            + ("CipherString = DEFAULT:@SECLEVEL=0\n" if version == "tlsv1.1" else ""))
        done = subprocess.run(["mosquitto_pub", "-d", "-h", host, "-p", str(self.broker.port), "--cafile", str(ca),
                               "--tls-version", version, "-t", "t", "-m", "x", "-q", "1", *own],
                              capture_output=True, text=True, timeout=WAIT_S, env={**os.environ, "OPENSSL_CONF": str(settings)})
        return done.returncode == 0, done.stdout + done.stderr

    def test_good_clients_come_in(self):
        for settings in self.good():
            done, said = self.publish(*settings)
            self.assertTrue(done, said)

    def test_bad_ones_are_refused_by_the_right_alert(self):
        self.bad_ones_are_refused()


@unittest.skipUnless(paho, "python3-paho-mqtt is not installed")
class Paho(TlsClients):
    VERSIONS = {"tlsv1.1": ssl.TLSVersion.TLSv1_1, "tlsv1.2": ssl.TLSVersion.TLSv1_2, "tlsv1.3": ssl.TLSVersion.TLSv1_3}

    def publish(self, ca, certificate, host, version):
        """Whether it was done, and what the client said."""
        context = ssl.create_default_context(cafile=str(ca))
        if certificate:
            context.load_cert_chain(*map(str, certificate))
        if version == "tlsv1.1":
            context.set_ciphers("DEFAULT:@SECLEVEL=0")  # else the client itself does not dare
        context.minimum_version = context.maximum_version = self.VERSIONS[version]
        client, done, said = paho.Client(), queue.Queue(), []
        client.tls_set_context(context)
        client.on_connect = lambda c, *_: c.publish("t", "x", 1)
        client.on_publish = lambda *_: done.put(True)
        client.on_log = lambda _client, _user, _level, words: said.append(words)
        try:
            client.connect(host, self.broker.port)
            while done.empty() and client.loop() == 0:
                pass
        except OSError as failure:
            said.append(str(failure))
        if not done.empty():
            client.disconnect()
        return not done.empty(), "\n".join(said)

    def test_good_clients_come_in(self):
        for settings in self.good():
            done, said = self.publish(*settings)
            self.assertTrue(done, said)

    def test_bad_ones_are_refused_by_the_right_alert(self):
        self.bad_ones_are_refused()


if __name__ == "__main__":
    unittest.main()
