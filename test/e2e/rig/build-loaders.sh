#!/bin/sh
# Makes images of other boot loaders, each with the small host behind it, from the distribution's own packages:
#   $2/prompt.iso     ISOLINUX at its prompt, two labels
#   $2/menu.iso       ISOLINUX with menu.c32
#   $2/u-boot.img     a disk whose boot.scr keeps ${bootargs}, as boards' do
#   $2/esp.img        systemd-boot for OVMF
#   $2/noedit.img     the same, its editor switched off
# $1 holds vmlinuz and initrd.gz of build-images.sh.
# Needs: isolinux, syslinux-common, xorriso, u-boot-tools, u-boot-qemu, systemd-boot-efi, ovmf, mtools, fdisk.
set -eu
FROM=$1
mkdir -p "$2"
cd "$2"
MODULES=/usr/lib/syslinux/modules/bios

isolinux() {
  rm -rf tree && mkdir -p tree/isolinux
  cp /usr/lib/ISOLINUX/isolinux.bin "$MODULES/ldlinux.c32" "$MODULES/menu.c32" "$MODULES/libutil.c32" \
    "$MODULES/libcom32.c32" "$FROM/vmlinuz" "$FROM/initrd.gz" tree/isolinux/
  {
    printf 'SERIAL 0 115200\n%s\nTIMEOUT 50\nDEFAULT linux\n' "$2"
    for name in linux other; do
      printf 'LABEL %s\nKERNEL vmlinuz\nAPPEND initrd=initrd.gz console=ttyS0,115200 no_timer_check oob.host=%s\n' $name $name
    done
  } > tree/isolinux/isolinux.cfg
  xorriso -as mkisofs -quiet -o "$1.new" -b isolinux/isolinux.bin -c isolinux/boot.cat -no-emul-boot \
    -boot-load-size 4 -boot-info-table tree
  mv "$1.new" "$1"
}
isolinux prompt.iso 'PROMPT 1'
isolinux menu.iso 'UI menu.c32
MENU TITLE Small host'

cat > boot.cmd <<'C'
load ide 0:1 0x1000000 vmlinuz
load ide 0:1 0x8000000 initrd.gz
setenv bootargs console=ttyS0,115200 no_timer_check oob.host=uboot ${bootargs}
zboot 0x1000000 0 0x8000000 ${filesize}
C
mkimage -A x86 -T script -C none -d boot.cmd boot.scr >/dev/null
rm -f u-boot.img.new && truncate -s 40M u-boot.img.new
printf 'label: dos\nstart=2048, type=c, bootable\n' | sfdisk -q u-boot.img.new
mformat -i u-boot.img.new@@1M -F ::
mcopy -i u-boot.img.new@@1M boot.scr "$FROM/vmlinuz" "$FROM/initrd.gz" ::/
mv u-boot.img.new u-boot.img

rm -f esp.img.new noedit.img.new && truncate -s 64M esp.img.new
printf 'label: gpt\nstart=2048, type=U\n' | sfdisk -q esp.img.new
mformat -i esp.img.new@@1M -F -T 120000 ::
mmd -i esp.img.new@@1M ::/EFI ::/EFI/BOOT ::/loader ::/loader/entries
printf 'timeout 5\n' > loader.conf
printf 'title Small Linux\nlinux /vmlinuz\ninitrd /initrd.gz\noptions console=ttyS0,115200 no_timer_check oob.host=sdboot\n' > small.conf
mcopy -i esp.img.new@@1M /usr/lib/systemd/boot/efi/systemd-bootx64.efi ::/EFI/BOOT/BOOTX64.EFI
mcopy -i esp.img.new@@1M loader.conf ::/loader/
mcopy -i esp.img.new@@1M small.conf ::/loader/entries/
mcopy -i esp.img.new@@1M "$FROM/vmlinuz" "$FROM/initrd.gz" ::/
cp esp.img.new noedit.img.new
printf 'timeout 5\neditor no\n' > loader.conf
mcopy -o -i noedit.img.new@@1M loader.conf ::/loader/
mv esp.img.new esp.img
mv noedit.img.new noedit.img
rm -rf tree
