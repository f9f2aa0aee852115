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
import threading
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

READY = "READY=1\nSTATUS=The configuration is in force"
RELOAD = re.search(r"(?m)^ExecReload=\+/bin/sh -c '((?:.|\\\n)*?)'$", TEXT)[1]
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
    def verify(self, text, socket_unit=None):
        """In a system that has what the unit names, and no more."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for program in re.findall(r"(?m)^Exec\w+=\+?(/\S+)", text):
                file = root / program[1:]
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text("#!/bin/sh\n")
                file.chmod(0o755)
            place = root / "etc/systemd/system"
            place.mkdir(parents=True)
            (place / UNIT.name).write_text(text)
            units = [UNIT.name]
            if socket_unit:
                units.append(UNIT.with_suffix(".socket").name)
                (place / units[-1]).write_text(socket_unit)
            return analyze("verify", "--man=no", "--recursive-errors=no", f"--root={root}", *units)

    def test_is_without_faults(self):
        self.assertEqual(self.verify(TEXT), (0, ""))

    def test_can_be_given_a_socket(self):
        for name in ("README.md", "README.zh-CN.md"):
            page = (ROOT / "deploy" / name).read_text(encoding="utf-8")
            (text,) = re.findall(r"(?ms)^```ini\n(# \S+/modelarts_exporter\.socket\n.*?)^```$", page)
            self.assertEqual(self.verify(TEXT, text), (0, ""))
            status, said = self.verify(TEXT, text.replace("ListenStream=", "ListenStreams="))
            self.assertIn("Unknown key", said)
            self.assertNotEqual(status, 0)

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
        ours = TEXT.replace(RELOAD, "")  # Which has systemctl's.
        used = re.findall(r"(--[a-z][\w.-]*)", ours + (UNIT.parent / "modelarts_exporter.default").read_text())
        self.assertIn("--config.file", used)
        for flag in used:
            self.assertRegex(known, rf"(?m)^ {{2,12}}{re.escape(flag)}\s")


class Notified(unittest.TestCase):
    """In systemd's place."""

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


class NotificationTest(Notified):
    """What the unit's Type=notify, ExecReload and WatchdogSec count on."""

    def test_says_when_it_is_ready_and_when_it_stops(self):
        with self.start():
            self.assertEqual(self.hear(), READY)
        self.assertEqual(self.hear_but_watchdog(), "STOPPING=1")

    def test_says_when_a_reload_begins_and_ends(self):
        with self.start() as program:
            self.assertEqual(self.hear(), READY)
            for config, verdict in ((CONFIG, "Reload 1: the configuration is in force"),
                                    ("faulty: 1", "Reload 2 refused, the old configuration goes on: .*faulty.*")):
                program.write_config(config)
                program.process.send_signal(signal.SIGHUP)
                self.assertRegex(self.hear_but_watchdog(), r"^RELOADING=1\nMONOTONIC_USEC=\d+$")
                self.assertRegex(self.hear_but_watchdog(), rf"^READY=1\nSTATUS={verdict}$")

    def test_keeps_the_watchdog_quiet(self):
        with self.start(watchdog="4000000"):
            self.assertEqual(self.hear(), READY)
            for _ in range(4):
                self.assertEqual(self.hear(4), "WATCHDOG=1")


class ReloadTest(Notified):
    """The unit's ExecReload, with a systemctl that says what systemd was told."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.status = pathlib.Path(folder.name, "status")
        systemctl = pathlib.Path(folder.name, "systemctl")
        systemctl.write_text(f"#!/bin/sh\n[ \"$*\" = 'show --property=StatusText --value {UNIT.name}' ] && "
                             f"cat '{self.status}'\n")
        systemctl.chmod(0o755)
        self.path = f"{folder.name}:{os.environ['PATH']}"
        # As systemd reads it.
        self.command = RELOAD.replace("\\\n", " ").replace("$$", "$").replace("%n", UNIT.name)

    def note(self):
        """Keeps the status until the end of the test."""
        def listen():
            while (message := self.socket.recv(4096).decode()) != "END":
                if match := re.search(r"(?m)^STATUS=(.*)$", message):
                    new = self.status.with_suffix(".new")
                    new.write_text(match[1] + "\n")
                    new.rename(self.status)
        thread = threading.Thread(target=listen)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.end)

    def end(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"END", self.address)

    def reload(self, pid):
        done = subprocess.run(["/bin/sh", "-c", self.command], capture_output=True, text=True, timeout=60,
                              env={"PATH": self.path, "MAINPID": str(pid)})
        return done.returncode, done.stderr

    def test_fails_where_the_configuration_is_refused(self):
        self.note()
        with self.start() as program:
            pid = program.process.pid
            self.assertEqual(self.reload(pid), (0, ""))
            program.write_config("faulty: 1")
            for number in (2, 3):  # The same words must not look like none.
                status, said = self.reload(pid)
                self.assertEqual(status, 1)
                self.assertRegex(said, rf"^Reload {number} refused, .*unknown key 'faulty'")
            program.write_config(CONFIG)
            self.assertEqual(self.reload(pid), (0, ""))

    def test_fails_where_the_program_ends_of_it(self):
        self.status.write_text("The configuration is in force\n")
        with subprocess.Popen(["sleep", "60"]) as process:
            # SIGHUP ends it; it is gone once somebody waits for it, as systemd does.
            reaper = threading.Thread(target=process.wait)
            reaper.start()
            status, _ = self.reload(process.pid)
            process.kill()
            reaper.join()
        self.assertEqual(status, 1)


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
