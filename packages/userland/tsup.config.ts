import { library } from '../../tsup.base.js';

// All that programs share is a page of code: better a copy in each than files that import one another for nothing.
export default library({ splitting: false });
