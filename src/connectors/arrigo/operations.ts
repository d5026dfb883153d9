/**
 * Every GraphQL operation sent to Arrigo servers. Enumerations and filters travel as variables, whose types are those
 * live servers accept; where servers of different age differ, the operation is a function of the difference.
 */

/** How a list hands out its rows; every list should know both. */
export type RowShape = 'items' | 'edges'

function connection(rows: RowShape, fields: string): string {
  const selected = rows === 'items' ? `items { ${fields} }` : `edges { node { ${fields} } }`
  return `totalCount pageInfo { hasNextPage endCursor } ${selected}`
}

const FOLDER_FIELDS = '__typename id name title icon'

/** One level of the area tree; a folder id of null is the root. */
export const foldersQuery = (rows: RowShape) => `query Folders($id: ID, $first: Int, $after: String) {
  folder(id: $id) {
    ${FOLDER_FIELDS}
    folders(first: $first, after: $after) { ${connection(rows, FOLDER_FIELDS)} }
  }
}`

export const analogsQuery = (rows: RowShape) => `query CurrentAnalogs($first: Int, $after: String) {
  analogs(first: $first, after: $after) { ${connection(rows, 'id name value unit')} }
}`

export const digitalsQuery = (rows: RowShape) => `query CurrentDigitals($first: Int, $after: String) {
  digitals(first: $first, after: $after) { ${connection(rows, 'id name state signalText stateTexts signalType')} }
}`

const ALARM_FIELDS =
  'id name alarmText status priority noOfAlarms alarmTime eventTime description actionText folder { id name title }'

/** Newest first where the server can sort; `$status` is left out rather than sent as null. */
export const alarmsQuery = (
  rows: RowShape,
) => `query Alarms($first: Int, $after: String, $status: [AlarmStatus], $orderBy: [AlarmOrderBy]) {
  alarms(first: $first, after: $after, filter: { status: $status }, orderBy: $orderBy) {
    ${connection(rows, ALARM_FIELDS)}
  }
}`

export const ALARMS_NEWEST_FIRST = [{ fieldName: 'eventTime', sortDirection: 'descending' }]

export const analogHistoryQuery = (
  rows: RowShape,
) => `query AnalogHistory($first: Int!, $after: String, $filter: AnalogEventFilter) {
  analogsHistory(first: $first, after: $after, filter: $filter) {
    ${connection(rows, 'signalId time value reliability timeLength')}
  }
}`

/** Whether a digital event carries a number or the text of a state is not the same on every server. */
export type DigitalValueField = 'value' | 'state'

export const digitalHistoryQuery = (
  rows: RowShape,
  valueField: DigitalValueField,
) => `query DigitalHistory($first: Int!, $after: String, $filter: DigitalEventFilter) {
  digitalsHistory(first: $first, after: $after, filter: $filter) {
    ${connection(rows, `signalId time ${valueField} reliability timeLength`)}
  }
}`

/** The second name is that of older servers. */
export type PublishedListsField = 'publishedVariableLists' | 'publicVariableFiles'

/** Asking also makes the server's variable service know the paths. */
export const publishedListsQuery = (field: PublishedListsField) => `query PublishedLists($id: ID) {
  folder(id: $id) { __typename id ... on UserArea { ${field} { name path } } }
}`

export const PUBLISHED_NODE_QUERY = 'query PublishedNode($path: String!) { node(path: $path) { content hash } }'

/** Documented and observed spelling. */
export type TimestampField = 'timestamp' | 'timeStamp'

export const publishedValuesQuery = (timestamp: TimestampField) => `query PublishedValues($path: String!) {
  data(path: $path) { variables { path value type ${timestamp} technicalAddress } minPollingInterval hash }
}`

export const SET_PUBLISHED_MUTATION =
  'mutation SetPublished($nodePath: String!, $path: String!, $value: String!) { setData(nodePath: $nodePath, path: $path, value: $value) }'
