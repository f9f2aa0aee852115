"""What a crowd of scrapes takes: as many as may be at once, of many datasets, all of them answered from memory, which is
when all bodies are written at the same time; or all of them waiting for a cloud that says nothing."""

import base64
import concurrent.futures
import pathlib
import re
import tempfile
import threading
import unittest

from exporter import Exporter, Simulator, scrape

DATASETS = 5000
CROWD = 40
CONFIG = """
scrape: {{min_interval: 1h, timeout: 60s}}
projects: [{{project_id: "{0:032x}", region: here, endpoint: {1}, credentials: {{token: t}}, dataset_files: [{2}]}}]
"""


USERS = "basic_auth_users: {u: $2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW}\n"


def fact(program, name):
    status = pathlib.Path(f"/proc/{program.process.pid}/status").read_text()
    return int(re.search(rf"{name}:\s+(\d+)", status)[1])


def peak_mib(program):
    return fact(program, "VmHWM") / 1024


def login(password):
    return {"Authorization": "Basic " + base64.b64encode(f"u:{password}".encode()).decode()}


class CrowdTest(unittest.TestCase):
    def test_takes_the_memory_of_few_bodies(self):
        with Simulator(f"--datasets={DATASETS}") as cloud:
            files = pathlib.Path(cloud.folder.name, "datasets.yml")
            files.write_text("".join(f"- id: ds-{i:05}\n" for i in range(DATASETS)))
            with Exporter(CONFIG.format(0, cloud.url, files)) as program:
                scrape(program, budget=60)
                alone = peak_mib(program)
                statuses = []

                def ask():
                    statuses.append(program.get("/metrics", {"Accept-Encoding": "gzip"}, timeout=120).status)

                crowd = [threading.Thread(target=ask) for _ in range(CROWD)]
                for one in crowd:
                    one.start()
                for one in crowd:
                    one.join()
                together = peak_mib(program)
        self.assertEqual(statuses, [200] * CROWD)
        print(f"peak memory: {alone:.0f} MiB after one scrape, {together:.0f} MiB after {CROWD} at once")
        self.assertLess(together, 4 * alone)

    def test_takes_few_threads(self):
        places = 100
        hasty = {"X-Prometheus-Scrape-Timeout-Seconds": "3.5", **login("secret")}
        with tempfile.TemporaryDirectory() as folder, Simulator("--datasets=20", "--fault=every:1=hang") as cloud:
            web = pathlib.Path(folder, "web.yml")
            web.write_text(USERS)
            datasets = pathlib.Path(folder, "datasets.yml")
            datasets.write_text("".join(f"- id: ds-{i:05}\n" for i in range(20)))
            flags = [f"--web.max-requests={places}", f"--web.config.file={web}"]
            with Exporter(CONFIG.format(0, cloud.url, datasets), *flags) as program, \
                    concurrent.futures.ThreadPoolExecutor(2 * places) as crowd:
                scrapes = [crowd.submit(program.get, "/metrics", hasty) for _ in range(places)]
                others = [crowd.submit(program.get, "/", login("secret")) for _ in range(20)]
                others += [crowd.submit(program.get, "/", login(f"wrong {i}")) for i in range(8)]
                most = 0
                while not all(one.done() for one in scrapes + others):
                    most = max(most, fact(program, "Threads"))
                    self.assertEqual(program.get("/-/healthy").status, 200)
                statuses = [one.result().status for one in scrapes + others]
        self.assertEqual(statuses, [200] * (places + 20) + [401] * 8)
        print(f"{places} scrapes took at most {most} threads")
        self.assertLessEqual(most, 12)


if __name__ == "__main__":
    unittest.main()
