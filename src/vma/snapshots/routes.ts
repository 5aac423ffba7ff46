import { Router } from 'express';
import { parseRequest } from '../../http/server.ts';
import { FindSnapshots, RemoveSnapshot } from '../snapshots-contract.ts';
import type { Janitor } from './janitor.ts';

export function snapshotRoutes(janitor: Janitor): Router {
  const router = Router();
  router.post('/snapshots/find', async (req, res) => {
    res.json(await janitor.find(parseRequest(FindSnapshots, req.body)));
  });
  router.post('/snapshots/remove', async (req, res) => {
    res.status(202).json(await janitor.remove(parseRequest(RemoveSnapshot, req.body)));
  });
  return router;
}
