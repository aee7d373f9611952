import { library } from '../../tsup.base.js';

// What it names of WebAssembly is the engine's.
const shown = ['src/simd/index.ts'];

export default library({ shortens: true, shown });
