#!/usr/bin/env bash
# Fills FOLDER with all that a program needs at run time: itself, its shared
# libraries, the authorities to trust, a user without rights. Neither a shell nor a
# package manager. Dockerfile makes an image of it.
#
#   deploy/image-root.sh PROGRAM FOLDER
set -euo pipefail
(($# == 2)) || { echo "usage: $0 PROGRAM FOLDER" >&2; exit 2; }
program=$1
root=$2

install -D --mode=755 --strip "$program" "$root/usr/bin/$(basename "$program")"

# With its loader, which ldd prints too; linux-vdso has no file.
libraries=$(ldd "$program")
if grep 'not found' <<<"$libraries" >&2; then exit 1; fi
mapfile -t libraries < <(grep --only-matching '/[^ ]*' <<<"$libraries" | sort --unique)
cp --parents --dereference "${libraries[@]}" "$root"

install -D --mode=644 --target-directory="$root/etc/ssl/certs" \
  /etc/ssl/certs/ca-certificates.crt
install -D --mode=644 /dev/stdin "$root/etc/passwd" <<<'exporter:x:65532:65532::/:/sbin/nologin'
install -D --mode=644 /dev/stdin "$root/etc/group" <<<'exporter:x:65532:'

# So that a scanner of images knows the system and the libraries' versions, and a
# reader their licences: where images made from Debian's packages without a system
# have them. The headers became part of the program.
install -D --mode=644 --target-directory="$root/etc" /etc/os-release
mkdir -p "$root/var/lib/dpkg/status.d"
packages=(ca-certificates libcli11-dev nlohmann-json3-dev)
for file in /usr/include/boost/version.hpp "${libraries[@]}"; do
  # Debian 12 knows some files by their names before /lib moved into /usr.
  packages+=("$(dpkg-query --search "$file" 2>/dev/null ||
    dpkg-query --search "$(realpath "$file")")")
done
cut --delimiter=: --fields=1 < <(printf '%s\n' "${packages[@]}") | sort --unique |
  while read -r package; do
    dpkg-query --status "$package" >"$root/var/lib/dpkg/status.d/$package"
    cp --parents --dereference "/usr/share/doc/$package/copyright" "$root"
  done
