"""The normative statements, and what a run of the vectors says of each."""
import collections
import csv
import pathlib

import script

HERE = pathlib.Path(__file__).parent
VERSION_OF = {"3.1.1": script.V311, "5.0": script.V5}

# One line of statements.csv. `binds` is client, server or both; `argued` says why no vector can show it, or is empty. `also`
# is a test of tenon that shows it where tenon never does what its vectors look for (see evidence.py), or is empty.
Statement = collections.namedtuple("Statement", "id version binds summary argued also")
# state: shown, argued, failing, left out (no vector could be played: the broker lacks what they need, and the statement is
# not argued) or open (nobody shows or argues it).
Verdict = collections.namedtuple("Verdict", "statement state vectors")

CLIENTS_DUTY = "A client's duty; nothing that a server does depends on it."


def statements():
    with open(HERE / "statements.csv", newline="", encoding="utf-8") as file:
        return [Statement(**row) for row in csv.DictReader(file)]


def vectors_by_statement(vectors):
    """Vectors that show a statement, by (id, version)."""
    found = collections.defaultdict(list)
    for vector in vectors:
        for version in vector.versions:
            for name in vector.shows[version]:
                found[name, version].append(vector)
    return found


def verdicts(vectors, results):
    """A Verdict of each statement. `results` has what went wrong (None: nothing) by (vector's name, version); vectors that
    were not played are not in it."""
    shown_by = vectors_by_statement(vectors)
    return [_verdict(statement, shown_by[statement.id, VERSION_OF[statement.version]], results)
            for statement in statements()]


def _verdict(statement, vectors, results):
    argued = statement.argued or statement.binds == "client"
    if not vectors:
        return Verdict(statement, "argued" if argued else "open", vectors)
    played = [results[key] for key in ((v.name, VERSION_OF[statement.version]) for v in vectors) if key in results]
    if any(played):
        return Verdict(statement, "failing", vectors)
    if not played:
        return Verdict(statement, "argued" if argued else "left out", vectors)
    return Verdict(statement, "shown", vectors)


def count(found):
    """How many statements of each version are in each state: {version: Counter}."""
    counts = {version: collections.Counter() for version in VERSION_OF}
    for verdict in found:
        counts[verdict.statement.version][verdict.state] += 1
    return counts


def without_statement(vectors):
    """(vector, version) of those that show no statement there: 3.1 has no numbered ones, and 3.1.1 has no shared subscriptions."""
    return [(vector, version) for vector in vectors for version in vector.versions if not vector.shows[version]]


def known_ids():
    return {(statement.id, VERSION_OF[statement.version]) for statement in statements()}
