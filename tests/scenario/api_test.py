#!/usr/bin/python3
"""The HTTP API as a stranger, a viewer, an operator and the administrator find it."""
import pathlib
import re
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from api import Api  # noqa: E402
from broker import Broker, StartFailed  # noqa: E402

ROLES = ["viewer", "operator", "admin"]
TOKENS = {role: role[0] * 64 for role in ROLES}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class ApiCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.port = free_port()
        cls.broker = Broker(start=False)
        cls.addClassCleanup(cls.broker.__exit__, None, None, None)
        for role, text in TOKENS.items():
            (cls.broker.home / f"{role}.token").write_text(text + "\n")
        cls.broker.write_config("95-api.json", {"api": {"port": cls.port, "tokens": {
            role: {"role": role, "file": str(cls.broker.home / f"{role}.token")} for role in ROLES}}})
        cls.broker.start()
        cls.owner = Api(cls.broker.api_socket)
        cls.stranger = Api(("127.0.0.1", cls.port)).use_document(cls.owner.document)

    def as_role(self, role):
        return self.stranger.with_token(TOKENS[role]).use_document(self.owner.document)

    def guarded(self):
        """All requests that need a token: method, a path, role."""
        for method, path, operation in self.owner.operations():
            if "security" not in operation:
                yield method, re.sub(r"\{[a-z_]+\}", "none", path), operation["x-tenon-role"]


class Access(ApiCase):
    def test_nothing_but_health_is_open_without_a_token(self):
        for method, path, _ in self.guarded():
            answer = self.stranger.ask(method, path)
            self.assertEqual(answer.status, 401, path)
            self.assertIn("Bearer", answer.headers["WWW-Authenticate"])
            wrong = self.stranger.with_token("x" * 64).use_document(self.owner.document)
            self.assertEqual(wrong.ask(method, path).status, 401, path)
        self.assertEqual(self.stranger.get("/healthz").status, 200)

    def test_a_token_opens_what_its_role_allows(self):
        for method, path, needed in self.guarded():
            for role in ROLES:
                status = self.as_role(role).ask(method, path).status
                if ROLES.index(role) < ROLES.index(needed):
                    self.assertEqual(status, 403, f"{role} {path}")
                else:
                    self.assertNotIn(status, (401, 403), f"{role} {path}")

    def test_other_methods_are_refused_with_the_list_of_those_there_are(self):
        known = {}
        for method, path, _ in self.owner.operations():
            known.setdefault(re.sub(r"\{[a-z_]+\}", "none", path), set()).add(method)
        for path, methods in known.items():
            for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - methods:
                answer = self.owner.raw(method, path)
                self.assertEqual(answer.status, 405, f"{method} {path}")
                self.assertEqual(set(answer.headers["Allow"].split(", ")) - {"HEAD"}, methods)

    def test_bodies_of_another_kind_or_size_are_refused(self):
        for method, path, operation in self.owner.operations():
            if "requestBody" not in operation:
                continue
            path = re.sub(r"\{[a-z_]+\}", "1", path)
            self.assertEqual(self.owner.ask(method, path, "{}", headers={"Content-Type": "text/plain"}).status, 415, path)
            # The rows of a restore are the one body that may be larger. Its header is enough.
            bytes_max = 24 << 20 if path.endswith("/rows") else 64 << 10
            headers = {"Content-Type": "application/json", "Content-Length": str(bytes_max + 1)}
            self.assertEqual(self.owner.ask(method, path, "{", headers=headers).status, 413, path)
            for wrong in ("", "{", "[]", '"text"', '{"no_such_member": 1}'):
                self.assertEqual(self.owner.ask(method, path, wrong).status, 400, f"{path} {wrong}")

    def test_a_change_is_written_down_with_who_asked(self):
        after = len(self.broker.events())
        self.as_role("operator").post("/api/v1/ranges/1/transfer", {"to": "00000000000000a1"})
        self.as_role("viewer").post("/api/v1/ranges/1/transfer", {"to": "00000000000000a1"})
        done = self.broker.wait_for_event("api.change_asked", after=after, by="token operator")["fields"]
        self.assertEqual((done["method"], done["path"], done["status"]),
                         ("POST", "/api/v1/ranges/1/transfer", 404))
        self.assertTrue(done["from"].startswith("127.0.0.1:"), done)
        refused = self.broker.wait_for_event("api.change_asked", after=after, by="token viewer")["fields"]
        self.assertEqual(refused["status"], 403)
        for text in TOKENS.values():
            self.assertNotIn(text, self.broker.log)


class Tokens(unittest.TestCase):
    def test_a_token_that_cannot_be_read_stops_the_start(self):
        for content in (None, "short\n"):
            broker = Broker(start=False)
            self.addCleanup(broker.__exit__, None, None, None)
            file = broker.home / "a.token"
            if content:
                file.write_text(content)
            broker.write_config("95-api.json", {"api": {"tokens": {"a": {"file": str(file)}}}})
            with self.assertRaises(StartFailed) as caught:
                broker.start()
            self.assertIn("api.tokens.a.file", str(caught.exception))
            self.assertIn(str(file), str(caught.exception))


if __name__ == "__main__":
    unittest.main()
