#!/bin/sh
# Goes on reading, after pause.sh: one house, building or zone, or all of a kind.
set -eu
case "$#:${1:-}" in
  2:house | 2:building | 2:zone) ;;
  *)
    echo "usage: $0 house|building|zone ID|--all" >&2
    exit 2
    ;;
esac
if [ "$2" = --all ]; then
  exec "${TEMPORAL_CLI_PATH:-temporal}" workflow signal --name resume --yes --reason "resume.sh" \
    --query "WorkflowType = '$1' AND ExecutionStatus = 'Running'"
fi
exec "${TEMPORAL_CLI_PATH:-temporal}" workflow signal --name resume --workflow-id "$1:$2"
