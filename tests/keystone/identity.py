"""Runs OpenStack's own Keystone, as Debian has it, for a test: on the loopback, unprivileged, from
a folder of its own with a database of its own."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

from stand_in import StandIn  # noqa: E402

ADMIN = "an administrator's password"
LOCKOUT = 5  # Refusals, with no window of time; Keystone's own default is none.
TOKEN_LIFE = 15  # Seconds.

CONFIG = f"""
[DEFAULT]
use_stderr = true
[database]
connection = sqlite:///{{folder}}/keystone.db?timeout=60
sqlite_synchronous = false
[fernet_tokens]
key_repository = {{folder}}/keys
[fernet_receipts]
key_repository = {{folder}}/keys
[credential]
key_repository = {{folder}}/credential-keys
[token]
expiration = {TOKEN_LIFE}
[auth]
methods = password,token,totp
[cache]
enabled = false
[identity]
password_hash_rounds = 4
[security_compliance]
lockout_failure_attempts = {LOCKOUT}
lockout_duration = 1800
"""


def unprivileged():
    """How a child becomes nobody, where this is root."""
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


def call(url, method="GET", body=None, headers=None, certificate=None):
    """(status, headers, JSON or None)"""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json",
                                                 **(headers or {})}, method=method)
    context = ssl.create_default_context(cafile=certificate) if certificate else None
    try:
        with urllib.request.urlopen(request, timeout=60, context=context) as reply:
            text = reply.read()
            return reply.status, reply.headers, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        with error:
            text = error.read()
            return error.code, error.headers, json.loads(text) if text else None


class Keystone:
    """From its start to its end. `url` and `tls_url` are what OpenStack's OS_AUTH_URL holds, less
    "/v3"; below "/full" it has no `nocatalog`, as older ones."""

    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="keystone-")
        self.folder = pathlib.Path(self.temporary.name)
        (self.folder / "keystone.conf").write_text(CONFIG.format(folder=self.folder))
        (self.folder / "keys").mkdir(mode=0o700)
        self.certificate = self.folder / "server.pem"
        self.make_certificate()
        if os.geteuid() == 0:
            for path in (self.folder, *self.folder.iterdir()):
                shutil.chown(path, "nobody", "nogroup")
        self.manage("db_sync")
        self.manage("fernet_setup")
        self.manage("bootstrap", "--bootstrap-password", ADMIN)
        with self.database() as database:
            # Keystone forgets transactions that have read; in this mode they hold up no writer.
            database.execute("PRAGMA journal_mode = WAL")
        self.log = self.folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["/usr/bin/python3", pathlib.Path(__file__).with_name("serve.py"), self.folder],
                stdout=log, stderr=subprocess.STDOUT, cwd=self.folder, **unprivileged())
        try:
            self.url, self.tls_url = self.wait_for_addresses()
        except BaseException:
            self.stop()
            raise
        self.admin = None, 0
        self.names = 0

    def make_certificate(self):
        key = self.folder / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-subj", "/CN=keystone", "-addext", "subjectAltName=IP:127.0.0.1",
             "-days", "2", "-keyout", key, "-out", self.certificate],
            check=True, capture_output=True)
        self.certificate.write_text(self.certificate.read_text() + key.read_text())

    def manage(self, *command):
        done = subprocess.run(
            ["/usr/bin/keystone-manage", "--config-file", self.folder / "keystone.conf", *command],
            cwd=self.folder, capture_output=True, text=True, check=False, **unprivileged())
        if done.returncode != 0:
            raise AssertionError(f"keystone-manage {command[0]}: {done.returncode}\n{done.stderr}")

    def wait_for_addresses(self):
        give_up = time.monotonic() + 60
        while True:
            said = self.log.read_text(errors="replace")
            found = re.findall(r"^listening on (\S+)$", said, re.MULTILINE)
            if len(found) == 2:
                return found
            if self.process.poll() is not None or time.monotonic() > give_up:
                raise AssertionError(f"Keystone did not begin:\n{said}")
            time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self.temporary.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    # What an administrator does.

    def administer(self, method, path, body=None):
        token, since = self.admin
        if time.monotonic() - since > TOKEN_LIFE / 2:
            status, headers, said = self.login("admin", ADMIN, {"name": "admin", "domain": {
                "id": "default"}})
            assert status == 201, said
            token = headers["X-Subject-Token"]
            self.admin = token, time.monotonic()
        status, _, said = call(self.url + "/v3/" + path, method, body, {"X-Auth-Token": token})
        assert status // 100 == 2, (method, path, status, said)
        return said

    def name(self, what):
        self.names += 1
        return f"{what}-{self.names}"

    def project(self, **more):
        """A new one; its id."""
        body = {"project": {"name": self.name("project"), "domain_id": "default", **more}}
        return self.administer("POST", "projects", body)["project"]["id"]

    def user(self, *projects, password="right", **more):
        """A new one, with a role on `projects`."""
        name = self.name("user")
        body = {"user": {"name": name, "domain_id": "default", "password": password, **more}}
        user = User(self, name, self.administer("POST", "users", body)["user"]["id"])
        for project in projects:
            user.grant(project)
        return user

    @contextlib.contextmanager
    def database(self):
        """A transaction of an administrator who goes past Keystone."""
        with contextlib.closing(sqlite3.connect(self.folder / "keystone.db", timeout=30)) as one:
            with one:
                yield one

    # What a person does, and what came of it.

    def login(self, name, password, project, query="?nocatalog"):
        """(status, headers, JSON) of a person's login."""
        user = {"name": name, "password": password, "domain": {"id": "default"}}
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}},
                         "scope": {"project": project}}}
        return call(self.url + "/v3/auth/tokens" + query, "POST", body)

    def requests(self):
        """What exporters asked: [(method, path with query, status, bytes of the answer)]."""
        found = re.findall(r"^modelarts_exporter\S* (\S+) (\S+) (\d+) (\d+)$",
                           self.log.read_text(errors="replace"), re.MULTILINE)
        return [(method, path, int(status), int(size)) for method, path, status, size in found]


