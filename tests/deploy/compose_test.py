"""deploy/compose, as far as it can be checked without an engine and images."""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
COMPOSE = ROOT / "deploy" / "compose"
TEXT = (COMPOSE / "compose.yaml").read_text()


def mounts():
    """Host path and path inside of each bind mount."""
    return {inside: (COMPOSE / host).resolve()
            for host, inside in re.findall(r"(?m)^      - (\.\.?/[^:]+):([^:]+):ro$", TEXT)}


def services():
    """The lines of each service."""
    body = TEXT.split("\nservices:\n")[1].split("\nvolumes:\n")[0]
    parts = re.split(r"(?m)^  (\w+):$", body)
    return dict(zip(parts[1::2], parts[2::2]))


class ComposeTest(unittest.TestCase):
    def test_is_a_valid_compose_file(self):
        for command in (["docker", "compose"], ["docker-compose"]):
            try:
                known = subprocess.run(command + ["version"], capture_output=True, timeout=60)
            except FileNotFoundError:
                continue
            if known.returncode == 0:
                break
        else:
            self.skipTest("neither docker compose nor docker-compose is installed")
        run = subprocess.run(command + ["-f", str(COMPOSE / "compose.yaml"), "config", "--quiet"],
                             capture_output=True, text=True, timeout=60)
        self.assertEqual((run.returncode, run.stderr), (0, ""))

    def test_has_the_four_parts(self):
        self.assertEqual(list(services()), ["simulator", "exporter", "prometheus", "grafana"])

    def test_mounts_files_that_are_there(self):
        self.assertEqual(len(mounts()), 5)
        for inside, host in mounts().items():
            with self.subTest(inside):
                self.assertTrue(host.exists(), host)

    def test_is_reached_from_this_machine_alone(self):
        ports = re.findall(r"(?m)^    ports: \[(.*)\]$", TEXT)
        self.assertEqual(ports, ['"127.0.0.1:10877:10877"', '"127.0.0.1:9090:9090"',
                                 '"127.0.0.1:3000:3000"'])

    def test_pins_each_image_to_a_version(self):
        images = re.findall(r"(?m)^    image: (.*)$", TEXT)
        self.assertEqual(len(images), 2)
        for image in images:
            self.assertRegex(image, r":v?\d+\.\d+\.\d+$")

    def test_gives_our_own_programs_no_rights(self):
        for name in ("simulator", "exporter"):
            for line in ('user: "65532:65532"', "read_only: true", "cap_drop: [ALL]",
                         "security_opt: [no-new-privileges:true]"):
                self.assertIn(f"\n    {line}\n", services()[name])

    def test_begins_to_scrape_once_the_exporter_serves(self):
        check = '/usr/bin/modelarts_exporter", "--health.check"'
        dockerfile = (ROOT / "Dockerfile").read_text()
        self.assertRegex(dockerfile, r'\nHEALTHCHECK [^"]*CMD \["' + re.escape(check) + r'\]\n')
        self.assertIn(f"test: [CMD, {check.replace(chr(34), '')}]\n", services()["exporter"])
        self.assertIn("exporter: {condition: service_healthy}\n", services()["prometheus"])

    def test_gives_prometheus_a_configuration_that_it_takes(self):
        if not shutil.which("promtool"):
            self.skipTest("promtool (Debian's prometheus) is not installed")
        with tempfile.TemporaryDirectory() as folder:
            for inside, host in mounts().items():
                if inside.startswith("/etc/prometheus/"):
                    shutil.copy(host, pathlib.Path(folder, pathlib.Path(inside).name))
            run = subprocess.run(["promtool", "check", "config", f"{folder}/prometheus.yml"],
                                 capture_output=True, text=True, timeout=60)
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
            self.assertIn("rules found", run.stdout)

    def test_asks_for_the_same_job_as_the_shipped_configuration(self):
        job = re.compile(r"(?m)^  - job_name: .*$")
        shipped = (ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text()
        self.assertEqual(job.findall((COMPOSE / "prometheus.yml").read_text()), job.findall(shipped))

    def test_puts_the_dashboards_where_grafana_is_told_to_look(self):
        provider = (ROOT / "deploy/grafana/provisioning/dashboards/modelarts.yml").read_text()
        path = re.search(r"path: (.*)", provider)[1]
        self.assertEqual(mounts()[path], ROOT / "deploy" / "grafana" / "dashboards")
        home = re.search(r"HOME_DASHBOARD_PATH: (.*)", TEXT)[1]
        board = mounts()[path] / pathlib.Path(home).relative_to(path)
        self.assertEqual(json.loads(board.read_text())["uid"], "modelarts-overview")

    def test_names_hosts_that_are_services(self):
        source = ROOT / "deploy/grafana/provisioning/datasources/prometheus.yml"
        for text, host in ((source.read_text(), "prometheus:9090"),
                           ((COMPOSE / "prometheus.yml").read_text(), "exporter:10877"),
                           ((COMPOSE / "exporter.yml").read_text(), "simulator:8080")):
            self.assertIn(host, text)
            self.assertIn(host.split(":")[0], services())


if __name__ == "__main__":
    unittest.main()
