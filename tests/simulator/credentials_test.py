"""Who may ask, with a signer that shares nothing with either program."""

import datetime
import hashlib
import hmac
import json
import time
import unittest
import urllib.parse

from harness import PROJECT, Simulator, main, status_path

KEY = ("QTWAOYTTINDUT2QVKYUC", "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc")


def encode(text):
    return urllib.parse.quote(text, safe="-_.~")


def sign(method, path, query, headers, key, secret, body=b""):
    """The Authorization header for a request that sends `headers`."""
    lowered = sorted((name.lower(), value.strip()) for name, value in headers.items())
    names = ";".join(name for name, _ in lowered)
    uri = "/".join(encode(urllib.parse.unquote(part)) for part in path.split("/"))
    canonical = "\n".join([
        method,
        uri if uri.endswith("/") else uri + "/",
        "&".join(f"{encode(k)}={encode(v)}" for k, v in sorted(query)),
        "".join(f"{name}:{value}\n" for name, value in lowered),
        names,
        hashlib.sha256(body).hexdigest(),
    ])
    to_sign = "\n".join(["SDK-HMAC-SHA256", headers["X-Sdk-Date"],
                         hashlib.sha256(canonical.encode()).hexdigest()])
    signature = hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"SDK-HMAC-SHA256 Access={key}, SignedHeaders={names}, Signature={signature}"


def signed(cloud, path, query=(), key=KEY[0], secret=KEY[1], minutes_ago=0, **more):
    """Asks with a signature; headers in `more` are signed too."""
    then = datetime.datetime.utcnow() - datetime.timedelta(minutes=minutes_ago)
    headers = {"Host": f"{cloud.host}:{cloud.port}", "X-Sdk-Date": then.strftime("%Y%m%dT%H%M%SZ")}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    headers["Authorization"] = sign("GET", path, query, headers, key, secret)
    target = path + ("?" + urllib.parse.urlencode(query) if query else "")
    return cloud.ask(target, headers=headers)


def with_key(*arguments):
    return Simulator("--auth", "signature", "--access-key", ":".join(KEY), *arguments)


class SignerTest(unittest.TestCase):
    def test_agrees_with_the_published_example(self):
        headers = {"Content-Type": "application/json", "Host": "service.region.example.com",
                   "X-Sdk-Date": "20191115T033655Z"}
        authorization = sign("GET", "/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs",
                             [("limit", "2"), ("marker", "13551d6b-755d-4757-b956-536f674975c0")],
                             headers, *KEY)
        self.assertTrue(authorization.endswith(
            "7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe"))


