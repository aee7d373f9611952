import { resolve } from 'node:path';
import type { Plugin } from 'esbuild';
import ts from 'typescript';

/**
 * Puts the numbers of constant tables (`export const direction = { receive: 1, … } as const`) where their members are
 * read, as a compiler does for a `const enum`: an engine loads nothing, a bundler carries no names. Tables of other
 * packages too: all of them are built and versioned together.
 */
export function literals(program: ts.Program): Plugin {
  const checker = program.getTypeChecker();
  return {
    name: 'literals',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const file = program.getSourceFile(resolve(path));
        return file && { contents: withLiterals(file, checker), loader: 'ts' };
      });
    },
  };
}

function withLiterals(file: ts.SourceFile, checker: ts.TypeChecker): string {
  let text = '';
  let at = 0;
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isTypeNode(node)) return;
    if (ts.isIdentifier(node) && isName(node)) return;
    const value = numberOf(node, checker);
    if (value === undefined) {
      ts.forEachChild(node, visit);
      return;
    }
    text += file.text.slice(at, node.getStart(file));
    if (ts.isShorthandPropertyAssignment(node)) text += `${node.name.text}: `;
    text += value < 0 ? `(${value})` : value;
    at = node.end;
  };
  visit(file);
  return text + file.text.slice(at);
}

/** Whether a node names what is declared or looked up, and is no value by itself. */
function isName(node: ts.Identifier): boolean {
  const { parent } = node;
  return (ts.isVariableDeclaration(parent) || ts.isPropertyAccessExpression(parent)) && parent.name === node;
}

/** The number that a constant or a member of a constant table is, and nothing for anything else. */
function numberOf(node: ts.Node, checker: ts.TypeChecker): number | undefined {
  let symbol: ts.Symbol | undefined;
  if (ts.isShorthandPropertyAssignment(node)) symbol = checker.getShorthandAssignmentValueSymbol(node);
  else if (ts.isIdentifier(node)) symbol = checker.getSymbolAtLocation(node);
  else if (ts.isPropertyAccessExpression(node)) symbol = checker.getSymbolAtLocation(node.expression);
  if (symbol && (symbol.flags & ts.SymbolFlags.Alias) !== 0) symbol = checker.getAliasedSymbol(symbol);
  const declaration = symbol?.valueDeclaration;
  if (!symbol || !declaration || !ts.isVariableDeclaration(declaration)) return undefined;
  if (ts.isPropertyAccessExpression(node)) {
    const { initializer } = declaration;
    if (!initializer || !ts.isAsExpression(initializer) || !ts.isConstTypeReference(initializer.type)) return undefined;
  } else if (!(ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const)) return undefined;
  const type = ts.isPropertyAccessExpression(node) ? checker.getTypeAtLocation(node) : checker.getTypeOfSymbol(symbol);
  return type.isNumberLiteral() ? type.value : undefined;
}
