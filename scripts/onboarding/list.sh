#!/bin/sh
# Lists the loops that run: of houses, buildings and zones, or of one kind.
set -eu
case "$#:${1:-}" in
  0:) types="'house','building','zone'" ;;
  1:house | 1:building | 1:zone) types="'$1'" ;;
  *)
    echo "usage: $0 [house|building|zone]" >&2
    exit 2
    ;;
esac
exec "${TEMPORAL_CLI_PATH:-temporal}" workflow list --query "WorkflowType IN ($types) AND ExecutionStatus = 'Running'"
