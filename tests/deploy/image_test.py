"""The image of the root's Dockerfile, built, looked into, run and scraped, without a
registry and a container engine: buildah builds it on a base that debootstrap makes.

    apt-get install buildah debootstrap golang-github-containers-common \\
      golang-github-containers-image
    MODELARTS_SIMULATOR=build/release/modelarts_simulator
      nice python3 -B tests/deploy/image_test.py

As root. Takes 4 minutes of two cores and 2 GB below TMPDIR, and Debian's mirror, so
it is no part of the default run. IMAGE_TEST_BASE names a folder that debootstrap
filled, to be used instead of a new one. With IMAGE_TEST_PLATFORM, say linux/arm64, the
image is for another processor, and is looked into but not run.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import exporter as e2e

TOOLS = ("buildah", "debootstrap", "unshare")
MISSING = [tool for tool in TOOLS if not shutil.which(tool)]
if os.geteuid() != 0:
    MISSING.append("root's rights")
MAX_BYTES = 40_000_000
PLATFORM = os.environ.get("IMAGE_TEST_PLATFORM")
# The image that it is built in: its name, and the Debian that it is of.
BASE, SUITE = re.search(r"(?m)^ARG DEBIAN=(debian:(\w+)-slim)$", (ROOT / "Dockerfile").read_text()).groups()
TOKEN = "image-test-token"
CONFIG = """
projects:
  - project_id: "{project}"
    region: here
    endpoint: {cloud}
    credentials: {{token_file: token}}
    datasets: [{{id: ds-00000}}, {{id: ds-00001}}]
"""
# What a container engine does for `--read-only --cap-drop=ALL --user 65532:65532`,
# with the program as the first process.
RUN = """
set -eu
mount --bind "$ROOT" "$ROOT"
mkdir -p "$ROOT/proc" "$ROOT/etc/modelarts_exporter"
mount -t proc proc "$ROOT/proc"
mount --bind "$CONFIG" "$ROOT/etc/modelarts_exporter"
mount -o remount,bind,ro "$ROOT/etc/modelarts_exporter"
mount -o remount,bind,ro "$ROOT"
exec unshare --root="$ROOT" --wd=/ --setuid=65532 --setgid=65532 -- "$@"
"""


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{command}:\n{done.stdout[-8000:]}\n{done.stderr[-8000:]}")
    return done.stdout.strip()


class Container(e2e.Program):
    """The image's own command, as its user, with nothing that it may write."""

    def __init__(self, image, root, config):
        self.root = root
        environment = dict(os.environ, ROOT=str(root), CONFIG=str(config))
        command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--", "sh", "-c", RUN, "run",
                   *image["Entrypoint"], *image["Cmd"], "--web.listen-address=127.0.0.1:0"]
        super().__init__(command, r"listening\W+address\W+([\w.:]+)", environment)

    def first_process(self):
        own = self.process.pid
        return int(pathlib.Path(f"/proc/{own}/task/{own}/children").read_text())

    def stop(self):
        os.kill(self.first_process(), 15)
        try:
            return self.process.wait(timeout=30)
        finally:
            self.process.kill()
            self.process.wait()


