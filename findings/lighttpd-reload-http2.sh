#!/usr/bin/env bash
# A graceful restart of lighttpd loses requests over HTTP/2.
#
# One would guess that it loses none, as with nginx: whoever is connected gets GOAWAY
# and finishes, and new connections are the next process's. Seen of lighttpd 1.4.69
# (Debian 12), with graceful-shutdown-timeout: while old streams are in hand it goes on
# accepting, sends GOAWAY with last stream 1 on each new connection after its first
# stream, and resets connections, so that curl 7.88.1, which repeats what was refused,
# still loses up to 21 of 600 requests over one restart. The same over HTTP/1.1: none.
#
# Ends with 1 if that is no longer so. Needs apt, dpkg-deb, openssl, curl and python3.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

package lighttpd 1.4.69-1
package lighttpd-mod-openssl 1.4.69-1
curl --version | head -n 1

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
  -keyout "$folder/key.pem" -out "$folder/cert.pem" 2>/dev/null
cat "$folder/key.pem" "$folder/cert.pem" >"$folder/both.pem"
modules=$folder/root/usr/lib/lighttpd
[[ -d $modules ]] || modules=/usr/lib/lighttpd

# Answers each request after 100 ms.
backend=$(free_port)
python3 - "$backend" <<'EOF' &
import http.server, sys, time
class Slow(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        time.sleep(0.1)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
Server(("127.0.0.1", int(sys.argv[1])), Slow).serve_forever()
EOF
started+=($!)
wait_for_port "$backend"

# enable or disable HTTP/2; how many of 600 requests fail.
lost_over_a_restart() {
  local port pid
  port=$(free_port)
  cat >"$folder/lighttpd.conf" <<EOF
server.modules = ("mod_openssl", "mod_proxy")
server.document-root = "$folder"
server.errorlog = "$folder/error.log"
server.bind = "127.0.0.1"
server.port = $port
server.feature-flags = ("server.h2proto" => "$1", "server.graceful-shutdown-timeout" => 5)
ssl.engine = "enable"
ssl.pemfile = "$folder/both.pem"
proxy.server = ("" => (("host" => "127.0.0.1", "port" => $backend)))
EOF
  lighttpd -D -m "$modules" -f "$folder/lighttpd.conf" &
  pid=$!
  started+=("$pid")
  wait_for_port "$port"
  for i in $(seq 600); do
    printf 'url = "https://127.0.0.1:%s/%s"\noutput = "/dev/null"\n' "$port" "$i"
  done >"$folder/urls"
  curl --silent --insecure --parallel --parallel-max 32 --max-time 30 --config "$folder/urls" \
    --write-out '%{http_code}\n' >"$folder/codes" 2>/dev/null &
  local requests=$!
  sleep 0.7
  kill -USR1 "$pid"
  wait "$requests" || true
  kill "$pid"
  grep -vc '^200$' "$folder/codes" || true
}

over_http1=0
over_http2=0
for _ in 1 2 3 4 5; do
  ((over_http1 += $(lost_over_a_restart disable))) || true
  ((over_http2 += $(lost_over_a_restart enable))) || true
done
echo "five times 600 requests, one restart each: HTTP/1.1 loses $over_http1, HTTP/2 loses $over_http2"
((over_http1 == 0 && over_http2 > 0))
