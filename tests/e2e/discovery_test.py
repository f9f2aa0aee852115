"""Datasets that nobody configured: found, followed, and kept through failures."""

import re
import time
import unittest

from accounts import PROJECT, Cloud, Exporter, wait_until

REFRESH = "300ms"


def discovering(cloud, projects=1, datasets="", more="", refresh=REFRESH, filters="",
                credentials="{token: t}"):
    """The first `projects` of the simulator, all with the same settings."""
    text = "projects:\n"
    for i in range(projects):
        text += (f"- project_id: '{i:032x}'\n  region: here\n  endpoint: {cloud.url}\n"
                 f"  credentials: {credentials}\n{more}"
                 f"  discovery: {{refresh_interval: {refresh}{filters}}}\n")
        if datasets:
            text += f"  datasets:\n{datasets}"
    return text


def could_sync(cloud):
    """[(project, dataset)] of all that the cloud has, but for text."""
    pattern = re.compile(r'project_id: "(\w+)"|\{id: "([^"]+)"')
    found, project = [], None
    for match in pattern.finditer(cloud.get("/simulator/exporter.yml").text):
        project = match[1] or project
        if match[2]:
            found.append((project, match[2]))
    return found


def shown(scrape, name="modelarts_dataset_info"):
    """[(project, dataset)] of the samples called `name`, in their order."""
    return [(labels["project_id"], labels["dataset_id"]) for labels, _ in scrape.all(name)]


def ids(scrape):
    return [dataset for _, dataset in shown(scrape)]


def listed(exporter):
    """A scrape after the first listing of every project."""
    wait_until(lambda: exporter.get("/-/ready").status == 200)
    return exporter.scrape()


def lists(cloud):
    return cloud.counters()["requests"]["list"]


def failures(scrape, reason):
    return scrape.value("modelarts_exporter_api_request_failures_total",
                        operation="list", reason=reason)


def changed(cloud, dataset, method="POST", project=PROJECT, **facts):
    cloud.control(f"datasets/{project}/{dataset}", method, **facts)


class ListingTest(unittest.TestCase):
    def test_finds_all_whatever_offset_counts_and_total_number_says(self):
        # The simulator never says a total above 100.
        for paging in "page", "record":
            with self.subTest(paging), \
                    Cloud("--datasets", "2345", "--projects", "4", "--text-percent", "10",
                          "--list-paging", paging) as cloud, \
                    Exporter(discovering(cloud, 4, refresh="1h")) as exporter:
                expected = could_sync(cloud)
                self.assertTrue(2000 < len(expected) < 2345, len(expected))

                scrape = listed(exporter)

                # In the order of the projects, and in them of the ids.
                self.assertEqual(shown(scrape), sorted(expected))
                self.assertEqual(scrape.successes(), len(expected))
                for i in range(4):
                    project = f"{i:032x}"
                    self.assertEqual(
                        scrape.value("modelarts_exporter_discovery_datasets", project_id=project),
                        sum(one == project for one, _ in expected))
                # Six pages a project; one more to find out that records are counted.
                self.assertEqual(lists(cloud), 4 * (6 if paging == "page" else 7))

    def test_takes_listings_of_every_length_near_a_page(self):
        for paging in "page", "record":
            with Cloud("--datasets", "0", "--list-paging", paging) as cloud:
                changed(cloud, "ds-00000")
                changed(cloud, "ds-00000", "DELETE")
                with Exporter(discovering(cloud)) as exporter:
                    have = 0
                    for wanted in 0, 1, 99, 100, 101, 199, 200, 201:
                        for i in range(have, wanted):
                            changed(cloud, f"ds-{i:05d}")
                        have = wanted
                        wait_until(lambda: len(ids(exporter.scrape())) == wanted)

    def test_leaves_out_text(self):
        with Cloud("--datasets", "6") as cloud:
            for kind, dataset in enumerate(["ds-00001", "ds-00002", "ds-00003"], 100):
                changed(cloud, dataset, type=kind)
            changed(cloud, "ds-00004", type=200)  # Sound, which can sync.
            with Exporter(discovering(cloud)) as exporter:
                self.assertEqual(ids(listed(exporter)), ["ds-00000", "ds-00004", "ds-00005"])

    def test_filters_by_name_and_workspace(self):
        # The simulator's names: prod-00000, test-00001, scratch-00002, prod-00003, ...
        cases = {
            ", include: '^prod-'": [0, 3, 6, 9],
            ", exclude: '-0000[0-4]$'": [5, 6, 7, 8, 9],
            ", include: 'prod|test', exclude: '^test'": [0, 3, 6, 9],
            ", workspace_id: '1'": [1, 3, 5, 7, 9],
            ", workspace_id: '1', include: '^prod-'": [3, 9],
            ", include: no-such-name": [],
        }
        with Cloud("--datasets", "10", "--workspaces", "2") as cloud:
            for filters, expected in cases.items():
                with self.subTest(filters), \
                        Exporter(discovering(cloud, filters=filters)) as exporter:
                    self.assertEqual(ids(listed(exporter)), [f"ds-{i:05d}" for i in expected])


