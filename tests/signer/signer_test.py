"""Holds the signatures of the exporter against those of the cloud's own SDK, for ids of every odd
kind. What the exporter sends is recorded by a server that answers like ModelArts."""

import json
import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from accounts import Exporter, config, project  # noqa: E402
from stand_in import StandIn  # noqa: E402

KEY = ("QTWAOYTTINDUT2QVKYUC", "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc")
PLAIN_IDS = ["gfghHSokody6AJigS5A", "a-b_c.d~e", "0", "...", "a..b", "A" * 200]
ODD_IDS = [f"a{sign}b" for sign in "!\"#$%&'()*+,/:;<=>?@[\\]^`{|} "] + [
    "%", "%%", "%2F", "%252F", "%zz", "a%", "100%", "?", "#", "/", "//", "a/", "/a", "a/../b",
    "a?b=c&d=e#f", "a b+c", "ü", "éè", "e\u0301", "街道标志", "データ", "שלום", "𝒳", "🚦🚸",
    "a\u00a0b", "\ufeffa", "a;b=c,d", "'", "(*)!", "a\u200bb", "߷", "￿", "€"]
SIGNED = ["X-Project-Id", "X-Sdk-Date", "X-Security-Token"]


class Recorder(StandIn):
    """Answers like ModelArts; `requests` are what came, as the SDK's signer wants them."""

    def __init__(self):
        self.requests = []
        super().__init__(self.answer)

    def answer(self, request):
        headers = request.headers
        self.requests.append({
            "method": request.command, "url": f"http://{headers['Host']}{request.path}",
            "headers": {name: headers[name].encode("latin-1").decode()
                        for name in SIGNED if name in headers},
            "authorization": headers["Authorization"]})
        is_status = "/sync-data/" in request.path
        return 200, {"status": "COMPLETED"} if is_status else {"datasets": [], "total_number": 0}


def signed_by_the_sdk(requests):
    """[{"documented": …, "plain": …}]: values of Authorization."""
    done = subprocess.run(
        ["node", HERE / "sign.mjs"], input=json.dumps({
            "id": KEY[0], "secret": KEY[1], "requests": requests}),
        capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{done.stderr}\nIs `npm ci` to be run in {HERE}?"
    return json.loads(done.stdout)


class SignerTest(unittest.TestCase):
    def requests_of(self, *projects):
        with Recorder() as cloud:
            with Exporter(config(*(one(cloud) for one in projects))) as exporter:
                scrape = exporter.scrape()
                self.assertEqual(scrape.reasons(), {}, exporter.log())
            return cloud.requests

    def with_key(self, ids, project_id="p1", more="", token=None):
        key = f"{{access_key: {{id: {KEY[0]}, secret: {KEY[1]}"
        key += f", security_token: {token}}}}}" if token else "}}"
        return lambda cloud: project(cloud, key, ids, project_id, more)

    def assert_agreed(self, requests):
        for request, sdk in zip(requests, signed_by_the_sdk(requests)):
            with self.subTest(request["url"]):
                self.assertIn("X-Project-Id", request["headers"])
                self.assertEqual(request["authorization"], sdk["documented"])

    def test_agrees_with_the_sdk_on_ids_that_need_no_encoding(self):
        requests = self.requests_of(self.with_key(PLAIN_IDS))
        self.assertEqual(len(requests), len(PLAIN_IDS))
        self.assert_agreed(requests)
        for request, sdk in zip(requests, signed_by_the_sdk(requests)):
            self.assertEqual(sdk["plain"], sdk["documented"], request["url"])

    def test_agrees_with_the_documented_form_on_all_others(self):
        self.assertGreaterEqual(len(ODD_IDS), 50)
        requests = self.requests_of(self.with_key(ODD_IDS))
        self.assertEqual(len(requests), len(ODD_IDS))
        self.assert_agreed(requests)

    def test_agrees_on_odd_projects_temporary_keys_and_queries(self):
        more = "  discovery: {workspace_id: 'a b&c=d/ü'}\n"
        requests = self.requests_of(
            self.with_key(["d"], "77b6a44cba5143ab91d13ab9a8ff44fd", token="ST+/="),
            self.with_key(["d"], "sub project", more, token="S7S"))
        self.assertEqual(len(requests), 3)
        self.assertEqual(sum("workspace_id" in one["url"] for one in requests), 1)
        self.assert_agreed(requests)
        self.assertEqual({one["headers"]["X-Project-Id"] for one in requests},
                         {"77b6a44cba5143ab91d13ab9a8ff44fd", "sub project"})


if __name__ == "__main__":
    unittest.main()
