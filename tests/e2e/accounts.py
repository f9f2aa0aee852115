"""What the tests of credentials need beside the programs: configurations with
one account or several, and scrapes that can be asked questions."""

import os
import re
import time
import urllib.parse

import exporter as programs

PROJECT = "%032x" % 0  # The simulator's first.
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Cloud(programs.Simulator):
    def control(self, action, method="POST", **parameters):
        query = urllib.parse.urlencode(parameters, quote_via=urllib.parse.quote)
        answer = self.get(f"/simulator/{action}?{query}", method=method)
        assert answer.status == 200, answer.body


class Scrape:
    def __init__(self, answer):
        assert answer.status == 200, (answer.status, answer.body)
        self.text = answer.text
        self.samples = []
        for line in self.text.splitlines():
            if not line.startswith("#"):
                series, value = line.rsplit(" ", 1)
                name, _, rest = series.partition("{")
                self.samples.append((name, dict(LABEL.findall(rest)), float(value)))

    def all(self, name, **labels):
        """[(labels, value)] of the samples with this name and, among others, these labels."""
        return [(have, value) for sample, have, value in self.samples
                if sample == name and labels.items() <= have.items()]

    def value(self, name, **labels):
        """The one such sample's value; None if there is none."""
        found = self.all(name, **labels)
        assert len(found) < 2, found
        return found[0][1] if found else None

    def successes(self, **labels):
        return sum(value for _, value in self.all("modelarts_dataset_query_success", **labels))

    def reasons(self, **labels):
        """How many datasets failed for which reason: {"timeout": 3}."""
        counts = {}
        for have, _ in self.all("modelarts_dataset_query_failure", **labels):
            counts[have["reason"]] = counts.get(have["reason"], 0) + 1
        return counts


class Exporter(programs.Exporter):
    """`environment` is all that it sees of the environment, but for PATH and what sanitizers
    need."""

    def __init__(self, config, *arguments, environment=None):
        kept = {name: value for name, value in os.environ.items()
                if name == "PATH" or name.endswith("SAN_OPTIONS")}
        super().__init__(config, "--web.enable-lifecycle", *arguments,
                         environment=kept | (environment or {}))

    def scrape(self, budget=30):
        return Scrape(self.get("/metrics",
                               {"X-Prometheus-Scrape-Timeout-Seconds": str(budget)}))

    def reload(self, config=None):
        if config is not None:
            self.write_config(config)
        return self.get("/-/reload", method="POST")


def wait_until(condition, seconds=20):
    """What `condition` gives as soon as that is true."""
    give_up = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.01)
    return found


def project(cloud, credentials, datasets=1, project_id=PROJECT, more=""):
    """One of the `projects`; `datasets`: a count, or ids; `credentials`: YAML in braces."""
    if isinstance(datasets, int):
        datasets = ["ds-%05d" % i for i in range(datasets)]
    listed = "".join("  - {id: '%s'}\n" % one.replace("'", "''") for one in datasets)
    return (f"- project_id: {project_id}\n  region: here\n  endpoint: {cloud.url}\n"
            f"  credentials: {credentials}\n{more}  datasets:\n{listed}")


def config(*projects, scrape=""):
    return (f"scrape: {{{scrape}}}\n" if scrape else "") + "projects:\n" + "".join(projects)
