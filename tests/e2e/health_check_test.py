"""--health.check, as a container's HEALTHCHECK runs it, against the real program and
against what is none."""

import contextlib
import os
import pathlib
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from exporter import Exporter

CONFIG = "projects: [{project_id: p, region: r, endpoint: 'http://127.0.0.1:9', credentials: {token: t}, datasets: [{id: d}]}]\n"
USERS = "basic_auth_users: {u: $2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW}\n"
TLS = "tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n"


def check(address, *flags):
    """What --health.check ends with. It says nothing."""
    run = subprocess.run([os.environ["MODELARTS_EXPORTER"], "--health.check", "--web.listen-address", address, *flags],
                         capture_output=True, timeout=60)
    assert run.stdout == b"" and run.stderr == b"", (run.stdout, run.stderr)
    return run.returncode


@contextlib.contextmanager
def stranger(answer):
    """The address of what is no exporter: `answer` is called with each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve():
            with contextlib.suppress(OSError):
                while True:
                    line, _ = listener.accept()
                    with line, contextlib.suppress(OSError):
                        answer(line)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def drip(line):
    line.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        line.sendall(b"a")
        time.sleep(0.05)


def pour(line):
    """An answer that is good, and a body without end."""
    line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        line.sendall(bytes(1 << 20))


class HealthCheckTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.web = pathlib.Path(folder.name, "web.yml")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", "/CN=elsewhere.test", "-keyout", "server.key", "-out", "server.pem"],
                       check=True, capture_output=True, cwd=folder.name)

    def serve(self, web=None):
        """A running exporter, and the flags that it shares with the check."""
        flags = []
        if web is not None:
            self.web.write_text(web)
            flags = ["--web.config.file", str(self.web)]
        return self.enterContext(Exporter(CONFIG, *flags)), flags

    def test_is_0_while_the_process_serves(self):
        program, _ = self.serve()
        port = program.address.rsplit(":", 1)[1]
        for address in (program.address, f":{port}", f"0.0.0.0:{port}", f"localhost:{port}"):
            with self.subTest(address):
                self.assertEqual(check(address), 0)

    def test_is_1_where_nobody_listens(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # Nobody else gets it, and nobody listens.
            self.assertEqual(check("127.0.0.1:%d" % taken.getsockname()[1]), 1)
        self.assertEqual(check("no-such-host.invalid:80"), 1)

    def test_needs_no_password(self):
        self.assertEqual(check(*self.asked(USERS)), 0)

    def test_takes_whatever_certificate_the_instance_has(self):
        self.assertEqual(check(*self.asked(TLS)), 0)
        self.assertEqual(check(*self.asked(TLS + "  min_version: TLS10\n  max_version: TLS11\n")), 0)

    def test_takes_the_question_for_a_certificate_for_health(self):
        for more in ("RequireAndVerifyClientCert\n  client_ca_file: server.pem", "RequireAnyClientCert",
                     "RequireAnyClientCert\n  max_version: TLS12", "RequestClientCert"):
            with self.subTest(more):
                program, flags = self.serve(f"{TLS}  client_auth_type: {more}\n")
                for _ in range(3):
                    self.assertEqual(check(program.address, *flags), 0)
                self.assertNotIn("TLS with a client failed", program.log())

    def test_outlives_what_happens_to_the_file(self):
        for before in (TLS, USERS, TLS + "  client_auth_type: RequireAnyClientCert\n"):
            for after in ("tls_server_config: {zz: 1}\n", TLS, USERS):
                with self.subTest(before=before, after=after):
                    program, flags = self.serve(before)
                    self.web.write_text(after)
                    self.assertEqual(check(program.address, *flags), 0)
        self.web.unlink()
        self.assertEqual(check(*self.asked(None), "--web.config.file", str(self.web)), 0)

    def asked(self, web):
        program, flags = self.serve(web)
        return program.address, *flags

    def test_is_1_where_something_else_answers(self):
        answers = {
            "503": lambda line: line.sendall(b"HTTP/1.1 503 no\r\nContent-Length: 0\r\n\r\n"),
            "no HTTP": lambda line: line.sendall(b"220 ready\r\n"),
            "an end": lambda line: None,
        }
        for name, answer in answers.items():
            with self.subTest(name), stranger(lambda line: (line.recv(4096), answer(line))) as address:
                self.assertEqual(check(address), 1)

    def test_ends_in_time(self):
        self.web.write_text(TLS)
        for answer in (drip, lambda line: line.recv(4096) and line.recv(4096)):
            for flags in ([], ["--web.config.file", str(self.web)]):
                with self.subTest(flags), stranger(answer) as address:
                    begin = time.monotonic()
                    self.assertEqual(check(address, *flags), 1)
                    # 3 s, and what a busy machine adds.
                    self.assertLess(time.monotonic() - begin, 5)
        with stranger(pour) as address:
            self.assertEqual(check(address), 0)


if __name__ == "__main__":
    unittest.main()
