"""Two builds of the last commit, in two folders, with one hash.

    nice python3 -B tests/deploy/reproducible_test.py

Takes 10 minutes of CPU, so it is no part of the default run.
"""

import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def build(source, folder):
    # Without ccache, which would give the second build the first one's objects.
    environment = dict(os.environ, CCACHE_DISABLE="1")
    revision = subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    source.mkdir(parents=True)
    archive = subprocess.run(["git", "-C", ROOT, "archive", "HEAD"], check=True, capture_output=True)
    subprocess.run(["tar", "--extract", f"--directory={source}"], input=archive.stdout, check=True)
    subprocess.run(["cmake", "-S", source, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                    "-DBUILD_TESTING=OFF", f"-DEXPORTER_REVISION={revision.stdout.strip()}"],
                   check=True, env=environment, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", folder, "--target", "modelarts_exporter"],
                   check=True, env=environment, stdout=subprocess.DEVNULL)
    return hashlib.sha256((folder / "modelarts_exporter").read_bytes()).hexdigest()


with tempfile.TemporaryDirectory() as name:
    place = pathlib.Path(name)
    first = build(place / "here", place / "here" / "build" / "release")
    second = build(place / "some" / "where" / "else", place / "build")
print(f"{first}\n{second}")
sys.exit(first != second)
