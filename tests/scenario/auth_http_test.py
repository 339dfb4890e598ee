#!/usr/bin/python3
"""A service that is asked over HTTP who may come in: what it is told, what it may answer, and that nobody comes in
when it says nothing that can be relied on."""
import asyncio
import pathlib
import shutil
import signal
import socket
import ssl
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import Broker, StartFailed  # noqa: E402
from certificates import Authority  # noqa: E402
from http_service import HttpService  # noqa: E402
from link import connect_packet  # noqa: E402
from mqtt_client import V5, V311, Client, Will  # noqa: E402

ALLOW = {"result": "allow", "publish": ["#"], "subscribe": ["#"]}
REFUSED = {V5: 0x86, V311: 4}


class HttpCase(unittest.IsolatedAsyncioTestCase):
    """A service that lets everybody in who has the password `good`, and a broker that asks it."""
    options = {}
    more = {}  # plugins and listeners besides
    certificate = None

    def answer(self, request):
        return ALLOW if request.get("password") == "good" else {"result": "deny"}

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tenon-auth-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.service = HttpService(lambda request: self.answer(request), self.certificate)
        self.addCleanup(self.service.close)
        self.clients = []

    def start(self, url=None, chain=None, **options):
        self.config = {
            "plugins": {"http": {"options": {"url": url or self.service.url(), **self.options, **options}},
                        **self.more.get("plugins", {})},
            "listeners": self.more.get("listeners", {}),
            "auth": {"anonymous": "never", "chain": {"http": {"order": 1, **(chain or {})}}}}
        self.broker = Broker(config=self.config)
        self.addCleanup(self.broker.__exit__)

    async def asyncTearDown(self):
        for client in self.clients:
            client.abort()

    def client(self, client_id="c", user="ann", password="good", **options):
        client = Client(client_id, self.broker.port, user=user, password=password,
                        **{"expiry_s": 0, "clean": True, **options})
        self.clients.append(client)
        return client

    async def code(self, *args, **options):
        client = self.client(*args, **options)
        code = (await client.connect()).code
        client.abort()
        await client.closed()
        return code

    async def connected(self, *args, **options):
        client = self.client(*args, **options)
        self.assertEqual((await client.connect()).code, 0)
        return client

    def count(self, name, **labels):
        return self.broker.metric(f"tenon_plugin_{name}", plugin="http", **labels)