class MergeTest(unittest.TestCase):
    def test_what_is_configured_wins_and_comes_first(self):
        datasets = ("  - {id: ds-00003, name: mine, labels: {team: a}}\n"
                    "  - {id: ds-00001, labels: {owner: b}}\n"
                    "  - {id: not-listed, name: ghost}\n")
        with Cloud("--datasets", "5") as cloud, \
                Exporter(discovering(cloud, datasets=datasets)) as exporter:
            scrape = listed(exporter)
            info = [(labels["dataset_id"], labels["name"],
                     labels.get("team"), labels.get("owner"))
                    for labels, _ in scrape.all("modelarts_dataset_info")]
            groups = exporter.get("/sd").json()
        self.assertEqual(info, [("ds-00003", "mine", "a", None),
                                ("ds-00001", "test-00001", None, "b"),
                                ("not-listed", "ghost", None, None),
                                ("ds-00000", "prod-00000", None, None),
                                ("ds-00002", "scratch-00002", None, None),
                                ("ds-00004", "test-00004", None, None)])
        self.assertEqual(scrape.reasons(), {"not_found": 1})  # The ghost.
        self.assertEqual([group["labels"]["__param_dataset_id"] for group in groups],
                         [dataset for dataset, *_ in info])

    def test_a_configured_dataset_stays_when_the_cloud_deletes_it(self):
        with Cloud("--datasets", "3") as cloud, \
                Exporter(discovering(cloud, datasets="  - {id: ds-00001}\n")) as exporter:
            listed(exporter)
            changed(cloud, "ds-00001", "DELETE")
            changed(cloud, "ds-00002", "DELETE")
            wait_until(lambda: ids(exporter.scrape()) == ["ds-00001", "ds-00000"])
            self.assertEqual(exporter.scrape().reasons(dataset_id="ds-00001"), {"not_found": 1})


