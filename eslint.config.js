import tseslint from 'typescript-eslint';
import importX from 'eslint-plugin-import-x';

// The map of the house (docs/architecture.md) as lint errors: who may import whom, and how large a thing may grow.
// A limit is never raised to let something in: split by noun instead.

/** room -> rooms it may import from. `base` is open to all; a room may always import itself. */
const MAY_IMPORT = {
  base: [],
  config: [],
  http: [],
  domain: [],
  db: ['domain', 'config'],
  workflow: [],
  nbd: ['transfer'],
  transfer: [],
  vsphere: [],
  cloudstack: [],
  hashes: ['nbd', 'transfer', 'http'],
  vma: ['vsphere', 'http', 'config', 'hashes', 'domain'],
  queues: ['db', 'domain', 'config', 'workflow'],
  volumes: ['db', 'domain', 'cloudstack', 'queues', 'http', 'config', 'hashes'],
  processors: ['db', 'domain', 'queues', 'workflow', 'nbd', 'transfer', 'cloudstack', 'volumes', 'vma', 'hashes', 'config'],
  api: ['db', 'domain', 'queues', 'http', 'config', 'vma', 'cloudstack', 'volumes'],
  cli: ['nbd', 'transfer', 'http', 'config', 'domain'],
  console: [],
  lab: ['config', 'db', 'http', 'cloudstack', 'vma', 'vsphere', 'domain'],
};

const rooms = Object.keys(MAY_IMPORT);
const zones = rooms.map((room) => ({
  target: `./src/${room}`,
  from: './src',
  except: [...new Set(['base', room, ...MAY_IMPORT[room]])].map((name) => `./${name}`),
  message: `src/${room} may import only from: ${[...new Set(['base', ...MAY_IMPORT[room]])].join(', ')}. See docs/architecture.md.`,
}));

/** package -> rooms that may import it, and why. */
const PACKAGE_ROOMS = [
  { names: ['bullmq', 'ioredis'], rooms: ['queues'], why: 'Redis is the doorbell of src/queues and of nobody else' },
  { names: ['express'], rooms: ['http', 'api', 'volumes', 'vma', 'lab'], why: 'HTTP servers live in the API, the two daemons and the lab' },
  { names: ['knex', 'objection', 'mysql2'], rooms: ['db'], why: 'SQL stays behind the stores of src/db', types: true },
  { names: ['pino'], rooms: ['base'], why: 'loggers are made in base/logger.ts' },
  { names: ['@node-rs/xxhash'], rooms: ['transfer'], why: 'there is one hash of chunks: transfer/verify/chunk-hash.ts' },
  { names: ['node:net'], rooms: ['nbd', 'volumes', 'lab', 'http'], why: 'sockets belong to nbd/connection.ts, to HTTP servers, to QMP in volumes and to the lab' },
  { names: ['node:tls'], rooms: ['nbd', 'volumes', 'lab', 'http', 'vsphere'], why: 'TLS belongs to sockets, and to vsphere/verified-agent.ts, which pins a certificate' },
  { names: ['fast-xml-parser'], rooms: ['vsphere'], why: 'there is one reader of XML, and it refuses what is dangerous: vsphere/soap/xml.ts' },
  { names: ['node:child_process'], rooms: ['volumes', 'vma', 'lab', 'nbd'], why: 'child processes belong to the rooms that supervise a server' },
];

const restricted = (room) => ({
  paths: PACKAGE_ROOMS.filter((entry) => !entry.rooms.includes(room)).flatMap((entry) =>
    entry.names.map((name) => ({ name, message: entry.why, allowTypeImports: entry.types === true })),
  ),
});

const environment = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'process.env is read in src/config/env.ts only',
};
const exit = {
  selector: "CallExpression[callee.object.name='process'][callee.property.name='exit']",
  message: 'set process.exitCode and let the loop end; process.exit loses what is still being written',
};

export default tseslint.config(
  { ignores: ['node_modules/', '.lab/', 'coverage/', '**/*.cjs', '**/*.js', '!src/api/*/assets/*.js'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    plugins: { 'import-x': importX },
    languageOptions: { parserOptions: { projectService: true } },
    settings: { 'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] }, 'import-x/extensions': ['.ts'] },
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 3],
      'max-depth': ['error', 3],
      complexity: ['error', 15],
      eqeqeq: 'error',
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      // A promise that is returned as it is outlives the `using` of its function.
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/only-throw-error': 'off',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': ['error', environment, exit],
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones }],
    },
  },
  ...rooms.map((room) => ({ files: [`src/${room}/**/*.ts`], rules: { '@typescript-eslint/no-restricted-imports': ['error', restricted(room)] } })),
  { files: ['src/config/env.ts'], rules: { 'no-restricted-syntax': ['error', exit] } },
  { files: ['src/bin/*.ts'], rules: { 'max-lines': ['error', { max: 40, skipBlankLines: true, skipComments: true }] } },
  { files: ['src/bin/*.ts', 'scripts/*.ts'], rules: { 'no-console': 'off' } },
  // Made by scripts/generate.ts; its length is the API's.
  { files: ['src/cli/client/schema.d.ts'], rules: { 'max-lines': 'off' } },
  {
    files: ['test/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      // A describe block is a chapter, not a function.
      'max-lines-per-function': 'off',
    },
  },
  {
    // What browsers run. Types come from JSDoc and the DOM: tsconfig.pages.json.
    files: ['src/api/*/assets/*.js'],
    languageOptions: { parserOptions: { projectService: false, project: 'tsconfig.pages.json' } },
    settings: { 'import-x/extensions': ['.js'] },
    rules: { 'no-console': 'error' },
  },
  { files: ['migrations/*.ts'], rules: { 'max-lines-per-function': 'off' } },
);
