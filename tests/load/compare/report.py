"""Writes what runs have measured into a page, between lines such as "<!-- figures -->" and "<!-- end of figures -->":
figures, all of them by run; goals, judged by the last run that has their figures; run, what all figures are of.

    tests/load/report.sh docs/performance.md FIGURES.jsonl...|FOLDER     (files of --json, or the folder of page.sh)"""

import json
import pathlib
import sys

import goals
import rows
import run_info
from figures import spread
from summary import number_at

NOISE = 0.1  # of the machine, used by others, from which on it is told
BLOCKS = ("run", "goals", "figures")


def files_of(paths):
    """Those in a folder by name."""
    for path in map(pathlib.Path, paths):
        yield from sorted(path.glob("*.jsonl")) if path.is_dir() else [path]


class Run:
    """What one file holds."""

    def __init__(self, path):
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        if not lines or "run" not in lines[0]:
            sys.exit(f"report: {path} does not begin with the description of a run")
        if "took_s" not in lines[-1]:
            sys.exit(f"report: {path} is of a run that did not end")
        self.told, self.records, self.took_s = lines[0]["run"], lines[1:-1], lines[-1]["took_s"]

    def noise(self):
        return max((record.get("others_share", 0) for record in self.records), default=0)

    def values(self, row, figure, scale=1.0, broker="tenon"):
        """By round, what the run has of this figure of a row; empty: nothing."""
        found = {}
        for record in self.records:
            if record["row"] != row:
                continue
            if "broker" in record:
                if record["broker"] == broker and not record.get("failure") and record.get(figure) is not None:
                    found[record["round"]] = record[figure] * scale
            elif broker == "tenon" and record["figures"].get(figure) is not None:
                figures = record["figures"][figure]
                found = {number: value * scale for number, value in enumerate(figures if isinstance(figures, list) else [figures], 1)}
        return found


def read_runs(paths):
    return [Run(path) for path in files_of(paths)]


def ratios(own, other):
    """Of the rounds that have both."""
    return [own[number] / other[number] for number in own if other.get(number)]


def values_of(goal, runs):
    """What a goal is judged by, from the last run that has it; empty: no run has."""
    for run in reversed(runs):
        own = run.values(goal.row, goal.figure, goal.scale)
        found = ratios(own, run.values(goal.row, goal.figure, goal.scale, goal.beside)) if goal.beside else list(own.values())
        if found:
            return found
    return []


def judged(goal, values):
    """The figure, bold where it misses the goal."""
    if not values:
        return "not measured"
    return spread(values, goal.form) if goal.is_reached(values) else f"**{spread(values, goal.form)}**"


def reason(missed):
    """Why these goals are missed, in the last cell of a line."""
    if not missed:
        return ""
    whys = dict.fromkeys(goal.why or "not explained" for goal in missed)
    return f"missed: {'; '.join(whys)}"


def table(head, lines):
    return [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(f"| {' | '.join(cells)} |" for cells in lines), ""]


def cpu_line(cpu, runs):
    by_name = {goal.beside: goal for goal in cpu.goals()}
    values = {name: values_of(goal, runs) for name, goal in by_name.items()}
    own = values_of(goals.Goal(cpu.row, goals.CPU_FIGURE, "", cpu.goal_us), runs)
    title = next(row.title for row in rows.ROWS if row.name == cpu.row)
    cells = [title, spread(own, "{:.3f}") if own else "not measured", f"{cpu.goal_us:g}"]
    for name in ("floor", "mosquitto"):
        cells += [judged(by_name[name], values[name]), by_name[name].text()] if name in by_name else ["", ""]
    return [*cells, reason([goal for name, goal in by_name.items() if values[name] and not goal.is_reached(values[name])])]


def goal_line(goal, runs):
    values = values_of(goal, runs)
    return [goal.title, judged(goal, values), goal.text(), reason([goal] if values and not goal.is_reached(values) else [])]


