"""/probe and /sd: one dataset at a time, for a Prometheus that owns the schedule."""

import concurrent.futures
import gzip
import re
import socket
import time
import unittest
import urllib.parse

from accounts import PROJECT, Cloud, Exporter, Scrape, config, project, wait_until

OTHER_PROJECT = f"{1:032x}"
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
TOKEN = "T0K3NthatNobodyMayS33"
# Hard to carry in a URL, a label and JSON.
AWKWARD = 'a/b&c=d %2F "数据" \\ +?#'


def target(dataset="ds-00000", project_id=PROJECT, **more):
    """As Prometheus writes it."""
    return "/probe?" + urllib.parse.urlencode(
        {"project_id": project_id, "dataset_id": dataset, **more})


def probe(exporter, dataset="ds-00000", project_id=PROJECT, budget=None):
    headers = {"X-Prometheus-Scrape-Timeout-Seconds": str(budget)} if budget else {}
    return Scrape(exporter.get(target(dataset, project_id), headers))


def asked(cloud):
    return sum(cloud.counters()["requests"].values())


def plain(cloud, datasets=3, scrape="", more=""):
    return config(project(cloud, f"{{token: {TOKEN}}}", datasets, more=more), scrape=scrape)


class AnswerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = Cloud("--datasets", "6", "--projects", "2", "--fault", "ds-00004=403")
        cls.cloud.__enter__()
        cls.cloud.control(f"datasets/{PROJECT}/{urllib.parse.quote(AWKWARD, safe='')}")
        text = config(project(cls.cloud, "{token: t}", ["ds-00000", "ds-00004", AWKWARD]),
                      project(cls.cloud, "{token: t}", ["ds-00001"], OTHER_PROJECT),
                      scrape="min_interval: 1h")
        cls.exporter = Exporter(text).__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.exporter.__exit__(None, None, None)
        cls.cloud.__exit__(None, None, None)

    def test_says_what_metrics_says_of_this_dataset_and_nothing_else(self):
        for accept in "text/plain", OPENMETRICS:
            whole = self.exporter.get("/metrics", {"Accept": accept})
            for dataset in "ds-00000", "ds-00004":
                one = self.exporter.get(target(dataset), {"Accept": accept})
                self.assertEqual(one.headers["Content-Type"], whole.headers["Content-Type"])

                def of_it(text):
                    return [line for line in text.splitlines()
                            if f'dataset_id="{dataset}"' in line]
                self.assertGreaterEqual(len(of_it(one.text)), 4)
                self.assertEqual(of_it(one.text), of_it(whole.text))
                names = {re.split(r"[{ ]", line)[0] for line in one.text.splitlines()
                         if not line.startswith("#")} - {re.split(r"[{ ]", line)[0]
                                                         for line in of_it(one.text)}
                self.assertEqual(names, {"modelarts_scrape_duration_seconds",
                                         "modelarts_scrape_timeout_seconds",
                                         "modelarts_scrape_errors"})
                self.assertEqual(one.text.endswith("# EOF\n"), accept == OPENMETRICS)

    def test_tells_caches_that_the_accept_header_decides(self):
        for path in "/metrics", target():
            self.assertEqual(self.exporter.get(path).headers.get_all("Vary"),
                             ["Accept", "Accept-Encoding"])

    def test_has_the_budget_that_it_was_given(self):
        for timeout, budget in {"7.5": 7, "0.6": 0.3, "junk": 10}.items():
            answer = self.exporter.get(target(), {"X-Prometheus-Scrape-Timeout-Seconds": timeout})
            self.assertEqual(Scrape(answer).value("modelarts_scrape_timeout_seconds"), budget)

    def test_a_failure_is_a_metric_with_the_same_reason(self):
        scrape = probe(self.exporter, "ds-00004")
        self.assertEqual(scrape.reasons(), {"forbidden": 1})
        self.assertEqual(scrape.value("modelarts_scrape_errors"), 1)

    def test_finds_awkward_ids(self):
        scrape = probe(self.exporter, AWKWARD)
        self.assertEqual(scrape.successes(), 1)
        self.assertIn(AWKWARD.replace("\\", "\\\\").replace('"', '\\"'), scrape.text)

    def test_knows_who_it_does_not_know(self):
        self.exporter.scrape()
        before = asked(self.cloud)
        unknown = [("ds-00002", PROJECT),  # The cloud has it, the configuration does not.
                   ("ds-00001", PROJECT), ("ds-00000", OTHER_PROJECT),  # Of another project.
                   ("ds-00000", "0" * 31), ("ds-00000", PROJECT + " "), ("DS-00000", PROJECT),
                   ("ds-00000/", PROJECT), ("../" + PROJECT + "/datasets/ds-00000", PROJECT),
                   ("*", PROJECT), ("ds-0000?", PROJECT), ("ds-00000\r\nX: y", PROJECT)]
        for dataset, project_id in unknown:
            answer = self.exporter.get(target(dataset, project_id))
            self.assertEqual(answer.status, 404, (dataset, answer.text))
            answer = self.exporter.get(target(dataset, project_id, debug="true"))
            self.assertEqual(answer.status, 404, (dataset, answer.text))
        self.assertEqual(asked(self.cloud), before)

    def test_wants_both_parameters(self):
        for query in ("", "?", "?project_id=" + PROJECT, "?dataset_id=ds-00000",
                      f"?project_id={PROJECT}&dataset_id=", "?project_id=&dataset_id=ds-00000",
                      f"?Project_id={PROJECT}&dataset_id=ds-00000", "?debug=true"):
            answer = self.exporter.get("/probe" + query)
            self.assertEqual(answer.status, 400, query)
            self.assertIn("project_id", answer.text)

    def test_wants_each_parameter_once(self):
        before = asked(self.cloud)
        for more in (f"project_id={PROJECT}", "project_id=", "dataset_id=ds-00001",
                     "dataset_id=ds-00000", "dataset%5Fid=", "debug=true&debug=true",
                     "other=1&other=2"):
            answer = self.exporter.get(target() + "&" + more)
            self.assertEqual(answer.status, 400, more)
            self.assertIn("is given twice", answer.text)
        self.assertEqual(asked(self.cloud), before)

    def test_compresses_and_answers_head(self):
        for path in target(), target("ds-00004"), "/sd":
            full = self.exporter.get(path)
            zipped = self.exporter.get(path, {"Accept-Encoding": "gzip"})
            self.assertEqual(zipped.headers["Content-Encoding"], "gzip")
            # The scrape's own times differ.
            pattern = r"modelarts_scrape_duration_seconds \S+"
            self.assertEqual(re.sub(pattern, "", gzip.decompress(zipped.body).decode()),
                             re.sub(pattern, "", full.text))
            self.assertIsNone(self.exporter.get(
                path, {"Accept-Encoding": "gzip;q=0"}).headers["Content-Encoding"])
            head = self.exporter.get(path, method="HEAD")
            self.assertEqual((head.status, head.body), (200, b""))
            self.assertEqual(head.headers["Content-Type"], full.headers["Content-Type"])
            self.assertGreater(int(head.headers["Content-Length"]), 100)
        self.assertEqual(self.exporter.get(target("nobody"), method="HEAD").status, 404)

    def test_takes_no_other_method(self):
        for path in target(), "/sd":
            for method in "POST", "PUT", "DELETE", "PATCH":
                self.assertEqual(self.exporter.get(path, method=method).status, 405)


