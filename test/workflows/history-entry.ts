/** Bundled for the tests of these workflows alone. */
export { fillGaps } from '../../src/workflows/fill-gaps.ts'
export { importHistory } from '../../src/workflows/import-history.ts'
