#!/usr/bin/env bash
# Makes sample-wiki.xml.bz2: sets up a fresh MediaWiki with SQLite, plays the invented edits of
# sample_edits.py into it, and exports the whole history.
#
# Needs Debian's packages: mediawiki php-cli php-sqlite3 php-mbstring php-xml php-intl python3 bzip2
# (made with mediawiki 1:1.39.17). Same packages, same bytes, but for MediaWiki's version line.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
export MW_INSTALL_PATH=${MW_INSTALL_PATH:-/usr/share/mediawiki}
wiki=$(mktemp -d)
trap 'rm -rf "$wiki"' EXIT

python3 "$here/sample_edits.py" > "$wiki/edits.jsonl"

php "$MW_INSTALL_PATH/maintenance/install.php" --confpath "$wiki" --dbtype sqlite --dbpath "$wiki" \
    --dbname samplewiki --server http://sample.example.org --scriptpath /w --lang en \
    --pass "$(head -c 18 /dev/urandom | base64)" "Sample Wiki" "Sample Admin" > "$wiki/install.log"
cat >> "$wiki/LocalSettings.php" <<'PHP'
$wgArticlePath = '/wiki/$1';
$wgMainCacheType = CACHE_NONE;
$wgJobRunRate = 0;
$wgAllowUserCss = true;
$wgAllowUserJs = true;
PHP
export MW_CONFIG_FILE=$wiki/LocalSettings.php

php "$here/play_edits.php" "$wiki/edits.jsonl"
php "$MW_INSTALL_PATH/maintenance/dumpBackup.php" --full --quiet | bzip2 -9 > "$here/sample-wiki.xml.bz2"
ls -l "$here/sample-wiki.xml.bz2"
