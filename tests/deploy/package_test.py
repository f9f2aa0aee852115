"""The Debian package: packed from a build, looked into, installed into an empty folder,
run, scraped, removed. package_machine_test.py does it on a machine with systemd.

    MODELARTS_SIMULATOR=build/release/modelarts_simulator \\
      python3 -B tests/deploy/package_test.py build/release
"""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import exporter as e2e

BUILD = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else ROOT / "build/release").resolve()
MISSING = [tool for tool in ("cpack", "dpkg-deb", "dpkg-shlibdeps") if not shutil.which(tool)]
MAX_BYTES = 2_000_000
CONFIG = """
projects:
  - project_id: "{project}"
    region: here
    endpoint: {cloud}
    credentials: {{token: any}}
    datasets: [{{id: ds-00000}}, {{id: ds-00001}}]
"""
CONTENTS = {
    "etc/default/modelarts_exporter": 0o644,
    "etc/modelarts_exporter/modelarts_exporter.yml": 0o644,
    "etc/modelarts_exporter/secrets/": 0o700,
    "usr/bin/modelarts_exporter": 0o755,
    "usr/lib/systemd/system/modelarts_exporter.service": 0o644,
    "usr/share/bash-completion/completions/modelarts_exporter": 0o644,
    "usr/share/doc/modelarts-exporter/copyright": 0o644,
    "usr/share/doc/modelarts-exporter/examples/README.md": 0o644,
    "usr/share/doc/modelarts-exporter/examples/full.yml": 0o644,
    "usr/share/doc/modelarts-exporter/examples/modelarts.rules.yml": 0o644,
    "usr/share/man/man1/modelarts_exporter.1": 0o644,
}


def run(*command, **more):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=600, **more)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def pack(folder):
    # The same commit gives the same package: no time of day in it.
    run("cpack", "-B", folder, "--config", BUILD / "CPackConfig.cmake",
        env=dict(os.environ, SOURCE_DATE_EPOCH="1700000000"), cwd=folder)
    (package,) = pathlib.Path(folder).glob("*.deb")
    return package


class Installed(e2e.Exporter):
    """The installed program with the installed configuration, filled in."""

    def __init__(self, root, config):
        self.config_file = str(root / "etc/modelarts_exporter/modelarts_exporter.yml")
        self.write_config(config)
        e2e.Program.__init__(self, [str(root / "usr/bin/modelarts_exporter"), f"--config.file={self.config_file}",
                                    "--web.listen-address=127.0.0.1:0"], r"listening\W+address\W+([\w.:]+)")

    def __exit__(self, *exception):
        e2e.Program.__exit__(self, *exception)


