"""Proxies on the way to a cloud. USER and PASSWORD are what they want where `password`
is set; `rules` are more lines of their configurations."""

from intermediary import WAIT, Intermediary, free_port, run

USER, PASSWORD = "exporter", "proxy-pass"


class Proxy(Intermediary):
    scheme = "http"

    def __init__(self, rules="", **settings):
        super().__init__(rules=rules, **settings)

    def url(self, credentials=""):
        """Of the proxy, with `credentials` as `user:password`."""
        return f"{self.scheme}://{credentials}{'@' if credentials else ''}{self.address}"


class Squid(Proxy):
    template = "squid.conf"
    ALLOW = "http_access allow all"

    def __init__(self, rules=ALLOW, password=False):
        super().__init__(rules, tls_port=free_port())
        if password:
            with open(self.file("passwords"), "w", encoding="ascii") as file:
                file.write(f"{USER}:{run('openssl', 'passwd', '-apr1', PASSWORD).strip()}\n")
            helper = f"auth_param basic program /usr/lib/squid/basic_ncsa_auth {self.file('passwords')}\n"
            asks = "acl known proxy_auth REQUIRED\nhttp_access allow known\nhttp_access deny all"
            self.settings["rules"] = helper + "auth_param basic realm office\n" + asks

    def command(self):
        # The name is that of its shared memory, which it would share with others.
        return ["/usr/sbin/squid", "-N", "-n", f"test{self.port}", "-f", self.configuration]

    def stop(self):
        """So that it takes its shared memory away."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=WAIT)
        super().stop()

    def tls_url(self):
        return f"https://127.0.0.1:{self.settings['tls_port']}"

    def requests(self):
        """A line for each request that it saw."""
        with open(self.file("access.log"), encoding="utf-8") as log:
            return log.read().splitlines()


class Tinyproxy(Proxy):
    template = "tinyproxy.conf"

    def __init__(self, rules="", password=False):
        super().__init__(rules + (f"\nBasicAuth {USER} {PASSWORD}" if password else ""))

    def command(self):
        return ["/usr/bin/tinyproxy", "-d", "-c", self.configuration]


class Microsocks(Proxy):
    """SOCKS 5 with a password."""

    scheme = "socks5h"
    environment = {"RES_OPTIONS": "timeout:1 attempts:1"}  # Where no name server answers.

    def command(self):
        return ["/usr/bin/microsocks", "-i", "127.0.0.1", "-p", str(self.port), "-u", USER, "-P", PASSWORD]
