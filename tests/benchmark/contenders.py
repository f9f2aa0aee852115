"""The programs that are measured. Each does rounds over the same datasets of the
same simulator, and says what a round cost."""

import dataclasses
import gzip
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from exporter import Exporter, Program  # noqa: E402

PROJECT = f"{0:032x}"
BLACKBOX = "prometheus-blackbox-exporter"


@dataclasses.dataclass
class Cost:
    """Of one round."""
    wall_s: float
    cpu_s: float
    peak_kib: int  # Of the process since it began.
    bytes: int


def cpu_seconds(pid):
    """utime + stime of all threads of `pid`, but in nanoseconds and not in ticks
    of 10 ms, which is what a whole scrape takes."""
    return time.clock_gettime((~pid << 3) | 2)  # MAKE_PROCESS_CPUCLOCK(pid, SCHED)


def peak_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmHWM:\s+(\d+)", status.read())[1])


def status_urls(cloud_url, datasets):
    return [f"{cloud_url}/v2/{PROJECT}/datasets/ds-{i:05d}/sync-data/status"
            for i in range(datasets)]


def measure(pid, work, check, times=1):
    """Calls `work` so often; the cost of one time. `check` gets what it returned
    last, when the clocks have stopped, and says how many bytes that are."""
    cpu, wall = cpu_seconds(pid), time.monotonic()
    for _ in range(times):
        result = work()
    wall, cpu = time.monotonic() - wall, cpu_seconds(pid) - cpu
    return Cost(wall / times, cpu / times, peak_kib(pid), check(result))


def exporter_config(url, datasets, at_once, scrape="", credentials="token: t", http=""):
    lines = [
        f"scrape: {{concurrency: {at_once}, timeout: 5m{', ' + scrape if scrape else ''}}}",
        "projects:",
        f'  - project_id: "{PROJECT}"',
        f"    endpoint: {url}",
        f"    http: {{timeout: 60s{', ' + http if http else ''}}}",
        f"    credentials: {{{credentials}}}",
        "    datasets:",
        *(f"      - {{id: ds-{i:05d}}}" for i in range(datasets)),
    ]
    return "\n".join(lines) + "\n"


class Scrape:
    """The exporter, scraped as Prometheus does; where the answer is not to be
    `compressed`, without its Accept-Encoding."""

    def __init__(self, url, datasets, at_once=64, times=1, compressed=False, **config):
        self.datasets, self.times = datasets, times
        self.headers = {"Accept-Encoding": "gzip"} if compressed else {}
        self.exporter = Exporter(exporter_config(url, datasets, at_once, **config))

    def round(self):
        return measure(self.exporter.process.pid, self.scrape, self.check, self.times)

    def scrape(self):
        return self.exporter.get("/metrics", self.headers, timeout=300)

    def check(self, answer):
        body = gzip.decompress(answer.body) if self.headers else answer.body
        good = body.count(b"\nmodelarts_dataset_query_success{")
        failed = body.count(b"\nmodelarts_dataset_query_failure{")
        if answer.status != 200 or good != self.datasets or failed != 0:
            raise AssertionError(f"a bad scrape: {good} datasets, {failed} failed")
        return len(answer.body)

    def stop(self):
        self.exporter.__exit__(None, None, None)


class Probes:
    """The exporter, probed for one dataset after the other of the many that it has, so many at once, each on a connection
    that stays: the cost is that of one probe."""

    def __init__(self, url, datasets, probes=500, at_once=1):
        self.probes = probes
        self.exporter = Exporter(exporter_config(url, datasets, at_once=64), "--web.max-requests", "0")
        probe = f"http://{self.exporter.address}/probe?project_id={PROJECT}&dataset_id=ds-"
        step = max(1, datasets // probes)
        self.client = BareLoop([f"{probe}{i * step % datasets:05d}" for i in range(probes)], at_once, form="raw")

    def round(self):
        cost = measure(self.exporter.process.pid, self.client.fetch, self.client.check)
        return dataclasses.replace(cost, wall_s=cost.wall_s / self.probes, cpu_s=cost.cpu_s / self.probes,
                                   bytes=cost.bytes // self.probes)

    def stop(self):
        self.client.stop()
        self.exporter.__exit__(None, None, None)


class BareLoop:
    """bare_loop.cc over `urls`."""

    def __init__(self, urls, at_once=64, times=1, form="json"):
        self.count, self.times = len(urls), times
        self.file = tempfile.NamedTemporaryFile("w", suffix=".urls")
        self.file.write("\n".join(urls) + "\n")
        self.file.flush()
        self.process = subprocess.Popen(
            [os.environ["BARE_LOOP"], self.file.name, str(min(at_once, len(urls))), form],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def round(self):
        return measure(self.process.pid, self.fetch, self.check, self.times)

    def fetch(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def check(self, line):
        answers, size = map(int, line.split())
        if answers != self.count:
            raise AssertionError(f"{answers} of {self.count} answers are good")
        return size

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()
        self.file.close()


class Blackbox:
    """Debian's blackbox_exporter, one probe for each of `urls`. The probes are
    asked for by a bare loop, since a client in Python would need more of the
    machine than what it measures."""

    def __init__(self, urls, at_once=64, times=1):
        self.times = times
        self.program = BlackboxProgram()
        target = f"http://{self.program.address}/probe?module=http&target="
        self.client = BareLoop([target + url for url in urls], at_once, form="raw")

    def round(self):
        return measure(self.program.process.pid, self.client.fetch,
                       self.client.check, self.times)

    def stop(self):
        self.client.stop()
        self.program.stop()


class BlackboxProgram(Program):
    CONFIG = "modules: {http: {prober: http, timeout: 60s, http: {preferred_ip_protocol: ip4}}}\n"

    def __init__(self):
        self.config = tempfile.NamedTemporaryFile("w", suffix=".yml")
        self.config.write(self.CONFIG)
        self.config.flush()
        with socket.create_server(("127.0.0.1", 0)) as free:  # It cannot pick one itself.
            address = f"127.0.0.1:{free.getsockname()[1]}"
        super().__init__(
            [BLACKBOX, "--config.file", self.config.name, "--web.listen-address", address],
            r"address=(127\S+)")


class Wrk:
    """wrk at full speed for a second. What that costs for as many requests as
    there are `urls` stands for a round."""

    SECONDS = 1

    def __init__(self, urls, at_once=64):
        self.urls = urls
        self.at_once = min(at_once, len(urls))
        self.file = tempfile.NamedTemporaryFile("w", suffix=".urls")
        self.file.write("\n".join(urls) + "\n")
        self.file.flush()

    def round(self):
        script = pathlib.Path(__file__).with_name("wrk.lua")
        process = subprocess.Popen(
            ["wrk", "-t", "1", "-c", str(self.at_once), "-d", str(self.SECONDS),
             "-s", str(script), self.urls[0], "--", self.file.name],
            stdout=subprocess.PIPE, text=True)
        out = process.stdout.read()
        process.stdout.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        requests, microseconds, size, errors = map(
            int, re.search(r"summary (\d+) (\d+) (\d+) (\d+)", out).groups())
        if process.returncode != 0 or requests == 0 or errors > 0:
            raise AssertionError(f"wrk: {out}")
        share = len(self.urls) / requests
        return Cost(microseconds / 1e6 * share, (usage.ru_utime + usage.ru_stime) * share,
                    usage.ru_maxrss, int(size * share))

    def stop(self):
        self.file.close()
