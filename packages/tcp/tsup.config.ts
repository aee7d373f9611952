import { library } from '../../tsup.base.js';

// A snapshot names the fields of its flows; options are read and written by the names that callers use.
const shown = [
  'src/flow.ts',
  'src/tcb.ts',
  'src/flag.ts',
  'src/rare.ts',
  'src/embryo.ts',
  'src/time-wait.ts',
  'src/endpoint-options.ts',
];

export default library({ shortens: true, shown });
