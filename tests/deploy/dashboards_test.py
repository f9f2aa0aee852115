"""The dashboards against the rules that Grafana 10 to 13, and their readers, set."""

import json
import re
import unittest

import dashboards
from rules_test import METRIC, metric_names

# The panels of a plain Grafana 10 and 11. Graph, singlestat and the old table and
# worldmap are gone from 11.
PANEL_TYPES = {"row", "stat", "gauge", "bargauge", "timeseries", "barchart", "table",
               "state-timeline", "status-history", "heatmap", "histogram", "piechart",
               "text", "logs", "trend", "xychart"}
# Units by Grafana's ids.
UNITS = {"none", "short", "locale", "s", "bytes", "percentunit", "reqps", "dateTimeAsIso"}
GRID_WIDTH = 24
STATES = {"0": "no answer", "1": "QUEUING", "2": "STARTING", "3": "RUNNING",
          "4": "COMPLETED", "5": "FAILED", "6": "NOT_EXIST", "7": "UNKNOWN"}
DATA_SOURCE = {"type": "prometheus", "uid": "${datasource}"}


BOARDS = dashboards.load()


def of_each_board(test):
    def run(self):
        for name, board in BOARDS.items():
            with self.subTest(name):
                test(self, name, board)
    return run


def of_each_panel(test):
    def run(self):
        for name, board in BOARDS.items():
            for panel in dashboards.panels(board):
                if panel["type"] != "row":
                    with self.subTest(f"{name}: {panel['title']}"):
                        test(self, panel)
    return run


