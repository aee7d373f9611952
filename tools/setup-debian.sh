#!/usr/bin/env bash
# Installs what `npm run test:linux` and `npm run test:cpu` need on Debian 12 or later, as root, and unpacks (never installs) a cloud kernel
# for guests into .cache/linux-guest. Asks nothing; where all is there it ends at once.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(iproute2 iputils-ping procps apache2-utils tshark qemu-system-x86 busybox-static passt curl gcc libc6-dev)
kernel_folder=.cache/linux-guest

say() { printf 'setup-debian: %s\n' "$*" >&2; }

is_installed() { [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

missing=()
for package in "${packages[@]}"; do is_installed "$package" || missing+=("$package"); done
has_kernel() { [[ -r $kernel_folder/vmlinuz && -d $kernel_folder/modules ]]; }

if ((${#missing[@]} == 0)) && has_kernel; then
  say "all is there"
  exit 0
fi

if ((${#missing[@]} > 0)) && ((EUID != 0)); then
  say "installing ${missing[*]} needs root"
  exit 1
fi
if ! command -v apt-get >/dev/null; then
  say "this system has no apt-get: not a Debian"
  exit 1
fi

# tshark's packages would ask who may capture. Another apt-get may be at work: it is waited for.
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
apt=(apt-get --quiet --quiet --yes --option DPkg::Lock::Timeout=300 --option Acquire::Retries=3)
if ((EUID == 0)); then
  for attempt in {1..30}; do
    if "${apt[@]}" update; then break; fi
    ((attempt < 30)) || exit 1
    sleep 2
  done
fi

if ((${#missing[@]} > 0)); then
  say "installing ${missing[*]}"
  "${apt[@]}" install --no-install-recommends "${missing[@]}" >/dev/null
fi

if ! has_kernel; then
  # The package of this name only depends on the newest kernel.
  kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1)
  if [[ -z $kernel ]]; then
    say "the package lists name no linux-image-cloud-amd64"
    exit 1
  fi
  say "unpacking $kernel"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  # apt downloads as a user of its own.
  if ((EUID == 0)); then chown _apt "$work" 2>/dev/null || chmod 755 "$work"; fi
  (cd "$work" && "${apt[@]}" download "$kernel" >/dev/null)
  dpkg -x "$work"/*.deb "$work/root"
  rm -rf "$kernel_folder"
  mkdir -p "$kernel_folder"
  cp "$work"/root/boot/vmlinuz-* "$kernel_folder/vmlinuz.part"
  # A merged /usr has them elsewhere; the folder below is named after the version.
  modules=$(find "$work/root" -type d -path '*lib/modules/*' -prune | head -n 1)
  cp -r "$modules" "$kernel_folder/modules"
  # Last, so that a run cut short is not taken for a whole one.
  mv "$kernel_folder/vmlinuz.part" "$kernel_folder/vmlinuz"
fi
say "done"
