#!/usr/bin/python3
"""Writes docs/reference/conformance.md, what vectors show of each statement, tenon beside mosquitto, and reason-codes.md beside it.

    report.py --write        plays the vectors against tenond of the build and against mosquitto
    report.py --check        says whether the pages are those of the tree's statements, codes and vectors; no broker is started

A page that is in the tree says of tenon what the gate holds it to: that no vector fails."""
import argparse
import functools
import pathlib
import re
import sys

import brokers
import evidence
import reasons
import run
import script
import table
import twin

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "reference" / "conformance.md"
OTHER = "mosquitto"
OTHERS_SILENCE_S = 8
STATES = ("shown", "argued", "left out", "failing")
ROW = re.compile(r"^\| (MQTT-\S+) \| [^|]+ \| [^|]+ \| ([^|]+) \| ([^|]+) \|", re.M)

HEAD = """# Conformance

The normative statements of MQTT 3.1.1 and 5.0, and what the vectors of `tests/conformance`
show of each. This page is written by `tests/conformance/report.py`; a test compares it with the vectors.

- *shown*: each vector that names the statement passes. Each of them has been seen to fail when the broker's answers are broken; whether it asks
  what its name says is not shown by that (`tests/conformance/README.md` says more).
  {refusing} vectors end in a refusal; {twins} of them pass only if the broker takes the same packets when they are made lawful.
  The vectors of {also} statements hold for every broker, but tenon can't fail them: it sends no user properties of its own and, where they look for a Reason
  String, one only in a PUBACK or PUBREC when its store has not answered in time, which no vector brings about. That it would leave them out where it must is shown by the test that stands behind *tenon:* in the last column.
- *argued*: no vector can show it; the last column says why.
- *left out*: a vector is there, but the broker does not have what it needs.
- *failing*: a vector that names the statement does not pass.

| Version | Statements | tenon shown | argued | left out | failing | mosquitto {release} shown | argued | left out | failing |
|---|---|---|---|---|---|---|---|---|---|
{counts}

The table is of TCP. The gate plays all vectors over TLS, WebSocket and secure WebSocket as well (`transports_test.py`), where tenon
must also say goodbye in each protocol beneath MQTT.

mosquitto ran with its default settings and the same accounts. Argued lines are argued for tenon; for mosquitto they were only
not played. A statement of mosquitto counts as failing when any of its vectors fails, whatever else they ask in between.
"""

CHOICES = """
## What the standards leave to the server

- Overlapping subscriptions of a session, connected or away, bring one copy of a message, with the highest QoS among them (and no more than that of the message) and all
  their Subscription Identifiers. A shared subscription brings a copy of its own to the member that is chosen.
- No Local holds a message back while it is passed on, not what its topic keeps: a new subscription of the client that has published it gets that.
- A payload that is said to be UTF-8 (Payload Format Indicator 1) is passed on as it is, unless `mqtt.payload_format_check` has it looked at; values but 0 and 1 are refused.
- An unknown level of the protocol is refused with 1 in the form of 3.1.1, an unknown protocol name as well.
- A client that is silent is sent away within a second and a half of one and a half times its keep-alive.
- Before it closes a connection of 5.0 it says why, by CONNACK or DISCONNECT, unless the client has not yet said that it speaks 5.0.

The vectors that ask for these are below, or among those of the statements.
"""

SECTION = """
## MQTT {version}

| Statement | Binds | In short | tenon | mosquitto | How |
|---|---|---|---|---|---|
{rows}
"""

OTHERS = """
## Beyond the statements

MQTT 3.1 has no numbered statements, shared subscriptions are none of 3.1.1, and 5.0 leaves some things to the server. What is asked for there; the vectors are played like all others.

| Version | In short | By |
|---|---|---|
{rows}
"""


