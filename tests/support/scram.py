"""The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), for tests."""
import base64
import hashlib
import hmac
import os


def _mac(key, data):
    return hmac.new(key, data, "sha256").digest()


class Scram:
    method = "SCRAM-SHA-256"

    def __init__(self, user, password):
        self.user, self.password = user, password
        self.server_proof = None  # that the broker must show

    def first(self):
        name = self.user.replace("=", "=3D").replace(",", "=2C")
        self._bare = f"n={name},r={base64.b64encode(os.urandom(18)).decode()}"
        return ("n,," + self._bare).encode()

    def next(self, data):
        challenge = data.decode()
        parts = dict(part.split("=", 1) for part in challenge.split(","))
        assert parts["r"].startswith(self._bare.split(",r=")[1]), challenge
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), base64.b64decode(parts["s"]), int(parts["i"]))
        without_proof = "c=biws,r=" + parts["r"]
        message = f"{self._bare},{challenge},{without_proof}".encode()
        client_key = _mac(salted, b"Client Key")
        signature = _mac(hashlib.sha256(client_key).digest(), message)
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        self.server_proof = b"v=" + base64.b64encode(_mac(_mac(salted, b"Server Key"), message))
        return f"{without_proof},p={base64.b64encode(proof).decode()}".encode()
