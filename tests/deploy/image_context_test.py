"""What can be said of the Dockerfile without building it, which image_test.py does:
that the files it is given are enough to configure the build."""

import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DOCKERFILES = [ROOT / "Dockerfile", ROOT / "deploy/compose/simulator.Dockerfile"]


class ImageContextTest(unittest.TestCase):
    def test_is_enough_to_configure_the_build(self):
        lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines()
                 if line and not line.startswith("#")]
        self.assertEqual(lines[0], "*")
        with tempfile.TemporaryDirectory() as folder:
            context = pathlib.Path(folder, "context")
            for line in lines[1:]:
                path = line.removeprefix("!")
                target = context / path
                target.parent.mkdir(parents=True, exist_ok=True)
                (shutil.copytree if (ROOT / path).is_dir() else shutil.copy)(ROOT / path, target)
            own = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True)
            toolchain = context / "deploy/toolchains" / f"{own.stdout.strip()}.cmake"
            done = subprocess.run(["cmake", "-S", context, "-B", f"{folder}/build", "-G", "Ninja",
                                   "--toolchain", toolchain, "-DCMAKE_BUILD_TYPE=Release", "-DBUILD_TESTING=OFF"],
                                  capture_output=True, text=True, timeout=300)
            self.assertEqual(done.returncode, 0, done.stderr)
            for dockerfile in DOCKERFILES:
                steps = re.sub(r"(?m)^#.*", "", dockerfile.read_text())
                for path in re.findall(r"(deploy/[\w-]+\.sh|\bLICENSE\b)", steps):
                    self.assertTrue((context / path).is_file(), path)

    def test_runs_without_rights(self):
        for dockerfile in DOCKERFILES:
            last = dockerfile.read_text().split("\nFROM ")[-1]
            self.assertIn("\nUSER 65532:65532\n", last)
            self.assertIn("\nSTOPSIGNAL SIGTERM\n", last)


if __name__ == "__main__":
    unittest.main()
