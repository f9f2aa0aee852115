"""Replies, lists and files that are not as they should be: what is odd costs itself
alone, and what may be a slip loses no count."""

import http.server
import json
import os
import tempfile
import threading
import unittest

from accounts import Exporter, wait_until

PROJECT = "p"
CODE = b'"error_code":"ModelArts.4360"'

# Reply, state, and what the fields must come out as; None: no series.
STATUS = {
    "fraction": (b'{"status":"FAILED",%s,"duration_time":25.2,"total_sample_count":120}' % CODE,
                 "FAILED", {"samples": 120, "sync_duration_seconds": None}),
    "float": (b'{"status":"COMPLETED","duration_time":12.0,"total_sample_count":120}',
              "COMPLETED", {"samples": 120, "sync_duration_seconds": 12}),
    "digits": (b'{"status":"COMPLETED","total_sample_count":"120","add_sample_count":3}',
               "COMPLETED", {"samples": None, "sync_added_samples": 3}),
    "code": (b'{"status":"FAILED","error_code":4360,"total_sample_count":1}',
             "FAILED", {"samples": 1, "sync_error": None}),
    "message": (b'{"status":"FAILED",%s,"error_msg":{"detail":"x"}}' % CODE,
                "FAILED", {"samples": None, "sync_error": 1}),
    "huge": (b'{"status":"COMPLETED","total_sample_count":92233720368547758080,'
             b'"add_sample_count":2}', "COMPLETED", {"samples": None, "sync_added_samples": 2}),
    "zero": (b'{"status":"QUEUING","create_time":0,"duration_time":0}', "QUEUING",
             {"sync_creation_timestamp_seconds": None, "sync_duration_seconds": None}),
    "minus-one": (b'{"status":"QUEUING","create_time":-1,"duration_time":-1,'
                  b'"total_sample_count":-1}', "QUEUING",
                  {"samples": None, "sync_creation_timestamp_seconds": None,
                   "sync_duration_seconds": None}),
    "year-one": (b'{"status":"QUEUING","create_time":-62135596800000}', "QUEUING",
                 {"sync_creation_timestamp_seconds": None}),
    "largest": (b'{"status":"QUEUING","create_time":9223372036854775807}', "QUEUING",
                {"sync_creation_timestamp_seconds": None}),
    "seconds": (b'{"status":"RUNNING","create_time":1606114833}', "RUNNING",
                {"sync_creation_timestamp_seconds": 1606114833}),
    "surrogate": (b'{"status":"FAILED",%s,"error_msg":"cannot read \\ud83d"}' % CODE,
                  "FAILED", {"sync_error": 1}),
    "gbk": (b'{"status":"FAILED",%s,"error_msg":"%s"}'
            % (CODE, "\u540c\u6b65\u5931\u8d25\uff1a\u8aa0".encode("gbk")), "FAILED",
            {"sync_error": 1}),
    "latin-1": (b'{"error_msg":"caf\xe9","status":"FAILED"}', "FAILED", {"samples": None}),
    "half": (b'{"error_msg":"cut \xe5\xad","status":"FAILED"}', "FAILED", {"samples": None}),
    "words": (b'{"status":"RUNNING","total_sample_count":NaN}', "RUNNING", {"samples": None}),
    "beyond": (b'{"status":"RUNNING","total_sample_count":1e999}', "RUNNING", {"samples": None}),
    "list": (b'[]', None, {}),
    "number": (b'{"status":3}', None, {}),
    "no-state": (b'{"total_sample_count":3}', None, {}),
}
ODD = {"total_sample_count": 4, "duration_time": 1, "error_code": 1, "error_msg": 1,
       "create_time": 0, "task_id": 0}

LIST = {"total_number": 6, "datasets": [
    {"dataset_id": "a", "dataset_name": "cats", "dataset_type": 0},
    {"dataset_id": "b", "dataset_name": 5, "dataset_type": 0},
    {"dataset_id": None, "dataset_name": "x", "dataset_type": 0},
    {"dataset_id": "c", "dataset_name": "dogs", "dataset_type": 1.0},
    {"dataset_name": "nobody"},
    {"dataset_id": "text", "dataset_name": "words", "dataset_type": 100.0},
]}


