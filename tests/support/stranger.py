"""Links without a client's manners to a broker's listeners for TCP, TLS and WebSocket: bytes there, and bytes back until it hangs
up."""
import base64
import os
import socket
import ssl
import struct

from certificates import Authority

WAIT_S = 30


class Stranger:
    """A link over TCP. `source` is an address of loopback that it comes from: the system has to wait for ports of one that were
    used before when there are more links than ports."""

    def __init__(self, port, source="127.0.0.1"):
        self.socket = socket.create_connection(("127.0.0.1", port), WAIT_S, (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data):
        """What is sent to a broker that has hung up already is lost."""
        try:
            self.socket.sendall(data)
        except (ConnectionError, ssl.SSLError):
            pass

    def receive(self):
        """Some more bytes; none at the end."""
        try:
            return self.socket.recv(65536)
        except (ConnectionResetError, ssl.SSLEOFError):
            return b""

    def half_close(self):
        """Nothing more will be sent. It may be the end of the link in both directions."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def to_end(self):
        """All that the broker has to say until it hangs up. TimeoutError when it does not."""
        said = b""
        while data := self.receive():
            said += data
        self.close()
        return said

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def upgrade_request(*more_fields):
    """What a client of WebSocket says first."""
    fields = ["Host: here", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
              "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode(), "Sec-WebSocket-Protocol: mqtt", *more_fields]
    return ("GET /mqtt HTTP/1.1\r\n" + "".join(field + "\r\n" for field in fields) + "\r\n").encode()


class TlsStranger(Stranger):
    """A link over TLS. A half_close() is that of TCP beneath it, behind which nothing can be read."""

    def __init__(self, port, context, **more):
        super().__init__(port, **more)
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost")

    def half_close(self):
        super().half_close()
        while super().receive():  # what is encrypted, or the alert that says goodbye
            pass


class WebSocketStranger(Stranger):
    """A link over WebSocket: each send() is one frame. `fields` are added to the request, to which `answer` is the answer."""

    def __init__(self, port, fields=(), **more):
        super().__init__(port, **more)
        self.buffer, self.answer = b"", b""
        super().send(upgrade_request(*fields))
        while b"\r\n\r\n" not in self.buffer:
            if not (more := super().receive()):
                break
            self.buffer += more
        self.answer, _, self.buffer = self.buffer.partition(b"\r\n\r\n")

    def send(self, data):
        if len(data) < 126:
            size = bytes([0x80 | len(data)])
        else:
            size = struct.pack("!BH", 0x80 | 126, len(data)) if len(data) < 0x10000 else struct.pack("!BQ", 0x80 | 127, len(data))
        super().send(b"\x82" + size + b"\0\0\0\0" + data)  # a mask of zeros leaves them as they are

    def receive(self):
        """What the next frame holds; none at the frame that closes."""
        head = self._take(2)
        if len(head) < 2 or head[0] & 15 == 8:
            return b""
        size = head[1] if head[1] < 126 else int.from_bytes(self._take(2 if head[1] == 126 else 8), "big")
        return self._take(size)

    def _take(self, count):
        while len(self.buffer) < count:
            if not (more := super().receive()):
                break
            self.buffer += more
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data


class Doors:
    """The three listeners `default`, `tls` and `ws` on loopback, and strangers at each. Certificates are made in `folder`."""

    def __init__(self, folder):
        self.authority = Authority(folder)
        certificate, key = self.authority.sign("server", "/CN=localhost", "DNS:localhost")
        local = {"bind": "127.0.0.1", "port": 0}
        self.config = {"plugins": {"tls": {"options": {"certificate": str(certificate), "key": str(key)}}, "websocket": {}},
                       "listeners": {"tls": {**local, "stack": ["tcp", "tls"]}, "ws": {**local, "stack": ["tcp", "websocket"]}}}
        self.context = ssl.create_default_context(cafile=str(self.authority.certificate))
        self.ports = {}

    def opened_by(self, broker):
        """The broker that was started with this configuration."""
        self.ports = {door: int(broker.wait_for_event("listener.opened", listener=door)["fields"]["port"])
                      for door in ("default", "tls", "ws")}

    def dial(self, door, **more):
        if door == "tls":
            return TlsStranger(self.ports[door], self.context, **more)
        return (WebSocketStranger if door == "ws" else Stranger)(self.ports[door], **more)
