"""Every way in, against a cloud that verifies as the gateway does."""

import datetime
import pathlib
import re
import tempfile
import time
import unittest
import urllib.parse
from concurrent import futures

from accounts import PROJECT, Cloud, Exporter, config, project, wait_until

KEY = ("QTWAOYTTINDUT2QVKYUC", "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc")
OTHER_PROJECT = "%032x" % 1
SDK = {"HUAWEICLOUD_SDK_AK": KEY[0], "HUAWEICLOUD_SDK_SK": KEY[1]}


def with_key(*arguments, key=KEY):
    return Cloud("--auth", "signature", "--access-key", ":".join(key), *arguments)


def with_iam(*arguments):
    return Cloud("--auth", "token", "--iam-user", "acme:exporter:secret", *arguments)


def password(cloud, text="secret", file=None):
    given = f"password_file: {file}" if file else f"password: {text}"
    return (f"{{password: {{domain: acme, user: exporter, {given}, "
            f"iam_endpoint: '{cloud.url}'}}}}")


def access_key(secret=KEY[1]):
    return f"{{access_key: {{id: {KEY[0]}, secret: {secret}}}}}"


def asked(cloud):
    """How many queries the cloud has had."""
    return cloud.counters()["requests"]["status"]


def elsewhere(project, cloud):
    """The project at an endpoint that is not this machine, which no proxy is asked for."""
    return project.replace(f"  endpoint: {cloud.url}\n", "  endpoint: http://api.test\n")


def profile_text(key=KEY):
    return f"[basic]\nak = {key[0]}\nsk = {key[1]}\n"


class Files(unittest.TestCase):
    """A test with a folder of its own for secrets."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, name, text):
        """Replaces the file at once, as a Kubernetes Secret is; gives its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(path.name + ".new")
        new.write_text(text)
        new.chmod(0o600)
        new.rename(path)
        return path


