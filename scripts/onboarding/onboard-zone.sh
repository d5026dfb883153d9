#!/bin/sh
# Takes a zone into service. FILE holds it as JSON, like the files in zones/.
set -eu
if [ $# -ne 1 ] || [ ! -r "$1" ]; then
  echo "usage: $0 FILE.json" >&2
  exit 2
fi
# A zone has no credentials, so any unique text is its reference.
reference="z$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')"
id="onboard:zone:$reference"
"${TEMPORAL_CLI_PATH:-temporal}" workflow start --type onboardZone --workflow-id "$id" \
  --input "{\"reference\":\"$reference\",\"document\":$(cat "$1")}" \
  --task-queue "${TEMPORAL_TASK_QUEUE_PREFIX:-bvpro}-workflows"
echo "How far it is: temporal workflow query --workflow-id $id --type progress"
