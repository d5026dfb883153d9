#!/bin/sh
# Takes a house into service. REFERENCE is what "bvpro credentials add" printed.
set -eu
if [ $# -lt 1 ] || [ $# -gt 3 ]; then
  echo "usage: $0 REFERENCE [HOUSE_ID] [IMPORT_DAYS]      HOUSE_ID '' = the only house of the account" >&2
  exit 2
fi
id="onboard:house:$1"
input="{\"reference\":\"$1\"${2:+,\"houseId\":\"$2\"}${3:+,\"importDays\":$3}}"
"${TEMPORAL_CLI_PATH:-temporal}" workflow start --type onboardHouse --workflow-id "$id" --input "$input" \
  --task-queue "${TEMPORAL_TASK_QUEUE_PREFIX:-bvpro}-workflows"
echo "How far it is: temporal workflow query --workflow-id $id --type progress"
