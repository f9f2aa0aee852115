#!/usr/bin/env bash
# Shows the exporter at work without a cloud: installs what the build needs,
# builds, starts a simulated cloud and the exporter, and shows a scrape. Touches
# nothing outside this checkout but the packages.
#
#   deploy/demo.sh          runs until Ctrl-C
#   deploy/demo.sh --once   ends by itself: 0 if the scrape was right, else 1
set -euo pipefail
cd "$(dirname "$0")/.."

once=false
case "${1:-}" in
  "") ;;
  --once) once=true ;;
  *)
    echo "usage: $0 [--once]" >&2
    exit 2
    ;;
esac

say() { printf '\n== %s\n' "$*"; }

say "Installing what the build needs"
deploy/install-dependencies.sh

say "Building"
cmake -S . -B build/demo -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF
cmake --build build/demo

work=$(mktemp -d build/demo/run.XXXXXX)
cleanup() {
  trap '' INT TERM  # A second Ctrl-C shall not stop it.
  # shellcheck disable=SC2046
  kill $(jobs -p) 2>/dev/null || true
  wait
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# Waits until the file $1 has a line that matches $2, and prints the match.
await() {
  for _ in $(seq 100); do
    grep -oE "$2" "$1" 2>/dev/null | head -n 1 | grep . && return
    sleep 0.1
  done
  echo "$0: no answer in 10 seconds; what it said:" >&2
  cat "$1" >&2
  return 1
}

say "Starting a simulated cloud and the exporter"
project=00000000000000000000000000000000
build/demo/modelarts_simulator --listen 127.0.0.1:0 --datasets 5 --projects 1 \
  --auth token --token demo-token --fault ds-00004=403 >"$work/simulator.log" 2>&1 &
cloud=$(await "$work/simulator.log" 'http://127.0.0.1:[0-9]+')

cat >"$work/modelarts_exporter.yml" <<YAML
projects:
  - project_id: "$project"
    region: simulated
    endpoint: $cloud
    credentials: {token: demo-token}
    datasets:
      - {id: ds-00000, name: street-signs}
      - {id: ds-00001, name: cats}
      - {id: ds-00002, name: dogs}
      - {id: ds-00003, name: faces}
      - {id: ds-00004, name: secret}
YAML
chmod 600 "$work/modelarts_exporter.yml"
address=127.0.0.1:10877
$once && address=127.0.0.1:0
build/demo/modelarts_exporter --config.file "$work/modelarts_exporter.yml" \
  --web.listen-address "$address" >"$work/exporter.log" 2>&1 &
address=$(await "$work/exporter.log" 'address=[^ ]+')
address=${address#address=}

say "One scrape of http://$address/metrics"
curl --silent --show-error --fail --max-time 15 "http://$address/metrics" >"$work/metrics"
grep '^modelarts_dataset' "$work/metrics" | grep -v '} 0$' || true

count() { grep -c "^$1" "$work/metrics" || true; }
if [[ $(count 'modelarts_dataset_query_success{.*} 1$') != 4 ||
      $(count 'modelarts_dataset_query_failure{.*reason="forbidden"} 1$') != 1 ||
      $(count 'modelarts_dataset_sync_status{.*} 1$') != 4 ]]; then
  echo "$0: the scrape is not right: four datasets should have answered, and one be forbidden" >&2
  cat "$work/exporter.log" >&2
  exit 1
fi
echo
echo "The scrape is right: four datasets answered, and one is forbidden, as simulated."
$once && exit 0

say "Look at http://$address/ (Ctrl-C ends the demo)"
wait