@unittest.skipIf(MISSING, f"not here: {', '.join(MISSING)}")
class ImageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="image-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        base = os.environ.get("IMAGE_TEST_BASE")
        if not base:
            base = str(cls.folder / "base")
            run("debootstrap", "--variant=minbase", SUITE, base)
        container = cls.buildah("from", "scratch")
        cls.buildah("add", "--quiet", container, base, "/")
        cls.buildah("commit", "--quiet", "--rm", container, f"docker.io/library/{BASE}")
        cls.revision = run("git", "-C", str(ROOT), "rev-parse", "HEAD")
        cls.version = run(str(ROOT / "deploy/release.sh"), "version")
        cls.buildah("bud", "--isolation=chroot", "--pull=never", f"--build-arg=VERSION={cls.version}",
                    f"--build-arg=REVISION={cls.revision}", *([f"--platform={PLATFORM}"] if PLATFORM else []),
                    "--tag", "exporter", str(ROOT))
        cls.image = json.loads(cls.buildah("inspect", "--type=image", "exporter"))["OCIv1"]["config"]
        cls.container = cls.buildah("from", "--pull=never", "exporter")
        cls.root = pathlib.Path(cls.buildah("mount", cls.container))
        cls.files = [path for path in cls.root.rglob("*") if path.is_file()]
        cls.addClassCleanup(cls.buildah, "rm", cls.container)

    @classmethod
    def buildah(cls, *arguments):
        return run("buildah", "--storage-driver=vfs", f"--root={cls.folder}/storage",
                   f"--runroot={cls.folder}/run", *arguments)

    def test_says_what_it_is(self):
        self.assertEqual(self.image["User"], "65532:65532")
        self.assertEqual(self.image["ExposedPorts"], {"10877/tcp": {}})
        self.assertEqual(self.image["StopSignal"], "SIGTERM")
        self.assertEqual(self.image["Entrypoint"], ["/usr/bin/modelarts_exporter"])
        labels = self.image["Labels"]
        self.assertEqual(labels["org.opencontainers.image.revision"], self.revision)
        self.assertEqual(labels["org.opencontainers.image.version"], self.version)
        if PLATFORM:
            return
        shown = run("chroot", str(self.root), "/usr/bin/modelarts_exporter", "--version")
        self.assertIn(f"version {self.version} ", shown)
        self.assertIn(self.revision, shown)

    def test_holds_the_program_its_libraries_and_authorities_alone(self):
        size = sum(path.lstat().st_size for path in self.root.rglob("*") if not path.is_dir())
        print(f"{len(self.files)} files, {size / 1e6:.1f} MB", file=sys.stderr)
        self.assertLess(size, MAX_BYTES)
        programs = [path for path in self.files if "bin" in path.parent.name]
        self.assertEqual(programs, [self.root / "usr/bin/modelarts_exporter"])
        self.assertGreater((self.root / "etc/ssl/certs/ca-certificates.crt").stat().st_size, 100_000)
        for path in self.files:
            mode = path.stat().st_mode
            self.assertFalse(mode & 0o7000, f"{path} gives rights")
            self.assertFalse(mode & 0o022, f"{path} is for anyone to change")

    def test_names_its_packages_and_their_licences(self):
        packages = sorted(path.name for path in (self.root / "var/lib/dpkg/status.d").iterdir())
        # From Debian 13 on, some names say that times have 64 bits.
        names = {name.removesuffix("t64") for name in packages}
        self.assertTrue({"libc6", "libcurl4", "libssl3", "libstdc++6"} <= names, packages)
        for name in [*packages, "modelarts_exporter"]:
            self.assertTrue((self.root / "usr/share/doc" / name / "copyright").is_file(), name)

    @unittest.skipIf(PLATFORM, f"the image is for {PLATFORM}")
    def test_runs_without_rights_and_answers(self):
        config = self.folder / "config"
        config.mkdir()
        project = f"{0:032x}"
        with e2e.Simulator("--datasets=2", "--auth=token", f"--token={TOKEN}") as cloud:
            (config / "token").write_text(TOKEN)
            (config / "modelarts_exporter.yml").write_text(CONFIG.format(project=project, cloud=cloud.url))
            with Container(self.image, self.root, config) as program:
                status = pathlib.Path(f"/proc/{program.first_process()}/status").read_text()
                for line in ("Uid:\t65532\t65532", "CapPrm:\t0000000000000000", "CapEff:\t0000000000000000"):
                    self.assertIn(line, status)
                answered = e2e.by_dataset(e2e.scrape(program), "modelarts_dataset_query_success")
                self.assertEqual(answered, {"ds-00000": "1", "ds-00001": "1"})
                for path in ("/-/healthy", "/-/ready"):
                    self.assertEqual(program.get(path).status, 200)
        # Leaving the block, it ended with 0 at SIGTERM.


if __name__ == "__main__":
    unittest.main()
