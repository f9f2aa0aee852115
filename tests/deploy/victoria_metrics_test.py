"""Rules and scrape configurations in VictoriaMetrics.

    python3 tests/deploy/victoria_metrics_test.py
    VICTORIA_METRICS=/folder/of/its/programs python3 tests/deploy/victoria_metrics_test.py

Holds for 1.112 (Debian 13) and 1.145. Debian 12's does not know keep_firing_for.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from rules_test import PROMETHEUS, RULES, RULE_TESTS

VARIANT = PROMETHEUS / "victoriametrics.yml"
# What prometheus.yml has for the server, and not for the scrapes.
TAKEN = [VARIANT, PROMETHEUS / "scrape-probe-http-sd.yml", PROMETHEUS / "scrape-tls-password.yml"]

# Groups of the rule tests that say what promtool does and vmalert-tool does not. The alert
# is the same; its text has the value of the evaluation before, or asks the server at the
# present time. NoSuccessfulSync and NearBudget look at samples 10 min apart, or at the edge of a range.
OTHER_HERE = ("ModelArtsSyncStuck fires: by state", "ModelArtsSamplesDropped fires",
              "ModelArtsNoSuccessfulSync fires", "ModelArtsScrapeNearBudget fires")


def program(name):
    folder = os.environ.get("VICTORIA_METRICS")
    return shutil.which(name, path=folder) if folder else shutil.which(name)


def for_vmalert(text):
    """A rule test in the words of vmalert-tool, without what differs there."""
    head, *groups = re.split(r"(?m)^(?=  - name: )", text)
    kept = [group for group in groups if not group.startswith(tuple(f"  - name: '{name}" for name in OTHER_HERE))]
    text = head + "".join(kept)
    return text.replace("promql_expr_test", "metricsql_expr_test").replace(
        "../../../deploy/prometheus/", f"{PROMETHEUS}/")


class ConfigurationTest(unittest.TestCase):
    def test_scrapes_as_prometheus_does_but_for_the_size(self):
        def job(file):
            text = re.sub(r"(?m)^\s*#.*\n|^    (scrape_interval|scrape_timeout|max_scrape_size): .*\n", "",
                          file.read_text())
            return text.split("scrape_configs:\n")[1]
        self.assertEqual(job(VARIANT), job(PROMETHEUS / "prometheus.yml"))

    def test_uses_no_key_that_it_refuses(self):
        for file in TAKEN:
            with self.subTest(file.name):
                keys = set(re.findall(r"(?m)^ *(?:- )?(\w+):", file.read_text()))
                self.assertEqual(keys & {"refresh_interval", "rule_files", "evaluation_interval", "alerting"}, set())


class ProgramTest(unittest.TestCase):
    def run_program(self, name, *arguments):
        path = program(name)
        if not path:
            if "VICTORIA_METRICS" in os.environ:
                self.fail(f"no {name} in VICTORIA_METRICS")
            self.skipTest(f"{name} (Debian 13's victoria-metrics) is not installed")
        run = subprocess.run([path, *map(str, arguments)], capture_output=True, text=True, timeout=280)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_takes_the_scrape_configurations(self):
        for file in TAKEN:
            with self.subTest(file.name):
                self.run_program("vmagent", f"-promscrape.config={file}", "-dryRun",
                                 "-remoteWrite.url=http://127.0.0.1:1")

    def test_takes_the_rules(self):
        self.run_program("vmalert", f"-rule={RULES}", "-dryRun")

    def test_sees_the_alerts_do_as_in_prometheus(self):
        with tempfile.TemporaryDirectory() as folder:
            for file in RULE_TESTS:
                with self.subTest(file.name):
                    test = pathlib.Path(folder) / file.name
                    test.write_text(for_vmalert(file.read_text()))
                    self.run_program("vmalert-tool", "unittest", "--disableAlertgroupLabel", "--files", test)


if __name__ == "__main__":
    unittest.main()
