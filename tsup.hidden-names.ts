import { resolve, sep } from 'node:path';
import ts from 'typescript';

/**
 * The names of members that nobody outside a package is to use: private, protected and internal ones, and those of types
 * that no entry's declarations mention. A build may shorten them; who uses the package cannot tell. A name that is also
 * anything else (a property of another package's type, a string, a key of a record without a type of its own) is left
 * alone.
 *
 * @param program - all of the package's sources
 * @param entries - the sources of its entries
 * @param shown - sources whose types' members are seen although no declaration says so: they are read by name
 */
export function hiddenNames(program: ts.Program, entries: readonly string[], shown: readonly string[] = []): string[] {
  const checker = program.getTypeChecker();
  const own = resolve('src') + sep;
  const isOwn = (node: ts.Node): boolean => resolve(node.getSourceFile().fileName).startsWith(own);
  const shownFiles = new Set(shown.map((path) => resolve(path)));
  const visible = declarationsFrom(program, checker, entries, isOwn);
  const isHidden = (symbol: ts.Symbol | undefined): boolean =>
    !!symbol?.declarations?.length &&
    symbol.declarations.every((node) => isPrivate(node) || (isOwn(node) && !!node.parent && isUnseen(node.parent)));
  const isUnseen = (owner: ts.Node): boolean => {
    for (let node = owner; !ts.isSourceFile(node); node = node.parent) {
      if (ts.isClassLike(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) {
        return !visible.has(node) && !shownFiles.has(resolve(node.getSourceFile().fileName));
      }
    }
    return false;
  };

  const hidden = new Set<string>();
  const others = new Set<string>();
  const note = (name: ts.Node, isOnlyHere: boolean): void => {
    if (ts.isIdentifier(name)) (isOnlyHere ? hidden : others).add(name.text);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node)) note(node.name, isHidden(checker.getSymbolAtLocation(node.name)));
    else if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
      const name = node.propertyName ?? node.name;
      if (ts.isIdentifier(name)) note(name, isHidden(checker.getTypeAtLocation(node.parent).getProperty(name.text)));
    } else if (node.parent && ts.isObjectLiteralExpression(node.parent) && ts.isObjectLiteralElement(node)) {
      const expected = checker.getContextualType(node.parent);
      const { name } = node;
      if (name && ts.isIdentifier(name)) note(name, isHidden(expected?.getProperty(name.text)));
    } else if ((ts.isClassElement(node) || ts.isTypeElement(node)) && node.name) {
      note(node.name, isHidden(checker.getSymbolAtLocation(node.name)));
    } else if (ts.isStringLiteralLike(node)) others.add(node.text);
    ts.forEachChild(node, visit);
  };
  /** What others declare may come to us, or go to them, without a word here about its type. */
  const visitOther = (node: ts.Node): void => {
    if ((ts.isClassElement(node) || ts.isTypeElement(node) || ts.isPropertyAssignment(node)) && node.name) {
      note(node.name, false);
    }
    ts.forEachChild(node, visitOther);
  };
  for (const file of program.getSourceFiles()) {
    if (isOwn(file)) visit(file);
    else if (!program.isSourceFileDefaultLibrary(file)) visitOther(file);
  }
  for (const name of calledByTheEngine) others.add(name);
  return [...hidden].filter((name) => !others.has(name)).sort();
}

const calledByTheEngine = ['constructor', 'next', 'return', 'then', 'throw', 'toJSON', 'toString', 'valueOf'];

/** Every declaration of the package that the declarations of its entries lead to. */
function declarationsFrom(
  program: ts.Program,
  checker: ts.TypeChecker,
  entries: readonly string[],
  isOwn: (node: ts.Node) => boolean,
): Set<ts.Node> {
  const found = new Set<ts.Node>();
  const follow = (symbol: ts.Symbol | undefined): void => {
    if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
    for (const node of symbol?.declarations ?? []) {
      if (found.has(node) || !isOwn(node)) continue;
      found.add(node);
      visit(node);
    }
  };
  const visit = (node: ts.Node): void => {
    if (isPrivate(node)) return;
    if (ts.isIdentifier(node)) follow(checker.getSymbolAtLocation(node));
    // Without a type of its own, what a function or a value is stands in its body.
    if (ts.isFunctionLike(node) && (node.type || ts.isConstructorDeclaration(node))) {
      ts.forEachChild(node, (child) => {
        if (!ts.isBlock(child)) visit(child);
      });
    } else if (ts.isVariableDeclaration(node) && node.type) visit(node.type);
    else ts.forEachChild(node, visit);
  };
  for (const entry of entries) {
    const file = program.getSourceFile(resolve(entry));
    const symbol = file && checker.getSymbolAtLocation(file);
    if (symbol) for (const each of checker.getExportsOfModule(symbol)) follow(each);
  }
  return found;
}

function isPrivate(node: ts.Node): boolean {
  const hides = ({ kind }: ts.ModifierLike): boolean =>
    kind === ts.SyntaxKind.PrivateKeyword || kind === ts.SyntaxKind.ProtectedKeyword;
  if (ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(hides)) return true;
  return (ts.isClassElement(node) || ts.isTypeElement(node)) && isInternal(node);
}

function isInternal(node: ts.Node): boolean {
  return ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'internal');
}
