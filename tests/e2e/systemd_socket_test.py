"""--web.systemd-socket: sockets that another process opened, as systemd does."""

import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from exporter import Program, ask

CONFIG = "projects: [{project_id: p, region: r, endpoint: 'http://127.0.0.1:9', credentials: {token: t}, datasets: [{id: d}]}]\n"
# Opens the sockets that `expression` makes, gives them out from 3 on, and becomes the
# program. LISTEN_PID is `pid`, or the process itself.
PARENT = """
import os, socket, sys
expression, pid, *command = sys.argv[1:]
sockets = eval(expression)
for i, one in enumerate(sockets):
    os.dup2(one.fileno(), 100 + i)
for i in range(len(sockets)):
    os.dup2(100 + i, 3 + i)
os.environ.update(LISTEN_PID=pid or str(os.getpid()), LISTEN_FDS=str(len(sockets)))
os.execv(command[0], command)
"""
TCP = "socket.create_server(('127.0.0.1', 0))"


class OverUnix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class SystemdSocketTest(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.config = os.path.join(self.folder, "config.yml")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIG)
        # No port of this machine: who listened there would fail.
        self.command = [os.environ["MODELARTS_EXPORTER"], "--config.file", self.config, "--web.systemd-socket",
                        "--web.listen-address=192.0.2.1:1"]  # fmt: skip

    def parent(self, expression, pid=""):
        return [sys.executable, "-c", PARENT, expression, pid, *self.command]

    def refused(self, command):
        run = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual(run.returncode, 1, run.stderr)
        (line,) = [line for line in run.stderr.splitlines() if "cannot serve" in line]
        return line

    def test_serves_on_all_that_it_is_given(self):
        command = self.parent(f"[{TCP}, {TCP}]")
        with Program(command, r"listening address=(127\S+)[^$]*listening address=127") as program:
            others = [line.split("address=")[1] for line in program.log().splitlines() if "listening" in line]
            self.assertEqual(len(set(others)), 2)
            for address in others:
                self.assertEqual(ask(address, "/-/healthy").status, 200)

    def test_serves_on_a_unix_socket(self):
        path = os.path.join(self.folder, "socket")
        expression = f"[(lambda s: (s.bind({path!r}), s.listen(), s)[-1])(socket.socket(socket.AF_UNIX))]"
        with Program(self.parent(expression), r"listening address=unix:(\S+)") as program:
            self.assertEqual(program.address, path)
            for _ in range(2):
                line = OverUnix(path)
                line.request("GET", "/metrics")
                self.assertEqual(line.getresponse().status, 200)
                line.close()

    def test_leaves_the_socket_open_for_the_next_one(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            os.set_inheritable(listener.fileno(), True)
            host, port = listener.getsockname()
            expression = f"[socket.socket(fileno={listener.fileno()})]"
            for _ in range(2):
                process = subprocess.Popen(self.parent(expression), pass_fds=[listener.fileno()],
                                           stderr=subprocess.DEVNULL)  # fmt: skip
                try:
                    # Who comes before it listens, or while it restarts, waits.
                    self.assertEqual(ask(f"{host}:{port}", "/-/healthy").status, 200)
                finally:
                    process.terminate()
                    self.assertEqual(process.wait(timeout=60), 0)

    def test_refuses_to_begin_without_one(self):
        for command in (self.command, self.parent("[]"), self.parent(f"[{TCP}]", pid="1")):
            self.assertIn("systemd passed no socket", self.refused(command))

    def test_refuses_what_does_not_listen(self):
        for expression in (f"[{TCP}, socket.socket()]", f"[{TCP}, open('/dev/null')]",
                           f"[{TCP}, socket.socket(socket.AF_INET, socket.SOCK_DGRAM)]"):  # fmt: skip
            with self.subTest(expression):
                self.assertIn("descriptor 4 does not listen for streams", self.refused(self.parent(expression)))

    def test_ignores_sockets_that_it_is_not_told_to_take(self):
        command = [self.command[0], "--config.file", self.config, "--web.listen-address=127.0.0.1:0"]
        with Program([sys.executable, "-c", PARENT, f"[{TCP}]", "", *command], r"listening address=(\S+)") as program:
            self.assertEqual(program.log().count("listening address="), 1)
            self.assertEqual(program.get("/-/healthy").status, 200)

    @unittest.skipUnless(shutil.which("systemd-socket-activate"), "systemd-socket-activate is not installed")
    def test_takes_them_from_systemd_itself(self):
        path = os.path.join(self.folder, "socket")
        with Program(["systemd-socket-activate", "--listen", path, *self.command], r"Listening on (\S+) ") as program:
            deadline = time.monotonic() + 60
            while not os.path.exists(path) and time.monotonic() < deadline:
                time.sleep(0.01)
            line = OverUnix(path)
            line.request("GET", "/-/healthy")  # With this it begins.
            self.assertEqual(line.getresponse().status, 200)
            line.close()
            self.assertIn(f"listening address=unix:{path}", program.log())


if __name__ == "__main__":
    unittest.main()