def _others(vectors):
    rows = [(script.LABELS[version], f"{vector.name} ({vector.file})", " ".join(vector.by))
            for vector, version in sorted(table.without_statement(vectors), key=lambda one: one[1])]
    return OTHERS.format(rows="\n".join("| " + " | ".join(row) + " |" for row in rows))


def _how(verdict):
    if verdict.vectors and verdict.state != "argued":
        how = "; ".join(sorted({f"{vector.name} ({vector.file})" for vector in verdict.vectors}))
        return f"{how}; tenon: {evidence.written(verdict.statement.also)}" if verdict.statement.also else how
    return verdict.statement.argued or table.CLIENTS_DUTY


def _row(verdict, others_state):
    statement = verdict.statement
    cells = (statement.id, statement.binds, statement.summary, verdict.state, others_state, _how(verdict))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def render(mine, others_states, release):
    """The page, from tenon's verdicts and the states of the other broker by (id, version)."""
    sections, counts = [], []
    for version in table.VERSION_OF:
        verdicts = [verdict for verdict in mine if verdict.statement.version == version]
        theirs = [others_states.get((verdict.statement.id, version), "left out") for verdict in verdicts]
        numbers = [sum(verdict.state == state for verdict in verdicts) for state in STATES]
        numbers += [theirs.count(state) for state in STATES]
        counts.append("| " + " | ".join(map(str, (version, len(verdicts), *numbers))) + " |")
        rows = "\n".join(map(_row, verdicts, theirs))
        sections.append(SECTION.format(version=version, rows=rows))
    vectors = script.load()
    head = HEAD.format(counts="\n".join(counts), release=release, refusing=len(twin.refusing(vectors)), twins=len(twin.with_twin(vectors)),
                       also=sum(bool(verdict.statement.also) for verdict in mine))
    return head + CHOICES + "".join(sections) + _others(vectors)


def verdicts_without_failures(vectors, provided):
    """Verdicts as they are when each vector passes that can be played against one of those that provide these words."""
    results = {(v.name, version): None for words in provided for v, version in run.keys(vectors, provided=words)}
    return table.verdicts(vectors, results)


def others_in(page):
    """What the page says of the other broker: (its release, its states by (id, version))."""
    others = {}
    for version, part in zip(table.VERSION_OF, page.split("\n## MQTT ")[1:]):
        others.update({(found[1], version): found[3] for found in ROW.finditer(part)})
    return re.search(rf"{OTHER} (\S+) shown", page)[1], others


def expected(page):
    """The page as the tree's statements and vectors want it, with what the given one says of the other broker."""
    release, others = others_in(page)
    return render(verdicts_without_failures(script.load(), (brokers.TENON_PROVIDES, *brokers.OTHER_TENONS)), others, release)


def _states(vectors, results):
    return {(verdict.statement.id, verdict.statement.version): verdict.state
            for verdict in table.verdicts(vectors, results)}


def _write():
    if not brokers.HAS_MOSQUITTO:
        sys.exit("mosquitto is not installed, beside which tenon is shown")
    vectors = script.load()
    mine = table.verdicts(vectors, brokers.play_tenons(vectors))
    with brokers.mosquitto() as target:
        patient = functools.partial(run.play_one, silence_s=OTHERS_SILENCE_S)
        theirs = _states(vectors, run.play_all(run.keys(vectors, provided=target.provides), target, patient))
    PAGE.write_text(render(mine, theirs, brokers.mosquitto_release()), encoding="utf-8")
    reasons.PAGE.write_text(reasons.page(), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", action="store_true")
    what.add_argument("--check", action="store_true")
    if parser.parse_args().write:
        _write()
    page = PAGE.read_text(encoding="utf-8")
    if page != expected(page):
        sys.exit(f"{PAGE}: not what statements and vectors say; run report.py --write")
    if reasons.PAGE.read_text(encoding="utf-8") != reasons.page():
        sys.exit(f"{reasons.PAGE}: not what reason_codes.csv says; run report.py --write")


if __name__ == "__main__":
    main()