class HostileTest(unittest.TestCase):
    def test_reaches_nothing_but_what_is_configured(self):
        with Cloud("--datasets", "4") as cloud, Exporter(plain(cloud)) as exporter, \
                socket.create_server(("127.0.0.1", 0)) as trap:
            evil = f"127.0.0.1:{trap.getsockname()[1]}"
            known = f"project_id={PROJECT}&dataset_id=ds-00000"
            queries = {
                # What stands in the place of an id is never a host or a path.
                f"project_id=@{evil}/&dataset_id=ds-00000": 404,
                f"project_id=http://{evil}/&dataset_id=x": 404,
                f"project_id={PROJECT}&dataset_id=http%3A%2F%2F{evil}%2F": 404,
                f"project_id={PROJECT}&dataset_id=..%2F..%2F{evil}": 404,
                f"project_id={PROJECT}%2F..&dataset_id=ds-00000": 404,
                f"project_id={PROJECT}&dataset_id=ds-00000%2F": 404,
                f"project_id={PROJECT}&dataset_id=%64s-00003": 404,
                f"project_id={PROJECT}&dataset_id=ds-00000%0d%0aHost:%20{evil}": 404,
                # Nobody can say which of two is meant.
                f"project_id={PROJECT}&dataset_id=ds-00003&dataset_id=ds-00000": 400,
                f"project_id={evil}&{known}": 400,
                f"{known}&dataset_id=ds-00003": 400,
                # Other parameters mean nothing.
                f"target={evil}&{known}&endpoint=http://{evil}&module={evil}": 200,
                # No query at all.
                f"project_id={PROJECT}&dataset_id=ds-00000%00": 400,
                f"project_id={PROJECT}&dataset_id=%00": 400,
                f"project_id={PROJECT}&dataset_id=ds-00000%": 400,
                f"project_id={PROJECT}&dataset_id=ds-%zz": 400,
                "project_id=%ff%fe&dataset_id=%c0%80": 404,
                f"project_id={PROJECT}&dataset_id=" + "x" * 4000: 404,
                "&" * 1000: 400,
                "project_id&dataset_id": 400,
                "=&=&=": 400,
            }
            for query, status in queries.items():
                with self.subTest(query[:100]):
                    before = cloud.counters()["datasets"]
                    answer = exporter.get("/probe?" + query)
                    after = cloud.counters()["datasets"]
                    self.assertEqual(answer.status, status, answer.text)
                    reached = {one for one in after if after[one] > before[one]}
                    self.assertEqual(reached,
                                     {PROJECT + "/ds-00000"} if status == 200 else set())
            answer = exporter.get("/probe?" + known + "&x=" + "y" * 1_000_000)
            self.assertIn(answer.status, (400, 413, 414, 431))
            trap.settimeout(0.1)
            self.assertRaises(TimeoutError, trap.accept)
            self.assertEqual(cloud.counters()["trapped"], 0)
            self.assertEqual(exporter.scrape().successes(), 3)

    def test_follows_no_redirect(self):
        with Cloud("--datasets", "1", "--fault", "every:1=redirect") as cloud, \
                Exporter(plain(cloud, 1)) as exporter:
            self.assertEqual(probe(exporter).reasons(), {"client_error": 1})
            self.assertEqual(cloud.counters()["trapped"], 0)

    def test_an_encoded_slash_in_the_path_is_no_way_in(self):
        with Cloud("--datasets", "1") as cloud, Exporter(plain(cloud, 1)) as exporter:
            query = target().split("?")[1]
            for path in "/probe%2f", "/%2e%2e/probe", "//probe", "/probe/", "/x/../probe":
                self.assertIn(exporter.get(f"{path}?{query}").status, (400, 404), path)
            self.assertEqual(asked(cloud), 0)


