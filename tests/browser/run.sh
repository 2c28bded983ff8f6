#!/usr/bin/env bash
# The dashboard as people use it: the real binary with a ledger made of the sample wiki, a wiki that answers
# with hostile edits, and Chromium, driven by Playwright and looked over by axe.
#
# It installs what it needs where it may (Chromium from Debian, Playwright and axe from npm into a directory
# of its own), and says SKIPPED, with exit code 77, where it may not. By hand:
#   SCREENSHOTS=/tmp/pictures tests/browser/run.sh [DIRECTORY]     # of the binaries, target/debug by default
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly BINARIES=${1:-target/debug}
readonly PLAYWRIGHT=1.65.1
readonly AXE=4.14.1

skip() {
    echo "SKIPPED: $1"
    exit 77
}

work=$(mktemp -d)
pids=()

finish() {
    for pid in "${pids[@]}"; do
        kill "$pid" 2> /dev/null || true
    done
    wait || true
    rm -rf "$work"
}
trap finish EXIT

chromium=$(command -v chromium || command -v chromium-browser || true)
if [ -z "$chromium" ] || ! command -v npm > /dev/null; then
    [ "$(id -u)" = 0 ] || skip "Chromium and npm are not here, and only root can install them"
    apt-get update -qq > "$work/apt.log" 2>&1 &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium nodejs npm >> "$work/apt.log" 2>&1 ||
        skip "Chromium cannot be installed: $(tail -n 1 "$work/apt.log")"
    chromium=$(command -v chromium) || skip "Debian's package has no chromium"
fi
PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm install --prefix "$work" --no-audit --no-fund --silent \
    "playwright-core@$PLAYWRIGHT" "axe-core@$AXE" > "$work/npm.log" 2>&1 ||
    skip "Playwright and axe cannot be installed: $(tail -n 1 "$work/npm.log")"

"$BINARIES/revscore-serve" replay --dump tests/data/sample-wiki.xml.bz2 --wiki testwiki \
    --ledger "$work/testwiki.ledger" --ledger-names > "$work/replay.log" 2>&1 || {
    tail -n 5 "$work/replay.log"
    exit 1
}
"$BINARIES/revscore-serve" token ada --rights judge > "$work/tokens.toml" 2> "$work/token.txt"

touch "$work/wiki.out" "$work/serve.out"
cp tests/browser/board.mjs tests/browser/wiki.mjs "$work"
node "$work/wiki.mjs" > "$work/wiki.out" &
pids+=($!)
until grep -q '^http' "$work/wiki.out"; do
    kill -0 "${pids[0]}" || exit 1
    sleep 0.1
done
cat > "$work/config.toml" << CONFIG
listen = "127.0.0.1:0"
log = "warn"
ledger = "$work/testwiki.ledger"
ledger_names = true
tokens_file = "$work/tokens.toml"
[wiki.testwiki]
api_url = "$(cat "$work/wiki.out")/w/api.php"
CONFIG
"$BINARIES/revscore-serve" --config "$work/config.toml" > "$work/serve.out" &
service=$!
pids+=("$service")
until grep -q 'listens on' "$work/serve.out"; do
    kill -0 "$service" || exit 1
    sleep 0.1
done

BOARD=$(grep -oE 'http://[0-9.:]+' "$work/serve.out" | head -n 1) \
TOKEN=$(sed -n 2p "$work/token.txt" | tr -d ' ') \
CHROMIUM=$chromium LABELS="$work/labels.csv" SCREENSHOTS=${SCREENSHOTS:-} \
    node "$work/board.mjs"

# What was judged in the browser is what the trainer learns from.
"$BINARIES/revscore-train" extract --dump tests/data/sample-wiki.xml.bz2 --wiki testwiki \
    --labels "$work/labels.csv" --target damaging --out "$work/rows.tsv" > "$work/train.log" 2>&1 || {
    cat "$work/train.log"
    exit 1
}
echo "labels: the trainer read $(($(wc -l < "$work/labels.csv") - 1)) judgements"