@unittest.skipIf(MISSING, f"not installed: {', '.join(MISSING)}")
class PackageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.package = pack(cls.folder)

    def field(self, name):
        return run("dpkg-deb", "--field", self.package, name).strip()

    def test_says_what_it_is(self):
        version = re.search(r"project\(modelarts_exporter VERSION (\S+)",
                            (ROOT / "CMakeLists.txt").read_text())[1]
        self.assertEqual(self.field("Package"), "modelarts-exporter")
        self.assertEqual(self.field("Version"), version)
        needed = {word.split()[0] for word in self.field("Depends").split(",")}
        # From Debian 13 on, some names say that times have 64 bits.
        needed = {name.removesuffix("t64") for name in needed}
        self.assertTrue({"ca-certificates", "libc6", "libcurl4", "libssl3"} <= needed, needed)
        self.assertFalse([name for name in needed if name.endswith("-dev")])
        size = self.package.stat().st_size
        print(f"{self.package.name}: {size / 1e6:.2f} MB", file=sys.stderr)
        self.assertLess(size, MAX_BYTES)

    def test_holds_what_is_named_here_and_nothing_else(self):
        target = self.folder / "contents"
        run("dpkg-deb", "--extract", self.package, target)
        found = {}
        for path in target.rglob("*"):
            if path.is_file() or not list(path.iterdir()):
                found[str(path.relative_to(target)) + "/" * path.is_dir()] = path.stat().st_mode & 0o7777
        self.assertEqual(found, CONTENTS)
        for line in run("dpkg-deb", "--contents", self.package).splitlines():
            self.assertEqual(line.split()[1], "root/root", line)

    def test_keeps_what_an_operator_changed(self):
        conffiles = run("dpkg-deb", "--info", self.package, "conffiles").split()
        self.assertEqual(conffiles, sorted(f"/{path}" for path in CONTENTS
                                           if path.startswith("etc/") and not path.endswith("/")))

    def test_is_the_same_each_time(self):
        again = self.folder / "again"
        again.mkdir()
        self.assertEqual(hashlib.sha256(pack(again).read_bytes()).hexdigest(),
                         hashlib.sha256(self.package.read_bytes()).hexdigest())

    def test_is_installed_run_scraped_and_removed(self):
        root = self.folder / "root"
        (root / "var/lib/dpkg/info").mkdir(parents=True)
        (root / "var/lib/dpkg/updates").mkdir()
        (root / "var/lib/dpkg/status").touch()

        def dpkg(*arguments):
            # What it depends on is on this machine, but not in that folder.
            return run("dpkg", f"--root={root}", "--log=/dev/null", "--force-depends", "--force-script-chrootless",
                       "--force-not-root", *arguments)

        dpkg("--install", self.package)
        with e2e.Simulator("--datasets=2") as cloud, \
                Installed(root, CONFIG.format(project=f"{0:032x}", cloud=cloud.url)) as program:
            answered = e2e.by_dataset(e2e.scrape(program), "modelarts_dataset_query_success")
            self.assertEqual(answered, {"ds-00000": "1", "ds-00001": "1"})
        (root / "etc/modelarts_exporter/secrets/token").write_text("x")

        dpkg("--remove", "modelarts-exporter")
        left = [str(path.relative_to(root)) for path in (root / "etc").rglob("*") if path.is_file()]
        self.assertEqual(sorted(left), ["etc/default/modelarts_exporter",
                                        "etc/modelarts_exporter/modelarts_exporter.yml",
                                        "etc/modelarts_exporter/secrets/token"])
        self.assertFalse((root / "usr/bin/modelarts_exporter").exists())

        dpkg("--purge", "modelarts-exporter")
        left = [path for path in root.rglob("*") if "modelarts" in path.name]
        self.assertEqual(left, [])


class CommandLineTest(unittest.TestCase):
    """The man page and the completion name the flags that there are."""

    flags = set(re.findall(r"(?m)^ {2,12}(?:-h, *)?(--[\w.-]+)", run(BUILD / "modelarts_exporter", "--help")))
    completion = ROOT / "deploy/bash/modelarts_exporter"
    page = ROOT / "deploy/man/modelarts_exporter.1"

    def complete(self, *words):
        """What is proposed for the last of `words`, as bash cuts them."""
        script = ('source "$0"; COMP_WORDS=(modelarts_exporter "$@"); COMP_CWORD=$#; '
                  '_modelarts_exporter; printf "%s\\n" "${COMPREPLY[@]}"')
        return set(run("bash", "-c", script, self.completion, *words, cwd=ROOT / "config").split())

    def test_has_flags(self):
        self.assertIn("--config.file", self.flags)
        self.assertGreater(len(self.flags), 10)

    def test_completes_every_flag_and_no_other(self):
        self.assertEqual(self.complete(""), self.flags)
        self.assertEqual(self.complete("--config.check", "--log"), {"--log.level", "--log.format"})

    def test_completes_values(self):
        for words in (("--log.level", "d"), ("--log.level", "=", "d")):
            self.assertEqual(self.complete(*words), {"debug"})
        self.assertEqual(self.complete("--log.format", "="), {"logfmt", "json"})
        self.assertEqual(self.complete("--shard", ""), {"auto"})
        self.assertEqual(self.complete("--total-shards", ""), set())
        self.assertEqual(self.complete("--config.file", "=", "fu"), {"full.yml"})

    def test_man_page_has_every_flag_and_no_other(self):
        options = re.search(r"\n\.SH OPTIONS\n(.*?)\n\.SH ", self.page.read_text(), re.S)[1]
        headings = re.findall(r"\n\.TP\n(.*)", options)
        named = [re.search(r"\\-\\-[\w.\\-]+", line)[0].replace("\\", "") for line in headings]
        self.assertEqual(sorted(named), sorted(self.flags))

    def test_man_page_is_well_formed(self):
        if not shutil.which("groff"):
            self.skipTest("groff is not installed")
        done = subprocess.run(["groff", "-man", "-Tascii", "-ww", "-z", str(self.page)], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
