"""The Debian package on a machine: installed on a clean Debian, of the release that it was
built on, with systemd as its first process, configured as deploy/README.md says, started,
scraped, reloaded, removed.

    apt-get install debootstrap systemd-container
    MODELARTS_SIMULATOR=build/release/modelarts_simulator \\
      python3 -B tests/deploy/package_machine_test.py build/release

As root. Takes 3 minutes and 1 GB below TMPDIR, and Debian's mirror, so it is no part
of the default run. The machine shares this one's network: port 10877 must be free.
IMAGE_TEST_BASE names a folder that debootstrap filled, to be copied instead of a new
one.
"""

import os
import pathlib
import platform
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

import package_test
from package_test import e2e, run

BUILD = package_test.BUILD
MISSING = [tool for tool in ("debootstrap", "systemd-nspawn", "nsenter", "cpack") if not shutil.which(tool)]
if os.geteuid() != 0:
    MISSING.append("root's rights")
UNIT = "modelarts_exporter.service"
CREDENTIALS = f"/run/credentials/{UNIT}"
AK, SK = "TESTACCESSKEY", "test-secret-key"
CONFIG = f"""
projects:
  - project_id: "{0:032x}"
    region: here
    endpoint: {{cloud}}
    credentials:
      access_key:
        id_file: {CREDENTIALS}/secret_id
        secret_file: {CREDENTIALS}/secret_secret
    datasets: [{{{{id: ds-00000}}}}, {{{{id: ds-00001}}}}]
"""


class Machine:
    def __init__(self, root, log):
        self.root = root
        command = ["systemd-nspawn", f"--directory={root}", "--boot", "--register=no", "--keep-unit",
                   "--machine=package-test"]
        self.log = log
        with open(log, "wb") as file:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        deadline = time.monotonic() + 60
        while "login:" not in log.read_text(errors="replace"):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise AssertionError("the machine did not start:\n" + log.read_text(errors="replace"))
            time.sleep(0.2)
        children = [child for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()
                    for child in (task / "children").read_text().split()]
        (self.first,) = [child for child in children
                         if "systemd" in pathlib.Path(f"/proc/{child}/comm").read_text()]

    def run(self, *command, status=0):
        done = subprocess.run(["nsenter", f"--target={self.first}", "--mount", "--uts", "--ipc", "--pid", "--cgroup",
                               "--root", "--wd=/", "--", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                               "DEBIAN_FRONTEND=noninteractive", *command],
                              capture_output=True, text=True, timeout=120)
        if done.returncode != status:
            raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def journal(self):
        return self.run("journalctl", "--no-pager", f"--unit={UNIT}")

    def show(self, name):
        return self.run("systemctl", "show", f"--property={name}", "--value", UNIT).strip()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=60)
        finally:
            self.process.kill()
            self.process.wait()


README = (package_test.ROOT / "deploy/README.md").read_text()
(CHECK,) = re.findall(r"(?s)```sh\n(systemd-run .*?)\n```", README)


class Service:
    address = "127.0.0.1:10877"

    def get(self, path, headers=None):
        return e2e.ask(self.address, path, headers)


