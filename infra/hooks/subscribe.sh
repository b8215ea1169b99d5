#!/bin/sh
# Subscribe the blob trigger to files that land; azd sets the variables from main.bicep's outputs.
# Event Grid asks the app whether it wants that, so this is tried again until the app has started.
set -eu
tries=10
until az deployment group create --output none --name landing-subscription \
  --resource-group "$AZURE_RESOURCE_GROUP" --template-file infra/landing-subscription.bicep \
  --parameters "topicName=$LANDING_TOPIC_NAME" "appName=$AZURE_FUNCTION_NAME" "storageName=$DATA_STORAGE_NAME"; do
  tries=$((tries - 1))
  if [ "$tries" -eq 0 ]; then
    echo "Files that land are not announced yet; the sweeper takes them up every few minutes." >&2
    echo "See why the app does not start (az functionapp function list), then: azd hooks run postdeploy" >&2
    exit 1
  fi
  echo "The app does not answer yet; trying again in 30 seconds." >&2
  sleep 30
done