class ChangeTest(unittest.TestCase):
    def test_a_new_dataset_appears_and_a_deleted_one_goes_with_its_series(self):
        with Cloud("--datasets", "3") as cloud, \
                Exporter(discovering(cloud, refresh="1s")) as exporter:
            listed(exporter)

            began = time.monotonic()
            changed(cloud, "newcomer", name="new")
            scrape = wait_until(lambda: (s := exporter.scrape()).all(
                "modelarts_dataset_info", dataset_id="newcomer") and s)
            took_to_appear = time.monotonic() - began
            self.assertEqual(scrape.value("modelarts_dataset_query_success",
                                          dataset_id="newcomer"), 1)
            self.assertEqual(exporter.get(
                f"/probe?project_id={PROJECT}&dataset_id=newcomer").status, 200)
            self.assertIn("newcomer", exporter.get("/sd").text)

            began = time.monotonic()
            changed(cloud, "newcomer", "DELETE")
            wait_until(lambda: "newcomer" not in exporter.scrape().text)
            took_to_go = time.monotonic() - began
            self.assertEqual(exporter.get(
                f"/probe?project_id={PROJECT}&dataset_id=newcomer").status, 404)
            for page in "/sd", "/api/v1/datasets", "/":
                self.assertNotIn("newcomer", exporter.get(page).text)
        print(f"refresh_interval 1s: appeared after {took_to_appear:.2f} s, "
              f"gone after {took_to_go:.2f} s")
        # A refresh, and room for a slow machine.
        self.assertLess(max(took_to_appear, took_to_go), 3)

    def test_a_dataset_that_comes_back_soon_is_the_same(self):
        def tasks(dataset):
            return exporter.scrape().value("modelarts_dataset_sync_tasks_total",
                                           dataset_id=dataset, status="COMPLETED")

        with Cloud("--datasets", "2") as cloud, Exporter(discovering(cloud)) as exporter:
            for dataset in "ds-00000", "ds-00001":
                cloud.control("task", project=PROJECT, dataset=dataset, status="RUNNING",
                              task_id="1")
            listed(exporter)
            for dataset in "ds-00000", "ds-00001":
                cloud.control("task", project=PROJECT, dataset=dataset, status="COMPLETED",
                              task_id="1")
            self.assertEqual((tasks("ds-00000"), tasks("ds-00001")), (1, 1))

            changed(cloud, "ds-00001", "DELETE")
            wait_until(lambda: ids(exporter.scrape()) == ["ds-00000"])
            changed(cloud, "ds-00001")
            wait_until(lambda: len(ids(exporter.scrape())) == 2)

            # That it was gone may have been a slip of the list.
            self.assertEqual((tasks("ds-00000"), tasks("ds-00001")), (1, 1))

    def test_a_new_name_is_shown(self):
        with Cloud("--datasets", "2") as cloud, Exporter(discovering(cloud)) as exporter:
            listed(exporter)
            changed(cloud, "ds-00001", name="renamed")
            wait_until(lambda: 'name="renamed"' in exporter.scrape().text)


