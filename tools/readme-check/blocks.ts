export interface Block {
  /** `README.md:12`: the file, and the line of the opening fence. */
  readonly name: string;
  readonly code: string;
  /** Why the block is shown but not run, from a first line `// not run: <reason>`. */
  readonly notRun: string | undefined;
}

/** The ```ts blocks of a Markdown text. */
export function blocksOf(path: string, markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: { line: number; fence: string; indent: number; wanted: boolean; code: string[] } | undefined;
  for (const [index, line] of markdown.split('\n').entries()) {
    const fence = /^(\s*)(`{3,})\s*(\S*)/.exec(line);
    if (!open && fence) {
      const [, space = '', ticks = '', language = ''] = fence;
      open = { line: index + 1, fence: ticks, indent: space.length, wanted: language === 'ts', code: [] };
    } else if (open && fence && line.trim() === open.fence) {
      if (open.wanted) {
        const code = `${open.code.join('\n')}\n`;
        blocks.push({ name: `${path}:${open.line}`, code, notRun: /^\s*\/\/ not run: *(.+)/.exec(code)?.[1] });
      }
      open = undefined;
    } else open?.code.push(line.slice(open.indent));
  }
  if (open) throw new Error(`${path}:${open.line}: the code block never ends`);
  return blocks;
}
