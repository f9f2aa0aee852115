"""Measures a scrape against what stands beside it, and says whether the promises
of README.md hold. tests/benchmark/run.sh builds and calls it."""

import argparse
import contextlib
import dataclasses
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from contenders import BareLoop, Blackbox, Probes, Scrape, Wrk, status_urls
from listed import measure_listed
from report import Bound, machine, markdown, median, number, plot, seconds, size
from exporter import Simulator

AT_ONCE = 64
LATENCIES_MS = [0, 50]
SIGNING = ("exporter, token", "exporter, access key")
MEMORY = "exporter, from memory"
PROBED = (10, 100_000)  # Datasets, of which one at a time is probed.
AT_ONCE_PROBES = "exporter, a probe of 64 at once"
PROBING = tuple(f"exporter, a probe of {n:,}" for n in PROBED)
PLOTTED = ["exporter with gzip", "bare loop", "blackbox_exporter", "wrk"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="at least 2")
    parser.add_argument("--sizes", default="1,100,1000,10000",
                        help="datasets; the promises are about the last two")
    parser.add_argument("--listed", type=int, default=100_000,
                        help="datasets that discovery lists")
    parser.add_argument("--only", choices=["exporter"],
                        help="leave out the others, and the promises that need them")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="a folder")
    parser.add_argument("--report-only", action="store_true",
                        help="end with 0 although promises are missed")
    return parser.parse_args()


class Bench:
    """All programs that run, and what their rounds cost: {name: [Cost]}.

    What the promises compare is played in turn as well, more often: on a shared
    machine, one pair differs by a fifth from the next."""

    def __init__(self):
        self.running = {}
        self.costs = {}
        self.in_turn = {}  # {name: [Cost]} as well.
        self.ends = contextlib.ExitStack()  # Ends all, even if one fails to.

    def add(self, name, contender):
        self.ends.callback(contender.stop)
        self.running[name] = contender
        self.costs[name] = []
        return contender

    def warm_up(self):
        """Connections are made, and names known. wrk keeps none."""
        for contender in self.running.values():
            if not isinstance(contender, Wrk):
                contender.round()

    def play(self, rounds, groups):
        """Interleaved, so that what else the machine does hits all alike.
        `groups`: {names that are played in turn: how often a round}."""
        for i in range(rounds):
            begin = time.monotonic()
            for name, contender in self.running.items():
                self.costs[name].append(contender.round())
            for names, times in groups.items():
                self.play_in_turn(names, times)
            print(f"round {i + 1} of {rounds}: {time.monotonic() - begin:.0f} s", flush=True)

    def play_in_turn(self, names, times):
        for _ in range(times):
            for name in names:
                self.in_turn.setdefault(name, []).append(self.running[name].round())

    def of(self, name, field):
        return median(self.costs[name], field)

    def ratio(self, one, other, field):
        """The median of the rounds' own ratios."""
        both_in_turn = one in self.in_turn and other in self.in_turn
        costs = self.in_turn if both_in_turn else self.costs
        pairs = zip(costs[one], costs[other])
        return statistics.median(getattr(a, field) / getattr(b, field) for a, b in pairs)


def certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", f"{folder}/key.pem", "-out",
         f"{folder}/cert.pem"], check=True, capture_output=True)
    return f"{folder}/cert.pem", f"{folder}/key.pem"


