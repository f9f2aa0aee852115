"""What a crowd of scrapes takes: as many as may be at once, of many datasets, all of them
answered from memory, which is when all bodies are written at the same time."""

import pathlib
import re
import threading
import unittest

from exporter import Exporter, Simulator, scrape

DATASETS = 5000
CROWD = 40
CONFIG = """
scrape: {{min_interval: 1h, timeout: 60s}}
projects: [{{project_id: "{0:032x}", region: here, endpoint: {1}, credentials: {{token: t}}, dataset_files: [{2}]}}]
"""


def peak_mib(program):
    status = pathlib.Path(f"/proc/{program.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


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


if __name__ == "__main__":
    unittest.main()
