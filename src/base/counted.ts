/** `1 disk`, `2 disks`; where more than an `s` differs, the plural is given: `1 VM uses`, `2 VMs use`. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
