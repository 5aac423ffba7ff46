/**
 * What of an OpenAPI document is changed here.
 * @typedef {{ schema: { example?: string | number | boolean }, required?: boolean, description?: string }} Parameter
 * @typedef {{ paths: Record<string, Record<string, { parameters?: Parameter[] }>> }} Description
 */

/**
 * Swagger UI, as its own script leaves it: see its documentation, "Configuration".
 * @typedef {{ ok: boolean, url: string, text: string }} Answer
 * @typedef {{ (settings: object): void, presets: { apis: unknown } }} SwaggerUI
 */

const DESCRIPTION = '/api/v1/openapi.json';

/**
 * "Try it out" fills every field with its example: for what may be left out, the example is told instead.
 * @param {Description} description
 */
function leaveOptionalEmpty(description) {
  const operations = Object.values(description.paths).flatMap((methods) => Object.values(methods));
  for (const parameter of operations.flatMap((operation) => operation.parameters ?? [])) {
    const { example, ...schema } = parameter.schema;
    if (parameter.required || example === undefined) continue;
    parameter.schema = schema;
    parameter.description = `${parameter.description ?? ''} (e.g. ${String(example)})`;
  }
  return description;
}

/** @type {unknown} */
const given = Reflect.get(window, 'SwaggerUIBundle');
const swagger = /** @type {SwaggerUI} */ (given);

// Shows the description of this server. Requests go out with the session of the browser.
swagger({
  url: DESCRIPTION,
  dom_id: '#reference',
  presets: [swagger.presets.apis],
  layout: 'BaseLayout',
  // No validator of another host.
  validatorUrl: null,
  deepLinking: true,
  filter: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  persistAuthorization: false,
  /** @param {Answer} response */
  responseInterceptor(response) {
    if (response.ok && new URL(response.url, location.href).pathname === DESCRIPTION) {
      /** @type {unknown} */
      const description = JSON.parse(response.text);
      response.text = JSON.stringify(leaveOptionalEmpty(/** @type {Description} */ (description)));
    }
    return response;
  },
});