@unittest.skipIf(MISSING, f"not here: {', '.join(MISSING)}")
class PackageMachineTest(unittest.TestCase):
    """One machine from installation to purge; the names sort by when they come."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="package-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.root = pathlib.Path(folder.name) / "machine"
        base = os.environ.get("IMAGE_TEST_BASE")
        if base:
            run("cp", "--archive", base, cls.root)
        else:
            run("debootstrap", "--variant=minbase", platform.freedesktop_os_release()["VERSION_CODENAME"], cls.root)
        apt_get = ("chroot", cls.root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet")
        run(*apt_get, "update")
        run(*apt_get, "install", "--yes", "--no-install-recommends", "systemd", "systemd-sysv", "dbus")
        cls.package = package_test.pack(cls.root / "root")
        cls.cloud = e2e.Simulator("--datasets=2", "--auth=signature", f"--access-key={AK}:{SK}")
        cls.addClassCleanup(cls.cloud.stop)
        cls.machine = Machine(cls.root, pathlib.Path(folder.name) / "log")
        cls.addClassCleanup(cls.machine.stop)

    def configure(self, extra=""):
        text = CONFIG.format(cloud=self.cloud.url) + extra
        (self.root / "etc/modelarts_exporter/modelarts_exporter.yml").write_text(text)

    def configure_secrets(self):
        secrets = self.root / "etc/modelarts_exporter/secrets"
        for name, secret in (("id", AK), ("secret", SK)):
            (secrets / name).write_text(secret)
            (secrets / name).chmod(0o600)

    def answers(self):
        return e2e.by_dataset(e2e.scrape(Service()), "modelarts_dataset_query_success")

    def test_1_is_installed_with_what_it_needs_and_does_not_start(self):
        self.machine.run("apt-get", "install", "--yes", "--quiet", "--no-install-recommends",
                         f"/root/{self.package.name}")
        self.assertEqual(self.machine.show("ActiveState"), "inactive")
        self.assertEqual(self.machine.run("systemctl", "is-enabled", UNIT, status=1).strip(), "disabled")
        self.assertIn("version", self.machine.run("modelarts_exporter", "--version"))

    def check(self, status, more=""):
        return self.machine.run("sh", "-c", f"({CHECK} {more}) 2>&1", status=status)

    def test_2_says_which_secret_is_missing(self):
        self.configure()
        self.assertIn(f"{CREDENTIALS}/secret_id cannot be read: No such file", self.check(1))
        self.machine.run("systemctl", "start", UNIT, status=1)
        self.assertIn(f"{CREDENTIALS}/secret_id cannot be read: No such file", self.machine.journal())

    def test_3_starts_and_answers(self):
        self.configure_secrets()
        self.assertEqual(self.check(0), "")
        self.machine.run("systemctl", "enable", "--now", UNIT)
        self.assertEqual(self.machine.show("SubState"), "running")
        self.assertEqual(self.answers(), {"ds-00000": "1", "ds-00001": "1"})
        self.assertNotIn("may be read by everyone", self.machine.journal())
        names = {name for name, _ in e2e.scrape(Service()) if name.startswith("process_")}
        self.assertIn("process_start_time_seconds", names, "the sandbox hides /proc/stat")
        self.assertEqual(len(names), 7)

    def test_4_has_no_rights(self):
        pid = self.machine.show("MainPID")
        status = self.machine.run("cat", f"/proc/{pid}/status")
        self.assertNotRegex(status, r"(?m)^Uid:\t0\b")
        for line in ("CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"):
            self.assertIn(line, status)

    def test_5_reloads_and_refuses_what_is_faulty(self):
        self.machine.run("systemctl", "reload", UNIT)
        self.assertEqual(self.show_status(), "Reload 1: the configuration is in force")
        self.configure("bogus: 1\n")
        for number in (2, 3):
            self.machine.run("systemctl", "reload", UNIT, status=1)
            self.assertRegex(self.show_status(), f"^Reload {number} refused, .*unknown key 'bogus'")
        self.assertIn("unknown key 'bogus'", self.machine.journal())
        self.assertEqual(self.machine.show("SubState"), "running")
        self.assertEqual(self.answers(), {"ds-00000": "1", "ds-00001": "1"})
        self.configure()

    def show_status(self):
        return self.machine.show("StatusText")

    def test_6_is_restarted_when_it_hangs(self):
        # As the watchdog would, without waiting for it: it waits 30 s.
        self.assertEqual(self.machine.show("WatchdogUSec"), "30s")
        before = self.machine.show("WatchdogTimestampMonotonic")
        time.sleep(2)
        self.assertNotEqual(self.machine.show("WatchdogTimestampMonotonic"), before)
        self.machine.run("systemctl", "kill", "--signal=ABRT", UNIT)
        deadline = time.monotonic() + 30
        while self.machine.show("NRestarts") == "0" or self.machine.show("SubState") != "running":
            self.assertLess(time.monotonic(), deadline, self.machine.journal())
            time.sleep(0.5)

    def test_7_survives_an_upgrade(self):
        pid = self.machine.show("MainPID")
        self.machine.run("dpkg", "--install", f"/root/{self.package.name}")
        self.assertEqual(self.machine.show("SubState"), "running")
        self.assertNotEqual(self.machine.show("MainPID"), pid)
        self.assertEqual(self.answers(), {"ds-00000": "1", "ds-00001": "1"})

    def make_certificate(self):
        secrets = self.root / "etc/modelarts_exporter/secrets"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-keyout", secrets / "server.key", "-out", secrets / "server.crt")
        return (secrets / "server.crt").read_text()

    def certificate(self):
        host, port = Service.address.split(":")
        return ssl.get_server_certificate((host, int(port)))

    def restart(self):
        self.machine.run("systemctl", "reset-failed", UNIT)  # Or five in ten seconds are too many.
        self.machine.run("systemctl", "restart", UNIT)

    def test_8_speaks_tls_with_a_key_that_root_alone_can_read(self):
        flags = self.root / "etc/default/modelarts_exporter"
        before = flags.read_text()
        made = self.make_certificate()
        web = self.root / "etc/modelarts_exporter/secrets/web.yml"
        web.write_text(re.search(r"(?s)```yaml\n(# secrets/web\.yml\n.*?)```", README)[1])
        flags.write_text(before + re.search(r'(?m)^ARGS="--web.*"\n', README)[0])
        self.assertEqual(self.check(0, f"--web.config.file={CREDENTIALS}/secret_web.yml"), "")
        self.restart()
        self.assertEqual(self.certificate(), made)

        renewed = self.make_certificate()
        self.restart()
        self.assertEqual(self.certificate(), renewed)
        flags.write_text(before)
        self.restart()

    def test_8a_takes_secrets_that_are_encrypted(self):
        block, unit = re.search(r"(?s)```sh\n([^`]*systemd-creds.*?)```\n\n```ini\n(.*?)```", README).groups()
        self.machine.run("bash", "-euc", block.replace("systemctl edit modelarts_exporter\n", ""))
        secrets = self.root / "etc/modelarts_exporter/secrets"
        self.assertFalse((secrets / "secret").exists())
        self.assertNotIn(SK, (self.root / "etc/modelarts_exporter/encrypted/secret").read_text())
        self.addCleanup(self.configure_secrets)
        drop_in = self.root / f"etc/systemd/system/{UNIT}.d/override.conf"
        drop_in.parent.mkdir()
        drop_in.write_text(unit)
        self.addCleanup(shutil.rmtree, drop_in.parent)
        self.machine.run("systemctl", "daemon-reload")
        self.restart()
        self.assertEqual(self.answers(), {"ds-00000": "1", "ds-00001": "1"})

    def test_9_stops_at_once_and_goes_without_a_trace(self):
        began = time.monotonic()
        self.machine.run("systemctl", "stop", UNIT)
        self.assertLess(time.monotonic() - began, 7)
        self.assertEqual(self.machine.show("Result"), "success")
        self.machine.run("systemctl", "daemon-reload")
        self.machine.run("systemctl", "start", UNIT)
        self.machine.run("dpkg", "--remove", "modelarts-exporter")
        self.assertEqual(self.machine.show("ActiveState"), "inactive")
        self.assertTrue((self.root / "etc/modelarts_exporter/secrets/secret").exists())
        self.machine.run("dpkg", "--purge", "modelarts-exporter")
        left = self.machine.run("find", "/etc", "/usr", "/var/lib", "/run", "-name", "*modelarts*")
        self.assertEqual(left, "")


if __name__ == "__main__":
    unittest.main()
