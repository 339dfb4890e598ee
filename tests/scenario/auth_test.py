#!/usr/bin/python3
"""Who is let in, and what they may do; the door stays closed when a plugin fails."""
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import BUILD, Broker, plugin_dirs  # noqa: E402

WAIT_S = 20


def text(value):
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("!H", len(data)) + data


def packet(first, body):
    size, length = b"", len(body)
    while True:
        byte, length = length % 128, length // 128
        size += bytes([byte | (0x80 if length else 0)])
        if not length:
            return bytes([first]) + size + body


def connect_packet(client_id, user=None, password=None):
    flags = 2 | (0x80 if user is not None else 0) | (0x40 if password is not None else 0)
    body = text("MQTT") + bytes([5, flags]) + struct.pack("!H", 60) + b"\0" + text(client_id)
    return packet(0x10, body + b"".join(text(part) for part in (user, password) if part is not None))


class Link:
    """A bare 5.0 client."""

    def __init__(self, port, client_id="c", user=None, password=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=WAIT_S)
        self.socket.sendall(connect_packet(client_id, user, password))
        first, body = self.read()
        self.code = body[1] if first == 0x20 else None

    def read(self):
        """One packet: (first byte, body); (None, b"") when the link is closed."""
        head = self.take(1)
        if not head:
            return None, b""
        length, shift = 0, 0
        while True:
            byte = self.take(1)[0]
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return head[0], self.take(length)

    def take(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                return b""
            data += more
        return data

    def subscribe(self, topic, qos=1):
        self.socket.sendall(packet(0x82, b"\0\1\0" + text(topic) + bytes([qos])))
        first, body = self.read()
        assert first == 0x90, (first, body)
        return body[-1]

    def publish(self, topic, payload=b"x"):
        """The reason code of the PUBACK."""
        self.socket.sendall(packet(0x32, text(topic) + b"\0\1\0" + payload))
        while True:
            first, body = self.read()
            if first == 0x40:
                return body[2] if len(body) > 2 else 0
            assert first is not None

    def close(self):
        self.socket.close()


class OddPlugins(unittest.TestCase):
    """An auth plugin that errs, is late or talks nonsense lets nobody in."""

    def broker(self, behaviour, **chain):
        return Broker(plugin_path=plugin_dirs() + [str(BUILD / "tests/scenario/plugins")],
                      config={"plugins": {"odd": {"options": {"behaviour": behaviour}}},
                              "auth": {"timeout_ms": 300, "anonymous": "always",
                                       "chain": {"odd": {"enable": True, "order": 1, **chain}}}})

    def code(self, broker):
        link = Link(broker.port, user="u", password="p")
        link.close()
        return link.code

    def test_allow_lets_in(self):
        with self.broker("allow") as broker:
            self.assertEqual(self.code(broker), 0)

    def test_deny_error_garbage_late_and_slow_let_nobody_in(self):
        for behaviour in ("deny", "error", "garbage", "late", "slow"):
            with self.subTest(behaviour=behaviour), self.broker(behaviour) as broker:
                self.assertGreaterEqual(self.code(broker), 0x80)
                anonymous = Link(broker.port)
                self.assertGreaterEqual(anonymous.code, 0x80)
                anonymous.close()
                self.assertEqual(broker.metric("tenon_auth_logins_total", result="allowed"), 0)

    def test_when_all_ignore_only_anonymous_clients_come_in(self):
        with self.broker("ignore") as broker:
            self.assertGreaterEqual(self.code(broker), 0x80)
            anonymous = Link(broker.port)
            self.assertEqual(anonymous.code, 0)
            anonymous.close()


@unittest.skipUnless(shutil.which("mosquitto_passwd"), "mosquitto (mosquitto_passwd) is not installed")
class PasswordAndAclFile(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tenon-auth-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.passwords = self.dir / "passwd"
        self.acl = self.dir / "acl"
        self.passwords.touch(mode=0o600)
        for user in ("ann", "bob"):
            self.set_password(user, user + "-secret")
        self.acl.write_text("user ann\ntopic readwrite open/#\ntopic deny open/secret\ntopic write only/write\n"
                            "pattern readwrite home/%u/%c/#\n\nuser bob\ntopic read open/#\n")
        self.broker = Broker(config={
            "plugins": {"file": {"options": {"password_file": str(self.passwords), "acl_file": str(self.acl)}}},
            "auth": {"anonymous": "never", "chain": {"file": {"enable": True, "order": 1}}}})
        self.addCleanup(self.broker.__exit__)
        self.port = self.broker.port

    def set_password(self, user, password):
        subprocess.run(["mosquitto_passwd", "-b", str(self.passwords), user, password], check=True, capture_output=True)

    def code(self, *args):
        link = Link(self.port, "probe", *args)
        link.close()
        return link.code

    def test_only_the_right_password_opens(self):
        self.assertEqual(self.code("ann", "ann-secret"), 0)
        for wrong in (("ann", "bob-secret"), ("ann", ""), ("ann", None), ("eve", "x"), (None, None), ("", ""),
                      ("ann", b"ann-secret\0"), ("ann", "x" * 60000)):
            with self.subTest(wrong=wrong):
                self.assertGreaterEqual(self.code(*wrong), 0x80)

    def test_failed_login_leaves_the_session_of_the_victim_alone(self):
        """ATTACK-16"""
        victim = Link(self.port, "victim", "ann", "ann-secret")
        thief = Link(self.port, "victim", "ann", "guess")
        self.assertGreaterEqual(thief.code, 0x80)
        victim.subscribe("open/a")
        self.assertIn(victim.publish("open/a"), (0, 0x10))

    def test_acl_binds_publish_and_subscribe(self):
        ann = Link(self.port, "c1", "ann", "ann-secret")
        bob = Link(self.port, "c2", "bob", "bob-secret")
        self.assertLess(bob.subscribe("open/x"), 3)
        self.assertLess(ann.publish("open/x"), 0x80)
        self.assertEqual(ann.publish("closed/x"), 0x87)
        self.assertEqual(bob.publish("open/x"), 0x87)
        self.assertEqual(bob.subscribe("closed/#"), 0x87)
        self.assertEqual(bob.subscribe("$share/g/closed/#"), 0x87)  # ATTACK-11
        self.assertLess(ann.publish("home/ann/c1/x"), 0x80)
        self.assertEqual(ann.publish("home/bob/c1/x"), 0x87)

    def test_wildcard_wider_than_the_grant_delivers_what_is_granted_only(self):
        """ATTACK-10"""
        bob = Link(self.port, "c2", "bob", "bob-secret")
        ann = Link(self.port, "c1", "ann", "ann-secret")
        self.assertLess(bob.subscribe("#"), 3)
        self.assertLess(ann.publish("only/write", b"unseen"), 0x80)
        self.assertLess(ann.publish("open/seen", b"seen"), 0x80)
        first, body = bob.read()
        self.assertEqual(first & 0xF0, 0x30)
        self.assertIn(b"open/seen", body)

    def test_reload_takes_new_passwords_and_sends_away_who_is_gone(self):
        bob = Link(self.port, "c2", "bob", "bob-secret")
        self.assertLess(bob.subscribe("open/#"), 3)
        subprocess.run(["mosquitto_passwd", "-D", str(self.passwords), "bob"], check=True, capture_output=True)
        self.set_password("cat", "cat-secret")
        self.broker.signal(signal.SIGHUP)
        self.broker.wait_for_event("config.reload_done")
        self.assertEqual(self.code("cat", "cat-secret"), 0)
        ann = Link(self.port, "c1", "ann", "ann-secret")
        ann.publish("open/x")
        first, body = bob.read()
        self.assertEqual((first, body[0] if body else None), (0xE0, 0x87))

    def test_reload_with_a_broken_file_keeps_the_old_one(self):
        self.acl.write_text("user ann\nnonsense here\n")
        self.broker.signal(signal.SIGHUP)
        refused = self.broker.wait_for_event("config.reload_refused")
        self.assertIn(f"{self.acl}:2", refused["message"])
        self.assertEqual(self.code("bob", "bob-secret"), 0)
        bob = Link(self.port, "c2", "bob", "bob-secret")
        self.assertLess(bob.subscribe("open/x"), 3)


if __name__ == "__main__":
    unittest.main()
