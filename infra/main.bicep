// What `azd up` makes. Each module holds one thing; what is optional says which parameter asks for it.
targetScope = 'subscription'

@minLength(1)
@maxLength(32)
@description('Name of the azd environment; resources carry it as a tag.')
param environmentName string

@minLength(1)
@description('Azure region of everything.')
param location string

@description('Object id of who deploys: may drop files and read what came of them. Empty: nobody.')
param principalId string = ''

@description('URL of the F&O environment, like https://contoso.operations.dynamics.com.')
param fnoUrl string

@description('How the app signs in to F&O: as its managed identity, or as an app registration that trusts it or has a certificate or secret.')
@allowed(['managedIdentity', 'federated', 'certificate', 'secret'])
param fnoIdentity string = 'managedIdentity'

@description('Client id of the app registration that F&O knows; not used with the managed identity.')
param fnoClientId string = ''

@description('Tenant of that app registration; empty: this one.')
param fnoTenant string = ''

@description('Who issues tokens for F&O; empty: Entra ID of this cloud. For AD FS its address, with the tenant adfs.')
param fnoAuthority string = ''

@description('NCRONTAB schedule for %EXPORT_SCHEDULE% of landfall.yaml, in UTC.')
param exportSchedule string = '0 0 6 * * *'

@description('App settings that are secrets, by name and with commas between them, like NOTICE_SECRET. Their values lie in a Key Vault.')
param secretSettings string = ''

@description('Further app settings that are no secrets, as NAME=value with semicolons between them, like FNO_UAT_URL=https://uat.example.')
param appSettings string = ''

@description('Where Durable Functions keep their state.')
@allowed(['storage', 'scheduler'])
param durableBackend string = 'storage'

@description('public: reached over the internet, by identity alone. private: storage and vault answer only in a virtual network.')
@allowed(['public', 'private'])
param network string = 'public'

@description('Client id of an app registration by which people sign in to dashboard and HTTP API (Easy Auth). Empty: function keys decide.')
param apiClientId string = ''

@description('Who gets alerts by e-mail, with commas between addresses. Empty: alerts only show in Azure.')
param alertEmails string = ''

@description('Days after which archive and reports are deleted. Empty: they are kept.')
param retentionDays string = ''

@description('Amount per month, in the currency of the bill, from whose 80 % on alertEmails are told. Empty: no budget.')
param monthlyBudget string = ''

@description('Memory of an instance in MB.')
@allowed(['512', '2048', '4096'])
param instanceMemory string = '2048'

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var emails = empty(alertEmails) ? [] : split(alertEmails, ',')
var ownSecrets = empty(secretSettings) ? [] : split(secretSettings, ',')
var ownSettings = empty(appSettings) ? [] : split(appSettings, ';')
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
    name: 'evgt-${token}'
    location: location
    tags: tags
    storageName: dataStorage.outputs.name
    workspaceId: monitoring.outputs.workspaceId
  }
}

// For private networks.
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

// For app settings that are secrets.
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

// For durable state outside the host's storage.
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

// For who wants to hear of costs.
module budget 'budget.bicep' = if (!empty(monthlyBudget) && !empty(alertEmails)) {
  scope: group
  params: { name: 'budget-${token}', amount: int(monthlyBudget), emails: emails }
}

// What azd, the second phase (landing-subscription.bicep) and people want to know.
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_NAME string = app.outputs.name
output AZURE_FUNCTION_URL string = app.outputs.url
output LANDING_TOPIC_NAME string = landingEvents.outputs.topicName
output DATA_STORAGE_NAME string = dataStorage.outputs.name
output KEY_VAULT_NAME string = usesVault ? vault!.outputs.name : ''
output APP_CLIENT_ID string = identity.outputs.clientId
