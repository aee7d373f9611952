import { resolve, sep } from 'node:path';
import ts from 'typescript';

/**
 * The names of a package's private class members that are nothing else there: no member that others see, no property of
 * a type of another package. A build may shorten these; who uses the package cannot tell. What TypeScript cannot place
 * counts as "something else".
 *
 * @param folder - the package's
 */
export function privateNames(folder: string): string[] {
  const { options, fileNames } = ts.parseJsonConfigFileContent(
    { extends: './tsconfig.json', include: ['src'] },
    ts.sys,
    folder,
  );
  const program = ts.createProgram(fileNames, options);
  const checker = program.getTypeChecker();
  const own = resolve(folder, 'src') + sep;
  const found = new Set<string>();
  const others = new Set<string>();

  const note = (name: ts.Node, symbol: ts.Symbol | undefined): void => {
    if (!ts.isIdentifier(name)) return;
    const isPrivate = symbol?.declarations?.length && symbol.declarations.every(isPrivateMember);
    (isPrivate ? found : others).add(name.text);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node)) note(node.name, checker.getSymbolAtLocation(node.name));
    else if (ts.isShorthandPropertyAssignment(node)) note(node.name, undefined);
    else if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
      const name = node.propertyName ?? node.name;
      if (ts.isIdentifier(name)) note(name, checker.getTypeAtLocation(node.parent).getProperty(name.text));
    } else if (ts.isClassElement(node) || ts.isTypeElement(node) || ts.isObjectLiteralElement(node)) {
      if (node.name) note(node.name, checker.getSymbolAtLocation(node.name));
    } else if (ts.isStringLiteralLike(node)) others.add(node.text);
    ts.forEachChild(node, visit);
  };
  for (const file of program.getSourceFiles()) if (resolve(file.fileName).startsWith(own)) visit(file);
  return [...found].filter((name) => !others.has(name));
}

function isPrivateMember(node: ts.Node): boolean {
  return (
    ts.canHaveModifiers(node) && !!ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword)
  );
}
