"""The shell blocks of every document, run from the first to the last in a copy of the
repository. What needs a compiler's time, root, a cloud or a daemon is stood in for by
a command of the same name that checks what it is given, and fails as the real one would.

    MODELARTS_EXPORTER=… MODELARTS_SIMULATOR=… python3 -B tests/deploy/docs_shell_test.py
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from docs_names_test import DOCUMENTS, ROOT

EXPORTER = os.environ["MODELARTS_EXPORTER"]
BUILD = pathlib.Path(EXPORTER).resolve().parent
WITH_BLOCKS = [path for path in DOCUMENTS if "```sh\n" in path.read_text()]

# In front of each: fail says what is wrong and ends it.
HEAD = """#!/bin/bash
set -euo pipefail
fail() { echo "${0##*/} $*" >&2; exit 1; }
"""

STAND_INS = {
    "apt-get": r"""
[[ $1 == install || $1 == update ]] || fail "$1?"
shift
for package; do
  if [[ $package == ./* ]]; then [[ -e $package ]] || fail "no $package"
  else [[ $package =~ ^[a-z0-9][a-z0-9.+-]+$ ]] || fail "$package?"; fi
done""",
    # A build folder is made of the program that is there already.
    "cmake": r"""
preset= target= folder=
while (($#)); do
  case $1 in
    --preset) preset=$2; shift ;;
    --build | -B) folder=$2; shift ;;
    --target)
      while (($# > 1)) && [[ $2 != -* ]]; do
        grep -qxF "$2" "$TARGETS" || fail "no target $2"
        shift
      done ;;
    -D*=*)
      name=${1#-D} name=${name%%=*}
      [[ $name == CMAKE_BUILD_TYPE || $name == CMAKE_UNITY_BUILD ]] ||
        grep -qr --include=CMakeLists.txt "\b$name\b" . || fail "no option $name" ;;
    --toolchain) [[ -e $2 ]] || fail "no $2"; shift ;;
    -S | -G | --install | --prefix) shift ;;
    --strip) ;;
    *) [[ $1 != -* || $1 == --build ]] || fail "$1?" ;;
  esac
  shift
done
[[ -z $preset || $preset == --preset ]] || grep -q "\"name\": \"$preset\"" CMakePresets.json || fail "no preset $preset"
[[ $folder != --preset ]] || folder=
folder=${folder:-build/${preset:-release}}
mkdir -p "$folder"
cp "$PROGRAM" "$folder/modelarts_exporter"
touch "$folder/CPackConfig.cmake"
cp "$NET_TEST" "$folder/net_test"
""",
    "ctest": r"""
[[ $1 == --preset ]] || fail "$1?"
grep -q "\"name\": \"$2\"" CMakePresets.json || fail "no preset $2"
[[ $# == 2 ]] || { [[ $3 == -R ]] && grep -qE -- "$4" "$TESTS"; } || fail "no test is named $4" """,
    "cpack": r"""
[[ $1 == -B && $3 == --config && -e $4 ]] || fail "$*"
mkdir -p "$2"
touch "$2/modelarts-exporter_1.2.3_amd64.deb" """,
    "curl": r"""
[[ $1 =~ ^http://localhost:10877(/[a-z/-]*)$ ]] || fail "$1"
grep -q "\`GET ${BASH_REMATCH[1]}\`" config/README.md || fail "no endpoint ${BASH_REMATCH[1]}" """,
    "docker": r"""
case "$1 ${2-}" in
  build*)
    shift
    while (($#)); do
      case $1 in
        --build-arg) [[ $2 =~ ^[A-Z]+=.+ ]] && grep -q "^ARG ${2%%=*}=" Dockerfile || fail "no ARG ${2%%=*}"; shift ;;
        --tag) [[ $2 == modelarts_exporter* ]] || fail "$2"; shift ;;
        .) [[ -e Dockerfile ]] || fail "no Dockerfile" ;;
        *) fail "$1?" ;;
      esac
      shift
    done ;;
  run*) [[ " $* " == *" modelarts_exporter"* ]] || fail "of no image" ;;
  create*) echo 0123456789ab ;;
  export*) [[ $2 == 0123456789ab ]] || fail "$2"; tar -c -C "$IMAGE" . ;;
  "compose up") [[ -e compose.yaml ]] || fail "no compose.yaml" ;;
  *) fail "$*" ;;
esac""",
    "kubectl": r"""
case " $* " in
  *" apply --kustomize my "*) ;;
  *" create secret generic "*) grep -rq "secretName: $6" deploy/kubernetes || fail "no secret $6" ;;
  *" rollout status deployment/"*) grep -rq "name: ${5#*/}" deploy/kubernetes || fail "no ${5#*/}" ;;
  *) fail "$*" ;;
esac""",
    # kubernetes/manifests.test.mjs has the real one render it.
    "helm": r"""
[[ "$1 $2" == "upgrade --install" ]] || fail "$1 $2?"
[[ -e $4/Chart.yaml ]] || fail "no chart $4" """,
    "systemctl": r"""
for last; do :; done
[[ $1 == daemon-reload || -e deploy/systemd/${last%.service}.service ]] || fail "no unit $last" """,
    # Is given what the unit is given, and no more.
    "systemd-run": r"""
while [[ $1 == --* ]]; do
  case $1 in
    --quiet | --pipe | --wait | --collect | --unit=modelarts_exporter-check) ;;
    --property=BindReadOnlyPaths=/run/credentials/modelarts_exporter-check.service:/run/credentials/modelarts_exporter.service) ;;
    --property=*) grep -qxF -- "${1#--property=}" deploy/systemd/modelarts_exporter.service || fail "${1#*=}?" ;;
    *) fail "$1?" ;;
  esac
  shift
