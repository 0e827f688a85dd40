/** Writes how many tests passed, failed and were skipped, which failed, and what they cost, to the file that scripts/test.mjs names; it prints that when Jest has ended. */
const { readFileSync, writeFileSync } = process.getBuiltinModule('node:fs');

module.exports = class CountReporter {
  onRunComplete(_contexts, results) {
    const file = process.env.CAMERA_HUB_TEST_COUNTS;
    if (file) {
      const passed = results.numPassedTests;
      const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
      const skipped = results.numPendingTests + results.numTodoTests;
      const named = results.testResults.flatMap(({ testFilePath, testResults }) =>
        testResults.filter(({ status }) => status === 'failed').map(({ fullName }) => ({ file: testFilePath, name: fullName })),
      );
      writeFileSync(file, JSON.stringify({ passed, failed, skipped, named, cpuSeconds: cpuSeconds() }));
    }
  }
};

/** Of this process and of all that it started and has seen end (proc(5): utime, stime, cutime, cstime, in hundredths); undefined elsewhere than on Linux. */
function cpuSeconds() {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
  } catch {
    return undefined;
  }
}
