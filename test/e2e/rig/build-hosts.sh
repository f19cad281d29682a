#!/bin/sh
# Makes the images of test hosts in folder $1 by the scripts of folder $2 (shared/rig/testbed), once for this machine.
# What is named after them is made: "small" (kernel, initramfs, GRUB's disk, a module that locks up), "debian" (Debian 12),
# "tools" (a tar of programs that Debian's image is without: nft, iptables, mdadm; as its packages have them).
# The lock is that of everybody on this machine who makes them; a stamp says that one is whole.
set -eu
TB=$1
RIG=$2
shift 2
export TB
mkdir -p "$TB"
exec 9>"$TB.lock"
flock 9
cd "$RIG"

make_tools() {
  rm -rf "$TB/tools"
  mkdir -p "$TB/tools/debs" "$TB/tools/tree/usr"
  fetch() {
    cd "$TB/tools/debs"
    apt-get -q -o APT::Sandbox::User=root download mdadm nftables libnftables1 libnftnl11 iptables libip4tc2 libip6tc2 \
      libjansson4 libnetfilter-conntrack3 libnfnetlink0 libxtables12 libmnl0 libedit2 libgmp10
  }
  fetch || { apt-get -q update && fetch; }
  for deb in "$TB"/tools/debs/*.deb; do dpkg -x "$deb" "$TB/tools/tree"; done
  cd "$TB/tools/tree"
  # Debian's /sbin and /lib are links to those below /usr.
  for old in sbin lib; do cp -a "$old" usr/; done
  for name in iptables iptables-save iptables-restore; do
    ln -s "iptables-nft${name#iptables}" "usr/sbin/$name"
  done
  tar -c -f "$TB/tools.tar" --owner=0 --group=0 usr/sbin usr/lib
  rm -rf "$TB/tools"
}

for name in "$@"; do
  stamp=$TB/$name.whole
  [ ! -e "$stamp" ] || continue
  case $name in
    small)
      ./build-kernel.sh
      ./build-module.sh lockup cloud
      ./build-initramfs.sh
      ./build-grub.sh
      ;;
    debian) ./build-debian.sh ;;
    tools) (set -e; make_tools) ;;
  esac >"$TB/$name.log" 2>&1 9>&- || {
    echo "cannot make the image of $name:"
    tail -n 20 "$TB/$name.log"
    exit 1
  }
  touch "$stamp"
done
