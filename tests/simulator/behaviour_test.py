"""What the simulated cloud answers when it behaves."""

import concurrent.futures
import os
import resource
import subprocess
import tempfile
import time
import unittest

from harness import BINARY, PROJECT, Simulator, main, status_bytes

ANSWERS = os.path.join(os.path.dirname(__file__), "..", "e2e", "testdata", "answers.json")
ANSWERS_PROJECT = "77b6a44cba5143ab91d13ab9a8ff44fd"


class StatusTest(unittest.TestCase):
    def test_plays_the_answers_of_a_file(self):
        with Simulator("--answers", ANSWERS) as cloud:
            failed = cloud.status("ds-failed", ANSWERS_PROJECT)
            gone = cloud.status("ds-gone", ANSWERS_PROJECT)
        self.assertEqual(failed.status, 200)
        self.assertEqual(failed.json()["error_code"], "ModelArts.4360")
        self.assertEqual(gone.status, 400)
        self.assertEqual(gone.json()["error_code"], "ModelArts.4352")

    def test_gives_each_dataset_a_task_of_its_own(self):
        with Simulator("--datasets", "20", "--projects", "2") as cloud:
            second = cloud.status("ds-00001", "%032x" % 1)
            elsewhere = cloud.status("ds-00001")
        self.assertEqual(second.json()["dataset_id"], "ds-00001")
        self.assertEqual((elsewhere.status, elsewhere.json()["error_code"]), (400, "ModelArts.4352"))

    def test_tells_a_missing_project_from_a_missing_api(self):
        with Simulator() as cloud:
            project = cloud.status("ds-00000", "nobody")
            api = cloud.ask("/v1/other")
            odd = cloud.ask(f"/v2/{PROJECT}/datasets//sync-data/status")
        self.assertEqual((project.status, project.json()["error_code"]), (404, "ModelArts.6623"))
        self.assertEqual((api.status, api.json()["error_code"]), (404, "APIG.0101"))
        self.assertEqual(odd.json()["error_code"], "APIG.0101")

    def test_finds_datasets_by_their_decoded_id(self):
        strange = 'a b%/~"猫'
        with Simulator() as cloud:
            cloud.control("datasets/p/" + "a%20b%25%2F~%22%E7%8C%AB")
            answer = cloud.status(strange, "p")
        self.assertEqual(answer.json()["dataset_id"], strange)

    def test_shows_the_task_that_a_test_pins(self):
        with Simulator() as cloud:
            cloud.control("task", project=PROJECT, dataset="ds-00001", status="FAILED",
                          error_code="X.1", total_sample_count=2**63 - 1)
            pinned = cloud.status("ds-00001").json()
            cloud.control("task", project=PROJECT, dataset="ds-00001", status="live")
            living = cloud.status("ds-00001").json()
        self.assertEqual(pinned, {"dataset_id": "ds-00001", "status": "FAILED", "error_code": "X.1",
                                  "total_sample_count": 2**63 - 1})
        self.assertIn("task_id", living)

    def test_waits_for_its_latency_without_holding_up_others(self):
        with Simulator("--latency", "300ms") as cloud:
            began = time.monotonic()
            with concurrent.futures.ThreadPoolExecutor(20) as pool:
                answers = list(pool.map(lambda _: cloud.status("ds-00001"), range(20)))
            took = time.monotonic() - began
            counters = cloud.counters()
        self.assertEqual({answer.status for answer in answers}, {200})
        self.assertGreaterEqual(took, 0.3)
        self.assertLess(took, 3)
        self.assertGreater(counters["max_in_flight"], 1)
        self.assertGreater(counters["overlapping"], 0)
        self.assertEqual(counters["in_flight"], 0)

    def test_answers_pipelined_requests_in_order(self):
        with Simulator() as cloud, cloud.connect() as line:
            line.sendall(status_bytes("ds-00001") + status_bytes("ds-00002"))
            got = b""
            while b"ds-00002" not in got:
                got += line.recv(65536)
        self.assertLess(got.index(b"ds-00001"), got.index(b"ds-00002"))

    def test_makes_each_pipelined_request_wait_for_its_latency(self):
        with Simulator("--latency", "200ms") as cloud, cloud.connect() as line:
            began = time.monotonic()
            line.sendall(status_bytes("ds-00001"))
            while cloud.counters()["in_flight"] == 0:
                pass
            line.sendall(status_bytes("ds-00002"))
            first = line.recv(65536)
            took = time.monotonic() - began
            second = line.recv(65536)
        self.assertIn(b"ds-00001", first)
        self.assertGreaterEqual(took, 0.2)
        self.assertIn(b"ds-00002", second)
        self.assertGreaterEqual(time.monotonic() - began, 0.4)

    def test_throttles_a_project_and_says_its_limit(self):
        with Simulator("--projects", "2", "--per-project-rate", "2/5m") as cloud:
            codes = [cloud.status("ds-00000").status for _ in range(3)]
            refused = cloud.status("ds-00000")
            other = cloud.status("ds-00001", "%032x" % 1)
            throttled = cloud.counters()["throttled"]
        self.assertEqual(codes, [200, 200, 429])
        self.assertEqual(refused.json()["error_code"], "APIG.0308")
        self.assertIn("limit:2,time:5 minute", refused.json()["error_msg"])
        self.assertEqual(other.status, 200)
        self.assertEqual(throttled, 2)


