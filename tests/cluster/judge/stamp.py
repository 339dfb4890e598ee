"""What a payload says of its message, so that a receiver needs to ask nobody."""
import typing
import zlib


class Stamp(typing.NamedTuple):
    """`number` counts the messages of this publisher on this topic."""
    publisher: str
    topic: str
    number: int

    def payload(self, filler_bytes=0):
        text = f"{self.publisher} {self.topic} {self.number} {'.' * filler_bytes}"
        return f"{text} {zlib.crc32(text.encode()):08x}".encode()


def read_stamp(payload):
    """None: this was never written like this."""
    text, _, check = payload.decode(errors="replace").rpartition(" ")
    parts = text.split(" ")
    if len(parts) != 4 or check != f"{zlib.crc32(text.encode()):08x}":
        return None
    return Stamp(parts[0], parts[1], int(parts[2]))
