"""Each fault, seen from the client's socket."""

import gzip
import json
import socket
import time
import unittest

from harness import Simulator, main, status_bytes, status_path


class FaultTest(unittest.TestCase):
    """One cloud for all of them: the dataset's id is the name of the fault."""

    @classmethod
    def setUpClass(cls):
        cls.cloud = Simulator("--datasets", "1").__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.cloud.__exit__(None, None, None)

    def setUp(self):
        self.cloud.control("fault", match="*", fault="none")

    def ask(self, fault):
        self.cloud.control("fault", match="*", fault=fault)
        return self.cloud.status("ds-00000")

    def read(self, fault, enough=None, seconds=20):
        """What comes until that is enough, and how it ends: open, closed or reset."""
        self.cloud.control("fault", match="*", fault=fault)
        with self.cloud.connect() as line:
            line.sendall(status_bytes("ds-00000"))
            line.settimeout(seconds)
            got = bytearray()
            while enough is None or not enough(got):
                try:
                    piece = line.recv(65536)
                except socket.timeout:
                    break
                except ConnectionResetError:
                    return bytes(got), "reset"
                if not piece:
                    return bytes(got), "closed"
                got += piece
            return bytes(got), "open"

    def test_hang_says_nothing(self):
        self.assertEqual(self.read("hang", seconds=0.5), (b"", "open"))

    def test_close_and_reset_end_without_an_answer(self):
        self.assertEqual(self.read("close"), (b"", "closed"))
        self.assertEqual(self.read("reset"), (b"", "reset"))

    def test_drip_sends_the_headers_and_then_a_byte_a_second(self):
        began = time.monotonic()
        got, end = self.read("drip", lambda got: got.endswith(b'{"d'))
        self.assertEqual(end, "open")
        self.assertGreaterEqual(time.monotonic() - began, 2)

    def test_drip_headers_sends_a_byte_a_second(self):
        began = time.monotonic()
        self.assertEqual(self.read("drip-headers", lambda got: len(got) == 3), (b"HTT", "open"))
        self.assertGreaterEqual(time.monotonic() - began, 2)

    def test_cut_stops_in_the_middle(self):
        got, end = self.read("cut")
        head, body = got.split(b"\r\n\r\n")
        promised = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
        self.assertEqual((len(body), end), (promised // 2, "closed"))

    def test_endless_never_stops(self):
        got, end = self.read("endless", lambda got: len(got) > 5_000_000)
        self.assertEqual(end, "open")
        self.assertNotIn(b"Content-Length", got[:1000])

    def test_huge_has_the_size_that_is_asked(self):
        answer = self.ask("huge:3M")
        self.assertEqual(len(answer.body), 3_000_000)
        self.assertEqual(answer.json()["status"], "RUNNING")

    def test_gzip_bomb_is_small_until_it_is_opened(self):
        answer = self.ask("gzip-bomb")
        self.assertEqual(answer.headers["Content-Encoding"], "gzip")
        self.assertLess(len(answer.body), 100_000)
        self.assertGreater(len(gzip.decompress(answer.body)), 64 * 2**20)

    def test_slow_is_right_but_late(self):
        began = time.monotonic()
        answer = self.ask("slow:400ms")
        self.assertEqual(answer.json()["dataset_id"], "ds-00000")
        self.assertGreaterEqual(time.monotonic() - began, 0.4)

    def test_flaky_fails_once(self):
        self.cloud.control("reset-counters")
        self.assertEqual([self.ask("flaky").status for _ in range(3)], [500, 200, 200])

    def test_what_is_no_json_comes_with_200(self):
        for fault in ("malformed", "html", "bad-utf8"):
            with self.subTest(fault):
                answer = self.ask(fault)
                self.assertEqual(answer.status, 200)
                with self.assertRaises(ValueError):
                    json.loads(answer.body)

    def test_deep_is_nested(self):
        self.assertIn(b"[" * 10_000, self.ask("deep").body)

    def test_statuses_have_their_usual_bodies(self):
        for fault, status, code in (("401", 401, "ModelArts.0202"), ("403", 403, "ModelArts.4336"),
                                    ("404", 404, "ModelArts.6623"), ("429", 429, "ModelArts.4395"),
                                    ("429-message", 429, "APIG.0308"), ("500", 500, "APIG.0601"),
                                    ("unpublished", 404, "APIG.0101")):
            with self.subTest(fault):
                answer = self.ask(fault)
                self.assertEqual((answer.status, answer.json()["error_code"]), (status, code))
        for fault in ("502", "503", "504"):
            with self.subTest(fault):
                answer = self.ask(fault)
                self.assertEqual(answer.status, int(fault))
                self.assertEqual(answer.headers["Content-Type"], "text/html")

    def test_429_says_when_in_three_ways_or_not(self):
        self.assertIsNone(self.ask("429").headers["Retry-After"])
        self.assertEqual(self.ask("429:7").headers["Retry-After"], "7")
        self.assertRegex(self.ask("429-date:3").headers["Retry-After"], r"^\w{3}, .* GMT$")
        self.assertIn("limit:200,time:5 minute", self.ask("429-message").json()["error_msg"])

    def test_redirect_leads_into_a_trap_that_counts(self):
        answer = self.ask("redirect")
        self.assertEqual(answer.status, 302)
        before = self.cloud.counters()["trapped"]
        self.cloud.ask("/" + answer.headers["Location"].split("/", 3)[3])
        self.assertEqual(self.cloud.counters()["trapped"], before + 1)


class ConnectionTest(unittest.TestCase):
    def test_a_client_that_leaves_is_no_longer_in_flight(self):
        with Simulator("--fault", "*=hang") as cloud:
            with cloud.connect() as line:
                line.sendall(status_bytes("ds-00001"))
                while cloud.counters()["in_flight"] == 0:
                    time.sleep(0.01)
            end = time.monotonic() + 10
            while cloud.counters()["in_flight"] > 0 and time.monotonic() < end:
                time.sleep(0.01)
            self.assertEqual(cloud.counters()["in_flight"], 0)
            self.assertEqual(cloud.counters()["requests"]["status"], 1)
            self.assertEqual(cloud.counters()["responses"]["status"], {})

    def test_endless_readers_do_not_starve_others(self):
        with Simulator("--fault", "ds-00001=endless") as cloud, cloud.connect() as line:
            line.sendall(status_bytes("ds-00001"))
            line.recv(1_000_000)
            self.assertEqual(cloud.status("ds-00002").status, 200)

    def test_faults_by_rule_meet_every_nth_dataset(self):
        with Simulator("--fault", "every:3=500") as cloud:
            codes = [cloud.status(f"ds-{i:05}").status for i in range(7)]
        self.assertEqual(codes, [500, 200, 200, 500, 200, 200, 500])

    def test_a_thousand_connections_are_served_at_once(self):
        with Simulator("--latency", "500ms") as cloud:
            lines = [cloud.connect() for _ in range(900)]
            for line in lines:
                line.sendall(status_bytes("ds-00001"))
            answers = {line.recv(65536)[:15] for line in lines}
            counters = cloud.counters()
            for line in lines:
                line.close()
        self.assertEqual(answers, {b"HTTP/1.1 200 OK"})
        self.assertGreater(counters["max_in_flight"], 100)

    def test_nonsense_and_oversized_requests_are_refused_and_cut_off(self):
        with Simulator() as cloud:
            for status, sent in ((400, b"hello\r\n\r\n"),
                                 (400, b"GET " + status_path("ds-00001").encode() + b"\r\n\r\n"),
                                 (431, b"GET / HTTP/1.1\r\nA: " + b"x" * 300_000)):
                with self.subTest(sent[:20]), cloud.connect() as line:
                    line.sendall(sent)
                    with line.makefile("rb") as answer:
                        got = answer.read()  # Until the connection ends.
                    self.assertTrue(got.startswith(b"HTTP/1.1 %d " % status), got)
            self.assertEqual(cloud.status("ds-00001").status, 200)


if __name__ == "__main__":
    main()
