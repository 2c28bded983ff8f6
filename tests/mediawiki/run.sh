#!/usr/bin/env bash
# Gives a test a real MediaWiki: installs one with SQLite into a new directory, fills it (furnish.php),
# serves it with PHP's own server on a free port, and stops it when standard input ends.
#
#   tests/mediawiki/run.sh DIR
#
# DIR must be empty or not there; it is not removed. Standard output is one line:
#   ready http://127.0.0.1:PORT/api.php   once the wiki answers; then it runs until standard input
#                                         ends or SIGTERM comes, and exits 0
#   SKIPPED: why, and what helps          where MediaWiki or PHP is missing; exits 77
# In DIR a test finds wiki.json (addresses, revision ids by case), texts.json (what MediaWiki's own
# classes say of them), and requests.log (one JSON line for each request, none yet). What it appends
# to LocalSettings.php holds from the next request on. Where it is root and has apt-get, it installs
# what is missing.
#
# Written against MediaWiki 1.39, which Debian 12 has; MW_INSTALL_PATH names another installation.
# It does not write outside DIR, runs no jobs, and the wiki never calls out. It is not a wiki for
# anything but tests: one machine, one database file, a handful of workers.
#
# shellcheck disable=SC2016  # the dollars in single quotes are PHP's
set -euo pipefail

readonly packages=(mediawiki php-cli php-sqlite3 php-mbstring php-xml php-intl php-curl bzip2)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export MW_INSTALL_PATH=${MW_INSTALL_PATH:-/usr/share/mediawiki}

main() {
    [[ $# -eq 1 ]] || fail "usage: run.sh DIR"
    provide_mediawiki
    mkdir -p "$1"
    dir=$(cd "$1" && pwd)
    [[ -z $(ls -A "$dir") ]] || fail "$dir is not empty"
    export MW_CONFIG_FILE=$dir/LocalSettings.php

    # Standard input belongs to the watcher alone.
    exec 3<&0 </dev/null
    trap stop EXIT
    trap 'exit 0' TERM INT HUP

    install_wiki
    start_server
    step php "$here/furnish.php" --dump "$dir/sample-wiki.xml" --api-url "$api_url" --out "$dir"
    php -r 'exit( str_contains( (string)@file_get_contents( $argv[1] ), "MediaWiki " ) ? 0 : 1 );' \
        -- "$api_url?action=query&meta=siteinfo&format=json" || fail "$api_url does not answer"
    : >"$dir/requests.log"
    echo "ready $api_url"

    wait -n "$server" "$watcher" || true
    kill -0 "$server" 2>/dev/null || fail "the server died"
}

fail() {
    echo "run.sh: $1" >&2
    exit 1
}

skip() {
    echo "SKIPPED: $1"
    exit 77
}

is_provided() {
    [[ -r $MW_INSTALL_PATH/maintenance/install.php ]] && command -v php bzip2 >/dev/null &&
        php -r 'foreach ( [ "pdo_sqlite", "mbstring", "xml", "intl", "curl" ] as $name ) {
            extension_loaded( $name ) || exit( 1 );
        }'
}

provide_mediawiki() {
    is_provided && return
    local by_hand="apt-get install --no-install-recommends ${packages[*]}"
    if [[ $EUID -ne 0 ]] || ! command -v apt-get >/dev/null; then
        skip "no MediaWiki with PHP and SQLite here; on Debian 12: $by_hand"
    fi
    install_packages >&2 || { apt_get update && install_packages; } >&2 ||
        skip "apt-get could not install MediaWiki (no network?); by hand: $by_hand"
    is_provided || skip "MediaWiki is installed but not in $MW_INSTALL_PATH; set MW_INSTALL_PATH"
}

install_packages() {
    apt_get install -y --no-install-recommends "${packages[@]}"
}

apt_get() {
    DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 -o Acquire::Retries=1 \
        -o Acquire::http::Timeout=20 "$@" </dev/null
}

install_wiki() {
    mkdir "$dir/data" "$dir/cache"
    step php "$MW_INSTALL_PATH/maintenance/install.php" --confpath "$dir" --dbtype sqlite \
        --dbpath "$dir/data" --dbname testwiki --server http://127.0.0.1 --scriptpath "" --lang en \
        --skins "" --pass "$(head -c 18 /dev/urandom | base64)" "Test Wiki" "Installer"
    echo "require '$here/settings.php';" >>"$dir/LocalSettings.php"
    bzip2 -dc "$here/../data/sample-wiki.xml.bz2" >"$dir/sample-wiki.xml"
}

# Runs a part of the setup so that a signal ends the wait for it, and that it ends with this script.
step() {
    setpriv --pdeathsig KILL "$@" >>"$dir/setup.log" 2>&1 &
    step=$!
    wait "$step" || {
        tail -n 20 "$dir/setup.log" >&2
        fail "failed: $2"
    }
    step=
}

# PHP takes a free port (port 0) and says which. The server leads a process group of its own with
# its workers, so that all of them are ended together.
start_server() {
    PHP_CLI_SERVER_WORKERS=4 setsid php -d opcache.revalidate_freq=0 -S 127.0.0.1:0 -t "$dir/cache" \
        "$here/router.php" >"$dir/server.log" 2>&1 &
    server=$!
    watch_input >/dev/null 2>&1 &
    watcher=$!
    local started='s,.*Development Server (\(http://127\.0\.0\.1:[0-9]*\)) started.*,\1/api.php,p'
    api_url=
    while [[ -z $api_url ]]; do
        kill -0 "$server" 2>/dev/null || fail "the server did not start, see $dir/server.log"
        sleep 0.05
        api_url=$(sed -n "$started" "$dir/server.log" | head -n 1)
    done
}

# Stops this script when standard input ends, and the server besides: the script may have been
# killed outright, which no trap sees. A process without children, so that its id ends it.
watch_input() {
    trap - EXIT TERM INT HUP
    while IFS= read -r _; do :; done <&3
    kill -TERM "$$" || true
    kill -KILL -- "-$server" || true
}

stop() {
    trap '' TERM INT HUP
    [[ -z ${step:-} ]] || kill "$step" 2>/dev/null || true
    [[ -z ${watcher:-} ]] || kill "$watcher" 2>/dev/null || true
    [[ -z ${server:-} ]] || kill -KILL -- "-$server" 2>/dev/null || true
    wait 2>/dev/null
}

main "$@"
