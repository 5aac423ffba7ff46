// Lints the OpenAPI document of this version: Redocly's recommended rules, and ours. Any finding is a failure.
import { createConfig, formatProblems, lintFromString } from '@redocly/openapi-core';
import { setLogLevel } from '../src/base/logger.ts';
import { describedApi } from './described-api.ts';

setLogLevel('silent');
const { document } = await describedApi();
const config = await createConfig({
  extends: ['recommended'],
  rules: {
    // The seed's paths: /vm-contexts/{vm_name} beside /vm-contexts/ungrouped, told apart by the order of the routes.
    'no-ambiguous-paths': 'off',
    'no-identical-paths': 'error',
    'operation-description': 'off',
    'operation-operationId': 'error',
    'operation-operationId-unique': 'error',
    'operation-operationId-url-safe': 'error',
    'operation-singular-tag': 'error',
    'operation-tag-defined': 'error',
    'operation-4xx-response': 'error',
    'operation-4xx-problem-details-rfc7807': 'error',
    'parameter-description': 'error',
    'tag-description': 'error',
    'tags-alphabetical': 'off',
    'no-unused-components': 'error',
    'no-http-verbs-in-paths': 'error',
    'path-not-include-query': 'error',
    'paths-kebab-case': 'off',
    'response-contains-header': { severity: 'error', names: { '2xx': ['X-Request-Id'], '4xx': ['X-Request-Id'] } },
    'no-invalid-media-type-examples': 'error',
    'no-invalid-schema-examples': 'error',
    'no-invalid-parameter-examples': 'error',
  },
});

const problems = await lintFromString({
  source: JSON.stringify(document, null, 2),
  absoluteRef: 'openapi.json',
  config,
});
if (problems.length > 0) {
  formatProblems(problems, {
    format: 'stylish',
    version: '',
    totals: { errors: problems.length, warnings: 0, ignored: 0 },
  });
  console.error(`the OpenAPI document has ${problems.length} findings`);
  process.exitCode = 1;
}
