#!/usr/bin/python3
"""Each call of the API, as the OpenAPI document lists them, with what makes no sense: queries and bodies that nobody hears,
members of the wrong kind or size, bodies that are too large, and what is left out. Nothing is done then.

api_test.py has methods, tokens and roles."""
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from api_test import ApiCase  # noqa: E402
from link import Link  # noqa: E402

WRONG = {"string": 7, "integer": "seven", "boolean": "yes", "array": "list", "object": 7}
USUAL_BYTES = 64 << 10
LARGE_BYTES = 24 << 20
# Bodies that hold a message, or rows of a backup.
LARGE = ("/api/v1/publish", "/api/v1/restore/{restore}/rows")
# What is done whole by each call, as its path says.
WHOLE = {("POST", "/api/v1/config/reload")}


def filled(path, part):
    return re.sub(r"\{[a-z_]+\}", part, path)


class Calls(ApiCase):
    def changes(self):
        for method, path, operation in self.owner.operations():
            if method != "GET":
                yield method, path, operation

    def members(self):
        """Each member of each body: method, path, name, its schema."""
        for method, path, operation in self.owner.operations():
            if "requestBody" not in operation:
                continue
            schema = self.owner.resolved(operation["requestBody"]["content"]["application/json"]["schema"])
            for name, member in schema.get("properties", {}).items():
                yield method, path, name, self.owner.resolved(member)

    def refused(self, method, path, body, name):
        answer = self.owner.ask(method, filled(path, "1"), body)
        self.assertEqual(answer.status, 400, f"{method} {path} {body}: {answer}")
        self.assertIn(f'"{name}"', answer.detail, f"{method} {path} {body}")


class Bodies(Calls):
    def test_a_member_of_another_kind_is_refused_and_named(self):
        count = 0
        for method, path, name, schema in self.members():
            if "type" in schema:  # else it may be anything
                self.refused(method, path, {name: WRONG[schema["type"]]}, name)
                self.refused(method, path, {name: None}, name)
                count += 1
        self.assertGreater(count, 40)

    def test_a_number_beyond_its_bounds_is_refused_and_named(self):
        count = 0
        for method, path, name, schema in self.members():
            for bound, beyond in (("minimum", -1), ("maximum", 1)):
                if schema.get("type") == "integer" and bound in schema:
                    self.refused(method, path, {name: schema[bound] + beyond}, name)
                    count += 1
        self.assertGreater(count, 10)

    def test_a_member_that_nobody_knows_is_refused_and_named(self):
        for method, path, operation in self.owner.operations():
            if "requestBody" in operation:
                self.refused(method, path, {"no_such_member": 1}, "no_such_member")

    def test_a_body_that_is_too_large_is_refused_by_its_header_whoever_sends_it(self):
        for method, path, operation in self.owner.operations():
            bytes_max = LARGE_BYTES if path in LARGE else USUAL_BYTES
            headers = {"Content-Type": "application/json", "Content-Length": str(bytes_max + 1)}
            self.assertEqual(self.owner.ask(method, filled(path, "1"), "{", headers=headers).status, 413, f"{method} {path}")
            # To whom it is not open it says no more than that.
            if operation.get("security") != []:
                self.assertIn(self.stranger.ask(method, filled(path, "1"), "{", headers=headers).status, (401, 413),
                              f"{method} {path}")


class Queries(Calls):
    def test_a_query_that_nobody_hears_is_refused(self):
        for method, path, operation in self.owner.operations():
            if operation.get("security") == [] or not path.startswith("/api/v1/"):
                continue  # whoever asks for health or pages may add what he likes
            answer = self.owner.ask(method, filled(path, "1"), query={"no_such": "1"})
            self.assertEqual(answer.status, 400, f"{method} {path}: {answer}")

    def test_a_deletion_takes_no_body_that_would_be_passed_over(self):
        for method, path, _ in self.changes():
            if method == "DELETE":
                answer = self.owner.ask(method, filled(path, "1"), {"tenant": "acme"})
                self.assertEqual((answer.status, answer.detail), (400, "this takes no body"), path)

    def test_what_a_query_may_say_is_what_the_document_says(self):
        for method, path, operation in self.owner.operations():
            known = [self.owner.resolved(one)["name"] for one in operation.get("parameters", [])
                     if self.owner.resolved(one)["in"] == "query"]
            if known:
                answer = self.owner.ask(method, filled(path, "1"), query={"no_such": "1"})
                missing = [name for name in known if name not in answer.detail]
                self.assertEqual(missing, [], f"{method} {path}: {answer.detail}")


class Omissions(Calls):
    """No call acts on everything because something was left out."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keeper = Link(cls.broker.port, client_id="keeper")
        cls.addClassCleanup(cls.keeper.close)
        assert cls.owner.post("/api/v1/publish", {"topic": "kept", "payload": "x", "retain": True}).status == 200
        assert cls.owner.ask("PUT", "/api/v1/bans/client/nobody-%2A", {"reason": "kept"}).status == 200

    def state(self):
        """All that a call could act on."""
        nodes = self.owner.get("/api/v1/nodes").json["nodes"]
        return {"sessions": [(one["client_id"], one["connected"]) for one in self.owner.pages("/api/v1/sessions", "sessions")],
                "retained": [one["topic"] for one in self.owner.pages("/api/v1/retained", "messages")],
                "bans": [one["pattern"] for one in self.owner.pages("/api/v1/bans", "bans")],
                "traces": self.owner.get("/api/v1/traces").json["traces"],
                "levels": [one["level"] for one in self.owner.get("/api/v1/log/levels").json["areas"]],
                "ranges": [(one["id"], one["epoch"]) for one in self.owner.get("/api/v1/ranges").json["ranges"]],
                "nodes": [(one["state"], one["version"]) for one in nodes],
                "audit": self.owner.get("/api/v1/balance/rules").json["audit"]}

    def test_nothing_is_done_when_parts_of_a_path_are_missing_or_are_wildcards(self):
        before = self.state()
        self.assertEqual([client for client, connected in before["sessions"] if connected], ["keeper"])
        self.assertEqual((before["retained"], before["bans"]), (["kept"], ["nobody-*"]))
        for method, path, _ in self.changes():
            if (method, path) in WHOLE:
                continue
            for part in ("", "*", "%2A", "%23", "%2B", "..", "none"):
                answer = self.owner.raw(method, filled(path, part), "{}", {"Content-Type": "application/json"} if method != "DELETE" else {})
                self.assertGreaterEqual(answer.status, 400, f"{method} {filled(path, part)}: {answer}")
                if method == "DELETE":
                    answer = self.owner.raw(method, filled(path, part))
                    self.assertGreaterEqual(answer.status, 400, f"{method} {filled(path, part)}: {answer}")
        self.assertEqual(self.state(), before)

    def test_no_ban_keeps_everybody_out(self):
        before = self.state()
        for kind, pattern in (("client", "%2A"), ("client", "%2A%2A"), ("user", "%2A"), ("address", "0.0.0.0%2F0"),
                              ("address", "%3A%3A%2F0"), ("address", "%2A")):
            answer = self.owner.ask("PUT", f"/api/v1/bans/{kind}/{pattern}", {})
            self.assertEqual(answer.status, 400, f"{kind} {pattern}: {answer}")
        self.assertEqual(self.state(), before)


if __name__ == "__main__":
    unittest.main()
