"""The exporter behind a gateway or a proxy, and what a scrape of it came to."""

import json
import os
import re
import sys
from collections import Counter

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "e2e"))

from exporter import Exporter, Simulator, scrape  # noqa: E402
from intermediary import CERTIFICATES, wait_until  # noqa: E402

PROJECT = f"{0:032x}"
TLS = f"tls: {{ca_file: {CERTIFICATES.ca}}}"


def config(url, datasets, concurrency=64, timeout="5s", credentials="token: t", http="", listed=False):
    """A configuration of `datasets` datasets, told one by one or `listed` by the cloud."""
    lines = [
        f"scrape: {{concurrency: {concurrency}}}",
        "projects:",
        f'  - project_id: "{PROJECT}"',
        "    region: r",
        f"    endpoint: {url}",
        f"    credentials: {{{credentials}}}",
        "    http:",
        f"      timeout: {timeout}",
        *[f"      {line}" for line in http.splitlines()],
    ]
    if "tls:" not in http:
        lines.append(f"      {TLS}")
    if listed:
        lines.append("    discovery: {refresh_interval: 3s}")
    else:
        lines.append("    datasets:")
        lines += [f"      - {{id: ds-{i:05d}}}" for i in range(datasets)]
    return "\n".join(lines) + "\n"


SHOWN = re.compile(
    r"^modelarts_(dataset_query_success|dataset_query_failure|exporter_api_request_failures_total"
    r"|exporter_api_retries_total|scrape_duration_seconds)(?:{(.*)})? (\S+)$",
    re.MULTILINE,
)
REASON = re.compile(r'reason="(\w+)"')


class Outcome:
    """What a scrape says: how many datasets were `good`; why the others `failed`, a
    Counter of reasons; requests without a valid answer and repeated ones of the
    process so far, `request_failures` (a Counter of reasons) and `retries`."""

    def __init__(self, text):
        self.good = self.retries = 0
        self.failed, self.request_failures = Counter(), Counter()
        for name, labels, value in SHOWN.findall(text):
            if name == "dataset_query_success":
                self.good += value == "1"
            elif name == "dataset_query_failure":
                self.failed[REASON.search(labels)[1]] += 1
            elif name == "exporter_api_retries_total":
                self.retries += int(value)
            elif name == "scrape_duration_seconds":
                self.duration = float(value)
            elif value != "0":
                self.request_failures[REASON.search(labels)[1]] += int(value)

    def must_be_whole(self, datasets):
        """Every dataset at the first try. On a busy machine the exporter may cut short
        what is slow, and ask it again: that counts as timeout, and is no fault."""
        broken = sum(self.request_failures.values()) - self.request_failures["timeout"]
        assert (self.good, self.retries, broken) == (datasets, 0, 0), self

    def __repr__(self):
        return (
            f"{self.good} good, failed {dict(self.failed)}, failed requests {dict(self.request_failures)}, "
            f"{self.retries} retries, {self.duration:.2f} s"
        )


def outcome(exporter, budget=20):
    """Of a scrape, with this budget in seconds."""
    answer = exporter.get("/metrics", {"X-Prometheus-Scrape-Timeout-Seconds": str(budget + 0.5)}, timeout=budget + 60)
    assert answer.status == 200, answer.text
    return Outcome(answer.text)


def wait_until_ready(exporter):
    wait_until(lambda: exporter.get("/-/ready").status == 200, "the first listing")


def probe(exporter, dataset="ds-00000"):
    """Whether a probe of the dataset succeeded."""
    answer = exporter.get(f"/probe?project_id={PROJECT}&dataset_id={dataset}")
    assert answer.status == 200, answer.text
    return f'modelarts_dataset_query_success{{project_id="{PROJECT}",dataset_id="{dataset}"}} 1' in answer.text


def messages(exporter):
    """{dataset_id: (reason, message)} of the datasets that failed."""
    datasets = json.loads(exporter.get("/api/v1/datasets").text)["datasets"]
    return {one["dataset_id"]: (one["reason"], one["message"]) for one in datasets if not one["success"]}
