/** The families of routes, in the order in which the reference shows them. */
export const TAGS: readonly { readonly name: string; readonly description: string }[] = [
  { name: 'auth', description: 'Sign in and out. Programs send the token; browsers have it as a cookie.' },
  { name: 'vm-contexts', description: 'The VMs that are protected: one context per VM and vCenter.' },
  { name: 'vmware-credentials', description: 'Accounts of the vCenters that VMs come from; passwords go in only.' },
  { name: 'discovery', description: 'The VMs of a vCenter: looking at them, and making them known.' },
  { name: 'cloudstack', description: 'The CloudStack that VMs go to: how to reach it, and what to use there.' },
  {
    name: 'networks',
    description: 'Where the networks of a VM lead in CloudStack, for live and test failovers apart.',
  },
  { name: 'replications', description: 'Copying a VM to the target cloud, and keeping the copy up to date.' },
  {
    name: 'failover',
    description: 'Starting a VM in CloudStack from its copy, for good or as a test; and the way back.',
  },
  { name: 'validation', description: 'Whether a VM is fit for a failover: every rule, and what it found.' },
  { name: 'bandwidth', description: 'How fast copies may be: all of a worker, of a job, of a disk.' },
  {
    name: 'volumes',
    description: 'Target volumes: places for them at the OMA VMs, and where our rows and CloudStack disagree.',
  },
  { name: 'snapshots', description: 'Snapshots of ours at the vCenters: leftover ones, and alarms by age and space.' },
  { name: 'jobs', description: 'The ledger: every piece of work, whoever asked for it, with its steps.' },
  { name: 'events', description: 'What happens, live: server-sent events that go on where they broke off.' },
  { name: 'health', description: 'For load balancers and people: is it up, and what it depends on.' },
  { name: 'api', description: 'This description.' },
];
