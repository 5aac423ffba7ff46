import { Router } from 'express';
import { z } from 'zod';
import { requireSharedSecret } from '../../../http/bearer.ts';
import { parseRequest } from '../../../http/server.ts';
import { faultSchema } from '../faults.ts';
import type { Control } from './control.ts';

/** The control interface on HTTP, for those who know its token: POST /control/<what> with JSON. */

const vm = z.string().min(1);
const key = z.int();
const onVm = z.object({ vm });
const onDisk = z.object({ vm, key });

const writeSchema = onDisk.extend({ offset: z.int().min(0), bytes_base64: z.base64() });
const snapshotSchema = onVm.extend({ name: z.string().min(1), description: z.string().default('') });
const revertSchema = onVm.extend({ snapshot: z.string() });
const growSchema = onDisk.extend({ capacity_bytes: z.int().positive() });
const damageSchema = onDisk.extend({ how: z.enum(['file-fault', 'new-lineage']) });
const spaceSchema = z.object({ datastore: z.string(), free_bytes: z.int().min(0) });
const hashSchema = z.object({ snapshot: z.string(), key });

type Action = (control: Control, body: unknown) => unknown;

/** What each is for is in control.ts. */
const ACTIONS: Readonly<Record<string, Action>> = {
  faults: (control, body) => control.faults.add(parseRequest(faultSchema, body)),
  write: (control, body) => {
    const wanted = parseRequest(writeSchema, body);
    const bytes = Buffer.from(wanted.bytes_base64, 'base64');
    return control.write(wanted.vm, wanted.key, [{ offset: wanted.offset, bytes }]);
  },
  snapshot: async (control, body) => {
    const wanted = parseRequest(snapshotSchema, body);
    return { snapshot: (await control.snapshot(wanted.vm, wanted)).id };
  },
  'remove-snapshot': (control, body) => {
    const wanted = parseRequest(revertSchema, body);
    return control.removeSnapshot(wanted.vm, wanted.snapshot);
  },
  clone: (control, body) => {
    const wanted = parseRequest(onVm.extend({ name: z.string().min(1) }), body);
    return { vm: control.clone(wanted.vm, wanted.name).id };
  },
  revert: (control, body) => {
    const wanted = parseRequest(revertSchema, body);
    return control.revert(wanted.vm, wanted.snapshot);
  },
  grow: (control, body) => {
    const wanted = parseRequest(growSchema, body);
    return control.grow(wanted.vm, wanted.key, wanted.capacity_bytes);
  },
  'damage-tracking': (control, body) => {
    const wanted = parseRequest(damageSchema, body);
    return control.damageTracking(wanted.vm, wanted.key, wanted.how);
  },
  'free-space': (control, body) => {
    const wanted = parseRequest(spaceSchema, body);
    return control.setFreeBytes(wanted.datastore, wanted.free_bytes);
  },
  'release-tasks': (control) => control.releaseTasks(),
  'expire-sessions': (control) => control.expireSessions(),
  hash: async (control, body) => {
    const wanted = parseRequest(hashSchema, body);
    return { sha256: await control.hashOf(wanted.snapshot, wanted.key) };
  },
};

export function controlRoutes(control: Control, token: string): Router {
  const router = Router();
  router.use(requireSharedSecret(token));
  router.get('/faults', (_req, res) => {
    res.json({ faults: control.faults.pending() });
  });
  router.delete('/faults', (_req, res) => {
    control.faults.clear();
    res.status(204).end();
  });
  for (const [name, act] of Object.entries(ACTIONS)) {
    router.post(`/${name}`, async (req, res) => {
      const result = await act(control, req.body);
      res.json(result ?? {});
    });
  }
  return router;
}
