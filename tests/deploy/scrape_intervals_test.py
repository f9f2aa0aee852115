"""The critical alerts at scrape intervals up to an hour, every minute of some hours.

Writes rule tests for promtool: an exporter and a sharded set that are well, and
causes that last, scraped at each interval, the targets at different minutes of it.
How often each alert fired is read from Prometheus' own series ALERTS.

    python3 tests/deploy/scrape_intervals_test.py
    PROMTOOL=/path/to/another/promtool python3 tests/deploy/scrape_intervals_test.py
"""

import json
import pathlib
import subprocess
import tempfile
import unittest

from rules_test import PROMTOOL, RULES, PromtoolCase

INTERVALS = (1, 5, 6, 7, 10, 20, 30, 60)  # Minutes.
# The rules' head promises all alerts up to this one.
BOUND = 5
HOURS = 7
END = HOURS * 60
# When an alert about a cause that lasts must have begun to fire, at the latest.
SOON, LATE = 25, 200

PROBLEMS = ("gap", "overlap", "total_shards", "config_hash")


def values(interval, phase, samples):
    """promtool's notation of a scrape each `interval` minutes from minute `phase` on."""
    gap = [f"_x{interval - 1}"] if interval > 1 else []
    notation = [f"_x{phase}"] if phase else []
    for sample in samples:
        notation += [str(sample), *gap]
    return " ".join(notation)


