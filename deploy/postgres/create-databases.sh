#!/bin/sh
# Runs once, when the PostgreSQL volume is new: one role and its databases for Temporal, one for BVPro's own state,
# so that neither can read the other's. Passwords come from the environment and are quoted by psql, never by the shell.
set -eu

psql --set ON_ERROR_STOP=1 --no-password --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv temporal_password TEMPORAL_DB_PASSWORD
\getenv bvpro_password BVPRO_DB_PASSWORD
CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
CREATE ROLE bvpro LOGIN PASSWORD :'bvpro_password';
CREATE DATABASE bvpro OWNER bvpro;
REVOKE CONNECT ON DATABASE temporal, temporal_visibility, bvpro FROM PUBLIC;
SQL
