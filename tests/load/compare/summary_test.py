"""Tests of what compare.sh prints from measurements."""

import unittest

import brokers
import rows
import summary
from measure import Outcome


def outcome(cpu_us, others=0.0):
    figures = {"broker": {"cpu_us_per_delivered": cpu_us}, "steady": {"delivered_per_s": 1e6 / cpu_us}}
    return Outcome(figures, None, others)


ROW = rows.Row("name", "title", "p2p", metrics=rows.TRAFFIC[:2])


class SummaryTest(unittest.TestCase):
    def test_a_cell_is_the_median_and_the_range(self):
        self.assertEqual(summary.spread([3.0, 1.0, 2.0], "{:.1f}"), "2.0 [1.0 .. 3.0]")
        self.assertEqual(summary.spread([3.0], "{:.1f}"), "3.0")
        self.assertEqual(summary.spread([None], "{:.1f}"), "-")

    def test_ratios_are_taken_round_by_round_and_skip_failed_rounds(self):
        above, below = [outcome(2), None, outcome(9)], [outcome(4), outcome(1), outcome(3)]
        self.assertEqual(summary.ratios(rows.TRAFFIC[0], above, below), [0.5, 3.0])

    def test_a_row_names_each_ratio_with_its_median(self):
        text = "\n".join(summary.row_lines(ROW, {"tenon": [outcome(1), outcome(1)], "floor": [outcome(4), outcome(2)]}))
        self.assertIn("tenon/floor: CPU us/delivery 0.38 (0.25 0.50)", text)
        self.assertNotIn("note:", text)

    def test_a_busy_machine_is_noted(self):
        text = "\n".join(summary.row_lines(ROW, {"tenon": [outcome(1, others=0.5)]}))
        self.assertIn("other processes used up to 50%", text)

    def test_figures_that_are_missing_leave_a_dash(self):
        text = "\n".join(summary.row_lines(ROW, {"tenon": [Outcome({}, "failed", 0)], "floor": [outcome(1)]}))
        self.assertIn("CPU us/delivery   -", text)
        self.assertNotIn("tenon/floor", text)


class RowsTest(unittest.TestCase):
    def test_the_quick_set_is_a_part_of_all(self):
        self.assertLess(len(rows.rows_named([], everything=False)), len(rows.rows_named([], everything=True)))
        self.assertEqual([row.name for row in rows.rows_named(["idle", "p2p-q0"], False)], ["idle", "p2p-q0"])
        with self.assertRaises(KeyError):
            rows.rows_named(["nothing"], False)

    def test_all_are_all_but_those_of_persistent_sh(self):
        told = (brokers.SOURCE_ROOT / "tests/load/persistent.sh").read_text()
        left_out = [row.name for row in rows.ROWS if row not in rows.rows_named([], everything=True)]
        self.assertIn(f'compare.sh" {" ".join(left_out)} ', told.replace("\\\n", ""))

    def test_names_are_unique(self):
        names = [row.name for row in rows.ROWS]
        self.assertEqual(len(names), len(set(names)))


class EnginesTest(unittest.TestCase):
    def test_one_engine_for_states_and_journal_is_named_by_each_store(self):
        conf = brokers.engines_conf(brokers.ENGINES["tenon-one-rocksdb"])
        self.assertEqual(conf["engines"], {"both": {"plugin": "rocksdb"}})
        self.assertEqual({name for store in conf["stores"].values() for name in store.values()}, {"both"})

    def test_other_engines_stand_in_for_the_shipped_ones(self):
        self.assertEqual(brokers.engines_conf({"journal": "sqlite"}),
                         {"plugins": {"sqlite": {}}, "engines": {"journal": {"plugin": "sqlite"}}})

    def test_written_bytes_are_told_per_byte_of_payload(self):
        (metric,) = [metric for metric in rows.drain_metrics(1000) if metric.label == "written B/payload B"]
        figures = {"publish": {"broker_written_bytes": 512_000}}
        self.assertEqual(summary.values_of(metric, [Outcome(figures, None, 0)]), [2.0])


class PasswordTest(unittest.TestCase):
    def test_a_line_is_a_name_and_four_fields(self):
        name, rest = brokers.password_line("someone", "secret").strip().split(":", 1)
        self.assertEqual(name, "someone")
        self.assertEqual(rest.split("$")[1:3], ["7", "101"])


if __name__ == "__main__":
    unittest.main()