class SignatureTest(unittest.TestCase):
    def test_accepts_what_was_signed_rightly(self):
        with with_key() as cloud:
            cloud.control(f"datasets/{PROJECT}/a%20b%25%2F~%E7%8C%AB")
            self.assertEqual(signed(cloud, status_path("ds-00001")).status, 200)
            self.assertEqual(signed(cloud, status_path("a b%/~猫")).status, 200)
            listing = signed(cloud, f"/v2/{PROJECT}/datasets", [("limit", "5"), ("offset", "0")])
            self.assertEqual(len(listing.json()["datasets"]), 5)
            self.assertEqual(cloud.counters()["auth_failures"], 0)

    def test_refuses_everything_else(self):
        path = status_path("ds-00001")
        with with_key("--lock-after", "100") as cloud:
            stolen = {"Host": f"{cloud.host}:{cloud.port}", "X-Sdk-Date": "20191115T033655Z"}
            stolen["Authorization"] = sign("GET", path, [], stolen, *KEY)
            unsigned_host = {"X-Sdk-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())}
            unsigned_host["Authorization"] = sign("GET", path, [], unsigned_host, *KEY)
            refused = [cloud.ask(path),
                       signed(cloud, path, secret="wrong"),
                       signed(cloud, path, key="UNKNOWN"),
                       signed(cloud, path, X_Security_Token="never issued"),
                       cloud.ask(path, headers={"Authorization": "Basic abc"}),
                       cloud.ask(path, headers=unsigned_host),
                       cloud.ask(path, headers=stolen)]
            for answer in refused:
                self.assertEqual((answer.status, answer.json()["error_code"]), (401, "APIG.0301"))
            self.assertEqual(cloud.counters()["auth_failures"], len(refused))

    def test_refuses_a_date_that_is_far_off_and_names_both_times(self):
        path = status_path("ds-00001")
        with with_key("--clock-offset", "20m") as cloud:
            answer = signed(cloud, path)
            self.assertEqual(answer.status, 401)
            self.assertRegex(answer.json()["error_msg"],
                             r"expired, signature time:\d{8}T\d{6}Z, server time:\d{8}T\d{6}Z")
            date = datetime.datetime.strptime(answer.headers["Date"], "%a, %d %b %Y %H:%M:%S GMT")
            self.assertGreater(date - datetime.datetime.utcnow(), datetime.timedelta(minutes=19))
            self.assertEqual(signed(cloud, path, minutes_ago=-20).status, 200)
        with with_key() as cloud:
            self.assertEqual(signed(cloud, path, minutes_ago=14).status, 200)
            self.assertEqual(signed(cloud, path, minutes_ago=16).status, 401)

    def test_locks_a_key_after_more_than_five_failures_in_a_row(self):
        path = status_path("ds-00001")
        with with_key() as cloud:
            for _ in range(5):
                signed(cloud, path, secret="wrong")
            self.assertEqual(signed(cloud, path).status, 200)
            for _ in range(6):
                signed(cloud, path, secret="wrong")
            locked = signed(cloud, path)
            cloud.control("advance-clock", by="5m")
            self.assertEqual(signed(cloud, path).status, 200)
            counters = cloud.counters()
        self.assertEqual(locked.status, 401)
        self.assertIn("failed to reach the limit", locked.json()["error_msg"])
        self.assertEqual((counters["locks"], counters["locked_refusals"]), (1, 1))


def ask_iam(cloud, password="secret", project=PROJECT, user="exporter"):
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": {
        "name": user, "password": password, "domain": {"name": "acme"}}}},
        "scope": {"project": {"id": project}}}}
    return cloud.ask("/v3/auth/tokens?nocatalog=true", "POST", body=json.dumps(body))


