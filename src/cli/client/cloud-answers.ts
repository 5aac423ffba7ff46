import { z } from 'zod';

/** What the commands read of answers that have to do with CloudStack; see answers.ts. */

export const CloudConfig = z.looseObject({
  id: z.number(),
  name: z.string(),
  api_url: z.string(),
  zone: z.string(),
  domain: z.string().nullable(),
  oma_vm_id: z.string().nullable(),
  template_id: z.string().nullable(),
  network_id: z.string().nullable(),
  service_offering_id: z.string().nullable(),
  disk_offering_id: z.string().nullable(),
  is_active: z.boolean(),
  context_count: z.number(),
  volume_count: z.number(),
});
export type CloudConfig = z.output<typeof CloudConfig>;

export const CloudConfigAnswer = z.looseObject({
  success: z.boolean(),
  message: z.string(),
  config: CloudConfig.optional(),
  configs: z.array(CloudConfig).optional(),
});

/** Of answers that are 200 also when CloudStack refuses. */
const failure = { error: z.string().nullable(), error_code: z.string().nullable(), hint: z.string().nullable() };

export const CloudValidated = z.looseObject({
  success: z.boolean(),
  message: z.string(),
  result: z.record(z.string(), z.union([z.string(), z.looseObject({ status: z.string(), message: z.string() })])),
  ...failure,
});

const Choice = z.looseObject({ id: z.string(), name: z.string(), description: z.string() });
export type Choice = z.output<typeof Choice>;

const CloudNetwork = Choice.extend({
  type: z.string().nullable(),
  state: z.string().nullable(),
  cidr: z.string().nullable(),
  is_default: z.boolean(),
});
export type CloudNetwork = z.output<typeof CloudNetwork>;

export const CloudDiscovered = z.looseObject({
  success: z.boolean(),
  oma_vm_id: z.string().nullable(),
  oma_vm_name: z.string().nullable(),
  zones: z.array(Choice),
  templates: z.array(Choice),
  service_offerings: z.array(Choice.extend({ is_customized: z.boolean() })),
  disk_offerings: z.array(Choice.extend({ is_customized: z.boolean() })),
  networks: z.array(CloudNetwork),
  ...failure,
});
export type CloudDiscovered = z.output<typeof CloudDiscovered>;

const Mapping = z.looseObject({
  vm_id: z.string(),
  vm_context_id: z.string().nullable(),
  source_network_name: z.string(),
  destination_network_name: z.string(),
  is_test_network: z.boolean(),
});
export type Mapping = z.output<typeof Mapping>;

export const MappingPage = z.looseObject({
  data: z.array(Mapping),
  count: z.number(),
  next_cursor: z.string().nullable(),
});
export const MappingSaved = z.looseObject({ message: z.string(), data: Mapping });
export const MappingDeleted = z.looseObject({ message: z.string() });
export const MappingStatus = z.looseObject({
  message: z.string(),
  data: z.looseObject({ unmapped_networks: z.array(z.string()), unmapped_test_networks: z.array(z.string()) }),
});
export const NetworkPage = z.looseObject({
  data: z.array(CloudNetwork),
  count: z.number(),
  next_cursor: z.string().nullable(),
});
export const NetworkResolved = z.looseObject({ data: CloudNetwork });
