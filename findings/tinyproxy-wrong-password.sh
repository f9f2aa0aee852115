#!/bin/sh
# tinyproxy answers a wrong proxy password with 401, not with 407.
#
# One would guess 407 and Proxy-Authenticate in both cases, as RFC 9110,
# section 15.5.8, has it of proxies: 401 is what the origin server says. Seen of
# tinyproxy 1.11.1 (Debian 12), for plain requests and for CONNECT: 407 where no
# user is given, 401 and WWW-Authenticate where the password is wrong. A client
# that takes 401 for the origin's doubts the wrong password.
#
# Ends with 1 if that is no longer so. Needs apt, dpkg-deb, curl and python3.

set -eu

version=1.11.1-2.1+deb12u1
folder=$(mktemp -d)
pid=
finish() {
  [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT

installed=$(dpkg-query -W -f '${Version}' tinyproxy-bin 2>/dev/null || true)
if [ "$installed" = "$version" ]; then
  tinyproxy=$(command -v tinyproxy)
else
  (cd "$folder" && apt-get download "tinyproxy-bin=$version" >/dev/null 2>&1)
  dpkg-deb -x "$folder"/tinyproxy-bin_*.deb "$folder/root"
  tinyproxy=$folder/root/usr/bin/tinyproxy
fi
"$tinyproxy" -v
curl --version | head -n 1

port=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
printf '%s\n' "Port $port" 'Listen 127.0.0.1' 'Timeout 10' \
  'BasicAuth user right' >"$folder/tinyproxy.conf"
"$tinyproxy" -d -c "$folder/tinyproxy.conf" >"$folder/log" 2>&1 &
pid=$!

# What the proxy answers itself to a user's request; 000 before it listens.
ask() {
  curl --silent --noproxy '' --max-time 5 --output /dev/null \
    --proxy "http://$1127.0.0.1:$port" \
    --write-out '%{http_code} %{http_connect}' "$2" || true
}
tries=0
while [ "$(ask '' http://origin.invalid/)" = '000 000' ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 50 ] || { echo 'tinyproxy does not start'; exit 1; }
  sleep 0.1
done

failed=0
expect() { # what, user, URL, wanted
  got=$(ask "$2" "$3")
  echo "$1: $got"
  [ "$got" = "$4" ] || { echo "  not $4 as before"; failed=1; }
}
expect 'no user, plain' '' http://origin.invalid/ '407 000'
expect 'no user, CONNECT' '' https://origin.invalid/ '000 407'
expect 'wrong password, plain' 'user:wrong@' http://origin.invalid/ '401 000'
expect 'wrong password, CONNECT' 'user:wrong@' https://origin.invalid/ '000 401'
exit "$failed"
