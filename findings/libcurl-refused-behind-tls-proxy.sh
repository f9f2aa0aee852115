#!/bin/bash
# curl 7.88.1, a proxy that is spoken to in TLS, and an endpoint whose certificate curl does not trust.
#
# One would guess: the error says so, as it does without a proxy: code 60, "SSL certificate problem".
# Seen: through http:// it does. Through https:// it is code 35 and "SSL_ERROR_SYSCALL", as if the line had broken:
# the alert for the endpoint goes out through the proxy's TLS, where OpenSSL's list of errors is cleared.
. "$(dirname "$0")/common.sh"

package curl 7.88.1-10+deb12u15
package libcurl4 7.88.1-10+deb12u15
package nginx 1.22.1-9+deb12u11
package tinyproxy-bin 1.11.1-2.1+deb12u1
package stunnel4 3:5.68-2+deb12u1
start_nginx ""
plain=$(free_port)
printf '%s\n' "Port $plain" "Listen 127.0.0.1" "Allow 127.0.0.1" "LogFile \"$folder/tinyproxy.log\"" \
  >"$folder/tinyproxy.conf"
tinyproxy -d -c "$folder/tinyproxy.conf" >/dev/null &
started+=($!)
wait_for_port "$plain"
tls=$(free_port)
printf '%s\n' "foreground = yes" "pid =" "cert = $folder/cert.pem" "key = $folder/key.pem" \
  "[proxy]" "accept = 127.0.0.1:$tls" "connect = 127.0.0.1:$plain" >"$folder/stunnel.conf"
stunnel "$folder/stunnel.conf" 2>/dev/null &
started+=($!)
wait_for_port "$tls"

# NAME OPTIONS: what curl says, and its code.
ask() {
  local name=$1 said code=0
  shift
  said=$(curl --silent --show-error --noproxy '' --proxy-cacert "$folder/cert.pem" "$@" "$url" 2>&1 | head -n 1) || code=$?
  echo "$name: $said, code $code" | tee -a "$folder/seen"
}
ask "trusted, through https://" --cacert "$folder/cert.pem" --proxy "https://127.0.0.1:$tls"
ask "refused, without a proxy"
ask "refused, through http://" --proxy "http://127.0.0.1:$plain"
ask "refused, through https://" --proxy "https://127.0.0.1:$tls"
grep -q '^trusted.* fine, code 0' "$folder/seen"
[ "$(grep -c '^refused.*SSL certificate problem.*code 60' "$folder/seen")" = 2 ]
grep -q '^refused, through https://.*SSL_ERROR_SYSCALL.*code 35' "$folder/seen"
