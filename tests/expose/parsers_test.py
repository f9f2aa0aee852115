#!/usr/bin/env python3
"""Reads what the writer wrote with the parsers that others wrote.

usage: parsers_test.py RANDOM_EXPOSITION [SEED]

Each exposition of RANDOM_EXPOSITION is read by the reference parsers of the text
format and OpenMetrics 1.0, and by our own strict one of OpenMetrics 2.0; all must
find the samples that were put in, no more and no fewer. promtool reads the ordinary
ones and must have nothing to say.
"""

import json
import math
import pathlib
import shutil
import subprocess
import sys
import tempfile

import openmetrics2

try:
    from prometheus_client.openmetrics import parser as openmetrics
    from prometheus_client import parser as text
except ImportError:
    print("skipped: python3-prometheus-client is not installed")
    sys.exit(77)


def key(name, labels, value):
    """One sample, comparable: bounds and values are numbers, not texts."""
    labels = {
        label: float(word) if label in ("le", "quantile") else word
        for label, word in labels.items()
    }
    value = float(value)
    return (name, tuple(sorted(labels.items(), key=str)),
            "NaN" if math.isnan(value) else value)


def samples_of(families):
    return sorted((key(sample.name, sample.labels, sample.value)
                   for family in families for sample in family.samples), key=str)


def read_text(path):
    return samples_of(text.text_string_to_metric_families(read(path)))


def read_openmetrics(path):
    return samples_of(openmetrics.text_string_to_metric_families(read(path)))


def read_created(path):
    families = list(openmetrics.text_string_to_metric_families(read(path)))
    for family in families:
        created = [sample for sample in family.samples if sample.name.endswith("_created")]
        if family.type in ("counter", "histogram", "summary") and family.samples and not created:
            raise ValueError(f"{family.name} does not say since when it counts")
        family.samples = [sample for sample in family.samples if sample not in created]
    return samples_of(families)


def read_openmetrics2(path):
    # Random families may lack what is only recommended.
    families = openmetrics2.parse(path.read_bytes(), lenient=path.stem.startswith("random"))
    return sorted((key(*series) for series in openmetrics2.as_series(families)), key=str)


def read(path):
    # No translation of line ends: a carriage return in a label is a label's.
    return path.read_bytes().decode("utf-8")


def main():
    program = sys.argv[1]
    seed = sys.argv[2] if len(sys.argv) > 2 else "1"
    promtool = shutil.which("promtool")
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, folder, seed], check=True)
        cases = sorted(pathlib.Path(folder).glob("*.json"))
        total = 0
        for case in cases:
            expected = sorted((key(*sample) for sample in json.loads(read(case))),
                              key=str)
            total += len(expected)
            for reader, suffix in ((read_text, ".prom"), (read_openmetrics, ".om"),
                                   (read_created, ".created"), (read_openmetrics2, ".om2")):
                path = case.with_suffix(suffix)
                try:
                    found = reader(path)
                except ValueError as error:
                    print(f"{path.name}: refused: {error}\n{read(path)}")
                    faults += 1
                    continue
                if found != expected:
                    print(f"{path.name}: missing "
                          f"{[s for s in expected if s not in found]}, unexpected "
                          f"{[s for s in found if s not in expected]}")
                    faults += 1
            if promtool and not case.stem.startswith("random"):
                checked = subprocess.run(
                    [promtool, "check", "metrics"],
                    input=case.with_suffix(".prom").read_bytes(),
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                if checked.returncode != 0 or checked.stdout:
                    print(f"{case.stem}: promtool: {checked.stdout.decode()}")
                    faults += 1
        print(f"{len(cases)} expositions, {total} samples, {faults} faults"
              f"{'' if promtool else '; promtool is not installed'}")
        if len(cases) < 100:
            faults += 1
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
