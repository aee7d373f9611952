/** Sums by layer, by function and by line. */
export class Sums {
  readonly layers = new Map<string, number>();
  readonly functions = new Map<string, number>();
  readonly lines = new Map<string, number>();
  total = 0;

  add(layer: string, where: string, value: number): void {
    addTo(this.layers, layer, value);
    addTo(this.functions, where, value);
    this.total += value;
  }

  addLine(key: string, value: number): void {
    addTo(this.lines, key, value);
  }
}

/** The largest of some sums, each with its share of the total. */
export function section(
  title: string,
  sums: ReadonlyMap<string, number>,
  total: number,
  show: (value: number, name: string) => string,
  most: number,
): string {
  const sorted = [...sums].sort((a, b) => b[1] - a[1]).slice(0, most);
  const lines = sorted.map(
    ([name, value]) =>
      `  ${((value / total) * 100).toFixed(1).padStart(5)} %  ${show(value, name).padStart(11)}  ${name}`,
  );
  return [`${title}:`, ...lines].join('\n');
}

function addTo(sums: Map<string, number>, key: string, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value);
}