class FailureTest(unittest.TestCase):
    def test_a_failing_listing_keeps_the_last_good_one_and_says_so(self):
        faults = {"503": "server_error", "reset": "connect", "malformed": "malformed",
                  "403": "forbidden", "unpublished": "api_unavailable", "huge": "too_large"}
        with Cloud("--datasets", "150") as cloud, Exporter(discovering(cloud)) as exporter:
            before = listed(exporter)
            age = ("modelarts_exporter_discovery_last_success_timestamp_seconds",)
            for fault, reason in faults.items():
                with self.subTest(fault):
                    failed = failures(exporter.scrape(), reason)
                    cloud.control("fault", match="operation:list", fault=fault)
                    now = wait_until(lambda: failures(s := exporter.scrape(), reason)
                                     >= failed + 2 and s)
                    last_good = now.value(*age)
                    self.assertEqual(ids(now), ids(before))
                    self.assertEqual(now.successes(), 150)
                    self.assertEqual(now.value("modelarts_exporter_discovery_datasets"), 150)
                    later = wait_until(lambda: failures(s := exporter.scrape(), reason)
                                       >= failed + 3 and s)
                    self.assertEqual(later.value(*age), last_good)

                    cloud.control("fault", match="operation:list", fault="none")
                    wait_until(lambda: exporter.scrape().value(*age) > last_good)
            log = exporter.log()
            # Once each, not every time, though every one happened at least three times.
            self.assertEqual(log.count('msg="listing datasets fails"'), len(faults), log)
            self.assertEqual(log.count('msg="listing datasets works again"'), len(faults), log)
            told = re.search(r'msg="listing datasets fails".*reason=forbidden.*', log)[0]
            for field in (" http_status=403 ", " error_code=ModelArts.", " request_id=",
                          f" url={cloud.url}/v2/{PROJECT}/datasets ", ' advice="Grant '):
                self.assertIn(field, told)

    def test_a_list_that_is_too_long_fails_and_says_what_to_do(self):
        with Cloud("--datasets", "250") as cloud:
            with Exporter(discovering(cloud, refresh="1h", filters=", max_datasets: 248")) as exporter:
                scrape = listed(exporter)
                self.assertEqual(failures(scrape, "too_large"), 1)
                self.assertEqual(ids(scrape), [])
                what = "the list has more datasets than discovery.max_datasets, which is 248"
                self.assertIn(what, exporter.get("/").text)
                self.assertEqual(exporter.log().count(what), 1)
                self.assertIn("Raise discovery.max_datasets", exporter.log())
                self.assertEqual(exporter.get("/sd").status, 503)
                # Raised, but not enough; enough; and less than there is by now.
                for most, found, told in (249, 0, 2), (250, 250, 2), (248, 250, 3):
                    exporter.reload(discovering(cloud, refresh="1h", filters=f", max_datasets: {most}"))
                    wait_until(lambda: len(ids(exporter.scrape())) == found
                               and exporter.log().count('msg="listing datasets fails"') == told)

    def test_a_listing_that_fails_half_way_takes_nothing_away(self):
        with Cloud("--datasets", "450", "--fault", "operation:list=slow:150ms") as cloud, \
                Exporter(discovering(cloud)) as exporter:
            listed(exporter)
            for _ in range(3):
                # After the first page or two of five.
                asked = lists(cloud)
                wait_until(lambda: lists(cloud) >= asked + 2)
                failed = failures(exporter.scrape(), "server_error")
                cloud.control("fault", match="operation:list", fault="500")
                wait_until(lambda: failures(exporter.scrape(), "server_error") > failed)
                self.assertEqual(len(ids(exporter.scrape())), 450)
                cloud.control("fault", match="operation:list", fault="slow:150ms")

    def test_refused_credentials_fail_the_listing_too_and_do_not_hold_up_ready(self):
        with Cloud("--datasets", "5", "--auth", "token", "--token", "other") as cloud, \
                Exporter(discovering(cloud)) as exporter:
            scrape = listed(exporter)
            self.assertEqual(ids(scrape), [])
            self.assertGreaterEqual(failures(scrape, "unauthorized"), 1)
            self.assertIsNone(scrape.value(
                "modelarts_exporter_discovery_last_success_timestamp_seconds"))
            time.sleep(2)
            # Held back after the refusal, however short the refresh interval is.
            self.assertLessEqual(lists(cloud), 2)


class BesideScrapesTest(unittest.TestCase):
    def test_a_hanging_listing_delays_no_scrape(self):
        with Cloud("--datasets", "40", "--fault", "operation:list=hang") as cloud, \
                Exporter(discovering(cloud, datasets="".join(
                    f"  - {{id: ds-{i:05d}}}\n" for i in range(20)))) as exporter:
            for _ in range(10):
                scrape = exporter.scrape(budget=5)
                self.assertEqual(scrape.successes(), 20)
                self.assertLess(scrape.value("modelarts_scrape_duration_seconds"), 1)
            self.assertGreaterEqual(lists(cloud), 1)

    def test_goes_on_without_scrapes(self):
        with Cloud("--datasets", "2") as cloud, Exporter(discovering(cloud)) as exporter:
            wait_until(lambda: lists(cloud) >= 5)
            changed(cloud, "newcomer")
            wait_until(lambda: "newcomer" in exporter.get("/sd").text)
            self.assertEqual(cloud.counters()["requests"]["status"], 0)

    def test_counts_under_the_rate_limit_and_shares_the_credentials(self):
        limit = "  rate_limit: {requests: 1, per: 1h, burst: 4}\n"
        password = "{password: {domain: acme, user: exporter, password: secret, " \
                   "iam_endpoint: '%s'}}"
        with Cloud("--datasets", "5", "--auth", "token", "--iam-user",
                   "acme:exporter:secret") as cloud, \
                Exporter(discovering(cloud, more=limit, refresh="1h",
                                     credentials=password % cloud.url)) as exporter:
            scrape = listed(exporter)
            self.assertEqual(len(ids(scrape)), 5)
            # One of the four was the listing's.
            self.assertEqual((scrape.successes(), scrape.reasons()), (3, {"rate_limited": 2}))
            self.assertEqual(cloud.counters()["requests"]["token"], 1)


