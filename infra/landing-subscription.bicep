// The second phase, once the code is deployed: send an event to the blob trigger for every file that lands. Event Grid
// asks the running app for consent, and the key of its webhook exists only once the blob extension has started.
param topicName string
param appName string
param storageName string

var functionName = 'file_landed'

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageName
}

resource app 'Microsoft.Web/sites@2024-11-01' existing = {
  name: appName
}

// Bicep knows no types for it, but listKeys() needs the resource.
#disable-next-line BCP081
resource host 'Microsoft.Web/sites/host@2024-11-01' existing = {
  parent: app
  name: 'default'
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource landed 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'file-landed'
  properties: {
    destination: {
      endpointType: 'WebHook'
      properties: {
        endpointUrl: 'https://${app.properties.defaultHostName}/runtime/webhooks/blobs?functionName=Host.Functions.${functionName}&code=${host.listKeys().systemKeys.blobs_extension}'
        maxEventsPerBatch: 1
        preferredBatchSizeInKilobytes: 64
      }
    }
    eventDeliverySchema: 'EventGridSchema'
    filter: {
      subjectBeginsWith: '/blobServices/default/containers/landing/blobs/'
      includedEventTypes: ['Microsoft.Storage.BlobCreated']
      // Not when a file is only opened. Every other way to write one counts, whatever storage calls it.
      advancedFilters: [
        {
          operatorType: 'StringNotIn'
          key: 'data.api'
          values: ['CreateFile', 'SftpCreate']
        }
      ]
      enableAdvancedFilteringOnArrays: false
    }
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: account.id, blobContainerName: 'deadletters' }
      }
    }
  }
}
