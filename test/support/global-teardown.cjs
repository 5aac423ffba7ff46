module.exports = require('./test-run.ts').endRun;
