#!/bin/sh
# Restore a backup into an empty database, and check it.
#   restore.sh FILE.dump postgresql://user@host/armchair
set -eu
file=${1:?the backup}
url=${2:?the URL of an empty database}
plain=$(printf %s "$url" | sed 's/^postgresql+psycopg:/postgresql:/')
if [ "$(psql -qtA -d "$plain" -c "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")" != 0 ]; then
  echo "restore.sh: there is something in that database already: name an empty one" >&2
  exit 2
fi
pg_restore --no-owner --exit-on-error -d "$plain" "$file"
"${PYTHON:-python3}" -m armchair.store.copies.drill "$plain"
