import { library } from '../../tsup.base.js';

export default library({ shortens: true });
