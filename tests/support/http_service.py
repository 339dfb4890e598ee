"""A small HTTP service for tests: answers each request as it is told, and remembers what it was asked."""
import http.server
import json
import ssl
import threading


class HttpService:
    """Listens on 127.0.0.1 as long as it is open. `answer(request)` gets the JSON object of a request and returns an
    object (status 200), a status, or bytes that are sent as they are before the connection is closed."""

    def __init__(self, answer, certificate=None, client_authority=None, port=0):
        self.answer = answer
        self.asked = []       # the objects
        self.heads = []       # the fields of each request
        self.connections = 0
        self.gate = threading.Event()  # requests wait for it
        self.gate.set()
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                service.connections += 1

            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                service.asked.append(request)
                service.heads.append({**self.headers, "path": self.path})
                service.gate.wait(30)
                answer = service.answer(request)
                if isinstance(answer, bytes):
                    self.wfile.write(answer)
                    self.close_connection = True
                    return
                body = json.dumps(answer).encode() if not isinstance(answer, int) else b""
                self.send_response(answer if isinstance(answer, int) else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *args):  # a peer that hangs up is no news
                pass

        self._server = Server(("127.0.0.1", port), Handler)
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*map(str, certificate))
            if client_authority:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(str(client_authority))
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
            self.scheme = "https"
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def url(self, host="127.0.0.1", path="/auth"):
        return f"{self.scheme}://{host}:{self.port}{path}"

    def close(self):
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
