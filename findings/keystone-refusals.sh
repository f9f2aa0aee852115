#!/bin/sh
# Keystone's refusals of a login: one answer for six reasons, a lock that knows
# no window of time, and a second factor that is no error.
#
# One would guess that a project that is disabled, or on which the user has no
# role, is a 403 or a 404, since the password was right; that five wrong
# passwords lock an account if they come within minutes; that ?nocatalog=false
# sends the catalog; and that every 401 has an "error". Seen of Keystone 22.0.2
# (Debian 12): the same 401, to the letter, for a wrong password, a locked user,
# a disabled user, a disabled project, an unknown project and no role; refusals
# add up over days until one login succeeds; nocatalog counts by its presence,
# whatever its value; a 401 that wants a second factor has a header
# Openstack-Auth-Receipt, "required_auth_methods" and no "error".
#
# Ends with 1 if that is no longer so. Needs python3-keystone and openssl, which
# deploy/install-dependencies.sh --test brings.

set -eu

version=2:22.0.2-0+deb12u6
installed=$(dpkg-query -W -f '${Version}' python3-keystone 2>/dev/null || true)
if [ "$installed" != "$version" ]; then
  echo "this is of python3-keystone $version, not of '$installed'"
  exit 1
fi
echo "Keystone $installed"

cd "$(dirname "$0")/../tests/keystone"
exec /usr/bin/python3 - <<'PYTHON'
import sys
import uuid

sys.path.insert(0, ".")
import identity

failed = False


def expect(what, seen, wanted):
    global failed
    print(f"{what}: {seen}")
    if seen != wanted:
        print(f"  not {wanted} as before")
        failed = True


with identity.Keystone() as keystone:
    good, disabled, other = (keystone.project() for _ in range(3))
    user = keystone.user(good, disabled)
    gone = keystone.user(good, enabled=False)
    locked = keystone.user(good)
    keystone.administer("PATCH", f"projects/{disabled}", {"project": {"enabled": False}})
    for _ in range(identity.LOCKOUT):
        locked.login("wrong", good)

    answers = {}
    for why, name, password, project in (
            ("wrong password", user.name, "wrong", good),
            ("locked user", locked.name, "right", good),
            ("disabled user", gone.name, "right", good),
            ("disabled project", user.name, "right", disabled),
            ("unknown project", user.name, "right", uuid.uuid4().hex),
            ("no role on the project", user.name, "right", other)):
        status, _, said = keystone.login(name, password, {"id": project})
        answers[why] = status, str(said)
    expect("answers to six reasons", sorted(set(answers.values())), [
        (401, "{'error': {'code': 401, 'message': 'The request you have made requires "
              "authentication.', 'title': 'Unauthorized'}}")])

    patient = keystone.user(good)
    for _ in range(identity.LOCKOUT):
        expect("a wrong password", patient.login("wrong", good), 401)
        with keystone.database() as database:  # As if a day had passed since.
            database.execute("UPDATE local_user SET failed_auth_at = "
                             "datetime(failed_auth_at, '-1 day') WHERE name = ?", [patient.name])
            count, = database.execute("SELECT failed_auth_count FROM local_user WHERE name = ?",
                                      [patient.name]).fetchone()
    expect("what a day apart adds up to", count, identity.LOCKOUT)

    with keystone.database() as database:
        database.execute("INSERT INTO service (id, type, enabled, extra) "
                         "VALUES ('s', 'kind', 1, '{}')")
        database.execute("INSERT INTO endpoint (id, interface, service_id, url, enabled, extra) "
                         "VALUES ('e', 'public', 's', 'http://127.0.0.1/', 1, '{}')")
    for query, wanted in ("", True), ("?nocatalog", False), ("?nocatalog=false", False):
        said = keystone.login(user.name, "right", {"id": good}, query)[2]
        expect(f"a catalog with '{query}'", "catalog" in said["token"], wanted)

    factors = keystone.user(good, options={"multi_factor_auth_enabled": True,
                                           "multi_factor_auth_rules": [["password", "totp"]]})
    status, headers, said = keystone.login(factors.name, "right", {"id": good})
    expect("a second factor that is missing",
           (status, "Openstack-Auth-Receipt" in headers, sorted(said)),
           (401, True, ["receipt", "required_auth_methods"]))

sys.exit(failed)
PYTHON
