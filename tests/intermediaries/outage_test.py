"""Workers of a gateway that freeze: their kernel acknowledges what comes, and nobody
answers."""

import os
import signal
import unittest

from behind import Exporter, Simulator, config, outcome, wait_until_ready
from gateways import Nginx


class FrozenTest(unittest.TestCase):
    """http.timeout is 1 s here: what a frozen connection costs one scrape."""

    DATASETS = 100
    WORKERS = 4

    def behind(self, http2, check, **settings):
        """`check` of an exporter that got all datasets once, and that has idle connections."""
        with Simulator("--datasets", str(self.DATASETS), "--latency", "20ms") as cloud:
            with Nginx(cloud, http2=http2, workers=self.WORKERS) as front:
                with Exporter(config(front.url, self.DATASETS, timeout="1s", **settings)) as exporter:
                    wait_until_ready(exporter)
                    self.assertEqual(outcome(exporter).good, self.DATASETS)
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
        self.behind(True, self.freeze_each_in_turn, listed=True)


if __name__ == "__main__":
    unittest.main()
