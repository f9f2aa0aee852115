"""Every document of the repository: its links lead somewhere, and what it names (files,
flags, keys, metrics, records, alerts) is there under that name. docs_test.py holds
the tables to the program, docs_shell_test.py runs the commands.

    MODELARTS_EXPORTER=… MODELARTS_SIMULATOR=… python3 -B tests/deploy/docs_names_test.py
"""

import itertools
import pathlib
import re
import subprocess
import unittest

import docs_test
import rules_test

ROOT = docs_test.ROOT
DOCUMENTS = sorted(path for path in itertools.chain(
    ROOT.glob("*.md"), *((ROOT / folder).rglob("*.md") for folder in (".github", "config", "deploy", "docs", "findings",
                                                                      "src"))))
# Of the past, too.
NAMES_NOW = [path for path in DOCUMENTS if path.name != "CHANGELOG.md"]
# Of a file that is named from where it lies, or from where a text about it stands.
NEAR = (ROOT, ROOT / "deploy", ROOT / "deploy/kubernetes")


def without_code(text):
    return re.sub(r"(?ms)^ *```.*?^ *```$|`[^`\n]*`", "", text)


def anchors(text):
    """Those that GitHub gives to the headings of `text`: the second of a name gets -1."""
    found = set()
    for heading in re.findall(r"(?m)^#+ (.*)$", re.sub(r"(?ms)^ *```.*?^ *```$", "", text)):
        name = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading.lower())
        name = re.sub(r"[^\w -]", "", name).replace(" ", "-")
        found.add(next(one for one in itertools.chain([name], (f"{name}-{i}" for i in itertools.count(1)))
                       if one not in found))
    return found


def metrics():
    names = rules_test.metric_names()
    parts = {re.sub(r"_(bucket|sum|count)$", "", name) for name in names}
    return names | parts | {re.sub(r"_total$", "", name) for name in names}


class NamesTest(unittest.TestCase):
    def each(self, pattern, documents=NAMES_NOW, least=1):
        """(document, match) of all that match; there are `least` of them at least."""
        found = [(path.relative_to(ROOT), match) for path in documents
                 for match in re.findall(pattern, path.read_text())]
        self.assertGreaterEqual(len(found), least, pattern)
        return found

    def test_all_are_looked_at(self):
        names = {str(path.relative_to(ROOT)) for path in DOCUMENTS}
        self.assertLessEqual({"README.md", "CONTRIBUTING.md", "config/README.md", "deploy/README.zh-CN.md",
                              "deploy/prometheus/RUNBOOK.md", "docs/architecture.md", "findings/README.md"}, names)

    def test_links_lead_somewhere(self):
        checked = 0
        for path in DOCUMENTS:
            for target in re.findall(r"\]\(<?(?!https?:|mailto:)([^)>]+)>?\)", without_code(path.read_text())):
                file, _, anchor = target.partition("#")
                there = (path.parent / file).resolve() if file else path
                self.assertTrue(there.exists(), f"{path}: {target}")
                self.assertTrue(there.is_relative_to(ROOT), f"{path}: {target}")
                if anchor:
                    self.assertIn(anchor, anchors(there.read_text()), f"{path}: {target}")
                checked += 1
        self.assertGreater(checked, 60)

    def test_links_to_elsewhere_are_whole(self):
        for path, target in self.each(r"\]\(<?(https?:[^)>]*)", DOCUMENTS):
            self.assertRegex(target, r"^https?://[\w.-]+(:\d+)?(/[^\s]*)?$", path)

    def test_files_are_there(self):
        folders = r"(?:\.github|config|deploy|docs|findings|overlays|src|tests)"
        for path, name in self.each(rf"(?<![\w/.$*-])({folders}/[\w./*-]*\w)", least=80):
            there = [one for near in (*NEAR, ROOT / path.parent) for one in near.glob(name)]
            self.assertTrue(there, f"{path}: {name}")

    def test_flags_are_those_of_the_program(self):
        told = subprocess.run([docs_test.EXPORTER, "--help"], capture_output=True, text=True, check=True).stdout
        known = set(re.findall(r"--[a-z][\w.-]*", told))
        flags = r"(?<![\w-])(--(?:web|config|log|metrics|health)\.[a-z][\w.-]*\w|--(?:total-)?shards?\b)"
        for path, flag in self.each(flags, least=40):
            self.assertIn(flag, known, path)

    def test_keys_are_those_of_the_program(self):
        known = docs_test.ConfigurationTest.keys
        web = docs_test.known_keys(docs_test.check_web(docs_test.UNKNOWN_IN_WEB)[1])
        known = {place: known.get(place, set()) | web.get(place, set()) for place in {*known, *web}}
        for path, name in self.each(r"`([a-z_]+(?:\.[a-z_]+)+)(?::[^`]*)?`", least=30):
            *above, key = name.split(".")
            if above[0] in known and not name.endswith((".cc", ".h", ".md", ".yml", ".yaml", ".sh", ".py")):
                for place, below in zip(above, [*above[1:], key]):
                    self.assertIn(below, known[place], f"{path}: {name}")

    def test_metrics_are_those_of_a_scrape(self):
        known = metrics()
        for path, (name, more) in self.each(r"\b(modelarts_(?:dataset|scrape|exporter)_[a-z_]+)(…|\*)?", least=40):
            matches = [one for one in known if one.startswith(name)] if more else [name] if name in known else []
            self.assertTrue(matches, f"{path}: {name}")

    def test_records_are_those_of_the_rules(self):
        rules = rules_test.RULES.read_text()
        rights = {"modelarts:dataset:getDataset", "modelarts:dataset:listDatasets"}  # The cloud's, of the same form.
        known = set(re.findall(r"(?m)record: (\S+)$", rules)) | rights
        for path, name in self.each(r"\b(modelarts:\w+(?::\w+)?)", least=2):
            self.assertIn(name, known, path)

    def test_alerts_are_those_of_the_rules(self):
        known = set(rules_test.alerts())
        for path, name in self.each(r"\b(ModelArts[A-Z]\w+)", least=20):
            self.assertIn(name, known, path)

    def test_the_chinese_documents_have_the_commands_of_the_english_ones(self):
        pairs = [(path, path.with_name(path.name.replace(".zh-CN", ""))) for path in DOCUMENTS if "zh-CN" in path.name]
        self.assertTrue(pairs)
        for chinese, english in pairs:
            commands = [re.findall(r"(?s)```sh\n(.*?)```", path.read_text()) for path in (chinese, english)]
            self.assertEqual(*commands)

    def test_the_chinese_readme_has_the_same_ways_to_give_credentials(self):
        def ways(name):
            rows = re.findall(r"(?m)^\| \[[^]]*\]\((config/README\.md#[^)]*)\)(.*)$", (ROOT / name).read_text())
            return {anchor: re.findall(r"`([^`]+)`", text) for anchor, text in rows}
        self.assertGreater(len(ways("README.md")), 5)
        self.assertEqual(ways("README.zh-CN.md"), ways("README.md"))

    def test_texts_keep_the_habits_of_the_editor(self):
        """.editorconfig, of which editors see to the rest."""
        for path in DOCUMENTS:
            text = path.read_bytes().decode("utf-8")
            self.assertRegex(text, r"[^\n]\n\Z", path)
            self.assertNotRegex(text, r"[ \t](?=\n)|\r|\t", path)


if __name__ == "__main__":
    unittest.main()
