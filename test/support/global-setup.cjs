// Jest wants a default export, which our TypeScript does not have.
module.exports = require('./test-run.ts').startRun;
