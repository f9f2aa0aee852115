#!/bin/bash
# libcurl 7.88.1 and a server that ends HTTP/2 connections after so many requests.
#
# One would guess: requests that the server's GOAWAY leaves out are sent again, each at most
# five times, as long as the program asks.
# Seen: the five are counted over the life of an easy handle, so that handles which are kept
# fail now and then, and new ones do not. 8.14 does the same; 8.22 counts for each request.
. "$(dirname "$0")/common.sh"

package nginx 1.22.1-9+deb12u11
make_requests
start_nginx http2 "keepalive_requests 100;"

rounds=()
for _ in $(seq 100); do rounds+=(200x64 new); done
"$folder/requests" "$folder/cert.pem" "$url" "" "${rounds[@]}" >"$folder/seen"
echo "100 rounds with new handles: $(grep -c '200 of code 0 ' "$folder/seen") without an error"
test "$(grep -c '200 of code 0 ' "$folder/seen")" = 100

"$folder/requests" "$folder/cert.pem" "$url" "" 20000x64 | tee "$folder/seen"
grep -Eq ' of code (16|55|56|92) ' "$folder/seen"
