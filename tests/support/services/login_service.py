"""A service that knows one user, ann, over HTTP: what auth-callout asks."""
import base64
import http.server
import json
import sys
import threading


class LoginService:
    """Answers 200 to the right password, 403 to a wrong one, 404 to other users. Ends with stop()."""

    def __init__(self, port=0):
        self.asked = []  # what it was told, in order
        self.open = threading.Event()
        self.open.set()
        self.came = threading.Condition()
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                login = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(service.answer(login))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def handle(self):
                try:
                    super().handle()
                except OSError:
                    pass  # whoever asked has gone

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/login"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def answer(self, login):
        with self.came:
            self.asked.append(login)
            self.came.notify_all()
        self.open.wait(60)
        if login["username"] != "ann":
            return 404
        return 200 if base64.b64decode(login["password_base64"]) == b"open sesame" else 403

    def hold(self):
        """Lets everybody wait for an answer until release()."""
        self.open.clear()

    def release(self):
        self.open.set()

    def wait_for(self, count):
        """Until so many logins have been asked about."""
        with self.came:
            if not self.came.wait_for(lambda: len(self.asked) >= count, timeout=30):
                raise AssertionError(f"{len(self.asked)} logins came, {count} were expected")

    def stop(self):
        self.open.set()
        if self.thread.is_alive():
            self.server.shutdown()
            self.server.server_close()
            self.thread.join()


if __name__ == "__main__":
    LoginService(int(sys.argv[1])).thread.join()
