"""The real exporter as its operators run it: files that change under it, a service
manager that listens to it, crowds of clients, and no rights at all."""

import concurrent.futures
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from exporter import Exporter, Simulator, by_dataset, scrape
from stress_test import IS_SANITIZED, config, resources

SEEN_WITHIN_S = 5


def eventually(look, within=SEEN_WITHIN_S):
    """Whether `look()` comes true."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if look():
            return True
        time.sleep(0.05)
    return False


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13]))


class DatasetFilesTest(unittest.TestCase):
    """However a file is replaced, it is seen without a reload."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.cloud = self.enterContext(Simulator("--datasets", "10"))

    def start(self, pattern):
        text = config(self.cloud.url, 1, project_block=f"dataset_files: ['{pattern}']")
        return self.enterContext(Exporter(text))

    def write(self, name, *datasets):
        path = os.path.join(self.folder.name, name)
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(f"- {{id: ds-{i:05d}}}\n" for i in datasets)
        return path

    def assert_serves(self, exporter, *datasets):
        wanted = [f"ds-{i:05d}" for i in datasets]
        self.assertTrue(
            eventually(lambda: list(by_dataset(scrape(exporter), "modelarts_dataset_info")) == wanted),
            exporter.log(),
        )

    def test_written_in_place_renamed_over_added_and_removed(self):
        self.write("a.yml", 1)
        exporter = self.start(self.folder.name + "/*.yml")
        self.assert_serves(exporter, 0, 1)
        self.write("a.yml", 1, 2)
        self.assert_serves(exporter, 0, 1, 2)
        os.rename(self.write("a.yml.new", 3, 4), self.folder.name + "/a.yml")
        self.assert_serves(exporter, 0, 3, 4)
        self.write("b.yml", 5)
        self.assert_serves(exporter, 0, 3, 4, 5)
        os.remove(self.folder.name + "/b.yml")
        self.assert_serves(exporter, 0, 3, 4)

    def test_swapped_by_symlink_as_kubernetes_does(self):
        root = self.folder.name
        for version, dataset in (("v1", 1), ("v2", 2)):
            os.mkdir(f"{root}/{version}")
            self.write(f"{version}/datasets.yml", dataset)
        os.symlink("v1", f"{root}/..data")
        os.symlink("..data/datasets.yml", f"{root}/datasets.yml")
        exporter = self.start(f"{root}/datasets.yml")
        self.assert_serves(exporter, 0, 1)
        os.symlink("v2", f"{root}/..data_tmp")
        os.rename(f"{root}/..data_tmp", f"{root}/..data")
        self.assert_serves(exporter, 0, 2)

    def test_a_faulty_one_changes_nothing_until_it_is_mended(self):
        self.write("a.yml", 1)
        exporter = self.start(self.folder.name + "/*.yml")
        self.assert_serves(exporter, 0, 1)
        with open(self.folder.name + "/a.yml", "w", encoding="utf-8") as file:
            file.write("- {id: ds-00001, colour: red}\n")
        name = ("modelarts_exporter_config_last_reload_successful", ())
        self.assertTrue(eventually(lambda: scrape(exporter)[name] == "0"))
        self.assertIn("a.yml:1:18", exporter.log())
        self.assert_serves(exporter, 0, 1)
        self.write("a.yml", 2)
        self.assert_serves(exporter, 0, 2)
        self.assertEqual(scrape(exporter)[name], "1")


    def test_a_faulty_one_of_a_refused_configuration_is_waited_for(self):
        exporter = self.enterContext(Exporter(config(self.cloud.url, 1)))
        path = self.write("new.yml", 0)  # Twice, then.
        exporter.write_config(config(self.cloud.url, 1, project_block=f"dataset_files: ['{path}']"))
        os.kill(exporter.process.pid, signal.SIGHUP)
        self.assertTrue(eventually(lambda: "new.yml:1:8: id: dataset" in exporter.log()), exporter.log())
        self.assert_serves(exporter, 0)
        self.write("new.yml", 1)
        self.assert_serves(exporter, 0, 1)


class ReloadTest(unittest.TestCase):
    RELOADS = 1000

    def test_a_thousand_under_load_lose_no_scrape_and_leave_nothing(self):
        with Simulator("--datasets", "20", "--latency", "10ms") as cloud:
            with Exporter(config(cloud.url, 20), "--web.enable-lifecycle") as exporter:

                def reload(number):
                    # Each another configuration: half the datasets, all of them.
                    exporter.write_config(config(cloud.url, 10 + 10 * (number % 2)))
                    return exporter.get("/-/reload", method="POST").status

                for number in range(50):
                    self.assertEqual(reload(number), 200)
                    scrape(exporter, 5)
                before = resources(exporter.process.pid)
                scrapes = []
                with concurrent.futures.ThreadPoolExecutor(1) as pool:
                    reloads = pool.submit(lambda: [reload(i) for i in range(self.RELOADS)])
                    while not reloads.done():
                        samples = scrape(exporter, 10)
                        success = by_dataset(samples, "modelarts_dataset_query_success")
                        scrapes.append((len(success), set(success.values())))
                    self.assertEqual(set(reloads.result()), {200})
                after = resources(exporter.process.pid)
                connections = cloud.counters()["connections_accepted"]
        print(f"{self.RELOADS} reloads, {len(scrapes)} scrapes: before {before}, after {after}")
        print(f"{connections} connections to the cloud")
        self.assertGreater(len(scrapes), 10)
        for datasets, outcomes in scrapes:
            self.assertIn(datasets, (10, 20))
            self.assertEqual(outcomes, {"1"})
        # Requests at once have a thread each, which is kept for the next ones.
        self.assertLessEqual(after["threads"], before["threads"] + 4)
        self.assertLessEqual(after["descriptors"], before["descriptors"] + 4)
        if not IS_SANITIZED:
            self.assertLess(after["resident_kib"], before["resident_kib"] + 2048)
        # The connections are kept over all of them.
        self.assertLessEqual(connections, 64)