class TokenTest(unittest.TestCase):
    def iam(self, *arguments):
        return Simulator("--auth", "token", "--iam-user", "acme:exporter:secret", *arguments)

    def code(self, cloud, token, project=PROJECT, dataset="ds-00000"):
        answer = cloud.status(dataset, project, headers={"X-Auth-Token": token} if token else {})
        # A 200 may have an error_code too: that of a task that failed.
        refused = answer.status != 200
        return answer.status, answer.json()["error_code"] if refused else None

    def test_a_static_token_is_good_until_it_is_revoked(self):
        with Simulator("--auth", "token", "--token", "T") as cloud:
            self.assertEqual(self.code(cloud, "T"), (200, None))
            self.assertEqual(self.code(cloud, "U"), (401, "APIG.0301"))
            self.assertEqual(self.code(cloud, None), (401, "APIG.0301"))
            cloud.control("revoke-tokens")
            self.assertEqual(self.code(cloud, "T"), (401, "ModelArts.0202"))
            cloud.control("accept-token", token="U")
            self.assertEqual(self.code(cloud, "U"), (200, None))

    def test_a_password_gives_a_token_for_one_project(self):
        with self.iam("--projects", "2", "--token-bytes", "32768") as cloud:
            issued = ask_iam(cloud)
            token = issued.headers["X-Subject-Token"]
            self.assertEqual((issued.status, len(token)), (201, 32768))
            self.assertRegex(issued.json()["token"]["expires_at"],
                             r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
            self.assertEqual(self.code(cloud, token), (200, None))
            self.assertEqual(self.code(cloud, token, "%032x" % 1), (403, "ModelArts.4310"))
            self.assertEqual(ask_iam(cloud, project="nobody").status, 404)

    def test_a_token_expires(self):
        with self.iam() as cloud:
            token = ask_iam(cloud).headers["X-Subject-Token"]
            self.assertEqual(self.code(cloud, token), (200, None))
            cloud.control("advance-clock", by="23h59m")
            self.assertEqual(self.code(cloud, token), (200, None))
            cloud.control("advance-clock", by="1m")
            self.assertEqual(self.code(cloud, token), (401, "APIG.0307"))

    def test_a_wrong_password_is_refused_and_locks_the_user(self):
        with self.iam() as cloud:
            wrong = [ask_iam(cloud, password="wrong") for _ in range(6)]
            locked = ask_iam(cloud)
            counters = cloud.counters()
        self.assertEqual({answer.status for answer in wrong}, {401})
        self.assertEqual(wrong[0].json()["error"]["title"], "Unauthorized")
        self.assertEqual(locked.status, 401)
        self.assertIn("locked", locked.json()["error"]["message"])
        self.assertEqual((counters["locks"], counters["tokens_issued"]), (1, 0))

    def test_a_request_that_is_none_is_refused(self):
        with self.iam() as cloud:
            for body in ("", "{", "[]", '{"auth":{}}'):
                answer = cloud.ask("/v3/auth/tokens", "POST", body=body)
                self.assertEqual((answer.status, answer.json()["error"]["code"]), (400, 400))


class TemporaryKeyTest(unittest.TestCase):
    PATH = "/openstack/latest/securitykey"
    SESSION = "/meta-data/latest/api/token"

    def use(self, cloud, key, secret, token):
        return signed(cloud, status_path("ds-00001"), key=key, secret=secret,
                      X_Security_Token=token).status

    def test_a_machine_gets_a_key_that_works(self):
        with Simulator("--auth", "signature", "--metadata", "plain") as cloud:
            credential = cloud.ask(self.PATH).json()["credential"]
            key = (credential["access"], credential["secret"], credential["securitytoken"])
            self.assertEqual(self.use(cloud, *key), 200)
            self.assertEqual(self.use(cloud, *key[:2], "wrong"), 401)
            self.assertEqual(cloud.ask(self.PATH).json()["credential"]["access"], key[0])
            cloud.control("revoke-keys")
            self.assertEqual(self.use(cloud, *key), 401)
            self.assertNotEqual(cloud.ask(self.PATH).json()["credential"]["access"], key[0])

    def test_a_key_changes_at_half_its_life_and_dies_at_its_end(self):
        with Simulator("--auth", "signature", "--metadata", "plain", "--key-lifetime", "10m") as cloud:
            credential = cloud.ask(self.PATH).json()["credential"]
            key = (credential["access"], credential["secret"], credential["securitytoken"])
            cloud.control("advance-clock", by="6m")
            self.assertNotEqual(cloud.ask(self.PATH).json()["credential"]["access"], key[0])
            self.assertEqual(self.use(cloud, *key), 200)
            cloud.control("advance-clock", by="4m")
            self.assertEqual(self.use(cloud, *key), 401)

    def test_session_tokens_are_off_possible_or_required(self):
        ttl = {"X-Metadata-Token-Ttl-Seconds": "21600"}
        for mode, put, bare in (("off", 404, 404), ("plain", 404, 200),
                                ("hardened", 200, 200), ("required", 200, 401)):
            with self.subTest(mode), Simulator("--metadata", mode) as cloud:
                session = cloud.ask(self.SESSION, "PUT", headers=ttl)
                self.assertEqual(session.status, put)
                self.assertEqual(cloud.ask(self.PATH).status, bare)
                if put == 200:
                    token = {"X-Metadata-Token": session.body.decode()}
                    self.assertEqual(cloud.ask(self.PATH, headers=token).status, 200)
                    wrong = {"X-Metadata-Token": "wrong"}
                    self.assertEqual(cloud.ask(self.PATH, headers=wrong).status, 401)
                    self.assertEqual(cloud.ask(self.SESSION, "PUT").status, 400)

    def test_a_pod_gets_a_key_for_its_token(self):
        with Simulator("--auth", "signature", "--pod-token", "ey.pod") as cloud:
            refused = cloud.ask("/pod-identity", "POST", body="{}")
            given = cloud.ask("/pod-identity", "POST", {"Authorization": "ey.pod"}, "{}")
            key = given.json()["credentials"]
            used = self.use(cloud, key["accessKeyId"], key["secretAccessKey"], key["securityToken"])
        self.assertEqual((refused.status, given.status, used), (401, 200, 200))


if __name__ == "__main__":
    main()