class ListTest(unittest.TestCase):
    def ids(self, cloud, query):
        answer = cloud.ask(f"/v2/{PROJECT}/datasets?{query}").json()
        return [entry["dataset_id"] for entry in answer["datasets"]], answer["total_number"]

    def test_counts_pages_or_records(self):
        for paging, first in (("page", "ds-00050"), ("record", "ds-00001")):
            with self.subTest(paging), Simulator("--datasets", "120", "--list-paging", paging) as cloud:
                ids, total = self.ids(cloud, "limit=50&offset=1")
                self.assertEqual((ids[0], len(ids), total), (first, 50, 100))

    def test_shows_what_was_created_and_hides_what_was_deleted(self):
        with Simulator("--datasets", "2") as cloud:
            cloud.control(f"datasets/{PROJECT}/new", name="prod-new", workspace="7")
            cloud.control(f"datasets/{PROJECT}/ds-00000", method="DELETE")
            ids, _ = self.ids(cloud, "")
            of_workspace, _ = self.ids(cloud, "workspace_id=7")
            gone = cloud.status("ds-00000")
        self.assertEqual(ids, ["ds-00001", "new"])
        self.assertEqual(of_workspace, ["new"])
        self.assertEqual(gone.status, 400)

    def test_has_text_datasets_that_never_synced(self):
        with Simulator("--datasets", "50", "--text-percent", "100") as cloud:
            entry = cloud.ask(f"/v2/{PROJECT}/datasets").json()["datasets"][0]
            status = cloud.status(entry["dataset_id"]).json()["status"]
        self.assertIn(entry["dataset_type"], (100, 101, 102))
        self.assertEqual(status, "NOT_EXIST")

    def test_refuses_limits_out_of_range(self):
        with Simulator() as cloud:
            self.assertEqual(cloud.ask(f"/v2/{PROJECT}/datasets?limit=101").status, 400)
            self.assertEqual(cloud.ask(f"/v2/{PROJECT}/datasets?offset=-1").status, 400)


class ProgramTest(unittest.TestCase):
    def ends(self, *arguments):
        return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=20)

    def test_explains_a_wrong_command_line_and_ends_with_2(self):
        for arguments in (["--unknown"], ["stray"], ["--latency", "fast"], ["--task-period", "0"],
                          ["--access-key", "alone"], ["--per-project-rate", "5"], ["--tls-cert", "x"]):
            with self.subTest(arguments):
                ended = self.ends(*arguments)
                self.assertEqual(ended.returncode, 2)
                self.assertNotEqual(ended.stderr, "")

    def test_explains_what_it_cannot_use_and_ends_with_1(self):
        for arguments in (["--answers", "/nonexistent"], ["--fault", "a=b"], ["--fault", "a"],
                          ["--listen", "here"], ["--tls-cert", "/x", "--tls-key", "/x"]):
            with self.subTest(arguments):
                ended = self.ends(*arguments)
                self.assertEqual(ended.returncode, 1)
                self.assertEqual(ended.stderr.count("\n"), 1, ended.stderr)

    def test_sees_that_an_address_is_in_use(self):
        with Simulator() as cloud:
            ended = self.ends("--listen", f"127.0.0.1:{cloud.port}")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("in use", ended.stderr)

    def test_helps(self):
        ended = self.ends("--help")
        self.assertEqual(ended.returncode, 0)
        self.assertIn("/simulator/counters", ended.stdout)

    def test_speaks_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            key, cert = os.path.join(folder, "key"), os.path.join(folder, "cert")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                            "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost",
                            "-keyout", key, "-out", cert], check=True, capture_output=True)
            with Simulator("--tls-cert", cert, "--tls-key", key, "--fault", "ds-00002=huge") as cloud:
                self.assertEqual(cloud.status("ds-00001").status, 200)
                self.assertEqual(len(cloud.status("ds-00002").body), 2_000_000)

    @unittest.skipIf("undefined" in os.environ.get("SANITIZERS", ""), "UBSan needs descriptors of its own")
    def test_says_that_it_lacks_descriptors(self):
        for limit in (4, 5):
            with self.subTest(limit=limit):
                ended = subprocess.run(
                    [BINARY, "--datasets", "1"], capture_output=True, text=True, timeout=20,
                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))
                self.assertEqual(ended.returncode, 1)
                self.assertEqual(ended.stderr, "modelarts_simulator: the HTTP server: Too many open files\n")

    def test_gives_the_exporter_its_configuration(self):
        with Simulator("--datasets", "3", "--token", "T") as cloud:
            text = cloud.ask("/simulator/exporter.yml").body.decode()
        self.assertIn(f'project_id: "{PROJECT}"', text)
        self.assertIn('- {id: "ds-00002", name: "scratch-00002"}', text)
        self.assertIn('credentials: {token: "T"}', text)


if __name__ == "__main__":
    main()
