# SPDX-License-Identifier: 0BSD
"""Runs a command while a service answers that knows one user, ann, with the password "open sesame": with_service.py
COMMAND...; @URL@ in its arguments becomes the service's address. Ends with the command's status."""
import base64
import http.server
import json
import subprocess
import sys
import threading


class Service(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        login = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if login.get("username") != "ann":
            status = 404
        else:
            status = 200 if base64.b64decode(login["password_base64"]) == b"open sesame" else 403
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def handle(self):
        try:
            super().handle()
        except (OSError, ValueError):
            pass  # whoever asked has gone, or sent what is no JSON: the connection ends

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 4096  # as many logins may come at once


def main():
    with Server(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/login"
        return subprocess.call([argument.replace("@URL@", url) for argument in sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
