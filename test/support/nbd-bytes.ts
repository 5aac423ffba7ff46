/** Bytes as an NBD server sends them, for tests of the codec and for servers that break the rules. */

export const concat = (...parts: Buffer[]): Buffer => Buffer.concat(parts);
export const text = (value: string): Buffer => Buffer.from(value, 'utf8');

export const u16 = (value: number): Buffer => {
  const buffer = Buffer.alloc(2);
  buffer.writeUInt16BE(value);
  return buffer;
};

export const u32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
};

export const u64 = (value: number | bigint): Buffer => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE(BigInt(value));
  return buffer;
};

export const optionReply = (option: number, type: number, payload: Buffer = Buffer.alloc(0)): Buffer =>
  concat(u32(0x0003e889), u32(0x045565a9), u32(option), u32(type), u32(payload.length), payload);

export const infoExport = (sizeBytes: number, flags: number): Buffer => concat(u16(0), u64(sizeBytes), u16(flags));

export const infoBlockSize = (min: number, preferred: number, max: number): Buffer =>
  concat(u16(3), u32(min), u32(preferred), u32(max));

export const simpleReply = (cookie: Buffer, errno = 0, data: Buffer = Buffer.alloc(0)): Buffer =>
  concat(u32(0x67446698), u32(errno), cookie, data);

export interface ChunkBytes {
  cookie: Buffer;
  type: number;
  isLast?: boolean;
  body?: Buffer;
}

export const chunk = ({ cookie, type, isLast = true, body = Buffer.alloc(0) }: ChunkBytes): Buffer =>
  concat(u32(0x668e33ef), u16(isLast ? 1 : 0), u16(type), cookie, u32(body.length), body);
