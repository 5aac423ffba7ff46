import { attachSlotExamples } from './attach-slots.ts';
import { authExamples } from './auth.ts';
import { bandwidthExamples } from './bandwidth-limits.ts';
import { CLOUD_SHOWN_ELSEWHERE, cloudExamples } from './cloud.ts';
import { discoveryExamples, VCENTER_SHOWN_ELSEWHERE } from './discovery.ts';
import type { Examples } from './example.ts';
import { failoverExamples } from './failover.ts';
import { OMA_VMS_SHOWN_ELSEWHERE, omaVmExamples } from './oma-vms.ts';
import { readingExamples } from './reading.ts';
import { replicationChangeExamples } from './replication-changes.ts';
import { replicationExamples } from './replications.ts';
import { vmContextChangeExamples } from './vm-context-changes.ts';
import { volumeFindingExamples, VOLUMES_SHOWN_ELSEWHERE } from './volume-findings.ts';
import { snapshotExamples } from './snapshots.ts';
import { vmwareCredentialExamples } from './vmware-credentials.ts';

/** At least one example of every route; every answer and every refusal of its own that it documents has one. */
export const EXAMPLES: Examples = {
  ...authExamples,
  ...bandwidthExamples,
  ...replicationExamples,
  ...replicationChangeExamples,
  ...readingExamples,
  ...vmContextChangeExamples,
  ...snapshotExamples,
  ...vmwareCredentialExamples,
  ...discoveryExamples,
  ...cloudExamples,
  ...volumeFindingExamples,
  ...attachSlotExamples,
  ...omaVmExamples,
  ...failoverExamples,
};

/** Refusals that no single request shows, and the test that does. */
export const SHOWN_ELSEWHERE: Readonly<Record<string, string>> = {
  ...VCENTER_SHOWN_ELSEWHERE,
  ...CLOUD_SHOWN_ELSEWHERE,
  ...VOLUMES_SHOWN_ELSEWHERE,
  ...OMA_VMS_SHOWN_ELSEWHERE,
  'POST /auth/login 503 auth.busy': 'needs many sign-ins at once: test/unit/api/auth/users.test.ts',
  'POST /replications 503 replication.overloaded':
    'needs as many requests as may wait: test/integration/api/replication-groups.test.ts',
};
