"""What sanitizers change: how the program was built, read off the program, and how
it ends where the system gives it too little to begin."""

import os
import platform
import re
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["MODELARTS_EXPORTER"]


def readelf(*options):
    return subprocess.run(["readelf", "--wide", *options, PROGRAM], capture_output=True, text=True, check=True).stdout


class HardeningTest(unittest.TestCase):
    def test_is_loaded_anywhere(self):
        self.assertIn("DYN (Position-Independent Executable file)", readelf("--file-header"))

    def test_has_no_writable_relocations_and_no_executable_stack(self):
        segments = readelf("--program-headers")
        self.assertIn("GNU_RELRO", segments)
        self.assertRegex(segments, r"GNU_STACK\s.*\sRW\s")
        self.assertNotRegex(segments, r"LOAD\s.*\sRWE\s")
        self.assertIn("BIND_NOW", readelf("--dynamic"))

    def test_watches_its_stack_and_its_buffers(self):
        symbols = readelf("--dyn-syms")
        self.assertIn("__stack_chk_fail", symbols)
        self.assertRegex(symbols, r"__\w+_chk@GLIBC")

    @unittest.skipUnless(platform.machine() == "x86_64", "another machine, another instruction")
    def test_keeps_jumps_where_they_belong(self):
        """By the landing pads in the code. The note that switches them on is not asked
        for: the linker drops it where the C library's own start files lack it."""
        with open(PROGRAM, "rb") as file:
            landing_pads = file.read().count(bytes.fromhex("f30f1efa"))  # endbr64
        self.assertGreater(landing_pads, 1000)

    def test_looks_for_its_libraries_where_the_system_has_them(self):
        self.assertNotRegex(readelf("--dynamic"), r"R(UN)?PATH")

    def test_names_no_folder_of_the_machine_that_built_it(self):
        with open(PROGRAM, "rb") as file:
            content = file.read()
        folder = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(PROGRAM))))
        self.assertNotIn(folder.encode(), content)
        self.assertIsNone(re.search(rb"/home/\w+/", content))


class ShortageTest(unittest.TestCase):
    CONFIG = "projects: [{project_id: p, region: r, credentials: {token: t}, datasets: [{id: d}]}]\n"

    def test_says_that_it_may_open_too_few_files(self):
        with tempfile.TemporaryDirectory() as folder:
            config = os.path.join(folder, "config.yml")
            with open(config, "w", encoding="utf-8") as file:
                file.write(self.CONFIG)
            os.chmod(config, 0o600)
            for limit in range(4, 8):
                with self.subTest(limit=limit):
                    result = subprocess.run(
                        ["prlimit", f"--nofile={limit}", PROGRAM,
                         "--config.file", config, "--web.listen-address", "127.0.0.1:0"],
                        capture_output=True, text=True, timeout=60, check=False)
                    self.assertEqual(result.returncode, 1, result.stderr)
                    self.assertRegex(result.stderr, '^ts=.* msg="cannot serve" .*Too many open files"\n$')


if __name__ == "__main__":
    unittest.main()
