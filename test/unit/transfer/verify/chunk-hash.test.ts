import { describe, expect, test } from '@jest/globals';
import { hashText, loadChunkHash } from '../../../../src/transfer/verify/chunk-hash.ts';

describe('the hash of a chunk', () => {
  test('is XXH64 with seed 0, as the specification of xxHash has it', async () => {
    const hash = await loadChunkHash();
    expect(hashText(hash(Buffer.alloc(0)))).toBe('ef46db3751d8e999');
    expect(hashText(hash(Buffer.from('a')))).toBe('d24ec4f1a98c6e5b');
    expect(hashText(hash(Buffer.from('abc')))).toBe('44bc2cf5ad770999');
  });

  test('is that of the view alone, not of the memory around it', async () => {
    const hash = await loadChunkHash();
    const slab = Buffer.alloc(8_192, 1);
    slab.fill(7, 1_000, 5_000);
    expect(hash(slab.subarray(1_000, 5_000))).toBe(hash(Buffer.alloc(4_000, 7)));
    expect(hash(slab.subarray(999, 5_000))).not.toBe(hash(Buffer.alloc(4_001, 7)));
  });

  test('has 16 digits, leading zeros included', () => {
    expect(hashText(0x1fn)).toBe('000000000000001f');
  });
});
