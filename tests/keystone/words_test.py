"""What the exporter makes of an IAM that is OpenStack's own Keystone: where it is found, what its
refusals mean, when its tokens end."""

import time
import unittest
import uuid

import identity
from accounts import Exporter, config, project, wait_until


def setUpModule():
    global keystone, modelarts
    keystone = unittest.enterModuleContext(identity.Keystone())
    modelarts = unittest.enterModuleContext(identity.ModelArts(keystone))


def exporter_of(project_id, credentials, more=""):
    more = f"  http: {{timeout: 30s{more}}}\n"
    return Exporter(config(project(modelarts, credentials, 1, project_id, more)))


def warning(exporter):
    """The line of the log that tells of the lack of credentials, once it is written."""
    return wait_until(lambda: [line for line in exporter.log().splitlines()
                               if "no credentials" in line])[0]


def trace(exporter, project_id):
    return exporter.get(f"/probe?project_id={project_id}&dataset_id=ds-00000&debug=true").text


class EndpointTest(unittest.TestCase):
    """`iam_endpoint` as people have it."""

    def setUp(self):
        self.project = keystone.project()
        self.user = keystone.user(self.project)

    def assert_works(self, endpoint, more=""):
        with exporter_of(self.project, self.user.credentials(endpoint=endpoint),
                         more) as exporter:
            self.assertEqual(exporter.scrape().successes(), 1, exporter.log())

    def test_is_taken_with_and_without_the_version_and_the_path(self):
        for path in "", "/v3", "/v3/", "/v3/auth/tokens", "/identity", "/identity/v3":
            with self.subTest(path):
                self.assert_works(keystone.url + path)

    def test_is_asked_by_tls(self):
        self.assert_works(keystone.tls_url + "/v3",
                          f", tls: {{ca_file: '{keystone.certificate}'}}")

    def assert_explained(self, endpoint, url, why, advice):
        with exporter_of(self.project, self.user.credentials(endpoint=endpoint)) as exporter:
            scrape = exporter.scrape()
            self.assertEqual(scrape.reasons(), {"credentials": 1})
            said = trace(exporter, self.project)
            self.assertRegex(said, rf"(?m)^failed: credentials: .*POST {url}: .*{why}")
            line = warning(exporter)
            self.assertRegex(line, rf"error=\".*POST {url}: .*{why}")
            self.assertRegex(line, rf"advice=\".*{advice}")
            self.assertRegex(exporter.get("/").text, advice)

    def test_that_is_another_service_is_named_with_the_way_out(self):
        self.assert_explained(keystone.url + "/nowhere/v3",
                              keystone.url + "/nowhere/v3/auth/tokens", "HTTP 404", "iam_endpoint")

    def test_that_nobody_listens_at_is_named_with_the_way_out(self):
        self.assert_explained("http://127.0.0.1:9/v3", "http://127.0.0.1:9/v3/auth/tokens",
                              "refused", "iam_endpoint")

    def test_with_an_unknown_certificate_is_named_with_the_way_out(self):
        self.assert_explained(keystone.tls_url, keystone.tls_url + "/v3/auth/tokens",
                              "certificate", "http.tls.ca_file")


class RefusalTest(unittest.TestCase):
    """Keystone refuses all of these with the same words."""

    def assert_refused(self, user, project_id, password="right",
                       words="The request you have made requires authentication.",
                       advice="rotated.*locked.*disabled.*role"):
        with exporter_of(project_id, user.credentials(password)) as exporter:
            self.assertEqual(exporter.scrape().reasons(), {"credentials": 1})
            line = warning(exporter)
            url = keystone.url + "/v3/auth/tokens"
            self.assertRegex(line, rf"error=\".*POST {url}: HTTP 401: .*{words}")
            self.assertRegex(line, rf"advice=\".*{advice}")
            row = exporter.get("/api/v1/datasets").json()["datasets"][0]
            self.assertEqual(row["http_status"], 401)
            self.assertRegex(row["request_id"], r"^req-[0-9a-f-]{36}$")
            self.assertRegex(trace(exporter, project_id),
                             rf"(?m)^failed: credentials: .*POST {url}: HTTP 401: ")

    def test_of_a_wrong_password(self):
        one = keystone.project()
        self.assert_refused(keystone.user(one), one, password="wrong")

    def test_of_a_disabled_user(self):
        one = keystone.project()
        self.assert_refused(keystone.user(one, enabled=False), one)

    def test_of_a_locked_user(self):
        one = keystone.project()
        user = keystone.user(one)
        for _ in range(identity.LOCKOUT):
            self.assertEqual(user.login("wrong", one), 401)
        self.assert_refused(user, one)

    def test_of_a_user_without_a_role(self):
        one = keystone.project()
        self.assert_refused(keystone.user(), one)

    def test_of_a_disabled_project(self):
        one = keystone.project()
        user = keystone.user(one)
        keystone.administer("PATCH", f"projects/{one}", {"project": {"enabled": False}})
        self.assert_refused(user, one)

    def test_of_an_unknown_project(self):
        self.assert_refused(keystone.user(keystone.project()), uuid.uuid4().hex)

    def test_that_wants_a_second_factor(self):
        one = keystone.project()
        user = keystone.user(one, options={
            "multi_factor_auth_enabled": True,
            "multi_factor_auth_rules": [["password", "totp"]]})
        self.assert_refused(
            user, one, words="the user needs more than a password: "
                             "(password and totp|totp and password)",
            advice="multi-factor")


class TokenTest(unittest.TestCase):
    def test_is_renewed_whenever_it_ends(self):
        one = keystone.project()
        with exporter_of(one, keystone.user(one).credentials()) as exporter:
            end = time.monotonic() + 1.5 * identity.TOKEN_LIFE
            while time.monotonic() < end:
                self.assertEqual(exporter.scrape().successes(), 1, exporter.log())
                time.sleep(0.5)
            answers = exporter.scrape().value("modelarts_exporter_api_responses_total",
                                              operation="token", code="201")
            self.assertGreater(answers, 1)

    def test_has_a_known_end_behind_a_large_catalog(self):
        services = [(uuid.uuid4().hex, f"kind-{i}") for i in range(40)]
        with keystone.database() as database:
            database.executemany(
                "INSERT INTO service (id, type, enabled, extra) VALUES (?, ?, 1, '{}')", services)
            database.executemany(
                "INSERT INTO endpoint (id, interface, service_id, url, enabled, extra) "
                "VALUES (?, 'public', ?, ?, 1, '{}')",
                [(uuid.uuid4().hex, service, "http://127.0.0.1/" + "x" * 10_000)
                 for service, _ in services])
        one = keystone.project()
        user = keystone.user(one)
        with exporter_of(one, user.credentials(endpoint=keystone.url + "/full")) as exporter:
            scrape = exporter.scrape()
            self.assertEqual(scrape.successes(), 1, exporter.log())
            end = scrape.value("modelarts_exporter_credentials_expiry_timestamp_seconds")
            self.assertIsNotNone(end)
            self.assertAlmostEqual(end, time.time() + identity.TOKEN_LIFE, delta=10)
        self.assertGreater(max(size for *_, size in keystone.requests()), 256 * 1024)


if __name__ == "__main__":
    unittest.main()
