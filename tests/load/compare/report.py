"""Writes what runs have measured into a page, between the lines "<!-- figures -->" and "<!-- end of figures -->".

    tests/load/report.sh docs/performance.md FIGURES.jsonl...     (files of compare.sh --json or size.sh --json)"""

import json
import pathlib
import statistics
import sys

import rows
from summary import number_at

BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"


def read_runs(paths):
    """Each file's description of its run, and its measurements."""
    runs = []
    for path in paths:
        lines = [json.loads(line) for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines()]
        if not lines or "run" not in lines[0]:
            sys.exit(f"report: {path} does not begin with the description of a run")
        runs.append((lines[0]["run"], lines[1:]))
    return runs


def by_round(metric, records, broker):
    """What was measured of the broker, by round; what failed is left out."""
    found = {record["round"]: number_at(record.get(metric.path), metric)
             for record in records if record["broker"] == broker and not record.get("failure")}
    return {number: value for number, value in found.items() if value is not None}


def cell(metric, values):
    if not values:
        return "-"
    spread = f" ({metric.format.format(min(values))} to {metric.format.format(max(values))})" if len(values) > 1 else ""
    return metric.format.format(statistics.median(values)) + spread


def ratio_cell(own, other):
    """The median of the ratios of the rounds."""
    ratios = [own[number] / other[number] for number in own if other.get(number)]
    return f"{statistics.median(ratios):.2f}" if ratios else "-"


def row_table(row, records):
    """The row's figures, a column for each broker, and how tenon's compare with those of mosquitto."""
    brokers = list(dict.fromkeys(record["broker"] for record in records))
    is_compared = "mosquitto" in brokers and "tenon" in brokers
    head = ["", *brokers] + (["tenon / mosquitto"] if is_compared else [])
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for metric in row.metrics:
        found = {name: by_round(metric, records, name) for name in brokers}
        cells = [metric.label, *(cell(metric, values.values()) for values in found.values())]
        if is_compared:
            cells.append(ratio_cell(found["tenon"], found["mosquitto"]))
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def run_text(run, records):
    noise = max((record.get("others_share", 0) for record in records), default=0)
    busy = f" Other processes used up to {noise:.0%} of the machine meanwhile." if noise >= 0.1 else ""
    return [f"`{run['command']}`, {run['date']}, commit {run['commit']}, {run['machine']}.{busy}", ""]


def report(runs):
    titles = {row.name: row for row in rows.ROWS}
    lines = []
    for run, records in runs:
        lines += run_text(run, records)
        for name in dict.fromkeys(record["row"] for record in records):
            of_row = [record for record in records if record["row"] == name]
            if name not in titles:
                lines += [f"- {record['title']}: {record['text']}" for record in of_row]
                continue
            goal = f" (goal {titles[name].goal})" if titles[name].goal else ""
            lines += ["", f"**{titles[name].title}**{goal}", "", *row_table(titles[name], of_row)]
        lines.append("")
    return "\n".join(lines)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    page = pathlib.Path(sys.argv[1])
    text = page.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        sys.exit(f"report: {page} has no place for figures")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(before + BEGIN + "\n" + report(read_runs(sys.argv[2:])) + "\n" + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
