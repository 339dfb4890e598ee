#!/usr/bin/python3
"""The out-of-tree templates of the SDK: built by their own CI script against the installed SDK alone, proved, and used."""
import base64
import contextlib
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

SUPPORT = pathlib.Path(__file__).resolve().parents[1] / "support"
sys.path[:0] = [str(SUPPORT), str(SUPPORT / "services")]
from broker import Broker  # noqa: E402
from installed import Installed  # noqa: E402
from link import Link, packet, text  # noqa: E402
from login_service import LoginService  # noqa: E402

HAS_LMDB = subprocess.run(["pkg-config", "--exists", "lmdb"], check=False).returncode == 0


class Template:
    """Copies the template `name` out of the installed SDK and runs its ci.sh."""

    @classmethod
    def setUpClass(cls):
        cls.installed = Installed("runtime", "sdk")
        cls.addClassCleanup(cls.installed.remove)
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="acme-template-"))
        cls.addClassCleanup(shutil.rmtree, cls.home, ignore_errors=True)
        cls.source = cls.home / cls.name
        shutil.copytree(cls.installed.dir("datadir") / "tenon/sdk/examples/out-of-tree" / cls.name, cls.source)
        environment = cls.installed.environment()
        environment["PATH"] = f"{cls.installed.dir('bindir')}:{environment['PATH']}"
        done = subprocess.run(["./ci.sh"], cwd=cls.source, env=environment, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        if done.returncode:
            raise AssertionError(f"ci.sh failed:\n{done.stdout}")
        cls.said = done.stdout

    def broker(self, config=None, data_dir=None):
        """The installed tenond with the template's own configuration."""
        broker = Broker(program=self.installed.dir("bindir") / "tenond",
                        vendor_dir=self.installed.dir("datadir") / "tenon/conf.d",
                        plugin_path=[str(self.installed.dir("plugin_dir")), str(self.source / "build")],
                        snippets=[self.source / self.snippet], config=config, data_dir=data_dir)
        self.addCleanup(broker.__exit__)
        return broker

    def test_its_ci_has_run_every_check(self):
        self.assertRegex(self.said, r"(?m)^\d{2,} passed, 0 warnings, 0 failed, 0 skipped$")
        self.assertTrue((self.source / "dist/check.xml").exists())


class AuthCallout(Template, unittest.TestCase):
    name = "auth-callout"
    snippet = "70-auth-callout.json"

    def setUp(self):
        self.service = LoginService()
        self.addCleanup(self.service.stop)

    def broker(self, **options):
        chain = {"callout": {"options": {"url": self.service.url, **options}}}
        return super().broker(config={"auth": {"chain": chain}})

    def code(self, broker, user=None, password=None, client_id="probe"):
        link = Link(broker.port, client_id, user, password)
        link.close()
        return link.code

    def test_uses_no_draft(self):
        relations = subprocess.run([self.installed.dir("bindir") / "tenon-plugin-relations", "deb",
                                    self.source / "build/auth-callout.so"], capture_output=True, text=True, check=True).stdout
        self.assertEqual(relations.strip(), "tenon-plugin-abi-1 (>= 1)")

    def test_the_service_decides_logins(self):
        broker = self.broker()
        self.assertEqual(self.code(broker, "ann", "open sesame"), 0)
        for user, password in (("ann", "open sesam"), ("ann", "open sesame\0"), ("ann", ""), ("bob", "x"), (None, None)):
            with self.subTest(user=user, password=password):
                self.assertGreaterEqual(self.code(broker, user, password), 0x80)

    def test_the_service_is_told_of_the_login(self):
        self.code(self.broker(), 'a"\\\nn', "pass\0word")
        self.assertEqual(self.service.asked[-1], {
            "client_id": "probe", "listener": "default", "username": 'a"\\\nn',
            "password_base64": base64.b64encode(b"pass\0word").decode()})

    def test_many_logins_wait_at_once(self):
        broker = self.broker()
        self.service.hold()
        answers = []
        clients = [threading.Thread(target=lambda n=n: answers.append(self.code(broker, "ann", "open sesame", f"c{n}")))
                   for n in range(8)]
        for client in clients:
            client.start()
        self.service.wait_for(len(clients))  # the ninth does not wait behind them
        self.service.release()
        for client in clients:
            client.join()
        self.assertEqual(answers, [0] * len(clients))

    def test_no_answer_in_time_denies(self):
        broker = self.broker(timeout_ms=100)
        self.service.hold()
        self.assertGreaterEqual(self.code(broker, "ann", "open sesame"), 0x80)
        self.service.release()
        self.assertEqual(self.code(broker, "ann", "open sesame"), 0)
        self.assertEqual(broker.metric("tenon_plugin_unanswered_total", plugin="callout"), 1)

    def test_a_service_that_is_gone_denies_at_once(self):
        broker = self.broker()
        self.service.stop()
        self.assertGreaterEqual(self.code(broker, "ann", "open sesame"), 0x80)

    def test_a_stop_with_a_login_under_way_is_orderly(self):
        broker = self.broker()
        self.service.hold()
        login = threading.Thread(target=self.try_login, args=(broker,))
        login.start()
        self.service.wait_for(1)
        self.assertEqual(broker.stop(), 0)
        self.service.release()
        login.join()

    def try_login(self, broker):
        """One that the stop may cut off."""
        with contextlib.suppress(OSError, IndexError):
            self.code(broker, "ann", "open sesame")


@unittest.skipUnless(HAS_LMDB, "liblmdb-dev is not installed")
class StorageLmdb(Template, unittest.TestCase):
    name = "storage-lmdb"
    snippet = "57-storage-lmdb.json"

    def test_holds_the_data_of_a_broker_that_is_killed_and_started_again(self):
        data = self.home / "data"
        broker = self.broker(data_dir=data)
        topics = ["kept/topic", "k" * 700]
        for topic in topics:
            self.retain(broker, topic)
        broker.kill()
        self.assertTrue(list(data.rglob("data.mdb")))
        again = self.broker(data_dir=data)
        self.assertEqual(self.retained(again, len(topics)), sorted(topics))
        self.assertEqual(again.stop(), 0)

    def retain(self, broker, topic):
        link = Link(broker.port, "keeper")
        link.socket.sendall(packet(0x33, text(topic) + b"\0\1\0" + b"kept"))
        self.assertEqual(link.read()[0], 0x40)
        link.close()

    def retained(self, broker, count):
        """The topics of so many retained messages."""
        link = Link(broker.port, "reader")
        self.addCleanup(link.close)
        self.assertEqual(link.subscribe("#", qos=0), 0)
        bodies = [link.read()[1] for _ in range(count)]
        return sorted(body[2:2 + int.from_bytes(body[:2], "big")].decode() for body in bodies)


if __name__ == "__main__":
    unittest.main()
