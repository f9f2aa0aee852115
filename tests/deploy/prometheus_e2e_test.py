"""The real Prometheus with the shipped configuration, the exporter, the simulator.

    prometheus_e2e_test.py EXPORTER SIMULATOR [unittest arguments]

Starts three Prometheus servers: a pair with prometheus.yml, one of which sees
the text format alone, and one that discovers with http_sd, probes, and scrapes over
TLS with a password. Intervals and the alerts' `for` are shortened, nothing else.
Takes about a minute; uses free ports of the loopback interface.
"""

import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
import urllib.request

import panel_queries_test
from prometheus_api import Prometheus
from rules_test import metric_names

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHIPPED = ROOT / "deploy" / "prometheus"
SCRAPE_INTERVAL = 2  # Seconds; also how long the shortened `for` is.
PATIENCE = 45  # Seconds until what should happen must have happened.

# The projects that the simulator makes up, of nine datasets each: dataset i is in
# project i mod 3. The first one's credentials expire, and its datasets are
# discovered; the second has a token and a list. The third is for the probes.
DISCOVERED, LISTED, PROBED = (f"{i:032x}" for i in range(3))
# Each of these fails in a way of its own.
FAULTS = {"ds-00001": ("404", "not_found"), "ds-00004": ("500", "server_error"),
          "ds-00007": ("malformed", "malformed"), "ds-00010": ("hang", "timeout")}
CATS, DOGS, BIRDS, FISH, MICE = (f"ds-{i:05}" for i in range(13, 26, 3))
SCRAPED_DATASETS = 9 + 9
PROBED_DATASETS = 3

EXPORTER_CONFIG = """
scrape:
  timeout_offset: 200ms
  min_interval: 1s
projects:
  - project_id: "{discovered}"
    region: here
    endpoint: {cloud}
    http: {{timeout: 800ms}}
    credentials:
      password: {{domain: acme, user: exporter, password: secret, iam_endpoint: {cloud}}}
    datasets: []
    discovery: {{refresh_interval: 2s}}
  - project_id: "{listed}"
    region: here
    endpoint: {cloud}
    http: {{timeout: 800ms}}
    credentials: {{token: e2e-token}}
    datasets:
      - {{id: ds-00001, name: gone, labels: {{team: perception}}}}
      - {{id: ds-00004, name: broken}}
      - {{id: ds-00007, name: 'says "hi"\\'}}
      - {{id: ds-00010}}
      - {{id: ds-00013, name: cats, labels: {{team: perception}}}}
      - {{id: ds-00016, name: dogs}}
      - {{id: ds-00019, name: birds}}
      - {{id: ds-00022, name: fish}}
      - {{id: ds-00025, name: mice}}
"""

PROBED_CONFIG = """
scrape: {{timeout_offset: 200ms, min_interval: 1s}}
projects:
  - project_id: "{probed}"
    region: here
    endpoint: {cloud}
    credentials: {{token: e2e-token}}
    datasets: [{{id: ds-00002}}, {{id: ds-00005, name: cows}}, {{id: ds-00008, name: pigs}}]
    discovery: {{refresh_interval: 1s, include: '^made-in-a-test$'}}
"""

# The password is "correct horse".
WEB_CONFIG = """
tls_server_config: {cert_file: exporter.crt, key_file: exporter.key}
basic_auth_users:
  prometheus: $2b$04$DDtjOru2yW/Npqg1GtH3aukdrYT8PGfBMyrOwwx0mVKgAaKJuVZAq
"""

LABELS = {
    "modelarts_dataset_sync_status": {"project_id", "dataset_id", "status"},
    "modelarts_dataset_sync_tasks_total": {"project_id", "dataset_id", "status"},
    "modelarts_dataset_sync_error": {"project_id", "dataset_id", "error_code"},
    "modelarts_dataset_info": {"project_id", "dataset_id", "name", "region", "team"},
    "modelarts_dataset_query_failure": {"project_id", "dataset_id", "reason"},
    "modelarts_exporter_build_info": {"version", "revision", "compiler"},
    "modelarts_exporter_discovery_datasets": {"project_id"},
    "modelarts_exporter_discovery_last_success_timestamp_seconds": {"project_id"},
    "modelarts_exporter_credentials_expiry_timestamp_seconds": {"project_id"},
    "modelarts_exporter_api_requests_total": {"operation"},
    "modelarts_exporter_api_responses_total": {"operation", "code"},
    "modelarts_exporter_api_request_failures_total": {"operation", "reason"},
    "modelarts_exporter_api_retries_total": {"operation"},
    "modelarts_exporter_api_request_duration_seconds_bucket": {"operation", "le"},
    "modelarts_exporter_api_request_duration_seconds_sum": {"operation"},
    "modelarts_exporter_api_request_duration_seconds_count": {"operation"},
    "modelarts_exporter_http_requests_total": {"handler", "code"},
    "modelarts_exporter_odd_fields_total": {"field"},
    "modelarts_exporter_log_messages_total": {"level"},
}
STATES = {"QUEUING", "STARTING", "RUNNING", "COMPLETED", "FAILED", "NOT_EXIST", "UNKNOWN"}

