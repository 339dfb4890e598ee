#!/usr/bin/python3
"""The HTTP API as a stranger, a viewer, an operator and the administrator find it."""
import http.client
import json
import pathlib
import re
import shutil
import socket
import ssl
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from api import Api  # noqa: E402
from broker import Broker, StartFailed  # noqa: E402
from certificates import Authority  # noqa: E402

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
        cls.broker.write_config("95-api.json", {"api": {"port": cls.port, "request_rate_max": 0, "tokens": {
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
            # A message and the rows of a restore may be larger. The header is enough.
            bytes_max = 24 << 20 if path.endswith(("/rows", "/publish")) else 64 << 10
            headers = {"Content-Type": "application/json", "Content-Length": str(bytes_max + 1)}
            self.assertEqual(self.owner.ask(method, path, "{", headers=headers).status, 413, path)
            for wrong in ("", "{", "[]", '"text"', '{"no_such_member": 1}'):
                self.assertEqual(self.owner.ask(method, path, wrong).status, 400, f"{path} {wrong}")

    def test_a_change_is_written_down_with_who_asked(self):
        after = len(self.broker.events())
        self.as_role("operator").post("/api/v1/ranges/1/transfer", {"to": "00000000000000a1"})
        self.as_role("viewer").post("/api/v1/ranges/1/transfer", {"to": "00000000000000a1"})
        for by, status in (("token operator", 404), ("token viewer", 403)):
            refused = self.broker.wait_for_event("api.change_refused", after=after, by=by)["fields"]
            self.assertEqual((refused["method"], refused["path"], refused["status"]),
                             ("POST", "/api/v1/ranges/1/transfer", status))
            self.assertTrue(refused["from"].startswith("127.0.0.1:"), refused)
        for text in TOKENS.values():
            self.assertNotIn(text, self.broker.log)

    def test_no_level_and_no_crowd_of_refusals_keeps_a_change_out_of_the_log(self):
        after = len(self.broker.events())
        path = "/api/v1/log/levels/"
        self.addCleanup(self.owner.ask, "PUT", path + "all", {"level": "info"})
        self.assertEqual(self.owner.ask("PUT", path + "all", {"level": "off"}).status, 200)
        self.broker.wait_for_event("node.log_level_changed", after=after, log_level="off")
        self.broker.wait_for_event("api.change_asked", after=after, path=path + "all", status=200)
        self.assertEqual(self.owner.ask("PUT", path + "api", {"level": "info"}).status, 200)
        for _ in range(30):
            self.assertEqual(self.as_role("viewer").ask("PUT", path + "all", {"level": "trace"}).status, 403)
        self.assertEqual(self.as_role("operator").ask("PUT", path + "all", {"level": "info"}).status, 200)
        done = self.broker.wait_for_event("api.change_asked", after=after, by="token operator")["fields"]
        self.assertEqual((done["path"], done["status"]), (path + "all", 200))


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


def address_of_this_machine():
    """One that is not loopback; None: there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent
            return probe.getsockname()[0]
        except OSError:
            return None


class Attack25(unittest.TestCase):
    """ATTACK-25: whoever is in the network, or has a token of a lesser role, gets nowhere."""

    def start(self, **api):
        self.port = free_port()
        broker = Broker(config={"api": {"port": self.port, **api}})
        self.addCleanup(broker.__exit__)
        return broker

    @unittest.skipUnless(address_of_this_machine(), "this machine has no other address")
    def test_the_api_is_off_the_network_by_default(self):
        self.start()
        self.assertEqual(Api(("127.0.0.1", self.port)).raw("GET", "/healthz").status, 200)
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection((address_of_this_machine(), self.port), timeout=10)

    @unittest.skipUnless(address_of_this_machine(), "this machine has no other address")
    def test_from_elsewhere_nothing_but_health_and_the_consoles_pages_is_open_without_a_token(self):
        broker = self.start(bind="0.0.0.0", request_rate_max=0)
        owner = Api(broker.api_socket)
        elsewhere = Api((address_of_this_machine(), self.port)).use_document(owner.document)
        for method, path, operation in owner.operations():
            is_open = operation.get("security") == []  # health, and the console's pages, which hold nothing
            self.assertFalse(is_open and path.startswith(("/api", "/metrics", "/readyz")), path)
            status = elsewhere.ask(method, re.sub(r"\{[a-z_]+\}", "1", path)).status
            self.assertEqual(status == 401, not is_open, path)

    def test_no_request_takes_a_file_a_path_or_code(self):
        owner = Api(self.start().api_socket)
        for method, path, operation in owner.operations():
            body = operation.get("requestBody", {"content": {"application/json": {}}})
            self.assertEqual(list(body["content"]), ["application/json"], path)
        wishes = [schema for name, schema in owner.document["components"]["schemas"].items()
                  if name.endswith(("Wish", "Order", "Rule"))]
        self.assertGreater(len(wishes), 5)
        for schema in wishes:
            names = set(schema["properties"])
            self.assertFalse(names & {"file", "path", "plugin_path", "module", "library", "url"}, schema)
        for path in ("/api/v1/plugins", "/api/v1/plugins/tcp", "/api/v1/config"):
            for method in ("POST", "PUT", "DELETE"):
                self.assertEqual(owner.raw(method, path, "x").status, 405, path)

    def test_one_address_may_not_ask_more_than_its_rate(self):
        broker = self.start(request_rate_max=5)
        stranger = Api(("127.0.0.1", self.port))
        statuses = [stranger.raw("GET", "/healthz").status for _ in range(200)]
        self.assertIn(429, statuses)
        self.assertEqual(statuses[0], 200)
        self.assertLess(statuses.count(200), 100)
        refused = next(a for a in (stranger.raw("GET", "/healthz") for _ in range(200)) if a.status == 429)
        self.assertGreaterEqual(int(refused.headers["Retry-After"]), 1)
        # Who holds the machine is not held up by who is in its network.
        self.assertEqual({Api(broker.api_socket).raw("GET", "/healthz").status for _ in range(50)}, {200})

    def silent(self, address, count):
        for _ in range(count):
            link = socket.create_connection(("127.0.0.1", self.port), timeout=30, source_address=(address, 0))
            self.addCleanup(link.close)
            yield link

    def test_silent_connections_keep_nobody_out(self):
        self.start(request_rate_max=0)
        links = [link for last in range(1, 5) for link in self.silent(f"127.0.0.{last}", 64)]
        newcomer = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30, source_address=("127.0.0.5", 0))
        self.addCleanup(newcomer.close)
        newcomer.request("GET", "/healthz")
        self.assertEqual(newcomer.getresponse().status, 200)
        self.assertEqual(links[0].recv(1), b"", "the one that was idle for longest has gone for it")
        links[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertTrue(links[-1].recv(100).startswith(b"HTTP/1.1 200 "), "the others stay")

    def test_connections_that_owe_a_body_to_what_is_open_keep_nobody_out(self):
        self.start(request_rate_max=0)
        links = [link for last in range(1, 5) for link in self.silent(f"127.0.0.{last}", 64)]
        for link in links:
            link.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")
        for link in links:
            with link.makefile("rb") as answer:
                self.assertTrue(answer.read().startswith(b"HTTP/1.1 200 "), "its answer, and then the end")
        newcomer = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30, source_address=("127.0.0.5", 0))
        self.addCleanup(newcomer.close)
        newcomer.request("GET", "/healthz")
        self.assertEqual(newcomer.getresponse().status, 200)

    def test_an_address_with_its_share_of_connections_takes_no_place_of_another(self):
        self.start(request_rate_max=0)
        other = next(self.silent("127.0.0.2", 1))
        links = list(self.silent("127.0.0.1", 65))
        self.assertEqual(links[0].recv(1), b"")
        for link in (other, links[-1]):
            link.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertTrue(link.recv(100).startswith(b"HTTP/1.1 200 "))

    def test_tokens_cannot_be_tried_quickly(self):
        self.start(request_rate_max=50)
        wrong = [Api(("127.0.0.1", self.port), "x" * 64).raw("GET", "/api/v1/status").status for _ in range(60)]
        self.assertEqual(wrong[0], 401)
        self.assertGreater(wrong.count(429), 20)


class Tls(unittest.TestCase):
    def start(self, **transport):
        """The broker, the port of its API, and a context that trusts it; `transport` are options of the plugin tcp."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="tenon-api-tls-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        authority = Authority(folder)
        certificate, key = authority.sign("server", "/CN=localhost", "DNS:localhost,IP:127.0.0.1")
        key.chmod(0o600)
        port = free_port()
        broker = Broker(config={"api": {"port": port, "stack": ["tcp", "tls"]},
                                "plugins": {"tcp": {"options": transport},
                                            "tls": {"options": {"certificate": str(certificate), "key": str(key)}}}})
        self.addCleanup(broker.__exit__)
        return broker, port, ssl.create_default_context(cafile=str(authority.certificate))

    def test_an_answer_is_whole_though_the_link_ends_with_it_and_its_reader_is_slow(self):
        broker, port, context = self.start(send_buffer_bytes=4096)
        token = (broker.data_dir / "admin.token").read_text().strip()
        link = socket.socket()
        self.addCleanup(link.close)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.connect(("127.0.0.1", port))
        with context.wrap_socket(link, server_hostname="localhost") as secure:
            secure.sendall(f"GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                           f"Authorization: Bearer {token}\r\n\r\n".encode())
            answer = b""
            while part := secure.recv(1000):
                answer += part
        head, body = answer.split(b"\r\n\r\n", 1)
        self.assertIn(f"\r\nContent-Length: {len(body)}\r\n".lower(), head.decode().lower() + "\r\n")
        self.assertEqual(json.loads(body)["openapi"][:2], "3.")

    def test_the_port_speaks_tls_and_nothing_else_when_its_stack_says_so(self):
        broker, port, context = self.start()
        secure = Api(("127.0.0.1", port), tls=context)
        self.assertEqual(secure.raw("GET", "/healthz").status, 200)
        self.assertEqual(secure.raw("GET", "/api/v1/status").status, 401)
        token = (broker.data_dir / "admin.token").read_text().strip()
        owner = secure.with_token(token)
        self.assertEqual(owner.get("/api/v1/status").status, 200)
        # An answer that is longer than all buffers on its way, and a body.
        self.assertGreater(len(owner.raw("GET", "/api/v1/openapi.json").body), 100_000)
        self.assertEqual(owner.post("/api/v1/publish", {"topic": "t", "payload": "x" * 60_000}).status, 200)
        with self.assertRaises((ConnectionError, http.client.HTTPException)):
            Api(("127.0.0.1", port)).raw("GET", "/healthz")
        with self.assertRaises(ssl.SSLError):
            Api(("127.0.0.1", port), tls=ssl.create_default_context()).raw("GET", "/healthz")
        broker.wait_for_event("api.link_refused", filter="tls")
        # The unix socket stays as it is.
        self.assertEqual(Api(broker.api_socket).get("/api/v1/status").status, 200)
        self.assertEqual(broker.stop(), 0)

    def test_handshakes_of_one_address_keep_no_other_out(self):
        _, port, context = self.start()
        for _ in range(65):
            silent = socket.create_connection(("127.0.0.1", port), timeout=30)
            self.addCleanup(silent.close)
        self.assertEqual(silent.recv(1), b"", "nobody leaves in the middle of a handshake")
        self.assert_served(port, context, "127.0.0.2")

    def test_handshakes_of_many_addresses_leave_for_newcomers(self):
        broker, port, context = self.start()
        silent = [self.silent_link(port, f"127.0.0.{n % 4 + 2}") for n in range(256)]
        self.assert_served(port, context, "127.0.0.9")
        broker.wait_for_event("api.link_refused", reason="too many were in their handshakes, this one for the longest time")
        self.assertEqual(silent[0].recv(1), b"", "the first of them leaves")

    def silent_link(self, port, address):
        link = socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(address, 0))
        self.addCleanup(link.close)
        return link

    def assert_served(self, port, context, address):
        with context.wrap_socket(self.silent_link(port, address), server_hostname="localhost") as secure:
            secure.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertTrue(secure.recv(100).startswith(b"HTTP/1.1 200 "))

    def test_a_stack_that_makes_no_sense_stops_the_start(self):
        for stack, why in ((["tcp", "nothing"], ""), (["nothing"], ""), ([], ""),
                           (["tcp", "proxy-protocol"], "would let whoever reaches the port say who it is")):
            broker = Broker(config={"api": {"port": free_port(), "stack": stack}, "plugins": {"proxy-protocol": {}}}, start=False)
            self.addCleanup(broker.__exit__, None, None, None)
            with self.assertRaises(StartFailed) as caught:
                broker.start()
            self.assertIn("api.stack", str(caught.exception))
            self.assertIn(why, str(caught.exception))


if __name__ == "__main__":
    unittest.main()
