"""The documents against the program: the keys and flags of config/README.md, the metrics
and reasons of README.md and deploy/README.md, and the files that they name.

    MODELARTS_EXPORTER=… MODELARTS_SIMULATOR=… python3 -B tests/deploy/docs_test.py
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

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


def check(text):
    """What --config.check says of `text`."""
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


def known_keys():
    """{the mapping's name, "" for the whole: its keys}, as the program has them."""
    _, said = check(UNKNOWN)
    return {place or "": set(keys.split(", "))
            for place, keys in re.findall(r"unknown key 'zz'(?: in '(\w+)')?; known are (.+)", said)}


def sections(text):
    """{heading: what is below it, without the headings further down}"""
    parts = re.split(r"(?m)^##+ (.*)$", text)
    return {heading.strip("`"): body for heading, body in zip(parts[1::2], parts[2::2])}


def rows(text):
    """The cells of each row that begins with a name, of the tables that begin with
    the word key, flag, metric or `reason`."""
    found, wanted = [], False
    for before, line in zip(["", *text.splitlines()], text.splitlines()):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells and not before.startswith("|"):
            wanted = cells[0].strip("`") in ("key", "flag", "metric", "reason")
        elif wanted and cells and cells[0].startswith("`"):
            found.append(cells)
    return found


def named(cell):
    return re.findall(r"`([^`]+)`", cell)


class ConfigurationTest(unittest.TestCase):
    keys = known_keys()
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
            self.check_fragment(block)

    def test_the_examples_of_the_other_documents_are_right(self):
        checked = 0
        for path in (ROOT / "README.md", DEPLOY / "README.md", DEPLOY / "README.zh-CN.md"):
            for block in re.findall(r"(?s)```yaml\n(.*?)```", path.read_text()):
                if re.search(r"(?m)^ *(projects|credentials|scrape):", block):
                    self.check_fragment(block.replace("/run/credentials/modelarts_exporter.service/", "secrets/"))
                    checked += 1
        self.assertEqual(checked, 3)

    def check_fragment(self, block):
        """A block of the documents, put where it belongs."""
        place = re.match(r"\s*(\w+):", block)[1]
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
        flags = set(re.findall(r"(?m)^  (?:-h,)?(--[\w.-]+)", told))
        self.assertIn("--shard", flags)
        self.assertEqual(set(self.table("Command line")), flags)


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


class LinksTest(unittest.TestCase):
    def test_lead_somewhere(self):
        checked = 0
        for path in [ROOT / "README.md", ROOT / "config/README.md", *DEPLOY.rglob("*.md")]:
            text = path.read_text()
            for target in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
                file, _, anchor = target.partition("#")
                there = (path.parent / file).resolve() if file else path
                self.assertTrue(there.exists(), f"{path.name}: {target}")
                if anchor:
                    headings = re.findall(r"(?m)^#+ (.*)$", there.read_text())
                    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
                    self.assertIn(anchor, anchors, f"{path.name}: {target}")
                checked += 1
        self.assertGreater(checked, 10)

    def test_name_files_that_are_there(self):
        for name in ("README.md", "README.zh-CN.md"):
            for word in re.findall(r"(?<![\w/])((?:deploy|tests|config|overlays)/[\w./-]+\w)", (DEPLOY / name).read_text()):
                there = (ROOT / word, DEPLOY / "kubernetes" / word)
                self.assertTrue(any(path.exists() for path in there), f"{name}: {word}")

    def test_the_chinese_document_has_the_commands_of_the_english_one(self):
        def commands(name):
            return re.findall(r"(?s)```sh\n(.*?)```", (DEPLOY / name).read_text())
        self.assertEqual(commands("README.zh-CN.md"), commands("README.md"))


if __name__ == "__main__":
    unittest.main()
