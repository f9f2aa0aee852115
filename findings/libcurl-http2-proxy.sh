#!/bin/bash
# libcurl 7.88.1, an HTTP proxy and an endpoint that speaks HTTP/2, many requests at once.
#
# One would guess: they wait for the tunnel, or make tunnels of their own.
# Seen: some join a tunnel that is not open yet as if it were an HTTP/2 connection, and end
# with code 2, "Failed initialization", in most of the cold starts.
. "$(dirname "$0")/common.sh"

package nginx 1.22.1-9+deb12u11
package tinyproxy-bin 1.11.1-2.1+deb12u1
make_requests
start_nginx http2
port=$(free_port)
printf '%s\n' "Port $port" "Listen 127.0.0.1" "Allow 127.0.0.1" "MaxClients 500" "LogFile \"$folder/tinyproxy.log\"" \
  >"$folder/tinyproxy.conf"
tinyproxy -d -c "$folder/tinyproxy.conf" >/dev/null &
started+=($!)
wait_for_port "$port"

for _ in $(seq 10); do
  "$folder/requests" "$folder/cert.pem" "$url" "http://127.0.0.1:$port" 100x32 | tee -a "$folder/seen"
done
grep -q ' of code 2 (' "$folder/seen"
