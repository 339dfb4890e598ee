"""Reads the vectors: a small text form, described in README.md, and what it stands for as steps that can be played."""
import collections
import functools
import pathlib
import re
import shlex

import scram_texts
from packets import ACKS, NUMBERS, PROPERTIES, REPEATED, V31, V311, V5, binary, framed

VERSIONS = {"3.1": V31, "3.1.1": V311, "5": V5}
LABELS = {V31: "3.1", V311: "3.1.1", V5: "5.0"}
EXPECTATIONS = {"<": "expect", "<~": "expect-any-order", "<?": "allow-any-order"}
FOLDER = pathlib.Path(__file__).parent / "vectors"

# One thing to do or to see. `kind` is a packet's type for send and expect, `fields` its fields or what else the step needs.
# A step is `routine` when it only leads to what the vector is about.
Step = collections.namedtuple("Step", "line connection do kind fields routine", defaults=("", {}, False))
# `shows` are the statements by version, `by` what else asks for it; `needs` what the broker must have been set up with; `alone` is for vectors that see
# what others do at the same time; `twinless` are the connections on which a refusal has no twin.
Vector = collections.namedtuple("Vector", "name file versions shows by needs alone lines twinless", defaults=((),))


class BadVector(Exception):
    """The text is not of the form; names file and line."""


def load(folder=FOLDER):
    """All vectors of the files in this folder, in the order of their names."""
    return [vector for path in sorted(folder.glob("*.txt")) for vector in _read(path)]


def _read(path):
    found, current = [], None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        key, _, value = text.partition(":")
        if not line.startswith(" ") and key == "vector":
            current = Vector(value.strip(), path.name, [V311, V5], {V31: [], V311: [], V5: []}, [], [], [], [], [])
            found.append(current)
        elif not line.startswith(" ") and current and key in ("versions", "shows 3.1.1", "shows 5", "by", "needs", "alone", "twinless"):
            _header(current, key, value.split())
        elif line.startswith(" ") and current:
            current.lines.append((number, text))
        else:
            raise BadVector(f"{path.name}:{number}: {text}")
    return found


def _header(vector, key, words):
    if key == "versions":
        vector.versions[:] = [VERSIONS[word] for word in words]
    elif key == "twinless":
        names, _, why = " ".join(words).partition(": ")
        if not why:
            raise BadVector(f"{vector.file}: {vector.name}: twinless: {names}")
        vector.twinless.extend(names.split())
    elif key.startswith("shows"):
        vector.shows[VERSIONS[key.split()[1]]].extend(word if word.startswith("MQTT") else "MQTT-" + word for word in words)
    else:
        getattr(vector, key).extend(words or ["yes"])


def lines_of(vector, version):
    """(number, whether it begins with `lawful`, the text behind that) of the lines of this version; those for one version only begin with v3
    or v5."""
    for number, text in vector.lines:
        first, _, rest = text.partition(" ")
        if first in ("v3", "v5"):
            if (version < V5) != (first == "v3"):
                continue
            text = rest
        lawful = text.startswith("lawful ")
        yield number, lawful, text[len("lawful "):] if lawful else text


def steps_of(vector, version):
    """The steps of this version. What begins with `lawful` is of the vector's twin."""
    return [step for number, lawful, text in lines_of(vector, version) if not lawful for step in steps_of_line(vector, number, text)]


def steps_of_line(vector, number, text):
    try:
        return _parse(number, text)
    except (ValueError, KeyError, IndexError) as error:
        raise BadVector(f"{vector.file}:{number}: {text} ({error!r})") from None


def _fields(words):
    """name=value words; a name that is given more than once, or is a list by nature, has a list."""
    fields = {}
    for word in words:
        name, equals, value = word.partition("=")
        plain = name[5:] if name.startswith("will.") else name
        if not equals:
            raise ValueError(f"no value: {word}")
        if plain in REPEATED or plain == "filter":
            fields.setdefault(name, []).append(value)
        else:
            fields[name] = value
    return fields


@functools.lru_cache(maxsize=None)
def _parse(number, text):
    """The steps of a line; whoever gets them changes none."""
    words = shlex.split(text)
    connection, verb, rest = words[0], words[1] if len(words) > 1 else "", words[2:]

    def step(do, kind="", fields=None, routine=False):
        return Step(number, connection, do, kind, fields or {}, routine)

    if connection == "wait":
        return [Step(number, "", "wait", "", {"seconds": float(verb)})]
    if verb == ">" and rest[0] == "hex":
        return [step("hex", "", {"text": text.split(" hex ", 1)[1]})]
    if verb == ">" and rest[0] in NUMBERS:
        return [step("send", rest[0], _fields(rest[1:]))]
    if verb in EXPECTATIONS and rest[0] in NUMBERS:
        return [step(EXPECTATIONS[verb], rest[0], _fields(rest[1:]))]
    if verb in ("closed", "refused", "rejected", "websocket"):
        return [step(verb, "", _fields(rest))]
    if verb == "came":
        return [step(verb, "", {"count": int(rest[0])})]
    if verb in ("open", "abort"):
        return [step(verb)]
    return _MACROS[verb](step, rest)


# --- what is written often; the steps that such a line stands for are routine

def _connect(step, words):
    at = words.index("->") if "->" in words else len(words)
    seen = _fields(words[at + 1:])
    return [step("open"), step("send", "CONNECT", _fields(words[:at]), True), step("expect", "CONNACK", seen, not seen)]


