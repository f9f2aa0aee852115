"""Measures two builds of the exporter in turn, and says whether the later one is
worse: `tests/benchmark/run.sh --before EXPORTER` builds and calls it."""

import argparse
import contextlib
import os
import pathlib
import statistics
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "intermediaries"))

from contenders import Scrape
from listed import Listed, seconds_to_list, status
from gateways import HAProxy, Nginx
from intermediary import CERTIFICATES, connections
from report import Bound, machine, markdown, number
from exporter import Simulator
from run import AT_ONCE, certificate

SLOWER = 1.03


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", required=True, help="the exporter of the earlier build")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of a number, at least 2")
    parser.add_argument("--sizes", default="1000,10000", help="datasets")
    parser.add_argument("--listed", type=int, default=100000, help="datasets that discovery lists")
    parser.add_argument("--report-only", action="store_true", help="end with 0 although the later one is worse")
    return parser.parse_args()


class Build:
    def __init__(self, name, binary):
        self.name, self.binary = name, os.path.abspath(binary)

    @contextlib.contextmanager
    def running(self, contender, *arguments, **options):
        os.environ["MODELARTS_EXPORTER"] = self.binary
        one = contender(*arguments, **options)
        try:
            yield one
        finally:
            one.stop()


class Table:
    """What was measured of both builds: rows for people, and the bounds."""

    def __init__(self):
        self.rows, self.bounds = [], []

    def compare(self, what, pairs, limit, unit, factor=1):
        """`pairs`: [(before, now)]."""
        before, now = (statistics.median(side) * factor for side in zip(*pairs))
        self.rows.append([what, f"{number(before)} {unit}", f"{number(now)} {unit}"])
        ratio = statistics.median(b / a for a, b in pairs)
        self.bounds.append(Bound(what, ratio, limit, " × before"))
        print(f"{what}: {number(before)} {unit} before, {number(now)} {unit} now, {number(ratio)} ×", flush=True)

    def bound(self, *bound):
        self.bounds.append(Bound(*bound))


def in_turn(builds, rounds, measure):
    """[(before, now)]"""
    return [tuple(measure(build) for build in builds) for _ in range(rounds)]


