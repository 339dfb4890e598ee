"""A user of whom the nodes know that there is something that it may not read."""
import pathlib
import shutil
import tempfile

from passwords import password_line, write_private

USER, PASSWORD = "limited", "a word"
DENIED = "s/2/#"


class Permissions:
    """The files that say so, and the configuration of nodes that follow them. Clients without a user name may do everything."""

    client_options = {"user": USER, "password": PASSWORD, "denied": DENIED}

    def __init__(self):
        self._dir = pathlib.Path(tempfile.mkdtemp(prefix="tenon-rules-"))
        passwords = write_private(self._dir / "passwords", password_line(USER, PASSWORD))
        rules = write_private(self._dir / "acl", f"user {USER}\ntopic readwrite #\ntopic deny {DENIED}\n")
        self.config = {"plugins": {"file": {"options": {"password_file": str(passwords), "acl_file": str(rules)}}},
                       "auth": {"anonymous": "always", "chain": {"file": {"enable": True}}}}

    def close(self):
        shutil.rmtree(self._dir)
