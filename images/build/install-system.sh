# What a machine has before anybody configures it: systemd, sshd, sudo and the tools to look around.
. /usr/local/lib/image-build/apt.sh

apt-get update
apt_install systemd systemd-sysv dbus openssh-server sudo iproute2 iputils-ping procps ca-certificates
apt-get clean

# Password logins stay locked; keys of the host are made by each machine at its first start.
rm -f /etc/ssh/ssh_host_*
install -d -m 0700 /root/.ssh
# Units that a container cannot run, or that would wait for a network: without this the system starts "degraded".
systemctl mask \
  run-rpc_pipefs.mount dev-hugepages.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
  systemd-udevd.service systemd-udev-trigger.service systemd-remount-fs.service \
  getty@tty1.service console-getty.service \
  apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer
