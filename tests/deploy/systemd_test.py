"""deploy/systemd: systemd's own opinion of the unit, and what the program tells
systemd. package_machine_test.py runs it under a systemd.

    MODELARTS_EXPORTER=build/release/modelarts_exporter python3 -B tests/deploy/systemd_test.py
"""

import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import exporter as e2e

UNIT = ROOT / "deploy" / "systemd" / "modelarts_exporter.service"
TEXT = UNIT.read_text()
# In tenths, from 0 (closed) to 100; what is left is the network, /proc and the
# sockets that the program needs.
EXPOSURE = 13

CONFIG = """
projects:
  - project_id: p
    endpoint: http://127.0.0.1:9
    credentials: {token: any}
    datasets: [{id: d}]
"""


def analyze(*arguments):
    run = subprocess.run(["systemd-analyze", "--no-pager", *arguments], capture_output=True,
                         text=True, timeout=60)
    return run.returncode, run.stdout + run.stderr


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
class UnitTest(unittest.TestCase):
    def verify(self, text):
        """In a system that has what the unit names, and no more."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for program in re.findall(r"(?m)^Exec\w+=(/\S+)", text):
                file = root / program[1:]
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text("#!/bin/sh\n")
                file.chmod(0o755)
            place = root / "etc/systemd/system"
            place.mkdir(parents=True)
            (place / UNIT.name).write_text(text)
            return analyze("verify", "--man=no", "--recursive-errors=no", f"--root={root}", UNIT.name)

    def test_is_without_faults(self):
        self.assertEqual(self.verify(TEXT), (0, ""))

    def test_is_looked_at_closely(self):
        status, said = self.verify(TEXT.replace("WatchdogSec=", "WatchdogSecs="))
        self.assertIn("Unknown key", said)
        self.assertNotEqual(status, 0)

    def test_is_closed_to_the_machine(self):
        status, said = analyze("security", "--offline=true", f"--threshold={EXPOSURE}", str(UNIT))
        self.assertEqual(status, 0, said)

    def test_gives_flags_that_the_program_knows(self):
        known = subprocess.run([os.environ["MODELARTS_EXPORTER"], "--help"], capture_output=True,
                               text=True, check=True).stdout
        used = re.findall(r"(--[a-z][\w.-]*)", TEXT + (UNIT.parent / "modelarts_exporter.default").read_text())
        self.assertIn("--config.file", used)
        for flag in used:
            self.assertRegex(known, rf"(?m)^  {re.escape(flag)}\s")


class NotificationTest(unittest.TestCase):
    """What the unit's Type=notify, ExecReload and WatchdogSec count on."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.socket.close)
        self.address = os.path.join(folder.name, "notify")
        self.socket.bind(self.address)

    def start(self, watchdog="30000000"):
        environment = dict(os.environ, NOTIFY_SOCKET=self.address, WATCHDOG_USEC=watchdog)
        environment.pop("WATCHDOG_PID", None)
        return e2e.Exporter(CONFIG, environment=environment)

    def hear(self, seconds=20):
        ready, _, _ = select.select([self.socket], [], [], seconds)
        self.assertTrue(ready, "systemd was told nothing")
        return self.socket.recv(4096).decode()

    def hear_but_watchdog(self):
        while (message := self.hear()) == "WATCHDOG=1":
            pass
        return message

    def test_says_when_it_is_ready_and_when_it_stops(self):
        with self.start():
            self.assertEqual(self.hear(), "READY=1")
        self.assertEqual(self.hear_but_watchdog(), "STOPPING=1")

    def test_says_when_a_reload_begins_and_ends(self):
        with self.start() as program:
            self.assertEqual(self.hear(), "READY=1")
            for config in (CONFIG, "faulty"):
                program.write_config(config)
                program.process.send_signal(signal.SIGHUP)
                self.assertRegex(self.hear_but_watchdog(), r"^RELOADING=1\nMONOTONIC_USEC=\d+$")
                self.assertEqual(self.hear_but_watchdog(), "READY=1")

    def test_keeps_the_watchdog_quiet(self):
        with self.start(watchdog="4000000"):
            self.assertEqual(self.hear(), "READY=1")
            for _ in range(4):
                self.assertEqual(self.hear(4), "WATCHDOG=1")


class CredentialsTest(unittest.TestCase):
    """The way to keep a key for TLS that the documents show, in a folder that systemd
    could have made."""

    SEEN = "/run/credentials/modelarts_exporter.service"
    DOCUMENTS = [ROOT / "deploy" / name for name in ("README.md", "README.zh-CN.md")]

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-keyout", self.folder / "server.key",
                        "-out", self.folder / "server.crt"], check=True, capture_output=True)
        for name, text in {"id": "AK", "secret": "SK"}.items():
            (self.folder / name).write_text(text)

    def hand_out(self):
        """As LoadCredential=secret:FOLDER does."""
        seen = self.folder / "seen"
        seen.mkdir()
        for file in list(self.folder.iterdir()):
            if file.is_file():
                copy = seen / f"secret_{file.name}"
                copy.write_bytes(file.read_bytes())
                copy.chmod(0o400)
        return seen

    def check(self, document):
        text = document.read_text()
        (self.folder / "web.yml").write_text(re.search(r"```yaml\n(# secrets/web\.yml\n.*?)```", text, re.S)[1])
        credentials = re.search(r"```yaml\n( +credentials:.*?)```", text, re.S)[1]
        web_file = re.search(r'(?m)^ARGS="--web\.config\.file=(\S+)"$', text)[1]
        seen = str(self.hand_out())
        config = self.folder / "modelarts_exporter.yml"
        config.write_text("projects:\n  - project_id: p\n    region: r\n" + credentials.replace(self.SEEN, seen)
                          + "    datasets: [{id: d}]\n")
        done = subprocess.run([os.environ["MODELARTS_EXPORTER"], "--config.check", f"--config.file={config}",
                               f"--web.config.file={web_file.replace(self.SEEN, seen)}"],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_passes_the_check_in_english(self):
        self.check(self.DOCUMENTS[0])

    def test_passes_the_check_in_chinese(self):
        self.check(self.DOCUMENTS[1])

    def test_has_the_same_names_everywhere(self):
        self.assertIn("LoadCredential=secret:/etc/modelarts_exporter/secrets\n", TEXT)
        for path in [*self.DOCUMENTS, UNIT.parent / "modelarts_exporter.default",
                     ROOT / "deploy/man/modelarts_exporter.1"]:
            self.assertIn(f"{self.SEEN}/secret_web.yml", path.read_text(), path)


if __name__ == "__main__":
    unittest.main()
