"""The whole path with the real programs: what a scrape says, to the byte."""

import os
import re
import subprocess
import tempfile
import unittest

from exporter import Exporter, Simulator, scrape

DATA = os.path.join(os.path.dirname(__file__), "testdata")
PROJECT = "77b6a44cba5143ab91d13ab9a8ff44fd"
CONFIG = """
projects:
  - project_id: 77b6a44cba5143ab91d13ab9a8ff44fd
    region: cn-north-4
    endpoint: {endpoint}
    credentials: {{token: t}}
    datasets:
      - {{id: gfghHSokody6AJigS5A, name: street-signs}}
      - {{id: ds-completed, name: cats}}
      - {{id: ds-running, name: dogs}}
      - {{id: ds-failed, name: "say \\"hi\\"\\\\\\n"}}
      - {{id: ds-none, name: ""}}
      - {{id: ds-gone, name: old}}
"""
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def read(name):
    with open(os.path.join(DATA, name), encoding="utf-8") as file:
        return file.read()


def families_of(text):
    return {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}


def only(text, families):
    """The lines of `text` that belong to `families`, in their order."""
    kept = []
    for line in text.splitlines():
        if line.startswith("# EOF"):
            kept.append(line)
            continue
        name = line.split()[2] if line.startswith("#") else re.split(r"[{ ]", line)[0]
        if name in families or name.removesuffix("_info") in families and name.endswith("_info"):
            kept.append(line)
    return "\n".join(kept) + "\n"


class ScrapeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = Simulator("--answers", os.path.join(DATA, "answers.json")).__enter__()
        cls.exporter = Exporter(CONFIG.format(endpoint=cls.cloud.url)).__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.exporter.__exit__(None, None, None)
        cls.cloud.__exit__(None, None, None)

    def test_says_what_is_expected_as_text(self):
        expected = read("metrics.prom")
        got = self.exporter.get("/metrics")
        self.assertEqual(got.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        self.assertEqual(only(got.text, families_of(expected)), expected)

    def test_says_what_is_expected_as_openmetrics(self):
        expected = read("metrics.om")
        got = self.exporter.get("/metrics", {"Accept": OPENMETRICS})
        self.assertEqual(
            got.headers["Content-Type"], "application/openmetrics-text; version=1.0.0; charset=utf-8"
        )
        self.assertEqual(only(got.text, families_of(expected)), expected)

    def test_promtool_finds_nothing_to_say(self):
        text = self.exporter.get("/metrics").text
        lint = subprocess.run(
            ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
        )
        self.assertEqual((lint.returncode, lint.stdout, lint.stderr), (0, "", ""))

    def test_logs_a_failing_dataset_once(self):
        for _ in range(3):
            scrape(self.exporter)
        failures = [line for line in self.exporter.log().splitlines() if 'msg="query fails"' in line]
        self.assertEqual(len(failures), 1, failures)
        self.assertIn("ModelArts.4352", failures[0])

    def test_tells_the_cloud_who_asks(self):
        builds = [dict(labels) for name, labels in scrape(self.exporter) if name == "modelarts_exporter_build_info"]
        self.assertEqual(self.cloud.counters()["user_agent"], "modelarts_exporter/" + builds[0]["version"])

    def test_leaves_out_its_own_metrics_for_a_probe(self):
        text = self.exporter.get(f"/probe?project_id={PROJECT}&dataset_id=ds-running").text
        self.assertIn('status="RUNNING"} 1', text)
        self.assertNotIn("modelarts_exporter_", text)
        self.assertNotIn("ds-failed", text)


class CommandLineTest(unittest.TestCase):
    def run_exporter(self, *arguments):
        binary = os.environ["MODELARTS_EXPORTER"]
        return subprocess.run([binary, *arguments], capture_output=True, text=True, timeout=60, check=False)

    def test_refuses_an_unknown_flag(self):
        result = self.run_exporter("--no.such.flag")
        self.assertEqual(result.returncode, 2)
        self.assertIn("--no.such.flag", result.stderr)

    def test_refuses_a_configuration_that_is_not_there(self):
        result = self.run_exporter("--config.file", "/no/such/file.yml")
        self.assertEqual(result.returncode, 1)
        self.assertIn("/no/such/file.yml", result.stderr)

    def test_checks_the_configuration_and_that_of_the_web_and_names_every_fault(self):
        with tempfile.TemporaryDirectory() as folder:
            def write(name, text):
                path = os.path.join(folder, name)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
                return path

            good = write("good.yml", CONFIG.format(endpoint="https://cloud.example.com"))
            bad = write("bad.yml", "scrape: {timeout: soon}\nprojects: []\n")
            web_good = write("web-good.yml", "http_server_config: {http2: false}\n")
            web_bad = write("web-bad.yml", "basic_auth_users: {anna: plain}\nunheard_of: 1\n")
            for config, web, faults in [
                (good, None, []),
                (good, web_good, []),
                (bad, None, [f"{bad}:1:19: ", f"{bad}:2:11: "]),
                (good, web_bad, [f"{web_bad}:1:26: ", f"{web_bad}:2:1: "]),
                (bad, web_bad, [f"{bad}:1:19: ", f"{bad}:2:11: ", f"{web_bad}:1:26: ", f"{web_bad}:2:1: "]),
            ]:
                with self.subTest(config=config, web=web):
                    more = ["--web.config.file", web] if web else []
                    result = self.run_exporter("--config.check", "--config.file", config, *more)
                    self.assertEqual(result.returncode, 1 if faults else 0, result.stderr)
                    lines = result.stderr.splitlines()
                    self.assertEqual(len(lines), len(faults), lines)
                    for line, fault in zip(lines, faults):
                        self.assertTrue(line.startswith(fault), line)

    def test_tells_warnings_of_both_files_from_faults(self):
        with tempfile.TemporaryDirectory() as folder:
            config, web = os.path.join(folder, "config.yml"), os.path.join(folder, "web.yml")
            with open(config, "w", encoding="utf-8") as file:
                file.write("projects: [{project_id: p, region: r, dataset_files: ['*.none']}]\n")
            with open(web, "w", encoding="utf-8") as file:
                file.write("http_server_config: {http2: true}\n")
            result = self.run_exporter("--config.check", "--config.file", config, "--web.config.file", web)
        self.assertEqual(result.returncode, 0)
        lines = result.stderr.splitlines()
        self.assertEqual(len(lines), 2, lines)
        self.assertTrue(lines[0].startswith(f"{config}:1:55: warning: dataset_files: "), lines)
        self.assertTrue(lines[1].startswith(f"{web}:1:29: warning: http2: "), lines)

    def test_sees_an_address_in_use(self):
        with Simulator() as cloud, Exporter(CONFIG.format(endpoint=cloud.url)) as first:
            result = self.run_exporter(
                "--config.file", first.config_file, "--web.listen-address", first.address
            )
        self.assertEqual(result.returncode, 1)
        self.assertIn("ddress", result.stderr)
        self.assertIn("in use", result.stderr)


if __name__ == "__main__":
    unittest.main()
