"""Runs the real exporter and the real simulator for a test, on ports that they
pick themselves. MODELARTS_EXPORTER and MODELARTS_SIMULATOR name the programs."""

import http.client
import json
import os
import re
import subprocess
import tempfile
import time


class Answer:
    def __init__(self, reply):
        self.status = reply.status
        self.headers = reply.headers
        self.body = reply.read()

    @property
    def text(self):
        return self.body.decode("utf-8")

    def json(self):
        return json.loads(self.body)


def ask(address, path, headers=None, method="GET", timeout=60):
    line = http.client.HTTPConnection(address, timeout=timeout)
    try:
        line.request(method, path, headers=headers or {})
        return Answer(line.getresponse())
    finally:
        line.close()


class Program:
    """A program from its start, when it says its address, to its end."""

    def __init__(self, command, address_pattern, environment=None):
        self.folder = tempfile.TemporaryDirectory()
        self.log_file = os.path.join(self.folder.name, "log")
        with open(self.log_file, "wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        deadline = time.monotonic() + 60
        while True:
            match = re.search(address_pattern, self._written())
            if match:
                self.address = match[1]
                return
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise AssertionError(f"{command[0]} did not begin:\n{self.log()}")
            time.sleep(0.05)

    def _written(self):
        with open(self.log_file, encoding="utf-8", errors="replace") as log:
            return log.read()

    def log(self):
        """What it logged until now. A thread of its own writes that, a moment later."""
        written = self._written()
        while self.process.poll() is None:
            time.sleep(0.2)
            before, written = written, self._written()
            if written == before:
                break
        return written

    def stop(self):
        """Ends the program as an operator would; its exit status."""
        self.process.terminate()
        try:
            return self.process.wait(timeout=30)
        finally:
            self.process.kill()
            self.process.wait()

    def get(self, path, headers=None, method="GET", timeout=60):
        return ask(self.address, path, headers, method, timeout)

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        status = self.stop()
        log = self.log()
        self.folder.cleanup()
        if kind is None and status != 0:
            raise AssertionError(f"it ended with {status}:\n{log}")


class Simulator(Program):
    def __init__(self, *arguments):
        binary = os.environ["MODELARTS_SIMULATOR"]
        super().__init__([binary, *arguments], r"listening on https?://(\S+)")
        self.url = "http://" + self.address

    def counters(self):
        return self.get("/simulator/counters?datasets=true").json()


class Exporter(Program):
    def __init__(self, config, *arguments, environment=None):
        self.config_folder = tempfile.TemporaryDirectory()
        self.config_file = os.path.join(self.config_folder.name, "config.yml")
        self.write_config(config)
        command = [os.environ["MODELARTS_EXPORTER"], "--config.file", self.config_file]
        command += ["--web.listen-address", "127.0.0.1:0", *arguments]
        super().__init__(command, r"listening\W+address\W+([\w.:]+)", environment)

    def __exit__(self, *exception):
        super().__exit__(*exception)
        self.config_folder.cleanup()

    def write_config(self, config):
        with open(self.config_file, "w", encoding="utf-8") as file:
            file.write(config)
        os.chmod(self.config_file, 0o600)


def scrape(exporter, budget=None, path="/metrics"):
    """The samples of a scrape: {(name, ((label, value), ...)): number as text}."""
    headers = {}
    if budget is not None:  # The exporter keeps half a second for writing.
        headers["X-Prometheus-Scrape-Timeout-Seconds"] = str(budget + 0.5)
    answer = exporter.get(path, headers)
    assert answer.status == 200, (answer.status, answer.text)
    samples = {}
    for line in answer.text.splitlines():
        if line.startswith("#"):
            continue
        series, value = line.rsplit(" ", 1)
        name, _, rest = series.partition("{")
        labels = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', rest)
        samples[(name, tuple(labels))] = value
    return samples


def by_dataset(samples, name, label=None):
    """{dataset_id: value}, or {dataset_id: the label's value where it is 1}."""
    found = {}
    for (sample, labels), value in samples.items():
        if sample != name:
            continue
        labels = dict(labels)
        if label is None:
            found[labels["dataset_id"]] = value
        elif value == "1":
            found[labels["dataset_id"]] = labels[label]
    return found