done
[[ "$1 $2" == "modelarts_exporter --config.check" ]] || fail "$1 $2?" """,
    # Encrypts nothing, but under names that a folder given as "secret" has.
    "systemd-creds": r"""
[[ $1 == encrypt && $2 == "--name=secret_${3##*/}" && ${3##*/} == "${4##*/}" && -e $3 ]] || fail "$*"
cp "$3" "$4" """,
    "python3": r"""
[[ $1 == -B ]] || exec "$PYTHON" "$@"
[[ -e $2 ]] || fail "no $2"
[[ -z ${3-} || -d $3 ]] || fail "no $3" """,
}

# Of the repository, for what installs, builds or takes minutes.
SCRIPTS = {
    "deploy/install-dependencies.sh": r"""
for flag; do grep -q -- "^ *$flag)" "$SOURCE/deploy/install-dependencies.sh" || fail "$flag"; done""",
    "deploy/demo.sh": r"""[[ $# == 0 || $* == --once ]] || fail "$*" """,
    "tests/run.sh": r"""
for step; do grep -qE "^    .*\b$step\b.*\) run_step" "$SOURCE/tests/run.sh" || fail "no step $step"; done""",
    "deploy/image-root.sh": r"""
[[ -x $1 ]] || fail "no $1"
mkdir -p "$2"
cp -r "$IMAGE/." "$2" """,
    # Once it serves, a block would not end.
    "program": r"""exec "$REAL" "$@" --config.check""",
    # A test that no filter matches would pass.
    "net_test": r"""
filter=${1#--gtest_filter=}
grep -rq "TEST(${filter%%.*}," "$SOURCE/tests/net" || fail "$1?" """,
}


def blocks(path):
    """The shell blocks, and the files that blocks before them show."""
    return re.findall(r"(?ms)^```(sh|yaml)\n(.*?)^```$", path.read_text())


class ShellTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        commands = cls.folder / "bin"
        for name, text in STAND_INS.items():
            cls.write(commands / name, HEAD + text + "\n")
        image = cls.folder / "image"
        (image / "var/lib/dpkg/status.d").mkdir(parents=True)
        (image / "etc").mkdir()
        (image / "etc/os-release").write_text('ID=debian\nVERSION_ID="12"\n')
        (image / "var/lib/dpkg/status.d/libc6").write_text(
            "Package: libc6\nVersion: 2.36-9\nArchitecture: amd64\nMaintainer: Somebody <a@localhost>\n")
        targets = re.findall(r"(?m)^build (\w+)[ :]", (BUILD / "build.ninja").read_text())
        (cls.folder / "targets").write_text("\n".join(targets))
        tests = subprocess.run(["ctest", "--show-only"], cwd=BUILD, capture_output=True, text=True, check=True).stdout
        tests = re.sub(r"(\w+)_test_NOT_BUILT", r"\1.of_a_room", tests)
        (cls.folder / "tests").write_text("\n".join(re.findall(r"Test +#\d+: (\S+)", tests)))
        for name in ("program", "net_test"):
            cls.write(cls.folder / name, HEAD + SCRIPTS[name] + "\n")
        cls.environment = dict(
            os.environ, PATH=f"{commands}:{os.environ['PATH']}", HOME=str(cls.folder), GIT_PAGER="cat",
            GIT_CONFIG_GLOBAL=str(cls.folder / "gitconfig"), SOURCE=str(ROOT), REAL=EXPORTER, PYTHON=sys.executable,
            **{name.upper(): str(cls.folder / name) for name in ("targets", "tests", "image", "program", "net_test")})
        (cls.folder / "gitconfig").write_text("[user]\nname = Test\nemail = test@localhost\n"
                                              "[advice]\ndetachedHead = false\n")

    @staticmethod
    def write(path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def checkout(self, name):
        """A copy of the repository without what SCRIPTS stand in for, with one commit."""
        copy = self.folder / name
        # Not what somebody built there, nor the secrets of who followed the README.
        files = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                               capture_output=True, text=True, check=True).stdout.split("\0")
        for file in filter(None, files):
            if (ROOT / file).is_file() and not re.search("/(corpus|testdata)/", file):
                (copy / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / file, copy / file)
        for script, text in SCRIPTS.items():
            if "/" in script:
                self.write(copy / script, HEAD + text + "\n")
        # A machine's /etc, for the blocks that fill it; and what the reader has.
        (copy / "machine/etc/modelarts_exporter/secrets").mkdir(parents=True)
        for command in (["init", "--quiet", "--initial-branch=main"], ["add", "--all"],
                        ["commit", "--quiet", "--message=Begin"]):
            self.run_in(copy, ["git", *command])
        return copy

    def run_in(self, folder, command):
        done = subprocess.run(command, cwd=folder, env=self.environment, capture_output=True, text=True, timeout=120,
                              stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0, f"{command[-1]}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")

    def test_all_blocks_run(self):
        self.assertGreater(len(WITH_BLOCKS), 4)
        for path in WITH_BLOCKS:
            copy = self.checkout(path.relative_to(ROOT).as_posix().replace("/", "_"))
            for kind, text in blocks(path):
                if kind == "yaml":
                    if match := re.match(r"# (modelarts_exporter\.yml)\n", text):
                        (copy / match[1]).write_text(text)
                    continue
                text = re.sub(r'(?<=[ >"])/etc/', f"{copy}/machine/etc/", text)
                with self.subTest(path.name, block=text):
                    self.run_in(copy, ["bash", "-euo", "pipefail", "-c", text])

    def test_the_stand_ins_refuse_what_there_is_not(self):
        copy = self.checkout("wrong")
        for command, said in (("cmake --preset releas", "no preset releas"),
                              ("cmake --build --preset release --target ne_test", "no target ne_test"),
                              ("cmake -S . -B b -DEXPORTER_SANITISE=x", "no option EXPORTER_SANITISE"),
                              ("ctest --preset release -R '^nett'", "no test is named ^nett"),
                              ("tests/run.sh stile", "no step stile"),
                              ("deploy/install-dependencies.sh --tests", "--tests"),
                              ("curl http://localhost:10877/metric", "no endpoint /metric"),
                              ("docker build --build-arg VERSON=1 .", "no ARG VERSON"),
                              ("systemctl start exporter", "no unit exporter"),
                              ("systemd-run --property=LoadCredential=s:/x modelarts_exporter", "LoadCredential=s:/x?"),
                              ("kubectl -n m create secret generic other", "no secret other"),
                              ("helm upgrade --install x deploy/helm/other", "no chart deploy/helm/other"),
                              ("python3 -B tests/deploy/imagetest.py", "no tests/deploy/imagetest.py")):
            done = subprocess.run(["bash", "-c", command], cwd=copy, env=self.environment, capture_output=True,
                                  text=True, timeout=60)
            self.assertNotEqual(done.returncode, 0, command)
            self.assertIn(said, done.stderr)


if __name__ == "__main__":
    unittest.main()
