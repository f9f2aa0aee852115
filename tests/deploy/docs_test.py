"""The documents against the program: the keys, flags, endpoints and signals of
config/README.md, the metrics and reasons of README.md and deploy/README.md, the log lines
and panels of the runbook, and the files that they name.

    MODELARTS_EXPORTER=… MODELARTS_SIMULATOR=… python3 -B tests/deploy/docs_test.py
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import exporter as e2e
from rules_test import metric_names

EXPORTER = os.environ["MODELARTS_EXPORTER"]
README = (ROOT / "README.md").read_text()
CONFIG_README = (ROOT / "config/README.md").read_text()
FULL = (ROOT / "config/full.yml").read_text()
DEPLOY = ROOT / "deploy"
RUNBOOK = (DEPLOY / "prometheus/RUNBOOK.md").read_text()
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"

# A key that there is not, in every place that has keys: the program then names
# those that there are.
UNKNOWN = """
zz: 1
scrape: {zz: 1, min_interval: {zz: 1}}
projects:
  - project_id: a
    region: r
    zz: 1
    rate_limit: {zz: 1}
    http: {zz: 1, tls: {zz: 1}}
    credentials: {zz: 1}
    datasets: [{zz: 1}]
    discovery: {zz: 1}
  - {project_id: b, region: r, datasets: [{id: d}], credentials: {password: {zz: 1}}}
  - {project_id: c, region: r, datasets: [{id: d}], credentials: {access_key: {zz: 1}}}
  - {project_id: d, region: r, datasets: [{id: d}], credentials: {profile: {zz: 1}}}
  - {project_id: e, region: r, datasets: [{id: d}], credentials: {instance_metadata: {zz: 1}}}
"""

UNKNOWN_IN_WEB = """
zz: 1
tls_server_config: {zz: 1}
http_server_config: {zz: 1, headers: {zz: 1}}
rate_limit: {zz: 1}
"""


def check(text):
    """What --config.check says of `text`."""
    text = re.sub(r"/etc/modelarts/|/run/credentials/modelarts_exporter.service/", "secrets/", text)
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "config.yml")
        file.write_text(re.sub(r"ca_file: [\w-]+\.pem", f"ca_file: {AUTHORITIES}", text))
        file.chmod(0o600)
        (pathlib.Path(folder, "datasets")).mkdir()
        (pathlib.Path(folder, "datasets", "a.yml")).write_text("- id: from-a-file\n")
        for secret in re.findall(r"_file: (secrets/\w+)", text):
            path = pathlib.Path(folder, secret)
            path.parent.mkdir(exist_ok=True)
            path.write_text("x")
            path.chmod(0o600)
        run = subprocess.run([EXPORTER, "--config.check", f"--config.file={file}"], capture_output=True,
                             text=True, timeout=60)
        return run.returncode, run.stderr


def check_web(text):
    """What --config.check says of `text` as the web configuration."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", "/CN=localhost", "-keyout", f"{folder}/server.key", "-out", f"{folder}/server.crt"],
                       check=True, capture_output=True)
        pathlib.Path(folder, "web.yml").write_text(text)
        config = pathlib.Path(folder, "config.yml")
        config.write_text("projects: [{project_id: p, region: r, datasets: [{id: d}]}]\n")
        run = subprocess.run([EXPORTER, "--config.check", f"--config.file={config}",
                              f"--web.config.file={folder}/web.yml"], capture_output=True, text=True, timeout=60)
        return run.returncode, run.stderr


def known_keys(said):
    """{the mapping's name, "" for the whole: its keys}, as the program named them."""
    return {place or "": set(keys.split(", "))
            for place, keys in re.findall(r"unknown key 'zz'(?: in '(\w+)')?; known are (.+)", said)}


def sections(text):
    """{heading: what is below it, without the headings further down}"""
    parts = re.split(r"(?m)^##+ (.*)$", text)
    return {heading.strip("`"): body for heading, body in zip(parts[1::2], parts[2::2])}


