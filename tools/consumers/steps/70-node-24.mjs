import { mustRun, program } from '../../lib/workspace.mjs';
import { engine, missing } from '../project.mjs';

export function stepsOf() {
  return [
    {
      name: 'the whole test suite under Node 24',
      skip: missing('node24'),
      run: async () => {
        const output = await mustRun(await engine('node24'), [program('vitest'), 'run', '--reporter=dot'], {
          env: { NO_COLOR: '1' },
          timeoutMs: 600_000,
        });
        return /^ *Tests +(.+)$/m.exec(output)?.[1]?.trim();
      },
    },
  ];
}
