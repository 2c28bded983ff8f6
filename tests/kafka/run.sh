#!/usr/bin/env bash
# Kills everything in turn: a consumer, a real broker (Tansu, whose storage is a file of SQLite) and a real
# PostgreSQL, while 50,000 events are scored; nothing may be lost. Then the same over librdkafka's own cluster,
# and dead letters, outages and rates of tests/streams.
#
#   tests/kafka/run.sh            all of it
#   tests/kafka/run.sh NAME...    those tests whose names contain one of these
#
# Finds Tansu by REVSCORE_TANSU, on the path, or where it was installed before, or builds it (about ten minutes
# on two cores); installs PostgreSQL where it may. Says SKIPPED and exits with 77 where it cannot have one of
# them. Takes two minutes once both are there.
set -euo pipefail
cd "$(dirname "$0")/../.."

# The version whose storage in SQLite gives what was asked for from the middle of a batch; another engine of it
# does not.
version=0.6.0

skip() {
    echo "SKIPPED: $*"
    exit 77
}

find_tansu() {
    local tansu
    for tansu in "${REVSCORE_TANSU:-}" "$(command -v tansu || true)" "${CARGO_HOME:-$HOME/.cargo}/bin/tansu"; do
        if [ -n "$tansu" ] && [ -x "$tansu" ]; then
            echo "$tansu"
            return
        fi
    done
}

tansu=$(find_tansu)
if [ -z "$tansu" ]; then
    echo "builds tansu $version"
    # Not optimised as a whole: it is a server for a test, and builds in half the time.
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 cargo install tansu --version "$version" --locked \
        --no-default-features --features libsql > target/tansu.log 2>&1 ||
        { tail -n 20 target/tansu.log; skip "tansu $version cannot be built (target/tansu.log says why)"; }
    tansu=$(find_tansu)
fi

if ! compgen -G "/usr/lib/postgresql/*/bin/initdb" > /dev/null && ! command -v initdb > /dev/null; then
    { [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; } || skip "PostgreSQL is not installed"
    { apt-get update && apt-get install -y postgresql; } > target/postgresql.log 2>&1 ||
        skip "PostgreSQL cannot be installed (target/postgresql.log says why)"
fi

# One after the other: each has a machine's worth of processes.
REVSCORE_TANSU="$tansu" cargo test --features kafka,postgres --test streams -- --test-threads 1 --nocapture "$@"