def rows(text):
    """The cells of each row that begins with a name, of the tables that begin with
    one of the words below."""
    found, wanted = [], False
    for before, line in zip(["", *text.splitlines()], text.splitlines()):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells and not before.startswith("|"):
            wanted = cells[0].strip("`") in ("key", "flag", "metric", "reason", "endpoint", "label", "field", "signal", "msg")
        elif wanted and cells and cells[0].startswith("`"):
            found.append(cells)
    return found


def named(cell):
    return re.findall(r"`([^`]+)`", cell)


class ConfigurationTest(unittest.TestCase):
    keys = known_keys(check(UNKNOWN)[1])
    documented = sections(CONFIG_README)

    def table(self, heading):
        return {name: row for row in rows(self.documented[heading]) for name in named(row[0])}

    def test_the_program_names_its_keys(self):
        self.assertEqual(self.keys[""], {"scrape", "projects"})
        self.assertEqual(len(self.keys), 14)

    def test_every_key_has_a_row_with_type_default_and_meaning(self):
        places = {"projects": "projects", "rate_limit": "rate_limit", "discovery": "discovery",
                  "datasets": "datasets`, and the files of `dataset_files"}
        for place, heading in places.items():
            self.assertEqual(set(self.table(heading)), self.keys[place], heading)
        below = {"scrape": ("min_interval",), "http": ("tls",)}
        for place, parts in below.items():
            wanted = set(self.keys[place])
            for part in parts:
                wanted |= {f"{part}.{key}" for key in self.keys[part]}
            self.assertEqual(set(self.table(place)), wanted, place)
        for heading in [*places.values(), *below]:
            for name, row in self.table(heading).items():
                self.assertEqual(len(row), 4, f"{heading}: {name}")
                self.assertTrue(row[1], f"{heading}: {name} has no type")

    def test_every_way_to_prove_who_asks_has_a_row_with_its_keys(self):
        table = self.table("credentials")
        self.assertEqual(set(table), self.keys["credentials"])
        for way in ("password", "access_key", "profile", "instance_metadata"):
            self.assertLessEqual(self.keys[way], set(named(table[way][1])), way)

    def test_every_key_has_an_example(self):
        examples = set(re.findall(r"\b([a-z_]+):(?= |$)", re.sub(r"#.*(no default|or )", "", FULL), re.M))
        twins = {f"{key}_file" for key in ("token", "password", "id", "secret", "security_token")}
        for place, keys in self.keys.items():
            for key in keys - twins:
                self.assertIn(key, examples | set(re.findall(r"# ([a-z_]+):", FULL)), place)
        for key in twins:
            self.assertIn(f"or {key}", FULL)

    def test_the_examples_are_right(self):
        for name in ("full.yml", "modelarts_exporter.yml"):
            status, said = check((ROOT / "config" / name).read_text())
            self.assertEqual(status, 0, said)
        blocks = re.findall(r"(?s)```yaml\n(.*?)```", CONFIG_README)
        self.assertGreater(len(blocks), 5)
        for block in blocks:
            if block.startswith("# web.yml"):
                self.assertEqual(check_web(block), (0, ""), block)
            else:
                self.check_fragment(block)

    def test_the_examples_of_the_other_documents_are_right(self):
        checked = 0
        for path in (ROOT / "README.md", ROOT / "README.zh-CN.md", DEPLOY / "README.md", DEPLOY / "README.zh-CN.md"):
            for block in re.findall(r"(?s)```yaml\n(.*?)```", path.read_text()):
                if re.search(r"(?m)^ *(projects|credentials|scrape):", block):
                    self.check_fragment(block)
                    checked += 1
        self.assertEqual(checked, 4)

    def check_fragment(self, block):
        """A block of the documents, put where it belongs."""
        place = re.match(r"(?:#.*\n)?\s*(\w+):", block)[1]
        if place not in ("scrape", "projects"):
            block = textwrap.indent(textwrap.dedent(block), "    ")
        project = "projects:\n  - project_id: p\n    region: r\n"
        datasets = "    datasets: [{id: d}]\n"
        if place == "projects":
            text = block
        elif place == "scrape":
            text = block + project + datasets
        else:
            text = project + ("" if place in ("datasets", "discovery") else datasets) + block
        status, said = check(text)
        self.assertEqual((status, said), (0, ""), text)

    def test_the_defaults_are_those_of_the_program(self):
        # full.yml says of itself that leaving out what has a default changes nothing:
        # then the configuration in force shows the documented ones.
        minimal = "projects: [{project_id: p, region: r, credentials: {token: t}, datasets: [{id: d}]}]\n"
        with e2e.Exporter(minimal) as program:
            shown = program.get("/config").text
        for place in ("scrape", "http"):
            for name, row in self.table(place).items():
                value = (named(row[2]) or [""])[0]
                if re.fullmatch(r"\d+(ms|s|m)?|true|false|TLS12", value):
                    key = name.split(".")[-1]
                    if key != "min_interval":  # Shown as its two parts.
                        self.assertRegex(shown, rf"(?m)^ +{key}: {value}$")

    def test_every_flag_is_documented(self):
        told = subprocess.run([EXPORTER, "--help"], capture_output=True, text=True, check=True).stdout
        flags = set(re.findall(r"(?m)^ {2,12}(?:-h, *)?(--[\w.-]+)", told))
        self.assertIn("--shard", flags)
        self.assertEqual(set(self.table("Command line")), flags)

    def test_every_key_of_the_web_configuration_has_a_row(self):
        keys = known_keys(check_web(UNKNOWN_IN_WEB)[1])
        wanted = {"tls_server_config", "basic_auth_users"}  # Rows of their own.
        for place in ("tls_server_config", "http_server_config", "rate_limit"):
            wanted |= {f"{place}.{key}" for key in keys[place]}
        self.assertEqual(keys[""], {name.split(".")[0] for name in wanted})
        table = rows(self.documented["Web configuration"])
        self.assertLessEqual(set(self.table("Web configuration")), wanted)
        self.assertLessEqual(wanted, set(named(" ".join(" ".join(row) for row in table))))
        headers = next(row for row in table if "headers" in row[0])
        self.assertEqual(set(named(headers[1])), keys["headers"])

    def test_the_first_steps_lead_to_a_configuration_without_a_fault(self):
        text = sections(README)["Use it"]
        secrets = next(block for block in re.findall(r"(?s)```sh\n(.*?)```", text) if "mkdir" in block)
        config = re.search(r"(?s)```yaml\n(# modelarts_exporter.yml\n.*?)```", text)[1]
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["bash", "-ec", "umask 022\n" + secrets], cwd=folder, check=True)
            pathlib.Path(folder, "modelarts_exporter.yml").write_text(config)
            run = subprocess.run([EXPORTER, "--config.check"], cwd=folder, capture_output=True, text=True, timeout=60)
        self.assertEqual((run.returncode, run.stdout + run.stderr), (0, ""))


