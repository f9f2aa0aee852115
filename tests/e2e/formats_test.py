"""One scrape in three formats: all say the same, and OpenMetrics 2.0 is well-formed.

A thousand datasets in all states and all kinds of failure, with names that have to be
escaped. Their answers are kept, so that the formats can be compared to the last digit.
"""

import json
import pathlib
import re
import sys
import tempfile
import time
import unittest
import urllib.parse

from accounts import PROJECT, Cloud, Exporter, config, project

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "expose"))
import openmetrics2  # noqa: E402

FORMATS = {  # What is asked for, and what comes.
    "text": ("text/plain", "text/plain; version=0.0.4; charset=utf-8"),
    "1.0": ("application/openmetrics-text; version=1.0.0",
            "application/openmetrics-text; version=1.0.0; charset=utf-8"),
    "2.0": ("application/openmetrics-text;version=2.0.0;escaping=allow-utf-8;q=0.6,"
            "application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1",
            "application/openmetrics-text; version=2.0.0; charset=utf-8"),
}
STATES = ["QUEUING", "STARTING", "RUNNING", "COMPLETED", "FAILED", "NOT_EXIST", "UNKNOWN"]
AWKWARD = ['say "hi"', "C:\\new\\table\\", "two\nlines\n", '\\"\\n', "# EOF\n", "a,b={c}", "数据 😀", "tab\tand\rreturn",
           "", "plain"]
FAULTS = {"404": "not_found", "403": "forbidden", "500": "server_error", "418": "client_error",
          "malformed": "malformed", "huge:2M": "too_large", "hang": "timeout", "reset": "connect",
          "unpublished": "api_unavailable"}
DATASETS = 1000
# What changes from one scrape to the next.
MOVING = re.compile(r"modelarts_scrape_duration_seconds|modelarts_exporter_cache_.*|"
                    r"modelarts_exporter_http_requests_total|modelarts_exporter_log_messages_total|process_.*")
DECIMALS = re.compile(r"st@\d+(\.\d{1,3})?")


def dataset_id(i):
    return f"ds-{i:05}"


def state_answer(i):
    state = STATES[i % len(STATES)]
    body = {"status": "SHELVED" if state == "UNKNOWN" else state, "dataset_id": dataset_id(i)}
    if state in ("RUNNING", "COMPLETED", "FAILED"):
        body |= {"task_id": f"T{i}", "create_time": 1_606_114_833_874 + i, "duration_time": i % 90,
                 "total_sample_count": 10**i if i < 19 else i, "add_sample_count": i, "deleted_sample_count": 0}
    if state == "FAILED":
        body |= {"error_code": AWKWARD[i % len(AWKWARD)] + "x", "error_msg": "No."}
    return {"id": dataset_id(i), "answer": {"code": 200, "body": body}}


def in_yaml(text):
    return json.dumps(text, ensure_ascii=False)  # But for surrogates, JSON's strings are YAML's.


def listed():
    lines = []
    for i in range(DATASETS):
        lines.append("  - {id: %s, name: %s, labels: {team: %s}}\n" % (
            dataset_id(i), in_yaml(AWKWARD[i % len(AWKWARD)]), in_yaml(AWKWARD[(i + 1) % len(AWKWARD)])))
    return "".join(lines)


def series_of(name, labels, value):
    """Comparable: bounds are numbers, not texts; an empty label is none."""
    labels = {label: float(text) if label in ("le", "quantile") else text for label, text in labels.items()}
    return (name, frozenset((label, text) for label, text in labels.items() if text != "")), float(value)


def read_older(text):
    """{(name, labels): value} of the text format and of OpenMetrics 1.0."""
    found = {}
    for line in text.split("\n"):
        if not line or line.startswith("#"):
            continue
        head = openmetrics2.SERIES.match(line)
        key, value = series_of(head[1], openmetrics2.parse_labels(head[2] or "", lenient=False), line[head.end():])
        assert key not in found, line
        found[key] = value
    return found


def read_newest(answer):
    families = openmetrics2.parse(answer.body)
    pairs = [series_of(*series) for series in openmetrics2.as_series(families)]
    assert len(dict(pairs)) == len(pairs)
    return families, dict(pairs)


