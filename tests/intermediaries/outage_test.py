"""A gateway that is away for a moment, and workers of it that freeze: their kernel
acknowledges what comes, and nobody answers."""

import concurrent.futures
import os
import signal
import time
import unittest

from behind import PROJECT, Exporter, Simulator, config, outcome, scrape, wait_until_ready
from gateways import Nginx
from intermediary import wait_until


class AwayTest(unittest.TestCase):
    DATASETS = 3000

    def scrape_while_away(self, seconds, http2):
        """A scrape with a budget of 20 s; the gateway dies after some of its requests."""
        with Simulator("--datasets", str(self.DATASETS), "--latency", "20ms") as cloud:
            with Nginx(cloud, http2=http2) as front:
                with Exporter(config(front.url, self.DATASETS, concurrency=32)) as exporter:
                    with concurrent.futures.ThreadPoolExecutor(1) as pool:
                        scrape = pool.submit(outcome, exporter, 20)
                        wait_until(lambda: cloud.counters()["requests"]["status"] > 500, "the scrape")
                        front.kill()
                        time.sleep(seconds)
                        front.start()
                        result = scrape.result()
                    lines = exporter.log().count("level=error") + exporter.log().count("level=warn")
        self.assertEqual(result.good, self.DATASETS, result)
        self.assertLess(lines, 20)

    def test_for_less_than_a_retry(self):
        self.scrape_while_away(0.3, http2=True)

    def test_for_a_second(self):
        self.scrape_while_away(1, http2=False)

    def test_for_three_seconds(self):
        self.scrape_while_away(3, http2=True)


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