class EndpointsTest(unittest.TestCase):
    """The endpoints and signals of config/README.md, one after the other."""

    documented = sections(CONFIG_README)
    endpoints = [named(row[0])[0].split() for row in rows(documented["HTTP endpoints"]) if " /" in row[0]]

    @classmethod
    def setUpClass(cls):
        # A task that completed or failed, and a query that fails.
        cls.cloud = e2e.Simulator("--datasets=20", "--failed-percent=50", "--fault=ds-00003=403")
        cls.config = f"""
projects:
  - project_id: "{0:032x}"
    region: here
    endpoint: {cls.cloud.url}
    credentials: {{token: t}}
    discovery: {{}}
    datasets: [{{id: ds-00000, labels: {{NAME: x}}}}]
"""

    @classmethod
    def tearDownClass(cls):
        cls.cloud.__exit__(None)

    def ready(self, program):
        deadline = time.monotonic() + 30
        while program.get("/-/ready").status != 200:
            self.assertLess(time.monotonic(), deadline, program.log())
            time.sleep(0.05)

    def test_all_are_documented_and_answer_as_documented(self):
        self.assertEqual(len(self.endpoints), 10)
        with e2e.Exporter(self.config) as program:
            self.ready(program)
            for method, path in self.endpoints:
                query = f"?project_id={0:032x}&dataset_id=ds-00000" if path == "/probe" else ""
                wanted = 403 if method == "POST" else 200
                self.assertEqual(program.get(path + query, method=method).status, wanted, path)
                other = "GET" if method == "POST" else "POST"
                self.assertEqual(program.get(path + query, method=other).status, 405, path)
                if method == "GET":
                    self.assertEqual(program.get(path + query, method="HEAD").status, 200, path)
            # The program counts what each of its handlers answered.
            text = program.get("/metrics").text
            counted = {handler for handler, number in re.findall(
                r'http_requests_total\{.*code="405".*handler="(\w+)".*\} (\d+)', text) if number == "1"}
            handlers = set(re.findall(r'http_requests_total\{.*handler="(\w+)"', text))
            self.assertEqual(counted, handlers - {"other"})
            self.assertEqual(len(handlers - {"other"}), len(self.endpoints))
            self.assertEqual(program.get("/nowhere").status, 404)
            self.assertEqual(program.get("/probe?project_id=a").status, 400)
            self.assertEqual(program.get("/probe?project_id=a&dataset_id=b").status, 404)
            trace = program.get(f"/probe?project_id={0:032x}&dataset_id=ds-00003&debug=true").text
            self.assertIn("failed: forbidden", trace)

    def test_the_lifecycle_flag_allows_reload_and_quit(self):
        with e2e.Exporter(self.config, "--web.enable-lifecycle") as program:
            self.assertEqual(program.get("/-/reload", method="POST").status, 200)
            program.write_config("bogus: 1\n")
            refused = program.get("/-/reload", method="POST")
            self.assertEqual(refused.status, 500)
            self.assertIn("unknown key 'bogus'", refused.text)
            self.assertEqual(program.get("/-/quit", method="POST").status, 200)
            self.assertEqual(program.process.wait(timeout=30), 0)

    def test_the_fields_and_labels_are_those_of_the_answers(self):
        table = {name for row in rows(self.documented["HTTP endpoints"]) for name in named(row[0])}
        with e2e.Exporter(self.config) as program:
            self.ready(program)
            program.get("/metrics")
            fields = {field for one in program.get("/api/v1/datasets").json()["datasets"] for field in one}
            labels = {label for one in program.get("/sd").json() for label in one["labels"]}
        self.assertEqual({name for name in table if re.fullmatch(r"[a-z]\w+", name)}, fields)
        self.assertEqual({name for name in table if name.startswith("__meta_")},
                         {label for label in labels if label.startswith("__meta_")})

    def test_the_signals_do_what_is_documented(self):
        table = {name: row[1] for row in rows(self.documented["Signals and reload"]) for name in named(row[0])}
        page = (DEPLOY / "man/modelarts_exporter.1").read_text()
        part = re.search(r"(?s)\n\.SH SIGNALS\n(.*?)\n\.SH ", page)[1]
        self.assertEqual(set(table), set(re.findall(r"SIG[A-Z]+", part)))
        for name, effect in table.items():
            with self.subTest(name), e2e.Exporter(self.config) as program:
                program.process.send_signal(getattr(signal, name))
                if "reloads" in effect:
                    deadline = time.monotonic() + 30
                    while "configuration reloaded" not in program.log():
                        self.assertLess(time.monotonic(), deadline, program.log())
                        time.sleep(0.05)
                else:
                    self.assertEqual(program.process.wait(timeout=30), 0)


