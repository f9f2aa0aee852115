"""Answers that are larger than a piece, and clients that take their time with them."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import unittest
import zlib

from exporter import Exporter, Simulator, by_dataset, scrape
from operation_test import eventually
from slow_client import SlowClient
from stress_test import IS_SANITIZED, PROJECT, config

# 11 MB of text, or 7: more than the kernel takes of a client that does not read.
DATASETS = 3000 if IS_SANITIZED else 5000
FROM_MEMORY = "min_interval: 1h, timeout: 60s"


def peak_mib(program):
    status = pathlib.Path(f"/proc/{program.process.pid}/status").read_text("ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def of_datasets(body):
    """The samples that are the same as long as all datasets are answered from memory."""
    return [line for line in body.decode().splitlines() if line.startswith("modelarts_dataset_")]


class LargeAnswerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = cls.enterClassContext(Simulator("--datasets", str(DATASETS)))
        cls.program = cls.enterClassContext(Exporter(config(cls.cloud.url, DATASETS, FROM_MEMORY)))
        cls.whole = cls.program.get("/metrics").body
        assert len(of_datasets(cls.whole)) > 14 * DATASETS

    def client(self):
        return self.enterContext(SlowClient(self.program))

    def test_comes_in_chunks(self):
        client = self.client().ask()
        for _ in range(2):  # The connection goes on.
            status, headers = client.head()
            self.assertEqual(status, 200)
            self.assertEqual(headers["transfer-encoding"], "chunked")
            self.assertNotIn("content-length", headers)
            self.assertNotIn("trailer", headers)
            chunks = list(client.chunks())
            self.assertLess(max(map(len, chunks)), 300 * 1024)
            self.assertEqual(of_datasets(b"".join(chunks)), of_datasets(self.whole))
            client.ask()

    def test_comes_compressed_in_chunks_that_are_one_gzip_file(self):
        client = self.client().ask(headers="Accept-Encoding: gzip\r\n")
        _, headers = client.head()
        self.assertEqual(headers["transfer-encoding"], "chunked")
        self.assertEqual(headers["content-encoding"], "gzip")
        file = zlib.decompressobj(16 + zlib.MAX_WBITS)
        body = b"".join(file.decompress(chunk) for chunk in client.chunks())
        self.assertTrue(file.eof)
        self.assertEqual(file.unused_data, b"")
        self.assertEqual(of_datasets(body), of_datasets(self.whole))

    def test_ends_with_the_connection_in_http_1_0(self):
        client = self.client().ask(version="1.0")
        _, headers = client.head()
        self.assertNotIn("transfer-encoding", headers)
        self.assertNotIn("content-length", headers)
        self.assertEqual(headers["connection"], "close")
        self.assertEqual(of_datasets(client.to_end()), of_datasets(self.whole))

    def test_has_a_length_for_head(self):
        for accepted in ("", "Accept-Encoding: gzip\r\n"):
            for path in ("/sd", "/api/v1/datasets"):
                client = self.client().ask(path, accepted)
                _, headers = client.head()
                if "content-length" in headers:  # Compressed, it is smaller than a piece.
                    size = len(client.take(int(headers["content-length"])))
                else:
                    size = sum(map(len, client.chunks()))
                _, headers = client.ask(path, accepted, method="HEAD").head()
                self.assertEqual(headers["content-length"], str(size))
                self.assertNotIn("transfer-encoding", headers)
                client.ask("/-/healthy")
                self.assertEqual(client.head()[0], 200, "that followed at once")

    def test_small_ones_have_a_length(self):
        for path in ("/-/healthy", f"/probe?project_id={PROJECT}&dataset_id=ds-00001", "/nothing"):
            for accepted in ("", "Accept-Encoding: gzip\r\n"):
                _, headers = self.client().ask(path, accepted).head()
                self.assertIn("content-length", headers)
                self.assertNotIn("transfer-encoding", headers)

    def test_pages_come_in_chunks(self):
        bodies = {}
        for path in ("/", "/sd", "/api/v1/datasets"):
            client = self.client().ask(path)
            self.assertEqual(client.head()[1]["transfer-encoding"], "chunked", path)
            bodies[path] = b"".join(client.chunks())
        self.assertEqual(bodies["/"].count(b"<tr class="), DATASETS)
        self.assertTrue(bodies["/"].endswith(b"</html>\n"))
        self.assertEqual(len(json.loads(bodies["/sd"])), DATASETS)
        self.assertEqual(len(json.loads(bodies["/api/v1/datasets"])["datasets"]), DATASETS)

    @unittest.skipUnless(shutil.which("curl"), "there is no curl")
    def test_curl_takes_it(self):
        for options in ([], ["--compressed"], ["--http1.0"], ["--http1.0", "--compressed"]):
            done = subprocess.run(
                ["curl", "-sSf", *options, f"http://{self.program.address}/metrics"],
                stdout=subprocess.PIPE, check=True)  # fmt: skip
            self.assertEqual(of_datasets(done.stdout), of_datasets(self.whole), options)


class SlowClientTest(unittest.TestCase):
    def start(self, *flags):
        self.cloud = self.enterContext(Simulator("--datasets", str(DATASETS)))
        program = self.enterContext(Exporter(config(self.cloud.url, DATASETS, FROM_MEMORY), *flags))
        scrape(program)
        return program

    def test_holds_no_body_and_no_writer(self):
        clients = 30
        program = self.start(f"--web.max-requests={clients + 1}")
        before = peak_mib(program)
        slow = [self.enterContext(SlowClient(program)).ask() for _ in range(clients)]
        for client in slow:
            client.take(1)

        self.assertEqual(program.get("/metrics", {"Accept-Encoding": "gzip"}, timeout=20).status, 200)
        probe = program.get(f"/probe?project_id={PROJECT}&dataset_id=ds-00001", timeout=20)
        self.assertIn("modelarts_dataset_query_success", probe.text)
        more = peak_mib(program) - before
        print(f"{clients} clients that do not read take {more:.0f} MiB")
        if not IS_SANITIZED:
            self.assertLess(more, clients * 3, "a quarter of a body each")
        for client in slow:
            client.vanish()

    def test_frees_its_place_when_it_vanishes(self):
        program = self.start("--web.max-requests=4")
        for _ in range(3):
            slow = [self.enterContext(SlowClient(program)).ask() for _ in range(4)]
            for client in slow:
                client.take(1)
            self.assertEqual(program.get("/metrics").status, 503)
            for client in slow:
                client.vanish()
            self.assertTrue(eventually(lambda: program.get("/metrics").status == 200))

    def test_gets_an_answer_of_one_moment(self):
        """Though the datasets change, and are reloaded, and others scrape meanwhile."""
        program = self.start()
        client = self.enterContext(SlowClient(program)).ask()
        client.head()
        body = client.chunks()
        text = next(body)

        self.cloud.get("/simulator/fault?match=ds-&fault=404", method="POST")
        program.write_config(config(self.cloud.url, DATASETS + 10, "min_interval: 1ms").replace("ds-00001", "ds-other"))
        os.kill(program.process.pid, signal.SIGHUP)
        self.assertTrue(eventually(lambda: b"ds-other" in program.get("/sd").body))
        self.assertIn("ds-other", by_dataset(scrape(program), "modelarts_dataset_info"))

        lines = of_datasets(text + b"".join(body))
        self.assertFalse([line for line in lines if "ds-other" in line])
        names = {line.split("{")[0] for line in lines}
        for name in ("info", "query_success", "query_duration_seconds", "sync_status", "last_query_timestamp_seconds"):
            self.assertIn("modelarts_dataset_" + name, names)
            datasets = {line.split('dataset_id="')[1].split('"')[0] for line in lines
                        if line.startswith(f"modelarts_dataset_{name}{{")}
            self.assertEqual(datasets, {f"ds-{i:05d}" for i in range(DATASETS)}, name)
        self.assertNotIn("modelarts_dataset_query_failure", names)

    def test_gets_it_to_the_end_while_the_exporter_stops(self):
        program = self.start()
        client = self.enterContext(SlowClient(program)).ask()
        client.head()
        body = client.chunks()
        text = next(body)

        program.process.send_signal(signal.SIGTERM)
        self.assertTrue(eventually(lambda: "stopping" in program.log()))

        text += b"".join(body)
        self.assertEqual(client.to_end(), b"")
        self.assertGreater(len(of_datasets(text)), 14 * DATASETS)
        self.assertEqual(program.process.wait(timeout=30), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