programs = {}  # "exporter" and "simulator": paths, from the command line.


def documented_labels(name):
    of_a_dataset = {"project_id", "dataset_id"} if name.startswith("modelarts_dataset_") else set()
    return LABELS.get(name, of_a_dataset) | {"job", "instance"}


def listening_port(process):
    """The port that `process` listens on, 0 while there is none (of Linux' /proc)."""
    inodes = set()
    try:
        for entry in os.scandir(f"/proc/{process.pid}/fd"):
            target = os.readlink(entry.path)
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    except OSError:
        return 0
    for table in ("tcp", "tcp6"):
        lines = pathlib.Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        for fields in map(str.split, lines):
            if fields[3] == "0A" and fields[9] in inodes:
                return int(fields[1].rsplit(":", 1)[1], 16)
    return 0


def eventually(what, condition, patience=PATIENCE):
    """What `condition` returns once that is true. Errors: AssertionError."""
    deadline = time.monotonic() + patience
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {patience} s: {what}")
        time.sleep(0.2)


def scrapes_a_handful(prometheus):
    eventually("five scrapes", lambda: [
        1 for _, n in prometheus.instant('count_over_time(up{job="modelarts"}[1h])') if n >= 5])


class TextOnlyProxy(http.server.BaseHTTPRequestHandler):
    """Hands scrapes on to the exporter as if Prometheus knew no OpenMetrics."""

    exporter_port = 0

    def do_GET(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.exporter_port, timeout=20)
        headers = {**self.headers, "Accept": "text/plain;version=0.0.4;q=1,*/*;q=0.1"}
        connection.request("GET", self.path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        self.send_response(answer.status)
        for name in ("Content-Type", "Content-Encoding"):
            if answer.headers[name]:
                self.send_header(name, answer.headers[name])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        connection.close()

    def log_message(self, *_):
        pass


class World:
    """The programs of one test run, in a folder of their own."""

    def __init__(self, folder):
        self.folder = folder
        self.processes = {}
        self.proxy = None

        self.cloud = self.start(
            "simulator", [programs["simulator"], "--datasets", "27", "--projects", "3",
                          "--task-period", "12s", "--active-percent", "60",
                          "--failed-percent", "40", "--latency", "20ms",
                          "--auth", "token", "--token", "e2e-token",
                          "--iam-user", "acme:exporter:secret", "--token-lifetime", "2h"]
            + [part for ds, (fault, _) in FAULTS.items() for part in ("--fault", f"{ds}={fault}")])
        self.make_certificate()
        self.exporter = self.exporter_with("exporter", EXPORTER_CONFIG)
        self.probed = self.exporter_with("probed exporter", PROBED_CONFIG)
        self.write("web.yml", WEB_CONFIG)
        self.secured = self.exporter_with("tls exporter", PROBED_CONFIG,
                                          f"--web.config.file={self.folder / 'web.yml'}")

        # What the shipped rules say, sooner.
        rules = (SHIPPED / "modelarts.rules.yml").read_text()
        rules = re.sub(r"(?m)^(        (?:keep_firing_)?for): \d+m$",
                       rf"\1: {SCRAPE_INTERVAL}s", rules)
        self.write("modelarts.rules.yml", rules)
        plain = (SHIPPED / "prometheus.yml").read_text()
        self.pair = [self.prometheus("a", plain, self.exporter),
                     self.prometheus("b", plain, self.text_only())]
        probing = "global: {}\n" + (SHIPPED / "scrape-probe-http-sd.yml").read_text().replace(
            "/sd\n", "/sd\n        refresh_interval: 1m\n")
        secured = (SHIPPED / "scrape-tls-password.yml").read_text()
        # Two files in one: each of them has a job called modelarts.
        secured = secured.split("scrape_configs:\n")[1].replace(
            "job_name: modelarts", "job_name: modelarts-tls").replace(
            "localhost:10877", f"localhost:{self.secured.rsplit(':', 1)[1]}")
        self.probing = self.prometheus("probing", probing + secured, self.probed)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def start(self, name, command):
        """Starts a server; returns its URL once it listens."""
        log = open(self.folder / f"{name.replace(' ', '-')}.log", "wb")
        with log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        self.processes[name] = process

        def port():
            if process.poll() is not None:
                raise AssertionError(f"{name} ended with {process.returncode}:\n{self.log(name)}")
            return listening_port(process)
        return f"http://127.0.0.1:{eventually(f'{name} listens', port)}"

    def exporter_with(self, name, config, *flags):
        file = self.write(f"{name.replace(' ', '-')}.yml", config.format(
            cloud=self.cloud, discovered=DISCOVERED, listed=LISTED, probed=PROBED))
        command = [programs["exporter"], f"--config.file={file}", *flags]
        if not any(flag.startswith("--web.listen-address") for flag in flags):
            command.append("--web.listen-address=127.0.0.1:0")
        return self.start(name, command)

    def restart(self, name, url, config):
        """Ends an exporter and starts it anew on its port."""
        process = self.processes.pop(name)
        process.terminate()
        process.wait(20)
        self.exporter_with(name, config, "--web.listen-address=" + url.split("//")[1])

    def log(self, name):
        path = self.folder / f"{name.replace(' ', '-')}.log"
        return path.read_text(errors="replace")[-4000:]

    def prometheus(self, name, config, exporter):
        config = config.replace("localhost:10877", exporter.split("//")[1])
        config = re.sub(r"(scrape_interval|evaluation_interval|refresh_interval): 1m",
                        rf"\1: {SCRAPE_INTERVAL}s", config)
        config = re.sub(r"scrape_timeout: \w+", "scrape_timeout: 2s", config)
        # Members of a pair differ by a label, as they do in use.
        config = config.replace("global:", f"global:\n  external_labels: {{replica: {name}}}", 1) \
            if "global:\n" in config else config
        config = config.replace("global: {}", f"global: {{evaluation_interval: {SCRAPE_INTERVAL}s}}")
        path = self.write(f"prometheus-{name}.yml", config)
        url = self.start(f"prometheus {name}", [
            "prometheus", f"--config.file={path}", "--web.listen-address=127.0.0.1:0",
            f"--storage.tsdb.path={self.folder / name}", "--log.level=warn"])
        return Prometheus(url)

    def scraped_twice(self):
        """A Prometheus that has the samples as a store does to which a pair of servers writes."""
        globals_, job = (SHIPPED / "prometheus.yml").read_text().split("scrape_configs:\n")
        job = "".join(line for line in job.splitlines(True) if not line.strip().startswith("#"))
        second = job.replace("job_name: modelarts", "job_name: second").replace(
            "- targets: [", "- labels: {job: modelarts, prometheus: second}\n        targets: [")
        assert second.count("second") == 2
        return self.prometheus("double", f"{globals_}scrape_configs:\n{job}{second}", self.exporter)

    def text_only(self):
        TextOnlyProxy.exporter_port = int(self.exporter.rsplit(":", 1)[1])
        self.proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), TextOnlyProxy)
        self.proxy.handle_error = lambda *_: None  # Prometheus may hang up on it.
        threading.Thread(target=self.proxy.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.proxy.server_port}"

    def make_certificate(self):
        self.write("tls/password", "correct horse\n")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=DNS:localhost", "-keyout", "exporter.key", "-out", "exporter.crt"],
            cwd=self.folder, check=True, capture_output=True)
        shutil.copy(self.folder / "exporter.crt", self.folder / "tls" / "ca.crt")

    def tell(self, action, method="POST", **parameters):
        """Changes the simulator; see its --help."""
        url = f"{self.cloud}/simulator/{action}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=10) as answer:
            return answer.read()

    def counters(self):
        with urllib.request.urlopen(f"{self.cloud}/simulator/counters?datasets=true", timeout=10) as answer:
            return json.load(answer)

    def end(self, name):
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop(self):
        """Ends all, those that ask before those that answer."""
        for name in reversed(list(self.processes)):
            self.end(name)
        if self.proxy:
            self.proxy.shutdown()
            self.proxy.server_close()