class SharingTest(unittest.TestCase):
    def test_has_one_memory_with_metrics(self):
        with Cloud("--datasets", "3") as cloud, \
                Exporter(plain(cloud, scrape="min_interval: 1h")) as exporter:
            first = probe(exporter)
            self.assertEqual(asked(cloud), 1)
            whole = exporter.scrape()
            self.assertEqual(asked(cloud), 3)
            name = "modelarts_dataset_last_query_timestamp_seconds"
            self.assertEqual(whole.value(name, dataset_id="ds-00000"), first.value(name))
            for i in range(3):
                probe(exporter, f"ds-{i:05d}")
            self.assertEqual(asked(cloud), 3)

    def test_joins_queries_in_flight(self):
        with Cloud("--datasets", "3", "--latency", "1s") as cloud, \
                Exporter(plain(cloud)) as exporter, \
                concurrent.futures.ThreadPoolExecutor(13) as pool:
            all_of_them = [pool.submit(exporter.scrape)]
            all_of_them += [pool.submit(probe, exporter, f"ds-{i % 3:05d}") for i in range(12)]
            self.assertEqual([one.result().reasons() for one in all_of_them], [{}] * 13)
            self.assertEqual(asked(cloud), 3)

    def test_counts_tasks_together(self):
        def finished(scrape):
            return scrape.value("modelarts_dataset_sync_tasks_total", dataset_id="ds-00000",
                                status="FAILED")

        with Cloud("--datasets", "1") as cloud, Exporter(plain(cloud, 1)) as exporter:
            for task, status in enumerate(["COMPLETED", "FAILED", "RUNNING"]):
                cloud.control("task", project=PROJECT, dataset="ds-00000", status=status,
                              task_id=task)
                last = probe(exporter)
            self.assertEqual((finished(last), finished(exporter.scrape())), (1, 1))

    def test_paces_together(self):
        limit = "  rate_limit: {requests: 1, per: 1h, burst: 2}\n"
        with Cloud("--datasets", "3") as cloud, Exporter(plain(cloud, more=limit)) as exporter:
            reasons = [probe(exporter, f"ds-{i:05d}").reasons() for i in range(3)]
            self.assertEqual(reasons, [{}, {}, {"rate_limited": 1}])
            self.assertEqual(exporter.scrape().reasons(), {"rate_limited": 3})

    def test_a_dataset_that_hangs_delays_no_other_and_ends_with_its_budget(self):
        with Cloud("--datasets", "3", "--fault", "ds-00001=hang") as cloud, \
                Exporter(plain(cloud)) as exporter, \
                concurrent.futures.ThreadPoolExecutor(3) as pool:
            begin = time.monotonic()
            hanging = pool.submit(probe, exporter, "ds-00001", budget=2)
            while not hanging.done():
                self.assertEqual(probe(exporter, "ds-00002", budget=2).successes(), 1)
            took = time.monotonic() - begin
            self.assertEqual(hanging.result().reasons(), {"timeout": 1})
        self.assertTrue(1.4 < took < 2.5, took)

    def test_counts_as_a_scrape_against_the_limit_of_them(self):
        with Cloud("--datasets", "3", "--fault", "every:1=hang") as cloud, \
                Exporter(plain(cloud), "--web.max-requests", "2") as exporter, \
                concurrent.futures.ThreadPoolExecutor(3) as pool:
            headers = {"X-Prometheus-Scrape-Timeout-Seconds": "2"}
            answers = pool.map(lambda i: exporter.get(target(f"ds-{i:05d}"), headers).status,
                               range(3))
            self.assertEqual(sorted(answers), [200, 200, 503])


