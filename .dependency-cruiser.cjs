// The walls of docs/ARCHITECTURE.md: contracts <- rooms <- composition <- examples and tools.
// A package's place is its line here; a package without a line is an error.

/** What the sources of a package may import, by package. */
const may = {
  // contracts
  interfaces: [],
  abi: [],
  wire: ['interfaces'],
  // rooms: contracts alone, never one another
  nic: ['interfaces', 'wire'],
  ip: ['interfaces', 'wire'],
  udp: ['interfaces', 'wire'],
  tcp: ['interfaces', 'wire'],
  socket: ['interfaces', 'abi'],
  memory: ['interfaces', 'abi'],
  trap: ['interfaces'],
  syscall: ['interfaces', 'abi'],
  platform: ['interfaces', 'wire'],
  // programs, as bytes
  userland: [],
  // machines: the CPU's rules are those of memory and trap
  'machine-sim': ['interfaces', 'wire', 'memory', 'trap'],
  // composition: these name concrete implementations
  netstack: ['interfaces', 'wire', 'abi', 'nic', 'ip', 'udp', 'tcp', 'socket'],
  gateway: ['interfaces', 'wire', 'abi', 'nic', 'socket', 'netstack', 'node'],
  node: ['interfaces', 'wire', 'abi', 'nic', 'socket', 'netstack'],
  kernel: ['interfaces', 'wire', 'abi', 'memory', 'trap', 'platform', 'syscall', 'socket'],
  // testing
  netsim: ['interfaces', 'wire', 'nic'],
  compliance: ['interfaces', 'abi', 'wire'],
  // `packetdrill/ours` makes a target of our whole stack
  packetdrill: ['interfaces', 'wire', 'abi', 'compliance', 'udp', 'tcp', 'socket', 'netstack'],
};
/** Public test code lives at `<package>/testing` and may import more. */
const mayInTestingEntry = { tcp: ['compliance'] };
/** Every package's tests may also import these. */
const mayInTests = ['compliance', 'netsim'];
/** The suite of socket providers is tested on the network in memory. */
const mayInTestsOf = { compliance: ['socket'], 'machine-sim': ['abi', 'nic'], platform: ['nic'] };
/** May import Node's modules; all others are core (or, `netstack/src/streams`, web) and import nothing at all. */
const nodeKind = ['gateway', 'node'];
/** Libraries of others that their sources may import. */
const libraries = ['dns-packet'];

/** The entries that manifests export. */
const doors = [
  '^packages/[^/]+/src/index\\.ts$',
  '^packages/[^/]+/src/(c-header|describe|dgram|heap|host-sockets|memory|net|ours|ping|simd|stream|streams|tap|testing)/index\\.ts$',
  '^packages/userland/src/programs/[a-z0-9-]+\\.ts$',
];

const names = Object.keys(may);
const any = (list) => `(${list.join('|')})`;
const outside = (own, allowed) => `^packages/(?!${any([own, ...allowed])}/)`;

const forbidden = [
  {
    name: 'no-cycles',
    comment: 'types of one package may name one another; code may not',
    severity: 'error',
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
  {
    name: 'every-package-has-a-place',
    comment: 'add the package to `may` in .dependency-cruiser.cjs',
    severity: 'error',
    from: { path: `^packages/(?!${any(names)}/)` },
    to: {},
  },
  { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  {
    name: 'only-through-doors',
    comment: 'another package is imported by its name, never by a path into it',
    severity: 'error',
    from: { path: '^packages/([^/]+)/' },
    to: { path: '^packages/', pathNot: ['^packages/$1/', ...doors] },
  },
  {
    name: 'only-through-doors-from-outside',
    severity: 'error',
    from: { path: '^(examples|tools)/' },
    to: { path: '^packages/', pathNot: doors },
  },
  {
    name: 'packages-know-no-tools',
    severity: 'error',
    from: { path: '^packages/[^/]+/(src|test)/' },
    to: { path: '^(examples|tools)/' },
  },
  {
    name: 'examples-know-no-tools',
    severity: 'error',
    from: { path: '^examples/' },
    to: { path: '^tools/' },
  },
  {
    name: 'sources-know-no-tests',
    severity: 'error',
    from: { path: '^packages/[^/]+/src/' },
    to: { path: '^packages/[^/]+/test/' },
  },
  {
    name: 'sources-know-no-testing-entry',
    comment: '`<package>/testing` stays out of what users bundle',
    severity: 'error',
    from: { path: '^packages/[^/]+/src/', pathNot: '^packages/[^/]+/src/testing/' },
    to: { path: '^packages/[^/]+/src/testing/' },
  },
  {
    name: 'core-of-netstack-knows-no-streams',
    severity: 'error',
    from: { path: '^packages/netstack/src/', pathNot: '^packages/netstack/src/streams/' },
    to: { path: '^packages/netstack/src/streams/' },
  },
  {
    name: 'only-web-and-node-know-simd',
    comment: 'whoever composes for an engine takes it, or leaves it; nothing depends on WebAssembly',
    severity: 'error',
    from: {
      path: '^packages/[^/]+/src/',
      pathNot: [`^packages/${any(nodeKind)}/`, '^packages/netstack/src/streams/', '^packages/wire/src/simd/'],
    },
    to: { path: '^packages/wire/src/simd/' },
  },
  {
    name: 'core-imports-nothing',
    comment: 'a core package is the language alone: no dependency but contracts and rooms of ours, no Node module',
    severity: 'error',
    from: { path: '^packages/[^/]+/src/', pathNot: [`^packages/${any(nodeKind)}/`, '^packages/[^/]+/src/testing/'] },
    to: { pathNot: '^packages/' },
  },
  {
    name: 'testing-imports-fast-check-at-most',
    severity: 'error',
    from: { path: '^packages/[^/]+/src/testing/' },
    to: { pathNot: ['^packages/', '(^|/)node_modules/fast-check/'] },
  },
  {
    name: 'node-packages-import-node-and-few-libraries',
    severity: 'error',
    from: { path: `^packages/${any(nodeKind)}/src/` },
    to: { pathNot: ['^packages/', `(^|/)node_modules/${any(libraries)}/`], dependencyTypesNot: ['core'] },
  },
];

for (const name of names) {
  const testing = mayInTestingEntry[name] ?? [];
  const inTests = [...may[name], ...testing, ...mayInTests, ...(mayInTestsOf[name] ?? [])];
  forbidden.push(
    {
      name: `${name}-imports`,
      comment: `sources of ${name} import ${may[name].join(', ') || 'nothing of ours'}`,
      severity: 'error',
      from: { path: `^packages/${name}/src/`, pathNot: `^packages/${name}/src/testing/` },
      to: { path: outside(name, may[name]) },
    },
    {
      name: `${name}-testing-imports`,
      severity: 'error',
      from: { path: `^packages/${name}/src/testing/` },
      to: { path: outside(name, [...may[name], ...testing]) },
    },
    {
      name: `${name}-tests-import`,
      comment: `tests of ${name} import ${inTests.join(', ')}`,
      severity: 'error',
      from: { path: `^packages/${name}/test/` },
      to: { path: outside(name, inTests) },
    },
  );
}

module.exports = {
  forbidden,
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|\\.cache|\\.turbo)/|^tools/consumers/files/' },
    // Types alone tie packages together just as code does.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.test.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@synos/source', 'import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.d.ts', '.js', '.mjs', '.cjs', '.json'],
      mainFields: ['main', 'types'],
    },
  },
};
