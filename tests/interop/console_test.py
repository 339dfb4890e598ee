#!/usr/bin/python3
"""The console in a real browser, over a broker with clients."""
import http.client
import json
import pathlib
import socket
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import browser  # noqa: E402
from broker import SOURCE, Broker  # noqa: E402
from mqtt_client import Client  # noqa: E402

VIEWER = "v" * 64
PAGES = SOURCE / "plugins/console"
ODD_ID = "<img src=x onerror=alert(1)>"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class ConsoleCase(unittest.IsolatedAsyncioTestCase):
    console = str(PAGES)

    def setUp(self):
        self.port = free_port()
        self.broker = Broker(start=False)
        self.addCleanup(self.broker.__exit__, None, None, None)
        (self.broker.home / "viewer.token").write_text(VIEWER + "\n")
        self.broker.write_config("95-console.json", {"api": {"port": self.port, "console": self.console, "tokens": {
            "viewer": {"role": "viewer", "file": str(self.broker.home / "viewer.token")}}}})
        self.broker.start()
        self.admin = (self.broker.data_dir / "admin.token").read_text().strip()

    def ask(self, path, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.addCleanup(connection.close)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer, answer.read()

    async def client(self, client_id, **options):
        client = Client(client_id, self.broker.port, **{"expiry_s": 300, **options})
        self.addCleanup(client.abort)
        self.assertEqual((await client.connect()).code, 0)
        return client


class Pages(ConsoleCase):
    async def test_all_files_are_served_with_type_policy_and_tag_and_without_a_token(self):
        for path in PAGES.iterdir():
            if path.suffix not in (".html", ".css", ".js", ".svg"):
                continue
            answer, body = self.ask(f"/console/{path.name}")
            self.assertEqual((answer.status, body), (200, path.read_bytes()), path.name)
            self.assertIn("default-src 'none'", answer.headers["Content-Security-Policy"])
            self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
            again, body = self.ask(f"/console/{path.name}", **{"If-None-Match": answer.headers["ETag"]})
            self.assertEqual((again.status, body), (304, b""), path.name)

    async def test_nothing_beside_the_console_is_served(self):
        for name in ("README.md", "meson.build", "..%2Fconsole%2Findex.html", "%2e%2e", "nothing.js", "%2Fetc%2Fpasswd"):
            answer, _ = self.ask(f"/console/{name}")
            self.assertEqual(answer.status, 404, name)


class NotInstalled(ConsoleCase):
    console = "/nowhere/console"

    async def test_a_broker_without_the_console_serves_all_else(self):
        answer, body = self.ask("/console")
        self.assertEqual(answer.status, 404)
        self.assertIn("not installed", json.loads(body)["detail"])
        self.assertEqual(self.ask("/healthz")[0].status, 200)


@unittest.skipUnless(browser.PROGRAM, "chromium is not installed")
class InBrowser(ConsoleCase):
    def setUp(self):
        super().setUp()
        self.page = browser.Browser()
        self.addCleanup(self.page.__exit__)

    def view(self, name, argument=""):
        self.page.run(f"location.hash = '#/{name}{argument}'")
        self.page.until(f"document.getElementById('view').dataset.view === '{name}'")

    def sign_in(self, token):
        self.page.open(f"http://127.0.0.1:{self.port}/console")
        self.page.until("document.getElementById('token')")
        self.page.fill("#token", token)
        self.page.click("form button")

    def signed_in(self, token):
        self.sign_in(token)
        self.page.until("document.getElementById('view').dataset.view === 'overview'")

    async def test_a_wrong_token_is_told_and_lets_nobody_in(self):
        self.sign_in("x" * 64)
        self.page.until("document.querySelector('[role=alert]')")
        self.assertIn("not the administrator's", self.page.text("[role=alert]"))
        self.assertEqual(self.page.run("sessionStorage.length"), 0)

    async def test_each_view_shows_what_the_broker_has(self):
        await self.client("watched-client")
        self.signed_in(self.admin)
        self.assertIn("ready", self.page.text())
        self.page.until("document.querySelector('[data-metric=tenon_session_connected_sessions] strong').innerText === '1'")
        for name, shown in (("ranges", "Store inbox"), ("balance", "inbox / range-leader"), ("sessions", "watched-client"),
                            ("retained", "No retained message"), ("node", "engine.journal"), ("node", "api.console")):
            self.view(name)
            self.assertIn(shown, self.page.text(), name)
        self.assertEqual(self.page.faults, [])

    async def test_what_a_client_has_named_is_text_and_never_markup(self):
        client = await self.client(ODD_ID)
        await client.subscribe("<b>bold</b>")
        await client.deliver("<i>slanted</i>", b"<script>alert(2)</script>", retain=True)
        self.signed_in(self.admin)
        self.view("sessions")
        self.assertIn(ODD_ID, self.page.text("td"))
        self.page.click("td a")
        self.page.until("document.getElementById('view').dataset.view === 'session'")
        self.assertIn("<b>bold</b>", self.page.text("td"))
        self.view("retained")
        self.page.click("td a")
        self.page.until("document.querySelector('.payload')")
        self.assertIn("<script>", self.page.text(".payload"))
        self.assertEqual(self.page.run("document.querySelectorAll('main img, main b, main i, main script').length"), 0)
        self.assertEqual(self.page.faults, [])

    async def test_a_session_is_found_disconnected_and_ended(self):
        clients = [await self.client(name) for name in ("kept", "sent-away")]
        self.signed_in(self.admin)
        self.view("sessions")
        self.page.fill("[name=prefix]", "sent")
        self.page.click("form button")
        self.page.until("!document.querySelector('main').innerText.includes('kept')")
        self.page.click("td a")
        self.page.click("[data-act=kick]")
        await clients[1].closed()
        self.page.until("!document.querySelector('[data-act=kick]') && document.querySelector('[data-act=end]')")
        self.page.click("[data-act=end]")
        self.page.until("document.getElementById('view').dataset.view === 'sessions'")
        self.page.until("document.querySelector('main').innerText.includes('kept')")
        self.assertNotIn("sent-away", self.page.text("td"))
        await clients[0].ping()

    async def test_a_viewer_looks_and_is_told_what_is_not_allowed(self):
        client = await self.client("untouched")
        self.signed_in(VIEWER)
        self.view("sessions")
        self.page.click("td a")
        self.page.click("[data-act=kick]")
        self.page.until("document.querySelector('[role=status] .error')")
        self.assertIn("role operator", self.page.text("[role=status]"))
        self.view("node")
        self.assertNotIn("api.console", self.page.text(), "the configuration is not for viewers")
        await client.ping()

    async def test_a_retained_message_is_read_and_removed(self):
        client = await self.client("publisher")
        await client.deliver("plant/temperature", b"21.5", retain=True)
        await client.deliver("plant/picture", bytes([0, 255, 16]), retain=True)
        self.signed_in(self.admin)
        self.view("retained")
        self.page.fill("[name=filter]", "+/picture")
        self.page.click("form button")
        self.page.until("!document.querySelector('main').innerText.includes('temperature')")
        self.page.click("td a")
        self.page.until("document.querySelector('.payload')")
        self.assertEqual(self.page.text(".payload"), "00 ff 10")
        self.page.click(".danger")
        self.page.until("document.getElementById('view').dataset.view === 'retained'")
        self.page.until("document.querySelector('main').innerText.includes('temperature')")
        self.assertNotIn("picture", self.page.text("td"))


if __name__ == "__main__":
    unittest.main()
