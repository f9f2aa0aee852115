"""Counting what happens between scrapes: each task that ends is counted once."""

import time
import unittest

from accounts import PROJECT, Cloud, Exporter, Scrape, config, project

DATASET = "ds-00000"
CREATED = 1_700_000_000_000  # Milliseconds.


class TasksTest(unittest.TestCase):
    def setUp(self):
        self.cloud = Cloud("--datasets", "2").__enter__()
        self.addCleanup(self.cloud.__exit__, None, None, None)

    def exporter(self, scrape="", labels=""):
        exporter = Exporter(self.config(scrape, labels)).__enter__()
        self.addCleanup(exporter.__exit__, None, None, None)
        return exporter

    def config(self, scrape="", labels=""):
        return config(project(self.cloud, "{token: t}", 1), scrape=scrape).replace(
            "'}", "'" + labels + "}")

    def task(self, status, number, **more):
        self.cloud.control("task", project=PROJECT, dataset=DATASET, status=status,
                           task_id=f"task-{number}", **more)

    def fault(self, fault):
        self.cloud.control("fault", match=DATASET, fault=fault)

    def counted(self, scrape):
        """(completed, failed); None where there is no series."""
        return tuple(scrape.value("modelarts_dataset_sync_tasks_total", dataset_id=DATASET,
                                  status=status) for status in ("COMPLETED", "FAILED"))

    def status(self, scrape):
        one, = [labels["status"] for labels, value
                in scrape.all("modelarts_dataset_sync_status") if value]
        return one

    def test_begins_at_zero_whatever_the_first_task_is(self):
        for number, status in enumerate(["FAILED", "COMPLETED", "RUNNING", "NOT_EXIST"]):
            self.task(status, number)
            self.assertEqual(self.counted(self.exporter().scrape()), (0, 0), status)

    def test_has_no_series_before_the_dataset_was_seen(self):
        self.fault("403")
        exporter = self.exporter()
        self.assertEqual(self.counted(exporter.scrape()), (None, None))
        self.fault("none")
        self.task("FAILED", 1)
        self.assertEqual(self.counted(exporter.scrape()), (0, 0))

    def test_a_failure_is_not_lost_when_the_next_task_has_begun(self):
        exporter = self.exporter()
        self.task("COMPLETED", 1)
        before = exporter.scrape()
        self.task("FAILED", 2)
        # Between two scrapes of one Prometheus, by whomever: its twin, or a probe.
        Scrape(exporter.get(f"/probe?project_id={PROJECT}&dataset_id={DATASET}"))
        self.task("RUNNING", 3)
        after = exporter.scrape()
        self.assertEqual((self.status(before), self.counted(before)), ("COMPLETED", (0, 0)))
        self.assertEqual((self.status(after), self.counted(after)), ("RUNNING", (0, 1)))

    def test_a_task_that_began_and_ended_between_two_looks_counts(self):
        exporter = self.exporter()
        for number, status, expected in ((1, "RUNNING", (0, 0)), (1, "COMPLETED", (1, 0)),
                                         (2, "FAILED", (1, 1)), (3, "FAILED", (1, 2)),
                                         (5, "COMPLETED", (2, 2))):
            self.task(status, number)
            self.assertEqual(self.counted(exporter.scrape()), expected)

    def test_a_task_that_nobody_saw_end_is_not_counted(self):
        # The documented limit: the API tells of the latest task alone.
        exporter = self.exporter()
        self.task("RUNNING", 1)
        exporter.scrape()
        self.task("FAILED", 1)
        self.task("RUNNING", 2)
        self.assertEqual(self.counted(exporter.scrape()), (0, 0))

    def test_counts_nothing_twice_over_failures(self):
        exporter = self.exporter()
        self.task("RUNNING", 1)
        exporter.scrape()
        self.task("FAILED", 1)
        for fault in "none", "503", "none", "malformed", "reset", "hang", "404", "none":
            self.fault(fault)
            scrape = exporter.scrape(budget=1)
            self.assertEqual(self.counted(scrape), (0, 1) if fault == "none" else (None, None))
        self.fault("503")
        self.task("FAILED", 2)  # Ends while nobody can see it.
        exporter.scrape()
        self.fault("none")
        self.assertEqual(self.counted(exporter.scrape()), (0, 2))

    def test_counts_nothing_twice_over_answers_that_lag(self):
        exporter = self.exporter()
        for status in "RUNNING", "FAILED", "RUNNING", "FAILED", "NEW_WORD", "FAILED":
            self.task(status, 1)
            scrape = exporter.scrape()
        self.assertEqual(self.counted(scrape), (0, 1))

    def test_counts_nothing_twice_over_reloads(self):
        exporter = self.exporter()
        self.task("RUNNING", 1)
        exporter.scrape()
        self.task("COMPLETED", 1)
        for number in range(5):
            exporter.scrape()
            text = self.config(scrape=f"concurrency: {number + 1}",
                               labels=f", labels: {{team: t{number}}}")
            self.assertEqual(exporter.reload(text).status, 200)
            self.assertEqual(self.counted(exporter.scrape()), (1, 0))
        self.task("FAILED", 2)
        exporter.reload(self.config())
        self.assertEqual(self.counted(exporter.scrape()), (1, 1))

    def test_counts_nothing_twice_from_memory(self):
        exporter = self.exporter("min_interval: 1h")
        self.task("COMPLETED", 1)
        exporter.scrape()
        self.task("COMPLETED", 2)
        for _ in range(3):  # Not asked: nothing seen, nothing counted.
            self.assertEqual(self.counted(exporter.scrape()), (0, 0))
        self.assertEqual(self.cloud.counters()["requests"]["status"], 1)

    def test_stays_behind_an_answer_that_stands_in_for_a_failure(self):
        exporter = self.exporter("max_stale: 1h")
        self.task("RUNNING", 1)
        exporter.scrape()
        self.task("FAILED", 1)
        exporter.scrape()
        self.fault("503")
        for _ in range(3):
            scrape = exporter.scrape()
            self.assertEqual((self.status(scrape), self.counted(scrape)), ("FAILED", (0, 1)))

    def test_tells_when_the_last_one_completed(self):
        def ended():
            return exporter.scrape().value(
                "modelarts_dataset_sync_last_completed_timestamp_seconds")

        exporter = self.exporter()
        self.task("FAILED", 1, create_time=CREATED, duration_time=10)
        self.assertIsNone(ended())
        self.task("COMPLETED", 2, create_time=CREATED, duration_time=90)
        self.assertEqual(ended(), CREATED / 1000 + 90)
        for number, status in (3, "RUNNING"), (3, "FAILED"), (4, "QUEUING"):
            self.task(status, number, create_time=CREATED + 1_000_000, duration_time=5)
            self.assertEqual(ended(), CREATED / 1000 + 90)
        self.task("COMPLETED", 5)  # No times: when it was seen.
        self.assertAlmostEqual(ended(), time.time(), delta=10)

    def test_is_a_counter_in_both_formats(self):
        exporter = self.exporter()
        self.task("RUNNING", 1)
        self.assertIn("# TYPE modelarts_dataset_sync_tasks_total counter\n",
                      exporter.get("/metrics").text)
        text = exporter.get("/metrics", {"Accept":
                                         "application/openmetrics-text; version=1.0.0"}).text
        self.assertIn("# TYPE modelarts_dataset_sync_tasks counter\n", text)
        self.assertIn('modelarts_dataset_sync_tasks_total{', text)


