"""A headless Chromium for tests, driven over a pipe (Chrome DevTools Protocol). Nothing here polls or sleeps: whatever a
page is to become is awaited inside the page."""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

PROGRAM = shutil.which("chromium")

# Resolves when `condition` holds of the document, which is looked at again at each change of it.
AWAIT = """new Promise((resolve) => {
  const look = () => { const found = (() => (%s))(); if (found) { observer.disconnect(); resolve(true); } };
  const observer = new MutationObserver(look);
  observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  look();
})"""


class Browser:
    """One browser with one page. Use as a context manager. `faults` are what the page has complained of: exceptions,
    errors of its console, what its content policy refused."""

    def __init__(self, width=1280, height=900):
        self.home = tempfile.mkdtemp(prefix="tenon-browser-")
        to_read, self._to = os.pipe()
        self._from, from_write = os.pipe()
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{to_read} 4>&{from_write}', "bash", PROGRAM, "--headless=new", "--no-sandbox",
             "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
             f"--window-size={width},{height}", f"--user-data-dir={self.home}", "--remote-debugging-pipe", "about:blank"],
            pass_fds=(to_read, from_write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(from_write)
        self._rest, self._number, self.faults, self._session = b"", 0, [], None
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for area in ("Page", "Runtime", "Log"):
            self._call(area + ".enable")
        self.on_dialog = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._to)
        self.process.terminate()
        self.process.wait(30)
        os.close(self._from)
        shutil.rmtree(self.home, ignore_errors=True)

    def _messages(self, timeout_s):
        """The next messages, at least one."""
        deadline = time.monotonic() + timeout_s
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._from], [], [], max(0, deadline - time.monotonic()))
            data = os.read(self._from, 1 << 20) if ready else b""
            if not data:
                raise TimeoutError(f"the browser says nothing; faults so far: {self.faults}")
            self._rest += data
        *whole, self._rest = self._rest.split(b"\0")
        return [json.loads(message) for message in whole]

    def _send(self, method, parameters):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        return self._number

    def _call(self, method, timeout_s=60, **parameters):
        number = self._send(method, parameters)
        while True:
            answer = None
            for message in self._messages(timeout_s):
                if message.get("id") == number:
                    answer = message
                elif "method" in message:
                    self._on_event(message["method"], message["params"])
            if answer:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def _on_event(self, method, parameters):
        if method == "Runtime.exceptionThrown":
            self.faults.append(parameters["exceptionDetails"].get("exception", {}).get("description", "exception"))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.faults.append(parameters["entry"]["text"] + " " + parameters["entry"].get("url", ""))
        elif method == "Page.javascriptDialogOpening":
            self._send("Page.handleJavaScriptDialog", {"accept": self.on_dialog})

    def open(self, url):
        self._call("Page.navigate", url=url)
        self.until("document.readyState !== 'loading'")

    def run(self, script, timeout_s=60):
        """The value of an expression; of a promise, what it comes to."""
        answer = self._call("Runtime.evaluate", timeout_s, expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def until(self, condition, timeout_s=60):
        """Waits until an expression holds of the page."""
        try:
            self.run(AWAIT % condition, timeout_s)
        except TimeoutError as late:
            raise AssertionError(f"never came true: {condition}; {late}") from late

    def text(self, selector="body"):
        return self.run(f"[...document.querySelectorAll({json.dumps(selector)})].map(e => e.innerText).join('\\n')")

    def click(self, selector):
        """As a person does; the page may change under it."""
        self.until(f"document.querySelector({json.dumps(selector)})")
        self.run(f"void document.querySelector({json.dumps(selector)}).click()")

    def fill(self, selector, text):
        self.run(f"void (document.querySelector({json.dumps(selector)}).value = {json.dumps(text)})")

    def picture(self, path):
        data = self._call("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