class FormatsTest(unittest.TestCase):
    strict = ()

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        answers = pathlib.Path(cls.folder.name) / "answers.json"
        answers.write_text(json.dumps({"project_id": PROJECT, "region": "here",
                                       "datasets": [state_answer(i) for i in range(DATASETS)]}), encoding="utf-8")
        faults = [word for i, fault in enumerate(FAULTS)
                  for word in ("--fault", f"{dataset_id(DATASETS - 1 - i)}={fault}")]
        cls.cloud = Cloud("--answers", str(answers), *faults)
        cls.cloud.__enter__()
        cls.addClassCleanup(cls.cloud.__exit__, None, None, None)
        text = config(f"- project_id: '{PROJECT}'\n  region: here\n  endpoint: {cls.cloud.url}\n"
                      "  http: {timeout: 2s}\n  credentials: {token: t}\n  datasets:\n" + listed(),
                      scrape="min_interval: 1h")
        cls.before = time.time()
        cls.exporter = Exporter(text, *cls.strict)
        cls.exporter.__enter__()
        cls.addClassCleanup(cls.exporter.__exit__, None, None, None)
        cls.asked = time.time()
        cls.exporter.get("/metrics", {"X-Prometheus-Scrape-Timeout-Seconds": "60"})
        cls.answered = time.time()

    def get(self, path, wanted):
        accept, content_type = FORMATS[wanted]
        answer = self.exporter.get(path, {"Accept": accept})
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, content_type))
        return answer

    def compare(self, path):
        """Asserts that all formats say the same on `path`; the families in 2.0."""
        text = read_older(self.get(path, "text").text)
        first = read_older(self.get(path, "1.0").text)
        families, second = read_newest(self.get(path, "2.0"))
        for name, other in (("text", text), ("1.0", first)):
            self.assertEqual(other.keys() ^ second.keys(), set(), name)
            self.assertEqual({key: (value, second[key]) for key, value in other.items()
                              if value != second[key] and not MOVING.fullmatch(key[0])}, {}, name)
        return families

    def test_all_say_the_same_of_everything(self):
        families = {family.name: family for family in self.compare("/metrics")}

        of_state = families["modelarts_dataset_sync_status"]
        label = of_state.name if self.strict else "status"
        self.assertEqual(of_state.type, "stateset" if self.strict else "gauge")
        self.assertEqual({sample.labels[label] for sample in of_state.samples if sample.value == 1}, set(STATES))
        self.assertEqual(sum(sample.value for sample in of_state.samples), DATASETS - len(FAULTS))
        self.assertEqual({sample.labels["dataset_id"]: sample.labels["reason"]
                          for sample in families["modelarts_dataset_query_failure"].samples},
                         {dataset_id(DATASETS - 1 - i): reason for i, reason in enumerate(FAULTS.values())})
        info = families["modelarts_dataset_info"]
        self.assertEqual({sample.labels["name"] for sample in info.samples}, set(AWKWARD))
        codes = {sample.labels["error_code"] for sample in families["modelarts_dataset_sync_error"].samples}
        self.assertLessEqual({name + "x" for name in AWKWARD[:2]}, codes)

    def test_all_say_the_same_of_one_dataset(self):
        for i in (0, 1, 4, 11, DATASETS - 1, DATASETS - 7):
            query = urllib.parse.urlencode({"project_id": PROJECT, "dataset_id": dataset_id(i)})
            with self.subTest(dataset=i):
                self.compare("/probe?" + query)

    def starts(self):
        """({start} of the exporter's own families, {start} of the datasets')."""
        own, datasets = set(), set()
        for family in openmetrics2.parse(self.get("/metrics", "2.0").body):
            for sample in family.samples:
                of_datasets = family.name.startswith("modelarts_dataset_")
                if family.type in ("counter", "histogram"):
                    self.assertIsNotNone(sample.start, family.name)
                    (datasets if of_datasets else own).add(sample.start)
        return own, datasets

    def test_counters_say_since_when_they_count_and_stay_with_that(self):
        own, datasets = self.starts()
        self.assertEqual(len(own), 1)
        self.assertGreaterEqual(min(own), self.before - 0.001)
        self.assertLessEqual(max(own), self.asked)
        self.assertGreaterEqual(min(datasets), self.asked - 0.001)
        self.assertLessEqual(max(datasets), self.answered)

        self.assertEqual(self.exporter.reload().status, 200)
        self.assertEqual(self.starts(), (own, datasets))

    def test_the_older_formats_say_nothing_of_it(self):
        for older in "text", "1.0":
            body = self.get("/metrics", older).text
            self.assertNotIn("st@", body)
            self.assertNotIn("_created", body)

    def test_ends_and_times_are_as_the_specification_has_them(self):
        body = self.get("/metrics", "2.0").text
        self.assertTrue(body.endswith("\n# EOF\n"))
        starts = re.findall(r" (st@\S+)\n", body)
        self.assertEqual([word for word in starts if not DECIMALS.fullmatch(word)], [])
        self.assertGreater(len(starts), DATASETS)


class StrictFormatsTest(FormatsTest):
    strict = ("--metrics.strict-stateset",)


class CreatedFormatsTest(unittest.TestCase):
    def test_the_first_openmetrics_says_in_samples_what_the_second_says_inline(self):
        with Cloud("--datasets", "2") as cloud, \
                Exporter(config(project(cloud, "{token: t}", 2)), "--metrics.created-timestamps") as exporter:
            exporter.scrape()
            text, first, second = (exporter.get("/metrics", {"Accept": accept}) for accept, _ in FORMATS.values())

            started = {series_of(family.name.removesuffix("_total") + "_created", sample.labels, sample.start)
                       for family in openmetrics2.parse(second.body) for sample in family.samples
                       if family.type in ("counter", "histogram")}
            created = {key: value for key, value in read_older(first.text).items() if key[0].endswith("_created")}
            self.assertEqual(created, dict(started))
            self.assertNotIn("_created", text.text + second.text)


if __name__ == "__main__":
    unittest.main()
