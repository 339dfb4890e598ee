#!/usr/bin/python3
"""Who is let in, and what they may do; the door stays closed when a plugin fails."""
import asyncio
import itertools
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from auth_exchange_test import passwd  # noqa: E402
from broker import BUILD, Broker, plugin_dirs  # noqa: E402
from broker_case import BrokerCase  # noqa: E402
from link import Link  # noqa: E402
from mqtt_client import NEVER, V311, V5, Client, Will  # noqa: E402


class OddPlugins(unittest.TestCase):
    """An auth plugin that errs, is late or talks nonsense lets nobody in. ATTACK-18."""

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

    def test_who_is_not_let_in_has_not_broken_the_protocol(self):
        self.assertGreaterEqual(self.code("ann", "bob-secret"), 0x80)
        self.assertEqual(self.broker.metric("tenon_mqtt_protocol_errors_total"), 0)

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
        self.assertLess(ann.publish("home/ann/c1/x"), 0x80)
        self.assertEqual(ann.publish("home/bob/c1/x"), 0x87)

    def test_prefix_of_a_shared_subscription_goes_around_no_rule(self):
        """ATTACK-11"""
        ann = Link(self.port, "c1", "ann", "ann-secret")
        bob = Link(self.port, "c2", "bob", "bob-secret")
        for prefix in ("$share/g/", "$oshare/g/", "$share/open/", "$share/closed/"):
            self.assertEqual(bob.subscribe(prefix + "closed/#"), 0x87, prefix)
            self.assertEqual(bob.subscribe(prefix + "closed/x"), 0x87, prefix)
            self.assertEqual(ann.subscribe(prefix + "open/secret"), 0x87, prefix)
            self.assertLess(bob.subscribe(prefix + "open/x"), 3, prefix)
        for other in ("$queue/closed/x", "$queue/open/x", "$shared/g/open/x"):  # no prefixes, but topics that are granted to nobody
            self.assertEqual(bob.subscribe(other), 0x87, other)

    def test_shared_wildcard_wider_than_the_grant_delivers_what_is_granted_only(self):
        """ATTACK-10, ATTACK-11"""
        for number, prefix in enumerate(("$share/g/", "$oshare/h/")):
            bob = Link(self.port, f"b{number}", "bob", "bob-secret")
            ann = Link(self.port, f"a{number}", "ann", "ann-secret")
            self.assertLess(bob.subscribe(prefix + "#"), 3)
            self.assertLess(ann.publish("only/write", b"unseen"), 0x80)
            self.assertLess(ann.publish("open/seen", b"seen"), 0x80)
            first, body = bob.read()
            self.assertEqual(first & 0xF0, 0x30)
            self.assertIn(b"open/seen", body)
            bob.close()

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


class FailedLogins(BrokerCase):
    """Whoever is not let in changes nothing of the session that it named, which is away with a queue and a will. ATTACK-16."""
    REFUSED = {V311: (4, 5), V5: (0x86, 0x87)}

    def setUp(self):
        home = pathlib.Path(tempfile.mkdtemp(prefix="tenon-auth-"))
        self.addCleanup(shutil.rmtree, home, ignore_errors=True)
        for user in ("ann", "bob"):
            passwd(home / "passwd", user, user, "--iterations", "4096")
        self.config = {"plugins": {"file": {"options": {"password_file": str(home / "passwd")}}},
                       "auth": {"anonymous": "never", "chain": {"file": {"enable": True, "order": 1}}}}
        super().setUp()

    async def asyncSetUp(self):
        self.bob = await self.connected("bob", user="bob", password="bob")
        await self.bob.subscribe("will/#", 1)

    async def ann(self, client_id, version, will):
        return await self.connected(client_id, user="ann", password="ann", version=version, clean=False, expiry_s=NEVER,
                                    will=Will("will/" + client_id, will, 1, False, self.delay_s if will == "gone" else 0))

    async def goes_away(self, client_id, version, delay_s):
        """With three messages that wait; in 5.0 with a will that does, too."""
        self.delay_s = delay_s
        ann = await self.ann(client_id, version, "gone")
        await ann.subscribe("t/" + client_id, 1)
        if version == V5:
            ann.abort()
            await ann.closed()
        else:
            await ann.disconnect()
        for number in range(3):
            self.assertEqual(await self.bob.deliver("t/" + client_id, str(number)), 0)

    async def break_in(self, client_id):
        for version, clean, name in itertools.product((V311, V5), (True, False), (("ann", "guess"), ("ann", "bob"), ("eve", "x"), (None, None))):
            with self.subTest(client_id, version=version, clean=clean, name=name):
                thief = Client(client_id, self.broker.port, version=version, clean=clean, expiry_s=0, user=name[0], password=name[1],
                               will=Will("will/thief", "stolen"))
                self.clients.append(thief)
                self.assertIn((await thief.connect()).code, self.REFUSED[version])
                await thief.closed()

    async def is_all_there(self, client_id, version):
        """The session, its queue in order; and its next will is the first that comes."""
        ann = await self.ann(client_id, version, "next")
        self.assertTrue(ann.connack.session_present)
        self.assertEqual([message.payload for message in await ann.received(3)], [b"0", b"1", b"2"])
        await ann.ping()
        self.assertEqual(len(ann.messages), 3)
        ann.abort()

    async def test_attack_16_session_queue_and_will_of_the_victim_stay_as_they_are(self):
        for version in (V311, V5):
            client_id = f"victim-{version}"
            await self.goes_away(client_id, version, delay_s=600)
            await self.break_in(client_id)
            before = len(self.bob.messages)
            await self.is_all_there(client_id, version)
            await self.bob.received(before + 1)
        await self.bob.ping()
        self.assertEqual([(message.topic, message.payload) for message in self.bob.messages],
                         [(f"will/victim-{version}", b"next") for version in (V311, V5)])

    async def test_attack_16_will_of_the_victim_comes_when_it_is_due(self):
        await self.goes_away("victim", V5, delay_s=3)
        await self.break_in("victim")
        [will] = await self.bob.received(1)
        self.assertEqual((will.topic, will.payload), ("will/victim", b"gone"))
        await self.is_all_there("victim", V5)
        self.assertEqual([message.payload for message in await self.bob.received(2)], [b"gone", b"next"])


if __name__ == "__main__":
    unittest.main()