def values_of(key, node):
    """Every value that stands under `key`, at any depth."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == key:
                yield value
            yield from values_of(key, value)
    elif isinstance(node, list):
        for item in node:
            yield from values_of(key, item)


class DashboardsTest(unittest.TestCase):
    def test_are_three_with_an_uid_of_their_own(self):
        self.assertEqual(sorted(BOARDS), ["dataset", "exporter", "overview"])
        uids = [b["uid"] for b in BOARDS.values()]
        self.assertEqual(sorted(uids), ["modelarts-dataset", "modelarts-exporter",
                                        "modelarts-overview"])

    @of_each_board
    def test_can_be_provisioned(self, _, board):
        self.assertNotIn("id", board)  # Grafana gives it.
        self.assertNotIn("__inputs", board)  # Nobody is there to fill them in.
        self.assertTrue(board["title"] and board["description"])
        self.assertGreaterEqual(board["schemaVersion"], 36)
        self.assertIn("modelarts", board["tags"])

    @of_each_board
    def test_are_written_as_a_formatter_would(self, name, board):
        text = (dashboards.FOLDER / f"{name}.json").read_text(encoding="utf-8")
        self.assertEqual(text, json.dumps(board, indent=2, ensure_ascii=False) + "\n")

    @of_each_board
    def test_give_each_panel_an_id_of_its_own(self, _, board):
        ids = [p["id"] for p in dashboards.panels(board)]
        self.assertTrue(all(isinstance(i, int) and i > 0 for i in ids))
        self.assertEqual(len(ids), len(set(ids)))

    @of_each_board
    def test_lay_the_panels_on_the_grid_side_by_side(self, _, board):
        taken = {}
        for panel in board["panels"]:
            grid = panel["gridPos"]
            self.assertGreaterEqual(min(grid["x"], grid["y"]), 0)
            self.assertGreater(min(grid["w"], grid["h"]), 0)
            self.assertLessEqual(grid["x"] + grid["w"], GRID_WIDTH)
            for x in range(grid["x"], grid["x"] + grid["w"]):
                for y in range(grid["y"], grid["y"] + grid["h"]):
                    other = taken.setdefault((x, y), panel["title"])
                    self.assertEqual(other, panel["title"], f"overlap at {x},{y}")

    @of_each_panel
    def test_use_panels_that_are_not_deprecated(self, panel):
        self.assertIn(panel["type"], PANEL_TYPES)

    @of_each_panel
    def test_explain_every_panel(self, panel):
        self.assertTrue(panel["title"].strip())
        self.assertGreater(len(panel["description"]), 15)
        self.assertTrue(panel["description"].endswith("."))

    @of_each_board
    def test_take_the_data_source_from_the_variable(self, _, board):
        self.assertEqual(dashboards.variables(board)["datasource"]["type"], "datasource")
        for source in values_of("datasource", board):
            self.assertEqual(source, DATA_SOURCE)

    @of_each_panel
    def test_name_the_data_source_in_every_panel_and_query(self, panel):
        self.assertEqual(panel["datasource"], DATA_SOURCE)
        for target in panel["targets"]:
            self.assertEqual(target["datasource"], DATA_SOURCE)

    @of_each_panel
    def test_give_each_query_a_letter_and_one_way_to_be_asked(self, panel):
        letters = [t["refId"] for t in panel["targets"]]
        self.assertTrue(letters)
        self.assertEqual(len(letters), len(set(letters)))
        for target in panel["targets"]:
            self.assertTrue(target["expr"].strip())
            self.assertNotEqual(target["instant"], target["range"])
            now = panel["type"] in ("stat", "table")
            self.assertEqual(target["instant"], now, "a number of now, or a history")

    @of_each_panel
    def test_have_two_scrapes_in_each_rate(self, panel):
        # Grafana's data source says 15s unless somebody set it.
        for scrape, data_source in ((15, 15), (60, 15), (60, 60), (300, 15), (300, 300)):
            for view in ("5m", "15m", "1h", "3h", "6h", "12h", "1d", "2d", "7d", "30d"):
                for points in (100, 500, 1000, 2000):
                    for target in panel["targets"]:
                        if "$__rate_interval" not in target["expr"]:
                            continue
                        window = dashboards.grafana_rate_interval(
                            target, dashboards.seconds(view), points, data_source)
                        self.assertGreaterEqual(window, 2 * scrape, f"{view}, {points} points")

    @of_each_panel
    def test_leave_no_event_between_two_points(self, panel):
        for target in panel["targets"]:
            if "$__rate_interval" in target["expr"]:
                for view in ("5m", "6h", "1d", "30d"):
                    step = dashboards.grafana_step(dashboards.seconds(view), 1000, dashboards.seconds(target["interval"]))
                    window = dashboards.grafana_rate_interval(target, dashboards.seconds(view), 1000, 15)
                    self.assertGreaterEqual(window, step)

    @of_each_panel
    def test_say_the_unit_and_the_thresholds(self, panel):
        defaults = panel["fieldConfig"]["defaults"]
        self.assertIn(defaults["unit"], UNITS)
        if panel["type"] != "heatmap":
            self.assertEqual(defaults["thresholds"]["steps"][0]["value"], None)
        for override in panel["fieldConfig"]["overrides"]:
            for item in override["properties"]:
                if item["id"] == "unit":
                    self.assertIn(item["value"], UNITS)

    @of_each_panel
    def test_can_be_read_without_colour(self, panel):
        options = panel["options"]
        defaults = panel["fieldConfig"]["defaults"]
        if panel["type"] == "stat":
            # The number or the state is there in words; colour only adds.
            self.assertEqual(options["textMode"], "value")
            self.assertEqual(options["colorMode"], "value")
        if panel["type"] == "timeseries":
            self.assertTrue(options["legend"]["showLegend"])
            self.assertEqual(options["legend"]["displayMode"], "table")
            for target in panel["targets"]:
                self.assertTrue(target["legendFormat"])
        if panel["type"] == "state-timeline":
            self.assertNotEqual(options["showValue"], "never")
            self.assertTrue(defaults["mappings"])
        for mapping in defaults.get("mappings", []):
            for value in mapping["options"].values():
                self.assertTrue(value["text"])

    @of_each_panel
    def test_map_each_state_alike(self, panel):
        for target in panel["targets"]:
            expression = target["expr"]
            if "* (modelarts_dataset_sync_status" not in expression:
                continue
            mapping = panel["fieldConfig"]["defaults"]["mappings"][0]["options"]
            self.assertEqual({k: v["text"] for k, v in mapping.items()}, STATES)
            coded = re.findall(r'(\d) \* \(modelarts_dataset_sync_status\{[^}]*status="(\w+)"', expression)
            self.assertEqual({"0": "no answer", **dict(coded)}, STATES)

    @of_each_board
    def test_define_each_variable_that_they_use(self, _, board):
        defined = set(dashboards.variables(board))
        used = dashboards.used_variables(json.dumps(board))
        self.assertEqual(used, defined)

    @of_each_board
    def test_link_to_each_other(self, name, board):
        link, = board["links"]
        self.assertEqual((link["type"], link["tags"]), ("dashboards", ["modelarts"]))
        self.assertTrue(link["includeVars"] and link["keepTime"])
        uids = {b["uid"] for b in BOARDS.values()}
        targets = set(re.findall(r'"/d/([\w-]+)', json.dumps(board)))
        self.assertEqual(targets, {"modelarts-dataset"} if name == "overview" else set())
        self.assertLessEqual(targets, uids)

    @of_each_board
    def test_ask_for_metrics_that_exist(self, name, board):
        for where, expression in dashboards.expressions(board):
            with self.subTest(where):
                used = set(METRIC.findall(expression))
                self.assertEqual(used - metric_names(), set())

    @of_each_board
    def test_need_no_recording_rules(self, name, board):
        for where, expression in dashboards.expressions(board):
            self.assertNotIn("modelarts:", expression, where)

    def test_show_every_metric_somewhere(self):
        shown = set()
        for board in BOARDS.values():
            for _, expression in dashboards.expressions(board):
                shown |= set(METRIC.findall(expression))
        left_out = {
            # The sum and the count of a histogram that is shown by its buckets.
            "modelarts_exporter_api_request_duration_seconds_sum",
            "modelarts_exporter_api_request_duration_seconds_count",
            # What config_last_reload_* and the log say better.
            "modelarts_exporter_config_reloads_total",
            "modelarts_exporter_config_reload_failures_total",
            "process_virtual_memory_bytes", "process_max_fds",
        }
        self.assertEqual(metric_names() - shown, left_out)


if __name__ == "__main__":
    unittest.main()
