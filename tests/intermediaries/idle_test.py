"""Connections that a gateway closed while nobody asked, as all do after some seconds:
nothing that a dataset, a listing or a counter may show."""

import contextlib
import time
import unittest

from behind import Exporter, Simulator, config, outcome, probe, wait_until_ready
from gateways import ALL, Nginx

DATASETS = 100
SIGNED = ("--auth", "signature", "--access-key", "AK:SK")
IDLE_SECONDS = 1
REST_SECONDS = 2.5


class IdleTest(unittest.TestCase):
    def behind(self, gateway, http2, *arguments, **settings):
        """An exporter that reaches a cloud of its own through `gateway`."""
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        cloud = stack.enter_context(Simulator("--datasets", str(DATASETS), "--latency", "5ms", *arguments))
        front = stack.enter_context(gateway(cloud, http2=http2, idle_seconds=IDLE_SECONDS))
        return stack.enter_context(Exporter(config(front.url, DATASETS, **settings)))

    def check(self, exporters):
        """Scrapes and probes, with rests between in which the gateways hang up."""
        for exporter in exporters.values():
            self.assertEqual(outcome(exporter).good, DATASETS)
        time.sleep(REST_SECONDS)
        for name, exporter in exporters.items():
            with self.subTest(name):
                self.assertEqual([probe(exporter) for _ in range(4)], [True] * 4)
        time.sleep(REST_SECONDS)
        for name, exporter in exporters.items():
            with self.subTest(name):
                outcome(exporter).must_be_whole(DATASETS)

    def test_connections_of_http_1(self):
        self.check({gateway.__name__: self.behind(gateway, False) for gateway in ALL})

    def test_connections_of_http_2(self):
        self.check({gateway.__name__: self.behind(gateway, True) for gateway in ALL})

    def test_a_listing_and_signed_requests(self):
        keys = "access_key: {id: AK, secret: SK}"
        exporter = self.behind(Nginx, False, *SIGNED, credentials=keys, listed=True)
        wait_until_ready(exporter)
        self.check({"nginx": exporter})


if __name__ == "__main__":
    unittest.main()
