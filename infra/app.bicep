// The function app: Flex Consumption, its identity, and every app setting.
param name string
param planName string
param location string
param tags object
param identityName string
param hostStorageName string
param deploymentContainer string
param dataStorageName string
param insightsName string
param workspaceId string
param fnoUrl string
param fnoIdentity string
param fnoTenant string
param fnoClientId string
param fnoAuthority string
param exportSchedule string
@description('App settings, each as NAME=value.')
param ownSettings array
param secrets array
param vaultName string
param schedulerEndpoint string
param subnetId string
param apiClientId string
param instanceMemory int
param pythonVersion string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource hostStorage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: hostStorageName
}

resource dataStorage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: dataStorageName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

// Without the trailing slash. Sovereign clouds have authorities of their own.
var entra = environment().authentication.loginEndpoint
var authority = empty(fnoAuthority) ? substring(entra, 0, length(entra) - 1) : fnoAuthority
var always = [
  { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: insights.properties.ConnectionString }
  { name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING', value: 'ClientId=${identity.properties.clientId};Authorization=AAD' }
  // A log line of a trace that is sampled away is lost too, and alerts read log lines: keep every trace.
  { name: 'OTEL_TRACES_SAMPLER', value: 'microsoft.fixed_percentage' }
  { name: 'OTEL_TRACES_SAMPLER_ARG', value: '1.0' }
  { name: 'AzureWebJobsStorage__blobServiceUri', value: hostStorage.properties.primaryEndpoints.blob }
  { name: 'AzureWebJobsStorage__queueServiceUri', value: hostStorage.properties.primaryEndpoints.queue }
  { name: 'AzureWebJobsStorage__tableServiceUri', value: hostStorage.properties.primaryEndpoints.table }
  { name: 'AzureWebJobsStorage__credential', value: 'managedidentity' }
  { name: 'AzureWebJobsStorage__clientId', value: identity.properties.clientId }
  { name: 'DataStorage__blobServiceUri', value: dataStorage.properties.primaryEndpoints.blob }
  { name: 'DataStorage__queueServiceUri', value: dataStorage.properties.primaryEndpoints.queue }
  { name: 'DataStorage__tableServiceUri', value: dataStorage.properties.primaryEndpoints.table }
  { name: 'DataStorage__credential', value: 'managedidentity' }
  { name: 'DataStorage__clientId', value: identity.properties.clientId }
  { name: 'FNO_URL', value: fnoUrl }
  { name: 'FNO_CLIENT_ID', value: fnoIdentity == 'managedIdentity' ? identity.properties.clientId : fnoClientId }
  { name: 'FNO_AUTHORITY', value: authority }
  { name: 'EXPORT_SCHEDULE', value: exportSchedule }
  // More than host.json's concurrent functions together, or steps that wait for F&O would stop everything else.
  { name: 'PYTHON_THREADPOOL_THREAD_COUNT', value: '32' }
]
var forRegistration = fnoIdentity == 'managedIdentity' ? [] : [
  { name: 'FNO_TENANT', value: empty(fnoTenant) ? tenant().tenantId : fnoTenant }
]
// The app registration trusts the managed identity.
var forFederation = fnoIdentity != 'federated' ? [] : [
  { name: 'FNO_MANAGED_IDENTITY', value: identity.properties.clientId }
]
// F&O's storage cannot read from a private network, so the app carries the packages.
var forPrivateNetwork = empty(subnetId) ? [] : [
  { name: 'LANDFALL__TRANSFER__COPY_MODE', value: 'stream' }
]
// The app trusts the headers of Easy Auth; set this only together with it.
var forSignIn = empty(apiClientId) ? [] : [
  { name: 'LANDFALL__ACCESS__SIGN_IN', value: 'true' }
]
// host.json, which the scale controller reads too, names the scheduler and this app setting.
var forScheduler = empty(schedulerEndpoint) ? [] : [
  { name: 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING', value: 'Endpoint=${schedulerEndpoint};Authentication=ManagedIdentity;ClientID=${identity.properties.clientId}' }
]
var further = [
  for pair in ownSettings: {
    name: trim(split(pair, '=')[0])
    value: join(skip(split(pair, '='), 1), '=')
  }
]
// A secret in the vault is named like its setting, in lower case and with dashes for underscores.
var fromVault = [
  for setting in secrets: {
    name: setting
    value: '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=${toLower(replace(setting, '_', '-'))})'
  }
]

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identity.id
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostStorage.properties.primaryEndpoints.blob}${deploymentContainer}'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identity.id }
        }
      }
      runtime: { name: 'python', version: pythonVersion }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemory
        maximumInstanceCount: 40
        // A status look must not wait for a cold start.
        alwaysReady: [{ name: 'durable', instanceCount: 1 }]
        // A browser asks for a page and its parts at once; with Python's default of 1, each would start an instance.
        triggers: { http: { perInstanceConcurrency: 16 } }
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
      appSettings: concat(always, forRegistration, forFederation, forPrivateNetwork, forSignIn, forScheduler, further, fromVault)
    }
  }
}

resource noFtp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource noBasicPublishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

// Easy Auth. Event Grid sends the key of its webhook instead of signing in.
resource authentication 'Microsoft.Web/sites/config@2024-11-01' = if (!empty(apiClientId)) {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: { enabled: true }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: 'RedirectToLoginPage'
      redirectToProvider: 'azureactivedirectory'
      excludedPaths: ['/runtime/webhooks/blobs', '/api/hints']
    }
    httpSettings: { requireHttps: true }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: apiClientId
          openIdIssuer: '${entra}${tenant().tenantId}/v2.0'
        }
        validation: { allowedAudiences: ['api://${apiClientId}', apiClientId] }
      }
    }
    login: { tokenStore: { enabled: false } }
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: app
  properties: {
    workspaceId: workspaceId
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

output id string = app.id
output name string = app.name
output url string = 'https://${app.properties.defaultHostName}'
