// A program with a TAP and a listening stack, which is then left to itself. Its argument says how it wants to end.
import { createNetstack, drive } from '@synos/netstack';
import { createDefaultHost } from '@synos/netstack/streams';
import { createNet } from '@synos/node/net';
import { openTap } from '@synos/node/tap';
import { createStackMemory } from '@synos/wire';

if (process.argv[2] === 'rights') {
  // Anybody but root: nobody, by Debian's number.
  process.setuid?.(65_534);
  try {
    openTap({ pool: createStackMemory().packets });
  } catch (error) {
    const { code, errno, syscall } = error as NodeJS.ErrnoException;
    process.stdout.write(JSON.stringify({ code, errno, syscall }));
    process.exit(0);
  }
}

const memory = createStackMemory();
const { loop, entropy } = createDefaultHost();
const tap = openTap({ pool: memory.packets, name: 'synos%d', offload: process.argv[3] === 'offload' });
const interfaces = [{ device: tap, addresses: ['10.77.0.2/24'] }];
const stack = createNetstack({ clock: loop, entropy, memory, interfaces });
const stop = drive(stack, loop);
createNet({ sockets: stack.sockets })
  .createServer()
  .listen(80, '10.77.0.2', () => process.stdout.write(`${tap.interfaceName}\n`));

const end = (): void => {
  stop();
  stack.dispose();
  tap.close();
};
switch (process.argv[2]) {
  case 'gone':
    tap.once('error', (error) => {
      process.stdout.write(`${error.code} ${tap.linkUp ? 'up' : 'down'}\n`);
      end();
    });
    break;
  case 'unheard':
    // Nobody listens for errors.
    tap.once('close', end);
    break;
  case 'exit':
    setTimeout(() => process.exit(3), 300);
    break;
  case 'unref':
    tap.unref();
    break;
  case 'throw':
    setTimeout(() => {
      throw new Error('on purpose');
    }, 300);
    break;
  default:
    process.exit(2);
}
