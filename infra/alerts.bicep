// Alerts for what needs a person. The queries read the app's events: landfall/telemetry.py.
param location string
param tags object
param workspaceId string
param topicId string
param dataStorageId string
param appId string
param emails array

@description('How long a file may stay in landing.')
param landingMinutes int = 15
@description('Share of runs that may fail within six hours, in percent.')
param failedPercent int = 20

var sweeps = '''
AppTraces
| where Message startswith '{"event": "sweep"'
| extend e = parse_json(Message)
'''
var changes = '''
AppTraces
| where Message startswith '{"event": "run.state"'
| extend e = parse_json(Message)
'''
var rules = [
  {
    name: 'needs-attention'
    description: 'A run ended NeedsAttention: nobody can know what F&O did without looking. Its receipt says why.'
    severity: 1
    window: 'PT15M'
    query: '${changes}| where tostring(e.outcome) == "NeedsAttention" | summarize by tostring(e.run_id)'
  }
  {
    name: 'oldest-landing'
    description: 'A file lies in landing longer than it should: its lane is held or busy (GET /api/lanes), or F&O is away.'
    severity: 2
    window: 'PT15M'
    query: '${sweeps}| where toreal(e.oldest_landing_seconds) > ${landingMinutes * 60}'
  }
  {
    name: 'stuck-runs'
    description: 'F&O takes far longer for an execution than it did before, or a run waits for its turn beyond its deadline.'
    severity: 2
    window: 'PT15M'
    query: '${sweeps}| where toint(e.stuck) + toint(e.overdue) > 0'
  }
  {
    name: 'failure-ratio'
    description: 'Of at least five runs within six hours too many failed, and nobody has dealt with them yet.'
    severity: 2
    window: 'PT6H'
    query: '${changes}| where isnotempty(tostring(e.outcome)) | summarize arg_max(TimeGenerated, e) by id = tostring(e.run_id) | summarize ended = count(), failed = countif(tostring(e.outcome) in ("Failed", "PartiallySucceeded", "Rejected") and not(tobool(e.dealt_with))) | where ended >= 5 and failed * 100 > ended * ${failedPercent}'
  }
  {
    name: 'poison'
    description: 'The blob trigger gave a landed file up after five tries. It ended Failed; run it again when the cause is gone.'
    severity: 1
    window: 'PT15M'
    query: 'AppTraces | where Message startswith \'{"event": "run.given_up"\' | extend e = parse_json(Message) | summarize by tostring(e.run_id)'
  }
  {
    name: 'sweeper-orphans'
    description: 'The sweeper found files that no event had told of, or runs that had died: events are lost or hosts are killed.'
    severity: 2
    window: 'PT15M'
    query: '${sweeps}| where toint(e.unclaimed) + toint(e.restarted) + toint(e.settled) > 0'
  }
  {
    name: 'missed-export-slot'
    description: 'An export was due and has no run.'
    severity: 2
    window: 'PT15M'
    query: '${sweeps}| where toint(e.missed_slots) > 0'
  }
  {
    name: 'file-missing'
    description: 'A file that landfall.yaml expects did not come in time. Ask who sends it; GET /api/expected shows when it comes.'
    severity: 2
    window: 'PT15M'
    query: 'AppTraces | where Message startswith \'{"event": "file.missing"\' | extend e = parse_json(Message) | summarize by route = tostring(e.route), due = tostring(e.due)'
  }
  {
    name: 'fno-unavailable'
    description: 'F&O, Entra or the way to them lets nothing of Landfall in. No file fails: they wait, and go on by themselves when the cause is gone.'
    severity: 1
    window: 'PT15M'
    query: 'AppTraces | where Message startswith \'{"event": "fno.circuit"\' | extend e = parse_json(Message) | summarize arg_max(TimeGenerated, e) by environment = tostring(e.environment) | where tobool(e.open) and isempty(tostring(e.who)) | project environment, reason = tostring(e.reason)'
  }
]
var metrics = [
  {
    name: 'dead-letters'
    description: 'Event Grid could not deliver an event of a landed file. The sweeper takes the file up; look why the app did not answer.'
    target: topicId
    namespace: 'Microsoft.EventGrid/systemTopics'
    metric: 'DeadLetteredCount'
    aggregation: 'Total'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'storage-availability'
    description: 'The data account does not answer all requests.'
    target: dataStorageId
    namespace: 'Microsoft.Storage/storageAccounts'
    metric: 'Availability'
    aggregation: 'Average'
    operator: 'LessThan'
    threshold: 99
  }
  {
    name: 'server-errors'
    description: 'The app answers with server errors, to Event Grid or to people.'
    target: appId
    namespace: 'Microsoft.Web/sites'
    metric: 'Http5xx'
    aggregation: 'Total'
    operator: 'GreaterThan'
    threshold: 5
  }
]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'landfall'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'landfall'
    enabled: true
    emailReceivers: [
      for email in emails: { name: email, emailAddress: email, useCommonAlertSchema: true }
    ]
  }
}

resource told 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: 'landfall-${rule.name}'
    location: location
    tags: tags
    properties: {
      displayName: 'Landfall: ${rule.name}'
      description: rule.description
      severity: rule.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: 'PT5M'
      windowSize: rule.window
      criteria: {
        allOf: [{ query: rule.query, timeAggregation: 'Count', operator: 'GreaterThan', threshold: 0 }]
      }
      autoMitigate: true
      actions: { actionGroups: [people.id] }
    }
  }
]

// The alert for silence: the sweeper writes an event every few minutes while the app is alive.
resource silence 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'landfall-no-heartbeat'
  location: location
  tags: tags
  properties: {
    displayName: 'Landfall: no heartbeat'
    description: 'The sweeper has not run for a quarter of an hour: the app is down, or its timer is disabled.'
    severity: 1
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      allOf: [{ query: sweeps, timeAggregation: 'Count', operator: 'LessThan', threshold: 1 }]
    }
    autoMitigate: true
    actions: { actionGroups: [people.id] }
  }
}

resource measured 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for each in metrics: {
    name: 'landfall-${each.name}'
    location: 'global'
    tags: tags
    properties: {
      description: each.description
      severity: 2
      enabled: true
      scopes: [each.target]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: each.name
            metricNamespace: each.namespace
            metricName: each.metric
            timeAggregation: each.aggregation
            operator: each.operator
            threshold: each.threshold
          }
        ]
      }
      autoMitigate: true
      actions: [{ actionGroupId: people.id }]
    }
  }
]
