// A VMA process for tests: a real death. Its settings come in the environment; it says its URL on stdout.
import { z } from 'zod';
import { Secret } from '../../src/config/secrets.ts';
import { startVma } from '../../src/vma/start.ts';

const Settings = z.object({
  config: z.object({
    host: z.string(),
    port: z.int(),
    folderRoot: z.string(),
    sessionTtlMs: z.int(),
    stateDir: z.string(),
    runDir: z.string(),
    vsphere: z.object({
      vddkTransports: z.string(),
      nbdkit: z.string(),
      frozenDir: z.string(),
      hostConnections: z.int(),
      trustInUseMap: z.boolean(),
    }),
  }),
  token: z.string(),
  options: z.record(z.string(), z.int()),
});

const { config, token, options } = Settings.parse(JSON.parse(process.env['TEST_VMA'] ?? '{}'));
const vsphere = { ...config.vsphere, vddkDir: undefined };
const server = await startVma({ ...config, vsphere, token: new Secret(token) }, options);
process.stdout.write(`${server.url}\n`);
