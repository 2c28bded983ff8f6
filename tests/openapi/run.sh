#!/usr/bin/env bash
# Fuzzes every route of the OpenAPI document: the real binary, which fetches from a real MediaWiki,
# is asked over 20,000 times by schemathesis. It fails on any answer of 5xx, and on any answer that
# the document does not describe.
#
# It installs what it needs where it may (tests/mediawiki/run.sh; schemathesis from PyPI into a
# directory of its own), and says SKIPPED, with exit code 77, where it may not. By hand, with other
# requests than the same ones every time:
#   SEED=$RANDOM tests/openapi/run.sh [BINARY]     # target/debug/revscore-serve by default
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly BINARY=${1:-target/debug/revscore-serve}
readonly MIN_CASES=20000
readonly SCHEMATHESIS=4.32.5

work=$(mktemp -d)
pids=()

finish() {
    # The wiki ends when its standard input does, the service at SIGTERM.
    exec 9>&- || true
    for pid in "${pids[@]}"; do
        kill "$pid" 2> /dev/null || true
    done
    wait || true
    rm -rf "$work"
}
trap finish EXIT

# Waits for a line in a file that a process writes; fails when the process ends before.
wait_for() {
    local pid=$1 file=$2 pattern=$3
    while ! grep -qE "$pattern" "$file"; do
        kill -0 "$pid" 2> /dev/null || return 1
        sleep 0.1
    done
}

if ! python3 -m venv "$work/venv" > "$work/pip.log" 2>&1 ||
    ! "$work/venv/bin/pip" install --quiet "schemathesis==$SCHEMATHESIS" >> "$work/pip.log" 2>&1; then
    tail -n 3 "$work/pip.log"
    echo "SKIPPED: schemathesis cannot be installed (it takes python3 with venv, and PyPI)"
    exit 77
fi

mkfifo "$work/hold"
tests/mediawiki/run.sh "$work/wiki" < "$work/hold" > "$work/wiki.out" 2> "$work/wiki.err" &
wiki=$!
pids+=("$wiki")
exec 9> "$work/hold"
if ! wait_for "$wiki" "$work/wiki.out" '^(ready|SKIPPED)'; then
    cat "$work/wiki.err"
    exit 1
fi
if grep -q '^SKIPPED' "$work/wiki.out"; then
    cat "$work/wiki.out"
    exit 77
fi

head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' > "$work/token"
cat > "$work/tokens.toml" << TOML
[[token]]
name = "fuzz"
sha256 = "$(sha256sum "$work/token" | cut -d' ' -f1)"
rights = ["read", "judge", "admin"]
TOML
cat > "$work/revscore.toml" << TOML
listen = "127.0.0.1:0"
models = "models"
learn_history = "testwiki"
history_save_seconds = 0
tokens_file = "$work/tokens.toml"
ledger = "$work/wikis.ledger"
log = "warn"

[wiki.testwiki]
api_url = "$(sed -n 's/^ready //p' "$work/wiki.out")"
language = "en"
max_concurrent = 8

[wiki.testwiki.models]
damaging = "reverted"
goodfaith = "reverted"
TOML
"$BINARY" --config "$work/revscore.toml" > "$work/service.out" 2> "$work/service.err" &
service=$!
pids+=("$service")
wait_for "$service" "$work/service.out" 'listens on' || { cat "$work/service.err"; exit 1; }
address=$(sed -n 's/.*listens on \(http[^ ]*\).*/\1/p' "$work/service.out")

# Names that exist, so that most cases get past them.
version=$(curl -s "$address/v2/models/testwiki-damaging" | sed 's/.*"versions":\["\([^"]*\)".*/\1/')
cat > "$work/schemathesis.toml" << TOML
continue-on-failure = true
headers = { Authorization = "Bearer $(cat "$work/token")" }

[generation]
max-examples = ${MAX_EXAMPLES:-800}

[phases.stateful]
enabled = false

[checks]
positive_data_acceptance.enabled = false
use_after_free.enabled = false
ensure_resource_availability.enabled = false
# The token is for a few routes, and sent to all.
ignored_auth.enabled = false

[warnings]
display = ["missing_auth"]

[parameters]
"path.context" = "testwiki"
"path.wiki" = "testwiki"
"path.target" = "reverted"
"query.wiki" = "testwiki"

[[operations]]
include-path-regex = "^/v[12]/models/.model"
parameters = { "path.model" = "testwiki-damaging", "path.version" = "$version" }

[[operations]]
include-path = "/v1/models/{model}"
include-method = "POST"
parameters = { "path.model" = "testwiki-damaging:predict" }

[[operations]]
# A malformed edit costs its own scores, and no other's: the answer is 200 with an error in it.
include-path-regex = "^/api/v1/(score|edits)"
checks.negative_data_rejection.enabled = false

[[operations]]
include-path-regex = "scores/.*model"
parameters = { "path.model" = "damaging" }
TOML
# One process a half of the routes: its threads would trip over Python's parser, and over each other.
# It leaves files where it is.
fuzz() {
    local half=$1
    shift
    mkdir "$work/$half"
    (cd "$work/$half" && ../venv/bin/schemathesis --config-file ../schemathesis.toml run "$address/openapi.json" \
        --workers 1 --seed "${SEED:-1}" "$@" > report 2>&1)
}

fuzz ores --include-tag ORES &
ores=$!
fuzz others --exclude-tag ORES &
others=$!
pids+=("$ores" "$others")
status=0
wait "$ores" || status=1
wait "$others" || status=1
cases=$(sed -n 's/^ *\([0-9]*\) generated.*/\1/p' "$work"/*/report | awk '{ n += $1 } END { print n }')
if [ "$status" != 0 ]; then
    # A trace of its own would hide what it found.
    cut -c1-2000 "$work"/*/report
    grep -E 'ERROR|panic' "$work/service.err" || true
    exit 1
fi
kill -0 "$service" || { echo "the service has ended" >&2; exit 1; }
if [ "${cases:-0}" -lt "$MIN_CASES" ]; then
    tail -qn 30 "$work"/*/report
    echo "expected at least $MIN_CASES requests, made ${cases:-none}" >&2
    exit 1
fi
echo "$cases requests, none answered 5xx or against the document"
