#!/bin/bash
# What agetty starts in place of login(1): a password, then a real shell on the line.
read -rs -p "Password: " word
echo
[ "$word" = oob ] || { echo "Login incorrect"; exit 1; }
export PS1='root@\h:~# '
exec bash --norc -i
