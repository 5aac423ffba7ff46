import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';

/** An NBD client that stays connected and does what it is told: qemu-io, which shares no code with ours. */
export interface NbdWriter extends AsyncDisposable {
  readonly pid: number;
  /** Writes `byte` to [offset, offset + length) and says what qemu-io answered first: `wrote ...` or `write failed: ...`. */
  write(byte: number, at: { offset: number; length: number }): Promise<string>;
}

export async function connectWriter(uri: string): Promise<NbdWriter> {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'qemu-io', '-f', 'raw', uri], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const waiting: ((line: string) => void)[] = [];
  const onLine = (line: string): void => {
    // Its prompt stands before the answer on the same line.
    const text = line.replace(/^(qemu-io> )+/, '');
    if (/^(wrote|write failed|qemu-io: )/.test(text)) (waiting.shift() ?? ((each) => lines.push(each)))(text);
  };
  const readers: Interface[] = [child.stdout, child.stderr].map((input) =>
    createInterface({ input }).on('line', onLine),
  );
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  void ended.then(() => waiting.splice(0).forEach((done) => done('qemu-io ended')));
  const writer: NbdWriter = {
    pid: child.pid ?? 0,
    write(byte, { offset, length }) {
      const early = lines.shift();
      if (early !== undefined) return Promise.resolve(early);
      if (hasEnded(child)) return Promise.resolve('qemu-io ended');
      child.stdin.write(`write -P ${byte} ${offset} ${length}\n`);
      return new Promise((resolve) => waiting.push(resolve));
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
      for (const reader of readers) reader.close();
    },
  };
  child.stdin.on('error', () => undefined);
  await once(child, 'spawn');
  return writer;
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;
