#!/usr/bin/env bash
# VictoriaMetrics takes the first value of a counter for an increase.
#
# One would guess, as in Prometheus, that increase() of a counter whose first sample is
# 3, and that stays at 3, is 0: nobody saw it grow. Seen of VictoriaMetrics 1.79.5 (Debian
# 12): 3, as long as the first sample is in the range. promtool 2.42.0 says 0.
# An alert on `increase(…) > 0` fires for everything that was counted before the first scrape.
#
# Ends with 1 if that is no longer so. Needs apt, dpkg-deb, curl and python3.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

package victoria-metrics 1.79.5+ds1-2+b5
package prometheus 2.42.0+ds-5+deb12u1

port=$(free_port)
victoria-metrics -storageDataPath="$folder/data" -httpListenAddr="127.0.0.1:$port" -loggerLevel=ERROR 2>"$folder/log" &
started+=($!)
wait_for_port "$port"
url="http://127.0.0.1:$port"

# Ten samples of 3, a minute apart; the last one is of ten minutes ago.
now=$(($(date +%s) / 60 * 60))
for i in $(seq 10 19); do echo "failures_total 3 $(((now - i * 60) * 1000))"; done |
  curl --silent --fail --data-binary @- "$url/api/v1/import/prometheus"
curl --silent --fail "$url/internal/force_flush" >/dev/null
victoria=$(curl --silent --fail --get "$url/api/v1/query" --data-urlencode 'query=increase(failures_total[15m])' \
  --data "time=$((now - 600))" | python3 -c 'import json, sys
print([float(series["value"][1]) for series in json.load(sys.stdin)["data"]["result"]])')

cat >"$folder/test.yml" <<'EOF'
tests:
  - interval: 1m
    input_series: [{series: failures_total, values: 3x9}]
    promql_expr_test:
      - {expr: 'increase(failures_total[15m])', eval_time: 9m, exp_samples: [{labels: '{}', value: 0}]}
EOF
prometheus='another value'
if promtool test rules "$folder/test.yml" >"$folder/promtool.log" 2>&1; then prometheus='[0.0]'; fi

echo "increase of 3 3 3 …: VictoriaMetrics $victoria, Prometheus $prometheus"
[ "$victoria" = '[3.0]' ] && [ "$prometheus" = '[0.0]' ]
