// What `azd up` creates: a module for each part. A comment names the parameter that adds an optional one.
targetScope = 'subscription'

@minLength(1)
@maxLength(32)
@description('Name of the azd environment. Resources have it as a tag.')
param environmentName string

@minLength(1)
@description('Azure region of all resources.')
param location string

@description('Object ID of a person who may drop files and read results, usually you. Empty: nobody.')
param principalId string = ''

@description('URL of the F&O environment, like https://contoso.operations.dynamics.com.')
param fnoUrl string

@description('How the app signs in to F&O: as its managed identity, or as an app registration that trusts it or has a certificate or a secret.')
@allowed(['managedIdentity', 'federated', 'certificate', 'secret'])
param fnoIdentity string = 'managedIdentity'

@description('Client ID of the app registration that is registered in F&O. Not used with the managed identity.')
param fnoClientId string = ''

@description('Tenant of that app registration. Empty: the tenant you deploy to.')
param fnoTenant string = ''

@description('Authority that issues tokens for F&O. Empty: Entra ID of this cloud. For AD FS: its URL, with the tenant adfs.')
param fnoAuthority string = ''

@description('NCRONTAB schedule for %EXPORT_SCHEDULE% of landfall.yaml, in UTC.')
param exportSchedule string = '0 0 6 * * *'

// The linter takes it for a secret because of its name, but it holds only names.
@description('Names of app settings that are secrets, separated by commas, such as NOTICE_SECRET. A Key Vault holds their values.')
#disable-next-line secure-secrets-in-params
param secretSettings string = ''

@description('Other app settings, as NAME=value separated by semicolons, such as FNO_UAT_URL=https://uat.example.')
param appSettings string = ''

@description('Where Durable Functions keeps its state. host.json must name the same.')
@allowed(['storage', 'scheduler'])
param durableBackend string = 'storage'

@description('public: storage and vault are reachable over the internet, by identity only. private: only within a virtual network.')
@allowed(['public', 'private'])
param network string = 'public'

@description('Client ID of an app registration for signing in to the dashboard and the HTTP API (Easy Auth). Empty: function keys are used.')
param apiClientId string = ''

@description('E-mail addresses for alerts, separated by commas. Empty: alerts appear in Azure only.')
param alertEmails string = ''

@description('Days after which archived files and reports are deleted. Empty: never.')
param retentionDays string = ''

@description('Amount per month, in the currency of the bill. alertEmails get a message at 80 % of it. Empty: no budget.')
param monthlyBudget string = ''

@description('First day of the month in which the budget was created. Azure refuses another one later.')
param budgetStart string = ''

@description('Name of the data account\'s Event Grid system topic, if another service has made one. Empty: a new one.')
param eventTopic string = ''

@description('Memory of an instance in MB.')
@allowed(['512', '2048', '4096'])
param instanceMemory string = '2048'

@description('Python version of the app.')
@allowed(['3.12', '3.13'])
param pythonVersion string = '3.12'

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
// Each list without spaces around its items, and without empty items.
var emailItems = [for item in split(alertEmails, ','): empty(trim(item)) ? [] : [trim(item)]]
var secretItems = [for item in split(secretSettings, ','): empty(trim(item)) ? [] : [trim(item)]]
var settingItems = [for item in split(appSettings, ';'): empty(trim(item)) ? [] : [trim(item)]]
var emails = flatten(emailItems)
var ownSecrets = flatten(secretItems)
var ownSettings = flatten(settingItems)
var fnoSecrets = {
  managedIdentity: []
  federated: []
  certificate: ['FNO_CERTIFICATE']
  secret: ['FNO_CLIENT_SECRET']
}
var secrets = union(ownSecrets, fnoSecrets[fnoIdentity])
var isPrivate = network == 'private'
var usesVault = !empty(secrets)
var usesScheduler = durableBackend == 'scheduler'

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'identity.bicep' = {
  scope: group
  params: { name: 'id-${token}', location: location, tags: tags }
}

module monitoring 'monitoring.bicep' = {
  scope: group
  params: {
    workspaceName: 'log-${token}'
    insightsName: 'appi-${token}'
    location: location
    tags: tags
    appPrincipalId: identity.outputs.principalId
  }
}

