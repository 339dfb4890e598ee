"""The twin of a vector: the same with what breaks a rule made lawful. There the broker must not refuse it.

A vector that ends in a refusal is passed by a broker that refuses everything, or that has another reason. With its twin it is not: the
lines that begin with `lawful` stand in place of the line before them, and the refusal that comes next in the vector must stay away. The
twin ends behind the last of these places."""
import re

import play
import script
from wire import CLOSED, Mismatch

ENDS = ("closed", "refused", "rejected")
ANSWERS = ("PUBACK", "PUBREC", "SUBACK")
LEAST_FAILURE = 0x80


def steps_of(vector, version):
    """The steps of the twin in this version; none when no line of it is made lawful."""
    steps, begin, end, waiting, replaced = [], 0, 0, False, False
    for number, lawful, text in script.lines_of(vector, version):
        if lawful and not replaced:
            del steps[begin:]
        replaced, waiting = lawful, waiting or lawful
        begin = begin if lawful else len(steps)
        for step in script.steps_of_line(vector, number, text):
            if lawful or not waiting or not is_refusal(step):
                steps.append(step)
            elif not _is_word_before_the_end(step):
                steps.append(step._replace(do="taken", fields={"stays": step.do not in ENDS}))
                end, waiting = len(steps), False
    if waiting:
        raise script.BadVector(f"{vector.file}: {vector.name}: made lawful, and no refusal behind it")
    return steps[:end]


def untwinned(vector, version):
    """The connections on which the vector asks for a refusal that its twin does not keep away."""
    found, waiting = [], False
    for number, lawful, text in script.lines_of(vector, version):
        waiting = waiting or lawful
        for step in [] if lawful else script.steps_of_line(vector, number, text):
            if is_refusal(step) and not _is_word_before_the_end(step):
                found += [] if waiting else [step.connection]
                waiting = False
    return found


def replacements(vector, version):
    """(its line's number, what breaks a rule, the lines that it is made lawful by) of each place."""
    found, before = [], None
    for number, lawful, text in script.lines_of(vector, version):
        if not lawful:
            before = number, text, []
            found.append(before)
        else:
            before[2].append(text)
    return [one for one in found if one[2]]


def with_twin(vectors):
    """The vectors that have a twin, in any version."""
    return [vector for vector in vectors if any(steps_of(vector, version) for version in vector.versions)]


def refusing(vectors):
    """The vectors that ask the broker to refuse something."""
    return [vector for vector in vectors if any(is_refusal(step) for version in vector.versions for step in script.steps_of(vector, version))]


def is_refusal(step):
    """Whether the vector asks the broker to refuse something by this step: to end the connection, to say so before, or to acknowledge with codes of
    failure only."""
    if step.routine:
        return False
    return step.do in ENDS or _is_word_before_the_end(step) or (step.do == "expect" and step.kind in ANSWERS and _fails(step))


def _is_word_before_the_end(step):
    failed = step.kind == "CONNACK" and "0" not in step.fields.get("code", "0").split("|")
    return step.do == "expect" and (failed or step.kind == "DISCONNECT")


def _fails(step):
    codes = re.split("[|,]", step.fields.get("codes") or step.fields.get("code") or "0")
    return all(int(code, 0) >= LEAST_FAILURE for code in codes)


class Twin(play.Player):
    """One run of a vector's twin. REQUIRES: it has one in this version."""

    def __init__(self, *what, **how):
        super().__init__(*what, **how)
        self.let_in = set()

    def steps(self):
        return steps_of(self.vector, self.version)

    def judge(self, steps):
        try:
            super().judge(steps)
        except Mismatch as error:
            raise Mismatch(f"made lawful: {error}") from None

    def quiet_end(self, name):
        """The vector was left in the middle: whatever may still come."""

    def do(self, step):
        if step.do == "taken":
            return self._taken(step)
        if step.do in ("open", "websocket"):
            self.let_in.discard(step.connection)
        return super().do(step)

    def match(self, event, step):
        super().match(event, step)
        if step.kind == "CONNACK":
            self.let_in.add(step.connection)

    def _taken(self, step):
        """The connection was let in, lives, and nothing was refused on it."""
        name = step.connection
        if name not in self.let_in:
            self.match(self.next(name), script.Step(step.line, name, "expect", "CONNACK", {"session": "*"}))
        self.send(script.Step(step.line, name, "send", "PINGREQ"))
        while self._lives(name) != "PINGRESP":
            pass
        if not step.fields["stays"]:
            self.send(script.Step(step.line, name, "send", "DISCONNECT"))
            while self.next(name) is not CLOSED:
                pass
            self.wires.pop(name).close()

    def _lives(self, name):
        """The type of the next packet. Mismatch when it refuses something, or none comes any more."""
        event = self.next(name)
        if event is CLOSED:
            raise Mismatch("refused: closed")
        codes = [event.packet.get("code", 0), *event.packet.get("codes", [])]
        if event.packet["type"] == "DISCONNECT" or max(codes) >= LEAST_FAILURE:
            raise Mismatch(f"refused: {event.packet}")
        return event.packet["type"]
