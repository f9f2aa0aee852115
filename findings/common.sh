# shellcheck shell=bash
# What the findings share: packages in a certain version, a certificate, ports, an nginx.
# To be sourced. $folder is temporary, and what start_… starts ends with the script.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$(mktemp -d)
started=()
end() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$folder"
}
trap end EXIT
mkdir "$folder/root"
export PATH="$folder/root/usr/sbin:$folder/root/usr/bin:$PATH"
LD_LIBRARY_PATH="$folder/root/usr/lib/$(uname -m)-linux-gnu"
export LD_LIBRARY_PATH

# NAME VERSION: uses the Debian package as it is installed, else unpacks it into $folder.
package() {
  if [ "$(dpkg-query -W -f='${Version}' "$1" 2>/dev/null || true)" != "$2" ]; then
    (cd "$folder" && apt-get download -qq "$1=$2" && dpkg-deb -x "$1"_*.deb root)
  fi
  echo "$1 $2"
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

wait_for_port() {
  for _ in $(seq 100); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return; fi
    sleep 0.1
  done
  echo "nobody listens on port $1" >&2
  exit 2
}

# OPTIONS-OF-LISTEN [SETTINGS]: an nginx that answers 200 over TLS, at $url, with a
# certificate that $folder/cert.pem vouches for.
start_nginx() {
  local port
  port=$(free_port)
  # shellcheck disable=SC2034  # For who sources this.
  url="https://127.0.0.1:$port/"
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$folder/key.pem" -out "$folder/cert.pem" 2>/dev/null
  cat >"$folder/nginx.conf" <<EOF
daemon off;
worker_processes 1;
pid $folder/nginx.pid;
error_log $folder/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path $folder/body;
  proxy_temp_path $folder/proxy;
  fastcgi_temp_path $folder/fastcgi;
  uwsgi_temp_path $folder/uwsgi;
  scgi_temp_path $folder/scgi;
  server {
    listen 127.0.0.1:$port ssl $1;
    ssl_certificate $folder/cert.pem;
    ssl_certificate_key $folder/key.pem;
    ${2:-}
    location / { return 200 "fine\n"; }
  }
}
EOF
  nginx -e "$folder/error.log" -c "$folder/nginx.conf" &
  started+=($!)
  wait_for_port "$port"
}

# Compiles requests.c against Debian 12's libcurl.
make_requests() {
  package libcurl4 7.88.1-10+deb12u15
  package libcurl4-openssl-dev 7.88.1-10+deb12u15
  cc -o "$folder/requests" "$here/requests.c" -I"$folder/root/usr/include/$(uname -m)-linux-gnu" \
    -L"$LD_LIBRARY_PATH" -lcurl
}
