import { COPY_RULES } from './copy-rules.ts';
import { NETWORK_RULES } from './network-rules.ts';
import type { Rule } from './rule.ts';
import { SOURCE_RULES } from './source-rules.ts';
import { TARGET_RULES } from './target-rules.ts';
import { VM_RULES } from './vm-rules.ts';
import { VOLUME_RULES } from './volume-rules.ts';

/** Every rule of readiness, in the order in which people read the checks. */
export const RULES: readonly Rule[] = [
  ...VM_RULES,
  ...COPY_RULES,
  ...VOLUME_RULES,
  ...NETWORK_RULES,
  ...TARGET_RULES,
  ...SOURCE_RULES,
];
