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


def git(*arguments):
    return subprocess.run(["git", "-C", ROOT, *arguments], check=True, capture_output=True).stdout


def build(commit, source, folder):
    # Without ccache, which would give the second build the first one's objects.
    environment = dict(os.environ, CCACHE_DISABLE="1")
    source.mkdir(parents=True)
    subprocess.run(["tar", "--extract", f"--directory={source}"], input=git("archive", commit), check=True)
    subprocess.run(["cmake", "-S", source, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                    "-DBUILD_TESTING=OFF", f"-DEXPORTER_REVISION={commit}"],
                   check=True, env=environment, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", folder, "--target", "modelarts_exporter"],
                   check=True, env=environment, stdout=subprocess.DEVNULL)
    return hashlib.sha256((folder / "modelarts_exporter").read_bytes()).hexdigest()


with tempfile.TemporaryDirectory() as name:
    place = pathlib.Path(name)
    head = git("rev-parse", "HEAD").decode().strip()
    first = build(head, place / "here", place / "here" / "build" / "release")
    second = build(head, place / "some" / "where" / "else", place / "build")
print(f"{first}\n{second}")
sys.exit(first != second)
