export const commandHelp = `usage: migratekit COMMAND [OPTIONS]

  demo [--once] [--json]        set everything up, replicate a VM, sync it, compare hashes
  lab up|status|write|down      the whole product on this machine, in one folder
  copy SRC DST                  the transfer engine alone; copy --help

  migrate [down|status]         bring the database to the current schema
  api                           REST API, port 8082
  worker [--queues a,b]         work jobs off
  volume-daemon                 volumes, devices and exports, on the OMA host, port 8090
  vma                           source sessions, beside the source, port 8081
  admin password                show the password of the first admin

Settings come from the environment: example.env lists all of them.
`;