class Cloud(http.server.ThreadingHTTPServer):
    """Answers `replies[dataset]`, and `listing` for the list."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.replies = {}
        self.listing = LIST
        self.lists = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        parts = self.path.split("?")[0].split("/")
        if len(parts) > 4:
            body = self.server.replies.get(parts[4], b'{"status":"RUNNING"}')
        else:
            self.server.lists += 1
            body = json.dumps(self.server.listing).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def configured(cloud, datasets="", discovery=""):
    return (f"projects:\n- project_id: {PROJECT}\n  region: here\n  endpoint: {cloud.url}\n"
            f"  credentials: {{token: t}}\n{datasets}{discovery}")


def state(scrape, dataset):
    states = [labels["status"] for labels, value in
              scrape.all("modelarts_dataset_sync_status", dataset_id=dataset) if value]
    return states[0] if states else None


class StatusTest(unittest.TestCase):
    def setUp(self):
        self.cloud = self.enterContext(Cloud())
        self.cloud.replies = {name: reply for name, (reply, *_) in STATUS.items()}

    def start(self, datasets):
        listed = "  datasets: [" + ", ".join(f"{{id: {name}}}" for name in datasets) + "]\n"
        return self.enterContext(Exporter(configured(self.cloud, listed)))

    def test_what_is_odd_costs_itself_alone(self):
        exporter = self.start(STATUS)
        scrape = exporter.scrape()
        for name, (_, wanted, fields) in STATUS.items():
            with self.subTest(name):
                self.assertEqual(state(scrape, name), wanted)
                self.assertEqual(scrape.reasons(dataset_id=name),
                                 {} if wanted else {"malformed": 1})
                for field, value in fields.items():
                    series = f"modelarts_dataset_{field}"
                    self.assertEqual(scrape.value(series, dataset_id=name), value, field)

        for _ in range(2):
            scrape = exporter.scrape()
        for field, times in ODD.items():
            self.assertEqual(scrape.value("modelarts_exporter_odd_fields_total", field=field),
                             times * 3, field)
        log = exporter.log()
        self.assertEqual(log.count("the API says an odd field"), sum(ODD.values()), log)
        self.assertIn("field=error_code what=\"is no text\" project_id=p dataset_id=code", log)

    def test_counts_the_tasks_of_a_stack_that_never_says_when_they_began(self):
        exporter = self.start(["zero"])
        for status in ("RUNNING", "COMPLETED", "RUNNING", "COMPLETED", "QUEUING", "FAILED",
                       "RUNNING", "FAILED"):
            self.cloud.replies["zero"] = b'{"status":"%s","create_time":0}' % status.encode()
            scrape = exporter.scrape()
        for status in "COMPLETED", "FAILED":
            self.assertEqual(scrape.value("modelarts_dataset_sync_tasks_total", status=status), 2)

    def test_a_replica_that_lags_behind_ends_and_shows_nothing(self):
        old = (b'{"status":"FAILED","task_id":"1","create_time":1700000000000,'
               b'"duration_time":5,"error_code":"ModelArts.4360"}')
        new = (b'{"status":"COMPLETED","task_id":"2","create_time":1700000100000,'
               b'"duration_time":5}')
        exporter = self.start(["flapping"])
        for number in range(20):
            self.cloud.replies["flapping"] = old if number % 2 == 0 else new
            scrape = exporter.scrape()
            if number:
                self.assertEqual(state(scrape, "flapping"), "COMPLETED")
        tasks = {status: scrape.value("modelarts_dataset_sync_tasks_total", status=status)
                 for status in ("COMPLETED", "FAILED")}
        self.assertEqual(tasks, {"COMPLETED": 1, "FAILED": 0})
        self.assertEqual(scrape.value(
            "modelarts_dataset_sync_last_completed_timestamp_seconds"), 1700000105)


class ListTest(unittest.TestCase):
    DISCOVERY = "  discovery: {refresh_interval: 200ms}\n"

    def setUp(self):
        self.cloud = self.enterContext(Cloud())

    def after(self, lists):
        """A scrape after so many more listings."""
        enough = self.cloud.lists + lists
        wait_until(lambda: self.cloud.lists >= enough)
        return self.exporter.scrape()

    def test_an_odd_row_costs_itself_alone(self):
        self.exporter = self.enterContext(Exporter(configured(self.cloud, "", self.DISCOVERY)))
        scrape = self.after(4)
        self.assertEqual({labels["dataset_id"]: labels.get("name", "") for labels, _ in
                          scrape.all("modelarts_dataset_info")}, {"a": "cats", "b": "", "c": "dogs"})
        for field in "dataset_id", "dataset_name":
            self.assertGreaterEqual(
                scrape.value("modelarts_exporter_odd_fields_total", field=field), 2)
        log = self.exporter.log()
        self.assertEqual(log.count("a dataset without a usable id"), 1, log)
        self.assertEqual(log.count("field=dataset_name"), 1, log)
        self.assertNotIn("listing datasets fails", log)
        self.assertNotIn("looks wrong", log)

    def test_a_list_without_a_usable_row_is_a_failed_one(self):
        self.exporter = self.enterContext(Exporter(configured(self.cloud, "", self.DISCOVERY)))
        wait_until(lambda: state(self.exporter.scrape(), "a") == "RUNNING")
        self.cloud.listing = {"total_number": 2, "datasets": ["a", {"dataset_name": "b"}]}
        scrape = wait_until(lambda: (s := self.exporter.scrape()).all(
            "modelarts_exporter_api_request_failures_total", operation="list",
            reason="malformed") and s)
        self.assertEqual(scrape.successes(), 3)
        self.assertIn("no row of the list has a usable dataset_id", self.exporter.log())

    def test_an_empty_list_after_a_full_one_is_told_and_loses_no_count(self):
        self.exporter = self.enterContext(Exporter(configured(self.cloud, "", self.DISCOVERY)))
        wait_until(lambda: state(self.exporter.scrape(), "a") == "RUNNING")
        self.cloud.replies["a"] = b'{"status":"COMPLETED"}'
        tasks = ("modelarts_dataset_sync_tasks_total",)
        self.assertEqual(self.exporter.scrape().value(*tasks, dataset_id="a",
                                                      status="COMPLETED"), 1)

        self.cloud.listing = {"total_number": 12, "datasets": []}
        wait_until(lambda: self.exporter.scrape().value(
            "modelarts_exporter_discovery_datasets") == 0)
        self.after(4)
        log = self.exporter.log()
        self.assertEqual(log.count(
            'msg="the list of datasets looks wrong" project_id=p what="total_number tells of '
            '12 datasets, but 0 are listed; wanted before: 3, a among them"'), 1, log)

        self.cloud.listing = LIST
        scrape = wait_until(lambda: (s := self.exporter.scrape()).all(*tasks) and s)
        self.assertEqual(scrape.value(*tasks, dataset_id="a", status="COMPLETED"), 1)


class FileTest(unittest.TestCase):
    """Files of datasets that are not replaced by rename."""

    def setUp(self):
        self.cloud = self.enterContext(Cloud())
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.file = os.path.join(folder, "a.yml")
        self.write("a", "b")
        files = f"  dataset_files: ['{folder}/*.yml']\n"
        self.exporter = self.enterContext(Exporter(configured(self.cloud, files)))
        for status in "RUNNING", "COMPLETED":
            self.cloud.replies["b"] = b'{"status":"%s"}' % status.encode()
            self.exporter.scrape()
        self.assertEqual(self.shown(), {"a": 0, "b": 1})

    def write(self, *datasets):
        with open(self.file, "w", encoding="utf-8") as file:
            file.writelines(f"- id: {dataset}\n" for dataset in datasets)

    def shown(self):
        """How many COMPLETED tasks are counted of each dataset."""
        return {labels["dataset_id"]: value for labels, value in self.exporter.scrape().all(
            "modelarts_dataset_sync_tasks_total", status="COMPLETED")}

    def test_a_truncated_one_loses_no_count(self):
        self.write("a")
        wait_until(lambda: self.shown() == {"a": 0})
        self.write("a", "b")
        wait_until(lambda: len(self.shown()) == 2)
        self.assertEqual(self.shown(), {"a": 0, "b": 1})

    def test_one_that_is_removed_and_written_again_takes_nothing_away(self):
        os.remove(self.file)
        wait_until(lambda: "no file matches a pattern of dataset_files" in self.exporter.log())
        self.assertEqual(self.shown(), {"a": 0, "b": 1})
        self.write("a", "b", "c")
        wait_until(lambda: self.shown() == {"a": 0, "b": 1, "c": 0})
        self.assertNotIn("configuration refused", self.exporter.log())


if __name__ == "__main__":
    unittest.main()