class RunbookTest(unittest.TestCase):
    def test_the_log_lines_are_those_of_the_program(self):
        source = "".join(path.read_text() for path in sorted((ROOT / "src").rglob("*.cc")))
        source = re.sub(r'"\s*\n\s*"', "", source)
        levels = {words: level.lower() for level, words in re.findall(r'Log\w*\(LogLevel::k(\w+),\s*"([^"]+)"', source)}
        lines = {named(row[0])[0]: row[1] for row in rows(sections(RUNBOOK)["Log lines"])}
        self.assertGreater(len(lines), 10)
        for line, level in lines.items():
            self.assertIn(f'"{line}"', source)
            self.assertEqual(level, levels.get(line, level), line)
        self.assertIn(re.search(r"search its log for `([^`]+)`", RUNBOOK)[1], lines)

    def test_the_panels_are_those_of_the_dashboards(self):
        titles = set()
        for path in (DEPLOY / "grafana/dashboards").glob("*.json"):
            titles |= set(re.findall(r'"title": ("(?:[^"\\]|\\.)*")', path.read_text()))
        titles = {json.loads(title) for title in titles}
        for sentence in re.findall(r"[^\n]*dashboard[^\n]*", RUNBOOK):
            for panel in re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", sentence):
                self.assertIn(panel, titles, sentence)