def often(datasets, latency_ms=0):
    """How often a small scrape is made for one number."""
    return min(20, max(1, (1000 if latency_ms else 5000) // datasets))


def add_sizes(bench, clouds, sizes, only):
    for latency, cloud in clouds.items():
        for n in sizes:
            urls = status_urls(cloud.url, n)
            at = f"{n} at {latency} ms"
            times = often(n, latency)
            bench.add(f"exporter, {at}", Scrape(cloud.url, n, AT_ONCE, times))
            bench.add(f"exporter with gzip, {at}",
                      Scrape(cloud.url, n, AT_ONCE, times, compressed=True))
            if only:
                continue
            bench.add(f"bare loop, {at}", BareLoop(urls, AT_ONCE, times))
            # Its rounds are ten times as long.
            bench.add(f"blackbox_exporter, {at}", Blackbox(urls, AT_ONCE, max(1, times // 5)))
            bench.add(f"wrk, {at}", Wrk(urls, AT_ONCE))


def add_variants(bench, clouds, secure, certificate_file, n):
    """The same scrape of `n` datasets, but for one thing. The cloud checks no
    signature: one that does answers later, which costs more, but is not signing."""
    tls = f"tls: {{ca_file: {certificate_file}}}"
    proof = "access_key: {id: AKBENCHMARK, secret: benchmark-secret}"
    bench.add(MEMORY,
              Scrape(clouds[0].url, n, AT_ONCE, often(n), scrape="min_interval: 1h"))
    bench.add("exporter, all at once", Scrape(clouds[50].url, n, at_once=n))
    for name, credentials in zip(SIGNING, ("token: t", proof)):
        bench.add(name, Scrape(clouds[0].url, n, AT_ONCE, credentials=credentials))
    bench.add("exporter, TLS", Scrape("https://" + secure.address, n, AT_ONCE, often(n), http=tls))
    bench.add("exporter, all at once over TLS",
              Scrape("https://" + secure.address, n, at_once=n, http=tls))


def add_probes(bench, cloud, middle):
    for name, n in zip(PROBING, PROBED):
        bench.add(name, Probes(cloud.url, n))
    bench.add(AT_ONCE_PROBES, Probes(cloud.url, middle, middle, AT_ONCE))


def micro(names, repetitions):
    """{benchmark: nanoseconds of CPU}, medians."""
    found = {}
    for name in names:
        out = subprocess.run(
            [os.environ[name], "--benchmark_format=json", "--benchmark_min_time=0.05",
             f"--benchmark_repetitions={repetitions}",
             "--benchmark_report_aggregates_only=true"],
            check=True, capture_output=True, text=True).stdout
        for entry in json.loads(out)["benchmarks"]:
            if entry["aggregate_name"] == "median":
                found[entry["run_name"]] = entry["cpu_time"]
    return found


def compared(sizes, only):
    """{names that the promises compare: how often a round}"""
    middle, large = sizes[-2:]
    names = [f"exporter, {middle} at 0 ms", f"exporter, {large} at 0 ms", MEMORY]
    if not only:
        names += [AT_ONCE_PROBES, f"blackbox_exporter, {middle} at 0 ms", f"bare loop, {large} at 0 ms"]
    return {SIGNING: 50, PROBING: 20, tuple(names): 5}


def bounds(bench, sizes, only, nanoseconds):
    middle, large = sizes[-2:]
    at = {n: f"exporter, {n} at 0 ms" for n in sizes}
    found = []
    if not only:
        black = f"blackbox_exporter, {middle} at 0 ms"
        found += [
            Bound(f"CPU of a scrape, {middle:,} datasets, against blackbox_exporter",
                  bench.ratio(at[middle], black, "cpu_s"), 1 / 12),
            Bound(f"wall time of a scrape, {middle:,} datasets, against blackbox_exporter",
                  bench.ratio(at[middle], black, "wall_s"), 1 / 10),
            Bound(f"CPU of {middle:,} probes, {AT_ONCE} at once, against blackbox_exporter",
                  bench.ratio(AT_ONCE_PROBES, black, "cpu_s") * middle, 1 / 6),
            Bound(f"CPU of a scrape, {large:,} datasets, against the bare loop",
                  bench.ratio(at[large], f"bare loop, {large} at 0 ms", "cpu_s"), 1.6),
        ]
    for n in (middle, large):
        ideal = math.ceil(n / AT_ONCE) * 0.050
        found.append(Bound(f"wall time at 50 ms, {n:,} datasets, against {ideal * 1000:,.0f} ms",
                           bench.of(f"exporter, {n} at 50 ms", "wall_s") / ideal, 1.05))
    found.append(Bound(f"CPU per dataset at {large:,} against {middle:,}",
                       bench.ratio(at[large], at[middle], "cpu_s") * middle / large, 1.1))
    found.append(Bound(f"CPU of a probe, {PROBED[1]:,} datasets, against {PROBED[0]}",
                       bench.ratio(*reversed(PROBING), "cpu_s"), 1.2))
    if nanoseconds:
        found.append(Bound("the writer against prometheus::TextSerializer, same families",
                           nanoseconds["BM_TextSerializer"] / nanoseconds["BM_Exposition/Text/1000"],
                           10, " × faster", at_least=True))
    asked, remembered = (median(bench.in_turn[name], "wall_s") for name in (at[middle], MEMORY))
    found += [
        Bound(f"a scrape of {middle:,} datasets from memory (min_interval)",
              remembered * 1000, max(4, asked * 100), " ms"),
        Bound(f"peak memory, {middle:,} datasets, gzip",
              mebibytes(bench, f"exporter with gzip, {middle} at 0 ms"), 24, " MiB"),
        Bound(f"peak memory, {large:,} datasets, gzip",
              mebibytes(bench, f"exporter with gzip, {large} at 0 ms"), 80, " MiB"),
        Bound(f"{middle:,} datasets at 50 ms, all at once: wall time",
              bench.of("exporter, all at once", "wall_s") * 1000, 200, " ms"),
        Bound(f"{middle:,} datasets at 50 ms, all at once: peak memory",
              mebibytes(bench, "exporter, all at once"), 48, " MiB"),
        Bound("CPU over TLS against plain, connections warm",
              bench.ratio("exporter, TLS", at[middle], "cpu_s"), 2.5),
        Bound("share of signing with an access key in a scrape's CPU",
              (1 - bench.ratio(*SIGNING, "cpu_s")) * 100,
              15, " %"),
    ]
    return found


def mebibytes(bench, name):
    return max(cost.peak_kib for cost in bench.costs[name]) / 1024


def measured(bench):
    rows = [[name, number(median(costs, "wall_s") * 1000), number(median(costs, "cpu_s") * 1000),
             f"{max(cost.peak_kib for cost in costs) / 1024:.1f}",
             f"{median(costs, 'bytes') / 1000:,.0f}"] for name, costs in bench.costs.items()]
    return markdown(["", "wall, ms", "CPU, ms", "peak, MiB", "kB"], rows)


def write_plot(bench, sizes, path):
    def lines(latency, field, contenders=PLOTTED, factor=1):
        points = {name: [(n, bench.of(f"{name}, {n} at {latency} ms", field) * factor) for n in sizes
                         if f"{name}, {n} at {latency} ms" in bench.costs] for name in contenders}
        return {name: line for name, line in points.items() if line}

    memory = lines(0, "peak_kib", PLOTTED[:1] + PLOTTED[2:3], 1024)
    panels = [("CPU time, cloud answers at once", lines(0, "cpu_s"), seconds),
              ("wall time, cloud answers at once", lines(0, "wall_s"), seconds),
              ("wall time, cloud answers after 50 ms", lines(50, "wall_s"), seconds),
              ("peak memory", memory, size)]
    path.write_text(plot(f"One scrape, {AT_ONCE} requests at once. {machine()}", panels),
                    encoding="utf-8")


def main():
    options = arguments()
    sizes = [int(size) for size in options.sizes.split(",")]
    made = ("--datasets", str(max(sizes)))
    options.out.mkdir(parents=True, exist_ok=True)
    bench = Bench()
    with (tempfile.TemporaryDirectory() as folder, Simulator(*made) as fast,
          Simulator(*made, "--latency", "50ms") as slow):
        cert, key = certificate(folder)
        with (Simulator(*made, "--tls-cert", cert, "--tls-key", key) as secure,
              Simulator("--datasets", str(max(PROBED))) as large):
            try:
                clouds = dict(zip(LATENCIES_MS, (fast, slow)))
                add_sizes(bench, clouds, sizes, options.only)
                add_variants(bench, clouds, secure, cert, sizes[-2])
                add_probes(bench, large, sizes[-2])
                bench.warm_up()
                bench.play(options.rounds, compared(sizes, options.only))
            finally:
                bench.ends.close()
    nanoseconds = micro(["WRITER_BENCHMARK", "DECODER_BENCHMARK", "SIGNER_BENCHMARK"],
                        options.rounds)

    costs, of_many = measure_listed(options.listed, sizes[-2], AT_ONCE, options.rounds, not options.only)
    promises = bounds(bench, sizes, options.only, nanoseconds) + of_many
    bench.costs.update(costs)
    print(f"\n{machine()}; medians of {options.rounds} rounds, {AT_ONCE} requests at once\n")
    print(measured(bench))
    print()
    print(markdown(["", "CPU, ns"], [[name, f"{ns:,.0f}"] for name, ns in nanoseconds.items()]))
    print()
    print(markdown(["", "bound", "measured", ""], [row.row()[:4] for row in promises]))

    result = {"machine": machine(), "rounds": options.rounds,
              "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
              "costs": {name: [dataclasses.asdict(cost) for cost in costs]
                        for name, costs in bench.costs.items()},
              "costs in turn": {name: [dataclasses.asdict(cost) for cost in costs]
                                for name, costs in bench.in_turn.items()},
              "nanoseconds": nanoseconds, "bounds": [row.as_dict() for row in promises]}
    (options.out / "result.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    write_plot(bench, [*sizes, options.listed], options.out / "cost.svg")
    print(f"\nAlso in {options.out}: result.json, cost.svg")
    missed = [row for row in promises if not row.met]
    return 1 if missed and not options.report_only else 0


if __name__ == "__main__":
    sys.exit(main())
