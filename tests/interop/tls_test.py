#!/usr/bin/python3
"""mosquitto clients and bare TLS links against a tenond with filter/tls. ATTACK-22."""
import pathlib
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import Broker, StartFailed  # noqa: E402
from certificates import Authority  # noqa: E402
from link import packet, text  # noqa: E402
from stranger import Stranger  # noqa: E402

WAIT_S = 15
CONNECT = bytes.fromhex("101000044d5154540402003c000474657374")
CONNACK = bytes.fromhex("20020000")
SUBSCRIBE_A = bytes.fromhex("820600010001") + b"a\x00"
PING, PONG = b"\xc0\x00", b"\xd0\x00"


def settings(options, stack=("tcp", "tls"), **more):
    config = {"plugins": {"tls": {"options": {key: str(value) if isinstance(value, pathlib.Path) else value
                                              for key, value in options.items()}},
                          "websocket": {}, "proxy-protocol": {}},
              "listeners": {"default": {"stack": list(stack)}}, **more}
    return config


def receive(link, count):
    data = b""
    while len(data) < count:
        more = link.recv(count - len(data))
        if not more:
            break
        data += more
    return data


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="tenon-tls-"))
        cls.authority = Authority(cls.home / "ca")
        cls.other = Authority(cls.home / "other", "Somebody else")
        cls.server = cls.authority.sign("server", "/CN=localhost", "DNS:localhost,IP:127.0.0.1")
        cls.alice = cls.authority.sign("alice", "/O=Example/CN=alice", "email:alice@example.org")
        cls.expired = cls.authority.sign("expired", "/CN=expired", days=-1)
        cls.stranger = cls.other.sign("stranger", "/CN=stranger")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.home)

    def options(self, **more):
        return {"certificate": self.server[0], "key": self.server[1], **more}

    def client_options(self, wanted="required", **more):
        return self.options(ca=self.authority.certificate, client_certificate=wanted, **more)

    def link(self, broker, certificate=None, host="localhost", **context_settings):
        context = ssl.create_default_context(cafile=str(self.authority.certificate))
        if certificate:
            context.load_cert_chain(*map(str, certificate))
        if alpn := context_settings.pop("alpn", None):
            context.set_alpn_protocols(alpn)
        if context_settings.pop("old", False):
            context.set_ciphers("DEFAULT:@SECLEVEL=0")  # else the client itself does not dare
        for name, value in context_settings.items():
            setattr(context, name, value)
        raw = socket.create_connection(("127.0.0.1", broker.port), timeout=WAIT_S)
        try:
            return context.wrap_socket(raw, server_hostname=host)
        except BaseException:
            raw.close()
            raise

    def log_in(self, broker, *args, client_id="test", **kwargs):
        link = self.link(broker, *args, **kwargs)
        link.sendall(packet(0x10, text("MQTT") + b"\4\2\0\x3c" + text(client_id)))
        self.assertEqual(receive(link, 4), CONNACK)
        return link

    def refused(self, broker, alert, certificate=None, **kwargs):
        """The link ends with this alert, in the handshake or, with TLS 1.3, with the first read behind it."""
        with self.assertRaises(ssl.SSLError) as caught:
            with self.link(broker, certificate, **kwargs) as link:
                link.sendall(CONNECT)
                link.recv(1)
        self.assertIn(alert, str(caught.exception).upper().replace(" ", "_"))

    @unittest.skipUnless(shutil.which("mosquitto_pub"), "mosquitto-clients is not installed")
    def test_mosquitto_clients_exchange_messages(self):
        with Broker(settings(self.client_options("optional"))) as broker:
            for more in ([], ["--cert", str(self.alice[0]), "--key", str(self.alice[1])]):
                for version in ("tlsv1.2", "tlsv1.3"):
                    common = ["-h", "localhost", "-p", str(broker.port), "--cafile", str(self.authority.certificate),
                              "--tls-version", version, "-t", "tls/topic", *more]
                    done = subprocess.run(["mosquitto_pub", *common, "-q", "1", "-r", "-m", version], timeout=WAIT_S)
                    self.assertEqual(done.returncode, 0)
                    got = subprocess.run(["mosquitto_sub", *common, "-q", "1", "-C", "1", "-W", "10"], timeout=WAIT_S,
                                         capture_output=True, text=True)
                    self.assertEqual(got.stdout, version + "\n", got.stderr)
            self.assertEqual(broker.metric("tenon_plugin_handshakes_total", plugin="tls"), 8)

    def test_both_versions_and_large_messages(self):
        with Broker(settings(self.options())) as broker:
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                with self.log_in(broker, minimum_version=version, maximum_version=version) as link:
                    link.sendall(SUBSCRIBE_A)
                    receive(link, 5)
                    payload = bytes(i * 7 % 251 for i in range(700_000))
                    body = b"\x00\x01a" + payload
                    head = b"\x30" + bytes([len(body) & 127 | 128, len(body) >> 7 & 127 | 128, len(body) >> 14])
                    link.sendall(head + body)
                    self.assertEqual(receive(link, len(head) + len(body)), head + body)

    def test_a_burst_behind_connect_is_taken_whole_and_in_order(self):
        count = 2000
        burst = CONNECT + b"".join(
            b"\x32" + bytes([5 + 2 + 100]) + b"\x00\x03top" + (i + 1).to_bytes(2, "big") + bytes(100)
            for i in range(count))
        with Broker(settings(self.options())) as broker:
            with self.link(broker) as link:
                link.sendall(burst)
                self.assertEqual(receive(link, 4), CONNACK)
                expected = b"".join(b"\x40\x02" + (i + 1).to_bytes(2, "big") for i in range(count))
                self.assertEqual(receive(link, len(expected)), expected)
                link.sendall(PING)
                self.assertEqual(receive(link, 2), PONG)

    def test_a_refusal_reaches_who_sends_connect_with_the_end_of_the_handshake(self):
        broken = packet(0x10, text("MQTT") + b"\5\3\0\0\0" + text("reserved flag"))
        context = ssl.create_default_context(cafile=str(self.authority.certificate))
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        session = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
        with Broker(settings(self.options())) as broker, Stranger(broker.port) as link:
            while True:
                try:
                    session.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    link.send(outgoing.read())
                    incoming.write(link.receive())
            session.write(broken)
            link.send(outgoing.read())
            incoming.write(link.to_end())
            self.assertEqual(session.read()[0:4:3], b"\x20\x81")

    def test_a_reader_that_stalls_gets_whole_messages_later_and_delays_nobody(self):
        size = 200_000
        payload = bytes(i * 7 % 251 for i in range(size))
        body = b"\x00\x01a" + payload
        head = b"\x30" + bytes([len(body) & 127 | 128, len(body) >> 7 & 127 | 128, len(body) >> 14])
        with Broker(settings(self.options())) as broker:
            with self.log_in(broker) as stalled:
                stalled.sendall(SUBSCRIBE_A)
                receive(stalled, 5)
                with self.link(broker) as publisher:
                    publisher.sendall(CONNECT[:-4] + b"else")
                    receive(publisher, 4)
                    for _ in range(200):
                        publisher.sendall(head + body)
                    publisher.sendall(PING)
                    self.assertEqual(receive(publisher, 2), PONG)
                def dropped():
                    return broker.metric("tenon_publish_dropped_total", cause="output_full")
                # The subscriber's worker may be behind the publisher's.
                while not dropped():
                    pass
                count = 0
                while count + dropped() < 200:
                    if stalled.pending() or select.select([stalled], [], [], 0.1)[0]:
                        self.assertEqual(receive(stalled, len(head) + len(body)), head + body)
                        count += 1
                stalled.sendall(PING)
                self.assertEqual(receive(stalled, 2), PONG)

    def test_old_versions_are_refused(self):
        with Broker(settings(self.options())) as broker:
            self.refused(broker, "PROTOCOL_VERSION", old=True, minimum_version=ssl.TLSVersion.TLSv1,
                         maximum_version=ssl.TLSVersion.TLSv1_1)
            refused = broker.wait_for_event("link.refused", filter="tls")
            self.assertIn("unsupported protocol", refused["fields"]["reason"])
        with Broker(settings(self.options(min_version="1.3"))) as broker:
            self.refused(broker, "PROTOCOL_VERSION", maximum_version=ssl.TLSVersion.TLSv1_2)

    def test_attack_22_hellos_of_old_versions_are_refused_by_an_alert(self):
        """Also of those that no library of today would offer."""
        words = self.first_words("localhost", maximum_version=ssl.TLSVersion.TLSv1_2)
        protocol_version, handshake_failure = b"\2\x46", b"\2\x28"
        with Broker(settings(self.options())) as broker:
            for version, alerts in ((b"\3\0", (protocol_version, handshake_failure)), (b"\3\1", (protocol_version,)), (b"\3\2", (protocol_version,))):
                with self.subTest(version), Stranger(broker.port) as link:
                    link.send(words[:9] + version + words[11:])
                    said = link.to_end()
                    self.assertEqual(said[:1], b"\x15")
                    self.assertIn(said[5:], alerts)
            with Stranger(broker.port) as link:
                link.send(words)
                self.assertEqual(link.receive()[:1], b"\x16")

    def taken(self, broker):
        """Which of all ciphers before TLS 1.3 that this machine has make a link."""
        named = subprocess.run(["openssl", "ciphers", "-s", "-tls1_2", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"], check=True, capture_output=True, text=True)
        context, taken = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), []
        context.check_hostname, context.verify_mode, context.maximum_version = False, ssl.CERT_NONE, ssl.TLSVersion.TLSv1_2
        for name in named.stdout.strip().split(":"):
            context.set_ciphers(name + ":@SECLEVEL=0")
            with socket.create_connection(("127.0.0.1", broker.port), timeout=WAIT_S) as raw:
                try:
                    with context.wrap_socket(raw) as link:
                        self.assertEqual((link.cipher()[0], link.compression()), (name, None))
                        taken.append(name)
                except OSError:
                    pass
        return taken

    def test_attack_22_no_cipher_is_taken_that_is_weak_or_proves_nothing(self):
        of_rsa = self.authority.sign("of_rsa", "/CN=localhost", "DNS:localhost", key_kind="rsa")
        with Broker(settings({"certificate": of_rsa[0], "key": of_rsa[1]})) as broker:
            taken = self.taken(broker)
            self.assertIn("ECDHE-RSA-AES128-GCM-SHA256", taken)
            for name in taken:
                self.assertRegex(name, r"^(ECDHE-RSA-)?(AES(128|256)(-GCM)?-SHA(256|384)?|CHACHA20-POLY1305)$")

    def test_attack_22_ciphers_that_the_options_leave_out_are_not_taken(self):
        with Broker(settings(self.options(ciphers="ECDHE+AESGCM"))) as broker:
            self.assertEqual(set(self.taken(broker)), {f"ECDHE-ECDSA-{name}" for name in ("AES128-GCM-SHA256", "AES256-GCM-SHA384")})

    def test_attack_22_nothing_is_taken_before_the_handshake_is_done(self):
        with Broker(settings(self.options())) as broker:
            client = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{broker.port}", "-tls1_3", "-ign_eof"], input=CONNECT + b"\xe0\0",
                                    capture_output=True, timeout=WAIT_S)
            self.assertIn(b"Max Early Data:", client.stdout)
            self.assertEqual(client.stdout.count(b"Max Early Data:"), client.stdout.count(b"Max Early Data: 0\n"))

    def test_attack_22_a_client_can_not_have_the_handshake_done_again(self):
        with Broker(settings(self.options())) as broker:
            with self.log_in(broker) as other:
                client = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{broker.port}", "-tls1_2", "-CAfile",
                                           str(self.authority.certificate)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                          stderr=subprocess.STDOUT)
                said = b""
                while b"Verify return code: 0 (ok)" not in said:
                    line = client.stdout.readline()
                    self.assertTrue(line, said)
                    said += line
                # "R" at the beginning of a line asks for it.
                rest, _ = client.communicate(b"R\n", timeout=WAIT_S)
                self.assertIn(b"RENEGOTIATING", rest)
                self.assertIn(b"no renegotiation", rest)
                self.assertNotEqual(client.returncode, 0)
                self.assertEqual(broker.metric("tenon_plugin_handshakes_total", plugin="tls"), 2)
                other.sendall(PING)
                self.assertEqual(receive(other, 2), PONG)

    def test_attack_22_garbage_for_a_server_name_harms_nobody(self):
        other = self.authority.sign("sni", "/CN=b.example", "DNS:b.example")
        names = [{"name": "*.example", "certificate": str(other[0]), "key": str(other[1])}]
        with Broker(settings(self.options(names=names))) as broker:
            for name in ("x" * 254, "." * 99, "*.example", "..example", "\0.example", "\xff" * 20, "a\nb", "--", "1.2.3.4.5"):
                with self.subTest(name), self.hello(broker, name) as link:
                    link.half_close()
                    said = link.to_end()
                    # A handshake record, or an alert.
                    self.assertIn(said[:1], (b"\x16", b"\x15"), said)
            self.log_in(broker).close()

    @staticmethod
    def first_words(name, **context_settings):
        """What a client says that wants a server of this name."""
        context, outgoing = ssl.create_default_context(), ssl.MemoryBIO()
        for setting, value in context_settings.items():
            setattr(context, setting, value)
        session = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
        try:
            session.do_handshake()
        except ssl.SSLWantReadError:
            return outgoing.read()

    def hello(self, broker, name):
        """A link on which a client's first words have asked for this name, whatever libraries think of it."""
        stand_in = ("n" * 50 + ".") * (len(name) // 51) + "n" * (len(name) % 51)
        first_words = self.first_words(stand_in)
        self.assertIn(stand_in.encode(), first_words)
        link = Stranger(broker.port)
        link.send(first_words.replace(stand_in.encode(), name.encode("latin-1")))
        return link

    def test_clients_know_the_server(self):
        with Broker(settings(self.options())) as broker:
            with self.assertRaisesRegex(ssl.SSLCertVerificationError, "Hostname mismatch|not valid for"):
                self.link(broker, host="other.example")
            context = ssl.create_default_context(cafile=str(self.other.certificate))
            with socket.create_connection(("127.0.0.1", broker.port), timeout=WAIT_S) as raw:
                with self.assertRaises(ssl.SSLCertVerificationError):
                    context.wrap_socket(raw, server_hostname="localhost")
            broker.wait_for_event("link.refused", filter="tls")

    def test_required_certificates(self):
        crl_less = self.client_options()
        with Broker(settings(crl_less)) as broker:
            self.log_in(broker, self.alice).close()
            self.refused(broker, "CERTIFICATE_REQUIRED")
            self.refused(broker, "UNKNOWN_CA", self.stranger)
            self.refused(broker, "CERTIFICATE_EXPIRED", self.expired)
            self.assertEqual(broker.metric("tenon_plugin_handshake_failures_total", plugin="tls"), 3)
            self.assertEqual(broker.metric("tenon_link_refused_total", listener="default"), 3)

    def test_optional_certificates_are_checked_all_the_same(self):
        with Broker(settings(self.client_options("optional"))) as broker:
            self.log_in(broker).close()
            self.log_in(broker, self.alice).close()
            self.refused(broker, "UNKNOWN_CA", self.stranger)

    def test_revoked_certificates(self):
        revoked = self.authority.sign("revoked", "/CN=revoked")
        with Broker(settings(self.client_options(crl=self.authority.crl(revoked[0])))) as broker:
            self.log_in(broker, self.alice).close()
            self.refused(broker, "CERTIFICATE_REVOKED", revoked)

    def test_an_authority_that_is_revoked_takes_along_whom_it_has_signed(self):
        root, lists = Authority(self.home / "root"), self.home / "lists.crl"
        between = Authority(self.home / "between", "Between", issuer=root)
        certificate, key = between.sign("client", "/CN=client")
        chain = self.home / "chain.pem"
        chain.write_text(certificate.read_text() + between.certificate.read_text())
        # Whoever has signed the client needs a list, whoever has signed that one does not.
        lists.write_text(between.crl().read_text())
        options = self.options(ca=root.certificate, client_certificate="required", crl=lists)
        with Broker(settings(options)) as broker:
            self.log_in(broker, (chain, key)).close()
            lists.write_text(between.crl().read_text() + root.crl().read_text())
            self.reload(broker)
            self.log_in(broker, (chain, key)).close()
            lists.write_text(between.crl().read_text() + root.crl(between.certificate).read_text())
            self.reload(broker)
            self.refused(broker, "CERTIFICATE_REVOKED", (chain, key))
            lists.write_text(root.crl().read_text())
            self.reload(broker)
            self.refused(broker, "UNKNOWN_CA", (chain, key))

    def test_the_certificate_names_the_user(self):
        # Nobody is let in without a name, and none of these clients says one.
        for source, name in (("cn", "alice"), ("san", "alice@example.org")):
            with Broker(settings(self.client_options(username_from=source), auth={"anonymous": "never"},
                                 log={"level": "debug"})) as broker:
                self.log_in(broker, self.alice).close()
                started = broker.wait_for_event("session.started")
                self.assertEqual(started["fields"]["username"], name)

    @unittest.skipUnless(shutil.which("mosquitto_passwd"), "mosquitto (mosquitto_passwd) is not installed")
    def test_a_proved_name_needs_no_password_but_must_be_known(self):
        passwords = self.home / "passwords"
        passwords.touch(mode=0o600)
        subprocess.run(["mosquitto_passwd", "-b", str(passwords), "alice", "secret"], check=True, capture_output=True)
        bob = self.authority.sign("bob", "/CN=bob")
        config = settings(self.client_options(username_from="cn"))
        config["plugins"]["file"] = {}
        config["auth"] = {"anonymous": "never", "chain": {"file": {"options": {"password_file": str(passwords)}}}}
        with Broker(config) as broker:
            self.log_in(broker, self.alice).close()
            with self.link(broker, bob) as link:
                link.sendall(CONNECT)
                self.assertNotEqual(receive(link, 4), CONNACK)

    def test_alpn_and_names(self):
        other = self.authority.sign("other-name", "/CN=b.example", "DNS:b.example")
        options = self.options(names=[{"name": "*.example", "certificate": str(other[0]), "key": str(other[1])}])
        with Broker(settings(options)) as broker:
            with self.log_in(broker, alpn=["mqtt"]) as link:
                self.assertEqual(link.selected_alpn_protocol(), "mqtt")
            with self.log_in(broker, host="b.example") as link:
                self.assertEqual(dict(link.getpeercert()["subject"][0])["commonName"], "b.example")

    def test_a_reload_changes_the_certificate_and_keeps_links(self):
        certificate, key = self.home / "live.pem", self.home / "live.key"
        shutil.copy(self.server[0], certificate)
        shutil.copy(self.server[1], key)
        with Broker(settings({"certificate": certificate, "key": key})) as broker:
            before = self.log_in(broker)
            number = before.getpeercert()["serialNumber"]
            renewed = self.authority.sign("renewed", "/CN=localhost", "DNS:localhost")
            shutil.copy(renewed[0], certificate)
            shutil.copy(renewed[1], key)
            broker.signal(signal.SIGHUP)
            broker.wait_for_event("config.reload_done")
            with self.link(broker) as after:
                self.assertNotEqual(after.getpeercert()["serialNumber"], number)
            before.sendall(PING)
            self.assertEqual(receive(before, 2), PONG)
            # A broken file is refused; the good one stays in use.
            certificate.write_text("no certificate")
            broker.signal(signal.SIGHUP)
            refused = broker.wait_for_event("config.reload_refused")
            self.assertIn(str(certificate), refused["message"])
            self.link(broker).close()
            before.sendall(PING)
            self.assertEqual(receive(before, 2), PONG)
            before.close()

    def reload(self, broker, expected="config.reload_done"):
        after = len(broker.events())
        broker.signal(signal.SIGHUP)
        return broker.wait_for_event(expected, after=after)

    def answers(self, *links):
        for link in links:
            link.sendall(PING)
            self.assertEqual(receive(link, 2), PONG)

    def test_a_reload_takes_certificates_back_and_keeps_links(self):
        crl, authority = self.home / "live.crl", Authority(self.home / "revoking")
        good, bad = (authority.sign(name, f"/CN={name}") for name in ("good", "bad"))
        shutil.copy(authority.crl(), crl)
        options = self.options(ca=authority.certificate, client_certificate="required", crl=crl)
        with Broker(settings(options)) as broker, self.log_in(broker, good) as kept, self.log_in(broker, bad, client_id="bad") as lost:
            revoked = authority.crl(bad[0])
            shutil.copy(revoked, crl)
            self.log_in(broker, bad, client_id="not yet").close()
            self.reload(broker)
            self.refused(broker, "CERTIFICATE_REVOKED", bad)
            self.log_in(broker, good, client_id="new").close()
            # Links that are there stay until they end: docs/operate/tls.md.
            self.answers(kept, lost)
            # A broken file is refused; the good one stays in use.
            crl.write_text("no list")
            self.assertIn(str(crl), self.reload(broker, "config.reload_refused")["message"])
            self.refused(broker, "CERTIFICATE_REVOKED", bad)
            self.answers(kept, lost)
            # Every issuer needs a list: with another one's alone nobody comes in.
            shutil.copy(Authority(self.home / "elsewhere", "Elsewhere").crl(), crl)
            self.reload(broker)
            self.refused(broker, "UNKNOWN_CA", good)
            self.answers(kept, lost)

    def test_a_session_of_before_is_not_resumed_past_a_new_list(self):
        crl, authority = self.home / "resumed.crl", Authority(self.home / "resumed")
        client = authority.sign("client", "/CN=client")
        shutil.copy(authority.crl(), crl)
        context = ssl.create_default_context(cafile=str(self.authority.certificate))
        context.maximum_version = ssl.TLSVersion.TLSv1_2  # its tickets are there with the end of the handshake
        context.load_cert_chain(*map(str, client))

        def connect(session=None):
            raw = socket.create_connection(("127.0.0.1", broker.port), timeout=WAIT_S)
            self.addCleanup(raw.close)
            return context.wrap_socket(raw, server_hostname="localhost", session=session)

        with Broker(settings(self.options(ca=authority.certificate, client_certificate="required", crl=crl))) as broker:
            with connect() as first:
                session = first.session
            with connect(session) as second:
                self.assertTrue(second.session_reused)
            shutil.copy(authority.crl(client[0]), crl)
            self.reload(broker)
            with self.assertRaisesRegex(ssl.SSLError, "REVOKED|revoked"):
                connect(session)

    def test_a_reload_changes_who_may_have_signed_and_keeps_links(self):
        ca = self.home / "live-ca.pem"
        shutil.copy(self.authority.certificate, ca)
        with Broker(settings(self.options(ca=ca, client_certificate="required"))) as broker, self.log_in(broker, self.alice) as kept:
            self.refused(broker, "UNKNOWN_CA", self.stranger)
            ca.write_text(self.authority.certificate.read_text() + self.other.certificate.read_text())
            self.reload(broker)
            self.log_in(broker, self.stranger, client_id="both").close()
            self.log_in(broker, self.alice, client_id="both").close()
            shutil.copy(self.other.certificate, ca)
            self.reload(broker)
            self.refused(broker, "UNKNOWN_CA", self.alice)
            with self.log_in(broker, self.stranger, client_id="stranger") as new:
                self.answers(kept, new)
                ca.write_text("no certificate")
                self.assertIn(str(ca), self.reload(broker, "config.reload_refused")["message"])
                self.answers(kept, new)
            self.log_in(broker, self.stranger, client_id="still").close()

    def test_garbage_before_the_handshake_is_closed_and_counted(self):
        with Broker(settings(self.options())) as broker:
            for garbage in (b"\x00" * 100_000, CONNECT * 1000, b"GET / HTTP/1.1\r\n\r\n" * 1000,
                            b"\x16\x03\x01\xff\xff" + b"x" * 100_000):
                with socket.create_connection(("127.0.0.1", broker.port), timeout=WAIT_S) as link:
                    try:
                        link.sendall(garbage)
                        while link.recv(65536):
                            pass
                    except (ConnectionResetError, BrokenPipeError):
                        pass
            self.assertEqual(broker.metric("tenon_link_refused_total", listener="default"), 4)
            self.assertEqual(broker.metric("tenon_link_connections", listener="default"), 0)
            self.log_in(broker).close()

    def test_a_silent_link_is_closed_by_the_connect_deadline(self):
        with Broker(settings(self.options(), mqtt={"connect_timeout_s": 1})) as broker:
            with socket.create_connection(("127.0.0.1", broker.port), timeout=WAIT_S) as link:
                link.sendall(b"\x16\x03")
                self.assertEqual(link.recv(1), b"")
            refused = broker.wait_for_event("link.refused")
            self.assertEqual(refused["fields"]["reason"], "the handshake took too long")

    def test_wrong_settings_name_the_place(self):
        cases = (
            (settings(self.options(), ("tcp", "websocket", "tls")), r'listeners\.default\.stack: "tls" can\'t stand above "websocket"'),
            (settings(self.options(), ("tcp", "tls", "tls")), r'listeners\.default\.stack: "tls" stands there twice'),
            (settings(self.options(), ("tcp", "tlss")), r'there is no plugin "tlss"'),
            (settings(self.options(), ("tcp", "sqlite")), r"filter-sqlite\.so"),
            (settings(self.options(), ("tls",)), r"transport-tls\.so"),
            (settings({"certificate": self.server[0], "key": self.alice[1]}), r'option "key": can\'t use .*alice.key'),
            (settings({"certificate": self.home / "none.pem", "key": self.alice[1]}), r'option "certificate"'),
            (settings(self.options(client_certificate="required")), r'needs "ca"'),
            (settings(self.options(ciphers="nonsense")), r'option "ciphers"'),
        )
        for config, text in cases:
            with self.assertRaises(StartFailed) as caught:
                with Broker(config):
                    pass
            self.assertRegex(str(caught.exception).replace('\\"', '"'), text)
            self.assertNotIn("PRIVATE", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
