"""The alert rules: promtool's opinion, and what promtool does not look at.

The files are read line by line, in the form they are written in, so that nothing
but Python and promtool is needed.

    python3 tests/deploy/rules_test.py
    PROMTOOL=/path/to/another/promtool python3 tests/deploy/rules_test.py

The rules hold for promtool 2.42 (Debian 12), 2.53 (Debian 13) and 3.5.
"""

import os
import pathlib
import re
import shutil
import subprocess
import unittest

HERE = pathlib.Path(__file__).resolve().parent
PROMETHEUS = HERE.parent.parent / "deploy" / "prometheus"
RULES = PROMETHEUS / "modelarts.rules.yml"
RUNBOOK = PROMETHEUS / "RUNBOOK.md"
RULE_TESTS = sorted((HERE / "rules").glob("*_test.yml"))
PROMTOOL = os.environ.get("PROMTOOL", "promtool")

METRIC = re.compile(r"\b(?:modelarts|process)_[a-z_]+\b")
CASES = ("fires", "stays silent", "without data")


def without_comments(text):
    return re.sub(r"(?m)^\s*#.*$", "", text)


def metric_names():
    lines = (HERE / "metric_names.txt").read_text().splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def alerts():
    """Name of each alert and the lines of its rule."""
    parts = re.split(r"(?m)^      - alert: (\w+)$", without_comments(RULES.read_text()))
    rules = {}
    for name, body in zip(parts[1::2], parts[2::2]):
        assert name not in rules, f"{name} occurs twice"
        rules[name] = re.split(r"(?m)^  - name:|^      - record:", body)[0]
    return rules


def cases():
    """(alert, case, lines of the test group) of every group that is about an alert."""
    found = []
    for file in RULE_TESTS:
        for group in re.split(r"(?m)^  - name: ", without_comments(file.read_text()))[1:]:
            title = re.match(r"'(\w+) (fires|stays silent|without data): ", group)
            if title:
                found.append((title[1], title[2], group))
    return found


def headings(markdown):
    """The anchors that GitHub and GitLab make of the headings."""
    return {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"(?m)^#+ (.+)$", markdown)
    }


class PromtoolCase(unittest.TestCase):
    def setUp(self):
        if not shutil.which(PROMTOOL):
            if "PROMTOOL" in os.environ:
                self.fail(f"PROMTOOL={PROMTOOL}: no such program")
            self.skipTest("promtool (Debian's prometheus) is not installed")

    def promtool(self, *arguments):
        run = subprocess.run([PROMTOOL, *map(str, arguments)],
                             capture_output=True, text=True, timeout=240)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)


class PromtoolTest(PromtoolCase):
    def test_accepts_the_rules(self):
        self.promtool("check", "rules", RULES)

    def test_accepts_each_scrape_configuration(self):
        files = sorted(PROMETHEUS.glob("*.yml"))
        self.assertEqual([f.name for f in files],
                         ["modelarts.rules.yml", "prometheus.yml",
                          "scrape-probe-http-sd.yml", "scrape-tls-password.yml",
                          "victoriametrics.yml"])
        for file in files:
            if file != RULES and file.name != "victoriametrics.yml":
                with self.subTest(file.name):
                    self.promtool("check", "config", file)

    def test_sees_every_alert_do_as_it_should(self):
        for file in RULE_TESTS:
            with self.subTest(file.name):
                self.promtool("test", "rules", file)


class AlertTest(unittest.TestCase):
    def test_has_a_case_that_fires_one_that_does_not_and_one_without_data(self):
        found = {(alert, case) for alert, case, _ in cases()}
        wanted = {(alert, case) for alert in alerts() for case in CASES}
        self.assertEqual(found, wanted)

    def test_fires_in_the_cases_that_say_so_and_in_no_others(self):
        for alert, case, group in cases():
            with self.subTest(f"{alert} {case}"):
                self.assertEqual(set(re.findall(r"alertname: (\w+)", group)), {alert})
                self.assertEqual("exp_labels:" in group, case == "fires")
                if case != "fires":
                    self.assertIn("exp_alerts: []", group)

    def test_has_a_severity_a_summary_and_a_description(self):
        for alert, body in alerts().items():
            with self.subTest(alert):
                self.assertRegex(body, r"severity: (critical|warning)\n")
                self.assertRegex(body, r"\n          summary: ")
                self.assertRegex(body, r"\n          description: ")

    def test_has_a_section_in_the_runbook(self):
        anchors = headings(RUNBOOK.read_text())
        for alert, body in alerts().items():
            with self.subTest(alert):
                url = re.search(r"runbook_url: (.*)", body)[1]
                self.assertEqual(url, f"deploy/prometheus/RUNBOOK.md#{alert.lower()}")
                self.assertIn(alert.lower(), anchors)

    def test_is_held_or_looks_over_a_lost_scrape(self):
        for alert, body in alerts().items():
            with self.subTest(alert):
                self.assertRegex(body, r"\n        for: \d+m\n|_over_time\(")
                # An absent target has nothing that could flap.
                if "absent(" not in body:
                    self.assertRegex(body, r"\n        keep_firing_for: \d+m\n")


class RunbookTest(unittest.TestCase):
    def test_has_no_section_for_an_alert_that_is_gone(self):
        sections = re.findall(r"(?m)^## (\w+)$", RUNBOOK.read_text())
        self.assertEqual(sections, list(alerts()))

    def test_links_to_sections_and_files_that_exist(self):
        text = RUNBOOK.read_text()
        for target in re.findall(r"\]\(([^)]+)\)", text):
            with self.subTest(target):
                if target.startswith("#"):
                    self.assertIn(target[1:], headings(text))
                else:
                    self.assertTrue((PROMETHEUS / target).exists())


class MetricNamesTest(unittest.TestCase):
    def test_are_all_known(self):
        texts = {RULES.name: without_comments(RULES.read_text()),
                 RUNBOOK.name: RUNBOOK.read_text()}
        for file in RULE_TESTS:
            texts[file.name] = without_comments(file.read_text())
        for name, text in texts.items():
            with self.subTest(name):
                # The program's own name is no metric.
                used = set(METRIC.findall(text)) - {"modelarts_exporter"}
                self.assertEqual(used - metric_names(), set())

    def test_of_recording_rules_are_recorded_before_they_are_used(self):
        recorded = set()
        for line in without_comments(RULES.read_text()).splitlines():
            record = re.match(r"      - record: (\S+)", line)
            if record:
                recorded.add(record[1])
            for name in re.findall(r"\bmodelarts:[a-z0-9_:]+", line):
                self.assertIn(name, recorded)


if __name__ == "__main__":
    unittest.main()
