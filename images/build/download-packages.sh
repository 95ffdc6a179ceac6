# Fetches packages without installing them; the lists stay too, so that apt needs no network later.
. /usr/local/lib/image-build/apt.sh

apt_install --download-only "$@"
