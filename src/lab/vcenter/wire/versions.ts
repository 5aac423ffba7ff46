/** /sdk/vimServiceVersions.xml: what clients ask before they choose how to speak. */
const PRIOR = [
  '7.0.2.0',
  '7.0.1.0',
  '7.0.0.0',
  '6.9.1',
  '6.8.7',
  '6.7.3',
  '6.7.2',
  '6.7.1',
  '6.7',
  '6.5',
  '6.0',
  '5.5',
];

const versions = (name: string, version: string, prior: readonly string[]): string =>
  `<namespace><name>${name}</name><version>${version}</version><priorVersions>` +
  `${prior.map((each) => `<version>${each}</version>`).join('')}</priorVersions></namespace>`;

export const SERVICE_VERSIONS =
  '<?xml version="1.0" encoding="UTF-8" ?>\n' +
  `<namespaces version="1.0">${versions('urn:vim25', '7.0.3.0', PRIOR)}</namespaces>\n`;