def scrapes(table, builds, cloud, n, rounds):
    """Both run at the same time, scraped in turn."""
    with contextlib.ExitStack() as stack:
        pair = [stack.enter_context(build.running(Scrape, cloud.url, n, AT_ONCE, compressed=True)) for build in builds]
        for one in pair:
            one.round()
        costs = [tuple(one.round() for one in pair) for _ in range(rounds * min(20, max(1, 20000 // n)))]
        table.compare(f"CPU of a scrape, {n:,} datasets", [(a.cpu_s, b.cpu_s) for a, b in costs], SLOWER, "ms", 1e3)
        table.compare(f"wall time of a scrape, {n:,} datasets", [(a.wall_s, b.wall_s) for a, b in costs], SLOWER, "ms", 1e3)
        table.compare(f"peak memory, {n:,} datasets, gzip", [(costs[-1][0].peak_kib, costs[-1][1].peak_kib)], 0.5 if n >= 10000 else 1, "MiB", 1 / 1024)


def health(table, builds, cloud, n, rounds):
    """The slowest hundredth of /-/healthy, asked while scrapes run; and the threads meanwhile."""

    def measure(build):
        with build.running(Scrape, cloud.url, n, AT_ONCE, compressed=True) as one:
            one.round()
            done = threading.Event()

            def scrape():
                with contextlib.suppress(Exception):
                    for _ in range(5):
                        one.scrape()
                done.set()

            scraping = [threading.Thread(target=scrape) for _ in range(2)]
            for thread in scraping:
                thread.start()
            times, threads = [], 0
            while not done.is_set():
                begin = time.monotonic()
                one.exporter.get("/-/healthy")
                times.append(time.monotonic() - begin)
                threads = max(threads, status(one.exporter.process.pid, "Threads"))
                time.sleep(0.002)
            for thread in scraping:
                thread.join()
            return statistics.quantiles(times, n=100)[-1], threads

    pairs = in_turn(builds, rounds, measure)
    table.compare(f"/-/healthy beside scrapes of {n:,}, p99", [(a[0], b[0]) for a, b in pairs], 1, "ms", 1e3)
    table.compare("threads meanwhile", [(a[1], b[1]) for a, b in pairs], 1, "")
    table.bound("threads meanwhile, now", max(b[1] for _, b in pairs), 12)


def idle(table, builds, cloud, rounds):
    def measure(build):
        with build.running(Scrape, cloud.url, 10, AT_ONCE) as one:
            return status(one.exporter.process.pid, "VmRSS")

    table.compare("memory before the first scrape", in_turn(builds, rounds, measure), 1, "MiB", 1 / 1024)


def at_once(table, builds, cloud, certificate_file, n=1000):
    def measure(build):
        tls = f"tls: {{ca_file: {certificate_file}}}"
        with build.running(Scrape, "https://" + cloud.address, n, at_once=n, http=tls) as one:
            return [one.round() for _ in range(3)][-1].peak_kib

    table.compare(f"peak memory, {n:,} queries at once over TLS", in_turn(builds, 2, measure), 0.5, "MiB", 1 / 1024)


def shared(table, builds, n):
    """The same where a gateway speaks HTTP/2, and the cloud answers after 200 ms."""
    for gateway in (Nginx, HAProxy):
        with Simulator("--datasets", str(n), "--latency", "200ms") as cloud, gateway(cloud) as front:

            def measure(build):
                tls = f"tls: {{ca_file: {CERTIFICATES.ca}}}"
                with build.running(Scrape, front.url, n, at_once=n, http=tls) as one:
                    costs = [one.round() for _ in range(3)]
                    pid = one.exporter.process.pid
                    return costs[-1].peak_kib, sum(cost.cpu_s for cost in costs), connections(pid, front.port)

            pairs = in_turn(builds, 2, measure)
        what = f"{n:,} queries at once by HTTP/2, {gateway.__name__}"
        table.compare(f"peak memory, {what}", [(a[0], b[0]) for a, b in pairs], 0.35, "MiB", 1 / 1024)
        table.compare(f"CPU of three scrapes, {what}", [(a[1], b[1]) for a, b in pairs], 0.4, "ms", 1e3)
        table.bound(f"connections, {what}", max(b[2] for _, b in pairs), 16)


def listed(table, builds, clouds, small, large):
    """What grows with the number of datasets, and what should not."""

    def measure(build):
        found = {}
        for n, cloud in ((small, clouds[0]), (large, clouds[1])):
            with build.running(Listed, cloud.url, n) as one:
                begins = [one.scrape() for _ in range(5)]
                alone, kept, probe = status(one.pid, "VmHWM"), status(one.pid, "VmRSS"), one.probe_cpu()
                for _ in range(3 if n == large else 0):
                    one.scrape_twice()
                found[n] = (one.seconds, alone, kept, probe, statistics.median(begins), status(one.pid, "VmHWM"))
        return found

    [(before, now)] = in_turn(builds, 1, measure)

    def compare(what, of, unit, factor=1):
        table.compare(what, [(of(before), of(now))], 1, unit, factor)

    compare(f"start until ready, {large:,} datasets listed", lambda found: found[large][0], "s")
    compare(f"peak memory, {large:,} datasets, gzip", lambda found: found[large][1], "MiB", 1 / 1024)
    table.compare(f"peak memory, {large:,} datasets, two scrapers at once; one before",
                  [(before[large][1], now[large][5])], 0.4, "MiB", 1 / 1024)
    compare(f"first byte after the last query ended, {large:,} datasets", lambda found: found[large][4], "ms", 1e3)
    table.bound(f"first byte after the last query ended, {large:,} datasets, now", now[large][4] * 1e3, 50, " ms")
    def held(found):
        return (found[large][2] - found[small][2]) * 1024 / (large - small)

    compare("memory for a dataset between scrapes", held, "bytes")
    table.bound("memory for a dataset between scrapes, now", held(now), 1000, " bytes")
    table.bound(f"start until ready, {large:,} datasets listed, against a bare loop over the pages",
                now[large][0] / seconds_to_list(clouds[1].url, large), 2, " ×")
    compare(f"CPU of a probe, {large:,} datasets", lambda found: found[large][3], "us", 1e6)
    table.bound(f"CPU of a probe, {large:,} datasets against {small}", now[large][3] / now[small][3], 1.2, " ×")


def main():
    options = arguments()
    builds = [Build("before", options.before), Build("now", os.environ["MODELARTS_EXPORTER"])]
    sizes = [int(size) for size in options.sizes.split(",")]
    table = Table()
    with tempfile.TemporaryDirectory() as folder, Simulator("--datasets", str(max(sizes))) as cloud:
        cert, key = certificate(folder)
        idle(table, builds, cloud, options.rounds)
        for n in sizes:
            scrapes(table, builds, cloud, n, options.rounds)
        health(table, builds, cloud, sizes[-1], options.rounds)
        with Simulator("--datasets", str(sizes[0]), "--tls-cert", cert, "--tls-key", key) as secure:
            at_once(table, builds, secure, cert, sizes[0])
        shared(table, builds, sizes[0])
    with Simulator("--datasets", "10") as small, Simulator("--datasets", str(options.listed)) as large:
        listed(table, builds, (small, large), 10, options.listed)
    print(f"\n{machine()}; medians of {options.rounds} pairs, {AT_ONCE} requests at once\n")
    print(markdown(["", "before", "now"], table.rows))
    print()
    print(markdown(["", "bound", "measured", ""], [bound.row()[:4] for bound in table.bounds]))
    return 0 if options.report_only or all(bound.met for bound in table.bounds) else 1


if __name__ == "__main__":
    sys.exit(main())
