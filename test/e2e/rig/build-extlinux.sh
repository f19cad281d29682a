#!/bin/sh
# Makes $2, a disk with EXTLINUX on ext4, two labels, and vmlinuz and initrd.gz of folder $1 behind them.
# Needs root, for a loop mount in a mount namespace of its own; downloads the packages by apt-get, installs none.
set -eu
FROM=$1
DISK=$2
[ "${3-}" = inside ] || exec unshare -m sh "$0" "$FROM" "$DISK" inside
T=$(mktemp -d)
trap 'cd /; umount "$T/disk" 2>/dev/null || true; rm -rf "$T"' EXIT
mkdir "$T/disk" "$T/root"
cd "$T"
fetch() { apt-get -q -o APT::Sandbox::User=root download extlinux syslinux-common; }
fetch || { apt-get -q update && fetch; }
for deb in ./*.deb; do dpkg -x "$deb" root; done
truncate -s 64M disk.img
printf 'label: dos\nstart=2048, type=83, bootable\n' | sfdisk -q disk.img
mke2fs -q -F -t ext4 -O ^64bit,^metadata_csum -E offset=1048576 disk.img 62M
mount -o loop,offset=1048576 disk.img disk
mkdir disk/boot
cp "$FROM/vmlinuz" "$FROM/initrd.gz" root/usr/lib/syslinux/modules/bios/ldlinux.c32 disk/boot/
{
  printf 'SERIAL 0 115200\nPROMPT 1\nTIMEOUT 100\nDEFAULT linux\n'
  for name in linux older; do
    printf 'LABEL %s\nKERNEL vmlinuz\nINITRD initrd.gz\nAPPEND console=ttyS0,115200 no_timer_check oob.host=%s\n' $name $name
  done
} >disk/boot/extlinux.conf
root/usr/bin/extlinux --install disk/boot
umount disk
dd if=root/usr/lib/EXTLINUX/mbr.bin of=disk.img conv=notrunc bs=440 count=1 status=none
mv disk.img "$DISK"