class StopTest(unittest.TestCase):
    def test_says_who_asked_for_it(self):
        with Simulator("--datasets", "1") as cloud:
            with Exporter(config(cloud.url, 1), "--web.enable-lifecycle") as asked:
                self.assertEqual(asked.get("/-/quit", method="POST").status, 200)
                self.assertEqual(asked.process.wait(timeout=30), 0)
                self.assertRegex(asked.log(), r"msg=stopping endpoint=/-/quit\n")
            with Exporter(config(cloud.url, 1)) as signalled:
                self.assertEqual(signalled.stop(), 0)
                self.assertRegex(signalled.log(), r"msg=stopping signal=SIGTERM\n")


class CrowdTest(unittest.TestCase):
    def test_two_thousand_idle_connections_cost_next_to_nothing(self):
        with Simulator("--datasets", "100") as cloud, Exporter(config(cloud.url, 100)) as exporter:
            host, port = exporter.address.rsplit(":", 1)

            def median_scrape():
                took = []
                for _ in range(11):
                    begin = time.monotonic()
                    scrape(exporter, 5)
                    took.append(time.monotonic() - begin)
                return sorted(took)[5]

            alone = median_scrape()
            clients = [socket.create_connection((host, int(port))) for _ in range(2000)]
            for client in clients[::2]:  # Half of them have asked something before.
                client.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n")
            time.sleep(1)
            ticks = cpu_ticks(exporter.process.pid)
            time.sleep(3)
            ticks = cpu_ticks(exporter.process.pid) - ticks
            crowded = median_scrape()
            open_descriptors = resources(exporter.process.pid)["descriptors"]
            for client in clients:
                client.close()
        print(
            f"2,000 idle connections: {ticks / 3:.1f} ticks of CPU a second, "
            f"a scrape in {crowded * 1000:.1f} ms instead of {alone * 1000:.1f} ms"
        )
        self.assertGreater(open_descriptors, 2000)
        self.assertLess(ticks / 3, 5)  # Of 100: 5 % of a core.
        self.assertLess(crowded, alone * 2 + 0.02)


class ServiceManagerTest(unittest.TestCase):
    def test_hears_of_start_reload_watchdog_and_stop(self):
        with tempfile.TemporaryDirectory() as folder, Simulator("--datasets", "1") as cloud:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                manager.bind(folder + "/notify")
                manager.settimeout(10)

                def hear(beats=False):
                    """The next message; beats of the watchdog on request only."""
                    while True:
                        message = manager.recv(256).decode()
                        if (message == "WATCHDOG=1") == beats:
                            return message

                environment = {**os.environ, "NOTIFY_SOCKET": folder + "/notify", "WATCHDOG_USEC": "400000"}
                with Exporter(config(cloud.url, 1), environment=environment) as exporter:
                    self.assertEqual(hear(), "READY=1\nSTATUS=The configuration is in force")
                    hear(beats=True)
                    begin = time.monotonic()
                    for _ in range(3):
                        hear(beats=True)
                    self.assertLess(time.monotonic() - begin, 1.2)
                    os.kill(exporter.process.pid, signal.SIGHUP)
                    self.assertRegex(hear(), r"^RELOADING=1\nMONOTONIC_USEC=\d+$")
                    self.assertEqual(hear(), "READY=1\nSTATUS=Reload 1: the configuration is in force")
                    exporter.stop()
                    self.assertEqual(hear(), "STOPPING=1")


@unittest.skipIf(os.geteuid() != 0, "only root can give up what it has")
class NoRightsTest(unittest.TestCase):
    def test_serves_as_nobody_without_capabilities_on_a_file_system_it_cannot_write(self):
        """Everything is mounted read-only for it, in a namespace of its own."""
        with tempfile.TemporaryDirectory() as folder, Simulator("--datasets", "3") as cloud:
            os.chmod(folder, 0o755)
            path = os.path.join(folder, "config.yml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(config(cloud.url, 3))
            # Where the build lies, nobody may be able to look.
            binary = shutil.copy(os.environ["MODELARTS_EXPORTER"], folder)
            script = (
                'for mount in $(awk \'{print $2}\' /proc/mounts); do mount -o remount,ro,bind "$mount" 2>/dev/null; done; '
                'touch "$1/probe" 2>/dev/null && exit 99; '
                'exec setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs '
                '--bounding-set -all --inh-caps -all "$2" --config.file "$3" --web.listen-address 127.0.0.1:0'
            )
            command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script]
            command += ["sh", folder, binary, path]
            program = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd="/")
            try:
                address = None
                lines = []
                for line in program.stderr:
                    lines.append(line)
                    if "listening" in line:
                        address = line.rsplit("=", 1)[1].strip().strip('"')
                        break
                self.assertIsNotNone(address, lines)
                with open(f"/proc/{program.pid}/status", encoding="ascii") as status:
                    facts = dict(line.split(":", 1) for line in status if ":" in line)
                self.assertEqual(facts["CapEff"].strip(), "0" * 16)
                self.assertEqual(facts["Uid"].split()[0], "65534")
                exporter = Exporter.__new__(Exporter)
                exporter.address = address
                success = by_dataset(scrape(exporter, 5), "modelarts_dataset_query_success")
                self.assertEqual(list(success.values()), ["1"] * 3)
            finally:
                program.terminate()
                self.assertEqual(program.wait(timeout=30), 0)
                program.stderr.close()


if __name__ == "__main__":
    unittest.main()
