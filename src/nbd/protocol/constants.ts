/** Numbers of the NBD protocol, by the names of its specification. Source: NBD proto.md, "Values". */

/** "NBDMAGIC", "IHAVEOPT" and the old style's magic, as pairs of 32-bit words. */
export const INIT_MAGIC = [0x4e42444d, 0x41474943] as const;
export const OPTION_MAGIC = [0x49484156, 0x454f5054] as const;
export const OLDSTYLE_MAGIC = [0x00004202, 0x81861253] as const;
export const OPTION_REPLY_MAGIC = [0x0003e889, 0x045565a9] as const;
export const REQUEST_MAGIC = 0x25609513;
export const SIMPLE_REPLY_MAGIC = 0x67446698;
export const STRUCTURED_REPLY_MAGIC = 0x668e33ef;

export const HANDSHAKE_FLAG = { FIXED_NEWSTYLE: 1, NO_ZEROES: 2 } as const;

export const OPTION = {
  EXPORT_NAME: 1,
  ABORT: 2,
  STARTTLS: 5,
  GO: 7,
  STRUCTURED_REPLY: 8,
  SET_META_CONTEXT: 10,
} as const;

export const REPLY = { ACK: 1, INFO: 3, META_CONTEXT: 4 } as const;
/** Bit 31 marks an error reply to an option. */
export const REPLY_ERROR_BIT = 0x80000000;
export const REPLY_ERROR = {
  UNSUP: 0x80000001,
  POLICY: 0x80000002,
  INVALID: 0x80000003,
  TLS_REQD: 0x80000005,
  UNKNOWN: 0x80000006,
  SHUTDOWN: 0x80000007,
  BLOCK_SIZE_REQD: 0x80000008,
} as const;

export const INFO = { EXPORT: 0, BLOCK_SIZE: 3 } as const;

export const TRANSMISSION_FLAG = {
  HAS_FLAGS: 1 << 0,
  READ_ONLY: 1 << 1,
  SEND_FLUSH: 1 << 2,
  SEND_FUA: 1 << 3,
  SEND_TRIM: 1 << 5,
  SEND_WRITE_ZEROES: 1 << 6,
  SEND_DF: 1 << 7,
  CAN_MULTI_CONN: 1 << 8,
} as const;

export const COMMAND = { READ: 0, WRITE: 1, DISC: 2, FLUSH: 3, WRITE_ZEROES: 6, BLOCK_STATUS: 7 } as const;
export type Command = (typeof COMMAND)[keyof typeof COMMAND];

/** DF: the answer to a read comes in one piece. */
export const COMMAND_FLAG = { DF: 1 << 2 } as const;

export const CHUNK_FLAG_DONE = 1;
export const CHUNK = {
  NONE: 0,
  OFFSET_DATA: 1,
  OFFSET_HOLE: 2,
  BLOCK_STATUS: 5,
  ERROR: 0x8001,
  ERROR_OFFSET: 0x8002,
} as const;
export const CHUNK_ERROR_BIT = 0x8000;

export const ERRNO = {
  EPERM: 1,
  EIO: 5,
  ENOMEM: 12,
  EINVAL: 22,
  ENOSPC: 28,
  EOVERFLOW: 75,
  ENOTSUP: 95,
  ESHUTDOWN: 108,
} as const;

/** base:allocation: HOLE says nothing about the content, only ZERO does. */
export const STATUS_ZERO = 2;
export const BASE_ALLOCATION = 'base:allocation';
/** qemu's dirty bitmaps, by name: a range with this bit was written. Source: qemu docs/interop/nbd.txt. */
export const STATUS_DIRTY = 1;
export const DIRTY_BITMAP_PREFIX = 'qemu:dirty-bitmap:';

/** Export names and messages. Source: NBD proto.md, "Terminology" and "String". */
export const STRING_BYTES_MAX = 4096;
/** A server may send this many extents in one answer. Source: NBD proto.md, "NBD_REPLY_TYPE_BLOCK_STATUS". */
export const EXTENTS_MAX = 1 << 20;
