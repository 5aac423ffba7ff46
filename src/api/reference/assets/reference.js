const DESCRIPTION = '/api/v1/openapi.json';

/** "Try it out" fills every field with its example: for what may be left out, the example is told instead. */
function leaveOptionalEmpty(document) {
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  for (const parameter of operations.flatMap((operation) => operation.parameters ?? [])) {
    const { example, ...schema } = parameter.schema;
    if (parameter.required || example === undefined) continue;
    parameter.schema = schema;
    parameter.description += ` (e.g. ${example})`;
  }
  return document;
}

// Shows the description of this server. Requests go out with the session of the browser.
window.SwaggerUIBundle({
  url: DESCRIPTION,
  dom_id: '#reference',
  presets: [window.SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
  // No validator of another host.
  validatorUrl: null,
  deepLinking: true,
  filter: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  persistAuthorization: false,
  responseInterceptor(response) {
    if (response.ok && new URL(response.url, location.href).pathname === DESCRIPTION) {
      response.text = JSON.stringify(leaveOptionalEmpty(JSON.parse(response.text)));
    }
    return response;
  },
});
