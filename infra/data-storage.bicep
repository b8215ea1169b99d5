// Landed files and their results. The host keeps its own data elsewhere, so that readers of files cannot read its keys.
param name string
param location string
param tags object
@allowed(['Enabled', 'Disabled'])
param publicAccess string
@allowed(['Allow', 'Deny'])
param defaultAction string
param appPrincipalId string
param personPrincipalId string
param retentionDays string
param workspaceId string

var roles = loadJsonContent('roles.json')
var appContainers = ['landing', 'archive', 'reports', 'exports']
// The blob trigger puts messages it gives up on into the blob's account; the queue trigger that reads them does too.
var appQueues = ['webjobs-blobtrigger-poison', 'webjobs-blobtrigger-poison-poison']
var cleaning = [
  {
    name: 'cool-archive'
    type: 'Lifecycle'
    enabled: true
    definition: {
      filters: { blobTypes: ['blockBlob'], prefixMatch: ['archive/'] }
      actions: { baseBlob: { tierToCool: { daysAfterModificationGreaterThan: 30 } } }
    }
  }
  {
    name: 'delete-dead-letters'
    type: 'Lifecycle'
    enabled: true
    definition: {
      filters: { blobTypes: ['blockBlob'], prefixMatch: ['deadletters/'] }
      actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: 90 } } }
    }
  }
]
var forgetting = {
  name: 'delete-old-runs'
  type: 'Lifecycle'
  enabled: true
  definition: {
    filters: { blobTypes: ['blockBlob'], prefixMatch: ['archive/', 'reports/'] }
    actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: int(empty(retentionDays) ? '0' : trim(retentionDays)) } } }
  }
}

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_ZRS' }
  properties: {
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    // F&O's storage reads packages from here. Where it cannot, the app carries them (LANDFALL__TRANSFER__COPY_MODE).
    publicNetworkAccess: publicAccess
    networkAcls: { bypass: 'AzureServices', defaultAction: defaultAction }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: { enabled: true, days: 14 }
    containerDeleteRetentionPolicy: { enabled: true, days: 14 }
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = [
  for container in appContainers: {
    parent: blobs
    name: container
    properties: { publicAccess: 'None' }
  }
]

resource deadLetters 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = {
  parent: blobs
  name: 'deadletters'
  properties: { publicAccess: 'None' }
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices@2025-01-01' = {
  parent: account
  name: 'default'
}

resource runs 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-01-01' = {
  parent: tables
  name: 'runs'
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-01-01' = {
  parent: account
  name: 'default'
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-01-01' = [
  for queue in appQueues: {
    parent: queueService
    name: queue
  }
]

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-01-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: { rules: empty(retentionDays) ? cleaning : concat(cleaning, [forgetting]) }
  }
}

resource appMovesFiles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (container, index) in appContainers: {
    name: guid(containers[index].id, appPrincipalId, roles.storageBlobDataContributor)
    scope: containers[index]
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataContributor)
    }
  }
]

resource appKeepsTheLedger 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(runs.id, appPrincipalId, roles.storageTableDataContributor)
  scope: runs
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageTableDataContributor)
  }
}

resource appTakesPoison 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (queue, index) in appQueues: {
    name: guid(queues[index].id, appPrincipalId, roles.storageQueueDataContributor)
    scope: queues[index]
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageQueueDataContributor)
    }
  }
]

resource personDropsFiles 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(personPrincipalId)) {
  name: guid(containers[0].id, personPrincipalId, roles.storageBlobDataContributor)
  scope: containers[0]
  properties: {
    principalId: personPrincipalId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataContributor)
  }
}

resource personReads 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(personPrincipalId)) {
  name: guid(account.id, personPrincipalId, roles.storageBlobDataReader)
  scope: account
  properties: {
    principalId: personPrincipalId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataReader)
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: blobs
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'audit', enabled: true }]
    metrics: [{ category: 'Transaction', enabled: true }]
  }
}

output id string = account.id
output name string = account.name
