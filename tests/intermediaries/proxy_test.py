"""Proxies between the exporter and a cloud behind a gateway with HTTP/2."""

import contextlib
import unittest

from behind import TLS, Exporter, Simulator, config, outcome
from gateways import Nginx
from intermediary import count
from proxies import PASSWORD, USER, Microsocks, Squid, Tinyproxy



class ColdStartTest(unittest.TestCase):
    """The first scrape opens as many connections as it may at once."""

    DATASETS = 100
    STARTS = 6

    def check(self, proxy, url, http2=True):
        with Simulator("--datasets", str(self.DATASETS), "--latency", "5ms") as cloud, proxy:
            with Nginx(cloud, http2=http2) as front:
                text = config(front.url, self.DATASETS, concurrency=32, http=f"proxy_url: {url(proxy)}\n{TLS}")
                for _ in range(self.STARTS):
                    with Exporter(text) as exporter:
                        for _ in range(2):
                            outcome(exporter).must_be_whole(self.DATASETS)

    def test_tinyproxy(self):
        self.check(Tinyproxy(), Tinyproxy.url)

    def test_tinyproxy_that_wants_a_password(self):
        self.check(Tinyproxy(password=True), lambda proxy: proxy.url(f"{USER}:{PASSWORD}"))

    def test_squid(self):
        self.check(Squid(), Squid.url)

    def test_squid_over_tls(self):
        self.check(Squid(), Squid.tls_url)

    def test_microsocks(self):
        self.check(Microsocks(), lambda proxy: proxy.url(f"{USER}:{PASSWORD}"))


class WrongPasswordTest(unittest.TestCase):
    """The directories behind proxies lock accounts."""

    DATASETS = 20
    MOST_TRIES = 6

    def tries(self, proxy, pattern):
        with contextlib.ExitStack() as stack:
            cloud = stack.enter_context(Simulator("--datasets", str(self.DATASETS)))
            front = stack.enter_context(Nginx(cloud))
            stack.enter_context(proxy)
            http = f"proxy_url: {proxy.url(USER + ':wrong')}\n{TLS}"
            exporter = stack.enter_context(Exporter(config(front.url, self.DATASETS, http=http)))
            for _ in range(3):
                self.assertEqual(outcome(exporter).good, 0)
            proxy.stop()  # squid writes its log when a connection ends.
            log = proxy.log()
        tries = count(pattern, log)
        self.assertGreater(tries, 0, log)
        return tries

    def test_squid(self):
        self.assertLessEqual(self.tries(Squid(password=True), "TCP_DENIED/407"), self.MOST_TRIES)

    def test_tinyproxy(self):
        tries = self.tries(Tinyproxy(password=True), "(?i)request \\(file descriptor")
        self.assertLessEqual(tries, self.MOST_TRIES)


if __name__ == "__main__":
    unittest.main()
