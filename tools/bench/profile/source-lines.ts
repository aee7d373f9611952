import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where a function stands in the sources. */
export interface Place {
  /** `packages/tcp/src/output.ts`, or what the engine calls it. */
  readonly file: string;
  readonly line: number;
  /** `tcp`, `ip`, …, `bench`, `node`, `engine`. */
  readonly layer: string;
}

/** Translates places of a bundle with an inline source map to places of the sources. */
export class SourceLines {
  private readonly maps = new Map<string, SourceMap | null>();

  /** @param line - from 0, as the profilers count */
  place(url: string, line: number, column: number): Place {
    const map = this.mapOf(url);
    if (map) {
      const entry = map.findEntry(line, column) as { originalSource?: string; originalLine?: number };
      if (entry.originalSource !== undefined) {
        const path = resolve(dirname(fileURLToPath(url)), entry.originalSource);
        const root = resolve(dirname(fileURLToPath(url)), '../../..');
        const file = relative(root, path);
        const layer = /^packages\/([^/]+)\//.exec(file)?.[1] ?? (file.startsWith('tools/bench') ? 'bench' : 'other');
        return { file, line: (entry.originalLine ?? 0) + 1, layer };
      }
    }
    if (url.startsWith('node:')) return { file: url, line: line + 1, layer: 'node' };
    return { file: url, line: line + 1, layer: 'engine' };
  }

  private mapOf(url: string): SourceMap | null {
    if (!url.startsWith('file:')) return null;
    const known = this.maps.get(url);
    if (known !== undefined) return known;
    const inline = /\/\/# sourceMappingURL=data:application\/json;base64,([A-Za-z0-9+/=]+)\s*$/.exec(
      readFileSync(fileURLToPath(url), 'utf8'),
    );
    const map = inline ? new SourceMap(JSON.parse(Buffer.from(inline[1]!, 'base64').toString('utf8'))) : null;
    this.maps.set(url, map);
    return map;
  }
}
