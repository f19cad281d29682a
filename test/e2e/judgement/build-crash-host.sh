#!/bin/bash
# The small host of the testbed, with kdump: $1/crash-initramfs.gz is $1/initramfs.gz and behind it kexec, the kernel that
# takes over after a crash, and what that one starts: makedumpfile, as slow as a dump to a real disk.
# Debian packages, unpacked, not installed.
set -e
TB=$1; W=$TB/crash; X=$W/root; rm -rf "$W"; mkdir -p "$W/dl" "$X"/{boot,sbin,etc} "$W"/in/{bin,sbin,proc,sys,dev,mnt,lib/modules}
cd "$W/dl"
needed=$(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances --no-pre-depends \
  kexec-tools makedumpfile | grep -E '^(lib(bz2|dw|elf|lzma|lzo|snappy|xen|yajl|zstd)|zlib1g)' | sort -u)
apt-get download kexec-tools makedumpfile $needed >/dev/null 2>&1
for d in *.deb; do dpkg -x "$d" "$W/packages"; done
P=$W/packages; L=$P/usr/lib/x86_64-linux-gnu:$P/lib/x86_64-linux-gnu
put() { # program, tree: with its libraries
  ! LD_LIBRARY_PATH=$L ldd "$1" | grep 'not found'
  cp "$1" "$2/sbin/"
  LD_LIBRARY_PATH=$L ldd "$1" | grep -o '/[^ ]*' | while read -r f; do mkdir -p "$2$(dirname "$f")"; done
  LD_LIBRARY_PATH=$L ldd "$1" | sed -n 's/^\t\(\S*\) => \(\/\S*\).*/\1 \2/p' | while read -r name f; do
    mkdir -p "$2/lib/x86_64-linux-gnu"; cp -L "$f" "$2/lib/x86_64-linux-gnu/$name"; done
  mkdir -p "$2/lib64"; cp -L /lib64/ld-linux-x86-64.so.2 "$2/lib64/"
}
# What the crash kernel starts.
I=$W/in
cp /bin/busybox "$I/bin/"
for a in sh mount insmod cat dd stat sleep reboot; do ln -s busybox "$I/bin/$a"; done
put "$P/usr/bin/makedumpfile" "$I"
root=$TB/cloud/root
mods=$root/lib/modules/$(cat "$TB/cloud/release")/kernel
for m in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk; do
  f=$(find "$mods" -name "$m.ko" | head -1); [ -z "$f" ] || cp "$f" "$I/lib/modules/"
done
cat > "$I/init" <<'S'
#!/bin/sh
export PATH=/bin:/sbin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for m in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk; do
  [ ! -f /lib/modules/$m.ko ] || insmod /lib/modules/$m.ko; done
mount -t ext4 /dev/vda /mnt
echo "kdump: saving vmcore"
# A piece each second, to the disk: the pipe holds makedumpfile back.
slowly() {
  n=0 size=0 before=-1
  while [ "$size" != "$before" ]; do
    before=$size n=$((n+1))
    case $n:$(cat /proc/cmdline) in 10:*oob.dump-hangs*) while :; do sleep 999; done;; esac
    dd bs=128k count=1 iflag=fullblock >> /mnt/vmcore 2>/dev/null; size=$(stat -c %s /mnt/vmcore); sleep 1
  done
}
makedumpfile -F -c -d 31 /proc/vmcore | slowly
echo "kdump: saving vmcore complete"
reboot -f
S
chmod +x "$I/init"
(cd "$I" && find . | cpio -o -H newc --quiet) | gzip -1 > "$X/boot/crash.gz"
# The host itself.
put "$P/sbin/kexec" "$X"
cp "$TB/cloud/vmlinuz" "$X/boot/"
cat > "$X/etc/rc" <<'S'
#!/bin/sh
ifconfig lo 127.0.0.1
syslogd; klogd
for w in $(cat /proc/cmdline); do case $w in oob.dump-hangs) hangs=$w;; esac; done
kexec -p /boot/vmlinuz --initrd=/boot/crash.gz --append="console=ttyS0,115200 irqpoll nr_cpus=1 reset_devices no_timer_check $hangs"
echo "Starting services: network ok, kdump $(cat /sys/kernel/kexec_crash_loaded)"
S
chmod +x "$X/etc/rc"
(cd "$X" && find . | cpio -o -H newc --quiet) | gzip -1 > "$W/more.gz"
cat "$TB/initramfs.gz" "$W/more.gz" > "$TB/crash-initramfs.gz.new"
mv "$TB/crash-initramfs.gz.new" "$TB/crash-initramfs.gz"
rm -rf "$W"
ls -l "$TB/crash-initramfs.gz"
