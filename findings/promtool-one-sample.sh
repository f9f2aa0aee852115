#!/usr/bin/env bash
# In a rule test of promtool 2.42, one sample is enough for an alert with `for: 5m`.
#
# One would guess that it is not: a sample is looked at for 5 minutes, and the alert has
# to be true for as long, which a server that scrapes some time after the full minute never sees.
# Seen of promtool 2.42.0 (Debian 12): test samples lie on the minute, where the evaluations are; the
# one that is just 5 minutes old still counts; so one failed scrape among rare ones is
# true for six evaluations, and fires. `for: 6m` does not.
#
# Ends with 1 if that is no longer so. Needs apt and dpkg-deb.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

package prometheus 2.42.0+ds-5+deb12u1

cat >"$folder/rules.yml" <<'EOF'
groups:
  - name: g
    rules:
      - {alert: Five, expr: up == 0, for: 5m}
      - {alert: Six, expr: up == 0, for: 6m}
EOF
cat >"$folder/test.yml" <<'EOF'
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
  # Scraped every ten minutes; the scrape at 10m fails.
  - interval: 10m
    input_series: [{series: up, values: 1 0 1 1}]
    promql_expr_test:
      - expr: count by (alertname) (count_over_time(ALERTS{alertstate="firing"}[30m]))
        eval_time: 30m
        exp_samples: [{labels: '{alertname="Five"}', value: 1}]
EOF
promtool test rules "$folder/test.yml"
echo 'One failed scrape: "for: 5m" fired, "for: 6m" did not'