class ArchitectureTest(unittest.TestCase):
    """docs/ against the tree."""

    pages = sorted((ROOT / "docs").rglob("*.md"))
    architecture = (ROOT / "docs/architecture.md").read_text()

    def test_all_rooms_are_told_of_and_drawn(self):
        rooms = {path.parent.name for path in (ROOT / "src").glob("*/*.h")}
        told = re.findall(r"(?m)^\| `(\w+)` \|", sections(self.architecture)["Rooms"])
        self.assertEqual(sorted(told), sorted(rooms))
        drawn = [text.text for text in xml.etree.ElementTree.parse(ROOT / "docs/architecture.svg").iter()
                 if text.get("class") == "room"]
        self.assertEqual(sorted(drawn), sorted([*rooms, "Prometheus", "the cloud"]))

    def test_each_hop_of_a_scrape_is_drawn(self):
        hops = re.findall(r"(?m)^(\d+)\. ", sections(self.architecture)["One scrape"])
        drawn = [text.text for text in xml.etree.ElementTree.parse(ROOT / "docs/architecture.svg").iter()
                 if text.get("class") == "number"]
        self.assertEqual(hops, drawn)

    def test_the_files_that_they_name_are_there(self):
        self.assertGreater(len(self.pages), 5)
        for page in self.pages:
            text = page.read_text()
            files = re.findall(r"`((?:src|tests)/[\w./]+)`", text)
            links = [link for link in re.findall(r"\]\(([^)#]+)", text) if not link.startswith("http")]
            self.assertTrue(files or links, page)
            for path in [ROOT / file for file in files] + [page.parent / link for link in links]:
                self.assertTrue(path.exists(), f"{page.name}: {path}")

    def test_no_page_has_a_place_that_is_still_to_be_filled(self):
        pages = [*self.pages, *ROOT.glob("*.md"), *DEPLOY.rglob("*.md"), *(ROOT / "config").glob("*.md")]
        self.assertGreater(len(pages), 15)
        for page in pages:
            self.assertEqual(re.findall(r"@[A-Z_]+@|\bTODO\b|\bFIXME\b", page.read_text()), [], page)

    def test_there_are_as_many_threads_at_rest_as_it_says(self):
        told = int(re.search(r"At rest, .* that makes (\d+):", self.architecture)[1])
        with e2e.Exporter("projects: [{project_id: p, region: r, datasets: [{id: d}]}]\n") as program:
            for _ in range(3):
                self.assertEqual(program.get("/-/ready").status, 200)
            status = pathlib.Path(f"/proc/{program.process.pid}/status").read_text()
        self.assertEqual(int(re.search(r"Threads:\s+(\d+)", status)[1]), told)

    def test_a_query_makes_the_moves_that_it_says(self):
        told = {(start, to) for starts, to in re.findall(r"(?m)^\| ([a-z, ]+) \| ([a-z]+) \| ",
                                                        sections(self.architecture)["One query"])
                for start in starts.split(", ")} - {("from", "to")}
        made = re.findall(r"\{Phase::k(\w+), Phase::k(\w+)\}", (ROOT / "src/collect/query_phase.cc").read_text())
        self.assertEqual(told, {(start.lower(), to.lower()) for start, to in made})