class ReadyTest(unittest.TestCase):
    def test_waits_for_the_first_listing_of_every_project(self):
        with Cloud("--datasets", "4", "--projects", "2", "--fault",
                   "operation:list=slow:1500ms") as cloud, \
                Exporter(discovering(cloud, 2)) as exporter:
            self.assertEqual(exporter.get("/-/ready").status, 503)
            self.assertEqual(exporter.get("/-/healthy").status, 200)
            self.assertEqual(len(ids(listed(exporter))), 4)

    def test_a_try_that_fails_is_a_try(self):
        with Cloud("--datasets", "4", "--fault", "operation:list=hang") as cloud, \
                Exporter(discovering(cloud, more="  http: {timeout: 1s}\n")) as exporter:
            self.assertEqual(exporter.get("/-/ready").status, 503)
            wait_until(lambda: exporter.get("/-/ready").status == 200, seconds=10)


class ReloadTest(unittest.TestCase):
    def test_other_filters_forget_nothing_that_stays(self):
        def tasks(scrape):
            return scrape.all("modelarts_dataset_sync_tasks_total", status="COMPLETED")

        with Cloud("--datasets", "10") as cloud, \
                Exporter(discovering(cloud, refresh="1h")) as exporter:
            for status in "RUNNING", "COMPLETED":
                cloud.control("task", project=PROJECT, dataset="ds-00003", status=status,
                              task_id="1")
                before = listed(exporter)
            cloud.control("fault", match="operation:list", fault="hang")

            answer = exporter.reload(discovering(cloud, refresh="2h", filters=", include: prod"))

            self.assertEqual(answer.status, 200, answer.text)
            self.assertEqual(exporter.get("/-/ready").status, 200)
            scrape = exporter.scrape()
            self.assertEqual(ids(scrape), ["ds-00000", "ds-00003", "ds-00006", "ds-00009"])
            self.assertEqual(dict(zip(shown(scrape), (v for _, v in tasks(scrape))))[
                PROJECT, "ds-00003"], 1)
            name = "modelarts_exporter_discovery_last_success_timestamp_seconds"
            self.assertEqual(scrape.value(name), before.value(name))
            self.assertEqual(scrape.value("modelarts_exporter_discovery_datasets"), 4)

    def test_a_page_under_way_is_no_part_of_the_next_listing(self):
        with Cloud("--datasets", "350", "--fault", "operation:list=slow:400ms") as cloud:
            for asked in range(1, 5):  # Reload while each of the four pages is on its way.
                before = lists(cloud)
                with Exporter(discovering(cloud, refresh="1h")) as exporter:
                    wait_until(lambda: lists(cloud) == before + asked)
                    self.assertEqual(exporter.reload(discovering(cloud, refresh="2h")).status, 200)
                    wait_until(lambda: len(ids(exporter.scrape())) == 350, seconds=5)

    def test_discovery_that_is_no_longer_wanted_takes_its_datasets_along(self):
        with Cloud("--datasets", "3") as cloud, Exporter(discovering(cloud)) as exporter:
            listed(exporter)
            text = discovering(cloud, datasets="  - {id: ds-00001}\n")
            text = "".join(line + "\n" for line in text.splitlines() if "discovery:" not in line)
            self.assertEqual(exporter.reload(text).status, 200)
            scrape = exporter.scrape()
            self.assertEqual(ids(scrape), ["ds-00001"])
            self.assertEqual(scrape.all("modelarts_exporter_discovery_datasets"), [])
            asked = lists(cloud)
            time.sleep(1)
            self.assertLessEqual(lists(cloud), asked)


if __name__ == "__main__":
    unittest.main()
