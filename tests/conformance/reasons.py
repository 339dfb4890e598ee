"""The codes by which a server says how something went: each packet that has them, when tenon sends which, and what shows it."""
import collections
import csv
import pathlib

import evidence
import script
import table
from packets import CODES_311, CODES_5

HERE = pathlib.Path(__file__).parent
PAGE = table.HERE.parents[1] / "docs" / "reference" / "reason-codes.md"
BY_VECTOR = "vector: "

# One line of reason_codes.csv. `shown` are vectors and tests elsewhere that see it (see evidence.py), split by "; "; `unshown` says why there is none.
Reason = collections.namedtuple("Reason", "version packet code name when shown unshown")

HEAD = """# Reason codes

All codes that a server may send in MQTT 5.0, when tenon sends them, and the tests that see them; then those of 3.1.1, which hold for 3.1 as well.
This page is written by `tests/conformance/report.py` from `reason_codes.csv` there. A test asks that each code of the standard has its line,
and that the tests named are there; the gate asks that each vector named has brought its code.

*not sent* stands where tenon sends a code of its own accord nowhere, *not seen* where no test waits for one that it sends.

| Version | Packet | Code | Name | When | Shown by |
|---|---|---|---|---|---|
{rows}
"""


def reasons():
    with open(HERE / "reason_codes.csv", newline="", encoding="utf-8") as file:
        return [Reason(**{**row, "code": int(row["code"], 0), "shown": [one for one in row["shown"].split("; ") if one]})
                for row in csv.DictReader(file)]


def listed():
    """(version, packet, code) of all that the standards let a server send."""
    return {(label, packet, code) for label, codes in (("5.0", CODES_5), ("3.1.1", CODES_311)) for packet in codes for code in codes[packet]}


def vectors_of(reason):
    return [name.removeprefix(BY_VECTOR) for name in reason.shown if name.startswith(BY_VECTOR)]


def tests_of(reason):
    return [name for name in reason.shown if not name.startswith(BY_VECTOR)]


def unseen(recorded):
    """The lines whose vectors were recorded, (vector, version, its records) of each, and did not bring the code that they are named for."""
    brought = collections.defaultdict(set)
    for vector, version, (record, *_) in recorded:
        brought[vector.name, version] |= {one for events in record.connections for event in events if event.packet for one in _codes(event.packet)}
    return [(reason, name) for reason in reasons() for name in vectors_of(reason)
            if (key := (name, table.VERSION_OF[reason.version])) in brought and (reason.packet, reason.code) not in brought[key]]


def _codes(packet):
    return [(packet["type"], code) for code in packet.get("codes", [packet["code"]] if "code" in packet else [])]


def page():
    files = {vector.name: vector.file for vector in script.load()}
    return HEAD.format(rows="\n".join(_row(reason, files) for reason in reasons()))


def _row(reason, files):
    shown = [f"{name} ({files[name]})" for name in vectors_of(reason)] + [evidence.written(name) for name in tests_of(reason)]
    how = "; ".join(shown) or f"*not {'seen' if reason.when else 'sent'}*: {reason.unshown}"
    return "| " + " | ".join((reason.version, reason.packet, f"0x{reason.code:02X}" if reason.version == "5.0" or reason.code > 5 else str(reason.code),
                              reason.name, reason.when, how)) + " |"