class EveryWayTest(Files):
    def assert_works(self, cloud, credentials, environment=None, more=""):
        """Returns the exporter's log."""
        before = cloud.counters()["auth_failures"]
        with Exporter(config(project(cloud, credentials, 10, more=more)),
                      environment=environment) as exporter:
            scrape = exporter.scrape(budget=20)
            self.assertEqual((scrape.successes(), scrape.reasons()), (10, {}), exporter.log())
            self.assertEqual(scrape.value("modelarts_exporter_api_requests_total",
                                          operation="status"), 10)
            self.assertEqual(cloud.counters()["auth_failures"], before)
            self.assertEqual(exporter.scrape().successes(), 10)
            return exporter.log()

    def test_token_and_token_file(self):
        with Cloud("--auth", "token", "--token", "T0K3N") as cloud:
            self.assert_works(cloud, "{token: T0K3N}")
            self.assert_works(cloud, f"{{token_file: {self.file('token', 'T0K3N')}}}")

    def test_password_and_password_file(self):
        with with_iam() as cloud:
            self.assert_works(cloud, password(cloud))
            self.assert_works(cloud, password(cloud, file=self.file("password", "secret")))
            self.assertEqual(cloud.counters()["tokens_issued"], 2)

    def test_access_key(self):
        with with_key() as cloud:
            self.assert_works(cloud, access_key())
            self.assert_works(cloud, "{access_key: {id_file: %s, secret_file: %s}}" % (
                self.file("id", KEY[0]), self.file("sk", KEY[1])))

    def test_access_key_with_security_token(self):
        with with_key(key=(*KEY, "S7S")) as cloud:
            self.assert_works(cloud, "{access_key: {id: %s, secret: %s, security_token: S7S}}"
                              % KEY)
            self.assert_works(
                cloud, "{access_key: {id: %s, secret: %s, security_token_file: %s}}" % (
                    *KEY, self.file("sts", "S7S")))

    def test_secrets_as_editors_leave_them(self):
        """A byte order mark and blanks are no part of a key: they are left out, and named."""
        with with_key(key=(*KEY, "S7S")) as cloud:
            parts = zip(("id", "secret", "security_token"), (*KEY, "S7S"))
            files = "".join(f"{name}_file: {self.file(name, chr(0xFEFF) + text + ' ' + chr(10))}, "
                            for name, text in parts)
            log = self.assert_works(cloud, f"{{access_key: {{{files}}}}}")
            self.assertEqual(log.count("begins with a byte order mark"), 3, log)
        with Cloud("--auth", "token", "--token", "T0K3N") as cloud:
            file = self.file("token", "T0K3N\t\r\n")
            log = self.assert_works(cloud, f"{{token_file: {file}}}")
            self.assertIn(f"token_file: the secret in {file} has blanks", log)
        with Cloud("--auth", "token", "--iam-user", "acme:exporter:secret ") as cloud:
            file = self.file("password", "secret \n")
            log = self.assert_works(cloud, password(cloud, file=file))
            self.assertIn("ends with a blank, which counts as part of it", log)
        with with_key() as cloud:
            self.assert_works(cloud, "{environment: {}}",
                              {name: text + "\n" for name, text in SDK.items()})

    def test_environment(self):
        with with_key(key=(*KEY, "S7S")) as cloud:
            self.assert_works(cloud, "{environment: {}}",
                              SDK | {"HUAWEICLOUD_SDK_SECURITY_TOKEN": "S7S"})
        with with_key() as cloud:
            self.assert_works(cloud, "{environment: {}}", SDK)

    def test_profile(self):
        with with_key() as cloud:
            file = self.file(".huaweicloud/credentials", profile_text())
            self.assert_works(cloud, "{profile: {}}", {"HOME": str(self.folder)})
            self.assert_works(cloud, "{profile: {}}",
                              {"HUAWEICLOUD_SDK_CREDENTIALS_FILE": str(file)})
            other = self.file("other", profile_text().replace("basic", "mine"))
            self.assert_works(cloud, f"{{profile: {{file: {other}, section: mine}}}}")

    def test_instance_metadata_in_every_form_and_never_through_a_proxy(self):
        # Nobody listens at port 9: what goes to the proxy fails.
        proxy = dict.fromkeys(["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"],
                              "http://127.0.0.1:9")
        for form, requests in ("plain", 2), ("hardened", 2), ("required", 2):
            with self.subTest(form), Cloud("--auth", "signature", "--metadata",
                                               form) as cloud:
                way = f"{{instance_metadata: {{endpoint: '{cloud.url}'}}}}"
                self.assert_works(cloud, way)
                self.assertEqual(cloud.counters()["requests"]["metadata"], requests)
                text = config(elsewhere(project(
                    cloud, way, 1, more="  http: {proxy_from_environment: true}\n"), cloud))
                with Exporter(text, environment=proxy) as exporter:
                    scrape = exporter.scrape()
                    self.assertEqual(scrape.reasons(), {"connect": 1}, exporter.log())
                    self.assertIn("connecting to the proxy 127.0.0.1:9:", exporter.log())
                self.assertEqual(cloud.counters()["requests"]["metadata"], 2 * requests)

    def pod(self, cloud, token="p0d"):
        return {"HC_CONTAINER_CREDENTIALS_FULL_URI":
                cloud.url + "/pod-identity",
                "HC_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(self.file("pod", token + "\n"))}

    def test_pod_identity(self):
        with Cloud("--auth", "signature", "--pod-token", "p0d") as cloud:
            self.assert_works(cloud, "{pod_identity: {}}", self.pod(cloud))
            self.assertEqual(cloud.counters()["requests"]["pod"], 1)
            dead = {"http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
            text = config(elsewhere(project(
                cloud, "{pod_identity: {}}", 1,
                more="  http: {proxy_from_environment: true}\n"), cloud))
            with Exporter(text, environment=self.pod(cloud) | dead) as exporter:
                self.assertEqual(exporter.scrape().reasons(), {"connect": 1}, exporter.log())
                self.assertIn("connecting to the proxy 127.0.0.1:9:", exporter.log())
            self.assertEqual(cloud.counters()["requests"]["pod"], 2)

    def test_default_chain_takes_the_first_and_says_once_which(self):
        self.file(".huaweicloud/credentials", profile_text())
        home = {"HOME": str(self.folder)}
        with with_key("--pod-token", "p0d") as cloud:
            ways = (("environment", SDK | home | self.pod(cloud)),
                    ("profile", home | self.pod(cloud)),
                    ("pod_identity", self.pod(cloud)))
            for source, environment in ways:
                with self.subTest(source):
                    log = self.assert_works(cloud, "{default_chain: {}}", environment)
                    said = [line for line in log.splitlines() if "default chain" in line]
                    self.assertEqual(len(said), 1, log)
                    self.assertIn("level=info", said[0])
                    self.assertTrue(said[0].endswith(f"source={source}"), said)

    def test_tokens_of_32_kilobytes(self):
        with with_iam("--token-bytes", "32768") as cloud:
            self.assert_works(cloud, password(cloud))
        token = "M" * 32768
        with Cloud("--auth", "token", "--token", token) as cloud:
            self.assert_works(cloud, f"{{token_file: {self.file('long', token)}}}")


class RenewalTest(Files):
    def test_a_token_that_ends_in_the_middle_of_a_scrape_costs_no_answer_and_one_request(self):
        count = 1000
        with with_iam("--datasets", str(count), "--latency", "20ms") as cloud, \
                Exporter(config(project(cloud, password(cloud), count))) as exporter:
            self.assertEqual(exporter.scrape().successes(), count)
            with futures.ThreadPoolExecutor() as pool:
                scrape = pool.submit(exporter.scrape)
                wait_until(lambda: asked(cloud) >= count + 300)
                cloud.control("revoke-tokens")
                self.assertEqual((scrape.result().successes(), scrape.result().reasons()),
                                 (count, {}))
            counters = cloud.counters()
            # In the middle: some were answered before, some refused, some after.
            self.assertGreater(counters["auth_failures"], 0)
            self.assertEqual(counters["requests"]["token"], 2)
            last = exporter.scrape()
            self.assertEqual(last.successes(), count)
            self.assertEqual(cloud.counters()["requests"]["token"], 2)
            # Not the requests: on a slow machine some are cut and sent anew.
            self.assertEqual(last.value("modelarts_exporter_api_responses_total",
                                        operation="status", code="200"), 3 * count)

    def test_a_token_that_is_valid_outlives_iam(self):
        with with_iam("--token-lifetime", "2h") as cloud, \
                Exporter(config(project(cloud, password(cloud), 10))) as exporter:
            first = exporter.scrape()
            self.assertAlmostEqual(first.value(
                "modelarts_exporter_credentials_expiry_timestamp_seconds", project_id=PROJECT),
                time.time() + 7200, delta=60)
            cloud.control("fault", match="operation:token", fault="503")
            for _ in range(3):
                self.assertEqual(exporter.scrape().successes(), 10)
            cloud.control("revoke-tokens")
            broken = exporter.scrape(budget=3)
            self.assertEqual(broken.successes(), 0)
            self.assertLessEqual(broken.reasons().keys(), {"credentials", "unauthorized",
                                                           "timeout"})
            cloud.control("fault", match="operation:token", fault="none")
            wait_until(lambda: exporter.scrape(budget=3).successes() == 10)

    def test_temporary_keys_that_are_revoked_are_had_anew(self):
        with Cloud("--auth", "signature", "--metadata", "required", "--datasets", "100") as cloud:
            way = f"{{instance_metadata: {{endpoint: '{cloud.url}'}}}}"
            with Exporter(config(project(cloud, way, 100))) as exporter:
                self.assertEqual(exporter.scrape().successes(), 100)
                cloud.control("revoke-keys")
                self.assertEqual(exporter.scrape().reasons(), {}, exporter.log())
                counters = cloud.counters()
                self.assertLessEqual(counters["requests"]["metadata"], 4)
                # As many as were on their way at once when the key died; one more, since
                # the first refusal is no verdict; and one that probes after the second.
                self.assertLessEqual(counters["auth_failures"], 32 + 1 + 1)

    def test_a_changed_token_file_is_seen_within_a_second(self):
        token = self.file("token", "OLD")
        with Cloud("--auth", "token", "--token", "OLD") as cloud, \
                Exporter(config(project(cloud, f"{{token_file: {token}}}", 10))) as exporter:
            self.assertEqual(exporter.scrape().successes(), 10)
            cloud.control("revoke-tokens")
            cloud.control("accept-token", token="NEW")
            self.assertEqual(exporter.scrape().reasons(), {"unauthorized": 10})
            self.file("token", "NEW")
            changed = time.monotonic()
            wait_until(lambda: exporter.scrape().successes() == 10)
            took = time.monotonic() - changed
            print(f"seen after {took:.2f} s")
            self.assertLess(took, 2)  # One second, and the scrapes themselves.


class LockTest(Files):
    def test_a_wrong_key_is_tried_at_most_three_times_and_a_new_one_at_once(self):
        secret = self.file("sk", "WRONG")
        way = f"{{access_key: {{id: {KEY[0]}, secret_file: {secret}}}}}"
        with with_key("--datasets", "100") as cloud, \
                Exporter(config(project(cloud, way, 100))) as exporter:
            for _ in range(4):
                self.assertEqual(exporter.scrape().reasons(), {"unauthorized": 100})
            refused = asked(cloud)
            print(f"{refused} requests with a wrong key")
            self.assertLessEqual(refused, 3)
            self.file("sk", KEY[1])
            time.sleep(1.1)  # A file's content is looked at once a second.
            self.assertEqual(exporter.scrape().successes(), 100)
            self.assertEqual(cloud.counters()["auth_failures"], refused)
            self.assertEqual(cloud.counters()["locks"], 0)

    def test_a_reload_forgets_no_tries_of_a_key_that_changed_in_its_file(self):
        secret = self.file("sk", KEY[1])
        way = f"{{access_key: {{id: {KEY[0]}, secret_file: {secret}}}}}"
        with with_key("--datasets", "100") as cloud, \
                Exporter(config(project(cloud, way, 100))) as exporter:
            self.assertEqual(exporter.scrape().successes(), 100)
            self.file("sk", "WRONG")
            wait_until(lambda: exporter.scrape().reasons() == {"unauthorized": 100})
            for _ in range(3):
                self.assertEqual(exporter.scrape().reasons(), {"unauthorized": 100})
                self.assertEqual(exporter.reload().status, 200)
            refused = cloud.counters()["auth_failures"]
            print(f"{refused} requests with a wrong key")
            self.assertLessEqual(refused, 3)

    def test_a_reload_with_a_new_key_tries_it_at_once(self):
        with with_key("--datasets", "100") as cloud, \
                Exporter(config(project(cloud, access_key("WRONG"), 100))) as exporter:
            self.assertEqual(exporter.scrape().reasons(), {"unauthorized": 100})
            reply = exporter.reload(config(project(cloud, access_key(), 100)))
            self.assertEqual(reply.status, 200, reply.text)
            self.assertEqual(exporter.scrape().successes(), 100)

    def test_projects_that_share_credentials_share_the_verdict(self):
        with with_key("--datasets", "100", "--projects", "2") as cloud:
            ids = ["ds-%05d" % i for i in range(100)]
            text = config(project(cloud, access_key("WRONG"), ids[0::2]),
                          project(cloud, access_key("WRONG"), ids[1::2], OTHER_PROJECT))
            with Exporter(text) as exporter:
                for _ in range(4):
                    self.assertEqual(exporter.scrape().reasons(), {"unauthorized": 100})
            self.assertLessEqual(asked(cloud), 3)

    def test_a_wrong_password_is_no_valid_credentials_and_asks_iam_little(self):
        with with_iam("--datasets", "100", "--projects", "2") as cloud:
            ids = ["ds-%05d" % i for i in range(100)]
            way = password(cloud, "WRONG")
            text = config(project(cloud, way, ids[0::2]),
                          project(cloud, way, ids[1::2], OTHER_PROJECT))
            with Exporter(text) as exporter:
                for _ in range(4):
                    self.assertEqual(exporter.scrape().reasons(), {"credentials": 100})
            counters = cloud.counters()
            print(f"{counters['requests']['token']} requests with a wrong password")
            self.assertLessEqual(counters["requests"]["token"], 3)
            self.assertEqual((asked(cloud), counters["locks"]), (0, 0))

    def test_a_corrected_password_file_costs_the_next_scrape_no_wait(self):
        file = self.file("password", "WRONG")
        with with_iam() as cloud, \
                Exporter(config(project(cloud, password(cloud, file=file), 10))) as exporter:
            self.assertEqual(exporter.scrape().reasons(), {"credentials": 10})
            self.file("password", "secret")
            time.sleep(1.2)  # A file's content is looked at once a second.
            scrape = exporter.scrape(budget=10)
            self.assertEqual(scrape.successes(), 10, exporter.log())
            self.assertLess(scrape.value("modelarts_scrape_duration_seconds"), 2)

    def test_no_credentials_are_named_so_and_ask_nothing(self):
        with with_key() as cloud:
            for way in "{environment: {}}", "{pod_identity: {}}":
                with self.subTest(way), Exporter(config(project(cloud, way, 5))) as exporter:
                    self.assertEqual(exporter.scrape(budget=5).reasons(), {"credentials": 5})
            self.assertEqual(asked(cloud), 0)


class SignatureTest(Files):
    def test_ids_of_every_kind_reach_the_cloud_as_configured(self):
        ids = ["a b", "100%", "a%2Fb", "~tilde~", "a/b", "/", "猫のデータ", "数据集", "a+b&c=d?e#f",
               "quote'\"", "é", "a//b", "-_."]
        with with_key("--datasets", "0") as cloud:
            for one in ids:
                cloud.control(f"datasets/{PROJECT}/{urllib.parse.quote(one, safe='')}")
            with Exporter(config(project(cloud, access_key(), ids))) as exporter:
                scrape = exporter.scrape()
                self.assertEqual((scrape.successes(), scrape.reasons()), (len(ids), {}),
                                 scrape.text)
            counts = cloud.counters()["datasets"]
            self.assertEqual(counts, {f"{PROJECT}/{one}": 1 for one in ids})
            self.assertEqual(cloud.counters()["auth_failures"], 0)

    def test_a_clock_that_is_wrong_is_named_with_both_times(self):
        with with_key("--clock-offset", "20m") as cloud, \
                Exporter(config(project(cloud, access_key(), 20))) as exporter:
            self.assertEqual(exporter.scrape().reasons(), {"unauthorized": 20})
            said = re.search(r"the clock here says (\S+), the server's (\S+): (\S+) behind",
                             exporter.log())
            self.assertTrue(said, exporter.log())
            here, there = (datetime.datetime.fromisoformat(time.rstrip("Z").split(".")[0])
                           for time in said.group(1, 2))
            self.assertAlmostEqual((there - here).total_seconds(), 1200, delta=10)
            self.assertLessEqual(asked(cloud), 3)


if __name__ == "__main__":
    unittest.main()