module hostStorage 'host-storage.bicep' = {
  scope: group
  params: {
    name: 'sthost${token}'
    location: location
    tags: tags
    publicAccess: isPrivate ? 'Disabled' : 'Enabled'
    defaultAction: isPrivate ? 'Deny' : 'Allow'
    appPrincipalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
  }
}

module dataStorage 'data-storage.bicep' = {
  scope: group
  params: {
    name: 'stdata${token}'
    location: location
    tags: tags
    publicAccess: isPrivate ? 'Disabled' : 'Enabled'
    defaultAction: isPrivate ? 'Deny' : 'Allow'
    appPrincipalId: identity.outputs.principalId
    personPrincipalId: principalId
    retentionDays: retentionDays
    workspaceId: monitoring.outputs.workspaceId
  }
}

module landingEvents 'landing-events.bicep' = {
  scope: group
  params: {
    name: empty(eventTopic) ? 'evgt-${token}' : eventTopic
    location: location
    tags: tags
    storageName: dataStorage.outputs.name
    workspaceId: monitoring.outputs.workspaceId
  }
}

// With network private.
module virtualNetwork 'virtual-network.bicep' = if (isPrivate) {
  scope: group
  params: {
    name: 'vnet-${token}'
    location: location
    tags: tags
    hostStorageName: hostStorage.outputs.name
    dataStorageName: dataStorage.outputs.name
    vaultName: usesVault ? 'kv-${token}' : ''
  }
  dependsOn: [vault]
}

// With secretSettings.
module vault 'vault.bicep' = if (usesVault) {
  scope: group
  params: {
    name: 'kv-${token}'
    location: location
    tags: tags
    publicAccess: isPrivate ? 'Disabled' : 'Enabled'
    defaultAction: isPrivate ? 'Deny' : 'Allow'
    appPrincipalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
  }
}

// With durableBackend scheduler.
module scheduler 'scheduler.bicep' = if (usesScheduler) {
  scope: group
  params: {
    name: 'dts-${token}'
    location: location
    tags: tags
    appPrincipalId: identity.outputs.principalId
  }
}

module app 'app.bicep' = {
  scope: group
  params: {
    name: 'func-${token}'
    planName: 'plan-${token}'
    location: location
    tags: tags
    identityName: identity.outputs.name
    hostStorageName: hostStorage.outputs.name
    deploymentContainer: hostStorage.outputs.deploymentContainer
    dataStorageName: dataStorage.outputs.name
    insightsName: monitoring.outputs.insightsName
    workspaceId: monitoring.outputs.workspaceId
    fnoUrl: fnoUrl
    fnoIdentity: fnoIdentity
    fnoTenant: fnoTenant
    fnoClientId: fnoClientId
    fnoAuthority: fnoAuthority
    exportSchedule: exportSchedule
    ownSettings: ownSettings
    secrets: secrets
    vaultName: usesVault ? 'kv-${token}' : ''
    schedulerEndpoint: usesScheduler ? scheduler!.outputs.endpoint : ''
    subnetId: isPrivate ? virtualNetwork!.outputs.appSubnetId : ''
    apiClientId: apiClientId
    instanceMemory: int(instanceMemory)
    pythonVersion: pythonVersion
  }
  dependsOn: [vault]
}

module alerts 'alerts.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    topicId: landingEvents.outputs.topicId
    dataStorageId: dataStorage.outputs.id
    appId: app.outputs.id
    emails: emails
  }
}

module workbook 'workbook.bicep' = {
  scope: group
  params: { location: location, tags: tags, workspaceId: monitoring.outputs.workspaceId }
}

// With monthlyBudget.
module budget 'budget.bicep' = if (!empty(monthlyBudget) && !empty(emails)) {
  scope: group
  params: { name: 'budget-${token}', amount: int(trim(monthlyBudget)), start: budgetStart, emails: emails }
}

// Outputs for azd, for the second phase (landing-subscription.bicep) and for you.
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_NAME string = app.outputs.name
output AZURE_FUNCTION_URL string = app.outputs.url
output LANDING_TOPIC_NAME string = landingEvents.outputs.topicName
output DATA_STORAGE_NAME string = dataStorage.outputs.name
output KEY_VAULT_NAME string = usesVault ? vault!.outputs.name : ''
output APP_CLIENT_ID string = identity.outputs.clientId
