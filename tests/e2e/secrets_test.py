"""No secret may be seen anywhere: not in the log at its chattiest, on no page,
in no complaint about a configuration."""

import base64
import os
import pathlib
import subprocess
import tempfile
import unittest
import urllib.parse

from accounts import Cloud, Exporter, config, project

PAGES = ["/", "/config", "/metrics", "/sd", "/api/v1/datasets", "/-/healthy", "/-/ready",
         "/nowhere"]


class Secrets:
    """Makes secrets up and finds them again, however they are written."""

    def __init__(self):
        self.made = []

    def make(self, what):
        self.made.append(f"S{len(self.made):02}cr3t{what}")
        return self.made[-1]

    def in_text(self, text):
        """Those that occur in `text`, whole, in part or as Basic authentication has them."""
        found = []
        for one in self.made:
            forms = [one, one[:7], one.encode().hex(), urllib.parse.quote(one, safe="")]
            forms += [base64.b64encode(f"user:{one}".encode()).decode()]
            found += [form for form in forms if form.lower() in text.lower()]
        return found


class SecretsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.secrets = Secrets()

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o644)  # So that there is a warning, too.
        return path

    def assert_hidden(self, text, where):
        self.assertEqual(self.secrets.in_text(text), [], f"in {where}:\n{text}")

    def try_everything(self, exporter, project_ids):
        """All that the program says about the projects' first datasets."""
        exporter.scrape(budget=3)
        for page in PAGES:
            for accept in "text/html", "application/openmetrics-text; version=1.0.0":
                self.assert_hidden(exporter.get(page, {"Accept": accept}).text, page)
        for project_id in project_ids:
            query = f"/probe?project_id={project_id}&dataset_id=ds-00000"
            self.assert_hidden(exporter.get(query).text, query)
            trace = exporter.get(query + "&debug=true")
            self.assertEqual(trace.status, 200)
            self.assert_hidden(trace.text, query + "&debug=true")
        reply = exporter.reload()
        self.assertEqual(reply.status, 200)
        self.assert_hidden(reply.text, "the reload")
        exporter.scrape(budget=3)
        self.assert_hidden(exporter.log(), "the log")

    def every_way(self, cloud):
        """Accepted or not, a project for each: ([YAML], [project_id], environment)."""
        make, file = self.secrets.make, self.file
        iam = f"domain: acme, user: exporter, iam_endpoint: '{cloud.url}'"
        broken_iam = "domain: acme, user: exporter, iam_endpoint: 'http://127.0.0.1:9'"
        proxy = f"  http: {{proxy_url: 'http://user:{make('Proxy')}@127.0.0.1:9'}}\n"
        home = self.folder / "home"
        (home / ".huaweicloud").mkdir(parents=True)
        (home / ".huaweicloud" / "credentials").write_text(
            f"[basic]\nak = {make('ProfileAk')}\nsk = {make('ProfileSk')}\n"
            f"security_token = {make('ProfileSts')}\n")
        ways = [
            (f"{{token: {make('Token')}}}", ""),
            (f"{{token: {make('Token2')}}}", proxy),
            (f"{{token_file: {file('token', make('FileToken'))}}}", ""),
            (f"{{password: {{{iam}, password: right}}}}", ""),
            (f"{{password: {{{iam}, password: {make('Password')}}}}}", ""),
            (f"{{password: {{{broken_iam}, password: {make('Password2')}}}}}", ""),
            (f"{{password: {{{iam}, password_file: {file('pw', make('PwFile'))}}}}}", ""),
            (f"{{access_key: {{id: {make('Ak')}, secret: {make('Sk')}, "
             f"security_token: {make('Sts')}}}}}", ""),
            ("{access_key: {id_file: %s, secret_file: %s, security_token_file: %s}}" % (
                file("ak", make("AkFile")), file("sk", make("SkFile")),
                file("sts", make("StsFile"))), ""),
            ("{environment: {}}", ""), ("{profile: {}}", ""), ("{pod_identity: {}}", ""),
            ("{default_chain: {}}", ""),
            (f"{{instance_metadata: {{endpoint: '{cloud.url}'}}}}", ""),
        ]
        environment = {"HUAWEICLOUD_SDK_AK": make("EnvAk"), "HUAWEICLOUD_SDK_SK": make("EnvSk"),
                       "HUAWEICLOUD_SDK_SECURITY_TOKEN": make("EnvSts"), "HOME": str(home),
                       "HC_CONTAINER_CREDENTIALS_FULL_URI": cloud.url + "/pod-identity",
                       "HC_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(file("pod", make("Pod")))}
        ids = ["%032x" % i for i in range(len(ways))]
        return ([project(cloud, way, 1, one, more) for one, (way, more) in zip(ids, ways)],
                ids, environment)

    def test_nothing_is_shown_where_all_are_refused(self):
        for form in "logfmt", "json":
            self.setUp()
            with self.subTest(form), Cloud(
                    "--auth", "any", "--metadata", "hardened", "--pod-token", "other",
                    "--iam-user", "acme:exporter:right") as cloud:
                projects, ids, environment = self.every_way(cloud)
                with Exporter(config(*projects), "--log.level=debug", f"--log.format={form}",
                              environment=environment) as exporter:
                    self.try_everything(exporter, ids)
                    self.assertIn("may be read by everyone", exporter.log())

    def test_nothing_is_shown_where_all_are_accepted(self):
        make = self.secrets.make
        token, password, sk, sts = (make(what) for what in ("T", "P", "K", "S"))
        with Cloud("--auth", "any", "--token", token, "--access-key", f"AK:{sk}:{sts}",
                   "--iam-user", f"acme:exporter:{password}", "--projects", "3") as cloud:
            ways = [f"{{token: {token}}}",
                    f"{{password: {{domain: acme, user: exporter, password: {password}, "
                    f"iam_endpoint: '{cloud.url}'}}}}",
                    f"{{access_key: {{id: AK, secret: {sk}, security_token: {sts}}}}}"]
            ids = ["%032x" % i for i in range(3)]
            text = config(*(project(cloud, way, ["ds-%05d" % i], ids[i])
                            for i, way in enumerate(ways)))
            with Exporter(text, "--log.level=debug") as exporter:
                self.assertEqual(exporter.scrape().successes(), 3, exporter.log())
                for page in PAGES:
                    self.assert_hidden(exporter.get(page).text, page)
                for i, one in enumerate(ids):
                    query = f"/probe?project_id={one}&dataset_id=ds-{i:05}&debug=true"
                    trace = exporter.get(query)
                    self.assertEqual(trace.status, 200)
                    self.assert_hidden(trace.text, query)
                    self.assertNotIn("MII", trace.text)  # So tokens of IAM begin.
                    self.assertNotIn("Signature=", trace.text)
                self.assert_hidden(exporter.log(), "the log")
                self.assertNotIn("MII", exporter.log())
                self.assertIn("<secret>", exporter.get("/config").text)

    def faulty(self, cloud):
        """Configurations with a secret each, none of them right."""
        make = self.secrets.make
        iam = f"domain: a, user: u, iam_endpoint: '{cloud.url}'"
        ways = [
            "{tokn: %s}", "{token: [%s]}", "{token: {a: %s}}", "%s", "[%s]", "{token: %s, x: 1}",
            '{token: "%s', "{token: *%s}", "{token: %s: x}", '{token: "%s\\n"}',
            '{token: "a\\0%s"}', "{token:%s}", "{token=%s}", "{%s: token}",
            "{token: %s, token: other}", "{token: %s, token_file: /dev/null}", "{token: !!int %s}",
            "{token: %s, access_key: {id: a, secret: b}}", "{password: %s}", "{access_key: %s}",
            "{access_key: {id: AK, secret: [%s]}}", "{access_key: {id: AK, sk: %s}}",
            "{access_key: {id: AK, secret:%s}}", "{access_key: {secret: %s}}",
            "{password: {" + iam + ", password:%s}}", "{password: {" + iam + ", passwrd: %s}}",
            "{password: {domain: a, user: u, password: x, iam_endpoint: 'https://u:%s@iam'}}",
            "{password: {domain: a, user: u, password: %s, iam_endpoint: 'no url'}}",
            "{instance_metadata: {endpoint: 'http://u:%s@host'}}",
        ]
        texts = [config(project(cloud, way % make("Way%02d" % i))) for i, way in enumerate(ways)]
        for i, http in enumerate((
                "proxy_url: 'http://user:%s@'", "proxy_url: 'ftp://user:%s@host'",
                "proxy_url: 'http://user:%s@host:99999'", "proxy_url: 'user:%s@host:1'",
                "proxy_url: ['http://user:%s@host']", "proxy_url: 'http://user:%s@a b'",
                "proxyurl: 'http://user:%s@host'")):
            more = "  http: {%s}\n" % (http % make("Proxy%02d" % i))
            texts.append(config(project(cloud, "{token: t}", more=more)))
        good = project(cloud, "{token: t}")
        texts.append(config(good.replace("http://", f"http://u:{make('Endpoint')}@")))
        for name, content in (("nl", "%s\ninjected: x"), ("nul", "a\0%s"), ("cr", "a\r%s")):
            path = self.file("bad_" + name, content % make("In" + name))
            texts.append(config(project(cloud, f"{{token_file: {path}}}")))
        return texts

    def test_complaints_about_a_configuration_name_none(self):
        with Cloud("--auth", "none") as cloud:
            texts = self.faulty(cloud)
            with Exporter(config(project(cloud, "{token: t}")), "--log.level=debug") as exporter:
                for text in texts:
                    with self.subTest(text):
                        reply = exporter.reload(text)
                        self.assertNotEqual(reply.status, 200)
                        self.assert_hidden(reply.text, "the answer to the reload")
                        check = subprocess.run(
                            [os.environ["MODELARTS_EXPORTER"], "--config.check",
                             "--config.file", exporter.config_file, "--log.level=debug"],
                            capture_output=True, text=True, timeout=60, check=False)
                        self.assertEqual(check.returncode, 1, text)
                        self.assert_hidden(check.stdout + check.stderr, "--config.check")
                self.assert_hidden(exporter.log(), "the log")
                self.assertEqual(exporter.scrape().successes(), 1)


if __name__ == "__main__":
    unittest.main()
