/** Where received bytes go: `room` is never empty, and valid until `received` says how many bytes of it were filled. */
export interface Vessel {
  room(): Buffer;
  received(bytes: number): void;
}

/** Puts what a stream delivered where it belongs: Node decrypts into buffers of its own, unlike plain sockets. */
export function pour(chunk: Buffer, into: Vessel): void {
  for (let at = 0; at < chunk.length;) {
    const room = into.room();
    const bytes = chunk.copy(room, 0, at);
    at += bytes;
    into.received(bytes);
  }
}