class MetricsTest(unittest.TestCase):
    """What README.md lists is what a scrape shows, with the same labels."""

    @classmethod
    def setUpClass(cls):
        # All families: tasks that ended both ways, a query that fails, a list, a
        # token that ends.
        config = """
scrape: {min_interval: 0s}
projects:
  - project_id: "%032x"
    region: here
    endpoint: %s
    credentials: {password: {domain: d, user: u, password: p, iam_endpoint: %s}}
    discovery: {}
"""
        with e2e.Simulator("--datasets=40", "--failed-percent=50", "--fault=ds-00003=403", "--task-period=1s",
                           "--iam-user=d:u:p") as cloud, e2e.Exporter(config % (0, cloud.url, cloud.url)) as program:
            cls.labels, cls.families = {}, set()
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                cls.text = program.get("/metrics").text
                cls.families |= set(re.findall(r"(?m)^# TYPE (\S+) ", cls.text))
                for name, labels in re.findall(r"(?m)^([a-z_]+)(?:\{(.*)\})? \S+$", cls.text):
                    cls.labels.setdefault(name, set()).update(re.findall(r'(\w+)="', labels or ""))
                if metric_names() <= set(cls.labels):
                    break
                time.sleep(0.2)
        cls.documented = {}
        for row in rows(sections(README)["Metrics"]):
            for entry in named(row[0]):
                name, labels = re.fullmatch(r"([a-z_]+)…?(?:\{(.*)\})?", entry).groups()
                cls.documented[name] = set(filter(None, (labels or "").replace("…", "").split(",")))

    def test_the_list_of_the_tests_is_what_a_scrape_shows(self):
        self.assertEqual(set(self.labels), metric_names())

    def test_the_reference_is_what_a_scrape_shows(self):
        own = {name for name in self.families if not name.startswith("process_")}
        self.assertEqual(set(self.documented) - {"process_"}, own)
        self.assertIn("process_", self.documented)

    def test_the_reference_has_the_labels_of_a_scrape(self):
        for name, documented in self.documented.items():
            if name == "process_":
                continue
            shown = self.labels[name] if name in self.labels else self.labels[f"{name}_bucket"] - {"le"}
            if name.startswith("modelarts_dataset_"):  # Which all have, as the README says.
                shown = shown - {"project_id", "dataset_id"}
            self.assertEqual(documented, shown, name)

    def test_every_reason_has_a_cure(self):
        shown = set(re.findall(r'api_request_failures_total\{.*reason="(\w+)"', self.text))
        shown |= {"credentials", "rate_limited"}  # Of queries that no request is made for.
        self.assertEqual(len(shown), 14)
        for path, heading in ((ROOT / "README.md", "When a query fails"),
                              (DEPLOY / "README.md", "When something is wrong"),
                              (DEPLOY / "README.zh-CN.md", "出了问题")):
            table = rows(sections(path.read_text())[heading])
            reasons = {name for row in table for name in named(row[0]) if re.fullmatch(r"[a-z_]+", name)}
            self.assertEqual(reasons, shown, path)
            for row in table:
                self.assertTrue(all(row), row)


if __name__ == "__main__":
    unittest.main()
