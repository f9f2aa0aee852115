#!/usr/bin/env bash
# Fills FOLDER with all that a program needs at run time: itself, its shared
# libraries, the authorities to trust, a user without rights. Neither a shell nor a
# package manager. Dockerfile makes an image of it. Runs nothing of the program, which
# may be for another processor.
#
#   deploy/image-root.sh PROGRAM FOLDER
set -euo pipefail
(($# == 2)) || { echo "usage: $0 PROGRAM FOLDER" >&2; exit 2; }
program=$1
root=$2

# Debian has the loader beside the libraries for the same processor.
loader=$(readelf --wide --program-headers "$program" | sed --quiet 's/.*interpreter: \(.*\)\]$/\1/p')
folder=$(dirname "$(realpath "$loader")")
strip=${folder##*/}-strip

install -D --mode=755 --strip --strip-program="$strip" "$program" "$root/usr/bin/$(basename "$program")"

libraries=("$loader")
files=("$program")
declare -A seen=(["${loader##*/}"]=1)
while ((${#files[@]})); do
  mapfile -t needed < <(readelf --wide --dynamic "${files[0]}" | sed --quiet 's/.*(NEEDED).*\[\(.*\)\]$/\1/p')
  files=("${files[@]:1}")
  for name in "${needed[@]}"; do
    [[ -z ${seen[$name]:-} ]] || continue
    seen[$name]=1
    [[ -e $folder/$name ]] || { echo "$0: $folder has no $name, which $program needs" >&2; exit 1; }
    libraries+=("$folder/$name")
    files+=("$folder/$name")
  done
done
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
files=(/usr/include/boost/version.hpp "${libraries[@]}")
# Debian knows some files by their names before /lib moved into /usr.
names=("${files[@]}" "${files[@]#/usr}")
mapfile -t -O "${#names[@]}" names < <(realpath "${files[@]}")
declare -A owner
while IFS= read -r line; do
  [[ $line != diversion* ]] || continue
  owner[${line##*: }]=${line%%:*}
  architecture=$(cut --delimiter=: --fields=2 <<<"$line")
done < <(dpkg-query --search "${names[@]}" 2>/dev/null)
for file in "${files[@]}"; do
  package=${owner[$file]:-${owner[${file#/usr}]:-${owner[$(realpath "$file")]:-}}}
  [[ -n $package ]] || { echo "$0: no package has $file" >&2; exit 1; }
  packages+=("$package")
done
printf '%s\n' "${packages[@]}" | sort --unique |
  while read -r package; do
    # What is for all processors is known without one.
    { dpkg-query --status "$package:$architecture" 2>/dev/null || dpkg-query --status "$package"; } \
      >"$root/var/lib/dpkg/status.d/$package"
    cp --parents --dereference "/usr/share/doc/$package/copyright" "$root"
  done
