# Sourced by the other scripts: an apt that asks nothing, starts nothing and uses the host's way to the mirrors.
set -eu

printf '%s\n' "${APT_OPTIONS:-}" > /etc/apt/apt.conf.d/99image-build
# Official images delete what was downloaded; `bare` has to keep it.
rm -f /etc/apt/apt.conf.d/docker-clean
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d

apt_install() {
  apt-get install -y --no-install-recommends -o Dpkg::Use-Pty=0 "$@"
}
