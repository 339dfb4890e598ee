#!/usr/bin/python3
"""mqtt.js in a page of headless Chromium, over ws and wss: the browser's own WebSocket, with its Origin, its subprotocol and
the extensions that it offers. esbuild makes one script of Debian's node-mqtt and what that needs for a browser."""
import base64
import hashlib
import http.server
import os
import pathlib
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from broker import Broker  # noqa: E402
from certificates import Authority  # noqa: E402

WAIT_S = 90
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
MODULES = pathlib.Path("/usr/share/nodejs")
# Debian's packages of these: node-mqtt, and what Node has of its own and a browser has not.
NEEDED_MODULES = ("mqtt", "buffer", "events", "process", "url")
MISSING = [name for name in ("openssl", "esbuild") if not shutil.which(name)] + \
    [f"node-{name}" for name in NEEDED_MODULES if not (MODULES / name).exists()] + ([] if CHROMIUM else ["chromium"])


def bundle(folder):
    """The script of the page, with all that it asks for."""
    surroundings, script = folder / "surroundings.js", folder / "page.js"
    surroundings.write_text("export { Buffer } from 'buffer';\nexport { default as process } from 'process';\n")
    # node-ws has a file for browsers, but does not say so where esbuild looks for it.
    subprocess.run(["esbuild", str(HERE / "chromium_page.js"), "--bundle", "--platform=browser", "--define:global=window",
                    f"--alias:ws={MODULES}/ws/browser.js", f"--inject:{surroundings}", f"--outfile={script}", "--log-level=error"],
                   check=True, env={**os.environ, "NODE_PATH": str(MODULES)})
    return script.read_bytes()


def key_hash(certificate):
    """As --ignore-certificate-errors-spki-list takes it."""
    public = subprocess.run(["openssl", "x509", "-in", certificate, "-pubkey", "-noout"], check=True, capture_output=True)
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=public.stdout, check=True,
                         capture_output=True).stdout
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


@unittest.skipIf(MISSING, " and ".join(MISSING) + " missing")
class Page(unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="tenon-chromium-"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.certificate, key = Authority(self.home / "ca").sign("server", "/CN=localhost", "DNS:localhost,IP:127.0.0.1")
        self.broker = Broker(config={
            "plugins": {"websocket": {}, "tls": {"options": {"certificate": str(self.certificate), "key": str(key)}}},
            "listeners": {"default": {"stack": ["tcp", "websocket"]},
                          "secure": {"bind": "127.0.0.1", "port": 0, "stack": ["tcp", "tls", "websocket"]}}})
        self.addCleanup(self.broker.__exit__)
        self.said = queue.Queue()
        said, script = self.said, bundle(self.home)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                page = b"<!DOCTYPE html><script src='/page.js'></script>"
                is_script = self.path == "/page.js"
                body = script if is_script else page
                self.send_response(200)
                self.send_header("Content-Type", "text/javascript" if is_script else "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                said.put(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def open_page(self, *urls):
        query = urllib.parse.urlencode([("url", url) for url in urls])
        page = f"http://127.0.0.1:{self.server.server_address[1]}/?{query}"
        log = open(self.home / "chromium.log", "wb")
        self.addCleanup(log.close)
        browser = subprocess.Popen(
            [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             f"--user-data-dir={self.home}/profile", "--remote-debugging-port=0",
             f"--ignore-certificate-errors-spki-list={key_hash(self.certificate)}", page],
            stdout=log, stderr=log, start_new_session=True, env={**os.environ, "HOME": str(self.home)})
        try:
            return self.said.get(timeout=WAIT_S)
        except queue.Empty:
            return "nothing came; chromium wrote:\n" + (self.home / "chromium.log").read_text(errors="replace")[-3000:]
        finally:
            os.killpg(browser.pid, 9)
            browser.wait()

    def test_mqttjs_in_a_page_exchanges_messages_over_ws_and_wss(self):
        secure = self.broker.wait_for_event("listener.opened", listener="secure")["fields"]["port"]
        plain = self.broker.wait_for_event("listener.opened", listener="default")["fields"]["port"]
        self.assertEqual(self.open_page(f"ws://127.0.0.1:{plain}/mqtt", f"wss://localhost:{secure}/mqtt"), "ok")


if __name__ == "__main__":
    unittest.main()
