"""Faults that no socket server can make: a network that swallows packets, and a
cloud that vanishes without a word. Exporter and simulator are on two hosts: network
namespaces that the test makes for itself, where the machine lets it."""

import os
import subprocess
import sys
import time
import unittest

from exporter import Exporter, Program, Simulator, by_dataset, scrape
from stress_test import config

INSIDE = "EXPORTER_TEST_INSIDE_NAMESPACE"
HERE, THERE = "10.99.0.1", "10.99.0.2"
PORT = 8080
BUDGET = 2


def run(*command):
    subprocess.run(command, check=True, timeout=60)


class Host:
    """Another host, at the end of a cable: a network namespace with an address."""

    def __init__(self):
        self.process = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        own = os.readlink("/proc/self/ns/net")
        deadline = time.monotonic() + 10
        while os.readlink(f"/proc/{self.process.pid}/ns/net") == own:
            if time.monotonic() > deadline:
                raise AssertionError("the other host did not come up")
            time.sleep(0.01)
        pid = str(self.process.pid)
        run("ip", "link", "add", "name", "here", "type", "veth", "peer", "name", "there", "netns", pid)
        run("ip", "address", "add", f"{HERE}/24", "dev", "here")
        run("ip", "link", "set", "here", "up")
        run("ip", "link", "set", "lo", "up")
        self.ip("address", "add", f"{THERE}/24", "dev", "there")
        self.ip("link", "set", "there", "up")
        self.ip("link", "set", "lo", "up")

    def inside(self, *command):
        return ["nsenter", f"--net=/proc/{self.process.pid}/ns/net", *command]

    def ip(self, *arguments):
        run(*self.inside("ip", *arguments))

    def swallow_answers(self, swallow=True):
        """What this host sends is lost on its way, without a word to anybody."""
        self.ip("route", "add" if swallow else "delete", "blackhole", f"{HERE}/32")

    def run_simulator(self, *arguments):
        command = [os.environ["MODELARTS_SIMULATOR"], "--listen", f"{THERE}:{PORT}", *arguments]
        return Program(self.inside(*command), r"listening on http://(\S+)")

    def close(self):
        self.process.kill()
        self.process.wait()
        subprocess.run(["ip", "link", "delete", "here"], check=False, stderr=subprocess.DEVNULL)


@unittest.skipUnless(os.environ.get(INSIDE), "network namespaces cannot be made here")
class NetworkTest(unittest.TestCase):
    DATASETS = 40

    def setUp(self):
        self.host = Host()
        self.addCleanup(self.host.close)

    def exporter(self):
        return Exporter(config(f"http://{THERE}:{PORT}", self.DATASETS, "concurrency: 8"))

    def outcome(self, exporter):
        """How many succeeded, why the others failed, and the seconds it took."""
        begin = time.monotonic()
        samples = scrape(exporter, BUDGET)
        took = time.monotonic() - begin
        success = by_dataset(samples, "modelarts_dataset_query_success")
        reasons = by_dataset(samples, "modelarts_dataset_query_failure", "reason")
        self.assertEqual(len(success), self.DATASETS)
        return list(success.values()).count("1"), set(reasons.values()), took

    def assert_healthy(self, exporter):
        self.assertEqual(self.outcome(exporter)[:2], (self.DATASETS, set()))

    def test_a_network_that_swallows_packets_after_connecting(self):
        with self.host.run_simulator("--datasets", str(self.DATASETS)), self.exporter() as exporter:
            self.assert_healthy(exporter)
            self.host.swallow_answers()
            for _ in range(3):
                good, reasons, took = self.outcome(exporter)
                self.assertEqual((good, reasons), (0, {"timeout"}))
                self.assertLess(took, BUDGET + 1)
            self.host.swallow_answers(False)
            self.assert_healthy(exporter)

    def test_a_cloud_that_was_cut_off_and_came_back_as_another(self):
        """The connections kept from before are half open: only the exporter has them."""
        with self.exporter() as exporter:
            with self.host.run_simulator("--datasets", str(self.DATASETS)):
                self.assert_healthy(exporter)
                self.host.swallow_answers()
            self.host.swallow_answers(False)
            with self.host.run_simulator("--datasets", str(self.DATASETS)):
                self.assert_healthy(exporter)

    def test_a_cloud_that_loses_power_in_the_middle_of_its_answers(self):
        slow = ["--datasets", str(self.DATASETS), "--latency", "500ms"]
        cloud = self.host.run_simulator(*slow)
        self.addCleanup(cloud.folder.cleanup)
        with self.exporter() as exporter:
            self.outcome(exporter)
            self.host.swallow_answers()
            cloud.process.kill()
            cloud.process.wait()
            good, reasons, took = self.outcome(exporter)
            self.assertEqual((good, reasons), (0, {"timeout"}))
            self.assertLess(took, BUDGET + 1)
            self.host.swallow_answers(False)
            with self.host.run_simulator("--datasets", str(self.DATASETS)):
                self.assert_healthy(exporter)


def enter_namespace():
    """Begins anew as root of namespaces of its own, if there may be such."""
    wrapper = ["unshare", "--user", "--map-root-user", "--net"]
    probe = wrapper + ["ip", "link", "add", "name", "try", "type", "veth"]
    if subprocess.run(probe, check=False, capture_output=True).returncode == 0:
        os.environ[INSIDE] = "1"
        os.execvp(wrapper[0], wrapper + [sys.executable, *sys.argv])


if __name__ == "__main__":
    if not os.environ.get(INSIDE):
        enter_namespace()
    unittest.main()
