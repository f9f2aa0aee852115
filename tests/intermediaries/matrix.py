#!/usr/bin/env python3
"""Many datasets at many concurrencies behind every gateway and proxy: what the tests
here do small, for a release. By hand; an hour in all, on two cores.

    MODELARTS_EXPORTER=build/release/modelarts_exporter \\
    MODELARTS_SIMULATOR=build/release/modelarts_simulator \\
      tests/intermediaries/matrix.py [load rests cold reloads away cost] [--datasets 10000] [--gateway nginx]

`cost` compares with another build of the exporter, MODELARTS_EXPORTER_BEFORE. A line
for each case; ends with 1 if one of them lost a dataset or counted a retry.
"""

import argparse
import concurrent.futures
import contextlib
import os
import statistics
import sys
import time

from behind import TLS, Exporter, Simulator, config, outcome, probe
from gateways import ALL, Nginx
from intermediary import wait_until
from proxies import PASSWORD, USER, Microsocks, Squid, Tinyproxy

BUDGET = 60
SCRAPES = 5
lost = []


def tell(name, results, is_whole):
    if not is_whole:
        lost.append(name)
    print(f"{'ok  ' if is_whole else 'LOST'} {name}: {results}", flush=True)


@contextlib.contextmanager
def behind(gateway, http2, datasets, *, concurrency=64, latency="0ms", idle_seconds=60, timeout="5s"):
    with Simulator("--datasets", str(datasets), "--latency", latency) as cloud:
        with gateway(cloud, http2=http2, idle_seconds=idle_seconds) as front:
            with Exporter(config(front.url, datasets, concurrency=concurrency, timeout=timeout)) as exporter:
                yield cloud, front, exporter


def name_of(gateway, http2):
    return f"{gateway.__name__} {'HTTP/2' if http2 else 'HTTP/1.1'}"


def is_whole(result, datasets):
    try:
        result.must_be_whole(datasets)
    except AssertionError:
        return False
    return True


def load(gateway, http2, datasets):
    for concurrency in (32, 64, 256, 1000):
        with behind(gateway, http2, datasets, concurrency=concurrency) as (_, _, exporter):
            results = [outcome(exporter, BUDGET) for _ in range(SCRAPES)]
        bad = [one for one in results if not is_whole(one, datasets)]
        tell(f"{name_of(gateway, http2)}, {datasets} datasets, {concurrency} at once", (bad or results)[0], not bad)


def rests(gateway, http2, datasets):
    """The rests of all idle timeouts at once: they mostly sleep."""

    def rest_behind(idle):
        with behind(gateway, http2, datasets, idle_seconds=idle) as (_, _, exporter):
            outcome(exporter)
            for rest in (1, 3, 7, 60):
                time.sleep(rest)
                found = probe(exporter)
                result = outcome(exporter)
                whole = found and is_whole(result, datasets)
                tell(f"{name_of(gateway, http2)}, closed after {idle} s, rest of {rest} s", result, whole)

    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(rest_behind, (1, 5, 50)))


def cold(datasets):
    known = f"{USER}:{PASSWORD}"
    ways = {
        "tinyproxy": (Tinyproxy, lambda proxy: proxy.url()),
        "squid": (Squid, lambda proxy: proxy.url()),
        "squid by TLS": (Squid, lambda proxy: proxy.tls_url()),
        "microsocks": (Microsocks, lambda proxy: proxy.url(known)),
    }
    for name, (make, url) in ways.items():
        for http2 in (False, True):
            with Simulator("--datasets", str(datasets), "--latency", "5ms") as cloud:
                with make() as proxy, Nginx(cloud, http2=http2) as front:
                    text = config(front.url, datasets, concurrency=32, http=f"proxy_url: {url(proxy)}\n{TLS}")
                    results = []
                    for _ in range(10):
                        with Exporter(text) as exporter:
                            results.append(outcome(exporter))
            whole = sum(is_whole(one, datasets) for one in results)
            tell(f"{name} before {name_of(Nginx, http2)}", f"{whole} of 10 starts", whole == 10)


def reloads(gateway, http2, datasets):
    with behind(gateway, http2, datasets, concurrency=32, latency="50ms") as (_, front, exporter):
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            for _ in range(SCRAPES):
                scrape = pool.submit(outcome, exporter, 20)
                while not scrape.done():
                    time.sleep(front.reload_seconds)
                    front.reload()
                result = scrape.result()
                tell(f"{name_of(gateway, http2)}, reloads each {gateway.reload_seconds} s", result, result.good == datasets)


def away(gateway, http2, datasets):
    for seconds in (0.3, 1, 3):
        with behind(gateway, http2, datasets, concurrency=32, latency="20ms") as (cloud, front, exporter):
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                scrape = pool.submit(outcome, exporter, 20)
                wait_until(lambda: cloud.counters()["requests"]["status"] > 500, "the scrape")
                front.kill()
                time.sleep(seconds)
                front.start()
                result = scrape.result()
        tell(f"{name_of(gateway, http2)}, away for {seconds} s", result, result.good == datasets)


def cpu_seconds(exporter):
    with open(f"/proc/{exporter.process.pid}/stat", encoding="ascii") as stat:
        ticks = sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def cost(datasets):
    """CPU for a dataset, of two builds in turn: the median of pairs."""
    builds = [os.environ["MODELARTS_EXPORTER_BEFORE"], os.environ["MODELARTS_EXPORTER"]]
    for http2 in (False, True):
        ratios, spent = [], [[], []]
        for _ in range(10):
            pair = []
            for build in builds:
                os.environ["MODELARTS_EXPORTER"] = build
                with behind(Nginx, http2, datasets) as (_, _, exporter):
                    outcome(exporter, BUDGET)
                    begin = cpu_seconds(exporter)
                    for _ in range(SCRAPES):
                        outcome(exporter, BUDGET)
                    pair.append((cpu_seconds(exporter) - begin) / SCRAPES / datasets * 1e6)
            for one, spent_by_build in zip(pair, spent):
                spent_by_build.append(one)
            ratios.append(pair[1] / pair[0])
        before, now = map(statistics.median, spent)
        ratio = statistics.median(ratios)
        told = f"{before:.1f} us before, {now:.1f} us now, {100 * (ratio - 1):+.1f} % in the median of pairs"
        tell(f"CPU for a dataset, {name_of(Nginx, http2)}", told, ratio < 1.03)


def main():
    behind_gateways = {"load": load, "rests": rests, "reloads": reloads, "away": away}
    alone = {"cold": cold, "cost": cost}
    small = {"rests": 100, "cold": 100, "reloads": 1000, "away": 3000, "cost": 3000}
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("cases", nargs="*", default=["load", "rests", "cold", "reloads", "away"])
    parser.add_argument("--datasets", type=int, default=10000, help="of the case load")
    parser.add_argument("--gateway", action="append", help="some of them; repeatable")
    arguments = parser.parse_args()
    for case in arguments.cases:
        datasets = small.get(case, arguments.datasets)
        if case in alone:
            alone[case](datasets)
            continue
        for gateway in ALL:
            if arguments.gateway and gateway.__name__.lower() not in arguments.gateway:
                continue
            for http2 in (False, True):
                behind_gateways[case](gateway, http2, datasets)
    if lost:
        sys.exit(f"{len(lost)} cases lost something: " + "; ".join(lost))


if __name__ == "__main__":
    main()
