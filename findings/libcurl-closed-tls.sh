#!/bin/bash
# libcurl 7.88.1 and idle TLS connections that the server has closed.
#
# One would guess: a request that finds all its kept connections closed makes a new one.
# Seen: it takes a connection for alive while the server's close_notify waits to be read,
# sends on six of them, one after the other, and gives up without having made a connection.
# 8.14 makes one.
. "$(dirname "$0")/common.sh"

package nginx 1.22.1-9+deb12u11
make_requests
start_nginx "" "keepalive_timeout 1;"

"$folder/requests" "$folder/cert.pem" "$url" "" 20x20 rest3 1x1 | tee "$folder/seen"
grep -q '^20 requests, 20 at once, 20 connections made: 20 of code 0 ' "$folder/seen"
grep -Eq '^1 requests, 1 at once, 0 connections made: 1 of code (52|55|56) ' "$folder/seen"
