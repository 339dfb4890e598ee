#!/usr/bin/python3
"""Every plugin of the tree passes tenon-plugin-check, and so do those test plugins in which nothing is wrong."""
import base64
import hmac
import json
import pathlib
import shutil
import sys
import tempfile
import unittest

import checker

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from certificates import Authority  # noqa: E402
from http_service import HttpService  # noqa: E402
from passwords import password_line  # noqa: E402
import sanitizer  # noqa: E402

PLUGINS = checker.BUILD / "plugins"


SECRET = b"a secret of more than 32 bytes, for the check"


def token():
    """Of ada, for ever."""
    def part(value):
        return base64.urlsafe_b64encode(value).rstrip(b"=")
    text = b".".join(part(json.dumps(value).encode()) for value in (
        {"alg": "HS256"}, {"sub": "ada", "publish": ["a/#"], "subscribe": ["a/#"]}))
    return (text + b"." + part(hmac.new(SECRET, text, "sha256").digest())).decode()


def answer(login):
    """What the service says that auth-http asks."""
    if login.get("username") != "ada":
        return {"result": "ignore"}
    is_right = login.get("password") == "engine"
    return {"result": "allow", "publish": ["a/#"], "subscribe": ["a/#"]} if is_right else {"result": "deny"}


# Logins that are right with the options below.
LOGINS = {"auth-file": "engine", "auth-http": "engine", "auth-jwt": token()}


def options_of(plugin, folder, service):
    """What a plugin needs to start."""
    if plugin == "filter-tls":
        certificate, key = Authority(folder / "ca").sign("server", "/CN=localhost")
        return {"certificate": str(certificate), "key": str(key)}
    if plugin == "auth-http":
        return {"url": service.url()}
    if plugin == "auth-jwt":
        (folder / "secret").write_bytes(SECRET)
        (folder / "secret").chmod(0o600)
        return {"secret_file": str(folder / "secret"), "require_expiry": False}
    if plugin == "events-audit-log":
        return {"file": str(folder / "audit.log"), "messages": ["a/#"]}
    if plugin == "events-webhook":
        return {"url": "http://127.0.0.1:1/events", "messages": ["a/#"], "timeout_ms": 1000}
    if plugin == "intercept-topic-rewrite":
        return {"rules": [{"filter": "a/+", "topic": "b/$1"}, {"filter": "c/#", "refuse": "no"}, {"filter": "d", "drop": True}]}
    if plugin != "auth-file":
        return {}
    (folder / "passwords").write_text(password_line("ada", "engine"))
    (folder / "acl").write_text("user ada\ntopic readwrite #\n")
    return {"password_file": str(folder / "passwords"), "acl_file": str(folder / "acl")}


class ShippedPlugins(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tenon-plugin-check-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def begin(self, file, options, password=None):
        login = ["--login", json.dumps({"username": "ada", "password": password})] if password else []
        return checker.begin_report(file, "--options", json.dumps(options), *login)

    def expect_passes(self, begun):
        """{name: what begin() has given}"""
        for name, report in begun.items():
            with self.subTest(name):
                self.expect_pass(*report.result())

    def expect_pass(self, status, found):
        self.assertEqual({name: one for name, one in found.items() if one["verdict"] != "pass"
                          and not one["reason"].startswith("needs a ")}, {})
        self.assertEqual(status, 0)

    def test_every_plugin_of_the_tree_passes_without_a_warning(self):
        files = {path.stem: path for path in PLUGINS.rglob("*.so")}
        self.assertLessEqual({"auth-file", "auth-http", "auth-jwt", "events-audit-log", "events-webhook", "filter-proxy-protocol", "filter-tls", "filter-websocket", "intercept-topic-rewrite", "log-segment", "replication-raft", "storage-memory", "storage-sqlite", "transport-tcp"}, set(files))
        service = HttpService(answer)
        self.addCleanup(service.close)
        self.expect_passes({name: self.begin(path, options_of(name, self.dir, service), LOGINS.get(name))
                            for name, path in sorted(files.items())})

    def test_plugins_without_fault(self):
        plugins = (("bad-plugins/auth-sound", {}), ("bad-plugins/auth-larger_structs", {}),
                   ("bad-plugins/auth-older_minor", {}), ("bad-plugins/auth-strict_options", {"file": "x"}),
                   ("plugin-check/auth-reuses_memory", {}), ("plugin-check/journals/log-none", {}),
                   ("plugin-check/journals/log-two", {}), ("plugin-check/journals/log-syncs_elsewhere", {}),
                   ("plugin-check/filters/filter-none", {}), ("plugin-check/engines/storage-has_no_limits", {}),
                   ("plugin-check/transports/transport-none", {}),
                   ("plugin-check/transports/transport-unix_only", {}),
                   ("plugin-check/replicators/replication-none", {}),
                   ("plugin-check/filters/filter-names_errors_by_piece", {}))
        self.expect_passes({name: self.begin(checker.ABI / f"{name}.so", options) for name, options in plugins})

    def test_auth_plugins_without_fault(self):
        for name in ("none", "static_library", "takes_texts_back"):
            with self.subTest(name):
                if name == "static_library" and sanitizer.NAME != "none":
                    self.skipTest("the sanitizer's operator new throws past a standard library that the plugin has for itself")
                self.expect_pass(*self.begin(checker.ABI / f"plugin-check/auth/auth-{name}.so", {}, "engine").result())

    def test_auth_plugin_that_locks_guessers_out_is_warned(self):
        login = ["--login", json.dumps({"username": "ada", "password": "engine"})]
        status, found = checker.report(checker.ABI / "plugin-check/auth/auth-tires_of_strangers.so", *login)
        others = {name: one for name, one in found.items() if one["verdict"] not in ("pass", "skip")}
        self.assertEqual({one["verdict"] for one in others.values()}, {"warn"}, others)
        self.assertEqual(status, 0)
        self.assertRegex(found["auth.many"]["reason"], "^the right password is not let in after wrong ones: ")

    def test_plugin_that_works_or_waits_while_it_is_loaded_is_warned(self):
        for name, reason in (("works", "^took [0-9]{3,} ms of processor time to load$"), ("waits", "^waited for [0-9]{4} ms while")):
            with self.subTest(name):
                status, found = checker.report(checker.ABI / f"plugin-check/auth-load_{name}_long.so", "--only", "elf.loads")
                others = {name: one["verdict"] for name, one in found.items() if one["verdict"] not in ("pass", "skip")}
                self.assertEqual((status, others), (0, {"elf.loads": "warn"}), found)
                self.assertRegex(found["elf.loads"]["reason"], reason)

    def test_warning_on_one_of_two_plugins_is_not_lost(self):
        login = ["--login", json.dumps({"username": "ada", "password": "engine"})]
        status, found = checker.report(checker.ABI / "plugin-check/auth/auth-two.so", *login)
        self.assertEqual(status, 0, found)
        self.assertEqual(found["auth.many"]["verdict"], "warn")
        self.assertRegex(found["auth.many"]["reason"], "^faulty: the right password is not let in after wrong ones: ")


if __name__ == "__main__":
    unittest.main()
