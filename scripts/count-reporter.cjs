/** Writes how many tests passed, failed and were skipped, and which failed, to the file that scripts/test.mjs names; it prints that when Jest has ended. */
const { writeFileSync } = process.getBuiltinModule('node:fs');

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
      writeFileSync(file, JSON.stringify({ passed, failed, skipped, named }));
    }
  }
};
