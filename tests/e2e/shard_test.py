"""10,000 datasets, or DATASETS, in 50 projects of several accounts, by one process and by
shards."""

import concurrent.futures
import os
import re
import subprocess
import unittest

from accounts import Cloud, Exporter, wait_until

PROJECTS = 50
DATASETS = int(os.environ.get("DATASETS", "10000"))
KEY = ("QTWAOYTTINDUT2QVKYUC", "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc")
# Of projects; the others are well. Their datasets are configured, since nobody could list them.
SICK = REFUSED, DEAD, HANGING = 7, 17, 27
# No two scrapes say the same of these.
OF_ONE_SCRAPE = {"modelarts_dataset_query_duration_seconds",
                 "modelarts_dataset_last_query_timestamp_seconds"}


def configuration(cloud):
    ways = ["{token: T0K3N}",
            "{password: {domain: acme, user: exporter, password: secret, iam_endpoint: '%s'}}"
            % cloud.url,
            "{access_key: {id: %s, secret: %s}}" % KEY]
    text = "scrape: {concurrency: 64, min_interval: 1h}\nprojects:\n"
    for i in range(PROJECTS):
        endpoint = "http://127.0.0.1:9" if i == DEAD else cloud.url
        way = "{token: wrong}" if i == REFUSED else ways[i % 3]
        text += (f"- project_id: '{i:032x}'\n  region: region-{i % 4}\n  endpoint: {endpoint}\n"
                 f"  credentials: {way}\n"
                 f"  http: {{timeout: {'2s' if i == HANGING else '20s'}}}\n")
        if i in SICK:
            text += "  datasets:\n"
            text += "".join(f"  - {{id: ds-{n:05d}}}\n" for n in range(i, DATASETS, PROJECTS))
        else:
            text += "  discovery: {refresh_interval: 1h}\n"
            if i == 0:
                text += "  datasets:\n  - {id: ds-00000, name: first, labels: {team: one}}\n"
    return text


def wait_for_all(exporter):
    """Until every listing succeeded: on a slow machine some are tried again, after which ready
    does not wait."""
    wait_until(lambda: exporter.log().count('msg="discovered datasets changed"')
               == PROJECTS - len(SICK), seconds=90)
    exporter.get("/api/v1/datasets")  # Asks the collector itself, so that it is done with it.
    assert exporter.get("/-/ready").status == 200


def listed(exporter):
    """{(project, dataset)} that /sd names."""
    groups = exporter.get("/sd").json()
    found = {(group["labels"]["__param_project_id"], group["labels"]["__param_dataset_id"])
             for group in groups}
    assert len(found) == len(groups)
    return found


def contents(scrape):
    """{(project, dataset): all that is said of it}, but for the times of this scrape."""
    said = {}
    for name, labels, value in scrape.samples:
        if name in OF_ONE_SCRAPE or "dataset_id" not in labels:
            continue
        key = labels["project_id"], labels["dataset_id"]
        said.setdefault(key, set()).add((name, tuple(labels.items()), value))
    return said


