"""What min_interval by state saves, and what it costs: 1,000 datasets, of which
2 % have a task in flight, scraped once a minute.

A second stands for a minute here, so that an hour takes a minute: a scrape a
second, tasks of 10 s every 500 s, min_interval {active: 0s, settled: 5s}. All of
it is in proportion but for the time that a scrape itself takes, which is some
hundredths of a second and counts as seconds.
"""

import concurrent.futures
import re
import statistics
import time
import unittest

from accounts import Cloud, Exporter, config, project

DATASETS = 1000
MINUTE = 1.0  # In seconds of the test.
MINUTES_A_DAY = 24 * 60
ACTIVE = {"QUEUING", "STARTING", "RUNNING", "UNKNOWN"}
SAMPLE = re.compile(
    r'^modelarts_dataset_(sync_creation_timestamp_seconds|last_query_timestamp_seconds|'
    r'query_success|sync_status)\{project_id="\w+",dataset_id="([^"]+)"'
    r'(?:,status="(\w+)")?\} (\S+)$', re.M)
REQUESTS = re.compile(r'^modelarts_exporter_api_requests_total\{operation="status"\} (\d+)', re.M)


class Watch:
    """Scrapes once a minute, as Prometheus does, and takes note."""

    def __init__(self, exporter):
        self.exporter = exporter
        self.calls = []     # Requests to the cloud so far, by scrape.
        self.failed = []    # Datasets without success, by scrape.
        self.delays = []    # From the creation of a task to the scrape that shows it.
        self.ages = []      # The oldest answer shown, by scrape.
        self.unasked = 0    # Times that a task in flight was not asked for.
        self.active = {}    # By dataset, at the last scrape: whether a task was in flight.
        self.created = {}

    def scrape(self):
        begin = time.time()
        text = self.exporter.get("/metrics", {"X-Prometheus-Scrape-Timeout-Seconds": "1"}).text
        now = time.time()
        states, queried, created = {}, {}, {}
        failed = 0
        for family, dataset, status, value in SAMPLE.findall(text):
            if family == "sync_status":
                if value == "1":
                    states[dataset] = status
            elif family == "query_success":
                failed += value == "0"
            else:
                where = queried if family.startswith("last_query") else created
                where[dataset] = float(value)
        for dataset, when in created.items():
            if self.created.get(dataset, when) != when:
                self.delays.append(now - when)
        # The clock of the timestamps is that of this test: they run on one machine.
        self.unasked += sum(was_active and queried.get(dataset, 0) < begin - 0.002
                            for dataset, was_active in self.active.items())
        self.active = {dataset: state in ACTIVE for dataset, state in states.items()}
        self.created |= created
        self.ages.append(max((now - when for when in queried.values()), default=0))
        self.failed.append(failed)
        self.calls.append(int(REQUESTS.search(text)[1]))

    def run(self, minutes, begin):
        for i in range(minutes):
            time.sleep(max(0, begin + i * MINUTE - time.monotonic()))
            self.scrape()

    def calls_a_day(self, first):
        """From the scrape number `first` to the last, scaled up."""
        return (self.calls[-1] - self.calls[first]) / (len(self.calls) - 1 - first) * MINUTES_A_DAY

    def delay(self):
        return (f"a new task is seen after {statistics.mean(self.delays) / MINUTE:.1f} minutes, "
                f"at most {max(self.delays) / MINUTE:.1f} ({len(self.delays)} tasks)")


class IntervalTest(unittest.TestCase):
    def test_saves_calls_and_stays_within_a_quota(self):
        ways = {
            "always": ("min_interval: 0s", "", 61),
            "adaptive": ("min_interval: {active: 0s, settled: 5s}", "", 61),
            # 200 calls in 5 minutes; what the burst holds serves one scrape.
            "quota": ("min_interval: {active: 0s, settled: 1m}, max_stale: 2m",
                      "  rate_limit: {requests: 40, per: 1s, burst: 40}\n", 121),
        }
        with Cloud("--datasets", str(DATASETS), "--task-period", "500s",
                   "--active-percent", "2") as cloud:
            exporters = {name: Exporter(config(project(cloud, "{token: t}", DATASETS, more=limit),
                                               scrape=scrape + ", timeout_offset: 200ms"))
                         for name, (scrape, limit, _) in ways.items()}
            watches = {name: Watch(one) for name, one in exporters.items()}
            begin = time.monotonic() + 0.5
            with concurrent.futures.ThreadPoolExecutor(len(ways)) as pool:
                done = [pool.submit(watches[name].run, ways[name][2], begin + number * MINUTE / 3)
                        for number, name in enumerate(ways)]
                for one in done:
                    one.result()
            for one in exporters.values():
                one.__exit__(None, None, None)

        always, adaptive, quota = watches.values()
        # Six scrapes make a round: the whole rounds after the first scrape.
        day, adaptive_day = always.calls_a_day(0), adaptive.calls_a_day(0)
        warm = 60  # Minutes, after which each dataset has been asked.
        quota_day = quota.calls_a_day(warm)
        per_scrape = [b - a for a, b in zip(adaptive.calls, adaptive.calls[1:])]
        print(f"{DATASETS} datasets, 2 % active, a scrape a minute:\n"
              f"  min_interval 0s: {day:,.0f} calls a day; {always.delay()}\n"
              f"  {{active: 0s, settled: 5m}}: {adaptive_day:,.0f} calls a day, "
              f"{1 - adaptive_day / day:.0%} fewer, {min(per_scrape)} to {max(per_scrape)} a "
              f"scrape; {adaptive.delay()}; the oldest answer was {max(adaptive.ages):.1f} "
              f"minutes old\n"
              f"  {{active: 0s, settled: 1h}}, 200 calls in 5 minutes: {quota_day:,.0f} calls a "
              f"day, {1 - quota_day / day:.0%} fewer; {quota.delay()}; all asked after "
              f"{quota.failed.index(0)} minutes; the oldest answer was "
              f"{max(quota.ages[warm:]):.1f} minutes old")

        self.assertEqual(sum(always.failed) + sum(adaptive.failed), 0)
        self.assertAlmostEqual(day, DATASETS * MINUTES_A_DAY, delta=day / 1000)
        # At least 20 of 1,000 at each scrape, and all at each sixth.
        self.assertGreater(adaptive_day, day * 0.16)
        self.assertLess(adaptive_day, day * 0.25)
        self.assertEqual(always.unasked + adaptive.unasked, 0)
        # Room for a slow machine: a minute.
        self.assertLess(max(always.delays), 2 * MINUTE)
        self.assertLess(max(adaptive.delays), 7 * MINUTE)
        self.assertLess(max(adaptive.ages), 6 * MINUTE)

        self.assertGreater(quota.failed[0], 0)  # More than the quota at once,
        self.assertEqual(sum(quota.failed[warm:]), 0)  # but not in the long run.
        minutes = len(quota.calls) - 1
        self.assertLessEqual(quota.calls[-1], 40 * (minutes + 1) + 40)
        self.assertLess(max(quota.ages[warm:]), 90 * MINUTE)


if __name__ == "__main__":
    unittest.main()