class User:
    def __init__(self, keystone, name, user_id):
        self.keystone = keystone
        self.name = name
        self.id = user_id

    def grant(self, project, role="member"):
        roles = self.keystone.administer("GET", f"roles?name={role}")["roles"]
        self.keystone.administer(
            "PUT", f"projects/{project}/users/{self.id}/roles/{roles[0]['id']}")

    def change(self, **what):
        self.keystone.administer("PATCH", f"users/{self.id}", {"user": what})

    def login(self, password, project):
        """The status of a person's login."""
        return self.keystone.login(self.name, password, {"id": project})[0]

    def credentials(self, password="right", endpoint=None, more=""):
        """YAML for a configuration of the exporter."""
        return (f"{{password: {{domain: Default, user: {self.name}, password: {password}, "
                f"iam_endpoint: '{endpoint or self.keystone.url}'{more}}}}}")


class ModelArts(StandIn):
    """A cloud that takes the tokens that Keystone gave, for the project that they are of."""

    def __init__(self, keystone):
        self.keystone = keystone
        super().__init__(self.answer)

    def answer(self, request):
        project, dataset = re.match(
            r"/v2/([^/]+)/datasets/([^/]+)/sync-data/status$", request.path).groups()
        token = request.headers.get("X-Auth-Token", "")
        status, _, said = call(self.keystone.url + "/v3/auth/tokens?nocatalog", headers={
            "X-Auth-Token": token, "X-Subject-Token": token})
        if status == 200 and said["token"]["project"]["id"] == project:
            return 200, {"status": "COMPLETED", "dataset_id": dataset}
        return 401, {"error_code": "APIG.0301",
                     "error_msg": "Incorrect IAM authentication information"}
