// Made by `npm run generate` from the routes of src/api. Do not edit.
export type paths = {
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
  '/health': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Is it up, for how long, which version */
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
    /** Can it serve requests: the database answers */
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
  '/openapi.json': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** This description */
    get: operations['getOpenapiJson'];
    put?: never;
    post?: never;
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
    put?: never;
    post?: never;
    delete?: never;
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
    CancelAccepted: {
      job_id: string;
      message: string;
      /** @enum {string} */
      status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
    };
    CbtCycle: {
      blocks_changed: number;
      /** @description bytes */
      bytes_transferred: number;
      change_id: string | null;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      created_at: string;
      disk_id: string;
      id: number;
      job_id: string;
      previous_change_id: string | null;
      sync_duration_seconds: number;
      sync_success: boolean;
      sync_type: string;
    };
    ContextAdded: {
      context_id: string;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      created_at: string;
      /** @enum {string} */
      current_status: 'discovered';
      message: string;
      vcenter_host: string;
      vm_name: string;
      vmware_vm_id: string;
    };
    DiskProgress: {
      /** @description bytes of data that went over the wire in this cycle */
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
      /** @description of this disk, 0 to 100; below 100 until everything is flushed */
      percent: number;
      /**
       * @description pending, syncing, completed or failed
       * @example syncing
       */
      status: string;
      /** @description bytes of the areas that this cycle has to look at, not the capacity */
      total_bytes: number;
    };
    Health: {
      /** @enum {string} */
      database: 'ok' | 'unreachable';
      /**
       * @description degraded: the process lives, the database does not answer
       * @enum {string}
       */
      status: 'healthy' | 'degraded';
      /** @description seconds since this process started */
      uptime: number;
      version: string;
    };
    Job: {
      attempt: number;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      cancel_requested_at: string | null;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      completed_at: string | null;
      context_id: string | null;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      created_at: string;
      dispatch_state: string | null;
      error_code: string | null;
      /** @description what a person does next */
      error_hint: string | null;
      error_message: string | null;
      job_category: string;
      job_id: string;
      job_type: string;
      max_attempts: number;
      /**
       * Format: date-time
       * @description not tried again before this moment
       * @example 2026-01-14T09:30:00.000Z
       */
      not_before: string | null;
      operation: string;
      parent_job_id: string | null;
      percent_complete: number | null;
      queue: string | null;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      started_at: string | null;
      /** @enum {string} */
      status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      updated_at: string;
    };
    JobDetail: {
      attempt: number;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      cancel_requested_at: string | null;
      children: {
        job_id: string;
        operation: string;
        /** @enum {string} */
        status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
      }[];
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      completed_at: string | null;
      context_id: string | null;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      created_at: string;
      dispatch_state: string | null;
      error_code: string | null;
      /** @description what a person does next */
      error_hint: string | null;
      error_message: string | null;
      job_category: string;
      job_id: string;
      job_type: string;
      max_attempts: number;
      /**
       * Format: date-time
       * @description not tried again before this moment
       * @example 2026-01-14T09:30:00.000Z
       */
      not_before: string | null;
      operation: string;
      parent_job_id: string | null;
      percent_complete: number | null;
      /** @description how far it is; null for a job that copies no disks */
      progress: {
        /** @description bytes of data per second since the transfer of this attempt began */
        average_bps: number;
        /** @description bytes of data that went over the wire in this cycle */
        bytes_transferred: number;
        /** @description bytes of data per second over the last seconds; 0 when nothing runs */
        current_bps: number;
        /**
         * @description for people
         * @example Transferring Data
         */
        current_operation: string | null;
        /** @description one entry per disk, in the order of their ids */
        disks: components['schemas']['DiskProgress'][];
        /** @description seconds until the transfer ends at the pace of the last minute; null when unknown */
        eta_seconds: number | null;
        /**
         * @description id of the job
         * @example job-20260114-093000.123-a1b2c3
         */
        job_id: string;
        /**
         * @description 0 to 100, from bytes: copied, written as zeros or found done, of all that has to be gone through. Never goes back; 100 is said when the cycle is committed
         * @example 49.3
         */
        percent: number;
        /**
         * @description state of the job
         * @enum {string}
         */
        status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
        /** @description bytes in use or changed: what the cycle has to look at */
        total_bytes: number;
      } | null;
      queue: string | null;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      started_at: string | null;
      /** @enum {string} */
      status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
      steps: {
        /**
         * Format: date-time
         * @description UTC
         * @example 2026-01-14T09:30:00.000Z
         */
        completed_at: string | null;
        error_message: string | null;
        name: string;
        /** @description how often it was entered */
        runs: number;
        seq: number;
        /**
         * Format: date-time
         * @description UTC
         * @example 2026-01-14T09:30:00.000Z
         */
        started_at: string;
        /** @enum {string} */
        status: 'running' | 'completed' | 'failed' | 'skipped';
        /**
         * Format: date-time
         * @description UTC
         * @example 2026-01-14T09:30:00.000Z
         */
        undone_at: string | null;
      }[];
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      updated_at: string;
    };
    JobList: {
      count: number;
      jobs: components['schemas']['Job'][];
      /** @description cursor of the next page; null on the last one */
      next_cursor: string | null;
    };
    JobLog: {
      /** @description events in this page */
      count: number;
      /** @description oldest first */
      events: components['schemas']['LogEvent'][];
      /** @description id of the job */
      job_id: string;
      /** @description `after` of the next page; null when there is nothing more by now */
      next_after: number | null;
    };
    Live: {
      /** @enum {string} */
      status: 'live';
    };
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
      /** @description the job that it is about; null when that was deleted */
      job_id: string | null;
      /**
       * @description how grave it is
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
    LoggedIn: {
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      expires_at: string;
      /** @description send it as Authorization: Bearer ... */
      session_token: string;
      /** @enum {boolean} */
      success: true;
    };
    LoggedOut: {
      /** @enum {boolean} */
      success: true;
    };
    /** @description A user with a password, or an appliance with its token. */
    Login:
      | {
          password: string;
          username: string;
        }
      | {
          appliance_id: string;
          token: string;
          version?: string | undefined;
        };
    OpenApi: {
      info: {
        title: string;
        version: string;
      };
      openapi: string;
      paths: {
        [key: string]: {
          [key: string]: unknown;
        };
      };
    } & {
      [key: string]: unknown;
    };
    /** @description RFC 9457 problem document */
    Problem: {
      /**
       * @description stable; what programs match on
       * @example replication.active
       */
      code: string;
      detail: string;
      errors?:
        | {
            message: string;
            path: string;
          }[]
        | undefined;
      /** @description what a person does next */
      hint?: string | undefined;
      instance: string;
      request_id: string;
      status: number;
      title: string;
      /** @example urn:migratekit:problem:replication.active */
      type: string;
    };
    Ready: {
      /** @enum {string} */
      status: 'ready';
    };
    ReplicatedDisk: {
      /** @description bytes */
      bytes_synced: number;
      /** @description bytes */
      capacity_bytes: number | null;
      datastore: string | null;
      /** @description changeId of the last committed cycle */
      disk_change_id: string | null;
      disk_id: string;
      id: number;
      label: string | null;
      ossea_volume_id: number | null;
      provisioning_type: string | null;
      size_gb: number;
      /** @description percent, 0 to 100 */
      sync_progress_percent: number;
      sync_status: string;
      unit_number: number | null;
      vmdk_path: string;
    };
    Replication: {
      /** @description bytes */
      bytes_transferred: number;
      cbt_history: components['schemas']['CbtCycle'][];
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      completed_at: string | null;
      configuration: {
        ossea_config_id: number | null;
        replication_type: string;
        target_network: string | null;
      };
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      created_at: string;
      current_operation: string | null;
      datacenter: string;
      disks: components['schemas']['ReplicatedDisk'][];
      error_code: string | null;
      /** @description what a person does next */
      error_hint: string | null;
      error_message: string | null;
      id: string;
      job_id: string;
      /** @description target volumes that are attached to the appliance now */
      mounts: {
        device_path: string;
        mount_point: string | null;
        status: string;
        volume_id: string;
      }[];
      /** @description percent, 0 to 100 */
      progress_percent: number;
      replication_type: string;
      /** @description percent, 0 to 100 */
      setup_progress_percent: number;
      source_vm: {
        id: string;
        name: string;
        path: string;
      };
      source_vm_id: string;
      source_vm_name: string;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      started_at: string | null;
      /** @enum {string} */
      status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
      /** @description bytes */
      total_bytes: number;
      /** @description bytes */
      transfer_speed_bps: number;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      updated_at: string;
      vcenter_host: string;
      vm_context_id: string | null;
      vma_eta_seconds: number;
      /** @description MiB per second */
      vma_throughput_mbps: number;
    };
    ReplicationList: {
      /** @description all that match, not only this page */
      count: number;
      /** @description cursor of the next page; null on the last one */
      next_cursor: string | null;
      replications: components['schemas']['ReplicationSummary'][];
    };
    ReplicationProgress: {
      /** @description bytes */
      bytes_transferred: number;
      current_operation: string | null;
      job_id: string;
      /** @description percent, 0 to 100 */
      progress_percent: number;
      /** @description percent, 0 to 100 */
      setup_progress_percent: number;
      /** @enum {string} */
      status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
      /** @description bytes */
      total_bytes: number;
      /** @description bytes */
      transfer_speed_bps: number;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      updated_at: string;
      vma_progress: {
        current_phase: string | null;
        error_classification: string | null;
        error_details: string | null;
        eta_formatted: string;
        eta_seconds: number;
        /** @description reported within the last 30 s */
        is_live: boolean;
        /**
         * Format: date-time
         * @description UTC
         * @example 2026-01-14T09:30:00.000Z
         */
        last_polled: string | null;
        sync_type: string | null;
        throughput_mbps: number;
      };
    };
    ReplicationStarted: {
      context_id: string;
      /** @description empty: volumes are made by the job */
      created_volumes: {
        size_gb: number;
        status: string;
        volume_id: string;
        volume_name: string;
      }[];
      job_id: string;
      message: string;
      /** @description empty: volumes are attached by the job */
      mounted_volumes: {
        device_path: string;
        mount_point: string;
        status: string;
      }[];
      /** @description percent, 0 to 100 */
      progress_percent: number;
      /** @enum {string} */
      queue: 'replicate' | 'sync-cbt';
      source_vm: {
        id: string;
        name: string;
        path: string;
      };
      /**
       * Format: date-time
       * @description when the request was accepted, UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      started_at: string;
      /** @enum {string} */
      status: 'pending';
    };
    ReplicationSummary: {
      /** @description bytes */
      bytes_transferred: number;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      completed_at: string | null;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      created_at: string;
      current_operation: string | null;
      datacenter: string;
      error_message: string | null;
      id: string;
      job_id: string;
      /** @description percent, 0 to 100 */
      progress_percent: number;
      replication_type: string;
      /** @description percent, 0 to 100 */
      setup_progress_percent: number;
      source_vm_id: string;
      source_vm_name: string;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      started_at: string | null;
      /** @enum {string} */
      status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
      /** @description bytes */
      total_bytes: number;
      /** @description bytes */
      transfer_speed_bps: number;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      updated_at: string;
      vcenter_host: string;
      vm_context_id: string | null;
      vma_eta_seconds: number;
      /** @description MiB per second */
      vma_throughput_mbps: number;
    };
    SourceDisk: {
      /** @description bytes; without it size_gb counts as exact */
      capacity_bytes?: (number | null) | undefined;
      datastore?: (string | null) | undefined;
      /**
       * @description disk-{vmware device key}
       * @example disk-2000
       */
      id: string;
      label?: (string | null) | undefined;
      path?: (string | null) | undefined;
      provisioning_type?: (string | null) | undefined;
      size_gb?: (number | null) | undefined;
      unit_number?: (number | null) | undefined;
      vmdk_path?: (string | null) | undefined;
    };
    StartReplication: {
      /** @description a VM that is already known */
      context_id?: (string | null) | undefined;
      datacenter?: (string | null) | undefined;
      /** @description absent, 0 or 1: the active configuration */
      ossea_config_id?: (number | null) | undefined;
      /**
       * @description initial copies every disk in full again; else it is decided per disk
       * @enum {string|null}
       */
      replication_type?: ('initial' | 'incremental' | null) | undefined;
      /** @description a VM with all that its source knows; new or known */
      source_vm?:
        | ({
            annotation?: (string | null) | undefined;
            cpus?: (number | null) | undefined;
            datacenter?: (string | null) | undefined;
            /** @default [] */
            disks: components['schemas']['SourceDisk'][];
            display_name?: (string | null) | undefined;
            folder_path?: (string | null) | undefined;
            /** @description BIOS uuid of the VM */
            id: string;
            memory_mb?: (number | null) | undefined;
            name: string;
            /** @default [] */
            networks: {
              adapter_type?: (string | null) | undefined;
              connected?: (boolean | null) | undefined;
              label?: (string | null) | undefined;
              mac_address?: (string | null) | undefined;
              name?: (string | null) | undefined;
              network_name?: (string | null) | undefined;
              type?: (string | null) | undefined;
            }[];
            os_type?: (string | null) | undefined;
            /**
             * @description inventory path
             * @example /DC/vm/web01
             */
            path: string;
            power_state?: (string | null) | undefined;
            vmware_tools_status?: (string | null) | undefined;
            vmware_tools_version?: (string | null) | undefined;
            vmx_version?: (string | null) | undefined;
          } | null)
        | undefined;
      /** @description false only adds the VM; default true */
      start_replication?: (boolean | null) | undefined;
      target_network?: (string | null) | undefined;
      vcenter_host?: (string | null) | undefined;
      /** @description the same by name; vcenter_host too where the name is ambiguous */
      vm_name?: (string | null) | undefined;
    };
    VmaProgress: {
      /** @description bytes */
      bytes_transferred?: (number | null) | undefined;
      current_operation?: (string | null) | undefined;
      disk_progresses?:
        | (
            | ({
                /** @description bytes */
                bytes?: (number | null) | undefined;
                disk_id: string;
                /** @description percent, 0 to 100 */
                percent?: (number | null) | undefined;
                status?: (string | null) | undefined;
                /** @description bytes */
                total?: (number | null) | undefined;
              } & {
                [key: string]: unknown;
              })[]
            | null
          )
        | undefined;
      job_id: string;
      last_error?: (string | null) | undefined;
      /** @description percent, 0 to 100 */
      percentage?: (number | null) | undefined;
      phase?: (string | null) | undefined;
      status: string;
      sync_type?: (string | null) | undefined;
      throughput?:
        | (
            | ({
                current_mbps?: (number | null) | undefined;
              } & {
                [key: string]: unknown;
              })
            | null
          )
        | undefined;
      timing?:
        | (
            | ({
                eta_seconds?: (number | null) | undefined;
                /**
                 * Format: date-time
                 * @description UTC
                 * @example 2026-01-14T09:30:00.000Z
                 */
                last_update?: (string | null) | undefined;
                /**
                 * Format: date-time
                 * @description UTC
                 * @example 2026-01-14T09:30:00.000Z
                 */
                start_time?: (string | null) | undefined;
              } & {
                [key: string]: unknown;
              })
            | null
          )
        | undefined;
      /** @description bytes */
      total_bytes?: (number | null) | undefined;
    } & {
      [key: string]: unknown;
    };
    VmContext: {
      context_id: string;
      cpu_count: number | null;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      created_at: string;
      current_job_id: string | null;
      /** @enum {string} */
      current_status:
        | 'discovered'
        | 'replicating'
        | 'ready_for_failover'
        | 'failed_over_test'
        | 'failed_over_live'
        | 'completed'
        | 'failed'
        | 'cleanup_required';
      datacenter: string;
      failed_jobs: number;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      first_job_at: string | null;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      last_job_at: string | null;
      /** @description what the last job did: operation_type, status, error_message, timestamp, ... */
      last_operation: {
        [key: string]: unknown;
      } | null;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      last_status_change: string | null;
      last_successful_job_id: string | null;
      memory_mb: number | null;
      os_type: string | null;
      ossea_config_id: number | null;
      power_state: string | null;
      successful_jobs: number;
      total_jobs_run: number;
      /**
       * Format: date-time
       * @description UTC
       * @example 2026-01-14T09:30:00.000Z
       */
      updated_at: string;
      vcenter_host: string;
      vm_name: string;
      vm_path: string;
      vm_tools_version: string | null;
      vmware_vm_id: string;
    };
    VmContextDetail: {
      cbt_history: components['schemas']['CbtCycle'][];
      context: components['schemas']['VmContext'];
      /** @description the replication that runs now */
      current_job: {
        /** @description bytes */
        bytes_transferred: number;
        /**
         * Format: date-time
         * @description UTC
         * @example 2026-01-14T09:30:00.000Z
         */
        completed_at: string | null;
        /**
         * Format: date-time
         * @description UTC
         * @example 2026-01-14T09:30:00.000Z
         */
        created_at: string;
        current_operation: string | null;
        datacenter: string;
        error_message: string | null;
        id: string;
        job_id: string;
        /** @description percent, 0 to 100 */
        progress_percent: number;
        replication_type: string;
        /** @description percent, 0 to 100 */
        setup_progress_percent: number;
        source_vm_id: string;
        source_vm_name: string;
        /**
         * Format: date-time
         * @description UTC
         * @example 2026-01-14T09:30:00.000Z
         */
        started_at: string | null;
        /** @enum {string} */
        status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
        /** @description bytes */
        total_bytes: number;
        /** @description bytes */
        transfer_speed_bps: number;
        /**
         * Format: date-time
         * @description UTC
         * @example 2026-01-14T09:30:00.000Z
         */
        updated_at: string;
        vcenter_host: string;
        vm_context_id: string | null;
        vma_eta_seconds: number;
        /** @description MiB per second */
        vma_throughput_mbps: number;
      } | null;
      disks: components['schemas']['VmContextDisk'][];
      job_history: components['schemas']['ReplicationSummary'][];
    };
    VmContextDisk: {
      /** @description bytes */
      bytes_synced: number;
      /** @description bytes */
      capacity_bytes: number | null;
      cpu_count: number | null;
      datastore: string | null;
      /** @description changeId of the last committed cycle */
      disk_change_id: string | null;
      disk_id: string;
      id: number;
      label: string | null;
      memory_mb: number | null;
      /** @description networks of the VM, as JSON text */
      network_config: string | null;
      os_type: string | null;
      ossea_volume_id: number | null;
      provisioning_type: string | null;
      size_gb: number;
      /** @description percent, 0 to 100 */
      sync_progress_percent: number;
      sync_status: string;
      unit_number: number | null;
      vmdk_path: string;
    };
    VmContextList: {
      /** @description all that match, not only this page */
      count: number;
      /** @description cursor of the next page; null on the last one */
      next_cursor: string | null;
      vm_contexts: components['schemas']['VmContext'][];
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
};
export type $defs = Record<string, never>;
export interface operations {
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
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['LoggedIn'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.bad-credentials */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.too-many-attempts */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.busy */
      503: {
        headers: {
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
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['LoggedOut'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
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
          [name: string]: unknown;
        };
        content: {
          'text/event-stream': string;
        };
      };
      /** @description request.invalid */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description events.too-many-streams, events.shutdown */
      503: {
        headers: {
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
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Health'];
        };
      };
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
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Live'];
        };
      };
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
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Ready'];
        };
      };
      /** @description db.unreachable */
      503: {
        headers: {
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
            context_id?: string | undefined;
            /** @description next_cursor of the page before */
            cursor?: string | undefined;
            /** @description rows per page, at most 1000 */
            limit?: number | undefined;
            queue?:
              | ('replicate' | 'sync-cbt' | 'attach-volume' | 'failover' | 'rollback' | 'delete-job' | 'maintenance')
              | undefined;
            status?: ('pending' | 'running' | 'completed' | 'failed' | 'cancelled') | undefined;
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
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['JobList'];
        };
      };
      /** @description request.invalid */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
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
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['JobDetail'];
        };
      };
      /** @description request.invalid */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description job.unknown */
      404: {
        headers: {
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
          [name: string]: unknown;
        };
        content: {
          'text/event-stream': string;
        };
      };
      /** @description request.invalid */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description job.unknown */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description events.too-many-streams, events.shutdown */
      503: {
        headers: {
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
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['JobLog'];
        };
      };
      /** @description request.invalid */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description job.unknown */
      404: {
        headers: {
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
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OpenAPI 3.1 */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['OpenApi'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
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
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['VmaProgress'];
        };
      };
      /** @description request.invalid */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description replication.unknown */
      404: {
        headers: {
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
            context_id?: string | undefined;
            /** @description next_cursor of the page before */
            cursor?: string | undefined;
            /** @description rows per page, at most 1000 */
            limit?: number | undefined;
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
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ReplicationList'];
        };
      };
      /** @description request.invalid */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
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
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ContextAdded'];
        };
      };
      /** @description accepted */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ReplicationStarted'];
        };
      };
      /** @description request.invalid, request.malformed */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown, context.unknown-name */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.busy, replication.not-allowed, context.ambiguous, context.exists, context.other-vm, context.renamed, replication.other-target */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description request.too-large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description ossea-config.missing, ossea-config.ambiguous, ossea-config.incomplete, replication.no-disks, replication.vcenter-needed, idempotency.key-reused */
      422: {
        headers: {
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
      header?: never;
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
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Replication'];
        };
      };
      /** @description request.invalid */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description replication.unknown */
      404: {
        headers: {
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
      header?: never;
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
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['CancelAccepted'];
        };
      };
      /** @description request.invalid */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.cross-site */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description replication.unknown */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description job.terminal */
      409: {
        headers: {
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
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ReplicationProgress'];
        };
      };
      /** @description request.invalid */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description replication.unknown */
      404: {
        headers: {
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
            /** @description rows per page, at most 1000 */
            limit?: number | undefined;
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
            vcenter_host?: string | undefined;
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
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['VmContextList'];
        };
      };
      /** @description request.invalid */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
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
            /** @description needed where two vCenters have the name */
            vcenter_host?: string | undefined;
          }
        | undefined;
      header?: never;
      path: {
        vm_name: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description the VM with its disks and history */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['VmContextDetail'];
        };
      };
      /** @description request.invalid */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown-name */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.ambiguous */
      409: {
        headers: {
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
      header?: never;
      path: {
        context_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description the VM with its disks and history */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['VmContextDetail'];
        };
      };
      /** @description request.invalid */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description auth.required, auth.expired, auth.bad-token */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description context.unknown */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
}
