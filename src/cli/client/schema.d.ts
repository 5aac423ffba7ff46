// Made by `npm run generate` from the routes of src/api. Do not edit.
export type paths = {
  '/attach-slots': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Places for data disks at the OMA VMs, and the line for them
     * @description A replication has slots for all of its volumes at one OMA VM while it runs. Volumes stay attached afterwards, and are detached, longest idle first, when somebody needs their slot.
     */
    get: operations['getAttachSlots'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/auth/login': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Sign in
     * @description Answers with a session token and sets it as a cookie (HttpOnly, SameSite=Strict) for browsers.
     */
    post: operations['postAuthLogin'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/auth/logout': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Sign out of the browser
     * @description Removes the cookie. A token that was copied elsewhere stays valid until it expires.
     */
    post: operations['postAuthLogout'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/bandwidth-limits': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** How fast copies may be */
    get: operations['getBandwidthLimits'];
    /**
     * Change how fast copies may be
     * @description Holds for copies that run too: their workers look every two seconds. What crosses no wire (holes, zeros) is free.
     */
    put: operations['putBandwidthLimits'];
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/discovery/add-vms': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Make VMs of a vCenter known
     * @description A VM is named by its name, by its inventory path, or by its instance uuid; a name that several VMs have chooses none of them. VMs are told apart by instance uuid and vCenter, never by name or BIOS uuid. One that is known already is not added again: what vCenter says of it now is stored. Sent again, the request does no harm.
     */
    post: operations['postDiscoveryAddVms'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/discovery/bulk-add': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Make many VMs of a vCenter known
     * @description A VM is named by its name, by its inventory path, or by its instance uuid; a name that several VMs have chooses none of them. VMs are told apart by instance uuid and vCenter, never by name or BIOS uuid. One that is known already is not added again: what vCenter says of it now is stored. Sent again, the request does no harm.
     */
    post: operations['postDiscoveryBulkAdd'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/discovery/discover-vms': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Look at the VMs of a vCenter, and make them known where that is asked for
     * @description Without create_context nothing is changed. A VM is named by its name, by its inventory path, or by its instance uuid; a name that several VMs have chooses none of them. VMs are told apart by instance uuid and vCenter, never by name or BIOS uuid. One that is known already is not added again: what vCenter says of it now is stored. Sent again, the request does no harm.
     */
    post: operations['postDiscoveryDiscoverVms'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/discovery/preview': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** What a discovery would find; changes nothing */
    post: operations['postDiscoveryPreview'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/discovery/ungrouped-vms': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Known VMs in no machine group
     * @description The VMs of /vm-contexts/ungrouped.
     */
    get: operations['getDiscoveryUngroupedVms'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/events': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Everything that happens, live
     * @description Log events of all jobs, and state and progress of every job that has not ended: all of them at the start, then what changes. Without Last-Event-ID it begins with the present (the last few seconds may be told); with it, it goes on after that event, and 0 means everything that is kept. An id that was never given out means the present.
     */
    get: operations['getEvents'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/failover/{job_id}/cancel': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Cancel a failover
     * @description What it did is undone: volumes, snapshots, its VM, the power of the source. A live failover whose VM has started goes on to its end. Takes the id of a rollback or a commit, too.
     */
    post: operations['postFailoverByJobIdCancel'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/failover/{job_id}/commit': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Make a live failover final
     * @description Its snapshots are deleted: nothing leads back any more, and the protection of the VM ends.
     */
    post: operations['postFailoverByJobIdCommit'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/failover/{job_id}/status': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Where a failover stands
     * @description Takes the id of the job, its external id, and the ids of the jobs that take it back or commit it.
     */
    get: operations['getFailoverByJobIdStatus'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/failover/{vm_id}/readiness': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Whether a VM may be failed over */
    get: operations['getFailoverByVmIdReadiness'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/failover/{vm_name}/cleanup-failed': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Clear up what a failed failover of a VM left behind
     * @description Takes what is already so for done: volumes that are detached, snapshots and VMs that are gone. A failover that went well is not touched.
     */
    post: operations['postFailoverByVmNameCleanupFailed'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/failover/cleanup/{vm_name}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Clean the test failover of a VM up
     * @description cleanup_type failed: what a failed one left behind.
     */
    post: operations['postFailoverCleanupByVmName'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/failover/jobs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Failovers, newest first */
    get: operations['getFailoverJobs'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/failover/live': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Fail a VM over for good
     * @description The source is shut down and replicated once more, unless the request says otherwise. Readiness is judged first: with findings that forbid it, the answer is 409 failover.not-ready, and errors names them.
     */
    post: operations['postFailoverLive'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/failover/preflight/config/{failover_type}/{vm_name}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What a failover asks a person */
    get: operations['getFailoverPreflightConfigByFailoverTypeByVmName'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/failover/preflight/validate': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Whether a failover would be accepted
     * @description Does nothing. success says whether POST /failover/unified would accept the same request now.
     */
    post: operations['postFailoverPreflightValidate'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/failover/rollback': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Take the last failover of a VM back
     * @description Its VM is stopped and destroyed, its volumes return to the appliance as they were at the last commit, and the next replication is incremental.
     */
    post: operations['postFailoverRollback'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/failover/rollback/decision/{failover_type}/{vm_name}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What is to be decided before a rollback */
    get: operations['getFailoverRollbackDecisionByFailoverTypeByVmName'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/failover/test': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Try the failover of a VM out
     * @description The VM starts from its last committed point in an isolated network; its source is never touched, and its replication waits meanwhile. Readiness is judged first: with findings that forbid it, the answer is 409 failover.not-ready, and errors names them.
     */
    post: operations['postFailoverTest'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/failover/test/{job_id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /**
     * End a test failover
     * @description The same as its rollback: nothing of the test remains, and replication goes on.
     */
    delete: operations['deleteFailoverTestByJobId'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/failover/unified': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Fail a VM over, either way
     * @description A live failover must state power_off_source. Readiness is judged first: with findings that forbid it, the answer is 409 failover.not-ready, and errors names them.
     */
    post: operations['postFailoverUnified'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/health': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Is it up, for how long, which version
     * @description Answers 200 as long as the process lives; the body tells what it depends on.
     */
    get: operations['getHealth'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/health/live': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Does the process answer at all */
    get: operations['getHealthLive'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/health/ready': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Can it serve requests
     * @description The database is needed. Redis, VMA and volume daemon are not: without them requests are served, and jobs are accepted and wait. `away` names what they wait for.
     */
    get: operations['getHealthReady'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/jobs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Jobs of every kind, newest first */
    get: operations['getJobs'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/jobs/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One job with its steps */
    get: operations['getJobsById'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/jobs/{id}/events': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * What happens to one job, live
     * @description Its state and progress at the start and at each change, and its log events. When the job is over and everything was sent, `end` comes and the stream closes: do not connect again then. Without Last-Event-ID it begins with the present (the last few seconds may be told); with it, it goes on after that event, and 0 means everything that is kept. An id that was never given out means the present.
     */
    get: operations['getJobsByIdEvents'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/jobs/{id}/logs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * What happened to a job
     * @description The life of the job and what its worker said, oldest first. Follow it live with /jobs/{id}/events: after the last page give the id of its last event as last_event_id, and nothing is missed or told twice.
     */
    get: operations['getJobsByIdLogs'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/network-mappings': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** All network mappings, by VM */
    get: operations['getNetworkMappings'];
    put?: never;
    /**
     * Save where a network of a VM leads
     * @description vm_id is the name of a VM; where several have it, the id of the context of one of them. Replaces the mapping of this VM, source network and kind. The destination must exist in the zone, and is stored under the name that CloudStack has for it. Test and live failovers of a VM must not share a destination, unless force says so.
     */
    post: operations['postNetworkMappings'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/network-mappings/{vm_id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The network mappings of a VM, live and test
     * @description vm_id is the name of a VM; where several have it, the id of the context of one of them.
     */
    get: operations['getNetworkMappingsByVmId'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/network-mappings/{vm_id}/{source_network_name}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /**
     * Delete one network mapping
     * @description vm_id is the name of a VM; where several have it, the id of the context of one of them. Without is_test the live one; the other stays.
     */
    delete: operations['deleteNetworkMappingsByVmIdBySourceNetworkName'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/network-mappings/{vm_id}/status': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Whether all networks of a VM are mapped
     * @description vm_id is the name of a VM; where several have it, the id of the context of one of them. Its networks are those that its source told last.
     */
    get: operations['getNetworkMappingsByVmIdStatus'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/networks/available': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Networks of the active cloud that mappings may lead to */
    get: operations['getNetworksAvailable'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/networks/resolve': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Find a network of the active cloud by its name */
    post: operations['postNetworksResolve'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/oma-vms/{vm_id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /**
     * Forget an OMA VM that is gone for good
     * @description For a VM whose volume daemon will not come back: volumes that our rows have there could be attached nowhere else. CloudStack is asked about each of them first; where it has one at that VM, nothing is changed. The others count as detached, and their next copies are of all of them.
     */
    delete: operations['deleteOmaVmsByVmId'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/openapi.json': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * This description
     * @description A page that shows it is at /docs.
     */
    get: operations['getOpenapiJson'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/ossea/config': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Read, save, change, try and retire configurations of CloudStack
     * @description Keys are sealed before they are stored (AES-256-GCM), for this configuration only, and never shown. Exactly one configuration is active at most: new replications go there; VMs that have volumes in another cloud stay with it. An update without keys keeps those that are stored; with another host they must be sent, too. delete makes inactive and keeps the row.
     */
    post: operations['postOsseaConfig'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/ossea/config-streamlined': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Save the one configuration of CloudStack, whole
     * @description Makes or replaces the configuration called default, and makes it the active one. Another cloud while volumes are stored in this one is refused: that is another configuration.
     */
    post: operations['postOsseaConfigStreamlined'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/ossea/discover-resources': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** What a CloudStack has to choose from */
    post: operations['postOsseaDiscoverResources'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/progress/{job_id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * How far a replication is, in the shape of the VMA
     * @description Asks the VMA for two seconds while the job runs; else, and without an answer, tells what the row has.
     */
    get: operations['getProgressByJobId'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/replications': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Replications, newest first */
    get: operations['getReplications'];
    put?: never;
    /**
     * Replicate a VM
     * @description Answers as soon as the job is stored; the work is done by workers. The first replication copies every disk, later ones what changed since. With start_replication false the VM is only added.
     */
    post: operations['postReplications'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/replications/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One replication with its disks */
    get: operations['getReplicationsById'];
    /**
     * Change what is not execution state, or cancel
     * @description Sets what the body names and leaves the rest. The ETag changes with each report of progress, so leave If-Match out to cancel a replication that runs.
     */
    put: operations['putReplicationsById'];
    post?: never;
    /**
     * Delete a replication
     * @description A job does it; GET /jobs/{deletion_tracking_id} follows it. While another replication of the VM remains, its disks and volumes stay and the next replication is incremental. With the last one, or with delete_volumes, the target volumes are deleted; a volume that another VM has is kept, with a warning.
     */
    delete: operations['deleteReplicationsById'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/replications/{id}/cancel': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Cancel a replication
     * @description The worker stops at a safe point and cleans up; what was committed before stays usable.
     */
    post: operations['postReplicationsByIdCancel'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/replications/{id}/changeid': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Store that an external mover has copied a disk
     * @description Under the claim of the job that runs now, after the target is flushed and its export closed. Our own workers commit their disks themselves. Sent again, it changes nothing.
     */
    post: operations['postReplicationsByIdChangeid'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/replications/{id}/progress': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** How far a replication is */
    get: operations['getReplicationsByIdProgress'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/replications/changeid': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The state that an incremental copy of a disk may start from
     * @description Only a changeId that is true of the target volume as it is now; else an empty one, which means a full copy.
     */
    get: operations['getReplicationsChangeid'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/service-offerings/available': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Compute offerings of the active cloud */
    get: operations['getServiceOfferingsAvailable'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/settings/cloudstack/detect-oma-vm': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Find the VM that this appliance is
     * @description By the network cards of the machine that the API runs on. What CloudStack says is the outcome: keys that it refuses, or an address where it is not, are 200 with success false, error, error_code and hint. Nothing that is sent is stored. With record it is stored, when one VM was found.
     */
    post: operations['postSettingsCloudstackDetectOmaVm'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/settings/cloudstack/discover-all': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Everything that a configuration is made of, in one answer
     * @description What CloudStack says is the outcome: keys that it refuses, or an address where it is not, are 200 with success false, error, error_code and hint. Nothing that is sent is stored.
     */
    post: operations['postSettingsCloudstackDiscoverAll'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/settings/cloudstack/networks': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Networks in the zone of the active configuration */
    get: operations['getSettingsCloudstackNetworks'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/settings/cloudstack/test-connection': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Try address and keys of a CloudStack
     * @description What CloudStack says is the outcome: keys that it refuses, or an address where it is not, are 200 with success false, error, error_code and hint. Nothing that is sent is stored.
     */
    post: operations['postSettingsCloudstackTestConnection'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/settings/cloudstack/validate': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Check whether a CloudStack is fit for replication and failover
     * @description Four checks, each with what to do about it. What CloudStack says is the outcome: keys that it refuses, or an address where it is not, are 200 with success false, error, error_code and hint. Nothing that is sent is stored.
     */
    post: operations['postSettingsCloudstackValidate'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/snapshots': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Snapshots of this installation at the vCenters, and alarms about them
     * @description What the job sweep-snapshots found last: leftover snapshots with what becomes of them, and alarms by age and by the free space of datastores. Snapshots of people and other programs are counted, never touched.
     */
    get: operations['getSnapshots'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/vm-contexts': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Protected VMs by name */
    get: operations['getVmContexts'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/vm-contexts/{context_id}/credential': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    /**
     * Choose the account with which a VM is read
     * @description Discovery sets it to the account that found the VM. It must be one of the vCenter of the VM.
     */
    put: operations['putVmContextsByContextIdCredential'];
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/vm-contexts/{context_id}/disks': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The disks of a VM
     * @description Before the first job of the VM: as its source described them.
     */
    get: operations['getVmContextsByContextIdDisks'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/vm-contexts/{context_id}/recent-jobs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The newest jobs of a VM, of every kind
     * @description Replications, failovers, rollbacks and deletions; at most 20, at most 10 of them replications.
     */
    get: operations['getVmContextsByContextIdRecentJobs'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/vm-contexts/{vm_name}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One protected VM by name */
    get: operations['getVmContextsByVmName'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/vm-contexts/by-id/{context_id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One protected VM by the id of its context */
    get: operations['getVmContextsByIdByContextId'];
    put?: never;
    post?: never;
    /**
     * Delete a VM with its replications and target volumes
     * @description A job does it; GET /jobs/{deletion_tracking_id} follows it. First the volumes are deleted in the cloud and what the source still has of us is ended, then the VM is forgotten. While the cloud or another VM keeps a volume the job fails and the VM stays: delete it again. The VM itself, in its vCenter, is not touched.
     */
    delete: operations['deleteVmContextsByIdByContextId'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/vm-contexts/ungrouped': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Protected VMs in no machine group
     * @description The same as /vm-contexts?ungrouped=true. A VM that is really called "ungrouped" is found by its id, or by /vm-contexts?vm_name=ungrouped.
     */
    get: operations['getVmContextsUngrouped'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/vms/{vm_id}/active-jobs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The jobs that work on a VM */
    get: operations['getVmsByVmIdActiveJobs'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/vms/{vm_id}/configuration-check': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Whether networks, target and source of a VM are configured */
    get: operations['getVmsByVmIdConfigurationCheck'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/vms/{vm_id}/failover-readiness': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Whether a VM may be failed over, rule by rule */
    get: operations['getVmsByVmIdFailoverReadiness'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/vms/{vm_id}/network-mapping-status': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Where the networks of a VM lead */
    get: operations['getVmsByVmIdNetworkMappingStatus'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/vms/{vm_id}/sync-status': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The copy of a VM: whole, how old, incremental next time */
    get: operations['getVmsByVmIdSyncStatus'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/vms/{vm_id}/volume-status': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The volumes of a VM */
    get: operations['getVmsByVmIdVolumeStatus'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/vmware-credentials': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Accounts of vCenters, by name */
    get: operations['getVmwareCredentials'];
    put?: never;
    /**
     * Save an account of a vCenter
     * @description The password is sealed before it is stored (AES-256-GCM), for this credential and this host only.
     */
    post: operations['postVmwareCredentials'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/vmware-credentials/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One account of a vCenter */
    get: operations['getVmwareCredentialsById'];
    /**
     * Change an account of a vCenter
     * @description Sets what the body names and leaves the rest. With another vcenter_host the password must be sent, too: one that was saved for another server is never sent to the new one.
     */
    put: operations['putVmwareCredentialsById'];
    post?: never;
    /**
     * Delete an account of a vCenter
     * @description Refused while a VM uses it, and for the last active one.
     */
    delete: operations['deleteVmwareCredentialsById'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/vmware-credentials/{id}/set-default': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    /**
     * Make an account the default
     * @description At most one is the default: the one that was is not any more.
     */
    put: operations['putVmwareCredentialsByIdSetDefault'];
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/vmware-credentials/{id}/test': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Try an account of a vCenter out
     * @description Signs in through the VMA and counts the VMs. A password that is refused, or a vCenter that does not answer, is the outcome: success is false, with error_code and hint.
     */
    post: operations['postVmwareCredentialsByIdTest'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/vmware-credentials/default': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The credential that is used where none is named */
    get: operations['getVmwareCredentialsDefault'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/volumes': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Target volumes: of which disk, and where they are attached
     * @description What our rows say. Where CloudStack says otherwise, the volume has a finding.
     */
    get: operations['getVolumes'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/volumes/findings': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Where our rows and the volumes of CloudStack disagree
     * @description What the job reconcile-volumes, or force-sync of the volume daemon, found last. A volume that another VM has is copied in full next; else a finding changes nothing. The field next_step says what a person does.
     */
    get: operations['getVolumesFindings'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/volumes/findings/{volume_id}/adopt': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Tie an orphaned volume to the disk that its name tells
     * @description Only when that disk has no volume and the sizes fit. The next copy of the disk is a full one.
     */
    post: operations['postVolumesFindingsByVolumeIdAdopt'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/volumes/findings/{volume_id}/remove': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Delete a volume that nobody needs, or the rows of one that is gone
     * @description A job of the volume daemon deletes it; its row stays until CloudStack has confirmed. Refused for anything that is attached, or not named as ours.
     */
    post: operations['postVolumesFindingsByVolumeIdRemove'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/volumes/operations': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Operations on volumes, newest first
     * @description Each is a job of the queue attach-volume: /jobs/{id} has its log.
     */
    get: operations['getVolumesOperations'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
};
export type webhooks = Record<string, never>;
export type components = {
  schemas: {
    /**
     * @description VMs to make known.
     * @example {
     *       "credential_id": 1,
     *       "vm_names": [
     *         "web01",
     *         "web02"
     *       ]
     *     }
     */
    AddVms: {
      /**
       * @description who adds them, for people
       * @example ann
       */
      added_by?: (string | null) | undefined;
      /**
       * @description a stored account; 0: the default one
       * @example 1
       */
      credential_id?: (number | null) | undefined;
      /**
       * @description the datacenter to look at; of a stored account its own
       * @example DC1
       */
      datacenter?: (string | null) | undefined;
      /**
       * Format: password
       * @description used for this request, and not stored
       * @example secret
       */
      password?: (string | null) | undefined;
      /**
       * @description its user
       * @example migratekit@vsphere.local
       */
      username?: (string | null) | undefined;
      /**
       * @description the vCenter instead: name or address, and :port where it is not 443
       * @example vcenter-01.example.com
       */
      vcenter?: (string | null) | undefined;
      /**
       * @description PEM certificates of the authorities that its certificate may come from
       * @example -----BEGIN ...
       */
      vcenter_ca?: (string | null) | undefined;
      /**
       * @description SHA-1 or SHA-256 of the one certificate that the vCenter may show
       * @example abababababababababababababababababababab
       */
      vcenter_thumbprint?: (string | null) | undefined;
      /** @description the VMs, by name, inventory path or instance uuid */
      vm_names: string[];
    };
    /** @description The disk that has this volume now; its next copy is a full one. */
    AdoptedVolume: {
      /**
       * @description its disk
       * @example web01-disk-0
       */
      disk_id: string;
      /**
       * @description the VM
       * @example ctx-web01-20260101-120000
       */
      vm_context_id: string;
      /**
       * @description UUID of the volume in CloudStack
       * @example 0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0
       */
      volume_id: string;
    };
    /** @description an appliance with the token of the settings */
    ApplianceLogin: {
      /**
       * @description name of the appliance, for the log
       * @example vma-berlin-1
       */
      appliance_id: string;
      /**
       * @description MIGRATEKIT_APPLIANCE_TOKEN of this server
       * @example the-token-of-the-settings
       */
      token: string;
      /**
       * @description version of the appliance, for the log
       * @example 1.0.0
       */
      version?: string | undefined;
    };
    /**
     * @description With which account a VM is read.
     * @example {
     *       "credential_id": 1
     *     }
     */
    AssignCredential: {
      /**
       * @description the account; null: none
       * @example 1
       */
      credential_id: number | null;
    };
    /** @description Who has places for data disks at the OMA VMs, and who waits for some. */
    AttachSlots: {
      /** @description in the order in which they came */
      oma_vms: components['schemas']['OmaVmSlots'][];
      /** @description by the time of asking */
      waiting: components['schemas']['SlotWait'][];
    };
    /** @description A page of networks that mappings may lead to. */
    AvailableNetworks: {
      /**
       * @description all rows that match, not only this page
       * @example 2
       */
      count: number;
      /** @description by name */
      data: components['schemas']['CloudNetwork'][];
      /**
       * @description the outcome for people
       * @example VM Network of web01 leads to prod-lan
       */
      message: string;
      /**
       * @description cursor of the next page; null on the last one
       * @example WyJ3ZWIwMSJd
       */
      next_cursor: string | null;
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
    };
    /** @description A page of compute offerings. */
    AvailableServiceOfferings: {
      /**
       * @description all rows that match, not only this page
       * @example 2
       */
      count: number;
      /** @description by name */
      data: components['schemas']['CloudServiceOffering'][];
      /**
       * @description the outcome for people
       * @example VM Network of web01 leads to prod-lan
       */
      message: string;
      /**
       * @description cursor of the next page; null on the last one
       * @example WyJ3ZWIwMSJd
       */
      next_cursor: string | null;
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
    };
    /** @description a part that jobs need and that does not answer */
    Away: {
      /**
       * @description stable name of the error; what programs match on
       * @example vma.unreachable
       */
      code: string;
      /**
       * @description what a person does next
       * @example check that the VMA runs and is reachable
       */
      hint: string;
      /**
       * @description what does not answer
       * @example vma
       * @enum {string}
       */
      part: 'redis' | 'vma' | 'volume-daemon';
    };
    /** @description how fast copies may read; of several limits the smallest holds */
    BandwidthLimits: {
      /**
       * @description one disk, bytes per second, at least 65536; 0: no limit; null: as each worker is configured
       * @example 104857600
       */
      disk_bytes_per_s: number | null;
      /**
       * @description all disks of one job together, where the replication has no limit of its own, bytes per second, at least 65536; 0: no limit; null: as each worker is configured
       * @example 104857600
       */
      job_bytes_per_s: number | null;
      /**
       * @description all jobs of one worker process together, bytes per second, at least 65536; 0: no limit; null: as each worker is configured
       * @example 104857600
       */
      worker_bytes_per_s: number | null;
    };
    /** @description What became of VMs that were to be added. */
    BulkAdded: {
      /** @description new ones */
      added_vms: {
        /**
         * @description its new context
         * @example ctx-web01-20260101-120000
         */
        context_id: string;
        /**
         * @description name of the VM
         * @example web01
         */
        vm_name: string;
        /**
         * @description inventory path
         * @example /DC1/vm/web01
         */
        vm_path: string;
      }[];
      /** @description the stored account that new VMs refer to; null: none is stored, give them one before they replicate */
      credential: {
        /**
         * @description its id
         * @example 1
         */
        id: number;
        /**
         * @description its name
         * @example Production vCenter
         */
        name: string;
      } | null;
      /**
       * @description seconds
       * @example 1.42
       */
      discovery_duration: number;
      /**
       * @description VMs that were not added
       * @example 0
       */
      failed: number;
      /** @description those that were not added, and why */
      failed_vms: {
        /**
         * @description why
         * @example vCenter shows no VM called web09
         */
        error: string;
        /**
         * @description as it was asked for
         * @example web09
         */
        vm_name: string;
        /**
         * @description inventory path; empty where vCenter has no such VM
         * @example
         */
        vm_path: string;
      }[];
      /**
       * @description seconds
       * @example 1.42
       */
      processing_duration: number;
      /**
       * @description VMs that were known already
       * @example 1
       */
      skipped: number;
      /** @description known ones; what vCenter says of them now is stored */
      skipped_vms: {
        /**
         * @description its context
         * @example ctx-web01-20260101-120000
         */
        context_id: string;
        /**
         * @description it is known
         * @example true
         */
        existing: boolean;
        /**
         * @description why
         * @example is known already
         */
        reason: string;
        /**
         * @description name of the VM
         * @example web01
         */
        vm_name: string;
        /**
         * @description inventory path
         * @example /DC1/vm/web01
         */
        vm_path: string;
      }[];
      /**
       * @description VMs that are known now, and were not
       * @example 1
       */
      successfully_added: number;
      /**
       * @description VMs that were asked for
       * @example 2
       */
      total_requested: number;
    };
    /**
     * @description VMs to make known, however many.
     * @example {
     *       "credential_id": 1,
     *       "selected_vms": [
     *         "web01",
     *         "web02"
     *       ]
     *     }
     */
    BulkAddVms: {
      /**
       * @description a stored account; 0: the default one
       * @example 1
       */
      credential_id?: (number | null) | undefined;
      /**
       * @description the datacenter to look at; of a stored account its own
       * @example DC1
       */
      datacenter?: (string | null) | undefined;
      /**
       * @description part of the name, in upper or lower case
       * @example web
       */
      filter?: (string | null) | undefined;
      /**
       * Format: password
       * @description used for this request, and not stored
       * @example secret
       */
      password?: (string | null) | undefined;
      /** @description the VMs, by name, inventory path or instance uuid */
      selected_vms: string[];
      /**
       * @description its user
       * @example migratekit@vsphere.local
       */
      username?: (string | null) | undefined;
      /**
       * @description the vCenter instead: name or address, and :port where it is not 443
       * @example vcenter-01.example.com
       */
      vcenter?: (string | null) | undefined;
      /**
       * @description PEM certificates of the authorities that its certificate may come from
       * @example -----BEGIN ...
       */
      vcenter_ca?: (string | null) | undefined;
      /**
       * @description SHA-1 or SHA-256 of the one certificate that the vCenter may show
       * @example abababababababababababababababababababab
       */
      vcenter_thumbprint?: (string | null) | undefined;
    };
    /** @description a job that was told to stop */
    CancelAccepted: {
      /**
       * @description the job
       * @example job-20260114-093000.123-a1b2c3
       */
      job_id: string;
      /**
       * @description the same for people
       * @example the job is told to stop
       */
      message: string;
      /**
       * @description pending: waits for a worker; running: a worker has it, or it waits for a next attempt; the others end it
       * @example running
       * @enum {string}
       */
      status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
    };
    /** @description what one job did to one disk */
    CbtCycle: {
      /**
       * @description areas that were moved
       * @example 1200
       */
      blocks_changed: number;
      /**
       * @description moved, bytes
       * @example 78643200
       */
      bytes_transferred: number;
      /**
       * @description state of the disk that the cycle brought over
       * @example 52 3c 9f 1e 7d 44 1b 02-0e 5f 9a 77 3b 10 c2 64/42
       */
      change_id: string | null;
      /**
       * Format: date-time
       * @description when it ended, or was begun while it has not ended well, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      created_at: string;
      /**
       * @description disk-{device key of the hypervisor}
       * @example disk-2000
       */
      disk_id: string;
      /**
       * @description number of its row
       * @example 42
       */
      id: number;
      /**
       * @description why it was written to the volume itself
       * @example the file system of the overlays has 1048576 bytes left, 78643200 are needed
       */
      in_place_reason: string | null;
      /**
       * @description the replication
       * @example job-20260114-093000.123-a1b2c3
       */
      job_id: string;
      /**
       * @description overlay: the last committed point stayed whole until this one was
       * @example overlay
       * @enum {string|null}
       */
      landed_in: 'volume' | 'overlay' | null;
      /**
       * @description state of the disk that it started from
       * @example 52 3c 9f 1e 7d 44 1b 02-0e 5f 9a 77 3b 10 c2 64/42
       */
      previous_change_id: string | null;
      /**
       * @description why not only its changes were copied, or what is doubted of them
       * @example the changeId went back since the last commit: the VM was reverted or restored (cbt.sequence-back)
       */
      reason: string | null;
      /**
       * @description how long it took, seconds
       * @example 12
       */
      sync_duration_seconds: number;
      /**
       * @description whether it was committed
       * @example true
       */
      sync_success: boolean;
      /**
       * @description initial, incremental or full
       * @example incremental
       */
      sync_type: string;
    };
    /**
     * @description The limits to change; those that are not named stay as they are.
     * @example {
     *       "worker_bytes_per_s": 104857600
     *     }
     */
    ChangeBandwidthLimits: {
      /**
       * @description one disk, bytes per second, at least 65536; 0: no limit; null: as each worker is configured
       * @example 104857600
       */
      disk_bytes_per_s?: (number | null) | undefined;
      /**
       * @description all disks of one job together, where the replication has no limit of its own, bytes per second, at least 65536; 0: no limit; null: as each worker is configured
       * @example 104857600
       */
      job_bytes_per_s?: (number | null) | undefined;
      /**
       * @description all jobs of one worker process together, bytes per second, at least 65536; 0: no limit; null: as each worker is configured
       * @example 104857600
       */
      worker_bytes_per_s?: (number | null) | undefined;
    };
    /** @description The state that an incremental copy of a disk may start from. */
    ChangeIdFound: {
      /**
       * @description changes since this state bring the target up to date; empty when there is none: then the disk is copied in full
       * @example 52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63/81
       */
      change_id: string;
      /**
       * @description the disk that change_id belongs to, and no other; or the disk that was asked about
       * @example disk-2000
       */
      disk_id?: string | undefined;
      /**
       * @description what was found, or why the disk has to be copied in full
       * @example changes of disk-2000 since this state are enough
       */
      message: string;
      /**
       * @description as asked
       * @example /DC/vm/web01
       */
      vm_path: string;
    };
    /** @description The next replication of the disk starts from this state. */
    ChangeIdStored: {
      /**
       * @description stored for the disk
       * @example 52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63/81
       */
      change_id: string;
      /**
       * @description disk-{vmware device key}
       * @example disk-2000
       */
      disk_id: string;
      /**
       * @description the replication
       * @example job-20260114-093000.123-a1b2c3
       */
      job_id: string;
      /**
       * @description what that means for the next replication
       * @example stored: the next replication copies what changed since
       */
      message: string;
    };
    /** @description a job that this job asked for */
    ChildJob: {
      /**
       * @description id of the child
       * @example job-20260114-093000.123-a1b2c3
       */
      job_id: string;
      /**
       * @description name of the job, which names its processor
       * @example replicate
       */
      operation: string;
      /**
       * @description pending: waits for a worker; running: a worker has it, or it waits for a next attempt; the others end it
       * @example running
       * @enum {string}
       */
      status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
    };
    /**
     * @description Which VM is to be cleaned up.
     * @example {
     *       "context_id": "ctx-web01-20260101-120000",
     *       "vm_id": "420570c7-f61f-a930-77c5-1e876786cb3c",
     *       "vm_name": "web01"
     *     }
     */
    CleanUp: {
      /**
       * @description test: end the test; failed: clear up what a failed one left
       * @example test
       * @enum {string|null}
       */
      cleanup_type?: ('test' | 'failed' | null) | undefined;
      /**
       * @description the context of the VM
       * @example ctx-web01-20260101-120000
       */
      context_id: string;
      /**
       * @description its uuid at the source
       * @example 420570c7-f61f-a930-77c5-1e876786cb3c
       */
      vm_id: string;
      /**
       * @description its name
       * @example web01
       */
      vm_name: string;
    };
    /** @description One check of a CloudStack. */
    CloudCheck: {
      /**
       * @description coordinates
       * @example {
       *       "service_offering_id": "7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001"
       *     }
       */
      details?:
        | {
            [key: string]: unknown;
          }
        | undefined;
      /**
       * @description what was found, and what to do about it
       * @example Custom Instance takes any size
       */
      message: string;
      /**
       * @description outcome
       * @example pass
       * @enum {string}
       */
      status: 'pass' | 'warning' | 'fail' | 'skipped';
    };
    /** @description Whether a CloudStack takes the keys. */
    CloudConnectionTested: {
      /**
       * @description account that the keys belong to
       * @example migrate
       */
      account: string | null;
      /**
       * @description why not; null when it worked
       * @example cloudstack does not answer listCapabilities
       */
      error: string | null;
      /**
       * @description stable name of the error; what programs match on
       * @example vma.unreachable
       */
      error_code: string | null;
      /**
       * @description what a person does next
       * @example check that the VMA runs and is reachable
       */
      hint: string | null;
      /**
       * @description the outcome for people
       * @example CloudStack 4.19.1.0 takes the keys of migrate in ROOT
       */
      message: string;
      /**
       * @description whether these keys work there
       * @example true
       */
      success: boolean;
      /**
       * @description version of CloudStack
       * @example 4.19.1.0
       */
      version: string | null;
    };
    /** @description Everything that a configuration is made of. */
    CloudDiscovered: {
      /** @description by name */
      disk_offerings: components['schemas']['CloudDiskOffering'][];
      /**
       * @description why not; null when it worked
       * @example cloudstack does not answer listCapabilities
       */
      error: string | null;
      /**
       * @description stable name of the error; what programs match on
       * @example vma.unreachable
       */
      error_code: string | null;
      /**
       * @description what a person does next
       * @example check that the VMA runs and is reachable
       */
      hint: string | null;
      /** @description by name */
      networks: components['schemas']['CloudNetwork'][];
      /**
       * @description VM of this appliance; null when it was not found
       * @example 7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001
       */
      oma_vm_id: string | null;
      /**
       * @description its name
       * @example oma
       */
      oma_vm_name: string | null;
      /** @description by name */
      service_offerings: components['schemas']['CloudServiceOffering'][];
      /**
       * @description whether CloudStack could be asked
       * @example true
       */
      success: boolean;
      /** @description ready, and below 2 GiB */
      templates: components['schemas']['CloudTemplate'][];
      /** @description by name */
      zones: components['schemas']['CloudZone'][];
    };
    /** @description A disk offering of CloudStack. */
    CloudDiskOffering: {
      /**
       * @description what CloudStack says about it
       * @example custom size
       */
      description: string;
      /**
       * @description GiB; null where it can be chosen
       * @example 5
       */
      disk_size_gb: number | null;
      /**
       * @description id in CloudStack
       * @example 2c1d3d0e-1c0a-4a54-8f0e-6f3d6a0e9b11
       */
      id: string;
      /**
       * @description the size can be chosen, which replication needs
       * @example true
       */
      is_customized: boolean;
      /**
       * @description its name
       * @example Custom
       */
      name: string;
    };
    /** @description A domain of CloudStack. */
    CloudDomain: {
      /**
       * @description id in CloudStack
       * @example 2c1d3d0e-1c0a-4a54-8f0e-6f3d6a0e9b11
       */
      id: string;
      /**
       * @description its name
       * @example migration
       */
      name: string;
      /**
       * @description its path
       * @example ROOT/migration
       */
      path: string;
    };
    /** @description A network of CloudStack that VMs can be put into. */
    CloudNetwork: {
      /**
       * @description its addresses
       * @example 10.1.1.0/24
       */
      cidr: string | null;
      /**
       * @description what CloudStack says about it
       * @example custom size
       */
      description: string;
      /**
       * @description its gateway
       * @example 10.1.1.1
       */
      gateway: string | null;
      /**
       * @description id in CloudStack
       * @example 2c1d3d0e-1c0a-4a54-8f0e-6f3d6a0e9b11
       */
      id: string;
      /**
       * @description it is the network_id of the configuration
       * @example true
       */
      is_default: boolean;
      /**
       * @description its name
       * @example prod-lan
       */
      name: string;
      /**
       * @description Allocated, Implemented, Setup, ...
       * @example Implemented
       */
      state: string | null;
      /**
       * @description L2, Isolated or Shared
       * @example Isolated
       */
      type: string | null;
      /**
       * @description its VLAN, where this account may know it
       * @example 120
       */
      vlan: string | null;
      /**
       * @description id of its zone
       * @example 5e3a7c8a-5f5b-4c5b-9d30-1b9a54a6c001
       */
      zone_id: string | null;
      /**
       * @description name of its zone
       * @example zone-1
       */
      zone_name: string | null;
    };
    /** @description A page of the networks in the zone of the active configuration. */
    CloudNetworks: {
      /**
       * @description all rows that match, not only this page
       * @example 2
       */
      count: number;
      /** @description by name */
      networks: components['schemas']['CloudNetwork'][];
      /**
       * @description cursor of the next page; null on the last one
       * @example WyJ3ZWIwMSJd
       */
      next_cursor: string | null;
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
    };
    /** @description A compute offering of CloudStack. */
    CloudServiceOffering: {
      /**
       * @description virtual processors; null where they can be chosen
       * @example 2
       */
      cpu: number | null;
      /**
       * @description MHz; null where it can be chosen
       * @example 2000
       */
      cpu_speed_mhz: number | null;
      /**
       * @description what CloudStack says about it
       * @example custom size
       */
      description: string;
      /**
       * @description id in CloudStack
       * @example 2c1d3d0e-1c0a-4a54-8f0e-6f3d6a0e9b11
       */
      id: string;
      /**
       * @description processors and memory can be chosen, which failover needs
       * @example true
       */
      is_customized: boolean;
      /**
       * @description memory, MiB; null where it can be chosen
       * @example 4096
       */
      memory: number | null;
      /**
       * @description its name
       * @example Custom Instance
       */
      name: string;
    };
    /** @description A template that failover can make VMs from: ready, and below 2 GiB. */
    CloudTemplate: {
      /**
       * @description what CloudStack says about it
       * @example custom size
       */
      description: string;
      /**
       * @description id in CloudStack
       * @example 2c1d3d0e-1c0a-4a54-8f0e-6f3d6a0e9b11
       */
      id: string;
      /**
       * @description its name
       * @example blank-kvm
       */
      name: string;
      /**
       * @description its guest system
       * @example Other Linux (64-bit)
       */
      os_type: string | null;
      /**
       * @description size of its disk, bytes
       * @example 1073741824
       */
      size_bytes: number | null;
      /**
       * @description id of its zone
       * @example 5e3a7c8a-5f5b-4c5b-9d30-1b9a54a6c001
       */
      zone_id: string | null;
    };
    /** @description Whether a CloudStack is fit for replication and failover. */
    CloudValidated: {
      /**
       * @description why not; null when it worked
       * @example cloudstack does not answer listCapabilities
       */
      error: string | null;
      /**
       * @description stable name of the error; what programs match on
       * @example vma.unreachable
       */
      error_code: string | null;
      /**
       * @description what a person does next
       * @example check that the VMA runs and is reachable
       */
      hint: string | null;
      /**
       * @description the outcome for people
       * @example all checks pass
       */
      message: string;
      /** @description the checks */
      result: {
        account_match: components['schemas']['CloudCheck'];
        compute_offering: components['schemas']['CloudCheck'];
        network_selection: components['schemas']['CloudCheck'];
        oma_vm_detection: components['schemas']['CloudCheck'];
        /**
         * @description the worst; a check that was skipped is a warning
         * @example warning
         * @enum {string}
         */
        overall_status: 'pass' | 'warning' | 'fail';
      };
      /**
       * @description whether no check failed
       * @example true
       */
      success: boolean;
    };
    /** @description A zone of CloudStack. */
    CloudZone: {
      /**
       * @description what CloudStack says about it
       * @example custom size
       */
      description: string;
      /**
       * @description id in CloudStack
       * @example 5e3a7c8a-5f5b-4c5b-9d30-1b9a54a6c001
       */
      id: string;
      /**
       * @description its name
       * @example zone-1
       */
      name: string;
    };
    /** @description A commit that a worker will do. */
    CommitAccepted: {
      /**
       * @description the failover that becomes final
       * @example failover-20260114-093000.123-a1b2c3
       */
      failover_job_id: string;
      /**
       * @description follow it by this id
       * @example failover-20260114-093000.123-a1b2c3
       */
      job_id: string;
      /**
       * @description the outcome for people
       * @example the commit of web01 accepted
       */
      message: string;
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
    };
    /** @description Whether networks, target and source of a VM are configured. */
    ConfigurationCheck: {
      /**
       * @description nothing critical was found
       * @example true
       */
      is_valid: boolean;
      /** @description for live failovers */
      live: components['schemas']['ConfigurationOfType'] | null;
      /**
       * @description the outcome for people
       * @example nothing in the configuration of web01 forbids a failover
       */
      message: string;
      /**
       * @description what to do about it, each thing once
       * @example [
       *       "replicate the VM once more"
       *     ]
       */
      required_actions: string[];
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
      /** @description for test failovers */
      test: components['schemas']['ConfigurationOfType'] | null;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      validated_at: string;
      /**
       * @description its context
       * @example ctx-web01-20260101-120000
       */
      vm_context_id: string;
      /**
       * @description name of the VM
       * @example web01
       */
      vm_id: string;
      /**
       * @description the same
       * @example web01
       */
      vm_name: string;
    };
    /** @description what is configured for failovers of one type */
    ConfigurationOfType: {
      /** @description every rule, in the order in which people read them */
      checks: components['schemas']['ReadinessCheck'][];
      /**
       * @description nothing critical was found
       * @example true
       */
      is_valid: boolean;
      /**
       * @description 100 less 30 for each critical finding and 5 for each warning, not below 0
       * @example 95
       */
      readiness_score: number;
    };
    /** @description a VM that was added and not replicated */
    ContextAdded: {
      /**
       * @description the VM
       * @example ctx-web01-20260101-120000
       */
      context_id: string;
      /**
       * Format: date-time
       * @description when it was added, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      created_at: string;
      /**
       * @description known, never replicated
       * @example discovered
       * @enum {string}
       */
      current_status: 'discovered';
      /**
       * @description the same for people
       * @example web01 added
       */
      message: string;
      /**
       * @description vCenter of the VM; "folder" for a VM that is a folder of images
       * @example vcenter-01.example.com
       */
      vcenter_host: string;
      /**
       * @description name of the VM
       * @example web01
       */
      vm_name: string;
      /**
       * @description BIOS uuid of the VM
       * @example 420570c7-f61f-a930-77c5-1e876786cb3c
       */
      vmware_vm_id: string;
    };
    /** @description A VM whose deletion was accepted. */
    ContextDeletionAccepted: {
      /**
       * @description the VM that goes
       * @example ctx-web01-20260101-120000
       */
      context_id: string;
      /**
       * @description the job that deletes
       * @example job-20260114-093000.123-a1b2c3
       */
      deletion_tracking_id: string;
      /**
       * @description the same for people
       * @example deletion of web01 and 2 volumes accepted
       */
      message: string;
      /** @description target volumes that are deleted with it */
      volumes: string[];
    };
    /**
     * @description An account of a vCenter.
     * @example {
     *       "credential_name": "Production vCenter",
     *       "vcenter_host": "vcenter-01.example.com",
     *       "username": "migratekit@vsphere.local",
     *       "password": "correct horse battery staple",
     *       "datacenter": "DC1"
     *     }
     */
    CreateVmwareCredential: {
      /**
       * @description what people call it; upper and lower case make no difference
       * @example Production vCenter
       */
      credential_name: string;
      /**
       * @description datacenter in which VMs are looked for
       * @example DC1
       */
      datacenter: string;
      /**
       * @description it may be used
       * @default true
       * @example true
       */
      is_active: boolean;
      /**
       * @description it is the one that is used where none is named
       * @default false
       * @example true
       */
      is_default: boolean;
      /**
       * Format: password
       * @description stored sealed; no answer ever has it
       * @example correct horse battery staple
       */
      password: string;
      /**
       * @description user of the vCenter
       * @example migratekit@vsphere.local
       */
      username: string;
      /**
       * @description PEM certificates of the authorities that the certificate of the vCenter may come from
       * @default null
       * @example -----BEGIN CERTIFICATE-----
       *     ...
       *     -----END CERTIFICATE-----
       */
      vcenter_ca: string | null;
      /**
       * @description the vCenter: name or address, and :port where it is not 443
       * @example vcenter-01.example.com
       */
      vcenter_host: string;
      /**
       * @description SHA-1 or SHA-256 of the one certificate that the vCenter may show, in hex with or without colons
       * @default null
       * @example 5B:0E:7C:61:0D:3A:0C:47:83:43:7D:53:8E:2C:B5:4E:A0:1C:71:0F
       */
      vcenter_thumbprint: string | null;
    };
    /** @description With which account a VM is read now. */
    CredentialAssigned: {
      /**
       * @description the VM
       * @example ctx-web01-20260101-120000
       */
      context_id: string;
      /**
       * @description the account that it is read with now
       * @example 1
       */
      credential_id: number | null;
      /**
       * @description the same for people
       * @example web01 is read with the credential Production vCenter now
       */
      message: string;
    };
    /** @description What was done. */
    CredentialMessage: {
      /**
       * @description what was done
       * @example Production vCenter is the default now
       */
      message: string;
    };
    /** @description Whether an account works. */
    CredentialTested: {
      /**
       * @description why not; what programs match on
       * @example vsphere.invalid-login
       */
      error_code: string | null;
      /**
       * @description what a person does next
       * @example check user name and password
       */
      hint: string | null;
      /**
       * @description the outcome for people
       * @example migratekit@vsphere.local at vcenter-01.example.com signs in, and sees 42 VMs
       */
      message: string;
      /**
       * @description whether the account signs in and sees VMs
       * @example true
       */
      success: boolean;
      /**
       * @description what the vCenter calls itself
       * @example VMware vCenter Server 8.0.3 build-24022515
       */
      vcenter: string | null;
      /**
       * @description its version
       * @example 8.0.3
       */
      vcenter_version: string | null;
      /**
       * @description VMs that it sees in its datacenter
       * @example 42
       */
      vm_count: number | null;
    };
    /** @description A replication that is going to be deleted, and the job that does it. */
    DeletionAccepted: {
      /**
       * @description the job that deletes it; GET /jobs/{id} follows it
       * @example delete-20260114-101500.456-d4e5f6
       */
      deletion_tracking_id: string;
      /**
       * @description the replication that is deleted
       * @example job-20260114-093000.123-a1b2c3
       */
      job_id: string;
      /**
       * @description what happens now
       * @example deletion of job-20260114-093000.123-a1b2c3 of web01 and 2 volumes accepted
       */
      message: string;
      /** @description what is done already; false in this answer, because a job does it */
      operations: {
        /** @description the rows of the replication are gone */
        database_cleaned: boolean;
        /** @description nothing serves its volumes any more */
        nbd_exports_removed: boolean;
        /** @description the target volumes are deleted */
        volumes_deleted: boolean;
      };
      /**
       * @description volumes that will be kept, because another VM has them
       * @example attached to another VM, and kept while that is so: 6f1c... (VM 0a2b...)
       */
      volume_deletion_warning?: string | undefined;
    };
    /**
     * @description In which CloudStack to look for the VM of this appliance.
     * @example {
     *       "api_url": "https://cloud.example.com/client/api",
     *       "api_key": "K3y",
     *       "secret_key": "S3cret"
     *     }
     */
    DetectOmaVm: {
      /**
       * Format: password
       * @description API key of a user of CloudStack; no answer ever has it
       * @example K3y
       */
      api_key?: (string | null) | undefined;
      /**
       * @description address of CloudStack; http:// and /client/api are added where they are missing
       * @example https://cloud.example.com/client/api
       */
      api_url?: (string | null) | undefined;
      /**
       * @description in place of address and keys: a stored configuration; 0: the active one
       * @example 0
       */
      config_id?: (number | null) | undefined;
      /**
       * @description true: store the VM that was found as oma_vm_id of the configuration config_id
       * @example true
       */
      record?: (boolean | null) | undefined;
      /**
       * Format: password
       * @description secret key of that user; no answer ever has it
       * @example K3y
       */
      secret_key?: (string | null) | undefined;
    };
    /**
     * @description Which CloudStack to look at.
     * @example {
     *       "api_url": "https://cloud.example.com/client/api",
     *       "api_key": "K3y",
     *       "secret_key": "S3cret"
     *     }
     */
    DiscoverCloud: {
      /**
       * Format: password
       * @description API key of a user of CloudStack; no answer ever has it
       * @example K3y
       */
      api_key?: (string | null) | undefined;
      /**
       * @description address of CloudStack; http:// and /client/api are added where they are missing
       * @example https://cloud.example.com/client/api
       */
      api_url?: (string | null) | undefined;
      /**
       * @description in place of address and keys: a stored configuration; 0: the active one
       * @example 0
       */
      config_id?: (number | null) | undefined;
      /**
       * @description path, name or id of a domain: the account must see it
       * @example ROOT/migration
       */
      domain?: (string | null) | undefined;
      /**
       * Format: password
       * @description secret key of that user; no answer ever has it
       * @example K3y
       */
      secret_key?: (string | null) | undefined;
    };
    /** @description VMs of a vCenter. */
    Discovered: {
      /** @description with create_context: what was added */
      addition_result: components['schemas']['DiscoveryAddition'] | null;
      /** @description by path */
      discovered_vms: components['schemas']['DiscoveredVm'][];
      /**
       * @description VMs of the answer
       * @example 2
       */
      discovery_count: number;
      /**
       * @description the same for people
       * @example 2 VMs found, 1 of them new
       */
      message: string;
      /**
       * @description seconds
       * @example 1.42
       */
      processing_time: number;
      /**
       * @description partial_success: some of the VMs that were named do not exist or could not be added
       * @example success
       * @enum {string}
       */
      status: 'success' | 'partial_success';
    };
    /** @description a disk of a VM of a vCenter */
    DiscoveredDisk: {
      /**
       * @description size, bytes
       * @example 109521666048
       */
      capacity_bytes: number;
      /**
       * @description where its file is
       * @example datastore1
       */
      datastore: string | null;
      /**
       * @description disk-{device key}
       * @example disk-2000
       */
      id: string;
      /**
       * @description its name in the VM
       * @example Hard disk 1
       */
      label: string | null;
      /**
       * @description its file
       * @example [datastore1] web01/web01.vmdk
       */
      path: string | null;
      /**
       * @description thin, thick-lazy or thick-eager
       * @example thin
       */
      provisioning_type: string | null;
      /**
       * @description size, GiB, rounded up
       * @example 102
       */
      size_gb: number;
      /**
       * @description its place at the controller
       * @example 0
       */
      unit_number: number | null;
      /**
       * @description the same
       * @example [datastore1] web01/web01.vmdk
       */
      vmdk_path: string | null;
    };
    /** @description a network adapter of a VM of a vCenter */
    DiscoveredNetwork: {
      /**
       * @description kind of the adapter
       * @example vmxnet3
       */
      adapter_type: string | null;
      /**
       * @description whether the adapter is connected
       * @example true
       */
      connected: boolean | null;
      /**
       * @description name of the adapter in the VM
       * @example Network adapter 1
       */
      label: string | null;
      /**
       * @description hardware address
       * @example 00:50:56:00:00:01
       */
      mac_address: string | null;
      /**
       * @description name of the network
       * @example VM Network
       */
      name: string | null;
      /**
       * @description the same
       * @example VM Network
       */
      network_name: string | null;
      /**
       * @description standard, distributed, opaque or unknown
       * @example standard
       */
      type: string;
    };
    /** @description a VM of a vCenter */
    DiscoveredVm: {
      /**
       * @description whether its changes are tracked
       * @example true
       */
      cbt_enabled: boolean | null;
      /**
       * @description connected, or why it cannot be read
       * @example connected
       */
      connection_state: string | null;
      /**
       * @description its context
       * @example ctx-web01-20260101-120000
       */
      context_id: string | null;
      /**
       * @description its datacenter
       * @example DC1
       */
      datacenter: string | null;
      /** @description its disks */
      disks: components['schemas']['DiscoveredDisk'][];
      /**
       * @description whether it is known
       * @example true
       */
      existing: boolean;
      /** @description what to know about it; empty as a rule */
      findings: components['schemas']['DiscoveryFinding'][];
      /**
       * @description bios or efi
       * @example efi
       */
      firmware: string | null;
      /**
       * @description its guest system
       * @example Microsoft Windows Server 2019 (64-bit)
       */
      guest_os: string | null;
      /**
       * @description whether it has snapshots
       * @example true
       */
      has_snapshots: boolean;
      /**
       * @description BIOS uuid, which clones may share
       * @example 420570c7-f61f-a930-77c5-1e876786cb3c
       */
      id: string;
      /**
       * @description instance uuid, unique in its vCenter
       * @example 50057c1e-2d6b-4f0a-8e1c-9a39a0a9be5a
       */
      instance_uuid: string | null;
      /**
       * @description memory, MiB
       * @example 8192
       */
      memory_mb: number | null;
      /**
       * @description name of the VM
       * @example web01
       */
      name: string;
      /** @description its network adapters, each with its network */
      networks: components['schemas']['DiscoveredNetwork'][];
      /**
       * @description virtual processors
       * @example 2
       */
      num_cpu: number | null;
      /**
       * @description inventory path
       * @example /DC1/vm/web01
       */
      path: string;
      /**
       * @description poweredOn, poweredOff or suspended
       * @example poweredOn
       */
      power_state: string | null;
      /**
       * @description its reference in the vCenter (moref)
       * @example vm-42
       */
      ref: string;
      /**
       * @description its UEFI starts only what is signed
       * @example false
       */
      secure_boot: boolean | null;
      /**
       * @description new: can be added; existing: is known; problem: cannot be added, findings say why
       * @example new
       * @enum {string}
       */
      state: 'new' | 'existing' | 'problem';
      /**
       * @description version of the virtual hardware
       * @example vmx-19
       */
      vmx_version: string | null;
    };
    /**
     * @description Which CloudStack to look at.
     * @example {
     *       "config_id": 0
     *     }
     */
    DiscoverResources: {
      /**
       * Format: password
       * @description API key of a user of CloudStack; no answer ever has it
       * @example K3y
       */
      api_key?: (string | null) | undefined;
      /**
       * @description address of CloudStack; http:// and /client/api are added where they are missing
       * @example https://cloud.example.com/client/api
       */
      base_url?: (string | null) | undefined;
      /**
       * @description in place of address and keys: a stored configuration; 0: the active one
       * @example 0
       */
      config_id?: (number | null) | undefined;
      /**
       * @description path, name or id of a domain: the account must see it
       * @example ROOT/migration
       */
      domain?: (string | null) | undefined;
      /**
       * Format: password
       * @description secret key of that user; no answer ever has it
       * @example K3y
       */
      secret_key?: (string | null) | undefined;
    };
    /**
     * @description Which vCenter, and which VMs of it.
     * @example {
     *       "credential_id": 1,
     *       "create_context": false
     *     }
     */
    DiscoverVms: {
      /**
       * @description true: makes them known, too
       * @example false
       */
      create_context?: (boolean | null) | undefined;
      /**
       * @description a stored account; 0: the default one
       * @example 1
       */
      credential_id?: (number | null) | undefined;
      /**
       * @description the datacenter to look at; of a stored account its own
       * @example DC1
       */
      datacenter?: (string | null) | undefined;
      /**
       * @description part of the name, in upper or lower case
       * @example web
       */
      filter?: (string | null) | undefined;
      /**
       * Format: password
       * @description used for this request, and not stored
       * @example secret
       */
      password?: (string | null) | undefined;
      /** @description only these, by name, inventory path or instance uuid */
      selected_vms?: (string[] | null) | undefined;
      /**
       * @description its user
       * @example migratekit@vsphere.local
       */
      username?: (string | null) | undefined;
      /**
       * @description the vCenter instead: name or address, and :port where it is not 443
       * @example vcenter-01.example.com
       */
      vcenter?: (string | null) | undefined;
      /**
       * @description PEM certificates of the authorities that its certificate may come from
       * @example -----BEGIN ...
       */
      vcenter_ca?: (string | null) | undefined;
      /**
       * @description SHA-1 or SHA-256 of the one certificate that the vCenter may show
       * @example abababababababababababababababababababab
       */
      vcenter_thumbprint?: (string | null) | undefined;
    };
    /** @description What became of VMs that were to be added. */
    DiscoveryAddition: {
      /** @description new ones */
      added_vms: {
        /**
         * @description its new context
         * @example ctx-web01-20260101-120000
         */
        context_id: string;
        /**
         * @description name of the VM
         * @example web01
         */
        vm_name: string;
        /**
         * @description inventory path
         * @example /DC1/vm/web01
         */
        vm_path: string;
      }[];
      /** @description the stored account that new VMs refer to; null: none is stored, give them one before they replicate */
      credential: {
        /**
         * @description its id
         * @example 1
         */
        id: number;
        /**
         * @description its name
         * @example Production vCenter
         */
        name: string;
      } | null;
      /**
       * @description VMs that were not added
       * @example 0
       */
      failed: number;
      /** @description those that were not added, and why */
      failed_vms: {
        /**
         * @description why
         * @example vCenter shows no VM called web09
         */
        error: string;
        /**
         * @description as it was asked for
         * @example web09
         */
        vm_name: string;
        /**
         * @description inventory path; empty where vCenter has no such VM
         * @example
         */
        vm_path: string;
      }[];
      /**
       * @description VMs that were known already
       * @example 1
       */
      skipped: number;
      /** @description known ones; what vCenter says of them now is stored */
      skipped_vms: {
        /**
         * @description its context
         * @example ctx-web01-20260101-120000
         */
        context_id: string;
        /**
         * @description it is known
         * @example true
         */
        existing: boolean;
        /**
         * @description why
         * @example is known already
         */
        reason: string;
        /**
         * @description name of the VM
         * @example web01
         */
        vm_name: string;
        /**
         * @description inventory path
         * @example /DC1/vm/web01
         */
        vm_path: string;
      }[];
      /**
       * @description VMs that are known now, and were not
       * @example 1
       */
      successfully_added: number;
      /**
       * @description VMs that were asked for
       * @example 2
       */
      total_requested: number;
    };
    /** @description what a person should know about a VM of a vCenter */
    DiscoveryFinding: {
      /**
       * @description what programs match on
       * @example duplicate-bios-uuid
       * @enum {string}
       */
      code:
        'renamed' | 'moved' | 'name-taken' | 'duplicate-bios-uuid' | 'unidentified' | 'unreadable' | 'vcenter-changed';
      /**
       * @description the same for people
       * @example has the BIOS uuid of /DC1/vm/web02
       */
      message: string;
    };
    /** @description What a discovery would find. */
    DiscoveryPreview: {
      /** @description the stored account that new VMs refer to; null: none is stored, give them one before they replicate */
      credential: {
        /**
         * @description its id
         * @example 1
         */
        id: number;
        /**
         * @description its name
         * @example Production vCenter
         */
        name: string;
      } | null;
      /**
       * @description the datacenter that was looked at; empty for all
       * @example DC1
       */
      datacenter: string;
      /**
       * @description VMs of it that are known
       * @example 1
       */
      existing_vms: number;
      /**
       * @description part of the names; empty for all
       * @example
       */
      filter: string;
      /**
       * @description VMs of it that can be added
       * @example 1
       */
      new_vms: number;
      /**
       * @description VMs of it that cannot be added as they are
       * @example 0
       */
      problem_vms: number;
      /**
       * @description seconds
       * @example 1.42
       */
      processing_time: number;
      /**
       * @description VMs of the answer
       * @example 2
       */
      total_discovered: number;
      /**
       * @description the vCenter
       * @example vcenter-01.example.com
       */
      vcenter: string;
      /** @description by path */
      vms: components['schemas']['DiscoveredVm'][];
    };
    /** @description how far one disk is */
    DiskProgress: {
      /**
       * @description bytes of data that went over the wire in this cycle
       * @example 38654705664
       */
      bytes_transferred: number;
      /**
       * @description id of the disk at its source
       * @example disk-2000
       */
      disk_id: string;
      /**
       * @description name of the disk for people
       * @example Hard disk 1
       */
      label: string | null;
      /**
       * @description of this disk, percent; below 100 until everything is flushed
       * @example 49.31
       */
      percent: number;
      /**
       * @description pending, syncing, completed or failed
       * @example syncing
       */
      status: string;
      /**
       * @description bytes of the areas that this cycle has to look at, not the capacity
       * @example 38654705664
       */
      total_bytes: number;
    };
    /** @description One failover. */
    Failover: {
      /**
       * @description a test that is rolled back when its time is over
       * @example true
       */
      auto_cleanup: boolean;
      /**
       * @description what was seen of the VM when it had been started
       * @example {
       *       "verdict": "booted"
       *     }
       */
      boot_verdict: {
        [key: string]: unknown;
      } | null;
      /**
       * Format: date-time
       * @description when that follows unless somebody decides before (null, too, where a VM to commit has not booted), UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      commit_due_at: string | null;
      /**
       * @description what follows at commit_due_at: commit or rollback
       * @example rollback
       */
      commit_policy: string | null;
      /**
       * Format: date-time
       * @description when it became final, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      committed_at: string | null;
      /**
       * Format: date-time
       * @description when it ended, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      completed_at: string | null;
      /**
       * @description the context of the VM; null once it is forgotten
       * @example ctx-web01-20260101-120000
       */
      context_id: string | null;
      /**
       * @description what was done to the guest
       * @example {
       *       "outcome": "skipped"
       *     }
       */
      conversion: {
        [key: string]: unknown;
      } | null;
      /**
       * Format: date-time
       * @description when it was accepted, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      created_at: string | null;
      /**
       * @description the step that it is at, or was at last
       * @example vm-creation
       */
      current_step: string | null;
      /**
       * @description its VM in CloudStack; null: there is none (any more)
       * @example 0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0
       */
      destination_vm_id: string | null;
      /**
       * @description its name there, also of one that is gone
       * @example web01-test-1768383000
       */
      destination_vm_name: string | null;
      /**
       * @description why it failed
       * @example cloudstack does not answer
       */
      error_message: string | null;
      /**
       * @description type of the failover
       * @example test
       * @enum {string}
       */
      failover_type: 'live' | 'test';
      /**
       * @description id of the job
       * @example failover-20260114-093000.123-a1b2c3
       */
      job_id: string;
      /**
       * @description what was written in this time before the failover is not in its VM, seconds
       * @example 0
       */
      loss_seconds: number | null;
      /**
       * @description how far it is, percent
       * @example 49.31
       */
      progress: number;
      /**
       * @description what could not be undone, and a person has to see to: kind, id, what
       * @example []
       */
      remaining: {
        [key: string]: unknown;
      }[];
      /**
       * @description the replication that made the copy
       * @example job-20260114-083000.123-a1b2c3
       */
      replication_job_id: string | null;
      /**
       * @description how that job stands
       * @example completed
       * @enum {string|null}
       */
      rollback_status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled' | null;
      /**
       * @description the job that takes it back
       * @example rollback-20260114-103000.123-a1b2c3
       */
      rolled_back_by: string | null;
      /**
       * Format: date-time
       * @description when its work began, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      start_time: string | null;
      /**
       * @description where the failover stands; reverting and cleanup while it is taken back
       * @example completed
       * @enum {string}
       */
      status:
        | 'pending'
        | 'validating'
        | 'snapshotting'
        | 'creating_vm'
        | 'switching_volume'
        | 'powering_on'
        | 'completed'
        | 'failed'
        | 'cleanup'
        | 'reverting';
      /**
       * Format: date-time
       * @description when the time of a test is over, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      test_expires_at: string | null;
      /**
       * @description uuid of the VM at its source
       * @example 420570c7-f61f-a930-77c5-1e876786cb3c
       */
      vm_id: string;
      /**
       * @description name of the VM
       * @example web01
       */
      vm_name: string;
    };
    /** @description A failover that a worker will do. */
    FailoverAccepted: {
      /** @description what was accepted */
      data: {
        /**
         * @description age of the committed point: what is lost without a final sync, seconds
         * @example 840
         */
        committed_point_age_seconds: number | null;
        /**
         * @description the context of the VM
         * @example ctx-web01-20260101-120000
         */
        context_id: string;
        /**
         * @description median of the last failovers of this type here; null before there was one
         * @example 4m
         */
        estimated_duration: string | null;
        /**
         * @description the same, seconds
         * @example 240
         */
        estimated_duration_seconds: number | null;
        /**
         * @description another id that finds it
         * @example unified-test-failover-web01-1768383000
         */
        external_job_id: string;
        /**
         * @description type of the failover
         * @example test
         * @enum {string}
         */
        failover_type: 'live' | 'test';
        /** @description what does not forbid it and should be known */
        findings: components['schemas']['ReadinessFinding'][];
        /**
         * @description name of the VM
         * @example web01
         */
        vm_name: string;
      };
      /**
       * @description follow it by this id
       * @example failover-20260114-093000.123-a1b2c3
       */
      job_id: string;
      /**
       * @description the outcome for people
       * @example live failover of web01 accepted
       */
      message: string;
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
    };
    /** @description A failover that is told to stop. */
    FailoverCancelAccepted: {
      /**
       * @description the job
       * @example failover-20260114-093000.123-a1b2c3
       */
      job_id: string;
      /**
       * @description the outcome for people
       * @example the job is told to stop
       */
      message: string;
      /**
       * @description pending: waits for a worker; running: a worker has it, or it waits for a next attempt; the others end it
       * @example running
       * @enum {string}
       */
      status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
    };
    /** @description What differs from the configuration. */
    FailoverCustomConfig: {
      /**
       * @description live: what follows when nobody has decided by then, counted from when its VM runs: digits and h or m
       * @example 2h
       */
      commit_after?: (string | null) | undefined;
      /**
       * @description what follows then
       * @example rollback
       * @enum {string|null}
       */
      commit_then?: ('commit' | 'rollback' | null) | undefined;
      /**
       * @description compute offering; the configured one where it is left out
       * @example 7d9b2a4e-3c1f-4e8a-9b6d-5f2e1c0a8d73
       */
      service_offering_id?: (string | null) | undefined;
      /**
       * @description when it does not obey; force: it is switched off; stop: the failover ends there
       * @example force
       * @enum {string|null}
       */
      shutdown_policy?: ('force' | 'stop' | null) | undefined;
      /**
       * @description how long the guest may take to shut down, seconds
       * @example 120
       */
      shutdown_timeout_seconds?: (number | null) | undefined;
      /**
       * @description template; the configured one where it is left out
       * @example 7d9b2a4e-3c1f-4e8a-9b6d-5f2e1c0a8d73
       */
      template_id?: (string | null) | undefined;
    };
    /** @description A page of failovers. */
    FailoverJobs: {
      /** @description newest first */
      data: components['schemas']['Failover'][];
      /**
       * @description the outcome for people
       * @example 2 failovers
       */
      message: string;
      /**
       * @description cursor of the next page; null on the last one
       * @example WyJ3ZWIwMSJd
       */
      next_cursor: string | null;
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
      /**
       * @description all rows that match, not only this page
       * @example 2
       */
      total: number;
    };
    /** @description Whether a VM may be failed over. */
    FailoverReadiness: {
      /**
       * @description type of the failover
       * @example live
       * @enum {string}
       */
      failover_type: 'live' | 'test';
      /**
       * @description nothing critical was found
       * @example true
       */
      is_ready: boolean;
      /**
       * @description the outcome for people
       * @example web01 is ready for a live failover
       */
      message: string;
      /**
       * @description 100 less 30 for each critical finding and 5 for each warning, not below 0
       * @example 95
       */
      readiness_score: number;
      /**
       * @description what to do about it, each thing once
       * @example [
       *       "replicate the VM once more"
       *     ]
       */
      required_actions: string[];
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      validated_at: string;
      validation_result: components['schemas']['ValidationResult'];
      /**
       * @description its context
       * @example ctx-web01-20260101-120000
       */
      vm_context_id: string;
      /**
       * @description name of the VM
       * @example web01
       */
      vm_id: string;
      /**
       * @description the same
       * @example web01
       */
      vm_name: string;
    };
    /** @description Where a failover, a rollback or a commit stands. */
    FailoverStatus: {
      /**
       * @description a test that is rolled back when its time is over
       * @example true
       */
      auto_cleanup: boolean;
      /**
       * @description what was seen of the VM when it had been started
       * @example {
       *       "verdict": "booted"
       *     }
       */
      boot_verdict: {
        [key: string]: unknown;
      } | null;
      /**
       * Format: date-time
       * @description when that follows unless somebody decides before (null, too, where a VM to commit has not booted), UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      commit_due_at: string | null;
      /**
       * @description what follows at commit_due_at: commit or rollback
       * @example rollback
       */
      commit_policy: string | null;
      /**
       * Format: date-time
       * @description when it became final, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      committed_at: string | null;
      /**
       * Format: date-time
       * @description when it ended, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      completed_at: string | null;
      /**
       * @description the context of the VM; null once it is forgotten
       * @example ctx-web01-20260101-120000
       */
      context_id: string | null;
      /**
       * @description what was done to the guest
       * @example {
       *       "outcome": "skipped"
       *     }
       */
      conversion: {
        [key: string]: unknown;
      } | null;
      /**
       * Format: date-time
       * @description when it was accepted, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      created_at: string | null;
      /**
       * @description the step that it is at, or was at last
       * @example vm-creation
       */
      current_step: string | null;
      /**
       * @description its VM in CloudStack; null: there is none (any more)
       * @example 0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0
       */
      destination_vm_id: string | null;
      /**
       * @description its name there, also of one that is gone
       * @example web01-test-1768383000
       */
      destination_vm_name: string | null;
      /**
       * @description from its start to its end, or to now, seconds
       * @example 97
       */
      duration: number;
      /**
       * @description why it failed
       * @example cloudstack does not answer
       */
      error_message: string | null;
      /**
       * @description the failover that it is, or is about
       * @example failover-20260114-093000.123-a1b2c3
       */
      failover_job_id: string;
      /**
       * @description type of the failover
       * @example test
       * @enum {string}
       */
      failover_type: 'live' | 'test';
      /** @description the job that does it */
      job_details: {
        /**
         * @description attempts so far
         * @example 1
         */
        attempt: number;
        /**
         * @description stable name of the error; what programs match on
         * @example vma.unreachable
         */
        error_code: string | null;
        /**
         * @description what a person does next
         * @example check that the VMA runs and is reachable
         */
        hint: string | null;
        /**
         * @description pending: waits for a worker; running: a worker has it, or it waits for a next attempt; the others end it
         * @example running
         * @enum {string}
         */
        status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
        /** @description its steps, in the order in which they were begun */
        steps: components['schemas']['JobStep'][];
      };
      /**
       * @description id of the job
       * @example failover-20260114-093000.123-a1b2c3
       */
      job_id: string;
      /**
       * @description what was written in this time before the failover is not in its VM, seconds
       * @example 0
       */
      loss_seconds: number | null;
      /**
       * @description the outcome for people
       * @example the test failover of web01 is running: vm-creation
       */
      message: string;
      /**
       * @description failover, rollback or commit-failover
       * @example failover
       */
      operation: string;
      /**
       * @description how far it is, percent
       * @example 49.31
       */
      progress: number;
      /**
       * @description what could not be undone, and a person has to see to: kind, id, what
       * @example []
       */
      remaining: {
        [key: string]: unknown;
      }[];
      /**
       * @description the replication that made the copy
       * @example job-20260114-083000.123-a1b2c3
       */
      replication_job_id: string | null;
      /**
       * @description how that job stands
       * @example completed
       * @enum {string|null}
       */
      rollback_status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled' | null;
      /**
       * @description the job that takes it back
       * @example rollback-20260114-103000.123-a1b2c3
       */
      rolled_back_by: string | null;
      /**
       * Format: date-time
       * @description when its work began, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      start_time: string | null;
      /**
       * @description where the failover stands; reverting and cleanup while it is taken back
       * @example completed
       * @enum {string}
       */
      status:
        | 'pending'
        | 'validating'
        | 'snapshotting'
        | 'creating_vm'
        | 'switching_volume'
        | 'powering_on'
        | 'completed'
        | 'failed'
        | 'cleanup'
        | 'reverting';
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
      /**
       * Format: date-time
       * @description when the time of a test is over, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      test_expires_at: string | null;
      /**
       * @description uuid of the VM at its source
       * @example 420570c7-f61f-a930-77c5-1e876786cb3c
       */
      vm_id: string;
      /**
       * @description name of the VM
       * @example web01
       */
      vm_name: string;
    };
    /** @description An OMA VM that is not known any more. */
    ForgottenOmaVm: {
      /**
       * @description state of the VM; null where CloudStack has none of this id
       * @example Stopped
       */
      cloudstack_state: string | null;
      /**
       * @description what was done
       * @example oma-2 is forgotten; the disks of 3 volumes are copied in full next
       */
      message: string;
      /**
       * @description its name
       * @example oma-2
       */
      name: string;
      /**
       * @description id of the VM in CloudStack
       * @example 2c1d0b7e-0000-4000-8000-000000000001
       */
      vm_id: string;
      /** @description volumes that our rows had there */
      volumes: components['schemas']['LetGoVolume'][];
    };
    /** @description how this process and what it depends on are */
    Health: {
      /**
       * @description whether the database answers; without it nothing works
       * @example ok
       * @enum {string}
       */
      database: 'ok' | 'unreachable';
      /**
       * @description whether Redis answers; without it jobs are accepted and begin when it is back
       * @example ok
       * @enum {string}
       */
      redis: 'ok' | 'unreachable';
      /**
       * @description degraded: this process lives, but the database does not answer (nothing works) or Redis does not (requests are accepted and wait)
       * @example healthy
       * @enum {string}
       */
      status: 'healthy' | 'degraded';
      /**
       * @description since this process started, seconds
       * @example 86400
       */
      uptime: number;
      /**
       * @description version of this server
       * @example 1.0.0
       */
      version: string;
      /**
       * @description whether the VMA answers; without it no source can be read: jobs wait until it is back
       * @example ok
       * @enum {string}
       */
      vma: 'ok' | 'unreachable';
      /**
       * @description whether the volume daemon answers; without it no target can be written: jobs wait until it is back
       * @example ok
       * @enum {string}
       */
      volume_daemon: 'ok' | 'unreachable';
    };
    /** @description a job of the ledger */
    Job: {
      /**
       * @description attempts that began
       * @example 1
       */
      attempt: number;
      /**
       * Format: date-time
       * @description when somebody asked to cancel it, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      cancel_requested_at: string | null;
      /**
       * Format: date-time
       * @description when it ended, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      completed_at: string | null;
      /**
       * @description the VM that it is about
       * @example ctx-web01-20260101-120000
       */
      context_id: string | null;
      /**
       * Format: date-time
       * @description when it was accepted, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      created_at: string;
      /**
       * @description on its way to a worker: queued, dispatched (Redis has it), claimed (a worker has it), waiting (for a job of its own), retry_wait (for its next attempt), closed
       * @example claimed
       */
      dispatch_state: string | null;
      /**
       * @description stable name of the error; what programs match on
       * @example vma.unreachable
       */
      error_code: string | null;
      /**
       * @description what a person does next
       * @example check that the VMA runs and is reachable
       */
      error_hint: string | null;
      /**
       * @description what went wrong
       * @example the VMA does not answer
       */
      error_message: string | null;
      /**
       * @description replication, failover, system, ...
       * @example replication
       */
      job_category: string;
      /**
       * @description id of the job
       * @example job-20260114-093000.123-a1b2c3
       */
      job_id: string;
      /**
       * @description kind of work; migration is a replication
       * @example migration
       * @enum {string}
       */
      job_type:
        | 'cleanup'
        | 'failover'
        | 'migration'
        | 'cloudstack'
        | 'volume_daemon'
        | 'linstor'
        | 'virtio'
        | 'ossea'
        | 'scheduler'
        | 'discovery'
        | 'bulk-operations'
        | 'group-management'
        | 'conflict-detection'
        | 'phantom-detection'
        | 'schedule_management'
        | 'schedule_control';
      /**
       * @description attempts after which it fails for good
       * @example 20
       */
      max_attempts: number;
      /**
       * Format: date-time
       * @description not tried again before this moment, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      not_before: string | null;
      /**
       * @description name of the job, which names its processor
       * @example replicate
       */
      operation: string;
      /**
       * @description the job that asked for this one
       * @example job-20260114-093000.123-a1b2c3
       */
      parent_job_id: string | null;
      /**
       * @description how much of it is done, percent; null when it does not say
       * @example 49
       */
      percent_complete: number | null;
      /**
       * @description queue that carries it
       * @example replicate
       */
      queue: string | null;
      /**
       * Format: date-time
       * @description when its first attempt began, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      started_at: string | null;
      /**
       * @description pending: waits for a worker; running: a worker has it, or it waits for a next attempt; the others end it
       * @example running
       * @enum {string}
       */
      status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
      /**
       * Format: date-time
       * @description when its row changed last, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      updated_at: string;
    };
    /** @description a job with its steps */
    JobDetail: {
      /**
       * @description attempts that began
       * @example 1
       */
      attempt: number;
      /**
       * Format: date-time
       * @description when somebody asked to cancel it, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      cancel_requested_at: string | null;
      /** @description the newest jobs that this job asked for, at most 100 */
      children: components['schemas']['ChildJob'][];
      /**
       * Format: date-time
       * @description when it ended, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      completed_at: string | null;
      /**
       * @description the VM that it is about
       * @example ctx-web01-20260101-120000
       */
      context_id: string | null;
      /**
       * Format: date-time
       * @description when it was accepted, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      created_at: string;
      /**
       * @description on its way to a worker: queued, dispatched (Redis has it), claimed (a worker has it), waiting (for a job of its own), retry_wait (for its next attempt), closed
       * @example claimed
       */
      dispatch_state: string | null;
      /**
       * @description stable name of the error; what programs match on
       * @example vma.unreachable
       */
      error_code: string | null;
      /**
       * @description what a person does next
       * @example check that the VMA runs and is reachable
       */
      error_hint: string | null;
      /**
       * @description what went wrong
       * @example the VMA does not answer
       */
      error_message: string | null;
      /**
       * @description replication, failover, system, ...
       * @example replication
       */
      job_category: string;
      /**
       * @description id of the job
       * @example job-20260114-093000.123-a1b2c3
       */
      job_id: string;
      /**
       * @description kind of work; migration is a replication
       * @example migration
       * @enum {string}
       */
      job_type:
        | 'cleanup'
        | 'failover'
        | 'migration'
        | 'cloudstack'
        | 'volume_daemon'
        | 'linstor'
        | 'virtio'
        | 'ossea'
        | 'scheduler'
        | 'discovery'
        | 'bulk-operations'
        | 'group-management'
        | 'conflict-detection'
        | 'phantom-detection'
        | 'schedule_management'
        | 'schedule_control';
      /**
       * @description attempts after which it fails for good
       * @example 20
       */
      max_attempts: number;
      /**
       * Format: date-time
       * @description not tried again before this moment, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      not_before: string | null;
      /**
       * @description name of the job, which names its processor
       * @example replicate
       */
      operation: string;
      /**
       * @description the job that asked for this one
       * @example job-20260114-093000.123-a1b2c3
       */
      parent_job_id: string | null;
      /**
       * @description how much of it is done, percent; null when it does not say
       * @example 49
       */
      percent_complete: number | null;
      /** @description how far it is; null for a job that copies no disks */
      progress: components['schemas']['JobProgress'] | null;
      /**
       * @description queue that carries it
       * @example replicate
       */
      queue: string | null;
      /**
       * @description what it did, by kind of job; null before it completed
       * @example {
       *       "volumes_deleted": [
       *         "6f1c8a8e-6a3c-4c55-9d5e-6b7c0c5d3f21"
       *       ],
       *       "volumes_kept": [],
       *       "warning": null
       *     }
       */
      result: {
        [key: string]: unknown;
      } | null;
      /**
       * Format: date-time
       * @description when its first attempt began, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      started_at: string | null;
      /**
       * @description pending: waits for a worker; running: a worker has it, or it waits for a next attempt; the others end it
       * @example running
       * @enum {string}
       */
      status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
      /** @description in the order in which they were first begun */
      steps: components['schemas']['JobStep'][];
      /**
       * Format: date-time
       * @description when its row changed last, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      updated_at: string;
    };
    /** @description a page of jobs */
    JobList: {
      /**
       * @description all rows that match, not only this page
       * @example 2
       */
      count: number;
      /** @description newest first */
      jobs: components['schemas']['Job'][];
      /**
       * @description cursor of the next page; null on the last one
       * @example WyJ3ZWIwMSJd
       */
      next_cursor: string | null;
    };
    /** @description a page of what happened to a job */
    JobLog: {
      /**
       * @description events in this page
       * @example 200
       */
      count: number;
      /** @description oldest first */
      events: components['schemas']['LogEvent'][];
      /**
       * @description id of the job
       * @example job-20260114-093000.123-a1b2c3
       */
      job_id: string;
      /**
       * @description `after` of the next page; null when there is nothing more by now
       * @example 4911
       */
      next_after: number | null;
    };
    /** @description how far a job is that copies disks; rates in bytes per second */
    JobProgress: {
      /**
       * @description data since the transfer of this attempt began, bytes per second
       * @example 11500000
       */
      average_bps: number;
      /**
       * @description the smaller one of the job's limit and its worker's, bytes per second; null when there is none, or nothing runs
       * @example 52428800
       */
      bandwidth_in_force_bytes_per_s: number | null;
      /**
       * @description bytes of data that went over the wire in this cycle
       * @example 38654705664
       */
      bytes_transferred: number;
      /**
       * @description data over the last seconds, bytes per second; 0 when nothing runs
       * @example 12013439
       */
      current_bps: number;
      /**
       * @description for people: Transferring Data, Verifying, what it waits for
       * @example Transferring Data
       */
      current_operation: string | null;
      /** @description one entry per disk, in the order of their ids */
      disks: components['schemas']['DiskProgress'][];
      /**
       * @description seconds until the transfer ends at the pace of the last minute; null when unknown
       * @example 1631
       */
      eta_seconds: number | null;
      /**
       * @description id of the job
       * @example job-20260114-093000.123-a1b2c3
       */
      job_id: string;
      /**
       * @description percent, from bytes: copied, written as zeros or found done, of all that has to be gone through. Never goes back; 100 is said when the cycle is committed
       * @example 49.3
       */
      percent: number;
      /**
       * @description state of the job
       * @example running
       * @enum {string}
       */
      status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
      /**
       * @description bytes in use or changed: what the cycle has to look at
       * @example 38654705664
       */
      total_bytes: number;
      /** @description how far the verification is, of all disks that are verified now; null while nothing is verified */
      verifying: {
        /**
         * @description bytes of the target that were read again and compared in this pass
         * @example 38654705664
         */
        bytes_read: number;
        /**
         * @description bytes that this pass will compare; null when unknown
         * @example 38654705664
         */
        bytes_total: number | null;
      } | null;
    };
    /** @description a step of the workflow of a job */
    JobStep: {
      /**
       * Format: date-time
       * @description when it ended, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      completed_at: string | null;
      /**
       * @description what went wrong
       * @example the export does not answer
       */
      error_message: string | null;
      /**
       * @description name of the step
       * @example copy-disks
       */
      name: string;
      /**
       * @description how often it was entered
       * @example 1
       */
      runs: number;
      /**
       * @description its place in the order in which steps were first begun
       * @example 4
       */
      seq: number;
      /**
       * Format: date-time
       * @description when it was first entered, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      started_at: string;
      /**
       * @description how it stands
       * @example completed
       * @enum {string}
       */
      status: 'running' | 'completed' | 'failed' | 'skipped';
      /**
       * Format: date-time
       * @description when the way back took it back, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      undone_at: string | null;
    };
    /** @description A volume that our rows had at a VM that is gone. */
    LetGoVolume: {
      /**
       * @description the VM that CloudStack has it at
       * @example 2c1d0b7e-0000-4000-8000-000000000001
       */
      attached_to: string | null;
      /**
       * @description its last committed changes lay on the VM that is gone
       * @example true
       */
      changes_lost: boolean;
      /**
       * @description where CloudStack has it: attached nowhere, at another VM, or not at all
       * @example detached
       * @enum {string}
       */
      found: 'detached' | 'elsewhere' | 'gone';
      /**
       * @description its name
       * @example migration-ctx-web01-20260101-120000-disk-2000
       */
      name: string;
      /**
       * @description the VM that it belongs to
       * @example ctx-web01-20260101-120000
       */
      vm_context_id: string | null;
      /**
       * @description UUID of the volume
       * @example 0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0
       */
      volume_id: string;
    };
    /** @description this process answers */
    Live: {
      /**
       * @description always live
       * @example live
       * @enum {string}
       */
      status: 'live';
    };
    /** @description something that happened to a job */
    LogEvent: {
      /**
       * @description facts: epoch, attempt, step, worker, code ...
       * @example {
       *       "step": "transfer",
       *       "epoch": 1
       *     }
       */
      attrs: {
        [key: string]: unknown;
      } | null;
      /**
       * @description grows with time; the id of the event in a stream
       * @example 4711
       */
      id: number;
      /**
       * @description the job that it is about; null when that was deleted
       * @example job-20260114-093000.123-a1b2c3
       */
      job_id: string | null;
      /**
       * @description how grave it is
       * @example INFO
       * @enum {string}
       */
      level: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
      /**
       * @description what happened, a fixed phrase
       * @example step done
       */
      message: string;
      /**
       * Format: date-time
       * @description when it happened, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      ts: string;
    };
    /** @description an open session */
    LoggedIn: {
      /**
       * Format: date-time
       * @description when the session ends, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      expires_at: string;
      /**
       * @description send it as Authorization: Bearer ...
       * @example eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZG1pbiJ9.c2ln
       */
      session_token: string;
      /**
       * @description always true: a refusal is a problem document
       * @example true
       * @enum {boolean}
       */
      success: true;
    };
    /** @description the cookie is removed */
    LoggedOut: {
      /**
       * @description always true: a refusal is a problem document
       * @example true
       * @enum {boolean}
       */
      success: true;
    };
    /** @description A user with a password, or an appliance with its token. */
    Login: components['schemas']['UserLogin'] | components['schemas']['ApplianceLogin'];
    /** @description Where a network of a VM leads in CloudStack. */
    NetworkMapping: {
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      created_at: string;
      /**
       * @description network of CloudStack
       * @example 2c1d3d0e-1c0a-4a54-8f0e-6f3d6a0e9b11
       */
      destination_network_id: string;
      /**
       * @description its name, as CloudStack has it
       * @example prod-lan
       */
      destination_network_name: string;
      /**
       * @description id of the mapping
       * @example 1
       */
      id: number;
      /**
       * @description it is for test failovers
       * @example true
       */
      is_test_network: boolean;
      /**
       * Format: date-time
       * @description when CloudStack was asked for the destination, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      last_validated: string | null;
      /**
       * @description live or test
       * @example live
       */
      mapping_type: string;
      /**
       * @description how failover uses it, where it says
       * @example custom
       */
      network_strategy: string | null;
      /**
       * @description network of the source
       * @example VM Network
       */
      source_network_name: string;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      updated_at: string;
      /**
       * @description valid when the destination existed at last_validated
       * @example valid
       */
      validation_status: string;
      /**
       * @description the context of the VM
       * @example ctx-web01-20260101-120000
       */
      vm_context_id: string | null;
      /**
       * @description name of the VM when it was mapped
       * @example web01
       */
      vm_id: string;
      /**
       * @description BIOS uuid of the VM
       * @example 420570c7-f61f-a930-77c5-1e876786cb3c
       */
      vmware_vm_id: string | null;
    };
    /** @description What was deleted. */
    NetworkMappingDeleted: {
      /**
       * @description the outcome for people
       * @example VM Network of web01 leads to prod-lan
       */
      message: string;
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
    };
    /** @description A page of network mappings. */
    NetworkMappings: {
      /**
       * @description all rows that match, not only this page
       * @example 2
       */
      count: number;
      /** @description the mappings */
      data: components['schemas']['NetworkMapping'][];
      /**
       * @description the outcome for people
       * @example VM Network of web01 leads to prod-lan
       */
      message: string;
      /**
       * @description cursor of the next page; null on the last one
       * @example WyJ3ZWIwMSJd
       */
      next_cursor: string | null;
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
    };
    /** @description The mapping that was saved. */
    NetworkMappingSaved: {
      data: components['schemas']['NetworkMapping'];
      /**
       * @description the outcome for people
       * @example VM Network of web01 leads to prod-lan
       */
      message: string;
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
    };
    /** @description How complete the mappings of a VM are. */
    NetworkMappingStatus: {
      /** @description how complete the mappings are */
      data: {
        /**
         * @description there is at least one
         * @example true
         */
        has_mappings: boolean;
        /**
         * @description networks that are mapped for live failovers
         * @example 1
         */
        live: number;
        /**
         * @description each network of the VM is mapped for live failovers
         * @example true
         */
        mapping_complete: boolean;
        /**
         * @description which failovers find all networks mapped: none, not all of either, test only, live only, both
         * @example full
         * @enum {string}
         */
        readiness_level: 'none' | 'partial' | 'test' | 'live' | 'full';
        /**
         * @description networks that the source says the VM is in; empty where it says nothing
         * @example [
         *       "VM Network"
         *     ]
         */
        source_networks: string[];
        /**
         * @description networks that are mapped for test failovers
         * @example 1
         */
        test: number;
        /**
         * @description each network of the VM is mapped for test failovers
         * @example true
         */
        test_mapping_complete: boolean;
        /**
         * @description live and test mappings
         * @example 2
         */
        total_mappings: number;
        /**
         * @description those without a live mapping
         * @example [
         *       "VM Network"
         *     ]
         */
        unmapped_networks: string[];
        /**
         * @description those without a test mapping
         * @example [
         *       "VM Network"
         *     ]
         */
        unmapped_test_networks: string[];
        /**
         * @description its context
         * @example ctx-web01-20260101-120000
         */
        vm_context_id: string;
        /**
         * @description name of the VM
         * @example web01
         */
        vm_id: string;
      };
      /**
       * @description the outcome for people
       * @example VM Network of web01 leads to prod-lan
       */
      message: string;
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
    };
    /** @description The network of this name. */
    NetworkResolved: {
      data: components['schemas']['CloudNetwork'];
      /**
       * @description the outcome for people
       * @example VM Network of web01 leads to prod-lan
       */
      message: string;
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
    };
    /** @description The VM of CloudStack that this appliance is. */
    OmaVm: {
      /**
       * @description account that it belongs to
       * @example migrate
       */
      account: string | null;
      /**
       * @description of that card
       * @example 10.1.1.10
       */
      ip_address: string | null;
      /**
       * @description of the network card that it was known by
       * @example 02:01:00:cb:00:01
       */
      mac_address: string;
      /**
       * @description id of the VM
       * @example 7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001
       */
      vm_id: string;
      /**
       * @description its name
       * @example oma
       */
      vm_name: string;
    };
    /** @description Which VM of CloudStack this appliance is. */
    OmaVmDetected: {
      /**
       * @description why not; null when it worked
       * @example cloudstack does not answer listCapabilities
       */
      error: string | null;
      /**
       * @description stable name of the error; what programs match on
       * @example vma.unreachable
       */
      error_code: string | null;
      /**
       * @description what a person does next
       * @example check that the VMA runs and is reachable
       */
      hint: string | null;
      /**
       * @description the outcome for people
       * @example this appliance is the VM oma
       */
      message: string;
      /** @description the VM; null when none was found */
      oma_info: components['schemas']['OmaVm'] | null;
      /**
       * @description it was stored in the configuration
       * @example true
       */
      recorded: boolean;
      /**
       * @description whether exactly one VM has a network card of this appliance
       * @example true
       */
      success: boolean;
    };
    /** @description A VM that target volumes are attached to, and its places for data disks. */
    OmaVmSlots: {
      /**
       * @description its volume daemon has not been heard of for half a minute: it gets no new volumes
       * @example true
       */
      away: boolean;
      /**
       * @description data disks that are attached and none of ours
       * @example 1
       */
      foreign: number;
      /**
       * @description volumes of jobs that have slots here, attached or about to be
       * @example 6
       */
      held: number;
      /**
       * @description volumes that are attached, and that may be detached when somebody needs the slot
       * @example 9
       */
      idle: number;
      /**
       * @description volumes that are attached and belong to other work
       * @example 0
       */
      in_use: number;
      /**
       * Format: date-time
       * @description when it was last heard of, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      last_seen_at: string;
      /**
       * @description name of the VM
       * @example oma-1
       */
      name: string;
      /** @description most volumes of ours, as a refusal of CloudStack has shown in the last ten minutes */
      room_seen: number | null;
      /**
       * @description most data disks
       * @example 24
       */
      slots: number;
      /**
       * @description id of the VM in CloudStack
       * @example 2c1d0b7e-0000-4000-8000-000000000001
       */
      vm_id: string;
      /**
       * @description where its volume daemon is
       * @example http://127.0.0.1:8090
       */
      volume_daemon_url: string;
      /**
       * @description its zone
       * @example 2c1d0b7e-0000-4000-8000-000000000002
       */
      zone_id: string;
    };
    /** @description this document */
    OpenApi: {
      /** @description what is described */
      info: {
        /**
         * @description name of the product
         * @example MigrateKit OSSEA
         */
        title: string;
        /**
         * @description its version
         * @example 1.0.0
         */
        version: string;
      } & {
        [key: string]: unknown;
      };
      /**
       * @description version of the format
       * @example 3.1.0
       */
      openapi: string;
      /**
       * @description operations by path and method
       * @example {
       *       "/health": {
       *         "get": {
       *           "summary": "Is it up"
       *         }
       *       }
       *     }
       */
      paths: {
        [key: string]: {
          [key: string]: unknown;
        };
      };
    } & {
      [key: string]: unknown;
    };
    /** @description How to reach a CloudStack, and what to use there; without its keys. */
    OsseaConfig: {
      /**
       * @description VMs of it that a job works on
       * @example 1
       */
      active_job_count: number;
      /**
       * @description where its API is
       * @example https://cloud.example.com/client/api
       */
      api_url: string;
      /**
       * @description VMs that are replicated into it
       * @example 12
       */
      context_count: number;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      created_at: string;
      /**
       * @description disk offering
       * @example 7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001
       */
      disk_offering_id: string | null;
      /**
       * @description domain
       * @example ROOT/migration
       */
      domain: string | null;
      /**
       * @description id of the configuration
       * @example 1
       */
      id: number;
      /**
       * @description new replications go there
       * @example true
       */
      is_active: boolean;
      /**
       * @description what people call it
       * @example cloud-1
       */
      name: string;
      /**
       * @description default network
       * @example 7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001
       */
      network_id: string | null;
      /**
       * @description VM of this appliance
       * @example 7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001
       */
      oma_vm_id: string | null;
      /**
       * @description compute offering
       * @example 7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001
       */
      service_offering_id: string | null;
      /**
       * @description template of new VMs
       * @example 7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001
       */
      template_id: string | null;
      /**
       * Format: date-time
       * @description when it was changed last, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      updated_at: string;
      /**
       * @description volumes of ours in it
       * @example 30
       */
      volume_count: number;
      /**
       * @description id of its zone
       * @example 7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001
       */
      zone: string;
    };
    /**
     * @description What to do with a configuration.
     * @example {
     *       "action": "get"
     *     }
     */
    OsseaConfigAction: {
      /**
       * @description delete makes inactive and keeps the row: what was begun in that cloud ends there
       * @example create
       * @enum {string}
       */
      action: 'get' | 'create' | 'update' | 'delete' | 'test';
      config?: components['schemas']['OsseaConfigFields'] | undefined;
      /**
       * @description update: take another host although volumes are stored in this cloud: it is the same, moved
       * @example false
       */
      force?: (boolean | null) | undefined;
      /**
       * @description which one; get without it lists all
       * @example 1
       */
      id?: (number | null) | undefined;
    };
    /** @description What was done. */
    OsseaConfigAnswer: {
      /**
       * @description delete makes inactive and keeps the row: what was begun in that cloud ends there
       * @example create
       * @enum {string}
       */
      action: 'get' | 'create' | 'update' | 'delete' | 'test';
      config?: components['schemas']['OsseaConfig'] | undefined;
      /** @description get without id: all, by name */
      configs?: components['schemas']['OsseaConfig'][] | undefined;
      /**
       * @description get without id: how many
       * @example 1
       */
      count?: number | undefined;
      /**
       * @description what was done
       * @example cloud-1 is saved and active
       */
      message: string;
      /**
       * @description false only where action is test: what CloudStack said is in test_result
       * @example true
       */
      success: boolean;
      test_result?: components['schemas']['CloudConnectionTested'] | undefined;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      timestamp: string;
    };
    /** @description create needs name, api_url, api_key, secret_key and zone; update sets what is named; test takes api_url and keys. */
    OsseaConfigFields: {
      /**
       * Format: password
       * @description API key of a user of CloudStack; no answer ever has it
       * @example K3y
       */
      api_key?: string | undefined;
      /**
       * @description address of CloudStack; http:// and /client/api are added where they are missing
       * @example https://cloud.example.com/client/api
       */
      api_url?: string | undefined;
      /**
       * @description disk offering with a custom size
       * @example 7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001
       */
      disk_offering_id?: (string | null) | undefined;
      /**
       * @description path, name or id of a domain: the account must see it
       * @example ROOT/migration
       */
      domain?: (string | null) | undefined;
      /**
       * @description new replications go there; making one active makes the others inactive
       * @example true
       */
      is_active?: boolean | undefined;
      /**
       * @description what people call it; upper and lower case make no difference
       * @example cloud-1
       */
      name?: string | undefined;
      /**
       * @description default network
       * @example 7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001
       */
      network_id?: (string | null) | undefined;
      /**
       * @description VM of this appliance, which volumes are attached to
       * @example 7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001
       */
      oma_vm_id?: (string | null) | undefined;
      /**
       * Format: password
       * @description secret key of that user; no answer ever has it
       * @example K3y
       */
      secret_key?: string | undefined;
      /**
       * @description compute offering with custom processors and memory
       * @example 7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001
       */
      service_offering_id?: (string | null) | undefined;
      /**
       * @description template that failover makes VMs from
       * @example 7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001
       */
      template_id?: (string | null) | undefined;
      /**
       * @description id of the zone that volumes and VMs are made in
       * @example 7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001
       */
      zone?: string | undefined;
    };
    /** @description What a failover asks a person. */
    PreflightConfig: {
      /**
       * @description by field of POST /failover/unified
       * @example {}
       */
      configuration: {
        [key: string]: {
          /**
           * @description what it is where it is left out
           * @example true
           */
          default: boolean | string | null;
          /**
           * @description what it means
           * @example shut the source VM down first
           */
          description: string;
          /**
           * @description what it may be
           * @example [
           *       "exact"
           *     ]
           */
          options?: string[] | undefined;
          /**
           * @description what it must look like
           * @example ^[1-9][0-9]{0,4}[hm]$
           */
          pattern?: string | undefined;
          /**
           * @description the request must say it
           * @example true
           */
          required: boolean;
          /**
           * @description boolean, string or object
           * @example boolean
           */
          type: string;
        };
      };
      /**
       * @description type of the failover
       * @example test
       * @enum {string}
       */
      failover_type: 'live' | 'test';
      /**
       * @description the outcome for people
       * @example what a live failover of web01 asks
       */
      message: string;
      /** @description what the request needs besides */
      metadata: {
        /**
         * @description the context of the VM
         * @example ctx-web01-20260101-120000
         */
        context_id: string;
        /**
         * @description where the VM stands
         * @example ready_for_failover
         */
        current_status: string;
        /**
         * @description where its networks lead in a failover of this type
         * @example {}
         */
        network_mappings: {
          [key: string]: string;
        };
        /**
         * @description of this document
         * @example 1
         */
        version: string;
        /**
         * @description its uuid
         * @example 420570c7-f61f-a930-77c5-1e876786cb3c
         */
        vmware_vm_id: string;
      };
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
      /**
       * @description name of the VM
       * @example web01
       */
      vm_name: string;
    };
    /** @description Whether a failover would be accepted. */
    PreflightValidated: {
      /** @description what forbids it */
      errors: {
        /**
         * @description what to do
         * @example wait for its end
         */
        message: string;
        /**
         * @description code of a finding
         * @example vm.busy
         */
        path: string;
      }[];
      /**
       * @description the outcome for people
       * @example a live failover of web01 may begin
       */
      message: string;
      /** @description when it was so */
      metadata: {
        /**
         * Format: date-time
         * @description UTC
         * @example 2026-01-14T09:30:00.000Z
         */
        validated_at: string;
        /**
         * @description of this document
         * @example 1
         */
        version: string;
      };
      /**
       * @description what was asked
       * @example {}
       */
      request: {
        [key: string]: unknown;
      };
      /**
       * @description the request would be accepted now
       * @example true
       */
      success: boolean;
      validation_result: components['schemas']['ValidationResult'];
    };
    /**
     * @description Which vCenter: a stored account, or one that is typed in.
     * @example {
     *       "credential_id": 1,
     *       "filter": "web"
     *     }
     */
    PreviewDiscovery: {
      /**
       * @description a stored account; 0: the default one
       * @example 1
       */
      credential_id?: (number | null) | undefined;
      /**
       * @description the datacenter to look at; of a stored account its own
       * @example DC1
       */
      datacenter?: (string | null) | undefined;
      /**
       * @description part of the name, in upper or lower case
       * @example web
       */
      filter?: (string | null) | undefined;
      /**
       * Format: password
       * @description used for this request, and not stored
       * @example secret
       */
      password?: (string | null) | undefined;
      /**
       * @description its user
       * @example migratekit@vsphere.local
       */
      username?: (string | null) | undefined;
      /**
       * @description the vCenter instead: name or address, and :port where it is not 443
       * @example vcenter-01.example.com
       */
      vcenter?: (string | null) | undefined;
      /**
       * @description PEM certificates of the authorities that its certificate may come from
       * @example -----BEGIN ...
       */
      vcenter_ca?: (string | null) | undefined;
      /**
       * @description SHA-1 or SHA-256 of the one certificate that the vCenter may show
       * @example abababababababababababababababababababab
       */
      vcenter_thumbprint?: (string | null) | undefined;
    };
    /** @description Why a request was refused: a problem document (RFC 9457) */
    Problem: {
      /**
       * @description stable; what programs match on
       * @example context.busy
       */
      code: string;
      /**
       * @description what happened
       * @example job job-20260114-093000.123-a1b2c3 is active for this VM
       */
      detail: string;
      /** @description each field that does not fit */
      errors?:
        | {
            /**
             * @description what is wrong with it
             * @example is needed
             */
            message: string;
            /**
             * @description the field, parts joined by dots
             * @example source_vm.disks.0.id
             */
            path: string;
          }[]
        | undefined;
      /**
       * @description what a person does next
       * @example wait for it to end, or cancel it
       */
      hint?: string | undefined;
      /**
       * @description path of the request
       * @example /api/v1/replications
       */
      instance: string;
      /**
       * @description finds the lines of this request in the logs
       * @example 0b0f3c1e-6d0f-4b0e-9a39-0a9be5a4b7b1
       */
      request_id: string;
      /**
       * @description the same request will do when what it waits for is free
       * @example later
       * @enum {string}
       */
      retry?: 'later' | undefined;
      /**
       * @description the HTTP status
       * @example 409
       */
      status: number;
      /**
       * @description what the status means
       * @example Conflict
       */
      title: string;
      /**
       * @description URI of the code
       * @example urn:migratekit:problem:context.busy
       */
      type: string;
    };
    /** @description Whether a VM may be failed over. */
    Readiness: {
      /**
       * @description type of the failover
       * @example live
       * @enum {string}
       */
      failover_type: 'live' | 'test';
      /**
       * @description nothing critical was found
       * @example true
       */
      is_valid: boolean;
      /**
       * @description the outcome for people
       * @example web01 is ready for a live failover
       */
      message: string;
      /**
       * @description 100 less 30 for each critical finding and 5 for each warning, not below 0
       * @example 95
       */
      readiness_score: number;
      /**
       * @description what to do about it, each thing once
       * @example [
       *       "replicate the VM once more"
       *     ]
       */
      required_actions: string[];
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
      validation_result: components['schemas']['ValidationResult'];
      /**
       * @description its context
       * @example ctx-web01-20260101-120000
       */
      vm_context_id: string;
      /**
       * @description name of the VM
       * @example web01
       */
      vm_id: string;
      /**
       * @description the same
       * @example web01
       */
      vm_name: string;
    };
    /** @description One rule, asked. */
    ReadinessCheck: {
      /**
       * @description name of the rule
       * @example committed-copy
       */
      check_name: string;
      /**
       * @description the worst that it may find
       * @example critical
       * @enum {string}
       */
      check_type: 'critical' | 'warning' | 'info';
      /** @description what was found, the worst first */
      details: components['schemas']['ReadinessFinding'][];
      /**
       * @description how long this rule took to judge, milliseconds; looking at the VM is not in it
       * @example 0.021
       */
      execution_time: number;
      /**
       * @description of what it speaks: vm, jobs, copy, volumes, networks, target or source
       * @example copy
       */
      family: string;
      /**
       * @description what was found, or what holds
       * @example every disk is on its volume as it was committed
       */
      message: string;
      /**
       * @description skip: it does not matter here, cannot be said, or was passed over
       * @example pass
       * @enum {string}
       */
      status: 'pass' | 'fail' | 'warning' | 'skip';
    };
    /** @description What a rule of readiness found. */
    ReadinessFinding: {
      /**
       * @description stable; what programs match on
       * @example copy.not-trusted
       */
      code: string;
      /**
       * @description where it is explained
       * @example docs/failover.md#copy-not-trusted
       */
      doc: string;
      /**
       * @description what is so
       * @example disk-2000 is not what was committed
       */
      explanation: string;
      /**
       * @description what a person does about it
       * @example replicate the VM once more
       */
      fix: string;
      /**
       * @description critical: a failover does not begin; warning: it may; info: good to know
       * @example critical
       * @enum {string}
       */
      severity: 'critical' | 'warning' | 'info';
    };
    /** @description this process can serve requests */
    Ready: {
      /** @description what jobs wait for at the moment; empty when nothing is away */
      away: components['schemas']['Away'][];
      /**
       * @description degraded: requests are served, but Redis is away and jobs wait for it
       * @example ready
       * @enum {string}
       */
      status: 'ready' | 'degraded';
    };
    /** @description one of the newest jobs of a VM */
    RecentJob: {
      /** @description what a person does next; empty when there is nothing to do */
      actionable_steps: string[];
      /**
       * Format: date-time
       * @description when it ended, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      completed_at: string | null;
      /**
       * Format: date-time
       * @description when it was accepted, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      created_at: string;
      /**
       * @description the step that it is in, or was in when it ended
       * @example copy-disks
       */
      current_step: string | null;
      /**
       * @description table that it was read from
       * @example replication_jobs
       * @enum {string}
       */
      data_source: 'replication_jobs' | 'job_tracking';
      /**
       * @description the job for people
       * @example Incremental replication
       */
      display_name: string;
      /**
       * @description from its start to its end, or to now, seconds
       * @example 1800
       */
      duration_seconds: number;
      /**
       * @description first part of the code of the error
       * @example vma
       */
      error_category: string | null;
      /**
       * @description what went wrong
       * @example the VMA does not answer
       */
      error_message: string | null;
      /**
       * @description its id in another system
       * @example unified-test-failover-web01-1768383000
       */
      external_job_id: string | null;
      /**
       * @description id of the job
       * @example job-20260114-093000.123-a1b2c3
       */
      job_id: string;
      /**
       * @description what it did; deletion: a replication was deleted
       * @example replication
       * @enum {string}
       */
      job_type: 'replication' | 'test_failover' | 'live_failover' | 'rollback' | 'deletion';
      /**
       * @description done, percent
       * @example 49.31
       */
      progress: number;
      /**
       * Format: date-time
       * @description when its first attempt began, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      started_at: string | null;
      /**
       * @description how it stands: pending, running, completed, failed or cancelled
       * @example running
       */
      status: string;
    };
    /** @description the newest jobs of a VM, of every kind */
    RecentJobs: {
      /**
       * @description the VM
       * @example ctx-web01-20260101-120000
       */
      context_id: string;
      /**
       * @description number of these jobs, at most 20
       * @example 1
       */
      count: number;
      /** @description newest first */
      jobs: components['schemas']['RecentJob'][];
    };
    /** @description Its deletion was accepted. */
    RemovedVolume: {
      /**
       * @description the job that deletes it; its operation is at the volume daemon
       * @example job-20260114-093000.123-a1b2c3
       */
      job_id: string;
      /**
       * @description UUID of the volume in CloudStack
       * @example 0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0
       */
      volume_id: string;
    };
    /** @description a disk of a VM */
    ReplicatedDisk: {
      /**
       * @description moved by its newest job, bytes
       * @example 19058917376
       */
      bytes_synced: number;
      /**
       * @description size, bytes
       * @example 109521666048
       */
      capacity_bytes: number | null;
      /**
       * @description virtual processors of the VM
       * @example 2
       */
      cpu_count: number | null;
      /**
       * @description where the source keeps it
       * @example datastore1
       */
      datastore: string | null;
      /**
       * @description changeId of the last committed cycle
       * @example 52 3c 9f 1e 7d 44 1b 02-0e 5f 9a 77 3b 10 c2 64/42
       */
      disk_change_id: string | null;
      /**
       * @description disk-{device key of the hypervisor}
       * @example disk-2000
       */
      disk_id: string;
      /**
       * @description number of its row
       * @example 17
       */
      id: number;
      /**
       * @description its name in the VM
       * @example Hard disk 1
       */
      label: string | null;
      /**
       * @description why it was last copied in full, or must be next
       * @example no-change-id
       */
      last_full_reason: string | null;
      /**
       * @description memory of the VM, MiB
       * @example 8192
       */
      memory_mb: number | null;
      /**
       * @description networks of the VM, as JSON text
       * @example [{"network_name":"VM Network"}]
       */
      network_config: string | null;
      /**
       * @description windows, linux, macos, other or unknown
       * @example windows
       */
      os_type: string | null;
      /**
       * @description row of its volume in the target cloud
       * @example 9
       */
      ossea_volume_id: number | null;
      /**
       * @description thin, thick, ...
       * @example thin
       */
      provisioning_type: string | null;
      /**
       * @description size, GiB, rounded up
       * @example 102
       */
      size_gb: number;
      /**
       * @description done by its newest job, percent
       * @example 49.31
       */
      sync_progress_percent: number;
      /**
       * @description pending, syncing, completed or failed
       * @example completed
       */
      sync_status: string;
      /**
       * @description its place at the controller
       * @example 0
       */
      unit_number: number | null;
      /**
       * Format: date-time
       * @description when all of it was last copied or compared, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      verified_at: string | null;
      /**
       * @description why its next cycle compares all of it with the source; null: nothing is doubted
       * @example snapshots of others were removed since the last commit
       */
      verify_reason: string | null;
      /**
       * @description its file at the source
       * @example [datastore1] web01/web01.vmdk
       */
      vmdk_path: string;
    };
    /** @description the VM as its source knows it */
    ReplicatedVm: {
      /**
       * @description BIOS uuid of the VM
       * @example 420570c7-f61f-a930-77c5-1e876786cb3c
       */
      id: string;
      /**
       * @description name of the VM
       * @example web01
       */
      name: string;
      /**
       * @description inventory path of the VM
       * @example /DC1/vm/web01
       */
      path: string;
    };
    /** @description a replication with its disks */
    Replication: {
      /**
       * @description the smaller one of its limit and its worker's, at the last report, bytes per second; null: none
       * @example 52428800
       */
      bandwidth_in_force_bytes_per_s: number | null;
      /**
       * @description most that it may read, bytes per second; 0: no limit of its own; null: the one of all jobs
       * @example 52428800
       */
      bandwidth_limit_bytes_per_s: number | null;
      /**
       * @description moved so far, bytes
       * @example 19058917376
       */
      bytes_transferred: number;
      /** @description what it did to each disk, newest first, at most 100 */
      cbt_history: components['schemas']['CbtCycle'][];
      /**
       * Format: date-time
       * @description when it ended, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      completed_at: string | null;
      /** @description what was asked for */
      configuration: {
        /**
         * @description most that it may read, bytes per second; 0: no limit of its own; null: the one of all jobs
         * @example 52428800
         */
        bandwidth_limit_bytes_per_s: number | null;
        /**
         * @description configuration of the target cloud
         * @example 1
         */
        ossea_config_id: number | null;
        /**
         * @description initial or incremental
         * @example incremental
         */
        replication_type: string;
        /**
         * @description network of the target cloud
         * @example production
         */
        target_network: string | null;
      };
      /**
       * Format: date-time
       * @description when it was accepted, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      created_at: string;
      /**
       * @description what is done now
       * @example Transferring Data
       */
      current_operation: string | null;
      /**
       * @description datacenter of the VM
       * @example DC1
       */
      datacenter: string;
      /** @description disks whose newest job this is */
      disks: components['schemas']['ReplicatedDisk'][];
      /**
       * @description stable name of the error; what programs match on
       * @example vma.unreachable
       */
      error_code: string | null;
      /**
       * @description what a person does next
       * @example check that the VMA runs and is reachable
       */
      error_hint: string | null;
      /**
       * @description what went wrong
       * @example the VMA does not answer
       */
      error_message: string | null;
      /**
       * @description the same
       * @example job-20260114-093000.123-a1b2c3
       */
      id: string;
      /**
       * @description id of the replication and of its job
       * @example job-20260114-093000.123-a1b2c3
       */
      job_id: string;
      /** @description target volumes that are attached to the appliance now */
      mounts: {
        /**
         * @description its device on the appliance
         * @example /dev/vdb
         */
        device_path: string;
        /**
         * @description where it is mounted
         * @example /mnt/web01
         */
        mount_point: string | null;
        /**
         * @description how the cloud sees it
         * @example attached
         */
        status: string;
        /**
         * @description uuid of the volume
         * @example 5f2a8c1e-0d5b-4f5e-9a39-0a9be5a4b7b1
         */
        volume_id: string;
      }[];
      /**
       * @description configuration of the target cloud
       * @example 1
       */
      ossea_config_id: number | null;
      /**
       * @description bytes that are done, percent
       * @example 49.31
       */
      progress_percent: number;
      /**
       * @description initial when any disk was copied in full, else incremental
       * @example incremental
       */
      replication_type: string;
      /**
       * @description preparation that is done, percent
       * @example 49.31
       */
      setup_progress_percent: number;
      source_vm: components['schemas']['ReplicatedVm'];
      /**
       * @description BIOS uuid of the VM
       * @example 420570c7-f61f-a930-77c5-1e876786cb3c
       */
      source_vm_id: string;
      /**
       * @description name of the VM
       * @example web01
       */
      source_vm_name: string;
      /**
       * @description inventory path of the VM
       * @example /DC1/vm/web01
       */
      source_vm_path: string;
      /**
       * Format: date-time
       * @description when its first attempt began, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      started_at: string | null;
      /**
       * @description pending: waits for a worker; running: a worker has it, or it waits for a next attempt; the others end it
       * @example running
       * @enum {string}
       */
      status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
      /**
       * @description network of the target cloud
       * @example production
       */
      target_network: string | null;
      /**
       * @description to be moved: what is allocated or changed, not the size of the disks, bytes
       * @example 38654705664
       */
      total_bytes: number;
      /**
       * @description rate now, bytes per second
       * @example 12013439
       */
      transfer_speed_bps: number;
      /**
       * Format: date-time
       * @description when its row changed last, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      updated_at: string;
      /**
       * @description vCenter of the VM; "folder" for a VM that is a folder of images
       * @example vcenter-01.example.com
       */
      vcenter_host: string;
      /** @description of each disk that was verified, when the replication has completed */
      verification: components['schemas']['Verification'][];
      /**
       * @description the VM
       * @example ctx-web01-20260101-120000
       */
      vm_context_id: string | null;
      /**
       * @description what is done now, as a word
       * @example transferring
       */
      vma_current_phase: string | null;
      /**
       * @description kind of the error
       * @example network
       */
      vma_error_classification: string | null;
      /**
       * @description more about the error
       * @example ECONNRESET
       */
      vma_error_details: string | null;
      /**
       * @description time that is left, seconds
       * @example 1631
       */
      vma_eta_seconds: number;
      /**
       * Format: date-time
       * @description when its worker last reported, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      vma_last_poll_at: string | null;
      /**
       * @description initial, incremental or full
       * @example incremental
       */
      vma_sync_type: string | null;
      /**
       * @description rate now, MiB per second
       * @example 11.46
       */
      vma_throughput_mbps: number;
    };
    /** @description a page of replications */
    ReplicationList: {
      /**
       * @description all rows that match, not only this page
       * @example 2
       */
      count: number;
      /**
       * @description cursor of the next page; null on the last one
       * @example WyJ3ZWIwMSJd
       */
      next_cursor: string | null;
      /** @description newest first */
      replications: components['schemas']['ReplicationSummary'][];
    };
    /** @description how far a replication is */
    ReplicationProgress: {
      /**
       * @description data since the transfer of this attempt began, bytes per second
       * @example 11500000
       */
      average_bps: number;
      /**
       * @description the smaller one of the job's limit and its worker's, bytes per second; null when there is none, or nothing runs
       * @example 52428800
       */
      bandwidth_in_force_bytes_per_s: number | null;
      /**
       * @description moved so far, bytes
       * @example 19058917376
       */
      bytes_transferred: number;
      /**
       * @description data over the last seconds, bytes per second; 0 when nothing runs
       * @example 12013439
       */
      current_bps: number;
      /**
       * @description what is done now
       * @example Transferring Data
       */
      current_operation: string | null;
      /** @description one entry per disk, in the order of their ids */
      disks: components['schemas']['DiskProgress'][];
      /**
       * @description seconds until the transfer ends at the pace of the last minute; null when unknown
       * @example 1631
       */
      eta_seconds: number | null;
      /**
       * @description the replication
       * @example job-20260114-093000.123-a1b2c3
       */
      job_id: string;
      /**
       * @description bytes that are done, percent
       * @example 49.31
       */
      progress_percent: number;
      /**
       * @description preparation that is done, percent
       * @example 49.31
       */
      setup_progress_percent: number;
      /**
       * @description pending: waits for a worker; running: a worker has it, or it waits for a next attempt; the others end it
       * @example running
       * @enum {string}
       */
      status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
      /**
       * @description to be moved, bytes
       * @example 38654705664
       */
      total_bytes: number;
      /**
       * @description rate now, bytes per second
       * @example 12013439
       */
      transfer_speed_bps: number;
      /**
       * Format: date-time
       * @description when its row changed last, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      updated_at: string;
      /** @description how far the verification is, of all disks that are verified now; null while nothing is verified */
      verifying: {
        /**
         * @description bytes of the target that were read again and compared in this pass
         * @example 38654705664
         */
        bytes_read: number;
        /**
         * @description bytes that this pass will compare; null when unknown
         * @example 38654705664
         */
        bytes_total: number | null;
      } | null;
      /** @description what its worker last reported */
      vma_progress: {
        /**
         * @description what is done now, as a word
         * @example transferring
         */
        current_phase: string | null;
        /**
         * @description kind of the error
         * @example network
         */
        error_classification: string | null;
        /**
         * @description more about the error
         * @example ECONNRESET
         */
        error_details: string | null;
        /**
         * @description the same for people
         * @example 27 min 11 s
         */
        eta_formatted: string;
        /**
         * @description time that is left, seconds
         * @example 1631
         */
        eta_seconds: number;
        /**
         * @description reported within the last 30 s
         * @example true
         */
        is_live: boolean;
        /**
         * Format: date-time
         * @description when its worker last reported, UTC
         * @example 2026-01-14T09:30:00.000Z
         */
        last_polled: string | null;
        /**
         * @description initial, incremental or full
         * @example incremental
         */
        sync_type: string | null;
        /**
         * @description rate now, MiB per second
         * @example 11.46
         */
        throughput_mbps: number;
      };
    };
    /** @description a replication that was accepted */
    ReplicationStarted: {
      /**
       * @description the VM
       * @example ctx-web01-20260101-120000
       */
      context_id: string;
      /** @description empty: volumes are made by the job */
      created_volumes: {
        /**
         * @description size, GiB
         * @example 102
         */
        size_gb: number;
        /**
         * @description how it stands
         * @example creating
         */
        status: string;
        /**
         * @description uuid of the volume
         * @example 5f2a8c1e-0d5b-4f5e-9a39-0a9be5a4b7b1
         */
        volume_id: string;
        /**
         * @description name of the volume
         * @example migration-web01-web01-disk-0
         */
        volume_name: string;
      }[];
      /**
       * @description id of the replication and of its job
       * @example job-20260114-093000.123-a1b2c3
       */
      job_id: string;
      /**
       * @description the same for people
       * @example replication of web01 accepted
       */
      message: string;
      /** @description empty: volumes are attached by the job */
      mounted_volumes: {
        /**
         * @description its device on the appliance
         * @example /dev/vdb
         */
        device_path: string;
        /**
         * @description where it is mounted
         * @example /mnt/web01
         */
        mount_point: string;
        /**
         * @description how it stands
         * @example attached
         */
        status: string;
      }[];
      /**
       * @description done, percent
       * @example 49.31
       */
      progress_percent: number;
      /**
       * @description replicate: no disk was ever committed; sync-cbt: only what changed, where that is possible
       * @example replicate
       * @enum {string}
       */
      queue: 'replicate' | 'sync-cbt';
      source_vm: components['schemas']['ReplicatedVm'];
      /**
       * Format: date-time
       * @description when the request was accepted, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      started_at: string;
      /**
       * @description it waits for a worker
       * @example pending
       * @enum {string}
       */
      status: 'pending';
    };
    /** @description one replication of one VM */
    ReplicationSummary: {
      /**
       * @description the smaller one of its limit and its worker's, at the last report, bytes per second; null: none
       * @example 52428800
       */
      bandwidth_in_force_bytes_per_s: number | null;
      /**
       * @description most that it may read, bytes per second; 0: no limit of its own; null: the one of all jobs
       * @example 52428800
       */
      bandwidth_limit_bytes_per_s: number | null;
      /**
       * @description moved so far, bytes
       * @example 19058917376
       */
      bytes_transferred: number;
      /**
       * Format: date-time
       * @description when it ended, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      completed_at: string | null;
      /**
       * Format: date-time
       * @description when it was accepted, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      created_at: string;
      /**
       * @description what is done now
       * @example Transferring Data
       */
      current_operation: string | null;
      /**
       * @description datacenter of the VM
       * @example DC1
       */
      datacenter: string;
      /**
       * @description stable name of the error; what programs match on
       * @example vma.unreachable
       */
      error_code: string | null;
      /**
       * @description what a person does next
       * @example check that the VMA runs and is reachable
       */
      error_hint: string | null;
      /**
       * @description what went wrong
       * @example the VMA does not answer
       */
      error_message: string | null;
      /**
       * @description the same
       * @example job-20260114-093000.123-a1b2c3
       */
      id: string;
      /**
       * @description id of the replication and of its job
       * @example job-20260114-093000.123-a1b2c3
       */
      job_id: string;
      /**
       * @description configuration of the target cloud
       * @example 1
       */
      ossea_config_id: number | null;
      /**
       * @description bytes that are done, percent
       * @example 49.31
       */
      progress_percent: number;
      /**
       * @description initial when any disk was copied in full, else incremental
       * @example incremental
       */
      replication_type: string;
      /**
       * @description preparation that is done, percent
       * @example 49.31
       */
      setup_progress_percent: number;
      /**
       * @description BIOS uuid of the VM
       * @example 420570c7-f61f-a930-77c5-1e876786cb3c
       */
      source_vm_id: string;
      /**
       * @description name of the VM
       * @example web01
       */
      source_vm_name: string;
      /**
       * @description inventory path of the VM
       * @example /DC1/vm/web01
       */
      source_vm_path: string;
      /**
       * Format: date-time
       * @description when its first attempt began, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      started_at: string | null;
      /**
       * @description pending: waits for a worker; running: a worker has it, or it waits for a next attempt; the others end it
       * @example running
       * @enum {string}
       */
      status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
      /**
       * @description network of the target cloud
       * @example production
       */
      target_network: string | null;
      /**
       * @description to be moved: what is allocated or changed, not the size of the disks, bytes
       * @example 38654705664
       */
      total_bytes: number;
      /**
       * @description rate now, bytes per second
       * @example 12013439
       */
      transfer_speed_bps: number;
      /**
       * Format: date-time
       * @description when its row changed last, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      updated_at: string;
      /**
       * @description vCenter of the VM; "folder" for a VM that is a folder of images
       * @example vcenter-01.example.com
       */
      vcenter_host: string;
      /**
       * @description the VM
       * @example ctx-web01-20260101-120000
       */
      vm_context_id: string | null;
      /**
       * @description what is done now, as a word
       * @example transferring
       */
      vma_current_phase: string | null;
      /**
       * @description kind of the error
       * @example network
       */
      vma_error_classification: string | null;
      /**
       * @description more about the error
       * @example ECONNRESET
       */
      vma_error_details: string | null;
      /**
       * @description time that is left, seconds
       * @example 1631
       */
      vma_eta_seconds: number;
      /**
       * Format: date-time
       * @description when its worker last reported, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      vma_last_poll_at: string | null;
      /**
       * @description initial, incremental or full
       * @example incremental
       */
      vma_sync_type: string | null;
      /**
       * @description rate now, MiB per second
       * @example 11.46
       */
      vma_throughput_mbps: number;
    };
    /**
     * @description Which network.
     * @example {
     *       "network_name": "prod-lan"
     *     }
     */
    ResolveNetwork: {
      /**
       * @description name or id of a network of CloudStack
       * @example prod-lan
       */
      network_name: string;
    };
    /** @description What there is to choose from. */
    ResourcesDiscovered: {
      /** @description by name */
      disk_offerings: components['schemas']['CloudDiskOffering'][];
      /** @description those that the account sees, by path */
      domains: components['schemas']['CloudDomain'][];
      /** @description by name */
      networks: components['schemas']['CloudNetwork'][];
      /** @description by name */
      service_offerings: components['schemas']['CloudServiceOffering'][];
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
      /** @description ready, and below 2 GiB */
      templates: components['schemas']['CloudTemplate'][];
      /** @description by name */
      zones: components['schemas']['CloudZone'][];
    };
    /**
     * @description The way back from a failover.
     * @example {
     *       "context_id": "ctx-web01-20260101-120000",
     *       "vm_id": "420570c7-f61f-a930-77c5-1e876786cb3c",
     *       "vm_name": "web01",
     *       "failover_type": "live",
     *       "power_on_source": true
     *     }
     */
    RollBack: {
      /**
       * @description the context of the VM
       * @example ctx-web01-20260101-120000
       */
      context_id: string;
      /**
       * @description type of the failover that stands
       * @example live
       * @enum {string}
       */
      failover_type: 'live' | 'test';
      /**
       * @description go on past what cannot be undone, and name it
       * @example false
       */
      force_cleanup?: (boolean | null) | undefined;
      /**
       * @description live: power the source VM on again; left out: where the failover powered it off
       * @example true
       */
      power_on_source?: (boolean | null) | undefined;
      /**
       * @description its uuid at the source
       * @example 420570c7-f61f-a930-77c5-1e876786cb3c
       */
      vm_id: string;
      /**
       * @description its name
       * @example web01
       */
      vm_name: string;
      /**
       * @description its uuid at the source
       * @example 420570c7-f61f-a930-77c5-1e876786cb3c
       */
      vmware_vm_id?: (string | null) | undefined;
    };
    /** @description What is to be decided before a rollback. */
    RollbackDecision: {
      /**
       * @description field of POST /failover/rollback; none: nothing is to be decided
       * @example power_on_source
       */
      decision_id: string;
      /**
       * @description what follows when nothing is said; null: nothing is to be decided
       * @example true
       */
      default_value: boolean | null;
      /**
       * @description type of the failover
       * @example test
       * @enum {string}
       */
      failover_type: 'live' | 'test';
      /**
       * @description the outcome for people
       * @example the rollback of a live failover of web01 asks about its source
       */
      message: string;
      /** @description the answers */
      options: {
        /**
         * @description what follows
         * @example the VM runs at its source again
         */
        description: string;
        /**
         * @description in a word
         * @example power it on
         */
        label: string;
        /**
         * @description what to send
         * @example true
         */
        value: boolean;
      }[];
      /**
       * @description what a person is asked; empty for none
       * @example Power the source VM on again?
       */
      question: string;
      /**
       * @description somebody should decide
       * @example true
       */
      required: boolean;
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
      /**
       * @description name of the VM
       * @example web01
       */
      vm_name: string;
    };
    /**
     * @description Where a network of a VM is to lead.
     * @example {
     *       "vm_id": "web01",
     *       "source_network_name": "VM Network",
     *       "destination_network_id": "2c1d3d0e-1c0a-4a54-8f0e-6f3d6a0e9b11",
     *       "destination_network_name": "prod-lan",
     *       "is_test_network": false
     *     }
     */
    SaveNetworkMapping: {
      /**
       * @description network of CloudStack; it must exist
       * @example 2c1d3d0e-1c0a-4a54-8f0e-6f3d6a0e9b11
       */
      destination_network_id: string;
      /**
       * @description its name; the one that CloudStack has is stored
       * @example prod-lan
       */
      destination_network_name?: (string | null) | undefined;
      /**
       * @description let test and live failovers of this VM share the destination
       * @example false
       */
      force?: (boolean | null) | undefined;
      /**
       * @description for test failovers
       * @default false
       * @example false
       */
      is_test_network: boolean;
      /**
       * @description network of the source, letter by letter
       * @example VM Network
       */
      source_network_name: string;
      /**
       * @description its context, where several VMs have this name
       * @example ctx-web01-20260101-120000
       */
      vm_context_id?: (string | null) | undefined;
      /**
       * @description the VM: its name, the id of its context, or its uuid
       * @example web01
       */
      vm_id: string;
    };
    /** @description A replication that waits for attach slots. */
    SlotWait: {
      /**
       * @description the job that waits
       * @example job-20260114-093000.123-a1b2c3
       */
      job_id: string;
      /** @description place in the line of the zone */
      place: number | null;
      /**
       * @description how many it needs, all at one OMA VM
       * @example 3
       */
      slots: number;
      /**
       * @description room: its turn in the line; volume-daemon: one that is away; foreign-disks: others take too much everywhere; nothing: it gets them when it looks next
       * @example room
       * @enum {string}
       */
      waits_for: 'room' | 'volume-daemon' | 'foreign-disks' | 'nothing';
      /**
       * @description the zone of its volumes
       * @example 2c1d0b7e-0000-4000-8000-000000000002
       */
      zone_id: string;
    };
    /** @description A snapshot of this installation that the last sweep found. */
    Snapshot: {
      /**
       * @description how old it is, hours
       * @example 25.5
       */
      age_hours: number;
      /**
       * Format: date-time
       * @description when it was made, by the clock of the vCenter, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      created_at: string;
      /**
       * @description the credential of the vCenter
       * @example 1
       */
      credential_id: number;
      /** @description why the last removal failed */
      error: {
        /**
         * @description stable name of the error; what programs match on
         * @example vma.unreachable
         */
        code: string;
        /**
         * @description what went wrong
         * @example vcenter refused RemoveSnapshot_Task
         */
        text: string;
      } | null;
      /**
       * @description instance uuid of the VM
       * @example 5012c1f0-0000-4000-8000-000000000042
       */
      instance_uuid: string | null;
      /**
       * @description the job that made it
       * @example job-20260114-093000.123-a1b2c3
       */
      job_id: string;
      /**
       * @description name of the snapshot
       * @example migratekit-job-20260114-093000.123-a1b2c3-1
       */
      name: string;
      /**
       * @description what a person does
       * @example nothing: it is being removed
       */
      next_step: string;
      /**
       * @description reference of the snapshot at its vCenter
       * @example snapshot-77
       */
      snapshot_ref: string;
      /**
       * @description removing: it goes; removal-failed: it should; session-open: a source session has it; job-active: its job runs; job-unknown: this installation made it, but the ledger knows no such job, so a person decides
       * @example removing
       * @enum {string}
       */
      state: 'removing' | 'removal-failed' | 'session-open' | 'job-active' | 'job-unknown';
      /**
       * @description the vCenter
       * @example vcenter.example.com
       */
      vcenter_host: string;
      /**
       * @description name of the VM
       * @example web01
       */
      vm: string;
      /**
       * @description reference of the VM at its vCenter
       * @example vm-42
       */
      vm_ref: string;
    };
    /** @description What a person should look at; critical ones first. */
    SnapshotAlarm: {
      /**
       * @description VM or datastore
       * @example datastore1
       */
      about: string;
      /**
       * @description snapshot.old: older than MIGRATEKIT_SNAPSHOT_ALARM_HOURS; snapshot.removal-failed: it should be gone; snapshot.space: a datastore has little room; snapshot.consolidation-needed: vCenter says so of a VM
       * @example snapshot.space
       * @enum {string}
       */
      code: 'snapshot.old' | 'snapshot.removal-failed' | 'snapshot.space' | 'snapshot.consolidation-needed';
      /**
       * @description the credential of the vCenter
       * @example 1
       */
      credential_id: number;
      /**
       * @description warn: look at it today; critical: VMs may soon stand still
       * @example warn
       * @enum {string}
       */
      level: 'warn' | 'critical';
      /**
       * @description what a person does
       * @example free space on the datastore, or move VMs away from it
       */
      next_step: string;
      /**
       * @description what is the matter
       * @example datastore datastore1 has 8.5 % free; no snapshot is made there any more
       */
      text: string;
      /**
       * @description the vCenter
       * @example vcenter.example.com
       */
      vcenter_host: string;
    };
    /** @description What the last sweeps found. */
    SnapshotReport: {
      /** @description critical ones first */
      alarms: components['schemas']['SnapshotAlarm'][];
      /** @description of this installation, each once */
      snapshots: components['schemas']['Snapshot'][];
      /** @description what was looked at, by the name of the credential */
      vcenters: components['schemas']['SweptVcenter'][];
    };
    /** @description a disk as its source describes it */
    SourceDisk: {
      /**
       * @description size, bytes; without it size_gb counts as exact
       * @example 109521666048
       */
      capacity_bytes?: (number | null) | undefined;
      /**
       * @description where its file is
       * @example datastore1
       */
      datastore?: (string | null) | undefined;
      /**
       * @description disk-{vmware device key}
       * @example disk-2000
       */
      id: string;
      /**
       * @description its name in the VM
       * @example Hard disk 1
       */
      label?: (string | null) | undefined;
      /**
       * @description its file, where vmdk_path is not known
       * @example [datastore1] web01/web01.vmdk
       */
      path?: (string | null) | undefined;
      /**
       * @description thin, thick, ...
       * @example thin
       */
      provisioning_type?: (string | null) | undefined;
      /**
       * @description size, GiB; at most 1 PiB
       * @example 102
       */
      size_gb?: (number | null) | undefined;
      /**
       * @description its place at the controller
       * @example 0
       */
      unit_number?: (number | null) | undefined;
      /**
       * @description its file
       * @example [datastore1] web01/web01.vmdk
       */
      vmdk_path?: (string | null) | undefined;
    };
    /** @description a network adapter as its source describes it */
    SourceNetwork: {
      /**
       * @description kind of the adapter
       * @example vmxnet3
       */
      adapter_type?: (string | null) | undefined;
      /**
       * @description whether the adapter is connected
       * @example true
       */
      connected?: (boolean | null) | undefined;
      /**
       * @description its name in the VM
       * @example Network adapter 1
       */
      label?: (string | null) | undefined;
      /**
       * @description hardware address
       * @example 00:50:56:00:00:01
       */
      mac_address?: (string | null) | undefined;
      /**
       * @description name of the adapter
       * @example Network adapter 1
       */
      name?: (string | null) | undefined;
      /**
       * @description name of the network
       * @example VM Network
       */
      network_name?: (string | null) | undefined;
      /**
       * @description kind of the network
       * @example standard
       */
      type?: (string | null) | undefined;
    };
    /**
     * @description Start a VM in CloudStack for good.
     * @example {
     *       "context_id": "ctx-web01-20260101-120000",
     *       "vm_id": "420570c7-f61f-a930-77c5-1e876786cb3c",
     *       "vm_name": "web01"
     *     }
     */
    StartLiveFailover: {
      /**
       * @description the context of the VM
       * @example ctx-web01-20260101-120000
       */
      context_id: string;
      /** @description what differs from the configuration */
      custom_config?: (components['schemas']['FailoverCustomConfig'] | null) | undefined;
      /**
       * @description networks of CloudStack by networks of the source; others lead where the mappings say
       * @example {
       *       "VM Network": "2c1d3d0e-1c0a-4a54-8f0e-6f3d6a0e9b11"
       *     }
       */
      network_mappings?:
        | ({
            [key: string]: string;
          } | null)
        | undefined;
      /**
       * @description taken for compatibility; this version sends no notifications
       * @example {}
       */
      notification_config?:
        | ({
            [key: string]: unknown;
          } | null)
        | undefined;
      /**
       * @description replicate once more after that
       * @example true
       */
      perform_final_sync?: (boolean | null) | undefined;
      /**
       * @description shut the source VM down first
       * @example true
       */
      power_off_source?: (boolean | null) | undefined;
      /**
       * @description judge only what endangers data or production
       * @example false
       */
      skip_validation?: (boolean | null) | undefined;
      /**
       * @description start the guest as it was copied
       * @example false
       */
      skip_virtio?: (boolean | null) | undefined;
      /**
       * @description its uuid at the source
       * @example 420570c7-f61f-a930-77c5-1e876786cb3c
       */
      vm_id: string;
      /**
       * @description its name
       * @example web01
       */
      vm_name: string;
    };
    /**
     * @description Which VM to replicate: exactly one of context_id, vm_name and source_vm.
     * @example {
     *       "vm_name": "web01"
     *     }
     */
    StartReplication: {
      /**
       * @description most that it may read, bytes per second, at least 65536; 0: no limit of its own; absent: the one of all jobs
       * @example 52428800
       */
      bandwidth_limit_bytes_per_s?: (number | null) | undefined;
      /**
       * @description a VM that is already known
       * @example ctx-web01-20260101-120000
       */
      context_id?: (string | null) | undefined;
      /**
       * @description datacenter of the VM
       * @example DC1
       */
      datacenter?: (string | null) | undefined;
      /**
       * @description configuration of the target cloud; absent, 0 or 1: the active one
       * @example 1
       */
      ossea_config_id?: (number | null) | undefined;
      /**
       * @description initial copies every disk in full again; else it is decided per disk
       * @example incremental
       * @enum {string|null}
       */
      replication_type?: ('initial' | 'incremental' | null) | undefined;
      /** @description a VM with all that its source knows; new or known */
      source_vm?:
        | ({
            /**
             * @description notes of its owner
             * @example front of the shop
             */
            annotation?: (string | null) | undefined;
            /**
             * @description virtual processors
             * @example 2
             */
            cpus?: (number | null) | undefined;
            /**
             * @description datacenter of the VM
             * @example DC1
             */
            datacenter?: (string | null) | undefined;
            /**
             * @description its disks, each id once
             * @default []
             */
            disks: components['schemas']['SourceDisk'][];
            /**
             * @description name that people see
             * @example web01
             */
            display_name?: (string | null) | undefined;
            /**
             * @description bios or efi
             * @example efi
             */
            firmware?: (string | null) | undefined;
            /**
             * @description folder of the inventory
             * @example /DC/vm
             */
            folder_path?: (string | null) | undefined;
            /**
             * @description BIOS uuid of the VM
             * @example 420570c7-f61f-a930-77c5-1e876786cb3c
             */
            id: string;
            /**
             * @description instance uuid: unique in its vCenter, where clones may share the BIOS uuid
             * @example 50057c1e-2d6b-4f0a-8e1c-9a39a0a9be5a
             */
            instance_uuid?: (string | null) | undefined;
            /**
             * @description memory, MiB
             * @example 8192
             */
            memory_mb?: (number | null) | undefined;
            /**
             * @description name of the VM
             * @example web01
             */
            name: string;
            /**
             * @description its network adapters
             * @default []
             */
            networks: components['schemas']['SourceNetwork'][];
            /**
             * @description guest system
             * @example Microsoft Windows Server 2019 (64-bit)
             */
            os_type?: (string | null) | undefined;
            /**
             * @description inventory path
             * @example /DC/vm/web01
             */
            path: string;
            /**
             * @description whether it runs
             * @example poweredOn
             */
            power_state?: (string | null) | undefined;
            /**
             * @description its UEFI starts only what is signed
             * @example false
             */
            secure_boot?: (boolean | null) | undefined;
            /**
             * @description whether VMware Tools run
             * @example toolsOk
             */
            vmware_tools_status?: (string | null) | undefined;
            /**
             * @description version of VMware Tools
             * @example 12352
             */
            vmware_tools_version?: (string | null) | undefined;
            /**
             * @description version of the virtual hardware
             * @example vmx-19
             */
            vmx_version?: (string | null) | undefined;
          } | null)
        | undefined;
      /**
       * @description false only adds the VM; default true
       * @example true
       */
      start_replication?: (boolean | null) | undefined;
      /**
       * @description network of the target cloud that the VM is meant for
       * @example production
       */
      target_network?: (string | null) | undefined;
      /**
       * @description vCenter of the VM
       * @example vcenter-01.example.com
       */
      vcenter_host?: (string | null) | undefined;
      /**
       * @description how much of each disk is read again and compared after the copy; absent: as the workers are set
       * @example full
       * @enum {string|null}
       */
      verify?: ('off' | 'sample' | 'full' | null) | undefined;
      /**
       * @description the same by name; vcenter_host too where the name is ambiguous
       * @example web01
       */
      vm_name?: (string | null) | undefined;
    };
    /**
     * @description Start a VM in an isolated network of CloudStack.
     * @example {
     *       "context_id": "ctx-web01-20260101-120000",
     *       "vm_id": "420570c7-f61f-a930-77c5-1e876786cb3c",
     *       "vm_name": "web01",
     *       "test_duration": "2h",
     *       "auto_cleanup": true
     *     }
     */
    StartTestFailover: {
      /**
       * @description roll the test back when its time is over
       * @example false
       */
      auto_cleanup?: (boolean | null) | undefined;
      /**
       * @description the context of the VM
       * @example ctx-web01-20260101-120000
       */
      context_id: string;
      /** @description what differs from the configuration */
      custom_config?: (components['schemas']['FailoverCustomConfig'] | null) | undefined;
      /**
       * @description networks of CloudStack by networks of the source; others lead where the mappings say
       * @example {
       *       "VM Network": "2c1d3d0e-1c0a-4a54-8f0e-6f3d6a0e9b11"
       *     }
       */
      network_mappings?:
        | ({
            [key: string]: string;
          } | null)
        | undefined;
      /**
       * @description taken for compatibility; this version sends no notifications
       * @example {}
       */
      notification_config?:
        | ({
            [key: string]: unknown;
          } | null)
        | undefined;
      /**
       * @description judge only what endangers data or production
       * @example false
       */
      skip_validation?: (boolean | null) | undefined;
      /**
       * @description start the guest as it was copied
       * @example false
       */
      skip_virtio?: (boolean | null) | undefined;
      /**
       * @description how long a test is meant to last; 2h where it is left out: digits and h or m
       * @example 2h
       */
      test_duration?: (string | null) | undefined;
      /**
       * @description its uuid at the source
       * @example 420570c7-f61f-a930-77c5-1e876786cb3c
       */
      vm_id: string;
      /**
       * @description its name
       * @example web01
       */
      vm_name: string;
    };
    /** @description An external mover has copied a disk up to this state and flushed it. */
    StoreChangeId: {
      /**
       * @description names the state of a disk at a snapshot, as the source gave it: {uuid}/{number}
       * @example 52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63/81
       */
      change_id: string;
      /**
       * @description the disk whose target now holds that state, flushed; disk-2000 without it
       * @default disk-2000
       * @example disk-2000
       */
      disk_id: string;
      /**
       * @description number of the claim under which the disk was copied, as the worker that holds the job hands it to its mover; no answer tells it, because one that is asked for after the copy would prove nothing. Not the current one: refused
       * @example 3
       */
      epoch: number;
      /**
       * @description the state that the changes were copied onto; without it the whole disk was copied
       * @example 52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63/81
       */
      previous_change_id?: (string | null) | undefined;
    };
    /**
     * @description A whole configuration.
     * @example {
     *       "base_url": "https://cloud.example.com",
     *       "api_key": "K3y",
     *       "secret_key": "S3cret",
     *       "zone_id": "7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001",
     *       "domain_name": "ROOT",
     *       "template_id": "7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001",
     *       "service_offering_id": "7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001",
     *       "disk_offering_id": "7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001",
     *       "network_id": "7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001",
     *       "oma_vm_id": "7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001"
     *     }
     */
    StreamlinedConfig: {
      /**
       * Format: password
       * @description API key of a user of CloudStack; no answer ever has it
       * @example K3y
       */
      api_key: string;
      /**
       * @description address of CloudStack; http:// and /client/api are added where they are missing
       * @example https://cloud.example.com/client/api
       */
      base_url: string;
      /**
       * @description disk offering with a custom size
       * @example 7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001
       */
      disk_offering_id: string;
      /**
       * @description path, name or id of a domain: the account must see it
       * @example ROOT/migration
       */
      domain?: (string | null) | undefined;
      /**
       * @description path, name or id of a domain: the account must see it
       * @example ROOT/migration
       */
      domain_name: string;
      /**
       * @description default network
       * @example 7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001
       */
      network_id: string;
      /**
       * @description VM of this appliance, which volumes are attached to
       * @example 7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001
       */
      oma_vm_id: string;
      /**
       * Format: password
       * @description secret key of that user; no answer ever has it
       * @example K3y
       */
      secret_key: string;
      /**
       * @description compute offering with custom processors and memory
       * @example 7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001
       */
      service_offering_id: string;
      /**
       * @description template that failover makes VMs from
       * @example 7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001
       */
      template_id: string;
      /**
       * @description zone that volumes and VMs are made in
       * @example 7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001
       */
      zone_id: string;
    };
    /** @description What was done. */
    StreamlinedSaved: {
      /**
       * @description id of the configuration
       * @example 1
       */
      config_id: number;
      /**
       * @description what was done
       * @example default is saved and active
       */
      message: string;
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
    };
    /** @description What the last sweep could see of a vCenter. */
    SweptVcenter: {
      checked_at: string | null;
      /**
       * @description the credential that was used
       * @example 1
       */
      credential_id: number;
      /**
       * @description its name
       * @example production
       */
      credential_name: string;
      /** @description why the last sweep could not look */
      error: {
        /**
         * @description stable name of the error; what programs match on
         * @example vma.unreachable
         */
        code: string;
        /**
         * @description what went wrong
         * @example vcenter does not answer
         */
        text: string;
      } | null;
      oldest_other_created_at: string | null;
      /**
       * @description snapshots of people and other programs: counted, never touched
       * @example 3
       */
      other_snapshots: number;
      /**
       * Format: date-time
       * @description when the last sweep asked, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      tried_at: string;
      /**
       * @description the vCenter
       * @example vcenter.example.com
       */
      vcenter_host: string;
    };
    /** @description What the copy of a VM is. */
    SyncStatus: {
      /**
       * @description the outcome for people
       * @example web01 has a whole copy
       */
      message: string;
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
      /** @description the copy of the VM */
      sync_status: {
        /**
         * @description age of the committed point; null where there is none, seconds
         * @example 840
         */
        committed_point_age_seconds: number | null;
        /** @description what was found, the worst first */
        findings: components['schemas']['ReadinessFinding'][];
        /**
         * @description every disk has a changeId that holds: the next cycle is incremental
         * @example true
         */
        has_valid_change_id: boolean;
        /**
         * @description the copy is whole, and nothing speaks against it
         * @example true
         */
        is_sync_up_to_date: boolean;
        /**
         * @description of the first disk
         * @example 52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63/81
         */
        last_change_id: string | null;
        /**
         * Format: date-time
         * @description the moment of the source that the committed point is of, UTC
         * @example 2026-01-14T09:30:00.000Z
         */
        last_sync_time: string | null;
        /**
         * @description disks that are on their volumes as they were committed, percent
         * @example 49.31
         */
        sync_completion_rate: number;
        /**
         * @description jobs that hold the VM
         * @example 0
         */
        sync_jobs_active: number;
        /**
         * @description moved by all cycles that were committed, bytes
         * @example 38654705664
         */
        total_synced_bytes: number;
      };
      /**
       * @description its context
       * @example ctx-web01-20260101-120000
       */
      vm_context_id: string;
      /**
       * @description name of the VM
       * @example web01
       */
      vm_id: string;
      /**
       * @description the same
       * @example web01
       */
      vm_name: string;
    };
    /**
     * @description Which CloudStack to try.
     * @example {
     *       "api_url": "https://cloud.example.com/client/api",
     *       "api_key": "K3y",
     *       "secret_key": "S3cret"
     *     }
     */
    TestCloudConnection: {
      /**
       * Format: password
       * @description API key of a user of CloudStack; no answer ever has it
       * @example K3y
       */
      api_key?: (string | null) | undefined;
      /**
       * @description address of CloudStack; http:// and /client/api are added where they are missing
       * @example https://cloud.example.com/client/api
       */
      api_url?: (string | null) | undefined;
      /**
       * @description in place of address and keys: a stored configuration; 0: the active one
       * @example 0
       */
      config_id?: (number | null) | undefined;
      /**
       * Format: password
       * @description secret key of that user; no answer ever has it
       * @example K3y
       */
      secret_key?: (string | null) | undefined;
    };
    /** @description Known VMs that are in no machine group. */
    UngroupedVms: {
      /**
       * @description all rows that match, not only this page
       * @example 2
       */
      count: number;
      /**
       * @description cursor of the next page; null on the last one
       * @example WyJ3ZWIwMSJd
       */
      next_cursor: string | null;
      /**
       * Format: date-time
       * @description when, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      retrieved_at: string;
      /** @description by name */
      vms: components['schemas']['VmContext'][];
    };
    /**
     * @description A failover of either type. A live one must say whether the source is powered off.
     * @example {
     *       "context_id": "ctx-web01-20260101-120000",
     *       "vmware_vm_id": "420570c7-f61f-a930-77c5-1e876786cb3c",
     *       "vm_name": "web01",
     *       "failover_type": "live",
     *       "power_off_source": true,
     *       "perform_final_sync": true
     *     }
     */
    UnifiedFailover: {
      /**
       * @description roll the test back when its time is over
       * @example false
       */
      auto_cleanup?: (boolean | null) | undefined;
      /**
       * @description the context of the VM
       * @example ctx-web01-20260101-120000
       */
      context_id: string;
      /** @description what differs from the configuration */
      custom_config?: (components['schemas']['FailoverCustomConfig'] | null) | undefined;
      /**
       * @description live: for good
       * @example live
       * @enum {string}
       */
      failover_type: 'live' | 'test';
      /**
       * @description networks of CloudStack by networks of the source; others lead where the mappings say
       * @example {
       *       "VM Network": "2c1d3d0e-1c0a-4a54-8f0e-6f3d6a0e9b11"
       *     }
       */
      network_mappings?:
        | ({
            [key: string]: string;
          } | null)
        | undefined;
      /**
       * @description which mappings count; production is live, isolated is test, custom: network_mappings first
       * @example live
       * @enum {string|null}
       */
      network_strategy?: ('live' | 'production' | 'test' | 'isolated' | 'custom' | null) | undefined;
      /**
       * @description replicate once more after that
       * @example true
       */
      perform_final_sync?: (boolean | null) | undefined;
      /**
       * @description shut the source VM down first
       * @example true
       */
      power_off_source?: (boolean | null) | undefined;
      /**
       * @description judge only what endangers data or production
       * @example false
       */
      skip_validation?: (boolean | null) | undefined;
      /**
       * @description start the guest as it was copied
       * @example false
       */
      skip_virtio?: (boolean | null) | undefined;
      /**
       * @description how long a test is meant to last; 2h where it is left out: digits and h or m
       * @example 2h
       */
      test_duration?: (string | null) | undefined;
      /**
       * @description its name
       * @example web01
       */
      vm_name: string;
      /**
       * @description name of the VM: live exact, test suffixed
       * @example exact
       * @enum {string|null}
       */
      vm_naming?: ('exact' | 'suffixed' | null) | undefined;
      /**
       * @description its uuid at the source
       * @example 420570c7-f61f-a930-77c5-1e876786cb3c
       */
      vmware_vm_id: string;
    };
    /** @description Any other field is refused and named: what a job does and how far it is, is written by its worker. */
    UpdateReplication: {
      /**
       * @description most that it may read, all disks together, bytes per second, at least 65536; 0: no limit of its own; null: the one of all jobs. A copy that runs follows within two seconds
       * @example 52428800
       */
      bandwidth_limit_bytes_per_s?: (number | null) | undefined;
      /**
       * @description cancelled: the same as POST /replications/{id}/cancel
       * @example cancelled
       * @enum {string}
       */
      status?: 'cancelled' | undefined;
      /**
       * @description network of the target cloud that is meant for the VM; null takes it back
       * @example net-2
       */
      target_network?: (string | null) | undefined;
    } & {
      [key: string]: unknown;
    };
    /**
     * @description The fields to change; those that are not named stay as they are, and so does a password that is "".
     * @example {
     *       "username": "migratekit@example.com",
     *       "password": "correct horse battery staple"
     *     }
     */
    UpdateVmwareCredential: {
      /**
       * @description what people call it; upper and lower case make no difference
       * @example Production vCenter
       */
      credential_name?: string | undefined;
      /**
       * @description datacenter in which VMs are looked for
       * @example DC1
       */
      datacenter?: string | undefined;
      /**
       * @description it may be used
       * @example true
       */
      is_active?: boolean | undefined;
      /**
       * @description it is the one that is used where none is named
       * @example true
       */
      is_default?: boolean | undefined;
      /**
       * Format: password
       * @description stored sealed; no answer ever has it
       * @example correct horse battery staple
       */
      password?: string | undefined;
      /**
       * @description user of the vCenter
       * @example migratekit@vsphere.local
       */
      username?: string | undefined;
      /**
       * @description PEM certificates of the authorities that the certificate of the vCenter may come from
       * @example -----BEGIN CERTIFICATE-----
       *     ...
       *     -----END CERTIFICATE-----
       */
      vcenter_ca?: (string | null) | undefined;
      /**
       * @description the vCenter: name or address, and :port where it is not 443
       * @example vcenter-01.example.com
       */
      vcenter_host?: string | undefined;
      /**
       * @description SHA-1 or SHA-256 of the one certificate that the vCenter may show, in hex with or without colons
       * @example 5B:0E:7C:61:0D:3A:0C:47:83:43:7D:53:8E:2C:B5:4E:A0:1C:71:0F
       */
      vcenter_thumbprint?: (string | null) | undefined;
    };
    /** @description a user with a password */
    UserLogin: {
      /**
       * @description password of the user
       * @example correct horse battery staple
       */
      password: string;
      /**
       * @description name of the user
       * @example admin
       */
      username: string;
    };
    /**
     * @description What to check; of a stored configuration its own values, where the request names none.
     * @example {
     *       "api_url": "https://cloud.example.com/client/api",
     *       "api_key": "K3y",
     *       "secret_key": "S3cret",
     *       "service_offering_id": "7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001"
     *     }
     */
    ValidateCloud: {
      /**
       * Format: password
       * @description API key of a user of CloudStack; no answer ever has it
       * @example K3y
       */
      api_key?: (string | null) | undefined;
      /**
       * @description address of CloudStack; http:// and /client/api are added where they are missing
       * @example https://cloud.example.com/client/api
       */
      api_url?: (string | null) | undefined;
      /**
       * @description in place of address and keys: a stored configuration; 0: the active one
       * @example 0
       */
      config_id?: (number | null) | undefined;
      /**
       * @description default network of VMs that failover makes
       * @example 7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001
       */
      network_id?: (string | null) | undefined;
      /**
       * @description VM of this appliance; without it, it is looked for
       * @example 7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001
       */
      oma_vm_id?: (string | null) | undefined;
      /**
       * Format: password
       * @description secret key of that user; no answer ever has it
       * @example K3y
       */
      secret_key?: (string | null) | undefined;
      /**
       * @description compute offering of VMs that failover makes
       * @example 7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001
       */
      service_offering_id?: (string | null) | undefined;
    };
    /** @description What the rules of readiness say. */
    ValidationResult: {
      /** @description every rule, in the order in which people read them */
      checks: components['schemas']['ReadinessCheck'][];
      /**
       * @description age of the committed point; null where there is none, seconds
       * @example 840
       */
      committed_point_age_seconds: number | null;
      /**
       * @description median of the last failovers of this type here; null before there was one
       * @example 4m
       */
      estimated_duration?: (string | null) | undefined;
      /**
       * @description the same, seconds
       * @example 240
       */
      estimated_duration_seconds?: (number | null) | undefined;
      /** @description what was found, the worst first */
      findings: components['schemas']['ReadinessFinding'][];
      /**
       * @description nothing critical was found
       * @example true
       */
      is_valid: boolean;
      /** @description where its adapters would lead */
      networks: {
        /**
         * @description network of CloudStack
         * @example 2c1d3d0e-1c0a-4a54-8f0e-6f3d6a0e9b11
         */
        destination_network_id: string;
        /**
         * @description address that the adapter keeps; null: a new one
         * @example 00:50:56:00:00:01
         */
        mac_address: string | null;
        /**
         * @description network of the source
         * @example VM Network
         */
        source_network_name: string;
      }[];
      /**
       * @description 100 less 30 for each critical finding and 5 for each warning, not below 0
       * @example 95
       */
      readiness_score: number;
      /**
       * @description what to do about it, each thing once
       * @example [
       *       "replicate the VM once more"
       *     ]
       */
      required_actions: string[];
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      validated_at: string;
      /**
       * @description the critical ones in words
       * @example []
       */
      validation_errors: string[];
      /**
       * @description the warnings in words
       * @example []
       */
      validation_warnings: string[];
    };
    /** @description what reading a copied disk again has shown */
    Verification: {
      /**
       * @description read from the target and found equal, bytes
       * @example 19058917376
       */
      bytes_verified: number;
      /**
       * @description disk-{device key of the hypervisor}
       * @example disk-2000
       */
      disk_id: string;
      /**
       * @description chunks that differed, and were copied again
       * @example 0
       */
      mismatches: number;
      /**
       * @description how much was read again; a sample in which something differs becomes full
       * @example full
       * @enum {string}
       */
      mode: 'sample' | 'full';
      /**
       * @description copied again, bytes
       * @example 0
       */
      repaired_bytes: number;
      /**
       * @description how long it took
       * @example 12.5
       */
      seconds: number;
    };
    /** @description What works on a VM. */
    VmActiveJobs: {
      /** @description running ones first */
      active_jobs: components['schemas']['Job'][];
      /**
       * @description how many
       * @example 0
       */
      count: number;
      /**
       * @description there is one
       * @example true
       */
      has_active_jobs: boolean;
      /**
       * @description the outcome for people
       * @example no job works on web01
       */
      message: string;
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
      /**
       * @description its context
       * @example ctx-web01-20260101-120000
       */
      vm_context_id: string;
      /**
       * @description name of the VM
       * @example web01
       */
      vm_id: string;
      /**
       * @description the same
       * @example web01
       */
      vm_name: string;
    };
    /** @description progress in the shape of the VMA; it may say more */
    VmaProgress: {
      /**
       * @description data that went over the wire in this cycle, bytes
       * @example 19058917376
       */
      bytes_transferred?: (number | null) | undefined;
      /**
       * @description what is done now
       * @example Transferring Data
       */
      current_operation?: (string | null) | undefined;
      /** @description one entry per disk */
      disk_progresses?:
        | (
            | ({
                /**
                 * @description data of this disk that went over the wire in this cycle, bytes
                 * @example 19058917376
                 */
                bytes?: (number | null) | undefined;
                /**
                 * @description the disk
                 * @example disk-2000
                 */
                disk_id: string;
                /**
                 * @description name of the disk for people; its id where the VMA tells
                 * @example Hard disk 1
                 */
                label?: (string | null) | undefined;
                /**
                 * @description done, of all that has to be gone through: zeros count, percent
                 * @example 49.31
                 */
                percent?: (number | null) | undefined;
                /**
                 * @description how it stands: running or completed from the VMA, else pending, syncing, ...
                 * @example running
                 */
                status?: (string | null) | undefined;
                /**
                 * @description rate of this disk now, MiB per second; only from the VMA
                 * @example 5.2
                 */
                throughput_mbps?: (number | null) | undefined;
                /**
                 * @description areas of this disk that the cycle has to look at, not its capacity, bytes
                 * @example 38654705664
                 */
                total?: (number | null) | undefined;
              } & {
                [key: string]: unknown;
              })[]
            | null
          )
        | undefined;
      /**
       * @description id of the job
       * @example job-20260114-093000.123-a1b2c3
       */
      job_id: string;
      /**
       * @description what went wrong last
       * @example the export does not answer
       */
      last_error?: (string | null) | undefined;
      /**
       * @description done, of all that has to be gone through: zeros count, percent
       * @example 49.31
       */
      percentage?: (number | null) | undefined;
      /**
       * @description what is done now, as a word
       * @example transferring
       */
      phase?: (string | null) | undefined;
      /**
       * @description how the job stands
       * @example running
       */
      status: string;
      /**
       * @description initial, incremental or full
       * @example incremental
       */
      sync_type?: (string | null) | undefined;
      /** @description how fast it goes */
      throughput?:
        | (
            | ({
                /**
                 * @description rate now, MiB per second
                 * @example 11.46
                 */
                current_mbps?: (number | null) | undefined;
              } & {
                [key: string]: unknown;
              })
            | null
          )
        | undefined;
      /** @description when it began, and what is left */
      timing?:
        | (
            | ({
                /**
                 * @description time that is left, seconds
                 * @example 1631
                 */
                eta_seconds?: (number | null) | undefined;
                /**
                 * Format: date-time
                 * @description when this was reported, UTC
                 * @example 2026-01-14T09:30:00.000Z
                 */
                last_update?: (string | null) | undefined;
                /**
                 * Format: date-time
                 * @description when it began, UTC
                 * @example 2026-01-14T09:30:00.000Z
                 */
                start_time?: (string | null) | undefined;
              } & {
                [key: string]: unknown;
              })
            | null
          )
        | undefined;
      /**
       * @description areas in use or changed: what the cycle has to look at, bytes
       * @example 38654705664
       */
      total_bytes?: (number | null) | undefined;
    } & {
      [key: string]: unknown;
    };
    /** @description one protected VM */
    VmContext: {
      /**
       * @description added by discovery or by a request, not by hand
       * @example true
       */
      auto_added: boolean;
      /**
       * @description capacity of these disks; null before the first job, bytes
       * @example 38654705664
       */
      capacity_bytes: number | null;
      /**
       * @description id of the context
       * @example ctx-web01-20260101-120000
       */
      context_id: string;
      /**
       * @description virtual processors
       * @example 2
       */
      cpu_count: number | null;
      /**
       * Format: date-time
       * @description when it became known, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      created_at: string;
      /**
       * @description credentials for its vCenter
       * @example 1
       */
      credential_id: number | null;
      /**
       * @description the replication that runs now
       * @example job-20260114-093000.123-a1b2c3
       */
      current_job_id: string | null;
      /**
       * @description where the VM stands between discovery and the new cloud
       * @example ready_for_failover
       * @enum {string}
       */
      current_status:
        | 'discovered'
        | 'replicating'
        | 'ready_for_failover'
        | 'failed_over_test'
        | 'failed_over_live'
        | 'completed'
        | 'failed'
        | 'cleanup_required';
      /**
       * @description datacenter of the VM
       * @example DC1
       */
      datacenter: string;
      /**
       * @description disks that jobs know; 0 before the first job
       * @example 2
       */
      disk_count: number;
      /**
       * @description replications that failed
       * @example 0
       */
      failed_jobs: number;
      /**
       * Format: date-time
       * @description when it was first replicated, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      first_job_at: string | null;
      /**
       * @description number of these groups
       * @example 1
       */
      group_count: number;
      /** @description machine groups that the VM is in, by priority */
      groups: components['schemas']['VmContextGroup'][];
      /**
       * @description instance uuid of the VM: unique in its vCenter; null until discovery or a request told it
       * @example 50057c1e-2d6b-4f0a-8e1c-9a39a0a9be5a
       */
      instance_uuid: string | null;
      /**
       * Format: date-time
       * @description when it was last replicated, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      last_job_at: string | null;
      /**
       * @description what the last job did: job_id, operation_type, status, progress, error_message, timestamp, ...
       * @example {
       *       "job_id": "job-20260114-093000.123-a1b2c3",
       *       "operation_type": "replication",
       *       "status": "completed"
       *     }
       */
      last_operation: {
        [key: string]: unknown;
      } | null;
      /**
       * @description the newest replication that a schedule started
       * @example job-20260114-093000.123-a1b2c3
       */
      last_scheduled_job_id: string | null;
      /**
       * Format: date-time
       * @description since when it has its status, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      last_status_change: string | null;
      /**
       * @description the newest replication that completed
       * @example job-20260114-093000.123-a1b2c3
       */
      last_successful_job_id: string | null;
      /**
       * Format: date-time
       * @description when that replication began: what the target holds is not older, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      last_sync_at: string | null;
      /**
       * @description memory, MiB
       * @example 8192
       */
      memory_mb: number | null;
      /**
       * Format: date-time
       * @description when a schedule takes it next, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      next_scheduled_at: string | null;
      /**
       * @description windows, linux, macos, other or unknown
       * @example windows
       */
      os_type: string | null;
      /**
       * @description configuration of its target cloud
       * @example 1
       */
      ossea_config_id: number | null;
      /**
       * @description whether it ran when it was last looked at
       * @example poweredOn
       */
      power_state: string | null;
      /**
       * @description whether schedules take this VM
       * @example true
       */
      scheduler_enabled: boolean;
      /**
       * @description replications that completed
       * @example 1
       */
      successful_jobs: number;
      /**
       * @description replications that were started
       * @example 2
       */
      total_jobs_run: number;
      /** @description disks that the VM had at its last snapshot and that are not replicated: after a failover they are missing */
      unreplicated_disks: string[];
      /**
       * Format: date-time
       * @description when its row changed last, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      updated_at: string;
      /**
       * @description vCenter of the VM; "folder" for a VM that is a folder of images
       * @example vcenter-01.example.com
       */
      vcenter_host: string;
      /**
       * @description uuid of its vCenter, whatever that is called; null until discovery told it
       * @example 6d1f7c2a-5b0e-4c1f-9d3a-2b4c6d8e0f1a
       */
      vcenter_instance_uuid: string | null;
      /**
       * @description name of the VM
       * @example web01
       */
      vm_name: string;
      /**
       * @description inventory path of the VM
       * @example /DC1/vm/web01
       */
      vm_path: string;
      /**
       * @description version of VMware Tools
       * @example 12352
       */
      vm_tools_version: string | null;
      /**
       * @description BIOS uuid of the VM
       * @example 420570c7-f61f-a930-77c5-1e876786cb3c
       */
      vmware_vm_id: string;
    };
    /** @description one protected VM with its disks and history */
    VmContextDetail: {
      /** @description what happened to its disks, newest first */
      cbt_history: components['schemas']['CbtCycle'][];
      context: components['schemas']['VmContext'];
      /** @description the replication that runs now */
      current_job: components['schemas']['ReplicationSummary'] | null;
      /** @description its disks */
      disks: components['schemas']['VmContextDisk'][];
      /** @description its newest replications, newest first */
      job_history: components['schemas']['ReplicationSummary'][];
    };
    /** @description a disk of a VM; before its first job, as its source described it */
    VmContextDisk: {
      /**
       * @description moved by its newest job, bytes
       * @example 19058917376
       */
      bytes_synced: number;
      /**
       * @description size, bytes
       * @example 109521666048
       */
      capacity_bytes: number | null;
      /**
       * @description virtual processors of the VM
       * @example 2
       */
      cpu_count: number | null;
      /**
       * @description where the source keeps it
       * @example datastore1
       */
      datastore: string | null;
      /**
       * @description changeId of the last committed cycle
       * @example 52 3c 9f 1e 7d 44 1b 02-0e 5f 9a 77 3b 10 c2 64/42
       */
      disk_change_id: string | null;
      /**
       * @description disk-{device key of the hypervisor}
       * @example disk-2000
       */
      disk_id: string;
      /**
       * @description number of its row; null before the first job of the VM
       * @example 17
       */
      id: number | null;
      /**
       * @description its name in the VM
       * @example Hard disk 1
       */
      label: string | null;
      /**
       * @description why it was last copied in full, or must be next
       * @example no-change-id
       */
      last_full_reason: string | null;
      /**
       * @description memory of the VM, MiB
       * @example 8192
       */
      memory_mb: number | null;
      /**
       * @description networks of the VM, as JSON text
       * @example [{"network_name":"VM Network"}]
       */
      network_config: string | null;
      /**
       * @description windows, linux, macos, other or unknown
       * @example windows
       */
      os_type: string | null;
      /**
       * @description row of its volume in the target cloud
       * @example 9
       */
      ossea_volume_id: number | null;
      /**
       * @description thin, thick, ...
       * @example thin
       */
      provisioning_type: string | null;
      /**
       * @description size, GiB, rounded up
       * @example 102
       */
      size_gb: number;
      /**
       * @description done by its newest job, percent
       * @example 49.31
       */
      sync_progress_percent: number;
      /**
       * @description pending, syncing, completed or failed
       * @example completed
       */
      sync_status: string;
      /**
       * @description its place at the controller
       * @example 0
       */
      unit_number: number | null;
      /**
       * Format: date-time
       * @description when all of it was last copied or compared, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      verified_at: string | null;
      /**
       * @description why its next cycle compares all of it with the source; null: nothing is doubted
       * @example snapshots of others were removed since the last commit
       */
      verify_reason: string | null;
      /**
       * @description its file at the source
       * @example [datastore1] web01/web01.vmdk
       */
      vmdk_path: string;
    };
    /** @description the disks of a VM */
    VmContextDisks: {
      /**
       * @description the VM
       * @example ctx-web01-20260101-120000
       */
      context_id: string;
      /**
       * @description number of its disks
       * @example 1
       */
      count: number;
      /** @description its disks */
      disks: components['schemas']['VmContextDisk'][];
    };
    /** @description a machine group that a VM is in */
    VmContextGroup: {
      /**
       * @description whether the schedule of the group takes this VM
       * @example true
       */
      enabled: boolean;
      /**
       * @description id of the group
       * @example 7a1c2f0e-6d0f-4b0e-9a39-0a9be5a4b7b1
       */
      group_id: string;
      /**
       * @description name of the group
       * @example web shop
       */
      group_name: string;
      /**
       * @description place of the VM in the group; a lower number comes earlier
       * @example 10
       */
      priority: number;
    };
    /** @description a page of VMs */
    VmContextList: {
      /**
       * @description all rows that match, not only this page
       * @example 2
       */
      count: number;
      /**
       * @description cursor of the next page; null on the last one
       * @example WyJ3ZWIwMSJd
       */
      next_cursor: string | null;
      /** @description by name */
      vm_contexts: components['schemas']['VmContext'][];
    };
    /** @description Where the networks of a VM lead. */
    VmNetworkStatus: {
      /**
       * @description the outcome for people
       * @example every network is mapped for live failovers
       */
      message: string;
      /** @description its networks */
      network_status: {
        /**
         * @description each network has a live mapping
         * @example true
         */
        all_networks_mapped: boolean;
        /** @description what was found, the worst first */
        findings: components['schemas']['ReadinessFinding'][];
        /** @description mappings of networks that the VM does not have */
        invalid_mappings: {
          /**
           * @description it is for test failovers
           * @example true
           */
          is_test_network: boolean;
          /**
           * @description why it serves nothing
           * @example the VM has no such network (any more)
           */
          reason: string;
          /**
           * @description network of the mapping
           * @example Old Network
           */
          source_network_name: string;
        }[];
        /**
         * @description those with a live mapping
         * @example 1
         */
        mapped_networks: number;
        /**
         * @description each network has a test mapping
         * @example true
         */
        test_network_configured: boolean;
        /**
         * @description networks that the source says the VM is in
         * @example 1
         */
        total_source_networks: number;
        /**
         * @description those without a live mapping
         * @example [
         *       "VM Network"
         *     ]
         */
        unmapped_networks: string[];
        /**
         * @description those without a test mapping
         * @example [
         *       "VM Network"
         *     ]
         */
        unmapped_test_networks: string[];
      };
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
      /**
       * @description its context
       * @example ctx-web01-20260101-120000
       */
      vm_context_id: string;
      /**
       * @description name of the VM
       * @example web01
       */
      vm_id: string;
      /**
       * @description the same
       * @example web01
       */
      vm_name: string;
    };
    /** @description What became of VMs that were to be added. */
    VmsAdded: {
      /**
       * Format: date-time
       * @description when, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      added_at: string;
      /**
       * @description who
       * @example ann
       */
      added_by: string;
      /** @description the stored account that new VMs refer to; null: none is stored, give them one before they replicate */
      credential: {
        /**
         * @description its id
         * @example 1
         */
        id: number;
        /**
         * @description its name
         * @example Production vCenter
         */
        name: string;
      } | null;
      /**
       * @description the same for people
       * @example 1 VM added, 1 known already
       */
      message: string;
      /** @description each of them */
      processed_vms: {
        /**
         * @description its context
         * @example ctx-web01-20260101-120000
         */
        context_id: string | null;
        /**
         * @description why it was not added
         * @example vCenter shows no VM called web09
         */
        error: string | null;
        /**
         * @description whether it was known before
         * @example true
         */
        existing: boolean;
        /**
         * @description whether it is known now
         * @example true
         */
        success: boolean;
        /**
         * @description as it was asked for, or its name
         * @example web01
         */
        vm_name: string;
      }[];
      /**
       * @description whether all of them are known now
       * @example true
       */
      success: boolean;
      /**
       * @description VMs that were asked for
       * @example 2
       */
      total_vms: number;
      /**
       * @description new ones
       * @example 1
       */
      vms_added: number;
      /**
       * @description VMs that were known already
       * @example 1
       */
      vms_existing: number;
      /**
       * @description VMs that were not added
       * @example 0
       */
      vms_failed: number;
    };
    /** @description An account of a vCenter, without its password. */
    VmwareCredential: {
      /**
       * @description VMs that name it; while there are any it cannot be deleted
       * @example 12
       */
      context_count: number;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      created_at: string;
      /**
       * @description who saved it
       * @example ann
       */
      created_by: string | null;
      /**
       * @description what people call it
       * @example Production vCenter
       */
      credential_name: string;
      /**
       * @description datacenter in which VMs are looked for
       * @example DC1
       */
      datacenter: string;
      /**
       * @description id of the credential
       * @example 1
       */
      id: number;
      /**
       * @description it may be used
       * @example true
       */
      is_active: boolean;
      /**
       * @description it is the one that is used where none is named
       * @example true
       */
      is_default: boolean;
      /**
       * Format: date-time
       * @description when that was last, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      last_used: string | null;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      updated_at: string;
      /**
       * @description how often its password was taken to sign in
       * @example 41
       */
      usage_count: number;
      /**
       * @description user of the vCenter
       * @example migratekit@vsphere.local
       */
      username: string;
      /**
       * @description PEM certificates of its authorities
       * @example -----BEGIN CERTIFICATE-----
       *     ...
       */
      vcenter_ca: string | null;
      /**
       * @description the vCenter
       * @example vcenter-01.example.com
       */
      vcenter_host: string;
      /**
       * @description of the one certificate that the vCenter may show; null: not pinned, the certificate must come from vcenter_ca, or without that from an authority of the system
       * @example 5B:0E:7C:61:0D:3A:0C:47:83:43:7D:53:8E:2C:B5:4E:A0:1C:71:0F
       */
      vcenter_thumbprint: string | null;
    };
    /** @description A page of credentials, by name. */
    VmwareCredentialList: {
      /**
       * @description all rows that match, not only this page
       * @example 2
       */
      count: number;
      /** @description by name */
      credentials: components['schemas']['VmwareCredential'][];
      /**
       * @description cursor of the next page; null on the last one
       * @example WyJ3ZWIwMSJd
       */
      next_cursor: string | null;
    };
    /** @description A target volume, by our rows: CloudStack is not asked. */
    Volume: {
      /**
       * @description VM of CloudStack that it is attached to
       * @example 2c1d0b7e-0000-4000-8000-000000000001
       */
      attached_to: string | null;
      /**
       * @description its device on the OMA VM; null where it has none
       * @example /dev/vdb
       */
      device_path: string | null;
      /**
       * @description waiting, detected, missing, refused or n/a
       * @example detected
       */
      device_state: string | null;
      /**
       * @description the disk that it is the target of
       * @example disk-2000
       */
      disk_id: string | null;
      /**
       * @description findings about it: see /volumes/findings
       * @example 0
       */
      findings: number;
      /**
       * @description its name
       * @example migration-ctx-web01-20260101-120000-disk-2000
       */
      name: string;
      /**
       * @description name of that VM, where it is an OMA VM
       * @example oma-1
       */
      oma_vm_name: string | null;
      /**
       * @description oma: for replications; failover: in the hands of a failover
       * @example oma
       * @enum {string|null}
       */
      operation_mode: 'oma' | 'failover' | null;
      /**
       * @description the CloudStack that it is in
       * @example 1
       */
      ossea_config_id: number | null;
      /**
       * @description name of that configuration
       * @example cloud-1
       */
      ossea_config_name: string | null;
      /**
       * @description size in CloudStack, bytes
       * @example 42949672960
       */
      size_bytes: number;
      /**
       * @description creating, detached or attached
       * @example attached
       */
      state: string;
      /**
       * @description the VM that it belongs to
       * @example ctx-web01-20260101-120000
       */
      vm_context_id: string | null;
      /**
       * @description name of that VM
       * @example web01
       */
      vm_name: string | null;
      /**
       * @description UUID in CloudStack
       * @example 0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0
       */
      volume_id: string;
    };
    /** @description Where our rows and CloudStack disagree about a volume. */
    VolumeFinding: {
      /**
       * @description seen by two looks in a row: only then it may be adopted or removed
       * @example true
       */
      confirmed: boolean;
      /**
       * @description what was compared
       * @example {
       *       "attached_to": null
       *     }
       */
      details: {
        [key: string]: string | number | null;
      };
      /**
       * Format: date-time
       * @description when it was first seen, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      first_seen_at: string;
      /**
       * @description orphan: named as ours, in no row of ours; unknown-context: the same, of a VM that we do not know; gone: in our rows only; attached-elsewhere, not-attached, other-size: the cloud says otherwise than our rows; same-name: several bear this name; attach-unfinished: nobody saw the end of an attach; device: its disk on the appliance is missing or must not be used; snapshot-stuck: a snapshot of it is incomplete, and no job of the cloud works on it; snapshot-left: its failover has ended, and no row follows the snapshot
       * @example orphan
       * @enum {string}
       */
      kind:
        | 'orphan'
        | 'unknown-context'
        | 'gone'
        | 'attached-elsewhere'
        | 'not-attached'
        | 'other-size'
        | 'same-name'
        | 'attach-unfinished'
        | 'device'
        | 'snapshot-stuck'
        | 'snapshot-left';
      /**
       * Format: date-time
       * @description when it was last seen, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      last_seen_at: string;
      /**
       * @description how often it was seen in a row
       * @example 2
       */
      looks: number;
      /**
       * @description its name
       * @example migration-web01-web01-disk-0
       */
      name: string;
      /**
       * @description what a person does
       * @example adopt it when its disk has no volume, or remove it
       */
      next_step: string;
      /**
       * @description the CloudStack
       * @example 1
       */
      ossea_config_id: number | null;
      /**
       * @description what is the matter
       * @example volume migration-web01-web01-disk-0 is named as one of ours and no row knows it
       */
      text: string;
      /**
       * @description the VM that it belongs to
       * @example ctx-web01-20260101-120000
       */
      vm_context_id: string | null;
      /**
       * @description UUID of the volume in CloudStack
       * @example 0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0
       */
      volume_id: string;
    };
    /** @description A page of what the last looks found. */
    VolumeFindings: {
      /**
       * @description all rows that match, not only this page
       * @example 2
       */
      count: number;
      /** @description by kind and name */
      findings: components['schemas']['VolumeFinding'][];
      /** @description which clouds were looked at */
      looks: components['schemas']['VolumeLook'][];
      /**
       * @description cursor of the next page; null on the last one
       * @example WyJ3ZWIwMSJd
       */
      next_cursor: string | null;
    };
    /** @description The last look at the volumes of a CloudStack. */
    VolumeLook: {
      /** @description why the last look failed */
      error: {
        /**
         * @description stable name of the error; what programs match on
         * @example vma.unreachable
         */
        code: string;
        /**
         * @description what went wrong
         * @example cloudstack does not answer
         */
        text: string;
      } | null;
      looked_at: string | null;
      /**
       * @description the CloudStack
       * @example 1
       */
      ossea_config_id: number;
      /**
       * Format: date-time
       * @description when it was last asked, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      tried_at: string;
      /**
       * @description how many volumes it had then
       * @example 12
       */
      volumes: number | null;
    };
    /** @description A change of a volume, worked off by a volume daemon. */
    VolumeOperation: {
      /**
       * Format: date-time
       * @description when it ended, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      completed_at: string | null;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      created_at: string;
      /**
       * @description why it failed, or why the last attempt did
       * @example cloudstack does not answer
       */
      error: string | null;
      /**
       * @description id of the operation, and of its job
       * @example job-20260114-093000.123-a1b2c3
       */
      id: string;
      /**
       * @description what was asked for
       * @example {
       *       "volume_id": "0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0",
       *       "device_path": "/dev/vdb"
       *     }
       */
      request: {
        [key: string]: unknown;
      } | null;
      /**
       * @description what came of it; null until it is completed
       * @example {
       *       "volume_id": "0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0",
       *       "device_path": "/dev/vdb"
       *     }
       */
      response: {
        [key: string]: unknown;
      } | null;
      /**
       * @description how far it is
       * @example completed
       * @enum {string}
       */
      status: 'pending' | 'executing' | 'completed' | 'failed' | 'cancelled';
      /**
       * @description what is done
       * @example attach
       * @enum {string}
       */
      type:
        | 'create'
        | 'attach'
        | 'detach'
        | 'delete'
        | 'cleanup'
        | 'resize'
        | 'snapshot'
        | 'revert'
        | 'delete-snapshot'
        | 'hand-over'
        | 'convert';
      /**
       * Format: date-time
       * @description when it changed last, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      updated_at: string;
      /**
       * @description the VM of CloudStack, where there is one
       * @example 2c1d0b7e-0000-4000-8000-000000000001
       */
      vm_id: string | null;
      /**
       * @description the volume
       * @example 0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0
       */
      volume_id: string | null;
    };
    /** @description A page of operations on volumes. */
    VolumeOperations: {
      /**
       * @description all rows that match, not only this page
       * @example 2
       */
      count: number;
      /**
       * @description cursor of the next page; null on the last one
       * @example WyJ3ZWIwMSJd
       */
      next_cursor: string | null;
      /** @description newest first */
      operations: components['schemas']['VolumeOperation'][];
    };
    /** @description A page of target volumes. */
    Volumes: {
      /**
       * @description all rows that match, not only this page
       * @example 2
       */
      count: number;
      /**
       * @description cursor of the next page; null on the last one
       * @example WyJ3ZWIwMSJd
       */
      next_cursor: string | null;
      /** @description by name */
      volumes: components['schemas']['Volume'][];
    };
    /** @description What the volumes of a VM are. */
    VolumeStatus: {
      /**
       * @description the outcome for people
       * @example 2 of 2 volumes of web01 are ready
       */
      message: string;
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
      /**
       * @description its context
       * @example ctx-web01-20260101-120000
       */
      vm_context_id: string;
      /**
       * @description name of the VM
       * @example web01
       */
      vm_id: string;
      /**
       * @description the same
       * @example web01
       */
      vm_name: string;
      /** @description its volumes */
      volume_status: {
        /**
         * @description all of them, and nothing critical speaks against them
         * @example true
         */
        all_volumes_ready: boolean;
        /**
         * @description there is one
         * @example true
         */
        has_ossea_volumes: boolean;
        /**
         * @description volumes that hold what was committed, and that no failover has
         * @example 2
         */
        ready_volumes: number;
        /**
         * @description disks with a volume
         * @example 2
         */
        total_volumes: number;
        /**
         * @description they are ready, and no comparison of them is outstanding
         * @example true
         */
        volume_integrity_checked: boolean;
        /** @description what was found, the worst first */
        volume_issues: components['schemas']['ReadinessFinding'][];
        /** @description each volume */
        volumes: {
          /**
           * @description VM in CloudStack; null: none
           * @example 0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0
           */
          attached_to: string | null;
          /**
           * @description its disk
           * @example disk-2000
           */
          disk_id: string;
          /**
           * @description of its NBD export; null: there is none
           * @example active
           */
          export_status: string | null;
          /**
           * @description its name
           * @example migration-ctx-web01-disk-2000
           */
          name: string;
          /**
           * @description oma: ours; failover: the VM of a failover has it
           * @example oma
           */
          operation_mode: string | null;
          /**
           * @description what lies above it: filling, sealed or merging
           * @example sealed
           */
          overlay: string | null;
          /**
           * @description of the snapshot of a failover
           * @example none
           */
          snapshot_status: string;
          /**
           * @description attached, detached, ...
           * @example attached
           */
          state: string;
          /**
           * @description its id in CloudStack
           * @example 0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0
           */
          volume_id: string;
        }[];
      };
    };
    /** @description A rollback or clean-up that a worker will do. */
    WayBackAccepted: {
      /**
       * @description the failover that it is about
       * @example failover-20260114-093000.123-a1b2c3
       */
      failover_job_id: string;
      /**
       * @description follow it by this id
       * @example rollback-20260114-103000.123-a1b2c3
       */
      job_id: string;
      /**
       * @description the outcome for people
       * @example the rollback of web01 accepted
       */
      message: string;
      /**
       * @description the source VM is powered on again
       * @example true
       */
      power_on_source: boolean;
      /**
       * @description always true; refusals are problem documents
       * @example true
       */
      success: boolean;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      timestamp?: string | undefined;
      /**
       * @description name of the VM
       * @example web01
       */
      vm_name?: string | undefined;
    };
  };
  responses: {
    /** @description request.headers-too-large: the headers of the request have more than 16 KiB */
    HeadersTooLarge: {
      headers: {
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description internal: an error of this server that nobody foresaw; the log has it under the request id */
    Unforeseen: {
      headers: {
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
  };
  parameters: never;
  requestBodies: never;
  headers: {
    /**
     * @description Tag of this very answer: send it as If-None-Match to ask for news only, as If-Match to change nothing else.
     * @example "3q2-7wAAqBkBAAC5d0m3Yw"
     */
    ETag: string;
    /**
     * @description true: the request was done before, under the same Idempotency-Key; this is its answer.
     * @example true
     */
    'Idempotent-Replayed': string;
    /**
     * @description Path of what was made.
     * @example /api/v1/replications/job-20260114-093000.123-a1b2c3
     */
    Location: string;
    /**
     * @description When it is worth to try again, seconds.
     * @example 5
     */
    'Retry-After': number;
    /**
     * @description The session for browsers: HttpOnly, SameSite=Strict.
     * @example migratekit_session=...; Path=/; HttpOnly; SameSite=Strict
     */
    'Set-Cookie': string;
    /**
     * @description Id of the request: the X-Request-Id that it brought, or a new one. The logs and the job have it too.
     * @example 0b0f3c1e-6d0f-4b0e-9a39-0a9be5a4b7b1
     */
    'X-Request-Id': string;
  };
  pathItems: never;
};
export type $defs = Record<string, never>;
export interface operations {
  getAttachSlots: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OMA VMs and line */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['AttachSlots'];
        };
      };
      /** @description request.invalid */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postAuthLogin: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['Login'];
      };
    };
    responses: {
      /** @description signed in */
      200: {
        headers: {
          'Set-Cookie': components['headers']['Set-Cookie'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['LoggedIn'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.bad-credentials */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.too-many-attempts */
      429: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description auth.busy */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postAuthLogout: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description the cookie is removed */
      200: {
        headers: {
          'Set-Cookie': components['headers']['Set-Cookie'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['LoggedOut'];
        };
      };
      /** @description request.invalid */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
    };
  };
  getBandwidthLimits: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description the limits */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['BandwidthLimits'];
        };
      };
      /** @description request.invalid */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  putBandwidthLimits: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['ChangeBandwidthLimits'];
      };
    };
    responses: {
      /** @description the limits as they are now */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['BandwidthLimits'];
        };
      };
      /** @description request.invalid, request.malformed, bandwidth.too-low */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postDiscoveryAddVms: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['AddVms'];
      };
    };
    responses: {
      /** @description what became of each */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['VmsAdded'];
        };
      };
      /** @description request.invalid, request.malformed, vsphere.address */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token, vsphere.invalid-login */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site, vsphere.no-permission */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description credential.unknown, credential.no-default, vsphere.not-found, vsphere.datacenter-unknown, discovery.vm-unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description credential.inactive */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description secret.no-key, secret.other-key, secret.damaged, vsphere.certificate-changed, vsphere.certificate-unverified */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown, vma.unreachable, vma.token-refused, vsphere.unreachable, vcenter.failed */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postDiscoveryBulkAdd: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['BulkAddVms'];
      };
    };
    responses: {
      /** @description what became of them */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['BulkAdded'];
        };
      };
      /** @description request.invalid, request.malformed, vsphere.address */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token, vsphere.invalid-login */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site, vsphere.no-permission */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description credential.unknown, credential.no-default, vsphere.not-found, vsphere.datacenter-unknown, discovery.vm-unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description credential.inactive */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description secret.no-key, secret.other-key, secret.damaged, vsphere.certificate-changed, vsphere.certificate-unverified */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown, vma.unreachable, vma.token-refused, vsphere.unreachable, vcenter.failed */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postDiscoveryDiscoverVms: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['DiscoverVms'];
      };
    };
    responses: {
      /** @description the VMs */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Discovered'];
        };
      };
      /** @description request.invalid, request.malformed, vsphere.address */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token, vsphere.invalid-login */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site, vsphere.no-permission */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description credential.unknown, credential.no-default, vsphere.not-found, vsphere.datacenter-unknown, discovery.vm-unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description credential.inactive */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description secret.no-key, secret.other-key, secret.damaged, vsphere.certificate-changed, vsphere.certificate-unverified */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown, vma.unreachable, vma.token-refused, vsphere.unreachable, vcenter.failed */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postDiscoveryPreview: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['PreviewDiscovery'];
      };
    };
    responses: {
      /** @description the VMs */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['DiscoveryPreview'];
        };
      };
      /** @description request.invalid, request.malformed, vsphere.address */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token, vsphere.invalid-login */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site, vsphere.no-permission */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description credential.unknown, credential.no-default, vsphere.not-found, vsphere.datacenter-unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description credential.inactive */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description secret.no-key, secret.other-key, secret.damaged, vsphere.certificate-changed, vsphere.certificate-unverified */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown, vma.unreachable, vma.token-refused, vsphere.unreachable, vcenter.failed */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getDiscoveryUngroupedVms: {
    parameters: {
      query?:
        | {
            /** @description next_cursor of the page before */
            cursor?: string | undefined;
            /** @description rows per page, at most 1000 */
            limit?: number | undefined;
          }
        | undefined;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description a page of VMs */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['UngroupedVms'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getEvents: {
    parameters: {
      query?:
        | {
            /** @description the same as the header Last-Event-ID, which wins; 0 asks for everything that is kept */
            last_event_id?: (number | null) | undefined;
          }
        | undefined;
      header?:
        | {
            /** @description id of the last event that was received: the stream goes on after it. Browsers send it by themselves */
            'Last-Event-ID'?: (number | null) | undefined;
          }
        | undefined;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description server-sent events */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'text/event-stream': string;
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown, events.too-many-streams, events.shutdown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postFailoverByJobIdCancel: {
    parameters: {
      query?: never;
      header?:
        | {
            /** @description the same request under the same key is done once; kept for 24 hours */
            'Idempotency-Key'?: string | undefined;
          }
        | undefined;
      path: {
        /** @description any id of the failover, or of what takes it back */
        job_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description it will end */
      202: {
        headers: {
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['FailoverCancelAccepted'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description failover.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description job.terminal, job.committed */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency.key-reused */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postFailoverByJobIdCommit: {
    parameters: {
      query?: never;
      header?:
        | {
            /** @description the same request under the same key is done once; kept for 24 hours */
            'Idempotency-Key'?: string | undefined;
          }
        | undefined;
      path: {
        /** @description any id of the failover, or of what takes it back */
        job_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description accepted */
      202: {
        headers: {
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          Location: components['headers']['Location'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['CommitAccepted'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description failover.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.busy, failover.running, failover.committed, failover.not-standing */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency.key-reused */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getFailoverByJobIdStatus: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description any id of the failover, or of what takes it back */
        job_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description the failover and its job */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['FailoverStatus'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description failover.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getFailoverByVmIdReadiness: {
    parameters: {
      query?:
        | {
            /** @description live: as if the request said so; true where it is left out */
            perform_final_sync?: ('true' | 'false') | undefined;
            /** @description live: as if the request said so; true where it is left out */
            power_off_source?: ('true' | 'false') | undefined;
            /** @description type of the failover */
            type?: ('live' | 'test') | undefined;
          }
        | undefined;
      header?: never;
      path: {
        /** @description the VM: its name, the id of its context, or its uuid */
        vm_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description every rule, and what it found */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Readiness'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown-name */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.ambiguous */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postFailoverByVmNameCleanupFailed: {
    parameters: {
      query?: never;
      header?:
        | {
            /** @description the same request under the same key is done once; kept for 24 hours */
            'Idempotency-Key'?: string | undefined;
          }
        | undefined;
      path: {
        /** @description the VM: its name, the id of its context, or its uuid */
        vm_name: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description accepted */
      202: {
        headers: {
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          Location: components['headers']['Location'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['WayBackAccepted'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown-name, failover.none */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.ambiguous, context.busy, failover.running, failover.nothing-failed */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency.key-reused */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postFailoverCleanupByVmName: {
    parameters: {
      query?: never;
      header?:
        | {
            /** @description the same request under the same key is done once; kept for 24 hours */
            'Idempotency-Key'?: string | undefined;
          }
        | undefined;
      path: {
        /** @description the VM: its name, the id of its context, or its uuid */
        vm_name: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['CleanUp'];
      };
    };
    responses: {
      /** @description accepted */
      202: {
        headers: {
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          Location: components['headers']['Location'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['WayBackAccepted'];
        };
      };
      /** @description request.invalid, request.malformed, failover.other-vm, failover.is-live */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown, context.unknown-name, failover.none */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.ambiguous, context.busy, failover.running, failover.committed, failover.not-standing, failover.nothing-failed */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency.key-reused */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getFailoverJobs: {
    parameters: {
      query?:
        | {
            /** @description next_cursor of the page before */
            cursor?: string | undefined;
            /** @description rows per page, at most 1000 */
            limit?: number | undefined;
            /** @description where the failover stands; reverting and cleanup while it is taken back */
            status?:
              | (
                  | 'pending'
                  | 'validating'
                  | 'snapshotting'
                  | 'creating_vm'
                  | 'switching_volume'
                  | 'powering_on'
                  | 'completed'
                  | 'failed'
                  | 'cleanup'
                  | 'reverting'
                )
              | undefined;
            /** @description type of the failover */
            type?: ('live' | 'test') | undefined;
            /** @description of this VM: its name, its uuid or the id of its context */
            vm_id?: string | undefined;
          }
        | undefined;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description a page of failovers */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['FailoverJobs'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postFailoverLive: {
    parameters: {
      query?: never;
      header?:
        | {
            /** @description the same request under the same key is done once; kept for 24 hours */
            'Idempotency-Key'?: string | undefined;
          }
        | undefined;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['StartLiveFailover'];
      };
    };
    responses: {
      /** @description accepted */
      202: {
        headers: {
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          Location: components['headers']['Location'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['FailoverAccepted'];
        };
      };
      /** @description request.invalid, request.malformed, failover.other-vm, failover.options */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.busy, failover.not-allowed, failover.no-usable-copy, failover.not-ready */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency.key-reused */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getFailoverPreflightConfigByFailoverTypeByVmName: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description live or test */
        failover_type: string;
        /** @description the VM: its name, the id of its context, or its uuid */
        vm_name: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description its questions, with their defaults */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['PreflightConfig'];
        };
      };
      /** @description request.invalid, request.malformed, failover.unknown-type */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown-name */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.ambiguous */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postFailoverPreflightValidate: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['UnifiedFailover'];
      };
    };
    responses: {
      /** @description the outcome */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['PreflightValidated'];
        };
      };
      /** @description request.invalid, request.malformed, failover.other-vm, failover.options */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postFailoverRollback: {
    parameters: {
      query?: never;
      header?:
        | {
            /** @description the same request under the same key is done once; kept for 24 hours */
            'Idempotency-Key'?: string | undefined;
          }
        | undefined;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['RollBack'];
      };
    };
    responses: {
      /** @description accepted */
      202: {
        headers: {
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          Location: components['headers']['Location'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['WayBackAccepted'];
        };
      };
      /** @description request.invalid, request.malformed, failover.other-vm */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown, failover.none */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.busy, failover.running, failover.committed, failover.not-standing, failover.other-type */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency.key-reused */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getFailoverRollbackDecisionByFailoverTypeByVmName: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description live or test */
        failover_type: string;
        /** @description the VM: its name, the id of its context, or its uuid */
        vm_name: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description the question, if there is one */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RollbackDecision'];
        };
      };
      /** @description request.invalid, request.malformed, failover.unknown-type */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown-name */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.ambiguous */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postFailoverTest: {
    parameters: {
      query?: never;
      header?:
        | {
            /** @description the same request under the same key is done once; kept for 24 hours */
            'Idempotency-Key'?: string | undefined;
          }
        | undefined;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['StartTestFailover'];
      };
    };
    responses: {
      /** @description accepted */
      202: {
        headers: {
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          Location: components['headers']['Location'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['FailoverAccepted'];
        };
      };
      /** @description request.invalid, request.malformed, failover.other-vm, failover.options */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.busy, failover.not-allowed, failover.no-usable-copy, failover.not-ready */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency.key-reused */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  deleteFailoverTestByJobId: {
    parameters: {
      query?: never;
      header?:
        | {
            /** @description the same request under the same key is done once; kept for 24 hours */
            'Idempotency-Key'?: string | undefined;
          }
        | undefined;
      path: {
        /** @description any id of the failover, or of what takes it back */
        job_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description accepted */
      202: {
        headers: {
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          Location: components['headers']['Location'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['WayBackAccepted'];
        };
      };
      /** @description request.invalid, request.malformed, failover.is-live */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description failover.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.busy, failover.running, failover.committed, failover.not-standing */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency.key-reused */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postFailoverUnified: {
    parameters: {
      query?: never;
      header?:
        | {
            /** @description the same request under the same key is done once; kept for 24 hours */
            'Idempotency-Key'?: string | undefined;
          }
        | undefined;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['UnifiedFailover'];
      };
    };
    responses: {
      /** @description accepted */
      202: {
        headers: {
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          Location: components['headers']['Location'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['FailoverAccepted'];
        };
      };
      /** @description request.invalid, request.malformed, failover.other-vm, failover.options */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.busy, failover.not-allowed, failover.no-usable-copy, failover.not-ready */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency.key-reused */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getHealth: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description the process answers */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Health'];
        };
      };
      /** @description request.invalid */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
    };
  };
  getHealthLive: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description it does */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Live'];
        };
      };
      /** @description request.invalid */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
    };
  };
  getHealthReady: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description it can */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Ready'];
        };
      };
      /** @description request.invalid */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getJobs: {
    parameters: {
      query?:
        | {
            /** @description jobs of this VM */
            context_id?: string | undefined;
            /** @description next_cursor of the page before */
            cursor?: string | undefined;
            /** @description kind of work; migration is a replication */
            job_type?:
              | (
                  | 'cleanup'
                  | 'failover'
                  | 'migration'
                  | 'cloudstack'
                  | 'volume_daemon'
                  | 'linstor'
                  | 'virtio'
                  | 'ossea'
                  | 'scheduler'
                  | 'discovery'
                  | 'bulk-operations'
                  | 'group-management'
                  | 'conflict-detection'
                  | 'phantom-detection'
                  | 'schedule_management'
                  | 'schedule_control'
                )
              | undefined;
            /** @description rows per page, at most 1000 */
            limit?: number | undefined;
            /** @description name of the job, which names its processor */
            operation?: string | undefined;
            /** @description jobs that this job asked for */
            parent_job_id?: string | undefined;
            /** @description queue that carries it */
            queue?:
              | ('replicate' | 'sync-cbt' | 'attach-volume' | 'failover' | 'rollback' | 'delete-job' | 'maintenance')
              | undefined;
            /** @description accepted at this moment or later, UTC or with an offset */
            since?: string | undefined;
            /** @description pending: waits for a worker; running: a worker has it, or it waits for a next attempt; the others end it */
            status?: ('pending' | 'running' | 'completed' | 'failed' | 'cancelled') | undefined;
            /** @description accepted before this moment, UTC or with an offset */
            until?: string | undefined;
          }
        | undefined;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description a page of jobs */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['JobList'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getJobsById: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description id of a job */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description the job */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['JobDetail'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description job.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getJobsByIdEvents: {
    parameters: {
      query?:
        | {
            /** @description the same as the header Last-Event-ID, which wins; 0 asks for everything that is kept */
            last_event_id?: (number | null) | undefined;
          }
        | undefined;
      header?:
        | {
            /** @description id of the last event that was received: the stream goes on after it. Browsers send it by themselves */
            'Last-Event-ID'?: (number | null) | undefined;
          }
        | undefined;
      path: {
        /** @description id of a job */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description server-sent events */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'text/event-stream': string;
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description job.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown, events.too-many-streams, events.shutdown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getJobsByIdLogs: {
    parameters: {
      query?:
        | {
            /** @description only events after this id; without it from the first */
            after?: (number | null) | undefined;
            /** @description events per page, at most 1000; 200 without it */
            limit?: number | undefined;
          }
        | undefined;
      header?: never;
      path: {
        /** @description id of a job */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description a page of log events */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['JobLog'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description job.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getNetworkMappings: {
    parameters: {
      query?:
        | {
            /** @description next_cursor of the page before */
            cursor?: string | undefined;
            /** @description rows per page, at most 1000 */
            limit?: number | undefined;
          }
        | undefined;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description a page of mappings */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['NetworkMappings'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postNetworkMappings: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['SaveNetworkMapping'];
      };
    };
    responses: {
      /** @description saved */
      201: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['NetworkMappingSaved'];
        };
      };
      /** @description request.invalid, request.malformed, network-mapping.other-vm */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token, cloudstack.unauthorized */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site, cloudstack.forbidden, cloudstack.second-factor */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown, context.unknown-name */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.ambiguous, network-mapping.shared-destination */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description network-mapping.source-unknown, network-mapping.destination-unknown, ossea-config.missing, ossea-config.ambiguous, secret.no-key, secret.other-key, secret.damaged */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown, cloudstack.unreachable, cloudstack.bad-answer, cloudstack.maintenance, cloudstack.rate-limited, cloudstack.failed */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getNetworkMappingsByVmId: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description the VM: its name, the id of its context, or its uuid */
        vm_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description its mappings */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['NetworkMappings'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown-name */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.ambiguous */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  deleteNetworkMappingsByVmIdBySourceNetworkName: {
    parameters: {
      query?:
        | {
            /** @description true: the mapping for test failovers */
            is_test?: ('true' | 'false') | undefined;
          }
        | undefined;
      header?: never;
      path: {
        /** @description network of the source */
        source_network_name: string;
        /** @description the VM: its name, the id of its context, or its uuid */
        vm_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description deleted */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['NetworkMappingDeleted'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description network-mapping.unknown, context.unknown-name */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.ambiguous */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getNetworkMappingsByVmIdStatus: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description the VM: its name, the id of its context, or its uuid */
        vm_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description how complete its mappings are */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['NetworkMappingStatus'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown-name */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.ambiguous */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getNetworksAvailable: {
    parameters: {
      query?:
        | {
            /** @description next_cursor of the page before */
            cursor?: string | undefined;
            /** @description rows per page, at most 1000 */
            limit?: number | undefined;
          }
        | undefined;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description a page of networks, by name */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['AvailableNetworks'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token, cloudstack.unauthorized */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description cloudstack.forbidden, cloudstack.second-factor */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description ossea-config.missing, ossea-config.ambiguous, secret.no-key, secret.other-key, secret.damaged */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown, cloudstack.unreachable, cloudstack.bad-answer, cloudstack.maintenance, cloudstack.rate-limited, cloudstack.failed */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postNetworksResolve: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['ResolveNetwork'];
      };
    };
    responses: {
      /** @description the network */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['NetworkResolved'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token, cloudstack.unauthorized */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site, cloudstack.forbidden, cloudstack.second-factor */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description cloudstack.network-unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description cloudstack.network-ambiguous */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description ossea-config.missing, ossea-config.ambiguous, secret.no-key, secret.other-key, secret.damaged */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown, cloudstack.unreachable, cloudstack.bad-answer, cloudstack.maintenance, cloudstack.rate-limited, cloudstack.failed */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  deleteOmaVmsByVmId: {
    parameters: {
      query?:
        | {
            /** @description true: committed changes that lie on that VM alone are lost; their disks are copied in full */
            lose_overlays?: ('true' | 'false') | undefined;
          }
        | undefined;
      header?: never;
      path: {
        /** @description id of the VM in CloudStack */
        vm_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description forgotten */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ForgottenOmaVm'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token, cloudstack.unauthorized */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site, cloudstack.forbidden, cloudstack.second-factor */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description oma-vm.not-registered */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description oma-vm.alive, oma-vm.configured, oma-vm.in-use, oma-vm.has-volumes, oma-vm.has-overlays */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description ossea-config.missing, ossea-config.ambiguous, secret.no-key, secret.other-key, secret.damaged */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown, cloudstack.unreachable, cloudstack.bad-answer, cloudstack.maintenance, cloudstack.rate-limited, cloudstack.failed */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getOpenapiJson: {
    parameters: {
      query?: never;
      header?:
        | {
            /** @description ETag of the state that the client has; answered with 304 while it is still that state */
            'If-None-Match'?: string | undefined;
          }
        | undefined;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OpenAPI 3.1 */
      200: {
        headers: {
          ETag: components['headers']['ETag'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['OpenApi'];
        };
      };
      /** @description still what the client has, as its If-None-Match says */
      304: {
        headers: {
          ETag: components['headers']['ETag'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description request.invalid */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postOsseaConfig: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['OsseaConfigAction'];
      };
    };
    responses: {
      /** @description done */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['OsseaConfigAnswer'];
        };
      };
      /** @description created */
      201: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['OsseaConfigAnswer'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description ossea-config.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description ossea-config.exists, ossea-config.in-use */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description ossea-config.keys-needed, secret.no-key, secret.other-key, secret.damaged */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postOsseaConfigStreamlined: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['StreamlinedConfig'];
      };
    };
    responses: {
      /** @description saved */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['StreamlinedSaved'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description ossea-config.in-use */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description secret.no-key */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postOsseaDiscoverResources: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['DiscoverResources'];
      };
    };
    responses: {
      /** @description what there is */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ResourcesDiscovered'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token, cloudstack.unauthorized */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site, cloudstack.forbidden, cloudstack.second-factor */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description cloudstack.domain-unknown, ossea-config.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description ossea-config.missing, ossea-config.ambiguous, secret.no-key, secret.other-key, secret.damaged */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown, cloudstack.unreachable, cloudstack.bad-answer, cloudstack.maintenance, cloudstack.rate-limited, cloudstack.failed */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getProgressByJobId: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description id of a replication */
        job_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description from the VMA, or from the row */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['VmaProgress'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description replication.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getReplications: {
    parameters: {
      query?:
        | {
            /** @description replications of this VM */
            context_id?: string | undefined;
            /** @description next_cursor of the page before */
            cursor?: string | undefined;
            /** @description rows per page, at most 1000 */
            limit?: number | undefined;
            /** @description pending: waits for a worker; running: a worker has it, or it waits for a next attempt; the others end it */
            status?: ('pending' | 'running' | 'completed' | 'failed' | 'cancelled') | undefined;
          }
        | undefined;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description a page of replications */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ReplicationList'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postReplications: {
    parameters: {
      query?: never;
      header?:
        | {
            /** @description the same request under the same key is done once; kept for 24 hours */
            'Idempotency-Key'?: string | undefined;
          }
        | undefined;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['StartReplication'];
      };
    };
    responses: {
      /** @description the VM was added (start_replication false) */
      201: {
        headers: {
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          Location: components['headers']['Location'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ContextAdded'];
        };
      };
      /** @description accepted */
      202: {
        headers: {
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          Location: components['headers']['Location'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ReplicationStarted'];
        };
      };
      /** @description request.invalid, request.malformed, bandwidth.too-low */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown, context.unknown-name */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.busy, replication.not-allowed, context.ambiguous, context.exists, context.other-vm, context.renamed, replication.other-target */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description ossea-config.missing, ossea-config.ambiguous, ossea-config.incomplete, replication.no-disks, replication.vcenter-needed, idempotency.key-reused */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown, replication.overloaded */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getReplicationsById: {
    parameters: {
      query?: never;
      header?:
        | {
            /** @description ETag of the state that the client has; answered with 304 while it is still that state */
            'If-None-Match'?: string | undefined;
          }
        | undefined;
      path: {
        /** @description id of a job */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description the replication */
      200: {
        headers: {
          ETag: components['headers']['ETag'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Replication'];
        };
      };
      /** @description still what the client has, as its If-None-Match says */
      304: {
        headers: {
          ETag: components['headers']['ETag'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description replication.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  putReplicationsById: {
    parameters: {
      query?: never;
      header?:
        | {
            /** @description ETag of the state that the change is meant for; refused with 412 when that is not the state any more */
            'If-Match'?: string | undefined;
          }
        | undefined;
      path: {
        /** @description id of a job */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['UpdateReplication'];
      };
    };
    responses: {
      /** @description as it is now */
      200: {
        headers: {
          ETag: components['headers']['ETag'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Replication'];
        };
      };
      /** @description it is told to stop; as it is now */
      202: {
        headers: {
          ETag: components['headers']['ETag'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Replication'];
        };
      };
      /** @description request.invalid, request.malformed, replication.read-only, bandwidth.too-low */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description replication.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description job.terminal, job.committed */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.stale */
      412: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  deleteReplicationsById: {
    parameters: {
      query?:
        | {
            /** @description true deletes the target volumes of the VM although other replications of it remain; with the last replication they always go */
            delete_volumes?: ('true' | 'false') | undefined;
          }
        | undefined;
      header?:
        | {
            /** @description the same request under the same key is done once; kept for 24 hours */
            'Idempotency-Key'?: string | undefined;
            /** @description ETag of the state that the change is meant for; refused with 412 when that is not the state any more */
            'If-Match'?: string | undefined;
          }
        | undefined;
      path: {
        /** @description id of a job */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description accepted */
      202: {
        headers: {
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          Location: components['headers']['Location'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['DeletionAccepted'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description replication.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description replication.active, replication.failed-over, failover.active, context.busy */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.stale */
      412: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency.key-reused */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postReplicationsByIdCancel: {
    parameters: {
      query?: never;
      header?:
        | {
            /** @description the same request under the same key is done once; kept for 24 hours */
            'Idempotency-Key'?: string | undefined;
          }
        | undefined;
      path: {
        /** @description id of a job */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description it will end */
      202: {
        headers: {
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['CancelAccepted'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description replication.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description job.terminal, job.committed */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency.key-reused */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postReplicationsByIdChangeid: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description id of a job */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['StoreChangeId'];
      };
    };
    responses: {
      /** @description stored */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ChangeIdStored'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description replication.unknown, replication.disk-unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description changeid.stale-epoch, changeid.own-copy, changeid.no-target, changeid.export-open, changeid.not-successor */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getReplicationsByIdProgress: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description id of a job */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description as its worker last reported */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ReplicationProgress'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description replication.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getReplicationsChangeid: {
    parameters: {
      query: {
        /** @description the disk that is asked about; without it the first disk of the VM that has a changeId */
        disk_id?: string | undefined;
        /** @description needed where two vCenters have a VM with this path */
        vcenter_host?: string | undefined;
        /** @description inventory path of the VM */
        vm_path: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description the changeId; empty when there is none */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ChangeIdFound'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.ambiguous */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getServiceOfferingsAvailable: {
    parameters: {
      query?:
        | {
            /** @description next_cursor of the page before */
            cursor?: string | undefined;
            /** @description rows per page, at most 1000 */
            limit?: number | undefined;
          }
        | undefined;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description a page of offerings, by name */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['AvailableServiceOfferings'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token, cloudstack.unauthorized */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description cloudstack.forbidden, cloudstack.second-factor */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description ossea-config.missing, ossea-config.ambiguous, secret.no-key, secret.other-key, secret.damaged */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown, cloudstack.unreachable, cloudstack.bad-answer, cloudstack.maintenance, cloudstack.rate-limited, cloudstack.failed */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postSettingsCloudstackDetectOmaVm: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['DetectOmaVm'];
      };
    };
    responses: {
      /** @description the outcome */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['OmaVmDetected'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description ossea-config.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description ossea-config.missing, ossea-config.ambiguous, secret.no-key, secret.other-key, secret.damaged */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postSettingsCloudstackDiscoverAll: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['DiscoverCloud'];
      };
    };
    responses: {
      /** @description the outcome */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['CloudDiscovered'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description ossea-config.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description ossea-config.missing, ossea-config.ambiguous, secret.no-key, secret.other-key, secret.damaged */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getSettingsCloudstackNetworks: {
    parameters: {
      query?:
        | {
            /** @description next_cursor of the page before */
            cursor?: string | undefined;
            /** @description rows per page, at most 1000 */
            limit?: number | undefined;
          }
        | undefined;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description a page of networks, by name */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['CloudNetworks'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token, cloudstack.unauthorized */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description cloudstack.forbidden, cloudstack.second-factor */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description ossea-config.missing, ossea-config.ambiguous, secret.no-key, secret.other-key, secret.damaged */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown, cloudstack.unreachable, cloudstack.bad-answer, cloudstack.maintenance, cloudstack.rate-limited, cloudstack.failed */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postSettingsCloudstackTestConnection: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['TestCloudConnection'];
      };
    };
    responses: {
      /** @description the outcome */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['CloudConnectionTested'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description ossea-config.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description ossea-config.missing, ossea-config.ambiguous, secret.no-key, secret.other-key, secret.damaged */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postSettingsCloudstackValidate: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['ValidateCloud'];
      };
    };
    responses: {
      /** @description the outcome */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['CloudValidated'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description ossea-config.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description ossea-config.missing, ossea-config.ambiguous, secret.no-key, secret.other-key, secret.damaged */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getSnapshots: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description the findings */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['SnapshotReport'];
        };
      };
      /** @description request.invalid */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getVmContexts: {
    parameters: {
      query?:
        | {
            /** @description next_cursor of the page before */
            cursor?: string | undefined;
            /** @description id or name of a machine group that the VM is in */
            group?: string | undefined;
            /** @description rows per page, at most 1000 */
            limit?: number | undefined;
            /** @description part of the name, anywhere in it, whatever its case */
            q?: string | undefined;
            /** @description where the VM stands between discovery and the new cloud */
            status?:
              | (
                  | 'discovered'
                  | 'replicating'
                  | 'ready_for_failover'
                  | 'failed_over_test'
                  | 'failed_over_live'
                  | 'completed'
                  | 'failed'
                  | 'cleanup_required'
                )
              | undefined;
            /** @description true: VMs in no machine group; false: VMs in at least one */
            ungrouped?: ('true' | 'false') | undefined;
            /** @description vCenter of the VM; "folder" for a VM that is a folder of images */
            vcenter_host?: string | undefined;
            /** @description begin of the name, case counts */
            vm_name?: string | undefined;
          }
        | undefined;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description a page of VMs */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['VmContextList'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  putVmContextsByContextIdCredential: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description id of a VM context */
        context_id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['AssignCredential'];
      };
    };
    responses: {
      /** @description as it is now */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['CredentialAssigned'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown, credential.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description credential.inactive, credential.other-vcenter */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getVmContextsByContextIdDisks: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description id of a VM context */
        context_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description its disks */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['VmContextDisks'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getVmContextsByContextIdRecentJobs: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description id of a VM context */
        context_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description newest first */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RecentJobs'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getVmContextsByVmName: {
    parameters: {
      query?:
        | {
            /** @description vCenter of the VM; needed where two vCenters have the name */
            vcenter_host?: string | undefined;
          }
        | undefined;
      header?:
        | {
            /** @description ETag of the state that the client has; answered with 304 while it is still that state */
            'If-None-Match'?: string | undefined;
          }
        | undefined;
      path: {
        /** @description name of a VM */
        vm_name: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description the VM with its disks and history */
      200: {
        headers: {
          ETag: components['headers']['ETag'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['VmContextDetail'];
        };
      };
      /** @description still what the client has, as its If-None-Match says */
      304: {
        headers: {
          ETag: components['headers']['ETag'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown-name */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.ambiguous */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getVmContextsByIdByContextId: {
    parameters: {
      query?: never;
      header?:
        | {
            /** @description ETag of the state that the client has; answered with 304 while it is still that state */
            'If-None-Match'?: string | undefined;
          }
        | undefined;
      path: {
        /** @description id of a VM context */
        context_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description the VM with its disks and history */
      200: {
        headers: {
          ETag: components['headers']['ETag'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['VmContextDetail'];
        };
      };
      /** @description still what the client has, as its If-None-Match says */
      304: {
        headers: {
          ETag: components['headers']['ETag'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  deleteVmContextsByIdByContextId: {
    parameters: {
      query?: never;
      header?:
        | {
            /** @description the same request under the same key is done once; kept for 24 hours */
            'Idempotency-Key'?: string | undefined;
          }
        | undefined;
      path: {
        /** @description id of a VM context */
        context_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description accepted */
      202: {
        headers: {
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          Location: components['headers']['Location'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ContextDeletionAccepted'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.failed-over, failover.active, context.busy */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency.key-reused */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getVmContextsUngrouped: {
    parameters: {
      query?:
        | {
            /** @description next_cursor of the page before */
            cursor?: string | undefined;
            /** @description rows per page, at most 1000 */
            limit?: number | undefined;
          }
        | undefined;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description a page of VMs */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['VmContextList'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getVmsByVmIdActiveJobs: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description the VM: its name, the id of its context, or its uuid */
        vm_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description what our rows say */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['VmActiveJobs'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown-name */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.ambiguous */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getVmsByVmIdConfigurationCheck: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description the VM: its name, the id of its context, or its uuid */
        vm_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description what our rows say */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ConfigurationCheck'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown-name */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.ambiguous */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getVmsByVmIdFailoverReadiness: {
    parameters: {
      query?:
        | {
            /** @description live: as if the request said so; true where it is left out */
            perform_final_sync?: ('true' | 'false') | undefined;
            /** @description live: as if the request said so; true where it is left out */
            power_off_source?: ('true' | 'false') | undefined;
            /** @description type of the failover */
            type?: ('live' | 'test') | undefined;
          }
        | undefined;
      header?: never;
      path: {
        /** @description the VM: its name, the id of its context, or its uuid */
        vm_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description every rule, and what it found */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['FailoverReadiness'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown-name */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.ambiguous */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getVmsByVmIdNetworkMappingStatus: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description the VM: its name, the id of its context, or its uuid */
        vm_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description what our rows say */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['VmNetworkStatus'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown-name */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.ambiguous */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getVmsByVmIdSyncStatus: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description the VM: its name, the id of its context, or its uuid */
        vm_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description what our rows say */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['SyncStatus'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown-name */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.ambiguous */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getVmsByVmIdVolumeStatus: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description the VM: its name, the id of its context, or its uuid */
        vm_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description what our rows say */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['VolumeStatus'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown-name */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.ambiguous */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getVmwareCredentials: {
    parameters: {
      query?:
        | {
            /** @description next_cursor of the page before */
            cursor?: string | undefined;
            /** @description rows per page, at most 1000 */
            limit?: number | undefined;
          }
        | undefined;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description a page of credentials, without passwords */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['VmwareCredentialList'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postVmwareCredentials: {
    parameters: {
      query?: never;
      header?:
        | {
            /** @description the same request under the same key is done once; kept for 24 hours */
            'Idempotency-Key'?: string | undefined;
          }
        | undefined;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['CreateVmwareCredential'];
      };
    };
    responses: {
      /** @description saved */
      201: {
        headers: {
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          Location: components['headers']['Location'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['VmwareCredential'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description credential.exists, credential.inactive */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description secret.no-key, idempotency.key-reused */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getVmwareCredentialsById: {
    parameters: {
      query?: never;
      header?:
        | {
            /** @description ETag of the state that the client has; answered with 304 while it is still that state */
            'If-None-Match'?: string | undefined;
          }
        | undefined;
      path: {
        /** @description id of a credential */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description the credential */
      200: {
        headers: {
          ETag: components['headers']['ETag'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['VmwareCredential'];
        };
      };
      /** @description still what the client has, as its If-None-Match says */
      304: {
        headers: {
          ETag: components['headers']['ETag'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description credential.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  putVmwareCredentialsById: {
    parameters: {
      query?: never;
      header?:
        | {
            /** @description ETag of the state that the change is meant for; refused with 412 when that is not the state any more */
            'If-Match'?: string | undefined;
          }
        | undefined;
      path: {
        /** @description id of a credential */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['UpdateVmwareCredential'];
      };
    };
    responses: {
      /** @description as it is now */
      200: {
        headers: {
          ETag: components['headers']['ETag'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['VmwareCredential'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description credential.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description credential.exists, credential.inactive */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.stale */
      412: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.unsupported-type */
      415: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description credential.password-needed, secret.no-key */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  deleteVmwareCredentialsById: {
    parameters: {
      query?: never;
      header?:
        | {
            /** @description ETag of the state that the change is meant for; refused with 412 when that is not the state any more */
            'If-Match'?: string | undefined;
          }
        | undefined;
      path: {
        /** @description id of a credential */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description deleted */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['CredentialMessage'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description credential.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description credential.in-use, credential.last-active */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.stale */
      412: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  putVmwareCredentialsByIdSetDefault: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description id of a credential */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description it is the default */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['CredentialMessage'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description credential.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description credential.inactive */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postVmwareCredentialsByIdTest: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description id of a credential */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description the outcome */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['CredentialTested'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description credential.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description credential.inactive */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description secret.no-key, secret.other-key, secret.damaged */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown, vma.unreachable, vma.token-refused */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getVmwareCredentialsDefault: {
    parameters: {
      query?: never;
      header?:
        | {
            /** @description ETag of the state that the client has; answered with 304 while it is still that state */
            'If-None-Match'?: string | undefined;
          }
        | undefined;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description the default */
      200: {
        headers: {
          ETag: components['headers']['ETag'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['VmwareCredential'];
        };
      };
      /** @description still what the client has, as its If-None-Match says */
      304: {
        headers: {
          ETag: components['headers']['ETag'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description request.invalid */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description credential.no-default */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getVolumes: {
    parameters: {
      query?:
        | {
            /** @description only volumes of this VM */
            context_id?: string | undefined;
            /** @description next_cursor of the page before */
            cursor?: string | undefined;
            /** @description rows per page, at most 1000 */
            limit?: number | undefined;
          }
        | undefined;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description a page of volumes */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Volumes'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getVolumesFindings: {
    parameters: {
      query?:
        | {
            /** @description next_cursor of the page before */
            cursor?: string | undefined;
            /** @description rows per page, at most 1000 */
            limit?: number | undefined;
          }
        | undefined;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description a page of findings */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['VolumeFindings'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postVolumesFindingsByVolumeIdAdopt: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description UUID of the volume in CloudStack */
        volume_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description tied */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['AdoptedVolume'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token, cloudstack.unauthorized */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site, cloudstack.forbidden, cloudstack.second-factor */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description volume-finding.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description volume-finding.wrong-kind, volume-finding.not-confirmed, volume.attached, volume.renamed, volume.in-work, volume.gone, volume.no-disk, volume.disk-has-volume, volume.context-busy, volume.too-small, volume.other-cloud */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description ossea-config.missing, ossea-config.ambiguous, secret.no-key, secret.other-key, secret.damaged */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown, cloudstack.unreachable, cloudstack.bad-answer, cloudstack.maintenance, cloudstack.rate-limited, cloudstack.failed */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  postVolumesFindingsByVolumeIdRemove: {
    parameters: {
      query?:
        | {
            /** @description the name of the volume; needed for one of a VM that we do not know */
            confirm_name?: string | undefined;
          }
        | undefined;
      header?: never;
      path: {
        /** @description UUID of the volume in CloudStack */
        volume_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description accepted */
      202: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RemovedVolume'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token, cloudstack.unauthorized */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site, cloudstack.forbidden, cloudstack.second-factor */
      403: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description volume-finding.unknown */
      404: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description volume-finding.wrong-kind, volume-finding.not-confirmed, volume.attached, volume.renamed, volume.in-work, volume.back, volume-finding.unconfirmed-name */
      409: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description ossea-config.missing, ossea-config.ambiguous, secret.no-key, secret.other-key, secret.damaged */
      422: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown, cloudstack.unreachable, cloudstack.bad-answer, cloudstack.maintenance, cloudstack.rate-limited, cloudstack.failed */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getVolumesOperations: {
    parameters: {
      query?:
        | {
            /** @description next_cursor of the page before */
            cursor?: string | undefined;
            /** @description rows per page, at most 1000 */
            limit?: number | undefined;
            /** @description how far it is */
            status?: ('pending' | 'executing' | 'completed' | 'failed' | 'cancelled') | undefined;
            /** @description what is done */
            type?:
              | (
                  | 'create'
                  | 'attach'
                  | 'detach'
                  | 'delete'
                  | 'cleanup'
                  | 'resize'
                  | 'snapshot'
                  | 'revert'
                  | 'delete-snapshot'
                  | 'hand-over'
                  | 'convert'
                )
              | undefined;
            /** @description only those of this volume */
            volume_id?: string | undefined;
          }
        | undefined;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description a page of operations */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['VolumeOperations'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['Unforeseen'];
      /** @description db.unreachable, db.pool-exhausted, db.contention, db.timeout, db.read-only, db.full, db.commit-unknown */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
}
