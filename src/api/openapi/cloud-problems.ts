import {
  conflict,
  invalidRequest,
  notAllowed,
  notFound,
  precondition,
  upstream,
  type AppError,
} from '../../base/errors.ts';
import { CONTEXT, field, status } from './problem-parts.ts';

/** What refusals that have to do with CloudStack look like. */

const ENDPOINT = 'https://cloud.example.com/client/api';

const CONFIGS: readonly AppError[] = [
  notFound('ossea-config.unknown', 'there is no CloudStack configuration 7', {
    hint: 'POST /api/v1/ossea/config with {"action": "get"} lists them',
  }),
  conflict('ossea-config.exists', 'a CloudStack configuration is called cloud-1 already', {
    ...field('config.name', 'is taken; upper and lower case make no difference'),
    hint: 'take another name, or change the one that exists with {"action": "update"}',
  }),
  conflict('ossea-config.in-use', 'jobs of 2 VMs work in cloud-1', {
    hint: 'wait for their end or cancel them; to send new replications elsewhere, make another configuration active',
  }),
  precondition('ossea-config.keys-needed', `keys that were saved for ${ENDPOINT} are not sent elsewhere`, {
    ...field('config.api_key', 'is needed with another host, and so is secret_key'),
    hint: 'send api_key and secret_key together with the new api_url',
  }),
];

const CLOUD: readonly AppError[] = [
  notAllowed('cloudstack.unauthorized', 'cloudstack refused listCapabilities: unable to verify user credentials', {
    hint: 'check API key, secret key, the role of the user, and the clocks of both machines',
  }),
  notAllowed('cloudstack.forbidden', 'cloudstack refused listNetworks: the account has no permission', {
    ...status(403),
    hint: 'the account of this API key does not own the object',
  }),
  notAllowed('cloudstack.second-factor', 'cloudstack refused listZones: two-factor authentication is needed', {
    ...status(403),
    hint: 'this user needs two-factor authentication; use the API key of a user without it',
  }),
  upstream('cloudstack.unreachable', 'cloudstack does not answer listNetworks within 5000 ms', {
    hint: `check that ${ENDPOINT} is reachable from here`,
  }),
  upstream('cloudstack.bad-answer', 'cloudstack answered listZones with something that is not its API', {
    hint: 'does the endpoint end in /client/api, and does no proxy or login page answer in its place?',
  }),
  upstream('cloudstack.maintenance', 'cloudstack refused listZones: the management server is in maintenance', {
    hint: 'the management server takes no new jobs at the moment',
  }),
  upstream('cloudstack.rate-limited', 'cloudstack refused listZones: the rate of requests is limited', {
    hint: 'send the request again a moment later',
  }),
  upstream('cloudstack.failed', 'cloudstack refused listNetworks: an unexpected error (cloudstack.internal)', {
    hint: 'the log of the management server says why',
  }),
  notFound('cloudstack.domain-unknown', 'this account sees no domain ROOT/nowhere', {
    hint: 'it sees ROOT, ROOT/migration',
  }),
  notFound('cloudstack.network-unknown', 'the zone has no network prod-lan that VMs can be put into', {
    hint: 'GET /api/v1/networks/available lists them; upper and lower case make a difference',
  }),
  conflict('cloudstack.network-ambiguous', '2 networks of the zone are called prod-lan', {
    ...field('network_name', '2c1d3d0e-1c0a-4a54-8f0e-6f3d6a0e9b11 10.1.1.0/24'),
    hint: 'use the id of one of them; errors lists them',
  }),
];

const MAPPINGS: readonly AppError[] = [
  invalidRequest('network-mapping.other-vm', `${CONTEXT} is the VM web01, and not web02`, {
    ...field('vm_id', 'is not the VM of vm_context_id, which is web01'),
    hint: 'send the name of the VM, or leave vm_context_id out',
  }),
  notFound('network-mapping.unknown', 'there is no test mapping of VM Network of web01', {
    hint: 'GET /api/v1/network-mappings/{vm_id} lists them; without is_test=true it is the live one',
  }),
  conflict('network-mapping.shared-destination', 'the live mapping of VM Network of web01 leads to the same network', {
    ...field('destination_network_id', 'is where the live mapping of VM Network of web01 leads'),
    hint: 'a test VM beside the live one takes its address and name: choose another network, or send force to share it',
  }),
  precondition('network-mapping.source-unknown', 'web01 has no network VM Netwrok', {
    ...field('source_network_name', 'VM Network is a network of this VM'),
    hint: 'errors lists the networks of the VM, letter by letter; where they changed, discover the VM again',
  }),
  precondition(
    'network-mapping.destination-unknown',
    'the zone of cloud-1 has no network 17 that VMs can be put into',
    {
      ...field('destination_network_id', 'is no network of the zone'),
      hint: 'GET /api/v1/networks/available lists them; this takes the id, and POST /api/v1/networks/resolve finds it by name',
    },
  ),
];

export const CLOUD_PROBLEMS: readonly AppError[] = [...CONFIGS, ...CLOUD, ...MAPPINGS];
