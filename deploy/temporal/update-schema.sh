#!/bin/sh
# Brings Temporal's two databases to the schema of this release; run before every start of the server, and harmless
# when nothing is to be done. The databases themselves exist already (deploy/postgres/create-databases.sh).
# Reads SQL_HOST, SQL_PORT, SQL_USER, SQL_PASSWORD, SQL_PLUGIN as temporal-sql-tool does.
set -eu

SCHEMA_ROOT="${SCHEMA_ROOT:-/etc/temporal/schema/postgresql/v12}"

for database in temporal:temporal temporal_visibility:visibility; do
  name="${database%%:*}"
  schema="${database##*:}"
  temporal-sql-tool --database "$name" setup-schema --version 0.0
  temporal-sql-tool --database "$name" update-schema --schema-dir "$SCHEMA_ROOT/$schema/versioned"
done