def goals_text(runs):
    """Each goal with its figure, and how many are reached."""
    found = {goal: values_of(goal, runs) for goal in goals.ALL}
    reached = sum(bool(values) and goal.is_reached(values) for goal, values in found.items())
    lacking = sum(not values for values in found.values())
    lines = [f"{reached} of {len(found)} goals are reached, {len(found) - reached - lacking} missed (bold), {lacking} not measured.", ""]
    lines += table(["CPU for a delivery", "us", "where the goals were set", "times the floor", "goal", "times mosquitto", "goal", ""],
                   [cpu_line(cpu, runs) for cpu in goals.CPU])
    for title, group in goals.GROUPS.items():
        lines += table([title, "tenon", "goal", ""], [goal_line(goal, runs) for goal in group])
    return lines


def told_of(run):
    """When and of what a run is, and what speaks against it."""
    told = run.told
    text = f"{told['date']}, commit {told['commit']}, {told['machine']}, load {told['load']}, {run.took_s:,.0f} s."
    doubts = list(run_info.doubts(told))
    if run.noise() >= NOISE:
        doubts.append(f"other processes used up to {run.noise():.0%} of the machine meanwhile")
    return text + "".join(f" {doubt[0].upper()}{doubt[1:]}." for doubt in doubts)


def run_text(runs):
    """What all figures of the page are of: one commit, one machine, or several."""
    def all_of(name):
        return list(dict.fromkeys(str(run.told[name]) for run in runs))
    dates, commits = sorted(all_of("date")), all_of("commit")
    days = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    one = f"commit {commits[0]}" if len(commits) == 1 else f"**{len(commits)} commits**: {', '.join(commits)}"
    lines = [f"All figures are of {one}, {days}, {' and '.join(all_of('machine'))}; beside mosquitto {' and '.join(all_of('mosquitto'))}. "
             f"The runs took {sum(run.took_s for run in runs) / 60:,.0f} minutes; the machine's load before each was up to "
             f"{max(run.told['load'] for run in runs):.1f}."]
    if any(True for run in runs for _ in run_info.doubts(run.told)):
        lines.append("Some of the runs are not of their commit alone, as is said there.")
    return [*lines, ""]


def row_table(row, run):
    """The row's figures, a column for each broker, and how tenon's compare with those of mosquitto and the floor."""
    brokers = list(dict.fromkeys(record["broker"] for record in run.records if record["row"] == row.name))
    beside = [name for name in ("mosquitto", "floor") if name in brokers and "tenon" in brokers]
    lines = []
    for metric in row.metrics:
        found = {name: {number: number_at(value, metric) for number, value in run.values(row.name, metric.path, broker=name).items()}
                 for name in brokers}
        cells = [spread(values.values(), metric.format) for values in found.values()]
        cells += [spread(ratios(found["tenon"], found[name]), "{:.2f}") for name in beside]
        lines.append([metric.label, *cells])
    return table(["", *brokers, *(f"tenon / {name}" for name in beside)], lines)


def figures_text(runs):
    titles = {row.name: row for row in rows.ROWS}
    lines = []
    for run in runs:
        lines += [f"`{run.told['command']}`, {told_of(run)}", ""]
        for name in dict.fromkeys(record["row"] for record in run.records):
            goal = f" (goal {goals.text_of(name)})" if goals.text_of(name) else ""
            if name in titles:
                lines += ["", f"**{titles[name].title}**{goal}", "", *row_table(titles[name], run)]
            else:
                lines += [f"- {record['title']}: {record['text']}{goal}" for record in run.records if record["row"] == name]
        lines.append("")
    return lines


def filled(text, name, lines):
    """The page with these lines in the block of that name."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    if text.count(begin) != 1 or text.count(end) != 1:
        sys.exit(f"report: the page has no place for {name}")
    before, rest = text.split(begin)
    return before + begin + "\n" + "\n".join(lines) + "\n" + end + rest.split(end)[1]


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    page, runs = pathlib.Path(sys.argv[1]), read_runs(sys.argv[2:])
    if not runs:
        sys.exit("report: there are no figures")
    text = page.read_text(encoding="utf-8")
    for name, lines in zip(BLOCKS, (run_text(runs), goals_text(runs), figures_text(runs))):
        text = filled(text, name, lines)
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
