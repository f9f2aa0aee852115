"""Runs every query of every panel on a Prometheus that has scraped the exporter.

    panel_queries_test.py http://localhost:9090 [SCRAPE_INTERVAL_SECONDS]

The variables are filled in as Grafana would: once with "All", and once with each
of the projects and datasets. A query must return data for at least one of these,
and what a panel of its type can show for every one.
"""

import math
import re
import sys
import time

import dashboards
from prometheus_api import Prometheus, Refused

ALL = object()
# Choices of one variable that are tried.
MOST_CHOICES = 20


def grafana_lines(samples):
    """What query_result() makes of a vector: one line of text for each sample."""
    for labels, value in samples:
        pairs = []
        for name, text in sorted(labels.items()):
            if name != "__name__":
                escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
                pairs.append(f'{name}="{escaped}"')
        yield f"{labels.get('__name__', '')}{{{','.join(pairs)}}} {value:g} {time.time() * 1000:.0f}"


def unescape(text):
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], text)


class Variables:
    """The variables of one dashboard, and texts with them filled in."""

    def __init__(self, prometheus, dashboard, scrape_interval):
        self.prometheus = prometheus
        self.variables = dashboards.variables(dashboard)
        self.scrape_interval = scrape_interval

    def rate_interval(self, target):
        """As of a view of an hour, where the data source knows the scrape interval."""
        return f"{math.ceil(dashboards.grafana_rate_interval(target, 3600, 1000, self.scrape_interval))}s"

    def fill(self, text, chosen, target=None):
        def value(match):
            name = match[1] or match[2]
            if name == "__rate_interval":
                return self.rate_interval(target)
            if name not in self.variables:
                return match[0]  # The $1 of label_replace.
            variable = self.variables[name]
            if variable["type"] == "constant":
                return variable["query"]
            if chosen[name] is ALL:
                return variable["allValue"]
            escaped = chosen[name].replace("\\", "\\\\").replace('"', '\\"')
            if variable["multi"]:  # Is used with =~.
                escaped = re.escape(chosen[name]).replace("\\", "\\\\").replace('"', '\\"')
            return escaped
        return re.sub(r"\$(?:\{(\w+)(?::\w+)?\}|(\w+))", value, text)

    def choices(self, name, chosen):
        """The values of the variable, given those before it."""
        variable = self.variables[name]
        query = self.fill(variable["query"]["query"], chosen)
        labels = re.fullmatch(r"label_values\((.*), (\w+)\)", query, re.S)
        if labels:
            return self.prometheus.label_values(labels[1], labels[2])
        result = re.fullmatch(r"query_result\((.*)\)", query, re.S)
        pattern = variable["regex"].strip("/").replace("(?<", "(?P<")
        found = []
        for line in grafana_lines(self.prometheus.instant(result[1])):
            match = re.search(pattern, line)
            if not match:
                raise AssertionError(f"variable {name}: the regex does not match {line}")
            if not match["text"]:
                raise AssertionError(f"variable {name}: no text in {line}")
            found.append(unescape(match["value"]))
        return sorted(set(found))

    def assignments(self):
        """Every way to choose: All where there is one, and each value."""
        names = [n for n, v in self.variables.items() if v["type"] == "query"]

        def extend(chosen, rest):
            if not rest:
                yield dict(chosen)
                return
            values = self.choices(rest[0], chosen)
            if not values:
                raise AssertionError(f"variable {rest[0]} has no values for {chosen}")
            if self.variables[rest[0]]["multi"]:
                values = [ALL] + values
            for value in values[:MOST_CHOICES]:
                yield from extend({**chosen, rest[0]: value}, rest[1:])

        yield from extend({}, names)


def faults_of_shape(panel, target, series):
    """What a panel of this type could not show: texts."""
    def values():
        for _, points in series:
            yield from (v for _, v in points)

    kind = panel["type"]
    defaults = panel["fieldConfig"]["defaults"]
    for label in re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", "")):
        # The label may be empty, and so absent, in the place of a name alone.
        if any(label not in labels for labels, _ in series):
            yield f"a series without the label {label} of its legend"
    if all(math.isnan(v) or math.isinf(v) for v in values()):
        yield "no number among the values"
    if kind == "stat" and len(series) != 1:
        yield f"{len(series)} series for one number"
    if kind in ("stat", "state-timeline") and defaults["mappings"]:
        known = {float(k) for k in defaults["mappings"][0]["options"]}
        unknown = set(values()) - known
        if unknown:
            yield f"values without a text: {unknown}"
    if kind == "table":
        keys = [tuple(sorted((k, v) for k, v in labels.items())) for labels, _ in series]
        if len(keys) != len(set(keys)):
            yield "two lines with the same labels"
        if panel["transformations"][0]["id"] == "merge":
            by_key = [tuple((k, labels.get(k)) for k in ("job", "instance", "project_id", "dataset_id"))
                      for labels, _ in series]
            if len(by_key) != len(set(by_key)):
                yield "two lines for one dataset or exporter"
    if kind == "heatmap":
        if any("le" not in labels for labels, _ in series):
            yield "a bucket without le"
        if "+Inf" not in {labels.get("le") for labels, _ in series}:
            yield "no bucket +Inf"
    if kind == "timeseries":
        names = [re.sub(r"\{\{(\w+)\}\}", lambda m: labels.get(m[1], ""), target["legendFormat"])
                 for labels, _ in series]
        if len(names) != len(set(names)):
            yield f"two lines with one name: {sorted(names)}"
    if defaults["unit"] == "percentunit":
        if any(v < 0 or v > 1.001 for v in values()):
            yield "a share outside of 0 to 1"
    if defaults.get("min") == 0 and any(v < 0 for v in values()):
        yield "a value below the axis"


def check(prometheus, scrape_interval, now=None):
    """Runs it all. Returns (number of queries run, faults)."""
    now = now or time.time()
    count, faults = 0, []
    for name, dashboard in dashboards.load().items():
        variables = Variables(prometheus, dashboard, scrape_interval)
        with_data = {}
        for chosen in variables.assignments():
            for panel in dashboards.panels(dashboard):
                for target in panel.get("targets", []):
                    where = f"{name}: {panel['title']}: {target['refId']}"
                    expression = variables.fill(target["expr"], chosen, target)
                    try:
                        if target["instant"]:
                            series = [(labels, [(now, value)]) for labels, value
                                      in prometheus.instant(expression, now)]
                        else:
                            series = prometheus.range(expression, now - 20 * scrape_interval,
                                                      now, scrape_interval)
                    except Refused as refused:
                        faults.append(f"{where}: {refused}\n{expression}")
                        continue
                    count += 1
                    with_data.setdefault(where, expression)
                    if series:
                        with_data[where] = None
                        faults += [f"{where}: {fault}\n{expression}" for fault
                                   in faults_of_shape(panel, target, series)]
        faults += [f"{where}: no data\n{expression}"
                   for where, expression in with_data.items() if expression]
        for annotation in dashboard["annotations"]["list"]:
            prometheus.instant(annotation["target"]["expr"], now)  # Has data while an alert fires.
    return count, list(dict.fromkeys(faults))


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    interval = float(sys.argv[2]) if len(sys.argv) > 2 else 60
    count, faults = check(Prometheus(sys.argv[1]), interval)
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{count} queries, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