class DebugTest(unittest.TestCase):
    def trace(self, exporter, dataset="ds-00000", budget=5):
        answer = exporter.get(target(dataset, debug="true"),
                              {"X-Prometheus-Scrape-Timeout-Seconds": str(budget)})
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["Content-Type"], "text/plain; charset=utf-8")
        self.assertNotIn(TOKEN[:8], answer.text)
        return answer.text

    def status_url(self, cloud, dataset="ds-00000"):
        return re.escape(f"{cloud.url}/v2/{PROJECT}/datasets/{dataset}/sync-data/status")

    def test_tells_the_url_each_try_and_the_outcome(self):
        stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*Z "
        with Cloud("--datasets", "3", "--fault", "ds-00001=503", "--fault",
                   "ds-00002=malformed") as cloud, Exporter(plain(cloud)) as exporter:
            def asks(dataset):
                return stamp + "asked: GET " + self.status_url(cloud, dataset) + "\n"
            cloud.control("task", project=PROJECT, dataset="ds-00000", status="RUNNING")

            self.assertRegex(self.trace(exporter), "^" + asks("ds-00000") + stamp +
                             r"HTTP 200 after 0\.\d{3} s\nstatus: RUNNING\n$")
            # A broken answer is tried once more.
            one_try = asks("ds-00001") + stamp + r"HTTP 503 after 0\.\d{3} s: HTTP 503.*\n"
            self.assertRegex(self.trace(exporter, "ds-00001"),
                             f"^({one_try}){{2}}failed: server_error: HTTP 503.*\n$")
            self.assertRegex(self.trace(exporter, "ds-00002"), "^" + asks("ds-00002") + stamp +
                             r"HTTP 200 after 0\.\d{3} s: .*\nfailed: malformed: .*\n$")

    def test_tells_of_silence(self):
        with Cloud("--datasets", "1", "--fault", "every:1=hang") as cloud, \
                Exporter(plain(cloud, 1)) as exporter:
            trace = self.trace(exporter, budget=1)
            self.assertIn("asked: GET", trace)
            self.assertIn("given up", trace)
            self.assertIn("failed: timeout", trace)
        with Exporter(plain(cloud, 1)) as exporter:  # Nobody listens there any more.
            self.assertRegex(self.trace(exporter, budget=1),
                             r"no reply after 0\.\d{3} s: .*\n(.*\n)*failed: connect: ")

    def test_says_that_it_did_not_ask(self):
        with Cloud("--datasets", "1") as cloud, \
                Exporter(plain(cloud, 1, scrape="min_interval: 1h")) as exporter:
            cloud.control("task", project=PROJECT, dataset="ds-00000", status="COMPLETED")
            probe(exporter)
            self.assertRegex(
                self.trace(exporter), r"^\S+Z not asked, as min_interval wants: used again what "
                r"came \d+\.\d{3} s ago: GET " + self.status_url(cloud) + r"\n"
                r"status: COMPLETED\n$")
        limit = "  rate_limit: {requests: 1, per: 1h, burst: 1}\n"
        with Cloud("--datasets", "1") as cloud, \
                Exporter(plain(cloud, 1, more=limit)) as exporter:
            probe(exporter)
            self.assertRegex(self.trace(exporter),
                             r"^not asked: see below\nfailed: rate_limited: .*\n$")

    def test_says_whose_query_it_joined(self):
        with Cloud("--datasets", "1", "--latency", "1s") as cloud, \
                Exporter(plain(cloud, 1)) as exporter, \
                concurrent.futures.ThreadPoolExecutor(1) as pool:
            first = pool.submit(probe, exporter)
            wait_until(lambda: asked(cloud) == 1)
            self.assertRegex(
                self.trace(exporter), r"^\S+Z joined the query that another scrape began "
                r"0\.\d{3} s ago: GET " + self.status_url(cloud) +
                r"\n\S+Z HTTP 200 after \d\.\d{3} s\nstatus: \w+\n$")
            self.assertEqual(first.result().successes(), 1)

    def test_says_that_an_old_answer_stands_in_and_why(self):
        with Cloud("--datasets", "1") as cloud, \
                Exporter(plain(cloud, 1, scrape="max_stale: 1h")) as exporter:
            cloud.control("task", project=PROJECT, dataset="ds-00000", status="RUNNING")
            probe(exporter)
            cloud.control("fault", match="ds-00000", fault="403")
            self.assertRegex(
                self.trace(exporter), r"^\S+Z asked: .*\n\S+Z HTTP 403 after .*\n"
                r"failed: forbidden: HTTP 403.*\n"
                r"max_stale lets the answer of \d{4}-\d\d-\d\dT\S+Z count\n"
                r"status: RUNNING\n$")

    def test_says_that_the_credentials_had_to_be_renewed(self):
        with Cloud("--datasets", "1", "--auth", "token", "--iam-user",
                   "acme:exporter:" + TOKEN) as cloud:
            way = (f"{{password: {{domain: acme, user: exporter, password: {TOKEN}, "
                   f"iam_endpoint: '{cloud.url}'}}}}")
            with Exporter(config(project(cloud, way, 1))) as exporter:
                self.assertRegex(self.trace(exporter),
                                 r"^\S+Z renewing the credentials: POST " + re.escape(cloud.url) +
                                 r"/v3/auth/tokens\n\S+Z asked: ")

    def test_only_true_is_true(self):
        with Cloud("--datasets", "1") as cloud, Exporter(plain(cloud, 1)) as exporter:
            for value in "", "false", "1", "TRUE":
                self.assertIn("modelarts_dataset_info",
                              exporter.get(target(debug=value)).text)


