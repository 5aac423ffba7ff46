/** What a failover does where its request does not say: the same for the API, its preflight and the command line. */

export const DEFAULTS = {
  live: {
    power_off_source: true,
    perform_final_sync: true,
    skip_validation: false,
    skip_virtio: false,
    network_strategy: 'live',
    vm_naming: 'exact',
    test_duration: null,
    auto_cleanup: false,
  },
  test: {
    power_off_source: false,
    perform_final_sync: false,
    skip_validation: false,
    skip_virtio: false,
    network_strategy: 'test',
    vm_naming: 'suffixed',
    test_duration: '2h',
    auto_cleanup: false,
  },
} as const;

/** A question that a person is asked before a failover. */
export interface Question {
  readonly default: unknown;
  readonly required: boolean;
  readonly description: string;
  readonly type: 'boolean' | 'string' | 'object';
  readonly options?: readonly string[];
  readonly pattern?: string;
}

/** Digits and h or m. */
export const DURATION_PATTERN = '^[1-9][0-9]{0,4}[hm]$';

const BOTH = {
  skip_validation: {
    required: false,
    description: 'judge only what endangers data or production',
    type: 'boolean',
  },
  skip_virtio: {
    required: false,
    description: 'start the guest as it was copied, without putting drivers into it',
    type: 'boolean',
  },
  network_mappings: {
    default: null,
    required: false,
    description: 'with network_strategy custom: the network of CloudStack for a network of the source, by id',
    type: 'object',
  },
  custom_config: {
    default: null,
    required: false,
    description: 'another offering or template, how the guest is shut down, what becomes of it if nobody decides',
    type: 'object',
  },
} as const;

/** By field of POST /failover/unified. */
export function questionsOf(type: 'live' | 'test'): Readonly<Record<string, Question>> {
  const is = DEFAULTS[type];
  const both = {
    skip_validation: { ...BOTH.skip_validation, default: is.skip_validation },
    skip_virtio: { ...BOTH.skip_virtio, default: is.skip_virtio },
    network_mappings: BOTH.network_mappings,
    custom_config: BOTH.custom_config,
  };
  return type === 'live' ? { ...liveQuestions(), ...both } : { ...testQuestions(), ...both };
}

function liveQuestions(): Record<string, Question> {
  const is = DEFAULTS.live;
  return {
    power_off_source: {
      default: is.power_off_source,
      required: true,
      description: 'shut the source VM down first; false where the source is gone, or stays on',
      type: 'boolean',
    },
    perform_final_sync: {
      default: is.perform_final_sync,
      required: false,
      description: 'replicate once more after that, so that nothing is lost; false where the source is gone',
      type: 'boolean',
    },
    network_strategy: {
      default: is.network_strategy,
      required: false,
      description: 'live: as the live mappings say; custom: as network_mappings says, else as the mappings',
      type: 'string',
      options: ['live', 'custom'],
    },
    vm_naming: {
      default: is.vm_naming,
      required: false,
      description: 'the VM keeps its name',
      type: 'string',
      options: ['exact'],
    },
  };
}

function testQuestions(): Record<string, Question> {
  const is = DEFAULTS.test;
  return {
    test_duration: {
      default: is.test_duration,
      required: false,
      description: 'how long the test is meant to last, counted from the start of its VM',
      type: 'string',
      pattern: DURATION_PATTERN,
    },
    auto_cleanup: {
      default: is.auto_cleanup,
      required: false,
      description: 'roll the test back when that time is over',
      type: 'boolean',
    },
    network_strategy: {
      default: is.network_strategy,
      required: false,
      description: 'test: as the test mappings say; custom: as network_mappings says, else as the test mappings',
      type: 'string',
      options: ['test', 'custom'],
    },
    vm_naming: {
      default: is.vm_naming,
      required: false,
      description: 'the VM gets a name of its own',
      type: 'string',
      options: ['suffixed'],
    },
  };
}
