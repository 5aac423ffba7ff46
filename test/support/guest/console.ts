/** What a guest of the lab tells on its console about itself, in the words of src/lab/guest-image/initramfs.ts. */

export interface GuestAccount {
  /** Of each line that the system says, in order. */
  readonly lines: readonly Readonly<Record<string, string>>[];
  readonly hostname: string | undefined;
  readonly firmware: string | undefined;
  readonly macAddresses: readonly string[];
  readonly disks: readonly { readonly serial: string; readonly bytes: number; readonly sha256Of8MiB: string }[];
  readonly isReady: boolean;
}

export function guestAccount(consoleText: string): GuestAccount {
  const said = [...consoleText.matchAll(/MIGRATEKIT ([^\r\n]*)/g)].map(([, words = '']) => words);
  const lines = said.map((words) => Object.fromEntries(words.split(' ').map((word) => pair(word))));
  const first = lines.find((line) => 'guest' in line);
  return {
    lines,
    hostname: first?.['guest'],
    firmware: first?.['firmware'],
    macAddresses: lines.flatMap((line) => line['mac'] ?? []),
    disks: lines
      .filter((line) => 'disk' in line)
      .map((line) => ({
        serial: line['serial'] ?? '',
        bytes: Number(line['bytes']),
        sha256Of8MiB: line['sha256_8m'] ?? '',
      })),
    isReady: said.includes('ready'),
  };
}

const pair = (word: string): [string, string] => {
  const at = word.indexOf('=');
  return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)];
};
