// The last lines of a test run: every skipped test by name, then `N passed, N failed`. A skip fails the run unless it
// is listed here, with its reason: a test that nobody runs proves nothing.

const { writeSync } = require('node:fs');

/** Full names of tests that may be skipped. */
const MAY_BE_SKIPPED = new Set([
  // They need virt-v2v, and half an hour where there is no KVM: CONVERSION=FOLDER runs them (CONTRIBUTING.md).
  'a guest and the real virt-v2v that has no drivers for KVM boots after its conversion only, and comes back byte by byte',
  'a guest and the real virt-v2v that is killed with all of its group is undone',
  'a guest and the real virt-v2v that loses its volume daemon is undone, whatever goes on writing for a while',
  'a guest and the real virt-v2v that takes longer than it may is undone',
]);

class SummaryReporter {
  #byName;
  #failure;

  constructor(globalConfig) {
    // With `-t` everything that does not match counts as skipped, and was meant to be.
    this.#byName = Boolean(globalConfig.testNamePattern);
  }

  onRunComplete(_contexts, results) {
    const tests = results.testResults.flatMap((file) => file.testResults);
    const skipped = tests.filter((test) => ['pending', 'todo', 'disabled', 'skipped'].includes(test.status));
    const names = this.#byName ? [] : skipped.map((test) => test.fullName);
    for (const name of names) process.stdout.write(`skipped: ${name}\n`);
    const unexpected = names.filter((name) => !MAY_BE_SKIPPED.has(name));
    if (unexpected.length > 0) this.#failure = new Error(`${unexpected.length} tests were skipped without leave`);

    const passed = results.numPassedTests;
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    // At the very end of the process: the global teardown may still find fault, and print.
    process.once('exit', () => {
      const total = failed + (globalThis.migratekitExtraFailures ?? 0);
      const tail = names.length > 0 ? `, ${names.length} skipped` : '';
      writeLine(`${passed} passed, ${total} failed${tail}\n`);
    });
  }

  getLastError() {
    return this.#failure;
  }
}

/** Not process.stdout: when Jest ends with an error it has closed that for good. */
function writeLine(line) {
  for (;;) {
    try {
      writeSync(1, line);
      return;
    } catch (error) {
      // A pipe that its reader has not yet emptied; any other error means that nobody reads.
      if (error.code !== 'EAGAIN') return;
    }
  }
}

module.exports = SummaryReporter;
