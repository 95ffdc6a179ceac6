# Installs packages and leaves nothing of them enabled, so that a machine starts with no service but sshd.
. /usr/local/lib/image-build/apt.sh

enabled() {
  systemctl list-unit-files --state=enabled --no-legend --no-pager | awk '{ print $1 }' | sort
}

enabled > /tmp/enabled-before
apt_install "$@"
enabled > /tmp/enabled-after
comm -13 /tmp/enabled-before /tmp/enabled-after | xargs -r systemctl disable
rm -f /tmp/enabled-before /tmp/enabled-after
apt-get clean
