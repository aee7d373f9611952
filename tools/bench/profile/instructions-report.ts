import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Counted, type CountedObject, unknownName } from './callgrind.js';
import { type JitCode, type JitDump, positionAt } from './jit-dump.js';
import type { Place, SourceLines } from './source-lines.js';
import { Sums, section } from './sums.js';

/** What was counted, and what was done meanwhile. */
export interface InstructionRecord {
  readonly objects: readonly CountedObject[];
  readonly jit: JitDump;
  readonly amount: number;
}

/** The first-level instruction cache of most processors: what callgrind is told to simulate. */
export const instructionCache = { bytes: 32_768, ways: 8, lineBytes: 64 } as const;
const cacheLineBytes = instructionCache.lineBytes;

/** Kind, tier, name (`get size` has a space, and many have none), script, line and column. */
const codeNamePattern = /^\w+:([*^~+]?)(.*?) ((?:\/|[a-z]+:).+):(\d+):(\d+)$/;

/** Where an instruction belongs. */
interface Attribution {
  readonly layer: string;
  readonly where: string;
  /** Of its source, where it has one. */
  readonly line: string | null;
}

/** Lines of the cache that ran for at least every other unit of work, in all and by function. */
class Footprint {
  private readonly all = new Set<string>();
  private readonly byFunction = new Map<string, Set<string>>();

  add(where: string, object: string, address: number): void {
    const line = `${object} ${Math.floor(address / cacheLineBytes)}`;
    this.all.add(line);
    const known = this.byFunction.get(where);
    if (known) known.add(line);
    else this.byFunction.set(where, new Set([line]));
  }

  get kilobytes(): number {
    return (this.all.size * cacheLineBytes) / 1024;
  }

  /** Two functions may share a line: these are more than all together. */
  kilobytesOf(where: string): number {
    return ((this.byFunction.get(where)?.size ?? 0) * cacheLineBytes) / 1024;
  }
}

/** Tells where instructions belong. */
class Attributor {
  private readonly jit: JitDump;
  private readonly sources: SourceLines;
  private readonly functions = new Map<JitCode, { where: string; layer: string }>();

  constructor(jit: JitDump, sources: SourceLines) {
    this.jit = jit;
    this.sources = sources;
  }

  of(object: CountedObject, { address, name }: Counted): Attribution {
    const code = object.name === unknownName ? this.jit.find(address) : null;
    if (!code) return native(object.name, name);
    const { where, layer } = this.functionOf(code);
    const position = positionAt(code, address);
    if (!position) return { layer, where, line: null };
    const place = this.place(position.script, position.line, position.column);
    // What was inlined belongs to the layer that it was written in, and is part of the function that it is in.
    return { layer: place.layer, where, line: `${place.file}:${place.line}` };
  }

  private functionOf(code: JitCode): { where: string; layer: string } {
    let known = this.functions.get(code);
    if (!known) {
      known = this.describe(code.name);
      this.functions.set(code, known);
    }
    return known;
  }

  private describe(codeName: string): { where: string; layer: string } {
    const [, tier, name = '', script, line, column] = codeNamePattern.exec(codeName) ?? [];
    // Stubs and regular expressions.
    if (script === undefined) return { where: codeName, layer: 'engine' };
    const place = this.place(script, Number(line), Number(column));
    const shown = `${name === '' ? '(anonymous)' : name}  ${place.file}:${place.line}`;
    return { where: tier === '*' ? shown : `${shown} (not optimised)`, layer: place.layer };
  }

  /** @param line - from 1, as the column */
  private place(script: string, line: number, column: number): Place {
    const url = script.startsWith('/') ? pathToFileURL(script).href : script;
    return this.sources.place(url, line - 1, column - 1);
  }
}

/**
 * Code that was there before the program. The engine's ready-made parts, and the libraries that copy for them, are told
 * from its compiler and its collector.
 */
function native(object: string, name: string): Attribution {
  if (object === unknownName && name === unknownName) return { layer: 'unknown', where: '(unknown)', line: null };
  const where = `${name}  ${basename(object)}`;
  if (/\.so(\.|$)/.test(object)) return { layer: 'libraries', where, line: null };
  const isBuiltin = /^(Builtins_|v8::internal::Builtin_)/.test(name);
  return { layer: isBuiltin ? 'builtins' : 'engine', where, line: null };
}

/** What was executed: instructions per unit of work (segment, round trip, connection) by layer, function and line. */
export function reportInstructions({ objects, jit, amount }: InstructionRecord, sources: SourceLines): string {
  const sums = new Sums();
  const misses = new Sums();
  const footprint = new Footprint();
  const attributor = new Attributor(jit, sources);
  for (const object of objects) {
    for (const counted of object.addresses.values()) {
      const { layer, where, line } = attributor.of(object, counted);
      sums.add(layer, where, counted.count);
      misses.add(layer, where, counted.misses);
      if (line !== null) sums.addLine(line, counted.count);
      // The engine's own work, where it is still at it, comes in one piece and goes.
      if (layer !== 'engine' && counted.count * 2 >= amount) footprint.add(where, object.name, counted.address);
    }
  }
  const show = (value: number): string => (value / amount).toFixed(1);
  const showFunction = (value: number, name: string): string =>
    `${show(value).padStart(11)}  ${footprint.kilobytesOf(name).toFixed(1).padStart(5)} KB`;
  const each = (value: number): string => Math.round(value / amount).toLocaleString('en-US');
  const units = Math.round(amount).toLocaleString('en-US');
  return [
    `Instructions: ${units} units, ${each(sums.total)} each, ${each(sums.layers.get('engine') ?? 0)} of them the engine's own`,
    `Machine code: ${footprint.kilobytes.toFixed(1)} KB in lines of ${cacheLineBytes} bytes that ran for every other unit ` +
      `or more often, without the engine's own`,
    `Instruction cache, ${instructionCache.bytes / 1024} KB in sets of ${instructionCache.ways}, simulated: ` +
      `${each(misses.total)} lines fetched anew for each unit`,
    section('by layer', sums.layers, sums.total, show, 16),
    section('by function, with what was inlined into it', sums.functions, sums.total, showFunction, 45),
    section('by line', sums.lines, sums.total, show, 40),
    section('lines of the cache fetched anew, by function', misses.functions, misses.total, show, 25),
  ].join('\n\n');
}
