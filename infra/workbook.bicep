// The workbook in Azure, which shows the same events as the alerts use.
param location string
param tags object
param workspaceId string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'landfall')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Landfall'
    category: 'workbook'
    sourceId: workspaceId
    serializedData: loadTextContent('workbook.json')
  }
}
