"""An exporter whose datasets discovery lists, and what very many of them cost."""

import concurrent.futures
import contextlib
import gzip
import http.client
import re
import statistics
import time

from contenders import PROJECT, BareLoop, Scrape, cpu_seconds, measure, status_urls
from exporter import Exporter, Simulator
from report import Bound

PAGE = 100  # Datasets on a page of the list.


def status(pid, what):
    """A number of /proc/PID/status: of KiB, or of threads."""
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        return int(re.search(rf"{what}:\s+(\d+)", lines.read())[1])


class Listed:
    """It is ready. `seconds` is how long that took."""

    def __init__(self, url, datasets, at_once=64):
        begin = time.monotonic()
        self.exporter = Exporter("\n".join([
            f"scrape: {{concurrency: {at_once}, timeout: 5m}}",
            "projects:",
            f'  - project_id: "{PROJECT}"',
            f"    endpoint: {url}",
            "    http: {timeout: 60s}",
            "    credentials: {token: t}",
            "    discovery: {refresh_interval: 1h}",
        ]) + "\n")
        self.pid = self.exporter.process.pid
        while self.exporter.get("/-/ready").status != 200:
            time.sleep(0.02)
        self.seconds = time.monotonic() - begin
        self.datasets = datasets

    def round(self):
        return measure(self.pid, self.fetch, self.check)

    def fetch(self):
        """When the answer began, in seconds, and its body."""
        line = http.client.HTTPConnection(self.exporter.address, timeout=300)
        begin = time.monotonic()
        line.request("GET", "/metrics", headers={"Accept-Encoding": "gzip"})
        answer = line.getresponse()
        first = answer.read(1)
        took = time.monotonic() - begin
        body = first + answer.read()
        line.close()
        return took, body

    def check(self, fetched):
        good = gzip.decompress(fetched[1]).count(b"\nmodelarts_dataset_query_success{")
        assert good == self.datasets, f"{good} datasets"
        return len(fetched[1])

    def scrape(self):
        """How long after the last query ended the answer began, in seconds."""
        took, body = self.fetch()
        text = gzip.decompress(body)
        return took - float(re.search(rb"\nmodelarts_scrape_duration_seconds (\S+)", text)[1])

    def scrape_twice(self):
        """Two scrapers at the same time."""
        with concurrent.futures.ThreadPoolExecutor(2) as scrapers:
            for done in [scrapers.submit(self.scrape) for _ in range(2)]:
                done.result()

    def probe_cpu(self, times=500):
        """Of one probe of the last dataset, in seconds."""
        path = f"/probe?project_id={PROJECT}&dataset_id=ds-{self.datasets - 1:05d}"
        self.exporter.get(path)
        begin = cpu_seconds(self.pid)
        for _ in range(times):
            answer = self.exporter.get(path)
        assert "modelarts_dataset_query_success" in answer.text, answer.text
        return (cpu_seconds(self.pid) - begin) / times

    def stop(self):
        self.exporter.__exit__(None, None, None)


def seconds_to_list(url, datasets):
    """What a bare loop takes for the same pages, one after the other, as the list wants it."""
    pages = range(datasets // PAGE + 1)
    loop = BareLoop([f"{url}/v2/{PROJECT}/datasets?limit={PAGE}&offset={page}" for page in pages], 1, form="raw")
    try:
        return loop.round().wall_s
    finally:
        loop.stop()


def measure_listed(listed, middle, at_once, rounds, others):
    """({contender: [Cost]}, [Bound]) of `listed` datasets, beside `middle` that are configured. `others`: with a
    bare loop."""
    with (Simulator("--datasets", "10") as small, Simulator("--datasets", str(max(listed, middle))) as cloud,
          contextlib.ExitStack() as ends):
        few, many = Listed(small.url, 10, at_once), Listed(cloud.url, listed, at_once)
        contenders = {f"exporter with gzip, {middle} beside": Scrape(cloud.url, middle, at_once, compressed=True),
                      f"exporter with gzip, {listed} at 0 ms": many}
        if others:
            contenders[f"bare loop, {listed} at 0 ms"] = BareLoop(status_urls(cloud.url, listed), at_once)
        for one in (few, *contenders.values()):
            ends.callback(one.stop)
            one.round()
        costs = {name: [] for name in contenders}
        for _ in range(rounds):
            for name, one in contenders.items():
                costs[name].append(one.round())
        held = (status(many.pid, "VmRSS") - status(few.pid, "VmRSS")) * 1024 / (listed - 10)
        pages = seconds_to_list(cloud.url, listed)
    per_dataset = [b.cpu_s / listed / (a.cpu_s / middle) for a, b, *_ in zip(*costs.values())]
    return costs, [
        Bound(f"CPU per dataset at {listed:,} against {middle:,}", statistics.median(per_dataset), 1.1),
        Bound("memory for a dataset between scrapes", held, 1000, " bytes"),
        Bound(f"start until ready, {listed:,} datasets listed, against a bare loop over the pages",
              many.seconds / pages, 2),
    ]
