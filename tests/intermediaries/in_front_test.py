"""docs/reverse-proxy.md: its configurations of nginx, Caddy and HAProxy in front of the
exporter, with other ports and files."""

import base64
import contextlib
import gzip
import http.client
import http.server
import json
import pathlib
import re
import shutil
import ssl
import tempfile
import threading
import unittest
import urllib.parse

from behind import Exporter, Simulator, config
from intermediary import CERTIFICATES, Intermediary, free_port, run, wait_until

PAGE = pathlib.Path(__file__).resolve().parents[2].joinpath("docs/reverse-proxy.md").read_text(encoding="utf-8")
USER = ("prometheus", "your-password")
DATASETS = 3



def block(language, title):
    """The block that begins with the comment `title`, or with that text."""
    (text,) = re.findall(rf"(?ms)^```{language}\n((?:# )?{re.escape(title)}.*?)^```$", PAGE)
    return text


class Front(Intermediary):
    """One of the page's configurations, of which `replaced` says what differs here."""

    replaced = {}

    def __init__(self, exporter, text):
        super().__init__()
        # A name of this machine, and what its certificate is for.
        self.host = f"localhost:{self.port}"
        files = {"modelarts.crt": CERTIFICATES.certificate, "modelarts.key": CERTIFICATES.key,
                 "modelarts.pem": CERTIFICATES.both, "modelarts.htpasswd": self.file("htpasswd")}  # fmt: skip
        text = re.sub(r"/etc/\w+/(modelarts\.\w+)", lambda path: files[path[1]], text)
        for old, new in {"127.0.0.1:10877": exporter, **self.replaced}.items():
            if old not in text:
                raise AssertionError(f"the page's configuration has no {old}")
            text = text.replace(old, new.format(port=self.port))
        self.text = text

    def start(self):
        pathlib.Path(self.configuration).write_text(self.frame(self.text), encoding="utf-8")
        (sha512,) = set(re.findall(r"password (\$6\$\S+)", PAGE))
        pathlib.Path(self.file("htpasswd")).write_text(f"{USER[0]}:{sha512}\n", encoding="ascii")
        return super().start()

    def ask(self, path, user=USER, **headers):
        trust = ssl.create_default_context(cafile=CERTIFICATES.ca)
        line = http.client.HTTPSConnection(self.host, timeout=60, context=trust)
        if user:
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(user).encode()).decode()
        with contextlib.closing(line):
            line.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            reply = line.getresponse()
            reply.text = reply.read()
            return reply


class Nginx(Front):
    replaced = {"listen 443": "listen 127.0.0.1:{port}"}

    def frame(self, text):
        """What Debian's nginx.conf has around it, without its folders."""
        paths = "".join(f"{name}_temp_path {name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return f"daemon off;\npid nginx.pid;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}{text}}}\n"

    def command(self):
        return ["/usr/sbin/nginx", "-p", self.folder.name, "-e", "error.log", "-c", self.configuration]


class Caddy(Front):
    replaced = {"modelarts.example.org": "localhost:{port}"}
    environment = {"XDG_DATA_HOME": "data", "XDG_CONFIG_HOME": "config"}

    def frame(self, text):
        return f"{{\n  admin off\n  auto_https disable_redirects\n  default_bind 127.0.0.1\n}}\n{text}"

    def command(self):
        return ["/usr/bin/caddy", "run", "--adapter", "caddyfile", "--config", self.configuration]


class HAProxy(Front):
    replaced = {"bind :443": "bind 127.0.0.1:{port}"}

    def frame(self, text):
        return text

    def command(self):
        return ["/usr/sbin/haproxy", "-W", "-f", self.configuration]


