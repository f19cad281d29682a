#!/bin/sh
# Makes what the QEMU suites boot, from the distribution's own packages:
#   $1/vmlinuz     Debian's cloud kernel, unpacked from its package, not installed
#   $1/initrd.gz   a small host: busybox init, getty, login (root / oob), sulogin for single-user
#   $1/grub.iso    GRUB 2 on the serial line with that host behind it
# Needs: apt-get (downloads one package), dpkg, busybox-static, cpio, grub-pc-bin, xorriso, mtools.
set -eu
OUT=$1
mkdir -p "$OUT"
cd "$OUT"
OUT=$(pwd)

if [ ! -s vmlinuz ]; then
  package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\)/\1/p' | head -n 1)
  [ -n "$package" ] || { echo "build-images: apt-cache knows no linux-image-cloud-amd64: run apt-get update" >&2; exit 1; }
  rm -rf download && mkdir download && cd download
  apt-get -q download "$package" >/dev/null
  dpkg -x ./*.deb tree
  cp tree/boot/vmlinuz-* "$OUT/vmlinuz.new"
  cd "$OUT" && rm -rf download && mv vmlinuz.new vmlinuz
fi

rm -rf tree && mkdir -p tree/bin tree/sbin tree/etc tree/proc tree/sys tree/dev tree/root tree/var/log tree/var/run tree/tmp
cp /bin/busybox tree/bin/busybox
for applet in $(/bin/busybox --list); do
  [ "$applet" = busybox ] || ln -sf busybox "tree/bin/$applet"
done
ln -sf ../bin/busybox tree/sbin/init
hash=$(/bin/busybox mkpasswd -m sha512 -S oobtestbed oob)
echo 'root:x:0:0:root:/root:/bin/sh' > tree/etc/passwd
echo "root:$hash:19000:0:99999:7:::" > tree/etc/shadow
chmod 600 tree/etc/shadow
echo 'root:x:0:' > tree/etc/group
printf 'ttyS0\nconsole\n' > tree/etc/securetty
printf 'small test host \\n \\l\n' > tree/etc/issue

cat > tree/init <<'I'
#!/bin/sh
export PATH=/bin:/sbin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev 2>/dev/null
name=vm; single=
for word in $(cat /proc/cmdline); do case $word in
  oob.host=*) name=${word#*=};; single|1|s|S|systemd.unit=rescue.target) single=yes;;
esac; done
echo "$name" > /proc/sys/kernel/hostname
echo 1 > /proc/sys/kernel/sysrq
if [ -n "$single" ]; then
  echo "Starting single-user mode"
  setsid sh -c 'sulogin /dev/ttyS0 </dev/ttyS0 >/dev/ttyS0 2>&1'
  echo "Leaving single-user mode"
fi
cat > /etc/inittab <<'T'
::sysinit:/etc/rc
ttyS0::respawn:/bin/getty -L 115200 ttyS0 vt100
::ctrlaltdel:/bin/reboot
T
exec /sbin/init
I
cat > tree/etc/rc <<'I'
#!/bin/sh
ifconfig lo 127.0.0.1
syslogd; klogd
echo "Starting services: done"
I
chmod 755 tree/init tree/etc/rc
(cd tree && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) | gzip -1 > initrd.gz.new
mv initrd.gz.new initrd.gz
rm -rf tree

rm -rf iso && mkdir -p iso/boot/grub
cp vmlinuz initrd.gz iso/boot/
cat > iso/boot/grub/grub.cfg <<'G'
serial --unit=0 --speed=115200 --word=8 --parity=no --stop=1
terminal_input serial console
terminal_output serial console
set timeout=5
set default=0
menuentry 'Small GNU/Linux' {
  echo 'Loading Linux ...'
  linux /boot/vmlinuz console=ttyS0,115200 oob.host=grubbed
  echo 'Loading initial ramdisk ...'
  initrd /boot/initrd.gz
}
submenu 'Advanced options for Small GNU/Linux' {
  menuentry 'Small GNU/Linux (recovery mode)' {
    linux /boot/vmlinuz console=ttyS0,115200 oob.host=grubbed single
    initrd /boot/initrd.gz
  }
}
G
grub-mkrescue -o grub.iso.new iso >grub-mkrescue.log 2>&1
mv grub.iso.new grub.iso
rm -rf iso
ls -l vmlinuz initrd.gz grub.iso
