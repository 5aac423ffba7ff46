import { Router } from 'express';
import { requireSharedSecret } from '../../http/bearer.ts';
import { parseRequest } from '../../http/server.ts';
import type { Cloud } from './cloud.ts';
import { faultSchema, type Faults } from './faults.ts';
import type { Keys } from './keys.ts';

/**
 * Steers the simulated cloud from another process, for whoever knows the token in the keys file. Within one process the
 * same is on the simulator itself: `faults`, `heldJobs`, `releaseJobs`, `edit`.
 *
 * - GET /control/faults: `{faults, struck}`; rules that are not used up, and faults that have had their effect
 * - POST /control/faults: adds a rule, `{command, times?, kind, ...}`; see faults.ts for the kinds
 * - DELETE /control/faults: forgets the rules
 * - GET /control/jobs: `{held}`; how many jobs a fault holds
 * - POST /control/jobs/release: lets them do their work
 * - GET /control/vms/{id}/console: the end of what the serial console of a VM has shown since it was powered on, as text
 */
export interface ControlParts {
  readonly cloud: Cloud;
  readonly faults: Faults;
  readonly keys: Keys;
}

export function controlRouter({ cloud, faults, keys }: ControlParts): Router {
  const control = Router();
  const state = () => ({ faults: faults.pending(), struck: faults.struck() });
  control.use(requireSharedSecret(keys.controlToken));
  control.get('/faults', (_req, res) => {
    res.json(state());
  });
  control.post('/faults', (req, res) => {
    faults.add(parseRequest(faultSchema, req.body));
    res.status(201).json(state());
  });
  control.delete('/faults', (_req, res) => {
    faults.clear();
    res.status(204).end();
  });
  control.get('/jobs', (_req, res) => {
    res.json({ held: cloud.heldJobs });
  });
  control.post('/jobs/release', (_req, res) => {
    cloud.releaseJobs();
    res.status(204).end();
  });
  control.get('/vms/:id/console', (req, res) => {
    const text = cloud.hypervisor.consoleText(req.params.id);
    if (text === undefined) res.status(404).end();
    else res.type('text/plain').send(text);
  });
  return control;
}
