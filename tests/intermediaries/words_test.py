"""What is said of a query that a gateway or a proxy refused: who, and why."""

import contextlib
import unittest

from behind import Exporter, Simulator, config, messages, outcome
from gateways import Apache, HAProxy, Nginx
from intermediary import CERTIFICATES, free_port
from proxies import PASSWORD, USER, Microsocks, Squid, Tinyproxy

DATASETS = 20
BUDGET = 4  # Seconds: where everything fails, all of it is used up.


class WordsTest(unittest.TestCase):
    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.cloud = self.stack.enter_context(Simulator("--datasets", str(DATASETS)))

    def start(self, intermediary):
        return self.stack.enter_context(intermediary)

    def said(self, url, **settings):
        """The reasons and the messages of all datasets after a scrape that got nothing."""
        with Exporter(config(url, DATASETS, **settings)) as exporter:
            self.assertEqual(outcome(exporter, BUDGET).good, 0)
            said = messages(exporter).values()
        return {reason for reason, _ in said}, {message for _, message in said}

    def assert_said(self, said, reason, *patterns):
        reasons, texts = said
        self.assertEqual(reasons, {reason}, texts)
        for text in texts:
            for pattern in patterns:
                self.assertRegex(text, pattern)


class GatewayTest(WordsTest):
    def token(self, size):
        return f"token: {'X' * size}"  # A letter that HTTP/2 does not shorten.

    def test_a_token_larger_than_nginx_takes(self):
        front = self.start(Nginx(self.cloud, http2=False))
        said = self.said(front.url, credentials=self.token(9000))
        self.assert_said(said, "client_error", "400", "Request Header Or Cookie Too Large", "nginx")

    def test_a_token_larger_than_nginx_takes_over_http_2(self):
        front = self.start(Nginx(self.cloud))
        self.assert_said(self.said(front.url, credentials=self.token(12000)), "connect", "X-Auth-Token has 12000 bytes")

    def test_a_token_larger_than_haproxy_takes(self):
        for http2 in (False, True):
            with self.subTest(http2):
                front = self.start(HAProxy(self.cloud, http2=http2))
                reasons, texts = self.said(front.url, credentials=self.token(17000))
                self.assertEqual(reasons, {"connect" if http2 else "client_error"}, texts)
                for text in texts:
                    self.assertRegex(text, "17000 bytes")

    def test_a_rate_that_nginx_limits(self):
        """limit_req answers with 503 unless it is told otherwise."""
        zone = "limit_req_zone all zone=all:1m rate=1r/m;"
        front = self.start(Nginx(self.cloud, http=zone, server="limit_req zone=all;"))
        with Exporter(config(front.url, DATASETS)) as exporter:
            self.assertEqual(outcome(exporter, BUDGET).good, 1)
            said = messages(exporter).values()
        for reason, text in said:
            self.assertEqual(reason, "server_error")
            self.assertRegex(text, "503 Service Temporarily Unavailable.*nginx")

    def test_no_client_certificate_at_nginx(self):
        verify = f"ssl_verify_client on; ssl_client_certificate {CERTIFICATES.ca};"
        front = self.start(Nginx(self.cloud, server=verify))
        said = self.said(front.url)
        self.assert_said(said, "client_error", "No required SSL certificate was sent", "nginx")

    def test_a_client_certificate_at_nginx(self):
        verify = f"ssl_verify_client on; ssl_client_certificate {CERTIFICATES.ca};"
        front = self.start(Nginx(self.cloud, server=verify))
        own = f"cert_file: {CERTIFICATES.client_certificate}, key_file: {CERTIFICATES.client_key}"
        http = f"tls: {{ca_file: {CERTIFICATES.ca}, {own}}}"
        with Exporter(config(front.url, DATASETS, http=http)) as exporter:
            self.assertEqual(outcome(exporter).good, DATASETS)

    def test_no_client_certificate_at_haproxy_and_apache(self):
        verify_haproxy = {"bind": f"verify required ca-file {CERTIFICATES.ca}"}
        verify_apache = {"server": f"SSLVerifyClient require\nSSLCACertificateFile {CERTIFICATES.ca}"}
        for gateway, verify in ((HAProxy, verify_haproxy), (Apache, verify_apache)):
            for http2 in (False, True):
                with self.subTest(f"{gateway.__name__}, {http2}"):
                    front = self.start(gateway(self.cloud, http2=http2, **verify))
                    self.assert_said(self.said(front.url), "tls", "(?i)certificate")

    def test_plain_http_to_the_port_of_https(self):
        front = self.start(Nginx(self.cloud))
        said = self.said(f"http://{front.address}")
        self.assert_said(said, "client_error", "400", "The plain HTTP request was sent to HTTPS port", "nginx")


class ProxyTest(WordsTest):
    def through(self, proxy_url, endpoint=None, ca_file=CERTIFICATES.ca):
        """What is said of an endpoint behind the proxy; by default a gateway that is well."""
        endpoint = endpoint or self.start(Nginx(self.cloud)).url
        return self.said(endpoint, http=f"proxy_url: {proxy_url}\ntls: {{ca_file: {ca_file}}}")

    def test_407(self):
        for proxy in (Squid(password=True), Tinyproxy(password=True)):
            self.start(proxy)
            for endpoint in (None, self.cloud.url):
                with self.subTest(f"{type(proxy).__name__}, {endpoint}"):
                    said = self.through(proxy.url(f"{USER}:wrong"), endpoint)
                    self.assert_said(said, "connect", "407|401", "proxy", str(proxy.port))

    def test_403(self):
        refuses = "Allow 192.0.2.1"  # tinyproxy
        for proxy in (Squid("http_access deny all"), Tinyproxy(refuses)):
            self.start(proxy)
            for endpoint in (None, self.cloud.url):
                with self.subTest(f"{type(proxy).__name__}, {endpoint}"):
                    self.assert_said(self.through(proxy.url(), endpoint), "connect", "403", "proxy", str(proxy.port))

    def test_certificate_of_a_proxy(self):
        proxy = self.start(Squid())
        said = self.through(proxy.tls_url(), ca_file="/etc/ssl/certs/ca-certificates.crt")
        self.assert_said(said, "tls", "certificate", "proxy", str(proxy.settings["tls_port"]))

    def test_a_password_that_socks_refuses(self):
        proxy = self.start(Microsocks())
        self.assert_said(self.through(proxy.url(f"{USER}:wrong")), "connect", "(?i)password|auth", str(proxy.port))

    def test_a_name_that_socks_does_not_know(self):
        proxy = self.start(Microsocks())
        said = self.through(proxy.url(f"{USER}:{PASSWORD}"), "https://nowhere.invalid")
        self.assert_said(said, "connect", "failed to connect to nowhere.invalid", str(proxy.port))

    def test_a_port_that_is_closed_behind_socks(self):
        proxy = self.start(Microsocks())
        said = self.through(proxy.url(f"{USER}:{PASSWORD}"), f"https://127.0.0.1:{free_port()}")
        self.assert_said(said, "connect", "(?i)refused", str(proxy.port))


if __name__ == "__main__":
    unittest.main()
