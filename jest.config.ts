import type { Config } from 'jest';

/** Tests run as compiled by tsc (dist/test): one compiler for the plugin and its tests, worker files load as they ship. */
const config: Config = {
  roots: ['<rootDir>/dist/test'],
  testMatch: ['**/*.test.js'],
  testEnvironment: 'node',
  transform: {},
  testTimeout: 30_000,
  maxWorkers: 2,
  reporters: ['default', '<rootDir>/scripts/count-reporter.cjs'],
};

export default config;
