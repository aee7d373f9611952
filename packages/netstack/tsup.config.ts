import { library } from '../../tsup.base.js';

// `streams` is of the web kind; that the rest needs no such globals is what `tsconfig.json` checks.
export default library({ shortens: true, lib: ['ES2022', 'DOM', 'DOM.AsyncIterable'] });
