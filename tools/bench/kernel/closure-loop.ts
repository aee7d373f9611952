const closures = 64;

/**
 * What a simulator made of closures could do at most: a loop over closures that each add, or XOR, two registers of 32 bits. The same
 * work in each run, whatever our CPU is like.
 *
 * @returns closures called per second of CPU time
 */
export function closureLoopPerSecond(rounds: number): number {
  const registers = new Int32Array(32).map((_, index) => index * 0x9e3779b1);
  const steps = Array.from({ length: closures }, (_, index) => {
    const [to, left, right] = [index % 16, (index * 7 + 3) % 16, (index * 5 + 1) % 16];
    return index % 2 === 0
      ? () => {
          registers[to] = (registers[left]! + registers[right]!) | 0;
        }
      : () => {
          registers[to] = registers[left]! ^ registers[right]!;
        };
  });
  const cpu = process.cpuUsage();
  for (let round = 0; round < rounds; round++) for (let step = 0; step < closures; step++) steps[step]!();
  const { user, system } = process.cpuUsage(cpu);
  if (registers.every((value) => value === 0)) throw new Error('nothing was added');
  return (rounds * closures * 1e6) / (user + system);
}
