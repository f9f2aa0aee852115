"""Runs Debian's own gateways and proxies for a test: plain processes on loopback, as
nobody where the test is root, in a folder of their own that goes with them. Their
configurations are the templates in conf/."""

import contextlib
import os
import random
import re
import signal
import socket
import string
import subprocess
import tempfile
import time

CONFIGURATIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "conf")
WAIT = 30  # Seconds, for what takes far less on an idle machine.
UNPRIVILEGED = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


def free_port():
    """A port that nobody listens on, below those that the kernel gives to clients:
    while a gateway is away, no client of another one may sit on its port."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        first_of_clients = int(file.read().split()[0])
    while True:
        port = random.randrange(10000, first_of_clients)
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def run(*command, cwd=None):
    done = subprocess.run(command, check=False, cwd=cwd, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.stdout}{done.stderr}")
    return done.stdout


def wait_until(condition, what):
    deadline = time.monotonic() + WAIT
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {WAIT} s")
        time.sleep(0.01)


ESTABLISHED = "01"


def connections(pid, port, state=""):
    """Those to this port that the process has open, or of these those in this state."""
    sockets = set()
    for descriptor in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):  # Closed meanwhile.
            sockets.add(os.readlink(f"/proc/{pid}/fd/{descriptor}"))
    with open(f"/proc/{pid}/net/tcp", encoding="ascii") as file:
        lines = [line.split() for line in file.readlines()[1:]]
    return sum(int(line[2].split(":")[1], 16) == port and f"socket:[{line[9]}]" in sockets and
               line[3].startswith(state) for line in lines)


class Certificates:
    """A CA, a certificate of it for 127.0.0.1 and localhost, and one for a client,
    made anew: files. `both` is the first certificate with its key."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        os.chmod(self.folder.name, 0o755)
        self.ca = self._file("ca.pem")
        new_key = ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        # Without the use of its key, Python from 3.13 on takes it for no CA.
        run(*new_key, "-x509", "-days", "2", "-subj", "/CN=Test CA", "-addext",
            "keyUsage=critical,keyCertSign", "-keyout", self._file("ca.key"),
            "-out", self.ca)  # fmt: skip
        self.certificate, self.key = self._make(new_key, "gateway", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        self.client_certificate, self.client_key = self._make(new_key, "client", "extendedKeyUsage=clientAuth")
        self.both = self._file("both.pem")
        with open(self.both, "w", encoding="ascii") as both:
            for name in self.certificate, self.key:
                with open(name, encoding="ascii") as part:
                    both.write(part.read())
        for name in os.listdir(self.folder.name):  # They protect nothing, for two days.
            os.chmod(self._file(name), 0o644)

    def _file(self, name):
        return os.path.join(self.folder.name, name)

    def _make(self, new_key, name, extension):
        certificate, key = self._file(name + ".pem"), self._file(name + ".key")
        request, extensions = self._file("request"), self._file("extensions")
        with open(extensions, "w", encoding="ascii") as file:
            file.write(extension + "\n")
        run(*new_key, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        run("openssl", "x509", "-req", "-days", "2", "-in", request, "-CA", self.ca, "-CAkey",
            self._file("ca.key"), "-CAcreateserial", "-extfile", extensions, "-out", certificate)  # fmt: skip
        return certificate, key


CERTIFICATES = Certificates()


class Intermediary:
    """A program from `start()`, which returns when it listens, to the end of the
    `with` block. Subclasses say how it is run."""

    template = None  # The file in conf/.
    environment = {}  # More of it.

    def __init__(self, **settings):
        self.folder = tempfile.TemporaryDirectory()
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.process = None
        self.configuration = os.path.join(self.folder.name, "configuration")
        certificates = {name: value for name, value in vars(CERTIFICATES).items() if name != "folder"}
        self.settings = {"port": self.port, "folder": self.folder.name, **certificates, **settings}

    def command(self):
        raise NotImplementedError

    def start(self):
        if self.template:
            with open(os.path.join(CONFIGURATIONS, self.template), encoding="utf-8") as file:
                text = string.Template(file.read()).substitute(self.settings)
            with open(self.configuration, "w", encoding="utf-8") as file:
                file.write(text)
        if UNPRIVILEGED:
            run("chown", "-R", "nobody:nogroup", self.folder.name)
        with open(self.file("output"), "ab") as output:
            self.process = subprocess.Popen(
                self.command(), cwd=self.folder.name, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env={**os.environ, "HOME": self.folder.name, **self.environment}, start_new_session=True, **UNPRIVILEGED
            )  # fmt: skip
        wait_until(self.listens, f"{self.command()[0]} listens")
        return self

    def file(self, name):
        return os.path.join(self.folder.name, name)

    def listens(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.command()} ended with {self.process.returncode}:\n{self.log()}")
        with socket.socket() as trial:
            return trial.connect_ex(("127.0.0.1", self.port)) == 0

    def log(self):
        text = ""
        for name in sorted(os.listdir(self.folder.name)):
            if name == "output" or name.endswith(".log"):
                with open(self.file(name), encoding="utf-8", errors="replace") as log:
                    text += f"{name}:\n{log.read()}"
        return text

    def children(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as file:
            return [int(pid) for pid in file.read().split()]

    def signal(self, which):
        """Signals the program and all that it started."""
        os.killpg(self.process.pid, which)

    def kill(self):
        """Away at once, as if its machine had lost power; `start()` brings it back."""
        if self.process is None:
            return
        try:
            self.signal(signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.process = None

    def stop(self):
        self.kill()

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *rest):
        if kind is not None:
            print(self.log()[-3000:])
        self.stop()
        self.folder.cleanup()


def count(pattern, text):
    return len(re.findall(pattern, text))