class Answers(HttpCase):
    async def test_the_service_decides_and_is_told_who_it_is(self):
        self.start()
        for version in (V5, V311):
            self.assertEqual(await self.code(version=version, will=Will("w/1", b"x")), 0)
            self.assertEqual(await self.code(password="bad", version=version), REFUSED[version])
        request = self.service.asked[0]
        self.assertEqual(request, {"username": "ann", "password": "good", "client_id": "c", "peer": "127.0.0.1",
                                   "listener": "default", "tenant": "default", "protocol": "5.0", "will_topic": "w/1"})
        self.assertEqual(self.service.heads[0]["path"], "/auth")

    async def test_lists_grant_what_they_say_with_names_filled_in(self):
        self.answer = lambda request: {"result": "allow", "publish": ["d/%u/%c"], "subscribe": ["d/%u/#"]}
        self.start()
        client = await self.connected()
        self.assertEqual(await client.subscribe("d/ann/#", 1), 1)
        self.assertEqual(await client.subscribe("d/bob/#", 1), 0x87)
        self.assertEqual(await client.deliver("d/ann/c", "x"), 0)
        self.assertEqual(await client.deliver("d/ann/other", "x"), 0x87)
        self.assertEqual([m.topic for m in await client.received(1)], ["d/ann/c"])
        odd = await self.connected("odd", user="+")  # a name is never a pattern (ATTACK-17)
        self.assertEqual(await odd.subscribe("d/ann/#", 1), 0x87)

    async def test_without_lists_nothing_is_granted_unless_the_operator_says_so(self):
        self.answer = lambda request: {"result": "allow", "superuser": request["username"] == "root"}
        self.start()
        client = await self.connected()
        self.assertEqual(await client.subscribe("a", 1), 0x87)
        root = await self.connected("r", user="root")
        self.assertEqual(await root.subscribe("a", 1), 1)
        self.broker.__exit__()
        self.start(without_acl="allow")
        self.assertEqual(await (await self.connected()).subscribe("a", 1), 1)

    async def test_an_answer_names_user_and_tenant(self):
        self.answer = lambda request: {**ALLOW, "username": "u-" + request["username"], "tenant": request["username"]}
        self.start()
        ann = await self.connected("c", user="ann")
        bob = await self.connected("c", user="bob")  # another tenant's client of the same name
        for client in (ann, bob):
            await client.subscribe("#", 1)
        await ann.deliver("t", "ann's")
        await bob.deliver("t", "bob's")
        for client, text in ((ann, b"ann's"), (bob, b"bob's")):
            await client.received(1)
            await client.ping()
            self.assertEqual([m.payload for m in client.messages], [text])

    async def test_a_tenant_that_can_be_none_lets_nobody_in(self):
        for tenant in ("a/b", "+", "#", "$x", "x" * 200):
            self.answer = lambda request, tenant=tenant: {**ALLOW, "tenant": tenant}
            self.start(cache_ttl_s=0)
            self.assertEqual(await self.code(), 0x87, tenant)
            self.broker.__exit__()

    async def test_a_login_that_holds_for_a_time_ends_with_it(self):
        self.answer = lambda request: {**ALLOW, "valid_s": 1}
        self.start()
        client = await self.connected()
        await client.closed()
        self.assertEqual(client.disconnect_code, 0xA0)

    async def test_ignore_and_clients_without_a_name_are_for_the_next_of_the_chain(self):
        self.answer = lambda request: {"result": "ignore"}
        self.start()
        self.assertEqual(await self.code(), 0x86)
        self.assertEqual(await self.code(user=None, password=None), 0x87)
        self.assertEqual(len(self.service.asked), 1)

    async def test_fields_have_the_names_that_the_operator_gives_them(self):
        self.answer = lambda request: {"ok": request == {"user": "ann", "secret": "good", "id": "c", "from": "127.0.0.1"},
                                       "allowed_to_publish": ["a"]}
        self.start(request={"username": "user", "password": "secret", "client_id": "id", "peer": "from", "listener": "",
                            "tenant": "", "protocol": ""},
                   answer={"result": "ok", "publish": "allowed_to_publish"})
        client = await self.connected()
        self.assertEqual(await client.deliver("a", "x"), 0x10)
        self.assertEqual(await client.deliver("b", "x"), 0x87)

    async def test_a_bearer_token_is_shown_and_never_logged(self):
        (self.dir / "token").write_text("s3cr3t-of-the-broker\n")
        self.start(token_file=str(self.dir / "token"))
        self.assertEqual(await self.code(), 0)
        self.assertEqual(self.service.heads[0]["Authorization"], "Bearer s3cr3t-of-the-broker")
        self.broker.__exit__()
        for secret in ("s3cr3t-of-the-broker", "good"):
            self.assertNotIn(f'"{secret}"', self.broker.log)
            self.assertNotIn("s3cr3t", self.broker.log)