def resident_mib(exporter):
    with open(f"/proc/{exporter.process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) / 1024


def shard(text, index, total):
    return Exporter(text, "--shard", str(index), "--total-shards", str(total))


class Shards:
    """All of them at once."""

    def __init__(self, text, total):
        with concurrent.futures.ThreadPoolExecutor(total) as pool:
            self.all = list(pool.map(lambda i: shard(text, i, total), range(total)))

    def __enter__(self):
        return self.all

    def __exit__(self, *exception):
        for one in self.all:
            one.__exit__(*exception)


class Whole:
    """What one process and four shards say, with either way of paging."""

    PAGING = None

    @classmethod
    def setUpClass(cls):
        # Tasks that rest for decades: they say the same to everyone.
        cls.cloud = Cloud(
            "--datasets", str(DATASETS), "--projects", str(PROJECTS), "--list-paging", cls.PAGING,
            "--auth", "any", "--token", "T0K3N", "--access-key", ":".join(KEY),
            "--iam-user", "acme:exporter:secret", "--task-period", "40y",
            "--active-percent", "0", "--failed-percent", "20", "--never-synced-percent", "5",
            "--fault", "every:13=403", "--fault", "every:17=malformed", "--fault", "every:1009=500",
            "--fault", f"{HANGING:032x}/*=hang", "--fault", f"{REFUSED:032x}/*=none")
        cls.addClassCleanup(cls.cloud.__exit__, None, None, None)
        cls.cloud.__enter__()
        for n, state in enumerate(["QUEUING", "STARTING", "RUNNING", "NEW_WORD"] * 20):
            cls.cloud.control("task", project=f"{n % 5:032x}", dataset=f"ds-{n * 50 + n % 5:05d}",
                              status=state, task_id=n, total_sample_count=2**62 + n)
        cls.text = configuration(cls.cloud)

        with Exporter(cls.text) as one:
            wait_for_all(one)
            cls.one = one.scrape(budget=60)
            cls.one_memory = resident_mib(one)
            cls.one_listed = listed(one)
        with Shards(cls.text, 4) as shards:
            for each in shards:
                wait_for_all(each)
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                cls.four = list(pool.map(lambda s: s.scrape(budget=60), shards))
            cls.four_listed = [listed(each) for each in shards]
            cls.four_memory = [resident_mib(each) for each in shards]

    def test_prints_what_it_took(self):
        took = "modelarts_scrape_duration_seconds"
        print(f"{self.PAGING} listing, one process: {self.one.value(took):.1f} s, "
              f"{self.one_memory:.0f} MiB, {len(self.one.text) / 1e6:.1f} MB; of four shards the "
              f"slowest: {max(s.value(took) for s in self.four):.1f} s, "
              f"{max(self.four_memory):.0f} MiB")

    def test_one_process_sees_all_of_mixed_health(self):
        self.assertEqual(len(self.one_listed), DATASETS)
        self.assertEqual(len(contents(self.one)), DATASETS)
        of_a_project = DATASETS // PROJECTS
        for project, reason in {REFUSED: "unauthorized", DEAD: "connect",
                                HANGING: "timeout"}.items():
            self.assertEqual(self.one.reasons(project_id=f"{project:032x}"),
                             {reason: of_a_project})
        # They are islands: elsewhere nothing fails but what the cloud fails.
        expected = {"server_error": 0, "malformed": 0, "forbidden": 0}
        for n in range(DATASETS):
            # The later rule wins.
            for every, reason in (1009, "server_error"), (17, "malformed"), (13, "forbidden"):
                if n % every == 0:
                    expected[reason] += n % PROJECTS not in SICK
                    break
        reasons = self.one.reasons()
        self.assertEqual({reason: reasons[reason] for reason in expected}, expected)
        self.assertEqual(sum(reasons.values()), sum(expected.values()) + 3 * of_a_project)
        self.assertEqual(self.one.successes(), DATASETS - sum(reasons.values()))
        states = {labels["status"] for labels, value
                  in self.one.all("modelarts_dataset_sync_status") if value}
        self.assertEqual(states, {"QUEUING", "STARTING", "RUNNING", "COMPLETED", "FAILED",
                                  "NOT_EXIST", "UNKNOWN"})

    def test_the_union_of_the_shards_is_the_whole_to_the_last_value(self):
        union = {}
        for scrape in self.four:
            said = contents(scrape)
            self.assertFalse(union.keys() & said.keys())  # None in two.
            union |= said
        whole = contents(self.one)
        self.assertEqual(union.keys(), whole.keys())
        differ = [key for key, said in whole.items() if said != union[key]]
        self.assertEqual(differ, [], differ and (whole[differ[0]] ^ union[differ[0]]))

    def test_sd_and_the_metrics_speak_of_the_same_datasets(self):
        for scrape, datasets in zip([self.one, *self.four], [self.one_listed, *self.four_listed]):
            self.assertEqual(contents(scrape).keys(), datasets)

    def test_is_balanced_within_ten_percent(self):
        fair = DATASETS / 4
        for datasets in self.four_listed:
            self.assertLess(abs(len(datasets) - fair), 0.1 * fair)

    def test_shows_its_share_and_that_all_agree(self):
        for index, scrape in enumerate(self.four):
            self.assertEqual(scrape.value("modelarts_exporter_shard"), index)
            self.assertEqual(scrape.value("modelarts_exporter_shards"), 4)
            self.assertEqual(scrape.value("modelarts_exporter_config_datasets"),
                             len(self.four_listed[index]))
            # What the cloud has, whoever looks after it.
            self.assertCountEqual(scrape.all("modelarts_exporter_discovery_datasets"),
                                  self.one.all("modelarts_exporter_discovery_datasets"))
        hashes = {scrape.value("modelarts_exporter_config_hash")
                  for scrape in [self.one, *self.four]}
        self.assertEqual(len(hashes), 1)
        self.assertEqual((self.one.value("modelarts_exporter_shard"),
                          self.one.value("modelarts_exporter_shards")), (0, 1))


class PageCountingTest(Whole, unittest.TestCase):
    PAGING = "page"


class RecordCountingTest(Whole, unittest.TestCase):
    PAGING = "record"


class ResizeTest(unittest.TestCase):
    def test_a_shard_more_moves_its_own_share_alone(self):
        with Cloud("--datasets", str(DATASETS), "--projects", str(PROJECTS),
                   "--auth", "any", "--token", "T0K3N", "--access-key", ":".join(KEY),
                   "--iam-user", "acme:exporter:secret") as cloud:
            text = configuration(cloud)
            with Shards(text, 4) as shards:
                for each in shards:
                    wait_for_all(each)
                four = [listed(each) for each in shards]
            with Shards(text, 5) as shards:
                for each in shards:
                    wait_for_all(each)
                five = [listed(each) for each in shards]
        moved = sum(len(before - after) for before, after in zip(four, five))
        print(f"from 4 shards to 5: {moved} of {DATASETS} datasets move")
        self.assertEqual(set().union(*four), set().union(*five))
        self.assertEqual(sum(map(len, five)), DATASETS)
        for before, after in zip(four, five):
            self.assertLessEqual(after, before)  # Nothing moves between the old ones.
        self.assertEqual(moved, len(five[4]))
        self.assertAlmostEqual(moved, DATASETS / 5, delta=0.1 * DATASETS / 5)

    def test_a_new_dataset_has_one_owner(self):
        project = "0" * 32
        with Cloud("--datasets", "0") as cloud:
            text = ("projects:\n"
                    f"- {{project_id: '{project}', region: r, endpoint: '{cloud.url}',\n"
                    "   credentials: {token: t}, discovery: {refresh_interval: 200ms}}\n")
            with Shards(text, 3) as shards:
                for i in range(30):
                    cloud.control(f"datasets/{project}/new-{i}")
                wait_until(lambda: all(each.get("/sd").status == 200 for each in shards)
                           and sum(len(listed(each)) for each in shards) == 30)
                owners = [each for each in shards if (project, "new-7") in listed(each)]
                self.assertEqual(len(owners), 1)
                statuses = sorted(each.get(
                    f"/probe?project_id={project}&dataset_id=new-7").status for each in shards)
                self.assertEqual(statuses, [200, 404, 404])
                cloud.control(f"datasets/{project}/new-7", "DELETE")
                wait_until(lambda: sum(len(listed(each)) for each in shards) == 29)


class HashTest(unittest.TestCase):
    def test_differs_where_the_configurations_do(self):
        def hash_of(exporter):
            return exporter.scrape().value("modelarts_exporter_config_hash")

        def text(cloud, name):
            return ("projects:\n- {project_id: p, region: r, endpoint: '%s', "
                    "credentials: {token: t}, datasets: [{id: d, name: %s}]}\n"
                    % (cloud.url, name))
        with Cloud() as cloud, shard(text(cloud, "a"), 0, 2) as first, \
                shard(text(cloud, "a"), 1, 2) as second:
            self.assertEqual(hash_of(first), hash_of(second))
            self.assertEqual(second.reload(text(cloud, "b")).status, 200)
            self.assertNotEqual(hash_of(first), hash_of(second))
            self.assertEqual(first.reload(text(cloud, "b")).status, 200)
            self.assertEqual(hash_of(first), hash_of(second))


class AutoTest(unittest.TestCase):
    def test_takes_the_ordinal_of_the_pod(self):
        cases = [({"POD_NAME": "exporter-2"}, 2), ({"HOSTNAME": "modelarts-exporter-1"}, 1),
                 ({"POD_NAME": "exporter-0", "HOSTNAME": "exporter-2"}, 0),
                 ({"POD_NAME": "no-ordinal", "HOSTNAME": "exporter-2"}, 2)]
        with Cloud("--datasets", "9") as cloud:
            text = cloud.get("/simulator/exporter.yml").text
            for environment, expected in cases:
                with self.subTest(environment), \
                        Exporter(text, "--shard=auto", "--total-shards=3",
                                 environment=environment) as auto, \
                        shard(text, expected, 3) as explicit:
                    self.assertEqual(auto.scrape().value("modelarts_exporter_shard"), expected)
                    self.assertEqual(listed(auto), listed(explicit))

    def test_refuses_an_ordinal_that_is_no_shard(self):
        for name, arguments in {"exporter-3": ["--shard=auto", "--total-shards=3"],
                                "exporter-0": ["--shard=3", "--total-shards=3"],
                                "exporter-1": ["--shard=-1", "--total-shards=3"],
                                "exporter-2": ["--shard=0", "--total-shards=0"]}.items():
            run = subprocess.run([os.environ["MODELARTS_EXPORTER"], *arguments],
                                 env={"POD_NAME": name}, capture_output=True, text=True,
                                 timeout=30, check=False)
            self.assertEqual(run.returncode, 2, run.stderr)
            self.assertIn("shard", run.stderr)


if __name__ == "__main__":
    unittest.main()