class PrometheusE2eTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for program in ("prometheus", "openssl"):
            if not shutil.which(program):
                raise unittest.SkipTest(f"{program} is not installed")
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.world = World.__new__(World)
        cls.addClassCleanup(cls.stop_world)
        cls.world.__init__(pathlib.Path(cls.folder.name))
        cls.a, cls.b = cls.world.pair
        # At least one has failed at any time.
        cls.world.tell("task", project=LISTED, dataset=MICE, status="FAILED",
                       error_code="ModelArts.4360")
        for prometheus in (cls.a, cls.b, cls.world.probing):
            scrapes_a_handful(prometheus)

    @classmethod
    def stop_world(cls):
        if hasattr(cls.world, "processes"):
            cls.world.stop()

    def setUp(self):
        # Else a program that is gone shows as anything but that.
        for name, process in self.world.processes.items():
            self.assertIsNone(process.poll(), f"{name} has ended:\n{self.world.log(name)}")

    def pin(self, dataset, **answer):
        self.world.tell("task", project=LISTED, dataset=dataset, **answer)
        self.addCleanup(self.world.tell, "task", project=LISTED, dataset=dataset, status="live")

    def states(self, prometheus, dataset):
        """The states of a dataset that are 1."""
        return {labels["status"] for labels, value in prometheus.instant(
            f'modelarts_dataset_sync_status{{job="modelarts",dataset_id="{dataset}"}}') if value}

    def test_finds_every_target_up(self):
        wanted = {self.a: {"modelarts": 1}, self.b: {"modelarts": 1},
                  self.world.probing: {"modelarts": 1, "modelarts-tls": 1,
                                       "modelarts-probe": PROBED_DATASETS}}
        for prometheus, jobs in wanted.items():
            def all_up(prometheus=prometheus, jobs=jobs):
                targets = prometheus.get("targets", state="active")["activeTargets"]
                self.failures = [(t["scrapeUrl"], t["lastError"]) for t in targets
                                 if t["health"] == "down"]
                up = [t["labels"]["job"] for t in targets if t["health"] == "up"]
                return {job: up.count(job) for job in up} == jobs
            try:
                eventually("all targets up", all_up)
            except AssertionError as error:
                self.fail(f"{error}: {self.failures}")

    def test_reads_both_formats(self):
        def types(prometheus, metric):
            return {m["type"] for m in prometheus.get("targets/metadata", metric=metric)}
        self.assertEqual(types(self.a, "modelarts_dataset"), {"info"})
        self.assertEqual(types(self.b, "modelarts_dataset_info"), {"gauge"})

    def test_finds_the_documented_series_in_each_format(self):
        def names(prometheus):
            return set(prometheus.get("label/__name__/values", match='{job="modelarts"}'))
        own = {"up", "scrape_duration_seconds", "scrape_samples_scraped",
               "scrape_samples_post_metric_relabeling", "scrape_series_added"}
        for prometheus in (self.a, self.b):
            # Some begin to exist with the first task that fails or completes.
            eventually("all series", lambda p=prometheus: metric_names() <= names(p))
            self.assertEqual(names(prometheus) - metric_names() - own
                             - {n for n in names(prometheus) if n.startswith(("modelarts:", "ALERTS"))},
                             set())

    def test_finds_the_documented_labels(self):
        for name in sorted(metric_names()):
            with self.subTest(name):
                series = self.a.get("series", match=f'{name}{{job="modelarts"}}')
                self.assertTrue(series)
                labels = set().union(*series) - {"__name__"}
                self.assertEqual(labels, documented_labels(name))

    def test_sees_one_state_of_each_dataset_that_answers(self):
        def answering():
            return self.a.instant("sum by (dataset_id) (modelarts_dataset_sync_status)")
        eventually("all states", lambda: len(answering()) == SCRAPED_DATASETS - len(FAULTS))
        self.assertEqual({value for _, value in answering()}, {1})
        number = self.a.instant("count by (dataset_id) (modelarts_dataset_sync_status)")
        self.assertEqual({value for _, value in number}, {len(STATES)})
        self.assertEqual(set(self.a.label_values("modelarts_dataset_sync_status", "status")), STATES)

    def test_sees_why_each_of_the_others_fails(self):
        reasons = {labels["dataset_id"]: labels["reason"] for labels, value
                   in self.a.instant("modelarts_dataset_query_failure == 1")}
        for dataset, (_, reason) in FAULTS.items():
            self.assertEqual(reasons.get(dataset), reason, dataset)

    def test_sees_the_state_change(self):
        created = int(time.time())  # Of the latest task: an earlier one would be told by a replica that lags.
        self.pin(CATS, status="QUEUING", create_time=f"{created}000")
        for prometheus in (self.a, self.b):
            eventually("QUEUING", lambda p=prometheus: self.states(p, CATS) == {"QUEUING"})
        self.pin(CATS, status="COMPLETED", create_time=f"{created}000",
                 duration_time="12", total_sample_count="9007199254740993")
        for prometheus in (self.a, self.b):
            eventually("COMPLETED", lambda p=prometheus: self.states(p, CATS) == {"COMPLETED"})
        value = self.a.instant(f'modelarts_dataset_sync_creation_timestamp_seconds{{dataset_id="{CATS}"}}')
        self.assertEqual(value[0][1], created)

    def test_sees_series_end_when_a_dataset_fails_and_come_back_after(self):
        samples = 'modelarts_dataset_samples{job="modelarts",dataset_id="ds-00016"}'
        failure = 'modelarts_dataset_query_failure{job="modelarts",dataset_id="ds-00016"}'
        eventually("samples", lambda: self.a.instant(samples))
        self.world.tell("fault", match=DOGS, fault="503")
        self.addCleanup(self.world.tell, "fault", match=DOGS, fault="none")
        # Without a stale marker they would be there for five minutes more.
        eventually("no samples", lambda: not self.a.instant(samples))
        (labels, _), = self.a.instant(failure)
        self.assertEqual(labels["reason"], "server_error")
        self.assertTrue(self.a.instant('modelarts_dataset_info{dataset_id="ds-00016"}'))

        self.world.tell("fault", match=DOGS, fault="none")
        eventually("samples again", lambda: self.a.instant(samples))
        self.assertEqual(self.a.instant(failure), [])

    def test_sees_an_alert_fire_and_resolve(self):
        def alerts(name, state, **labels):
            return [a for a in self.a.get("alerts")["alerts"]
                    if a["labels"]["alertname"] == name and a["state"] == state
                    and labels.items() <= a["labels"].items()]

        self.pin(BIRDS, status="FAILED", error_code="ModelArts.4360", task_id="failed")
        alert, = eventually("the alert", lambda: alerts(
            "ModelArtsSyncFailed", "firing", dataset_id=BIRDS, error_code="ModelArts.4360"))
        self.assertEqual(alert["labels"]["name"], "birds")
        self.assertEqual(alert["annotations"]["summary"],
                         "Sync of dataset birds failed with ModelArts.4360")
        self.pin(BIRDS, status="COMPLETED", task_id="better")
        eventually("its end", lambda: not alerts("ModelArtsSyncFailed", "firing", dataset_id=BIRDS))

    def test_evaluates_every_rule(self):
        for prometheus in (self.a, self.b):
            for group in prometheus.get("rules")["groups"]:
                for rule in group["rules"]:
                    self.assertEqual((rule["name"], rule["health"], rule.get("lastError", "")),
                                     (rule["name"], "ok", ""))

    def test_makes_no_more_requests_for_a_pair_than_for_one(self):
        intervals = 6
        before, began = self.world.counters()["datasets"], time.monotonic()
        scrapes = self.scrapes_of_the_pair()
        time.sleep(intervals * SCRAPE_INTERVAL)
        after, took = self.world.counters()["datasets"], time.monotonic() - began
        scrapes = self.scrapes_of_the_pair() - scrapes

        self.assertGreaterEqual(scrapes, 2 * intervals - 2)
        for dataset in (CATS, FISH):
            asked = after[f"{LISTED}/{dataset}"] - before[f"{LISTED}/{dataset}"]
            print(f"{dataset}: {asked} requests for {scrapes:.0f} scrapes", file=sys.stderr)
            self.assertGreaterEqual(asked, intervals - 1)
            self.assertLessEqual(asked, took / SCRAPE_INTERVAL + 2)

    def scrapes_of_the_pair(self):
        return sum(p.instant('count_over_time(up{job="modelarts"}[1h])')[0][1] for p in self.world.pair)

    def test_probes_each_dataset_on_its_own(self):
        probing = self.world.probing
        eventually("probes", lambda: len(probing.instant('up{job="modelarts-probe"} == 1')) == PROBED_DATASETS)
        for labels, _ in probing.instant('modelarts_dataset_query_success{job="modelarts-probe"}'):
            self.assertLessEqual({"project_id", "dataset_id", "instance"}, set(labels))
            self.assertNotIn("exported_dataset_id", labels)
        self.assertEqual(
            len(probing.instant('modelarts_dataset_query_success{job="modelarts-probe"}')),
            PROBED_DATASETS)
        self.assertEqual(probing.instant('{__name__=~"modelarts_exporter_.*",job="modelarts-probe"}'), [])
        self.assertEqual(probing.instant('{__name__=~"modelarts_dataset_.*",job="modelarts"}'), [])
        self.assertTrue(probing.instant('modelarts_exporter_build_info{job="modelarts"}'))

    def test_discovers_what_appears_and_forgets_what_goes(self):
        made = f"datasets/{PROBED}/made"
        series = '{job="modelarts-probe",dataset_id="made"}'
        self.world.tell(made, name="made-in-a-test")
        try:
            eventually("the probe of a new dataset",
                       lambda: self.world.probing.instant(f"up{series} == 1"))
            success, = self.world.probing.instant(f"modelarts_dataset_query_success{series}")
            self.assertEqual(success[1], 1)
        finally:
            self.world.tell(made, method="DELETE")
        eventually("its end", lambda: not self.world.probing.instant(series))

    def test_keeps_its_targets_over_a_restart_while_the_list_api_is_down(self):
        def targets():
            return sorted(target["labels"]["dataset_id"]
                          for target in self.world.probing.get("targets", state="active")["activeTargets"]
                          if target["labels"]["job"] == "modelarts-probe")

        def discoveries():
            with urllib.request.urlopen(self.world.probed + "/metrics", timeout=10) as answer:
                return sum(map(int, re.findall(
                    r'(?m)^modelarts_exporter_http_requests_total\{.*handler="sd".*\} (\d+)$',
                    answer.read().decode())))

        made = f"datasets/{PROBED}/kept"
        self.world.tell(made, name="made-in-a-test")
        self.addCleanup(self.world.tell, made, method="DELETE")
        before = eventually("the new target", lambda: (t := targets()) and
                            "kept" in t and t)
        self.addCleanup(self.world.tell, "fault", match="operation:list", fault="none")
        self.world.tell("fault", match="operation:list", fault="503")
        self.world.restart("probed exporter", self.world.probed, PROBED_CONFIG)

        eventually("three requests for /sd", lambda: discoveries() >= 3)
        self.assertEqual(targets(), before)
        up = 'up{job="modelarts-probe",dataset_id!="kept"} == 1'
        eventually("probes of what is configured",
                   lambda: len(self.world.probing.instant(up)) == PROBED_DATASETS)

        self.world.tell("fault", match="operation:list", fault="none")
        eventually("the probe of the discovered one", lambda: self.world.probing.instant(
            'up{job="modelarts-probe",dataset_id="kept"} == 1'))
        self.assertEqual(targets(), before)

    def test_takes_the_configuration_of_the_compose_file(self):
        run = subprocess.run(
            [programs["exporter"], "--config.check",
             f"--config.file={ROOT / 'deploy' / 'compose' / 'exporter.yml'}"],
            capture_output=True, text=True, timeout=30)
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_scrapes_over_tls_with_a_password(self):
        eventually("the TLS target", lambda: self.world.probing.instant(
            'up{job="modelarts-tls"} == 1 and on () modelarts_exporter_build_info{job="modelarts-tls"}'))

    def test_shows_data_in_every_panel(self):
        # Each state and each counter needs some time to be seen once.
        def complete():
            self.outcome = panel_queries_test.check(prometheus, SCRAPE_INTERVAL)
            return not self.outcome[1]
        double = self.world.scraped_twice()
        self.addCleanup(self.world.end, "prometheus double")  # It would add to the requests that others count.
        scrapes_a_handful(double)
        for prometheus in (self.a, double):
            with self.subTest(prometheus.url):
                try:
                    eventually("data in every panel", complete)
                except AssertionError:
                    self.fail("\n".join(self.outcome[1]))
                print(f"{self.outcome[0]} panel queries", file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    programs["exporter"], programs["simulator"] = map(os.path.abspath, sys.argv[1:3])
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
