"""SCRAM-SHA-256 (RFC 5802, RFC 7677) for the vectors: what a server keeps of a password, and what a client computes.

Written from the RFCs alone, as packets.py is from the specifications."""
import base64
import binascii
import functools
import hashlib
import hmac
import re


class Refused(Exception):
    """The server said what a client must not go on with."""


def _mac(key, text):
    return hmac.new(key, text if isinstance(text, bytes) else text.encode(), hashlib.sha256).digest()


def _base64(data):
    return base64.b64encode(data).decode()


@functools.lru_cache(maxsize=64)
def _salted(password, salt, iterations):
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)


def kept(password, salt=b"conformance salt", iterations=4096):
    """The hash of a line of tenon's password file."""
    salted = _salted(password, salt, iterations)
    stored = hashlib.sha256(_mac(salted, "Client Key")).digest()
    return f"$scram-sha-256${iterations}${_base64(salt)}${_base64(stored)}${_base64(_mac(salted, 'Server Key'))}"


class Exchange:
    """What both sides say last, from what the client has said first and `challenge`, the server's answer to that. Refused
    when the server must not answer so."""

    def __init__(self, user, password, nonce, challenge):
        found = re.fullmatch(r"r=([^,]+),s=([A-Za-z0-9+/]+=*),i=([1-9]\d*)", challenge)
        if not found or not found[1].startswith(nonce) or found[1] == nonce:
            raise Refused(f"no answer to a SCRAM client with the nonce {nonce}: {challenge}")
        try:
            salt = base64.b64decode(found[2], validate=True)
        except binascii.Error:
            raise Refused(f"a salt that is no base64: {challenge}") from None
        self.salted = _salted(password, salt, int(found[3]))
        self.without_proof = f"c={_base64(b'n,,')},r={found[1]}"
        self.said = f"n={user},r={nonce},{challenge},{self.without_proof}"

    def proof(self):
        """The client's last message."""
        key = _mac(self.salted, "Client Key")
        signature = _mac(hashlib.sha256(key).digest(), self.said)
        return f"{self.without_proof},p={_base64(bytes(a ^ b for a, b in zip(key, signature)))}"

    def signature(self):
        """The server's last message."""
        return "v=" + _base64(_mac(_mac(self.salted, "Server Key"), self.said))