class FailClosed(HttpCase):
    """ATTACK-18"""
    options = {"cache_ttl_s": 0}

    async def refused(self):
        self.assertGreaterEqual(await self.code(), 0x80)
        self.assertEqual(self.broker.metric("tenon_auth_logins_total", result="allowed"), 0)

    async def test_nothing_but_a_whole_and_clear_answer_lets_in(self):
        self.start()
        head = b"HTTP/1.1 200 OK\r\n"
        body = b'{"result":"allow"}'
        for answer in (500, 404, 204, 302, 403, 401,
                       {}, {"result": "yes"}, {"result": 1}, {"result": None}, [], "allow",
                       {**ALLOW, "publish": "#"}, {**ALLOW, "publish": ["a#"]}, {**ALLOW, "subscribe": [1]},
                       {**ALLOW, "superuser": "yes"}, {**ALLOW, "valid_s": -1}, {**ALLOW, "valid_s": "soon"},
                       {**ALLOW, "tenant": 1}, {**ALLOW, "username": ["ann"]}, {**ALLOW, "publish": ["a"] * 2000},
                       b"", b"no http\r\n\r\n", head, head + b"Content-Length: 18\r\n\r\n" + body[:10],
                       head + b"Content-Length: 18\r\nContent-Length: 3\r\n\r\n" + body,
                       head + b"Content-Length: 18\r\n\r\n" + body + b"more",
                       head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + body,
                       head + b"Content-Length: 99999999\r\n\r\n" + body,
                       head + b"X: " + b"x" * 20000 + b"\r\n\r\n" + body):
            with self.subTest(answer=answer):
                self.answer = lambda request, answer=answer: answer
                await self.refused()
        self.answer = lambda request: head + b"Transfer-Encoding: chunked\r\n\r\n12\r\n" + body + b"\r\n0\r\n\r\n"
        self.assertEqual(await self.code(), 0)  # what is whole is taken, also in chunks

    async def test_a_service_that_is_away_or_late_lets_nobody_in_and_is_found_again(self):
        self.start(timeout_ms=300)
        self.assertEqual(await self.code(), 0)
        port = self.service.port
        self.service.gate.clear()
        self.assertGreaterEqual(await self.code(), 0x80)
        self.service.close()
        self.assertGreaterEqual(await self.code(), 0x80)
        self.service = HttpService(lambda request: self.answer(request), port=port)
        self.addCleanup(self.service.close)
        self.assertEqual(await self.code(), 0)
        self.assertGreaterEqual(self.count("decisions_total", result="failed"), 1)

    async def test_the_chain_may_go_on_without_it(self):
        self.start(url="http://127.0.0.1:1/", chain={"on_error": "next"})
        self.assertEqual(await self.code(), 0x86)  # as nobody else knows the client

    async def test_too_many_at_once_are_refused_and_the_rest_is_served(self):
        self.start(connections=1, waiting_max=2)
        self.service.gate.clear()
        clients = [self.client(f"c{n}") for n in range(6)]
        logins = [asyncio.create_task(client.connect()) for client in clients]
        refused, left = set(), logins
        while len(refused) < 3:  # as many as are left may wait or be asked for
            done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED, timeout=20)
            self.assertTrue(done)
            refused |= done
        self.assertTrue(all(login.result().code >= 0x80 for login in refused))
        self.service.gate.set()
        codes = [(await login).code for login in logins]
        # Two that waited, and one that was asked for, if that was taken up before the others came.
        self.assertIn(codes.count(0), (2, 3))
        self.assertEqual(self.count("busy_total"), 6 - codes.count(0))

    async def test_a_client_that_goes_while_it_is_asked_for_leaves_nothing(self):
        self.start()
        self.service.gate.clear()
        client = self.client()
        login = asyncio.create_task(client.connect())
        while not self.service.asked:
            await asyncio.sleep(0.01)
        client.abort()
        login.cancel()
        self.service.gate.set()
        # Of another id: the same one would be taken over by the first login if that is answered last.
        self.assertEqual(await self.code("d"), 0)


