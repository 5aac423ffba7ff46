import { openApiDocument } from './openapi.ts';
import type { ApiContext } from './context.ts';
import { NOT_MODIFIED, tagged } from './etag.ts';
import { defineRoute, noBody, noParams, noQuery, type Route } from './route.ts';
import { attachSlotRoutes } from './routes/attach-slots.ts';
import { authRoutes } from './routes/auth.ts';
import { bandwidthRoutes } from './routes/bandwidth-limits.ts';
import { cloudstackSettingsRoutes } from './routes/cloudstack-settings.ts';
import { discoveryRoutes } from './routes/discovery.ts';
import { eventRoutes } from './routes/events.ts';
import { failoverRoutes } from './routes/failover.ts';
import { healthRoutes } from './routes/health.ts';
import { jobRoutes } from './routes/jobs.ts';
import { networkMappingRoutes } from './routes/network-mappings.ts';
import { omaVmRoutes } from './routes/oma-vms.ts';
import { osseaRoutes } from './routes/ossea.ts';
import { replicationRoutes } from './routes/replications.ts';
import { progressRoutes } from './routes/progress.ts';
import { vmContextChangeRoutes } from './routes/vm-contexts-change.ts';
import { snapshotRoutes } from './routes/snapshots.ts';
import { volumeFindingRoutes } from './routes/volume-findings.ts';
import { volumeRoutes } from './routes/volumes.ts';
import { vmReadinessRoutes } from './routes/vm-readiness.ts';
import { vmContextRoutes } from './routes/vm-contexts.ts';
import { vmwareCredentialRoutes } from './routes/vmware-credentials.ts';
import { IfNoneMatch } from './schemas/conditional-headers.ts';
import { OpenApi } from './schemas/openapi.ts';

/** Every route below /api/v1, in the order in which they are tried. */
export function routeTable(context: ApiContext): readonly Route[] {
  const families = [
    healthRoutes,
    authRoutes,
    replicationRoutes,
    progressRoutes,
    failoverRoutes,
    vmReadinessRoutes,
    bandwidthRoutes,
    vmContextRoutes,
    vmContextChangeRoutes,
    vmwareCredentialRoutes,
    discoveryRoutes,
    cloudstackSettingsRoutes,
    osseaRoutes,
    networkMappingRoutes,
    snapshotRoutes,
    volumeRoutes,
    volumeFindingRoutes,
    attachSlotRoutes,
    omaVmRoutes,
    jobRoutes,
    eventRoutes,
  ];
  const routes: Route[] = families.flatMap((family) => family(context));
  const described = defineRoute({
    method: 'get',
    path: '/openapi.json',
    summary: 'This description',
    description: 'A page that shows it is at /docs.',
    tag: 'api',
    params: noParams,
    query: noQuery,
    body: noBody,
    headers: IfNoneMatch,
    answers: { 200: { description: 'OpenAPI 3.1', schema: OpenApi, headers: ['ETag'] }, ...NOT_MODIFIED },
    handle: ({ req }) => Promise.resolve(tagged(req, document)),
  });
  routes.push(described);
  const document = openApiDocument(routes, context.version);
  return routes;
}
