// A network in which the app can reach storage and vault, and nobody outside can.
param name string
param location string
param tags object
param hostStorageName string
param dataStorageName string
@description('Name of the key vault. Empty: there is none.')
param vaultName string

var suffix = environment().suffixes.storage
var zones = {
  blob: 'privatelink.blob.${suffix}'
  queue: 'privatelink.queue.${suffix}'
  table: 'privatelink.table.${suffix}'
  vault: 'privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}'
}
var storageServices = ['blob', 'queue', 'table']

resource hostStorage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: hostStorageName
}

resource dataStorage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: dataStorageName
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = if (!empty(vaultName)) {
  name: empty(vaultName) ? 'none' : vaultName
}

resource network 'Microsoft.Network/virtualNetworks@2024-07-01' = {
  name: name
  location: location
  tags: tags
  properties: { addressSpace: { addressPrefixes: ['10.40.0.0/24'] } }

  resource appSubnet 'subnets' = {
    name: 'app'
    properties: {
      addressPrefix: '10.40.0.0/26'
      delegations: [{ name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }]
    }
  }

  resource endpointSubnet 'subnets' = {
    name: 'endpoints'
    properties: { addressPrefix: '10.40.0.64/26', privateEndpointNetworkPolicies: 'Enabled' }
    dependsOn: [appSubnet]
  }
}

module hostEndpoints 'private-endpoint.bicep' = [
  for service in storageServices: {
    params: {
      name: 'pep-host-${service}'
      location: location
      tags: tags
      subnetId: network::endpointSubnet.id
      networkId: network.id
      targetId: hostStorage.id
      service: service
      zone: zones[service]
    }
  }
]

module dataEndpoints 'private-endpoint.bicep' = [
  for service in storageServices: {
    params: {
      name: 'pep-data-${service}'
      location: location
      tags: tags
      subnetId: network::endpointSubnet.id
      networkId: network.id
      targetId: dataStorage.id
      service: service
      zone: zones[service]
    }
    dependsOn: [hostEndpoints]
  }
]

module vaultEndpoint 'private-endpoint.bicep' = if (!empty(vaultName)) {
  params: {
    name: 'pep-vault'
    location: location
    tags: tags
    subnetId: network::endpointSubnet.id
    networkId: network.id
    targetId: vault.id
    service: 'vault'
    zone: zones.vault
  }
}

output appSubnetId string = network::appSubnet.id
