"""Password files for the auth plugin and for mosquitto."""
import base64
import hashlib
import os

ROUNDS = 101  # those of mosquitto_passwd


def password_line(user, password):
    """A line as mosquitto_passwd writes it: PBKDF2 with SHA-512."""
    salt = os.urandom(12)
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ROUNDS)
    return f"{user}:$7${ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}\n"


def write_private(path, text):
    path.write_text(text)
    path.chmod(0o600)
    return path
