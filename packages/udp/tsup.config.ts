import { library } from '../../tsup.base.js';

// Options are read and written by the names that callers use.
export default library({ shortens: true, shown: ['src/endpoint-options.ts'] });