class ServiceDiscoveryTest(unittest.TestCase):
    TEXT = """
projects:
  - project_id: {project}
    region: cn-north-4
    endpoint: {url}
    credentials: {{token: t}}
    discovery: {{refresh_interval: 1h, include: 'prod|00001'}}
    datasets:
      - {{id: ds-00001, name: mine, labels: {{team: a, Team_2: "b c"}}}}
      - {{id: 'a/b "c"'}}
"""

    def test_leads_to_probes_of_all_datasets(self):
        with Cloud("--datasets", "4") as cloud, \
                Exporter(self.TEXT.format(project=PROJECT, url=cloud.url)) as exporter:
            exporter.get("/sd")
            while exporter.get("/-/ready").status != 200:
                time.sleep(0.05)
            before = asked(cloud)
            answer = exporter.get("/sd", {"Host": "exporter.example:1234"})
            self.assertEqual(asked(cloud), before)  # It asks the cloud nothing.
            self.assertEqual(answer.headers["Content-Type"].split(";")[0], "application/json")
            groups = answer.json()
            self.assertEqual([group["targets"] for group in groups],
                             [["exporter.example:1234"]] * 4)
            labels = [group["labels"] for group in groups]
            self.assertEqual([one["__param_dataset_id"] for one in labels],
                             ["ds-00001", 'a/b "c"', "ds-00000", "ds-00003"])
            meta = [{name.removeprefix("__meta_modelarts_"): value
                     for name, value in one.items() if name.startswith("__meta_modelarts_")}
                    for one in labels]
            self.assertEqual(meta[0], {"project_id": PROJECT, "dataset_id": "ds-00001",
                                       "name": "mine", "region": "cn-north-4", "type": "0",
                                       "label_team": "a", "label_Team_2": "b c"})
            self.assertEqual(meta[2], {"project_id": PROJECT, "dataset_id": "ds-00000",
                                       "name": "prod-00000", "region": "cn-north-4",
                                       "type": "0"})
            self.assertEqual(len({one["instance"] for one in labels}), 4)
            for one in labels:  # As Prometheus builds its URL.
                query = urllib.parse.urlencode({name.removeprefix("__param_"): value
                                                for name, value in one.items()
                                                if name.startswith("__param_")})
                self.assertEqual(
                    exporter.get(f"{one['__metrics_path__']}?{query}").status, 200)

    def test_is_no_list_before_every_project_was_listed_once(self):
        text = self.TEXT + """
  - project_id: {other}
    region: cn-north-4
    endpoint: {slow}
    credentials: {{token: t}}
    discovery: {{refresh_interval: 1h}}
"""
        other = "1".zfill(32)
        with Cloud("--datasets", "4") as cloud, \
                Cloud("--datasets", "4", "--projects", "2",
                      "--fault", "operation:list=hang") as slow:
            text = text.format(project=PROJECT, other=other, url=cloud.url, slow=slow.url)
            self.lists_two_projects(text, other, slow)

    def lists_two_projects(self, text, other, slow):
        with Exporter(text) as exporter:
            while not exporter.scrape().value("modelarts_exporter_discovery_datasets",
                                              project_id=PROJECT):
                time.sleep(0.05)
            answer = exporter.get("/sd")
            self.assertEqual(answer.status, 503, answer.text)
            self.assertIn(f"the datasets of project {other} were not listed yet", answer.text)
            self.assertNotIn(PROJECT, answer.text)
            # Nor is what is not listed unknown.
            for project, status in (other, 503), (PROJECT, 404), ("2".zfill(32), 404):
                probed = exporter.get(target("ds-00003-new", project))
                self.assertEqual(probed.status, status, probed.text)
            self.assertEqual(exporter.get("/api/v1/datasets").json()["not_listed"], [other])
            self.assertIn(f"the datasets of project {other} are not listed yet", exporter.get("/").text)
            self.assertEqual(exporter.get(target("ds-00003-new", other)).text,
                             f"503 Service Unavailable: the datasets of project {other} were not listed yet\n")

            slow.control("fault", match="operation:list", fault="none")
            while exporter.get("/sd").status != 200:
                time.sleep(0.05)
            self.assertEqual(len(exporter.get("/sd").json()), 6)
            self.assertNotIn("not_listed", exporter.get("/api/v1/datasets").json())

            # From here on it is the last good list, whatever the cloud says.
            slow.control("fault", match="operation:list", fault="503")
            exporter.reload(text.replace("1h", "300ms"))
            while not exporter.scrape().value("modelarts_exporter_api_request_failures_total",
                                              operation="list", reason="server_error"):
                time.sleep(0.05)
            self.assertEqual(len(exporter.get("/sd").json()), 6)

    def test_says_why_there_is_no_list(self):
        with Cloud("--datasets", "4", "--fault", "operation:list=403") as cloud, \
                Exporter(self.TEXT.format(project=PROJECT, url=cloud.url)) as exporter:
            while exporter.get("/-/ready").status != 200:
                time.sleep(0.05)
            answers = exporter.get("/sd"), exporter.get(target("ds-00000"))
            self.assertEqual(exporter.scrape().all("modelarts_exporter_discovery_datasets"), [])
        for answer in answers:
            self.assertEqual(answer.status, 503)
            self.assertIn(f"the datasets of project {PROJECT} were not listed yet: forbidden: "
                          "HTTP 403", answer.text)

    def test_names_no_host_that_the_client_made_up_badly(self):
        with Cloud("--datasets", "1") as cloud, Exporter(plain(cloud, 1)) as exporter:
            for host in "evil/path", "user@host", 'a"b', "a b", "host:1:2", "http://x":
                self.assertEqual(exporter.get("/sd", {"Host": host}).status, 400, host)


if __name__ == "__main__":
    unittest.main()
