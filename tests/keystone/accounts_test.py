"""One user with several projects, and wrong passwords, against OpenStack's own Keystone: what is
refused is what was asked for, and no account is locked."""

import os
import time
import unittest
import uuid

import identity
from accounts import Exporter, config, project, wait_until

FAKETIME = "/usr/lib/{}-linux-gnu/faketime/libfaketimeMT.so.1".format(os.uname().machine)
SPEED = 60  # Minutes pass like seconds for the exporter; for Keystone they do not.


def setUpModule():
    global keystone, modelarts
    keystone = unittest.enterModuleContext(identity.Keystone())
    modelarts = unittest.enterModuleContext(identity.ModelArts(keystone))


def block(project_id, credentials):
    return project(modelarts, credentials, 1, project_id, "  http: {timeout: 30s}\n")


def successes(exporter, project_id):
    return exporter.scrape(budget=20).successes(project_id=project_id)


class ScopeTest(unittest.TestCase):
    """A user with a role on `good` and none on the project that is refused."""

    def setUp(self):
        self.good = keystone.project()
        self.user = keystone.user(self.good)

    def refused(self):
        """Projects that Keystone gives the user no token of, each for another reason."""
        disabled = keystone.project()
        self.user.grant(disabled)
        keystone.administer("PATCH", f"projects/{disabled}", {"project": {"enabled": False}})
        return [keystone.project(), disabled, uuid.uuid4().hex]

    def assert_only_refused(self, exporter, refused):
        """The good project has every answer, a new token's too."""
        end = time.monotonic() + 1.2 * identity.TOKEN_LIFE
        while time.monotonic() < end:
            scrape = exporter.scrape(budget=20)
            self.assertEqual(scrape.successes(project_id=self.good), 1, exporter.log())
            for one in refused:
                self.assertEqual(scrape.successes(project_id=one), 0)
            time.sleep(1)

    def test_a_refused_project_ahead_of_a_good_one_costs_it_nothing(self):
        refused = self.refused()[:1]
        with Exporter(config(block(refused[0], self.user.credentials()),
                             block(self.good, self.user.credentials()))) as exporter:
            wait_until(lambda: successes(exporter, self.good), 30)
            self.assert_only_refused(exporter, refused)

    def test_a_refused_project_behind_a_good_one_costs_it_nothing(self):
        refused = self.refused()
        with Exporter(config(*(block(one, self.user.credentials())
                               for one in [self.good, *refused]))) as exporter:
            wait_until(lambda: successes(exporter, self.good), 30)
            self.assert_only_refused(exporter, refused)

    def test_a_refused_project_that_a_reload_adds_costs_nothing(self):
        refused = self.refused()[:1]
        good = block(self.good, self.user.credentials())
        with Exporter(config(good)) as exporter:
            self.assertEqual(successes(exporter, self.good), 1)
            bad = block(refused[0], self.user.credentials())
            self.assertEqual(exporter.reload(config(bad, good)).status, 200)
            self.assert_only_refused(exporter, refused)


class LockoutTest(unittest.TestCase):
    """A password is rotated, and the exporter's file follows hours later, or never."""

    def setUp(self):
        self.project = keystone.project()
        self.user = keystone.user(self.project)

    def tries(self):
        return sum(status == 401 for method, _, status, _ in keystone.requests()
                   if method == "POST")

    def exporter_in_a_hurry(self, credentials, more=""):
        text = config(project(modelarts, credentials, 1, self.project,
                              "  http: {timeout: 10m}\n"))
        return Exporter(text, *more, environment={
            "LD_PRELOAD": FAKETIME, "FAKETIME": f"+0 x{SPEED}", "FAKETIME_DONT_RESET": "1"})

    def watch_for(self, exporter, hours):
        """Scrapes once a minute, for so many hours of the exporter's clock."""
        for _ in range(round(hours * 60)):
            exporter.scrape(budget=600)
            time.sleep(60 / SPEED)

    def test_a_wrong_password_locks_no_account(self):
        before = self.tries()
        with self.exporter_in_a_hurry(self.user.credentials("old")) as exporter:
            self.watch_for(exporter, hours=0.4)
            self.assertEqual(self.tries() - before, 3, exporter.log())
        self.assertEqual(self.user.login("right", self.project), 201, "locked")

    def test_two_replicas_that_divide_the_tries_lock_no_account(self):
        before = self.tries()
        credentials = self.user.credentials("old", more=", max_tries: 2")
        with self.exporter_in_a_hurry(credentials) as one, \
                self.exporter_in_a_hurry(credentials) as other:
            for _ in range(24):
                one.scrape(budget=600)
                other.scrape(budget=600)
                time.sleep(60 / SPEED)
            self.assertEqual(self.tries() - before, 4, one.log())
        self.assertEqual(self.user.login("right", self.project), 201, "locked")


if __name__ == "__main__":
    unittest.main()
