"""deploy/release.sh on a copy of this repository, and the SBOM of a build's image.

    python3 -B tests/deploy/release_test.py build/release
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None
MISSING = [tool for tool in ("cpack", "dpkg-deb", "dpkg-shlibdeps") if not shutil.which(tool)]


def run(*command, cwd, status=0):
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, timeout=300)
    if done.returncode != status:
        raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout if status == 0 else done.stderr


class Repository:
    """A copy of what is in the checkout, with one commit."""

    def __init__(self, folder):
        self.root = pathlib.Path(folder, "repository")
        for name in ("CMakeLists.txt", "CHANGELOG.md", "deploy", "src/base", "README.md", ".gitignore"):
            target = self.root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, target)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "Test")
        self.git("config", "user.email", "test@localhost")
        self.git("config", "tag.gpgSign", "false")
        self.git("config", "commit.gpgSign", "false")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=Begin")

    def git(self, *arguments):
        return run("git", *arguments, cwd=self.root).strip()

    def release(self, *arguments, status=0):
        return run("deploy/release.sh", *arguments, cwd=self.root, status=status)


class PrepareTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.repository = Repository(folder.name)
        self.root, self.git, self.release = self.repository.root, self.repository.git, self.repository.release

    def change(self, name, old, new):
        text = (self.root / name).read_text()
        self.assertIn(old, text)
        (self.root / name).write_text(text.replace(old, new, 1))
        self.git("commit", "--quiet", "--all", "--message=Change")

    def test_writes_the_version_in_one_place(self):
        self.release("prepare", "7.8.9")
        self.assertEqual(self.release("version"), "7.8.9\n")
        self.assertEqual(self.git("grep", "--files-with-matches", "--fixed-strings", "7.8.9").split(),
                         ["CHANGELOG.md", "CMakeLists.txt"])
        self.assertEqual(self.git("status", "--porcelain"), "")
        self.assertEqual(self.git("log", "-1", "--format=%s"), "Release 7.8.9")

    def test_makes_what_was_unreleased_the_section_of_the_version(self):
        before = (self.root / "CHANGELOG.md").read_text()
        self.release("prepare", "7.8.9")
        after = (self.root / "CHANGELOG.md").read_text()
        date = re.search(r"(?m)^## \[Unreleased\]\n\n## \[7\.8\.9\] - (\d{4}-\d\d-\d\d)\n", after)[1]
        self.assertEqual(after.replace(f"## [7.8.9] - {date}\n\n", "", 1), before)
        notes = self.release("notes")
        self.assertIn("\n\n### ", "\n\n" + notes)
        self.assertEqual(notes.strip(), before.split("## [Unreleased]\n")[1].split("\n## [")[0].strip())

    def test_tags_it_with_its_notes(self):
        self.release("prepare", "7.8.9")
        self.assertEqual(self.git("rev-parse", "v7.8.9^{commit}"), self.git("rev-parse", "HEAD"))
        text = self.git("tag", "--list", "--format=%(contents)", "v7.8.9")
        self.assertEqual(text, "Version 7.8.9\n\n" + self.release("notes").strip())

    def test_the_next_release_has_its_own_notes(self):
        self.release("prepare", "7.8.9")
        self.change("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n### Fixed\n\n- One thing.\n\n- And one.\n")
        self.release("prepare", "7.9.0")
        self.assertEqual(self.release("notes"), "### Fixed\n\n- One thing.\n\n- And one.\n")

    def test_refuses_what_is_no_next_release(self):
        self.release("prepare", "7.8.9")
        head = self.git("rev-parse", "HEAD")
        self.assertIn("nothing under [Unreleased]", self.release("prepare", "7.9.0", status=1))
        self.change("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n- A line.\n")
        head = self.git("rev-parse", "HEAD")
        for version, said in (("7.8.9", "v7.8.9 was released"), ("7.8.8", "7.8.8 is older than 7.8.9"),
                              ("7.10", "not a version"), ("v7.10.0", "not a version")):
            self.assertIn(said, self.release("prepare", version, status=1))
        (self.root / "README.md").write_text("changed")
        self.assertIn("commit or remove first:  M README.md", self.release("prepare", "7.10.0", status=1))
        self.assertEqual(self.git("rev-parse", "HEAD"), head)
        self.assertEqual(self.git("tag"), "v7.8.9")

    def test_builds_nothing_but_the_tag(self):
        self.assertIn("git switch --detach v", self.release("build", status=1))
        self.release("prepare", "7.8.9")
        self.change("README.md", "# modelarts_exporter", "# Changed")
        self.assertIn("git switch --detach v7.8.9", self.release("build", status=1))

    def test_builds_for_no_processor_that_it_does_not_know(self):
        self.release("prepare", "7.8.9")
        self.assertIn("not a processor that is built for: vax", self.release("build", "vax", status=1))

    def test_the_version_is_nowhere_else(self):
        # In what makes programs, packages, images and deployments of the checkout.
        version = re.escape(self.release("version").strip())
        places = [ROOT / "Dockerfile", ROOT / "deploy/package.cmake", ROOT / "deploy/README.md",
                  ROOT / "deploy/README.zh-CN.md"]
        for folder in ("src/base", "deploy/compose", "deploy/kubernetes", "deploy/debian"):
            places += [path for path in (ROOT / folder).rglob("*") if path.is_file()]
        for path in places:
            self.assertNotRegex(path.read_text(), rf"(?<![\d.]){version}(?![\d.])", path)


@unittest.skipIf(MISSING or BUILD is None, f"not here: {', '.join(MISSING) or 'a build'}")
class PackTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        repository = Repository(folder.name)
        cls.root, cls.git, cls.release = repository.root, repository.git, repository.release
        cls.folder = cls.root / "build/to"
        cls.folder.mkdir(parents=True)
        cls.release("pack", BUILD, cls.folder)
        (cls.sbom_file,) = cls.folder.glob("*.spdx.json")
        cls.sbom = json.loads(cls.sbom_file.read_text())

    def test_holds_the_package_and_the_sbom(self):
        version = self.release("version").strip()
        (package,) = self.folder.glob("*.deb")
        self.assertEqual(run("dpkg-deb", "--field", package, "Version", cwd=self.root).strip(), version)
        architecture = run("dpkg-deb", "--field", package, "Architecture", cwd=self.root).strip()
        self.assertEqual(self.sbom_file.name, f"modelarts_exporter-{version}_{architecture}.spdx.json")
        self.assertEqual(sorted(self.folder.iterdir()), sorted([package, self.sbom_file]))

    def test_the_sbom_has_what_spdx_requires(self):
        # SPDX 2.3, clauses 6 (document), 7 (package) and 11 (relationship).
        sbom = self.sbom
        self.assertEqual((sbom["spdxVersion"], sbom["dataLicense"], sbom["SPDXID"]),
                         ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"))
        self.assertRegex(sbom["documentNamespace"], r"^urn:uuid:[0-9a-f-]{36}$")
        self.assertRegex(sbom["creationInfo"]["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        ids = [package["SPDXID"] for package in sbom["packages"]]
        self.assertEqual(len(ids), len(set(ids)))
        for package in sbom["packages"]:
            self.assertRegex(package["SPDXID"], r"^SPDXRef-[A-Za-z0-9.-]+$")
            self.assertTrue(package["name"] and package["versionInfo"] and package["downloadLocation"])
            self.assertIs(package["filesAnalyzed"], False)
        (described, *needed) = sbom["relationships"]
        self.assertEqual((described["spdxElementId"], described["relationshipType"]), ("SPDXRef-DOCUMENT", "DESCRIBES"))
        self.assertEqual({one["relatedSpdxElement"] for one in needed}, set(ids) - {described["relatedSpdxElement"]})

    def test_the_sbom_names_what_is_in_the_image(self):
        packages = {package["name"]: package for package in self.sbom["packages"]}
        program = packages.pop("modelarts_exporter")
        self.assertEqual(program["versionInfo"], self.release("version").strip())
        self.assertIn(self.git("rev-parse", "HEAD"), program["externalRefs"][0]["referenceLocator"])
        # Every library that the program loads, and what became part of it.
        loaded = run("ldd", BUILD / "modelarts_exporter", cwd=self.root)
        for file in re.findall(r"=> (/\S+)", loaded):
            owner = subprocess.run(["dpkg-query", "--search", file], capture_output=True, text=True)
            owner = owner.stdout or run("dpkg-query", "--search", os.path.realpath(file), cwd=self.root)
            self.assertIn(owner.split(":")[0], packages)
        self.assertLessEqual({"ca-certificates", "libcli11-dev", "nlohmann-json3-dev"}, set(packages))
        for name, package in packages.items():
            version = run("dpkg-query", "--show", "--showformat=${Version}", name, cwd=self.root)
            self.assertEqual(package["versionInfo"], version.split("\n")[0])
            self.assertRegex(package["externalRefs"][0]["referenceLocator"],
                             r"^pkg:deb/(debian|ubuntu)/[\w.%-]+@[\w.~%-]+\?arch=\w+&distro=(debian|ubuntu)-[\w.]+$")

    def test_the_sbom_is_the_same_each_time(self):
        image = self.root / "image"
        run(ROOT / "deploy/image-root.sh", BUILD / "modelarts_exporter", image, cwd=self.root)
        again = run("env", f"SOURCE_DATE_EPOCH={self.git('log', '-1', '--format=%ct')}", ROOT / "deploy/sbom.py", image,
                    self.release("version").strip(), self.git("rev-parse", "HEAD"), cwd=self.root)
        self.assertEqual(again, self.sbom_file.read_text())


if __name__ == "__main__":
    unittest.main()
