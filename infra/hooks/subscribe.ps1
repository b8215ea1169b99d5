# Subscribe the blob trigger to files that land; azd sets the variables from main.bicep's outputs.
# Event Grid asks the app whether it wants that, so this is tried again until the app has started.
foreach ($try in 1..10) {
  az deployment group create --output none --name landing-subscription `
    --resource-group $env:AZURE_RESOURCE_GROUP --template-file infra/landing-subscription.bicep `
    --parameters "topicName=$env:LANDING_TOPIC_NAME" "appName=$env:AZURE_FUNCTION_NAME" "storageName=$env:DATA_STORAGE_NAME"
  if ($LASTEXITCODE -eq 0) { exit 0 }
  Write-Warning "The app does not answer yet; trying again in 30 seconds."
  Start-Sleep -Seconds 30
}
Write-Error "Files that land are not announced yet; the sweeper takes them up every few minutes. See why the app does not start (az functionapp function list), then: azd hooks run postdeploy"
exit 1
