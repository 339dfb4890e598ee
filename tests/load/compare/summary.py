"""From single measurements to medians, ranges and ratios per round."""

import statistics

import goals
from measure import value_at

RATIO_PAIRS = [("tenon", "mosquitto"), ("tenon", "floor"), ("mosquitto", "floor")]


def number_at(value, metric):
    """What was measured, in the metric's unit; None: nothing was."""
    return value * metric.scale if isinstance(value, (int, float)) else None


def values_of(metric, outcomes):
    """The metric's value in each outcome, None where it failed."""
    return [number_at(value_at(outcome.figures, metric.path), metric) if outcome is not None else None
            for outcome in outcomes]


def ratios(metric, above, below):
    """Round by round: how often `below` fits into `above`."""
    pairs = zip(values_of(metric, above), values_of(metric, below))
    return [a / b for a, b in pairs if a is not None and b]


def spread(values, text):
    """Median and, with more than one value, the range."""
    values = [value for value in values if value is not None]
    if not values:
        return "-"
    median = text.format(statistics.median(values))
    if len(values) == 1:
        return median
    return f"{median} [{text.format(min(values))} .. {text.format(max(values))}]"


def row_lines(row, results):
    """`results`: broker name to its outcomes, one per round."""
    goal = goals.text_of(row.name)
    lines = [f"{row.title}   ({row.name}{', goal ' + goal if goal else ''})"]
    cells = [["", *results]]
    for metric in row.metrics:
        cells.append([metric.label, *(spread(values_of(metric, results[name]), metric.format) for name in results)])
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    for line in cells:
        lines.append("  " + "   ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
    for above, below in RATIO_PAIRS:
        if above in results and below in results:
            lines += ratio_lines(row, above, below, results)
    return lines + noise_lines(results)


def ratio_lines(row, above, below, results):
    parts = []
    for metric in row.metrics:
        found = ratios(metric, results[above], results[below])
        if found:
            rounds = " ".join(f"{ratio:.2f}" for ratio in found)
            parts.append(f"{metric.label} {statistics.median(found):.2f} ({rounds})")
    return [f"  {above}/{below}: " + ", ".join(parts)] if parts else []


def noise_lines(results):
    shares = [outcome.others_share for outcomes in results.values() for outcome in outcomes if outcome is not None]
    worst = max(shares, default=0)
    if worst < 0.1:
        return []
    return [f"  note: other processes used up to {worst:.0%} of the machine; rates and latencies suffer, ratios less"]


def json_record(row, broker, round_number, outcome):
    """One line of the --json file."""
    record = {"row": row.name, "title": row.title, "broker": broker, "round": round_number}
    for metric in row.metrics:
        record[metric.path] = value_at(outcome.figures, metric.path)
    record["others_share"] = round(outcome.others_share, 3)
    record["failure"] = outcome.failure
    return record
