"""Workers of a gateway that freeze: their kernel acknowledges what comes, and nobody
answers."""

import os
import signal
import time
import unittest

from behind import PROJECT, Exporter, Simulator, config, outcome, scrape, wait_until_ready
from gateways import Nginx
from intermediary import wait_until


class FrozenTest(unittest.TestCase):
    """http.timeout is 2 s here: what a frozen connection costs one scrape."""

    DATASETS = 100
    WORKERS = 4

    def behind(self, http2, check, **settings):
        """`check` of an exporter that got all datasets once, and that has idle connections."""
        with Simulator("--datasets", str(self.DATASETS), "--latency", "20ms") as cloud:
            with Nginx(cloud, http2=http2, workers=self.WORKERS) as front:
                with Exporter(config(front.url, self.DATASETS, timeout="2s", **settings)) as exporter:
                    wait_until_ready(exporter)
                    wait_until(lambda: outcome(exporter).good == self.DATASETS, "a whole scrape")
                    check(front, exporter)

    def freeze_each_in_turn(self, front, exporter):
        """Whichever of the workers has the connections: one scrape may lose datasets."""
        for worker in front.children():
            os.kill(worker, signal.SIGSTOP)
            outcome(exporter, 10)
            second = outcome(exporter, 10)
            os.kill(worker, signal.SIGCONT)
            self.assertEqual(second.good, self.DATASETS, second)

    def test_one_worker_of_http_1(self):
        self.behind(False, self.freeze_each_in_turn)

    def test_one_worker_of_http_2(self):
        """All requests share one connection there, whoever else has healthy ones."""
        self.behind(True, self.freeze_each_in_turn)

    def test_one_worker_of_http_2_while_the_cloud_lists(self):
        def check(front, exporter):
            listed = ("modelarts_exporter_discovery_last_success_timestamp_seconds", (("project_id", PROJECT),))
            for worker in front.children():
                os.kill(worker, signal.SIGSTOP)
                outcome(exporter, 10)
                frozen = time.time()
                wait_until(lambda: float(scrape(exporter)[listed]) > frozen, "a listing")
                os.kill(worker, signal.SIGCONT)

        self.behind(True, check, listed=True)


if __name__ == "__main__":
    unittest.main()
