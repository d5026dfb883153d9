#!/bin/sh
# Takes a house, building or zone out of service. soft keeps its data for GRACE_DAYS (default 30), hard deletes them at once.
set -eu
case "$#:${1:-}:${3:-soft}" in
  [2-4]:house:soft | [2-4]:building:soft | [2-4]:zone:soft | 3:house:hard | 3:building:hard | 3:zone:hard) ;;
  *)
    echo "usage: $0 house|building|zone ID [soft|hard] [GRACE_DAYS]" >&2
    exit 2
    ;;
esac
id="offboard:$1:$2"
input="{\"kind\":\"$1\",\"id\":\"$2\",\"mode\":\"${3:-soft}\"${4:+,\"graceDays\":$4}}"
"${TEMPORAL_CLI_PATH:-temporal}" workflow start --type offboardEntity --workflow-id "$id" --input "$input" \
  --task-queue "${TEMPORAL_TASK_QUEUE_PREFIX:-bvpro}-workflows"
echo "How far it is: temporal workflow query --workflow-id $id --type progress"
echo "To keep it after all: temporal workflow cancel --workflow-id $id"