class Series:
    """What Prometheus scraped of some targets, as promtool's input."""

    def __init__(self, interval):
        self.interval = interval
        self.rows = []

    def add(self, name, labels, value, phase, until=END, since=0):
        first = -(-(since - phase) // self.interval) if since > phase else 0
        count = max(0, -(-(until - phase) // self.interval) - first)
        text = ",".join(f'{k}="{v}"' for k, v in labels.items())
        sample = value if callable(value) else lambda _: value
        samples = [sample(phase + (first + i) * self.interval) for i in range(count)]
        self.rows.append({"series": f"{name}{{{text}}}",
                          "values": values(self.interval, phase + first * self.interval, samples)})

    def exporter(self, job, number, targets, **more):
        """One of `targets` exporters of a job; more: shard, shards, config_hash, started, up."""
        labels = {"job": job, "instance": f"{job}-{number}"}
        phase = number * self.interval // targets
        when = {key: more.pop(key) for key in ("until", "since") if key in more}
        self.add("up", labels, more.get("up", 1), phase, **when)
        self.add("process_start_time_seconds", labels, more.get("started", number + 1.25), phase, **when)
        for name, usual in (("shard", 0), ("shards", 1), ("config_hash", 7)):
            self.add(f"modelarts_exporter_{name}", labels, more.get(name, usual), phase, **when)
        self.add("modelarts_dataset_query_success",
                 {**labels, "project_id": "p", "dataset_id": "d"}, 1, phase, **when)


def all_well(interval):
    series = Series(interval)
    series.exporter("modelarts", 0, 1)
    for shard in range(3):
        series.exporter("modelarts-shards", shard, 3, shard=shard, shards=3)
    # Each third scrape is lost, on its own.
    series.exporter("modelarts-lossy", 0, 1,
                    up=lambda minute: 0 if minute // interval % 3 == 2 else 1)
    # So is one of its queries, for the credentials.
    lost = [minute // interval % 3 == 2 for minute in range(END)]
    series.add("modelarts_dataset_query_success", {"project_id": "lossy", "dataset_id": "d"},
               lambda minute: 0 if lost[minute] else 1, 0)
    series.add("modelarts_dataset_query_failure",
               {"project_id": "lossy", "dataset_id": "d", "reason": "credentials"},
               lambda minute: 1 if lost[minute] else "stale", 0)
    # Scaled from two shards to three after three hours: other pods, one at a time.
    for number, (shard, shards) in enumerate(((0, 2), (1, 2), (0, 3), (1, 3), (2, 3))):
        when = {"until": 180 + number % 2} if shards == 2 else {"since": 180 + number}
        series.exporter("modelarts-scaled", number, 5, shard=shard, shards=shards, **when)
    return series.rows


def causes_that_last(interval):
    series = Series(interval)
    series.exporter("modelarts-down", 0, 1, up=0)
    series.exporter("modelarts-gap", 0, 2, shard=0, shards=3)
    series.exporter("modelarts-gap", 1, 2, shard=2, shards=3)
    for number, shard in enumerate((0, 0, 1)):
        series.exporter("modelarts-overlap", number, 3, shard=shard, shards=2)
    for number, shards in enumerate((2, 3, 3)):
        series.exporter("modelarts-total_shards", number, 3, shard=number, shards=shards)
    for number in range(2):
        series.exporter("modelarts-config_hash", number, 2, shard=number, shards=2, config_hash=number)
    # Nothing is answered, since the credentials are refused.
    series.add("modelarts_dataset_query_success", {"project_id": "refused", "dataset_id": "d"}, 0, 0)
    series.add("modelarts_dataset_query_failure",
               {"project_id": "refused", "dataset_id": "d", "reason": "unauthorized"}, 1, 0)
    return series.rows


def replaced(interval):
    """Pods that follow each other, the next one scraped at another minute."""
    series = Series(interval)
    for number in range(3):
        series.exporter("modelarts", 2 - number, 3, since=140 * number, until=140 * (number + 1))
    return series.rows


def gone_after_three_hours(interval):
    series = Series(interval)
    series.exporter("modelarts", 0, 1, until=180)
    return series.rows


def test_file(interval):
    firing = 'ALERTS{alertstate="firing",severity="critical"%s}'

    def never(until):
        """There was no minute with an alert."""
        return {"expr": f"count_over_time({firing % ''}[{until}m])", "eval_time": f"{until}m",
                "exp_samples": []}

    def always(alert, more, since, until):
        """A query for a single 1: there was no minute without the alert."""
        selector = firing % f',alertname="{alert}"{more}'
        minutes = until - since
        return {"expr": f"count(count_over_time({selector}[{minutes}m:1m]) >= {minutes})",
                "eval_time": f"{until}m", "exp_samples": [{"labels": "{}", "value": 1}]}

    def group(name, rows, *checks):
        return {"name": f"{interval}m: {name}", "interval": "1m", "input_series": rows,
                "promql_expr_test": list(checks)}

    often = interval <= BOUND
    since = SOON if often else LATE
    lasting = [always("ModelArtsExporterDown", ',job="modelarts-down"', since, since + 60),
               always("ModelArtsCredentialsRefused", ',project_id="refused"', since, since + 60)]
    for problem in PROBLEMS if often else PROBLEMS[:1]:
        lasting.append(always("ModelArtsShardsDisagree", f',job="modelarts-{problem}",problem="{problem}"',
                              since, since + 60))
    absent = 180 + (SOON if often else 125 + SOON)
    return {
        "rule_files": [str(RULES)],
        "evaluation_interval": "1m",
        "tests": [
            group("all is well", all_well(interval), never(END)),
            group("pods that are replaced", replaced(interval), never(END)),
            group("causes that last", causes_that_last(interval), *lasting),
            group("gone after three hours", gone_after_three_hours(interval), never(180),
                  always("ModelArtsExporterAbsent", "", absent, END)),
        ],
    }


class ScrapeIntervalsTest(PromtoolCase):
    def test_no_critical_alert_is_false_and_none_breaks_off(self):
        with tempfile.TemporaryDirectory() as folder:
            for interval in INTERVALS:
                with self.subTest(minutes=interval):
                    file = pathlib.Path(folder) / f"{interval}_test.yml"
                    file.write_text(json.dumps(test_file(interval)))  # JSON is YAML.
                    self.promtool("test", "rules", file)


if __name__ == "__main__":
    unittest.main()
