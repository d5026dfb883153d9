/** Imported for its effect: the Temporal SDK of this test process reports errors only. */
import { DefaultLogger, Runtime } from '@temporalio/worker'

Runtime.install({ logger: new DefaultLogger('ERROR') })
