// Sources are ESM TypeScript; swc hands them to Jest as CommonJS. Types are checked by `npm run check`, not here.
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // Twice the cores of a small machine: the longest tests mostly wait.
  maxWorkers: 4,
  workerIdleMemoryLimit: '768MB',
  // Only a defect reaches it.
  testTimeout: 180_000,
  testSequencer: '<rootDir>/test/support/longest-first.cjs',
  setupFiles: ['<rootDir>/test/support/quiet.ts', '<rootDir>/test/support/compile-cache.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.cjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.cjs',
  reporters: ['default', '<rootDir>/test/support/summary-reporter.cjs'],
  transform: {
    '^.+\\.(t|m?j)s$': [
      '@swc/jest',
      {
        jsc: { target: 'es2023', parser: { syntax: 'typescript' }, transform: { useDefineForClassFields: false } },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Packages that ship ESM only, and so need the transform too.
  transformIgnorePatterns: ['/node_modules/(?!jose/)'],
};
