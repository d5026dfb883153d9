/** The schema the simulated server executes: the part of the vendor's that is known. */

export const ARRIGO_SDL = `
schema {
  query: Root
  mutation: Mutation
  subscription: Subscription
}

scalar DateTime
scalar Json

type PageInfo {
  hasNextPage: Boolean!
  hasPreviousPage: Boolean!
  startCursor: String
  endCursor: String
}

interface Folder {
  id: ID!
  name: String
  title: String
  icon: String
  accessLevel: String
  parent: Folder
  folders(first: Int, after: String, last: Int, before: String): FolderConnection
}

type Account implements Folder {
  id: ID!
  name: String
  title: String
  icon: String
  accessLevel: String
  parent: Folder
  folders(first: Int, after: String, last: Int, before: String): FolderConnection
  publishedVariableLists: [PublishedVariableList]
  publicVariableFiles: [PublishedVariableList] @deprecated(reason: "use publishedVariableLists")
}

type UserArea implements Folder {
  id: ID!
  name: String
  title: String
  icon: String
  accessLevel: String
  parent: Folder
  folders(first: Int, after: String, last: Int, before: String): FolderConnection
  publishedVariableLists: [PublishedVariableList]
  publicVariableFiles: [PublishedVariableList] @deprecated(reason: "use publishedVariableLists")
}

type RootArea implements Folder {
  id: ID!
  name: String
  title: String
  icon: String
  accessLevel: String
  parent: Folder
  folders(first: Int, after: String, last: Int, before: String): FolderConnection
}

type FolderConnection {
  totalCount: Int
  pageInfo: PageInfo!
  edges: [FolderEdge]
  items: [Folder]
}

type FolderEdge {
  cursor: String!
  node: Folder
}

type Analog {
  id: ID!
  name: String
  value: Float
  unit: String
}

type AnalogConnection {
  totalCount: Int
  pageInfo: PageInfo!
  edges: [AnalogEdge]
  items: [Analog]
}

type AnalogEdge {
  cursor: String!
  node: Analog
}

input AnalogFilter {
  signalType: String
}

type Digital {
  id: ID!
  name: String
  state: String
  signalText: String
  stateTexts: [String]
  signalType: String
  eventTime: DateTime
  switchedOnTime: DateTime
}

type DigitalConnection {
  totalCount: Int
  pageInfo: PageInfo!
  edges: [DigitalEdge]
  items: [Digital]
}

type DigitalEdge {
  cursor: String!
  node: Digital
}

enum AlarmStatus {
  ALARMED
  RETURNED
  ACKNOWLEDGED
  BLOCKED
}

enum SortDirection {
  ascending
  descending
}

enum AlarmOrderField {
  eventTime
  alarmTime
}

input AlarmOrderBy {
  fieldName: AlarmOrderField
  sortDirection: SortDirection
}

input AlarmFilter {
  status: [AlarmStatus]
}

type Alarm {
  id: ID!
  name: String
  alarmText: String
  status: AlarmStatus
  priority: String
  folder: Folder
  alarmTime: DateTime
  eventTime: DateTime
  noOfAlarms: Int
  description: String
  actionText: String
}

type AlarmConnection {
  totalCount: Int
  pageInfo: PageInfo!
  edges: [AlarmEdge]
  items: [Alarm]
}

type AlarmEdge {
  cursor: String!
  node: Alarm
}

input DateTimeRange {
  from: DateTime
  to: DateTime
}

enum TimeLengthComparer {
  equal
}

input AnalogEventFilter {
  signalId: [ID]
  ranges: [DateTimeRange]
  timeLength: Int
  timeLengthComparer: TimeLengthComparer
}

type AnalogEvent {
  signalId: ID
  time: DateTime
  value: Float
  reliability: Float
  timeLength: Int
}

type AnalogEventConnection {
  totalCount: Int
  pageInfo: PageInfo!
  edges: [AnalogEventEdge]
  items: [AnalogEvent]
}

type AnalogEventEdge {
  cursor: String!
  node: AnalogEvent
}

input DigitalEventFilter {
  signalId: [ID]
  ranges: [DateTimeRange]
  timeLength: Int
}

type DigitalEvent {
  signalId: ID
  time: DateTime
  value: Float
  reliability: Float
  timeLength: Int
}

type DigitalEventConnection {
  totalCount: Int
  pageInfo: PageInfo!
  edges: [DigitalEventEdge]
  items: [DigitalEvent]
}

type DigitalEventEdge {
  cursor: String!
  node: DigitalEvent
}

type PublishedVariableList {
  name: String
  path: String!
}

type FileNode {
  content: Json
  hash: String
}

type FileData {
  variables: [ValueUpdate]
  minPollingInterval: Int
  hash: String
  content: Json
}

enum UpdateType {
  Response
  Update
  ErrorNotExist
  ErrorUnreachable
  Pending
  UnknownError
}

type ValueUpdate {
  path: String
  value: Json
  type: UpdateType
  timestamp: DateTime
  technicalAddress: String
}

type Root {
  folder(id: ID): Folder
  analogs(first: Int, after: String, filter: AnalogFilter): AnalogConnection
  digitals(first: Int, after: String): DigitalConnection
  alarms(first: Int, after: String, filter: AlarmFilter, orderBy: [AlarmOrderBy]): AlarmConnection
  analogsHistory(first: Int, after: String, filter: AnalogEventFilter): AnalogEventConnection
  digitalsHistory(first: Int, after: String, filter: DigitalEventFilter): DigitalEventConnection
  node(path: String!): FileNode
  data(path: String!): FileData
}

type Mutation {
  setData(nodePath: String!, path: String!, value: String!): Boolean
}

type Subscription {
  data(path: String!): ValueUpdate
}
`
