#!/usr/bin/env bash
# Checks what is in deploy/: needs bash, and takes its linters from PyPI and Debian into a directory
# that it removes again. What cannot be had is SKIPPED, with the reason; all else must hold.
# shellcheck disable=SC2329 # the functions below are called by their names
set -uo pipefail
cd "$(dirname "$0")/.." || exit
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# Runs a check and says how it went; its output is shown where it failed.
check() {
    local name=$1 began=$SECONDS
    shift
    if "$@" > "$work/out" 2>&1; then
        echo "ok: $name ($((SECONDS - began)) s)"
    else
        sed 's/^/    /' "$work/out"
        echo "FAILED: $name: $*"
        failed=1
    fi
}

skip() {
    echo "SKIPPED: $1 ($2)"
}

# A command that has to have nothing to say: systemd's warnings leave the status at 0.
silent() {
    local said
    said=$("$@" 2>&1) && [ -z "$said" ] || { echo "$said"; return 1; }
}

# The linters of requirements.txt, and KServe's models alone, without all that KServe would bring.
install_linters() {
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "needs Python 3.11"; return 1; }
    python3 -m venv "$work/venv" &&
        "$work/venv/bin/pip" install -q --disable-pip-version-check -r deploy/check/requirements.txt &&
        "$work/venv/bin/pip" install -q --disable-pip-version-check --no-deps --target "$work/kserve" kserve==0.21.0
}

# Debian's package of Prometheus has promtool, and a server that would be started: it is unpacked,
# not installed.
find_promtool() {
    promtool=$(command -v promtool) && return
    command -v apt-get dpkg-deb > /dev/null || return
    (
        cd "$work" &&
            { apt-get download prometheus || { apt-get update && apt-get download prometheus; }; } &&
            dpkg-deb -x prometheus_*.deb debian
    ) > /dev/null 2>&1
    promtool=$work/debian/usr/bin/promtool
    "$promtool" --version > /dev/null 2>&1
}

find_systemd() {
    command -v systemd-analyze > /dev/null && return
    [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null &&
        { apt-get install -y --no-install-recommends systemd || { apt-get update && apt-get install -y --no-install-recommends systemd; }; } > /dev/null 2>&1
}

# The binary is not installed here: true stands in, so that everything else is looked at.
unit() {
    sed 's|/usr/local/bin/revscore-serve|/bin/true|' deploy/revscore.service > "$work/revscore.service"
    silent systemd-analyze verify "$work/revscore.service" &&
        systemd-analyze security --no-pager --offline=true --threshold=15 deploy/revscore.service
}

# What Docker is given has to hold what the Dockerfile copies, what Cargo looks for and what src/
# includes from elsewhere, and the compiler has to be the one that Cargo.toml asks for.
docker_context() {
    local context=$work/context wanted source
    mkdir "$context" || return 1
    while read -r wanted; do
        # shellcheck disable=SC2086 # a pattern
        cp -r --parents $wanted "$context" || return 1
    done < <(sed -n 's/^!//p' deploy/Dockerfile.dockerignore)
    while read -r wanted; do
        compgen -G "$context/$wanted" > /dev/null || { echo "nothing to copy as $wanted"; return 1; }
    done < <(sed -n 's/^COPY \(--chown=[^ ]* \)\{0,1\}\([^-].*\) [^ ]*$/\2/p' deploy/Dockerfile | tr ' ' '\n')
    while IFS=: read -r source wanted; do
        [ -e "$context/$(dirname "$source")/$wanted" ] || { echo "$source includes $wanted"; return 1; }
    done < <(printf 'Cargo.toml:%s\n' Cargo.lock src/main.rs
        grep -roP --include=*.rs 'include_(str|bytes)!\("\K[^"]+(?=")' src)
    # Cargo's own judgement of whether all targets are there: what it would do, without doing it, for each
    # choice of features that the Dockerfile speaks of. The option is unstable, hence the variable.
    while read -r wanted; do
        (cd "$context" && RUSTC_BOOTSTRAP=1 cargo build -Z unstable-options --unit-graph --release --locked \
            --no-default-features --features "$wanted" --bin revscore-serve > /dev/null) || return 1
    done < <(grep -oP 'FEATURES=\K[a-z,-]+' deploy/Dockerfile | sort -u)
    grep -q "^ARG FEATURES=serve" deploy/Dockerfile || { echo "no default of FEATURES"; return 1; }
    grep -q "^FROM rust:$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)-" deploy/Dockerfile ||
        { echo "Cargo.toml asks for another rust-version"; return 1; }
}

if install_linters > "$work/install" 2>&1; then
    bin=$work/venv/bin
    check "shell" "$bin/shellcheck" deploy/check.sh
    check "Dockerfile" "$bin/hadolint" --failure-threshold style deploy/Dockerfile
    check "YAML" "$bin/yamllint" --strict -c deploy/check/yamllint.yml deploy
    check "chart" "$bin/python" deploy/check/chart.py "$root" "$work/kserve"
    check "queries and runbook" "$bin/python" deploy/check/queries.py "$root"
else
    skip "shell, Dockerfile, YAML, chart, queries and runbook" "$(tail -1 "$work/install")"
fi
if command -v cargo > /dev/null; then
    check "Docker's context" docker_context
else
    skip "Docker's context" "no cargo"
fi
if find_promtool; then
    check "rules" "$promtool" check rules --lint=all --lint-fatal deploy/prometheus/rules.yml
    check "what rules do" "$promtool" test rules deploy/prometheus/rules_test.yml
else
    skip "rules" "no promtool, and Debian's package prometheus cannot be had"
fi
if find_systemd; then
    check "systemd unit" unit
else
    skip "systemd unit" "no systemd-analyze"
fi
exit $failed
