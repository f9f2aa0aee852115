"""Every way in, against a cloud that verifies as the gateway does."""

import pathlib
import tempfile
import unittest

from accounts import Cloud, Exporter, config, project

KEY = ("QTWAOYTTINDUT2QVKYUC", "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc")
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
                text = config(project(cloud, way, 1,
                                      more="  http: {proxy_from_environment: true}\n"))
                with Exporter(text, environment=proxy) as exporter:
                    scrape = exporter.scrape()
                    self.assertEqual(scrape.reasons(), {"connect": 1}, exporter.log())
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
            text = config(project(cloud, "{pod_identity: {}}", 1,
                                  more="  http: {proxy_from_environment: true}\n"))
            with Exporter(text, environment=self.pod(cloud) | dead) as exporter:
                self.assertEqual(exporter.scrape().reasons(), {"connect": 1}, exporter.log())
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


if __name__ == "__main__":
    unittest.main()
