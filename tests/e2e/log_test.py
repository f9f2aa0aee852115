"""The log, where whoever should read it does not."""

import os
import re
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from exporter import Exporter, Simulator, ask, by_dataset, scrape

DATASETS = 500


def config(url):
    datasets = "".join(f"      - id: ds-{i:05}\n" for i in range(DATASETS))
    return f"""
projects:
  - project_id: "{0:032}"
    endpoint: {url}
    credentials: {{token: t}}
    datasets:
{datasets}"""


class UnreadLogTest(unittest.TestCase):
    """A pipe of 64 kB that nobody reads, as Docker's blocking log driver is one."""

    def setUp(self):
        cloud = self.enterContext(Simulator("--datasets", str(DATASETS), "--auth", "none"))
        exporter = Exporter.__new__(Exporter)
        path = os.path.join(self.enterContext(tempfile.TemporaryDirectory()), "config.yml")
        exporter.config_file = path
        exporter.write_config(config(cloud.url))
        self.program = subprocess.Popen(
            [os.environ["MODELARTS_EXPORTER"], "--config.file", path, "--web.listen-address", "127.0.0.1:0",
             "--log.level", "debug", "--web.enable-lifecycle"],
            stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.end)
        for line in self.program.stderr:
            if found := re.search(r"listening\W+address\W+([\w.:]+)", line):
                break
        exporter.address = found[1]
        self.exporter = exporter

    def end(self):
        self.program.kill()
        self.program.wait()
        self.program.stderr.close()

    def fill_the_pipe(self):
        """At level debug each query has a line."""
        for _ in range(6):
            samples = scrape(self.exporter, 10)
            self.assertEqual(set(by_dataset(samples, "modelarts_dataset_query_success").values()), {"1"})
        return float(samples[("modelarts_exporter_log_messages_dropped_total", ())])

    def test_costs_no_answer(self):
        dropped = self.fill_the_pipe()

        self.assertGreater(dropped, 0)
        self.assertEqual(ask(self.exporter.address, "/", timeout=5).status, 200)
        self.assertEqual(ask(self.exporter.address, "/-/reload", method="POST", timeout=5).status, 200)

    def test_does_not_keep_the_program_from_stopping(self):
        self.fill_the_pipe()

        began = time.monotonic()
        self.program.terminate()

        self.assertEqual(self.program.wait(timeout=20), 0)
        self.assertLess(time.monotonic() - began, 10)

    def test_says_what_is_missing_once_it_is_read(self):
        dropped = self.fill_the_pipe()
        lines = []
        told = threading.Event()

        def read():
            for line in self.program.stderr:
                lines.append(line)
                if "log messages dropped" in line:
                    told.set()

        reader = threading.Thread(target=read)
        reader.start()
        self.assertTrue(told.wait(timeout=20))
        self.program.terminate()
        self.assertEqual(self.program.wait(timeout=20), 0)
        reader.join()

        counts = [int(found[1]) for line in lines if (found := re.search(r"log messages dropped.* count=(\d+)", line))]
        self.assertEqual(sum(counts), dropped, lines[-3:])
        self.assertIn("msg=stopping", lines[-1])


class ClosedLogTest(unittest.TestCase):
    """stderr that was closed before the start (`2>&-`), so that the next socket could get its number."""

    def test_goes_into_no_socket(self):
        cloud = self.enterContext(Simulator("--datasets", "1", "--auth", "none"))
        folder = self.enterContext(tempfile.TemporaryDirectory())
        path = os.path.join(folder, "config.yml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(config(cloud.url))
        with socket.create_server(("127.0.0.1", 0)) as free:
            address = f"127.0.0.1:{free.getsockname()[1]}"
        command = [os.environ["MODELARTS_EXPORTER"], "--config.file", path, "--web.listen-address", address]
        program = subprocess.Popen(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *command])
        self.addCleanup(program.wait)
        self.addCleanup(program.kill)
        deadline = time.monotonic() + 60
        while True:
            try:
                page = ask(address, "/metrics")
                break
            except ConnectionRefusedError:
                self.assertIsNone(program.poll())
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.05)

        streams = [os.readlink(f"/proc/{program.pid}/fd/{number}") for number in range(3)]
        self.assertEqual(streams, ["/dev/null"] * 3)
        dropped = re.search(r"(?m)^modelarts_exporter_log_messages_dropped_total (\d+)$", page.text)
        self.assertGreater(int(dropped[1]), 0)
        program.terminate()
        self.assertEqual(program.wait(timeout=20), 0)


if __name__ == "__main__":
    unittest.main()
