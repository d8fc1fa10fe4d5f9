#!/bin/sh
# A backup that pages: what went wrong reaches the person on call, with the last lines it printed.
#   backup.example.sh SOURCE TARGET
# Run by sms-notify-run, which tells failure and recovery once each:
#   0 3 * * *  sms-notify-run backup /usr/local/sbin/backup.example.sh /srv /mnt/backup
set -eu
source=$1 target=$2

# A target that is not mounted would fill the root disk and look like success.
[ -d "$target" ] || { echo "target $target is not there: not mounted?"; exit 1; }
new=$target/$(date +%Y-%m-%d).tar.gz
tar -C "$source" -czf "$new.part" .
gzip -t "$new.part"
mv "$new.part" "$new"
echo "backup of $source: $(du -h "$new" | cut -f 1) in $new"
