"""Gateways, as they stand before a cloud: TLS outside, plain HTTP to the simulator."""

import json
import signal
import urllib.request

from intermediary import Intermediary, free_port


class Gateway(Intermediary):
    """`http2` is whether it offers HTTP/2; `idle_seconds` after which it closes a
    connection that nothing is asked on. More of the configuration: `http` and `server`
    of nginx, `server` of Apache, `bind` of HAProxy."""

    def __init__(self, cloud, http2=True, idle_seconds=60, **settings):
        host, port = cloud.address.rsplit(":", 1)
        backend = {"backend": cloud.address, "backend_host": host, "backend_port": port}
        more = {"http": "", "server": "", "bind": "", "workers": 2, **settings}
        super().__init__(idle_seconds=idle_seconds, admin_port=free_port(), **backend, **more)
        self.choose_protocols(http2)
        self.url = f"https://127.0.0.1:{self.port}"

    reload_seconds = 0.7  # Between reloads; the exporter stands that.

    def choose_protocols(self, http2):
        raise NotImplementedError

    def reload(self):
        """The same configuration again, as its administrator would."""
        self.process.send_signal(self.reload_signal)


class Nginx(Gateway):
    template = "nginx.conf"
    reload_signal = signal.SIGHUP

    def choose_protocols(self, http2):
        self.settings["protocols"] = "http2" if http2 else ""

    def command(self):
        return ["/usr/sbin/nginx", "-p", self.folder.name, "-e", "error.log", "-c", self.configuration]


class HAProxy(Gateway):
    template = "haproxy.cfg"
    reload_signal = signal.SIGUSR2

    def choose_protocols(self, http2):
        self.settings["protocols"] = "h2,http/1.1" if http2 else "http/1.1"

    def command(self):
        return ["/usr/sbin/haproxy", "-W", "-f", self.configuration]


class Apache(Gateway):
    template = "apache.conf"
    reload_signal = signal.SIGUSR1

    def choose_protocols(self, http2):
        self.settings["protocols"] = "h2 http/1.1" if http2 else "http/1.1"

    def command(self):
        return ["/usr/sbin/apache2", "-f", self.configuration, "-D", "FOREGROUND"]


class Lighttpd(Gateway):
    template = "lighttpd.conf"
    reload_signal = signal.SIGUSR1
    # While streams of HTTP/2 are in hand, up to its next full second, it accepts nobody.
    reload_seconds = 3

    def choose_protocols(self, http2):
        self.settings["http2"] = "enable" if http2 else "disable"

    def command(self):
        return ["/usr/sbin/lighttpd", "-D", "-f", self.configuration]


class Caddy(Gateway):
    template = "caddy.json"

    def choose_protocols(self, http2):
        self.settings["protocols"] = json.dumps(["h1", "h2"] if http2 else ["h1"])

    def command(self):
        return ["/usr/bin/caddy", "run", "--config", self.configuration]

    def reload(self):
        with open(self.configuration, "rb") as file:
            body = file.read()
        headers = {"Content-Type": "application/json", "Cache-Control": "must-revalidate"}
        url = f"http://127.0.0.1:{self.settings['admin_port']}/load"
        urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30).close()


ALL = [Nginx, HAProxy, Apache, Lighttpd, Caddy]
