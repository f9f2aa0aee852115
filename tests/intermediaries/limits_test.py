"""What nginx ends or refuses in the midst of a scrape: connections after so many
requests, and requests beyond a rate."""

import unittest

from behind import Exporter, Simulator, config, outcome
from gateways import Nginx


class RequestsOfAConnectionTest(unittest.TestCase):
    DATASETS = 3000

    def check(self, http2):
        """nginx ends a connection after 1,000 requests by default; here sooner."""
        with Simulator("--datasets", str(self.DATASETS)) as cloud:
            with Nginx(cloud, http2=http2, http="keepalive_requests 50;") as front:
                with Exporter(config(front.url, self.DATASETS)) as exporter:
                    for _ in range(4):
                        outcome(exporter).must_be_whole(self.DATASETS)

    def test_http_1(self):
        self.check(http2=False)

    def test_http_2(self):
        self.check(http2=True)


class RateTest(unittest.TestCase):
    """nginx's limit_req, which says no `Retry-After`."""

    DATASETS = 200

    def test_too_many_requests(self):
        zone = "limit_req_zone all zone=all:1m rate=100r/s;"
        limit = "limit_req zone=all burst=20 nodelay; limit_req_status 429;"
        with Simulator("--datasets", str(self.DATASETS)) as cloud:
            with Nginx(cloud, http=zone, server=limit) as front:
                with Exporter(config(front.url, self.DATASETS)) as exporter:
                    last = outcome(exporter)
                    self.assertEqual(last.good, self.DATASETS, last)


if __name__ == "__main__":
    unittest.main()
