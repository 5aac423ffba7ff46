import type { operations } from './schema.d.ts';

/** What the commands send, as the OpenAPI document has it. */

type QueryOf<O extends keyof operations> = NonNullable<operations[O]['parameters']['query']>;
export type JobFilter = QueryOf<'getJobs'>;
export type VmFilter = QueryOf<'getVmContexts'>;
type JsonBody<O> = O extends { requestBody: { content: { 'application/json': infer B } } } ? B : never;
export type StartReplication = JsonBody<operations['postReplications']>;
export type Login = JsonBody<operations['postAuthLogin']>;
export type NewCredential = JsonBody<operations['postVmwareCredentials']>;
export type WhichVcenter = JsonBody<operations['postDiscoveryPreview']>;
export type DiscoverVms = JsonBody<operations['postDiscoveryDiscoverVms']>;
export type CloudConfigAction = JsonBody<operations['postOsseaConfig']>;
export type WhichCloud = JsonBody<operations['postSettingsCloudstackDiscoverAll']>;
export type NewMapping = JsonBody<operations['postNetworkMappings']>;
export type NewFailover = JsonBody<operations['postFailoverUnified']>;
export type RollBack = JsonBody<operations['postFailoverRollback']>;
export type FailoverFilter = QueryOf<'getFailoverJobs'>;
export type ReadinessQuery = QueryOf<'getFailoverByVmIdReadiness'>;
export type AddVms = JsonBody<operations['postDiscoveryAddVms']>;
export type VolumeFilter = QueryOf<'getVolumes'>;
export type VolumeOperationFilter = QueryOf<'getVolumesOperations'>;