class Recorder(http.server.BaseHTTPRequestHandler):
    """What stands in the exporter's place, to see what reaches it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/metrics":
            self.server.seen.append(self.headers)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class InFront:
    """The same for each of them; `front` makes it, of the block that `block` names."""

    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cloud = stack.enter_context(Simulator("--datasets", str(DATASETS)))
        cls.exporter = stack.enter_context(Exporter(config(cloud.url, DATASETS)))
        cls.proxy = stack.enter_context(cls.front(cls.exporter.address, block(*cls.block)))

    def test_asks_for_the_password(self):
        for user in (None, ("prometheus", "another"), ("other", "your-password")):
            for path in ("/", "/metrics", "/sd", "/api/v1/datasets", "/config", "/-/reload", "/-/healthy/more", "/-/ready1"):
                self.assertEqual(self.proxy.ask(path, user).status, 401, path)

    def test_lets_nobody_around_it(self):
        for path in ("/-/healthy/../../metrics", "/metrics/../-/healthy", "//-/healthy", "/-/healthy%2f..%2f..%2fmetrics",
                     "/-/healthy%00", "/-/%68ealthy/%2e%2e/%2e%2e/metrics", "/metrics;/-/healthy", "/metrics?/-/healthy",
                     "/metrics%3f/-/healthy"):  # fmt: skip
            reply = self.proxy.ask(path, None)
            self.assertNotIn(b"modelarts_dataset", reply.text, path)
            self.assertNotEqual((reply.status, reply.text), (200, b""), path)

    def test_asks_for_none_where_the_exporter_asks_for_none(self):
        for path in ("/-/healthy", "/-/ready"):
            self.assertEqual(self.proxy.ask(path, None).status, 200, path)

    def test_hands_a_scrape_through_as_it_is(self):
        reply = self.proxy.ask("/metrics", Accept_Encoding="gzip", X_Prometheus_Scrape_Timeout_Seconds="7.5",
                               Accept="application/openmetrics-text; version=1.0.0")
        self.assertEqual((reply.status, reply.getheader("Content-Encoding")), (200, "gzip"))
        self.assertIn("application/openmetrics-text; version=1.0.0", reply.getheader("Content-Type"))
        text = gzip.decompress(reply.text).decode()
        self.assertIn("\nmodelarts_scrape_timeout_seconds 7\n", text)
        self.assertEqual(len(re.findall(r"(?m)^modelarts_dataset_query_success\{.*\} 1$", text)), DATASETS)
        self.assertTrue(text.endswith("# EOF\n"))

    def test_keeps_the_page_closed(self):
        reply = self.proxy.ask("/")
        self.assertIn("default-src 'none'", reply.getheader("Content-Security-Policy"))
        self.assertIn(b"<html", reply.text)

    def test_names_targets_as_prometheus_reaches_them(self):
        groups = json.loads(self.proxy.ask("/sd").text)
        self.assertEqual({target for group in groups for target in group["targets"]}, {self.proxy.host})
        labels = groups[0]["labels"]
        query = urllib.parse.urlencode({name.removeprefix("__param_"): value for name, value in labels.items()
                                        if name.startswith("__param_")})
        reply = self.proxy.ask(f"{labels['__metrics_path__']}?{query}")
        self.assertIn(b"modelarts_dataset_query_success{", reply.text)

    def test_hands_no_password_on(self):
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as server:
            server.seen = []
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                address = f"127.0.0.1:{server.server_port}"
                with self.front(address, block(*self.block)) as proxy:
                    wait_until(lambda: proxy.ask("/metrics").status == 200, "its first answer")
            finally:
                server.shutdown()
                thread.join()
            self.assertIsNone(server.seen[-1]["Authorization"])
            self.assertEqual(server.seen[-1]["Host"], proxy.host)

    def test_says_that_the_exporter_is_away_and_sees_it_back(self):
        port = free_port()
        with self.front(f"127.0.0.1:{port}", block(*self.block)) as proxy:
            wait_until(lambda: proxy.ask("/metrics").status in (502, 503), "that it is away")
            with http.server.ThreadingHTTPServer(("127.0.0.1", port), Recorder) as server:
                server.seen = []
                thread = threading.Thread(target=server.serve_forever)
                thread.start()
                try:
                    wait_until(lambda: proxy.ask("/metrics").status == 200, "that it is back")
                finally:
                    server.shutdown()
                    thread.join()


class BelowAPath:
    """The same below /modelarts, by the URL that the page tells the exporter."""

    flags = ()

    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cloud = stack.enter_context(Simulator("--datasets", str(DATASETS)))
        address = f"127.0.0.1:{free_port()}"
        front = cls.front(address, cls.configuration())
        (url,) = re.findall(r"(?m)^ARGS=.*--web.external-url=(\S+)\"$", PAGE)
        cls.url = url.replace("modelarts.example.org", front.host)
        flags = ["--web.listen-address", address, "--web.external-url", cls.url, *cls.flags]
        stack.enter_context(Exporter(config(cloud.url, DATASETS), *flags))
        cls.proxy = stack.enter_context(front)

    def at(self, reference):
        """The path at which the proxy is asked for what the page at the URL refers to."""
        url = urllib.parse.urlsplit(urllib.parse.urljoin(self.url + "/", reference))
        self.assertEqual((url.scheme, url.netloc), ("https", self.proxy.host), reference)
        self.assertTrue(url.path.startswith("/modelarts/"), reference)
        return url.path

    def test_asks_for_the_password(self):
        for path in ("", "metrics", "sd", "config", "-/reload", "-/healthy/more"):
            self.assertEqual(self.proxy.ask(f"/modelarts/{path}", None).status, 401, path)

    def test_has_links_that_lead_somewhere(self):
        page = self.proxy.ask("/modelarts/")
        self.assertEqual(page.status, 200)
        links = re.findall(r'<a href="?([^" >]+)', page.text.decode())
        self.assertGreater(len(links), 2)
        for link in links:
            self.assertEqual(self.proxy.ask(self.at(link)).status, 200, link)

    def test_leads_to_the_page(self):
        reply = self.proxy.ask("/modelarts")
        if reply.status == 301:  # nginx's own, of the host that it knows by name.
            self.assertEqual(urllib.parse.urlsplit(reply.getheader("Location")).path, "/modelarts/")
            return
        self.assertEqual(reply.status, 302)
        self.assertEqual(self.at(reply.getheader("Location")), "/modelarts/")

    def test_names_targets_as_prometheus_reaches_them(self):
        groups = json.loads(self.proxy.ask("/modelarts/sd", X_Forwarded_Host="evil.example").text)
        self.assertEqual(len(groups), DATASETS)
        for group in groups:
            labels = group["labels"]
            query = urllib.parse.urlencode({name.removeprefix("__param_"): value for name, value in labels.items()
                                            if name.startswith("__param_")})
            (address,) = group["targets"]
            path = self.at(f"{labels['__scheme__']}://{address}{labels['__metrics_path__']}")
            self.assertIn(b"modelarts_dataset_query_success{", self.proxy.ask(f"{path}?{query}").text)


class OnItsWay:
    """The proxy hands the path on."""

    def test_asks_for_none_where_the_exporter_asks_for_none(self):
        for path in ("/modelarts/-/healthy", "/modelarts/-/ready"):
            self.assertEqual(self.proxy.ask(path, None).status, 200, path)


class NginxTest(InFront, unittest.TestCase):
    front, block = Nginx, ("nginx", "/etc/nginx/")


class NginxBelowTest(BelowAPath, OnItsWay, unittest.TestCase):
    front = Nginx

    @staticmethod
    def configuration():
        server, _ = block("nginx", "/etc/nginx/").split("  location / {")
        return server + block("nginx", "nginx, in the place of") + "}\n"


class NginxTakingThePathTest(BelowAPath, unittest.TestCase):
    front, flags = Nginx, ("--web.route-prefix=/",)

    @staticmethod
    def configuration():
        server, _ = block("nginx", "/etc/nginx/").split("  location / {")
        return server + block("nginx", "nginx, taking the path away") + "}\n"


class CaddyTest(InFront, unittest.TestCase):
    front, block = Caddy, ("caddyfile", "/etc/caddy/")


class CaddyBelowTest(BelowAPath, OnItsWay, unittest.TestCase):
    front = Caddy

    @staticmethod
    def configuration():
        site, _ = block("caddyfile", "/etc/caddy/").split("  @guarded")
        return site + block("caddyfile", "Caddy, from the line") + "}\n"


class HAProxyTest(InFront, unittest.TestCase):
    front, block = HAProxy, ("haproxy", "/etc/haproxy/")

    def test_finds_it_well_by_a_bare_check(self):
        text = block(*self.block).replace("option httpchk GET /-/healthy", "option httpchk")
        text = text.replace(" check\n", " check inter 100 fall 1\n")

        def checks():
            """How many checks the exporter has answered. Nobody else here asks for "/"."""
            counts = re.findall(r'(?m)^modelarts_exporter_http_requests_total\{.*handler="index".*\} (\d+)$',
                                exporter.get("/metrics").text)
            return sum(map(int, counts))

        with Exporter(config("http://127.0.0.1:9", 1)) as exporter, self.front(exporter.address, text) as proxy:
            wait_until(lambda: checks() > 2, "three checks")
            self.assertEqual(proxy.ask("/metrics").status, 200)


class HAProxyBelowTest(BelowAPath, OnItsWay, unittest.TestCase):
    front = HAProxy

    @staticmethod
    def configuration():
        text = block("haproxy", "/etc/haproxy/")
        for line in block("haproxy", "HAProxy, in the place of").splitlines()[1:]:
            # "acl open", "use_backend" in the place of "default_backend", "option httpchk".
            name = {"use_backend": "default_backend"}.get(line.split()[0], " ".join(line.split()[:2]))
            text, replaced = re.subn(rf"(?m)^  {re.escape(name)}.*$", lambda _, line=line: f"  {line}", text)
            assert replaced == 1, line
        return text


class PageTest(unittest.TestCase):
    def test_has_no_other_proxy(self):
        languages = set(re.findall(r"(?m)^```(\w+)$", PAGE))
        self.assertEqual(languages - {"yaml", "ini"}, {"nginx", "caddyfile", "haproxy"})

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_tells_prometheus_what_it_takes(self):
        blocks = re.findall(r"(?ms)^```yaml\n(.*?)^```$", PAGE)
        self.assertEqual(len(blocks), 2)
        for text in blocks:
            with tempfile.TemporaryDirectory() as folder:
                pathlib.Path(folder, "prometheus.yml").write_text(text, encoding="utf-8")
                pathlib.Path(folder, "password").write_text("x", encoding="utf-8")
                run("promtool", "check", "config", "prometheus.yml", cwd=folder)


if __name__ == "__main__":
    unittest.main()
