#!/usr/bin/env bash
# Installs and builds what it needs, measures a scrape against wrk, a bare libcurl
# loop and blackbox_exporter on the same simulated cloud, and says which promises
# hold. Takes some twelve minutes and talks to this machine alone. Ends with 1 if a
# promise was missed. Leaves result.json and cost.svg in build/benchmark.
#
#   tests/benchmark/run.sh                    all of it, five rounds
#   tests/benchmark/run.sh --only exporter    without the others; see --help
#   tests/benchmark/run.sh --before EXPORTER  against another build of it instead
set -euo pipefail
cd "$(dirname "$0")/../.."

deploy/install-dependencies.sh --benchmark
cmake --preset release
cmake --build --preset release --target modelarts_exporter modelarts_simulator \
  bare_loop writer_benchmark decoder_benchmark signer_benchmark

export MODELARTS_EXPORTER=$PWD/build/release/modelarts_exporter
export MODELARTS_SIMULATOR=$PWD/build/release/modelarts_simulator
export BARE_LOOP=$PWD/build/release/bare_loop
export WRITER_BENCHMARK=$PWD/build/release/writer_benchmark
export DECODER_BENCHMARK=$PWD/build/release/decoder_benchmark
export SIGNER_BENCHMARK=$PWD/build/release/signer_benchmark
if [[ ${1-} == --before ]]; then exec python3 tests/benchmark/builds.py "$@"; fi
exec python3 tests/benchmark/run.py --out build/benchmark "$@"