def _subscribe(step, words):
    """Filters with options, fields, then the codes behind `->`; without, each filter gets the QoS that it asks for."""
    at = words.index("->") if "->" in words else len(words)
    filters = [word for word in words[:at] if "=" not in word]
    fields = {**_fields([word for word in words[:at] if "=" in word]), "filter": filters}
    fields.setdefault("id", "1")
    seen = words[at + 1:] or [str(int(text.rpartition(":")[2], 0) & 3) for text in filters]
    return [step("send", "SUBSCRIBE", fields, True),
            step("expect", "SUBACK", {"id": fields["id"], "codes": ",".join(seen)}, True)]


def _unsubscribe(step, words):
    return [step("send", "UNSUBSCRIBE", {"id": "1", "filter": words}, True), step("expect", "UNSUBACK", {"id": "1"}, True)]


def _publish(step, words):
    """The whole handshake of the sender, whatever the codes of success are."""
    fields = {"id": "1000", **_fields(words)}
    steps, qos, packet_id = [step("send", "PUBLISH", fields, True)], fields.get("qos", "0"), {"id": fields["id"]}
    if qos == "1":
        steps.append(step("expect", "PUBACK", {**packet_id, "code": "0|16"}, True))
    elif qos == "2":
        steps += [step("expect", "PUBREC", {**packet_id, "code": "0|16"}, True), step("send", "PUBREL", packet_id, True),
                  step("expect", "PUBCOMP", packet_id, True)]
    return steps


def _receive(step, words):
    """A message and the whole handshake of its receiver."""
    fields = {"id": "@received", **_fields(words)}
    qos, packet_id = fields.get("qos", "0"), {"id": fields["id"]}
    if qos == "0":
        del fields["id"]
    steps = [step("forget", "", packet_id), step("expect", "PUBLISH", fields)]
    if qos == "1":
        steps.append(step("send", "PUBACK", packet_id, True))
    elif qos == "2":
        steps += [step("send", "PUBREC", packet_id, True), step("expect", "PUBREL", packet_id, True),
                  step("send", "PUBCOMP", packet_id, True)]
    return steps


def _fence(step, words):
    """Nothing else was on its way: the next packet answers a PINGREQ."""
    return [step("send", "PINGREQ"), step("expect", "PINGRESP")]


def _leave(step, words):
    return [step("send", "DISCONNECT", _fields(words), True), step("closed", "", {}, True)]


_MACROS = {"connect": _connect, "subscribe": _subscribe, "unsubscribe": _unsubscribe, "publish": _publish,
           "receive": _receive, "fence": _fence, "leave": _leave}


# --- values

def expand(value, names):
    """A value with its short forms resolved: ~ the names of this run, @x what x stands for, {x*N} repetition, {x*N-M} so many less, \\uXXXX, and
    the last messages of SCRAM, {proof:USER:PASSWORD:NONCE:@x} and {signature:...}, x being what the server has said first."""
    if isinstance(value, list):
        return [expand(one, names) for one in value]
    last = re.fullmatch(r"\{(proof|signature):(\w+):(\w+):(\S+):@(\w+)\}", value)
    if last:
        exchange = scram_texts.Exchange(last[2], last[3], expand(last[4], names), names[last[5]])
        return exchange.proof() if last[1] == "proof" else exchange.signature()
    value = value.replace("~", names["~"])
    value = re.sub(r"@(\w+)", lambda match: str(names[match[1]]), value)
    value = re.sub(r"\{(.)\*(\d+)(?:-(\d+))?\}", lambda match: match[1] * (int(match[2]) - int(match[3] or 0)), value)
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), value)


def raw_bytes(text, names):
    """The bytes of a hex line: XX a byte, "..." a string with its length, '...' bytes of a text, @x the packet id that x stands for, [ ... ] a
    part with its length as a variable byte integer before it."""
    stack = [b""]
    for token in re.findall(r'"[^"]*"|\'[^\']*\'|\[|\]|\S+', text):
        if token == "[":
            stack.append(b"")
        elif token == "]":
            part = stack.pop()
            stack[-1] += framed(0, part)[1:]
        elif token[0] == '"':
            stack[-1] += binary(expand(token[1:-1], names))
        elif token[0] == "'":
            stack[-1] += expand(token[1:-1], names).encode()
        elif token[0] == "@":
            stack[-1] += names[token[1:]].to_bytes(2, "big")
        else:
            stack[-1] += bytes.fromhex(token)
    if len(stack) != 1:
        raise ValueError("brackets do not match")
    return stack[0]


def defaults(kind, fields, version):
    """What an expected packet must be where the vector does not say: no flags, no failure, no payload, no topic alias."""
    base = {"PUBLISH": {"dup": "0", "retain": "0", "qos": "0", "topic": "none", "payload": "", "topic-alias": "none"},
            "CONNACK": {"session": "0", "code": "0"}}.get(kind, {"code": "0"} if kind in ACKS else {})
    merged = {**base, **fields}
    if version < V5:
        merged = {k: v for k, v in merged.items() if k not in PROPERTIES and not (k == "code" and kind in ACKS)
                  and not (k == "codes" and kind == "UNSUBACK")}
    if kind == "CONNACK" and version == V31:
        merged["session"] = "0"  # it has no such flag
    return merged