class Kept(HttpCase):
    options = {"connections": 1}

    async def test_a_connection_serves_many_questions(self):
        self.start(cache_ttl_s=0)
        for _ in range(5):
            self.assertEqual(await self.code(), 0)
        self.assertEqual((len(self.service.asked), self.service.connections), (5, 1))

    async def test_an_answer_holds_for_the_same_question_until_a_reload(self):
        self.start()
        for _ in range(3):
            self.assertEqual(await self.code(), 0)
            self.assertEqual(await self.code(password="bad"), 0x86)
        self.assertEqual(len(self.service.asked), 2)
        self.assertEqual(self.count("cached_total"), 4)
        self.assertEqual(await self.code("other"), 0)  # another question
        self.assertEqual(len(self.service.asked), 3)
        self.broker.process.send_signal(signal.SIGHUP)
        await asyncio.to_thread(self.broker.wait_for_event, "config.reload_done")
        self.assertEqual(await self.code(), 0)
        self.assertEqual(len(self.service.asked), 4)

    async def test_an_answer_is_not_for_another_client_where_the_service_is_not_told_which_it_is(self):
        self.answer = lambda request: {**ALLOW, "publish": ["own/%c"]}
        self.start(request={"client_id": ""})
        for client_id, other in (("c1", "c2"), ("c2", "c1")):
            client = await self.connected(client_id)
            self.assertEqual(await client.deliver(f"own/{client_id}", "x"), 0x10)
            self.assertEqual(await client.deliver(f"own/{other}", "x"), 0x87)

    async def test_an_answer_is_forgotten_after_its_time(self):
        self.start(cache_ttl_s=1)
        self.assertEqual(await self.code(), 0)
        while len(self.service.asked) < 2:  # at the latest when a second has passed
            self.assertEqual(await self.code(), 0)


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
class OverTls(HttpCase):
    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="tenon-auth-tls-"))
        cls.addClassCleanup(shutil.rmtree, cls.home)
        cls.authority = Authority(cls.home / "ca")
        cls.other = Authority(cls.home / "other", "Somebody else")
        cls.certificate = cls.authority.sign("service", "/CN=localhost", "DNS:localhost")

    async def test_the_services_certificate_is_checked(self):
        self.start(self.service.url("localhost"), ca_file=str(self.authority.certificate))
        self.assertEqual(await self.code(), 0)
        self.broker.__exit__()
        for host, authority in (("127.0.0.1", self.authority), ("localhost", self.other)):
            self.start(self.service.url(host), ca_file=str(authority.certificate))
            self.assertGreaterEqual(await self.code(), 0x80)
            self.broker.__exit__()
            self.assertIn("the service's certificate", self.broker.log)

    async def test_the_broker_shows_its_own_certificate(self):
        service = HttpService(self.answer, self.certificate, client_authority=self.authority.certificate)
        self.addCleanup(service.close)
        certificate, key = self.authority.sign("broker", "/CN=broker")
        self.start(service.url("localhost"), ca_file=str(self.authority.certificate),
                   certificate_file=str(certificate), key_file=str(key))
        self.assertEqual(await self.code(), 0)
        self.broker.__exit__()
        self.start(service.url("localhost"), ca_file=str(self.authority.certificate))
        self.assertGreaterEqual(await self.code(), 0x80)


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
class ProvedNames(HttpCase):
    """A service that needs no password of names that a certificate has proved."""
    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="tenon-auth-names-"))
        cls.addClassCleanup(shutil.rmtree, cls.home)
        cls.authority = Authority(cls.home / "ca")
        server, key = cls.authority.sign("server", "/CN=localhost", "DNS:localhost")
        cls.more = {"plugins": {"tls": {"options": {
                        "certificate": str(server), "key": str(key), "ca": str(cls.authority.certificate),
                        "client_certificate": "required", "username_from": "cn"}}},
                    "listeners": {"default": {"stack": ["tcp", "tls"]}}}

    def answer(self, request):
        return ALLOW if request.get("username_proved") is True else {"result": "deny"}

    def code_with(self, subject, user=None):
        context = ssl.create_default_context(cafile=str(self.authority.certificate))
        context.load_cert_chain(*map(str, self.authority.sign("client", subject)))
        with socket.create_connection(("127.0.0.1", self.broker.port), 30) as raw, \
                context.wrap_socket(raw, server_hostname="localhost") as link:
            link.sendall(connect_packet("c", user))
            return link.recv(64)[3]  # of CONNACK

    def test_the_service_can_tell_them_from_those_that_a_client_states(self):
        self.start()
        self.assertEqual(self.code_with("/CN=admin", "other"), 0)
        self.assertEqual(self.code_with("/CN=admin/CN=b", "admin"), 0x86)
        proved, stated = self.service.asked
        self.assertEqual((proved["username"], proved["username_proved"], proved["cert_subject"]), ("admin", True, "CN=admin"))
        self.assertEqual(stated["username"], "admin")
        self.assertIn("cert_subject", stated)
        self.assertNotIn("username_proved", stated)

    def test_they_are_not_let_in_past_a_service_that_is_away(self):
        self.start(url="http://127.0.0.1:1/", chain={"on_error": "next"})
        self.assertEqual(self.code_with("/CN=admin"), 0x88)


class Options(HttpCase):
    def test_what_can_not_work_stops_the_start(self):
        for options, said in (({"url": "ftp://x/"}, "url"), ({"url": "http://user@x/"}, "url"), ({"token_file": "t"}, "token_file"),
                              ({"token_file": "/nowhere"}, "/nowhere"), ({"certificate_file": "/x"}, "key_file"),
                              ({"url": "https://x/", "ca_file": "/nowhere"}, "/nowhere")):
            with self.subTest(options=options), self.assertRaises(StartFailed) as failed:
                self.start(**{"url": None, **options})
            self.assertIn(said, str(failed.exception))


if __name__ == "__main__":
    unittest.main()
