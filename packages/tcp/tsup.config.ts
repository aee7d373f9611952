import { library } from '../../tsup.base.js';

// A snapshot names the fields of its flows.
const shown = ['src/flow.ts', 'src/tcb.ts', 'src/embryo.ts', 'src/time-wait.ts'];

export default library({ shortens: true, shown });
