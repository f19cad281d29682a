# Makes a plain Debian a host that has something to tell every day. Runs as root in the guest, from the disk at /mnt.
set -e
install -d /var/log/nginx /var/log/audit /usr/local/lib /usr/local/sbin /srv/jail1/var/log /srv/jail1/bin /srv/jail1/etc /srv/jail1/lib/apk/db
# A service on a library that an upgrade replaced.
cp /lib/x86_64-linux-gnu/libz.so.1 /usr/local/lib/libold.so.1
cat > /etc/systemd/system/oob-old.service <<'U'
[Service]
Environment=LD_PRELOAD=/usr/local/lib/libold.so.1
ExecStart=/bin/sleep 1000000
U
# A jail: a process space and a root of its own.
cp /bin/busybox /srv/jail1/bin/busybox
for l in $(ldd /bin/busybox | grep -o '/[^ ]*'); do install -D $l /srv/jail1$l; done
printf 'ID=alpine\nVERSION_ID=3.18.4\n' > /srv/jail1/etc/os-release
printf 'P:libcrypto3\nV:3.1.1-r0\no:openssl\n\n' > /srv/jail1/lib/apk/db/installed
echo 'Nov 23 01:02:03 jail1 app[1]: started' > /srv/jail1/var/log/messages
ln -s /etc/shadow /srv/jail1/var/log/secure
cat > /etc/systemd/system/oob-jail.service <<'U'
[Service]
ExecStart=/usr/bin/unshare -p -f --kill-child /usr/sbin/chroot /srv/jail1 /bin/busybox sleep 1000000
U
# A listener that nobody allowed, started later ($$ is a $ to systemd).
cat > /etc/systemd/system/oob-listen.service <<'U'
[Service]
ExecStart=/usr/bin/perl -MIO::Socket::INET -e '$$s = IO::Socket::INET->new(LocalPort => 4444, Listen => 5) or die; sleep 1000000'
U
systemctl daemon-reload
systemctl start oob-old oob-jail
until grep -q libold /proc/$(systemctl show -p MainPID --value oob-old)/maps; do sleep 0.2; done
cp /lib/x86_64-linux-gnu/libz.so.1 /usr/local/lib/libold.so.1.new
mv /usr/local/lib/libold.so.1.new /usr/local/lib/libold.so.1
# Stand-ins for packages that the image has not: fail2ban, SELinux with auditd, nginx.
cp /mnt/fail2ban-client /usr/local/sbin/fail2ban-client; chmod 755 /usr/local/sbin/fail2ban-client
cp /mnt/audit.log /var/log/audit/audit.log
day=$(date +%d/%b/%Y)
for f in access.log access.log.1; do sed "s,@DAY@,$day," /mnt/$f > /var/log/nginx/$f; done
gzip /var/log/nginx/access.log.1
# nft itself, with the libraries that the image has not.
if [ -d /mnt/nft ]; then
printf '#!/bin/sh\nLD_LIBRARY_PATH=/mnt/nft exec /mnt/nft/nft "$@"\n' > /usr/local/sbin/nft
else cp /mnt/nft-stand-in /usr/local/sbin/nft; fi
chmod 755 /usr/local/sbin/nft
n=0; while [ $n -lt 12 ]; do n=$((n + 1)); logger --id=900 -t sshd "Failed password for root from 192.0.2.7 port 4$n ssh2"; done
logger --id=901 -t sshd 'Failed password for invalid user x from 198.51.100.1 port 1 ssh2 from 203.0.113.9 port 7 ssh2'
echo READY
