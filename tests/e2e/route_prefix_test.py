"""--web.external-url and --web.route-prefix: what the real program answers, and where."""

import contextlib
import os
import re
import socket
import subprocess
import unittest
import urllib.parse

from exporter import Exporter, Simulator

PATHS = ("metrics", "sd", "config", "api/v1/datasets", "-/healthy", "-/ready", "probe?project_id=p&dataset_id=ds-00000")


def config(url):
    return ("projects: [{project_id: p, region: r, endpoint: '%s', credentials: {token: t}, "
            "datasets: [{id: ds-00000}]}]\n" % url)  # fmt: skip


class RoutePrefixTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.cloud = stack.enter_context(Simulator())

    def serve(self, *flags):
        return self.enterContext(Exporter(config(self.cloud.url), *flags))

    def target(self, program, **headers):
        """The one target of /sd: its scheme, address and path."""
        path = next(path for path in ("/sd", "/modelarts/sd", "/inner/sd") if program.get(path).status == 200)
        (group,) = program.get(path, headers=headers).json()
        (address,) = group["targets"]
        return group["labels"].get("__scheme__"), address, group["labels"]["__metrics_path__"]

    def follow(self, program, path):
        reply = program.get(path)
        return reply.status, reply.headers["Location"]

    def test_answers_at_the_root_without_them(self):
        program = self.serve()

        for path in PATHS:
            self.assertEqual(program.get(f"/{path}").status, 200, path)
        self.assertEqual(self.target(program), (None, program.address, "/probe"))

    def test_takes_the_path_of_the_url_for_the_prefix(self):
        program = self.serve("--web.external-url=https://Example.org/modelarts/", "--web.enable-lifecycle")

        for path in PATHS:
            self.assertEqual(program.get(f"/modelarts/{path}").status, 200, path)
            self.assertEqual(program.get(f"/{path}").status, 404, path)
        self.assertEqual(program.get("/modelarts/-/reload", method="POST").status, 200)
        self.assertEqual(program.get("/-/reload", method="POST").status, 404)
        self.assertEqual(self.target(program), ("https", "example.org", "/modelarts/probe"))
        self.assertEqual(self.follow(program, "/"), (302, "https://example.org/modelarts/"))
        self.assertEqual(self.follow(program, "/modelarts"), (302, "/modelarts/"))
        self.assertEqual(self.follow(program, "/modelarts/"), (200, None))

    def test_answers_at_the_root_where_a_proxy_takes_the_path_away(self):
        program = self.serve("--web.external-url=http://example.org:8080/modelarts", "--web.route-prefix=/")

        for path in PATHS:
            self.assertEqual(program.get(f"/{path}").status, 200, path)
        self.assertEqual(program.get("/modelarts/").status, 404)
        self.assertEqual(self.follow(program, "/"), (200, None))
        self.assertEqual(self.target(program), ("http", "example.org:8080", "/modelarts/probe"))

    def test_takes_a_prefix_without_a_url(self):
        program = self.serve("--web.route-prefix=modelarts/")

        self.assertEqual(program.get("/modelarts/metrics").status, 200)
        self.assertEqual(self.follow(program, "/"), (302, "/modelarts/"))
        self.assertEqual(self.follow(program, "/modelarts"), (302, "/modelarts/"))
        self.assertEqual(self.target(program), (None, program.address, "/modelarts/probe"))

    def test_keeps_a_prefix_of_its_own_from_clients(self):
        program = self.serve("--web.external-url=https://example.org/outer", "--web.route-prefix=/inner")

        self.assertEqual(program.get("/inner/metrics").status, 200)
        self.assertEqual(program.get("/outer/metrics").status, 404)
        self.assertEqual(self.follow(program, "/"), (302, "https://example.org/outer/"))
        self.assertEqual(self.follow(program, "/inner"), (302, "/outer/"))
        self.assertEqual(self.target(program), ("https", "example.org", "/outer/probe"))

    def test_puts_the_prefix_before_the_path_of_the_metrics_too(self):
        program = self.serve("--web.route-prefix=/modelarts", "--web.telemetry-path=/m")

        self.assertEqual(program.get("/modelarts/m").status, 200)
        page = program.get("/modelarts/").text
        links = [urllib.parse.urljoin("/modelarts/", link) for link in re.findall(r'<a href="?([^" >]+)', page)]
        self.assertIn("/modelarts/m", links)
        for link in links:
            self.assertEqual(program.get(link).status, 200, link)

    def test_believes_nothing_that_a_client_says_of_a_proxy(self):
        lies = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/evil",
                "X-Forwarded-Port": "1", "X-Forwarded-For": "192.0.2.1", "X-Original-URL": "/config",
                "X-Rewrite-URL": "/config", "Forwarded": "host=evil.example;proto=https"}  # fmt: skip
        plain = self.serve()
        below = self.serve("--web.external-url=https://example.org/modelarts")

        self.assertEqual(self.target(plain, **lies), (None, plain.address, "/probe"))
        self.assertEqual(self.target(below, **lies, Host="evil.example"), ("https", "example.org", "/modelarts/probe"))
        for path in ("/", "/modelarts"):
            self.assertNotIn("evil", below.get(path, headers=lies).headers["Location"])
        self.assertEqual(below.get("/modelarts/sd", headers={**lies, "Host": "not a host"}).status, 200)

    def test_guards_the_redirects_with_the_password(self):
        program = self.serve("--web.route-prefix=/modelarts")
        web = os.path.join(program.config_folder.name, "web.yml")
        with open(web, "w", encoding="utf-8") as file:
            file.write("basic_auth_users: {u: $2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW}\n")
        program = self.serve("--web.route-prefix=/modelarts", "--web.config.file", web)

        for path in ("/", "/modelarts", "/modelarts/", "/-/healthy"):
            self.assertEqual(program.get(path).status, 401, path)
        for path in ("/modelarts/-/healthy", "/modelarts/-/ready"):
            self.assertEqual(program.get(path).status, 200, path)

    def test_checks_the_health_below_the_prefix(self):
        program = self.serve("--web.external-url=https://example.org/modelarts")

        def check(*flags):
            return subprocess.run([os.environ["MODELARTS_EXPORTER"], "--health.check", "--web.listen-address",
                                   program.address, *flags], timeout=60).returncode  # fmt: skip

        self.assertEqual(check("--web.external-url=https://example.org/modelarts"), 0)
        self.assertEqual(check("--web.route-prefix=/modelarts"), 0)
        self.assertEqual(check(), 1)

    def test_answers_a_bare_check_of_haproxy_at_the_root(self):
        for flags in ((), ("--web.route-prefix=/modelarts",)):
            host, port = self.serve(*flags).address.rsplit(":", 1)
            with socket.create_connection((host, int(port)), timeout=60) as line:
                line.sendall(b"OPTIONS / HTTP/1.0\r\n\r\n")
                reply = line.makefile("rb").read()
            self.assertIn(b" 200 OK\r\n", reply)
            self.assertIn(b"\r\nAllow: GET, HEAD, OPTIONS\r\n", reply)
            self.assertTrue(reply.endswith(b"\r\n\r\n"))


if __name__ == "__main__":
    unittest.main()