class LivingTasksTest(unittest.TestCase):
    def look(self, cloud, count):
        """{dataset: how many of its tasks have ended}, asked of the cloud itself."""
        ended = {}
        for i in range(count):
            task = cloud.get(f"/v2/{PROJECT}/datasets/ds-{i:05d}/sync-data/status",
                             {"X-Auth-Token": "t"}).json()
            number = int(task["task_id"].removeprefix("task-"))
            ended[f"ds-{i:05d}"] = number + (task["status"] in ("COMPLETED", "FAILED"))
        return ended

    def test_counts_every_one_over_hundreds_of_scrapes(self):
        count, seconds = 50, 15
        with Cloud("--datasets", str(count), "--task-period", "1s", "--active-percent", "50",
                   "--failed-percent", "30") as cloud, \
                Exporter(config(project(cloud, "{token: t}", count))) as exporter:
            def steady():
                """A scrape, and the looks around it where they agree."""
                before = self.look(cloud, count)
                scrape = exporter.scrape()
                after = self.look(cloud, count)
                return scrape, {one: n for one, n in before.items() if after[one] == n}

            _, begin = steady()
            stop = time.monotonic() + seconds
            scrapes = 2
            while time.monotonic() < stop:
                exporter.scrape()
                scrapes += 1
                time.sleep(0.02)
            scrape, end = steady()
            datasets = begin.keys() & end.keys()
            counted = {one: sum(value for _, value in scrape.all(
                "modelarts_dataset_sync_tasks_total", dataset_id=one)) for one in datasets}
            expected = {one: end[one] - begin[one] for one in datasets}
            print(f"{sum(expected.values())} tasks of {len(datasets)} datasets in "
                  f"{scrapes} scrapes")
            self.assertGreater(sum(expected.values()), count * seconds / 4)
            self.assertEqual(counted, expected)


if __name__ == "__main__":
    unittest.main()
