#!/bin/sh
# Takes a building into service, with all its signals. REFERENCE is what "bvpro credentials add" printed.
set -eu
if [ $# -lt 2 ] || [ $# -gt 4 ]; then
  echo "usage: $0 REFERENCE HOST [ACCOUNT] [IMPORT_DAYS]      ACCOUNT '' = the only project of the server" >&2
  exit 2
fi
id="onboard:building:$1"
input="{\"reference\":\"$1\",\"host\":\"$2\"${3:+,\"account\":\"$3\"}${4:+,\"importDays\":$4}}"
"${TEMPORAL_CLI_PATH:-temporal}" workflow start --type onboardBuilding --workflow-id "$id" --input "$input" \
  --task-queue "${TEMPORAL_TASK_QUEUE_PREFIX:-bvpro}-workflows"
echo "How far it is: temporal workflow query --workflow-id $id --type progress"
