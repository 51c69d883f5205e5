#!/bin/sh
# Back up a run's database, prove that the backup can be restored, and keep the newest KEEP of them.
#   backup.sh postgresql://user@host/armchair FOLDER
# It restores into a scratch database on the same server, has armchair check every clip, answer and count in it,
# and removes it again. The password comes from PGPASSWORD or ~/.pgpass. Exit code 0: there is a good backup.
set -eu
url=${1:?the URL of the database}
folder=${2:?the folder for backups}
keep=${KEEP:-14}
python=${PYTHON:-python3}
case $url in postgresql://*|postgresql+psycopg://*) ;; *) echo "backup.sh: $url is no postgresql:// URL" >&2; exit 2 ;; esac
plain=$(printf %s "$url" | sed 's/^postgresql+psycopg:/postgresql:/')
base=${plain%%\?*}
query=${plain#"$base"}
server=${base%/*}
scratch=armchair_drill_$$
mkdir -p "$folder"
name=$folder/armchair-$(date -u +%Y%m%dT%H%M%SZ).dump

trap 'rm -f "$name.part"' EXIT
pg_dump --format=custom --no-owner --file="$name.part" "$plain"
trap 'rm -f "$name.part"; psql -q -d "$server/postgres$query" -c "DROP DATABASE IF EXISTS $scratch" >/dev/null' EXIT
psql -q -d "$server/postgres$query" -c "CREATE DATABASE $scratch"
pg_restore --no-owner --exit-on-error -d "$server/$scratch$query" "$name.part"
"$python" -m armchair.store.copies.drill "$server/$scratch$query" || { echo "backup.sh: the backup is not good" >&2; exit 1; }
mv "$name.part" "$name"
ls -1 "$folder"/armchair-*.dump | sort | head -n "-$keep" | while read -r old; do rm -- "$old"; done
echo "backup.sh: $name"
