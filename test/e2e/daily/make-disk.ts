import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Requests of a day: nobody's, everybody's, and those of somebody who looks for holes. */
function accessLog(visits: number): string {
  const lines: string[] = [];
  const line = (address: string, path: string, status: number) =>
    lines.push(
      `${address} - - [@DAY@:01:02:03 +0000] "GET ${path} HTTP/1.1" ${status} 5120 "-" "Mozilla/5.0 (X11; Linux x86_64)"\n`,
    );
  for (let n = 0; n < visits; n++) {
    line(`198.51.100.${n % 200}`, n % 3 === 0 ? "/" : `/static/app-${n % 7}.js`, 200);
    if (n % 50 === 0) line("203.0.113.66", `/wp-content/plugin-${n % 9}/x.php`, 404);
  }
  line("203.0.113.66", "/.env", 200);
  line("203.0.113.66", "/\\x1b[2J%0a%22'$(reboot)", 404);
  lines.push(`${"A".repeat(1_000_000)}\n`);
  return lines.join("");
}

const DENIAL =
  'type=AVC msg=audit(1700000000.1:2): avc:  denied  { read } for  pid=812 comm="httpd" name="shadow" scontext=system_u:system_r:httpd_t:s0 tcontext=system_u:object_r:shadow_t:s0 tclass=file permissive=0\n';

/** Whether nft of this machine goes along; else a stand-in does. */
export const lendsNft = existsSync("/usr/sbin/nft");

/** A disk for the guest with all that setup.sh takes from it. */
export function makeDisk(folder: string): string {
  const top = join(folder, "disk");
  mkdirSync(top);
  for (const file of ["setup.sh", "fail2ban-client", "nft-stand-in"])
    cpSync(join(import.meta.dirname, file), join(top, file));
  writeFileSync(join(top, "access.log"), accessLog(5000));
  writeFileSync(join(top, "access.log.1"), accessLog(500));
  writeFileSync(join(top, "audit.log"), DENIAL.repeat(7));
  if (lendsNft) {
    mkdirSync(join(top, "nft"));
    cpSync("/usr/sbin/nft", join(top, "nft/nft"));
    const said = spawnSync("ldd", ["/usr/sbin/nft"]).stdout.toString();
    for (const [, path = "", name = ""] of said.matchAll(/=> (\/\S+\/([^\s/]+)) /g))
      if (!/^(?:libc|libm|ld-linux)/.test(name))
        cpSync(path, join(top, "nft", name), { dereference: true });
  }
  const disk = join(folder, "disk.img");
  execFileSync("mke2fs", ["-q", "-F", "-t", "ext4", "-d", top, disk, "24m"]);
  return disk;
}

/** Feeds as a site mirrors them: what is said is made up, but for its form. */
export function makeFeeds(folder: string): string {
  const feeds = join(folder, "feeds");
  mkdirSync(join(feeds, "osv"), { recursive: true });
  const osv = (id: string, ecosystem: string, name: string, fixed?: string) =>
    writeFileSync(
      join(feeds, "osv", `${id}.json`),
      JSON.stringify({
        ...{ id, schema_version: "1.6.0", summary: `${name} - security update` },
        affected: [
          {
            package: { ecosystem, name },
            ranges: [
              { type: "ECOSYSTEM", events: [{ introduced: "0" }, ...(fixed ? [{ fixed }] : [])] },
            ],
          },
        ],
        severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }],
      }),
    );
  osv("DSA-9001-1", "Debian:12", "systemd", "999-1");
  osv("DSA-9002-1", "Debian:12", "openssh", "1:1.0-1");
  osv("ALPINE-9003", "Alpine:v3.18", "openssl", "3.1.4-r1");
  writeFileSync(
    join(feeds, "tracker.json"),
    JSON.stringify({
      dbus: { "CVE-2099-1": { releases: { bookworm: { status: "open", urgency: "low" } } } },
      nano: {
        "CVE-2099-2": { releases: { bookworm: { status: "resolved", fixed_version: "0.1-1" } } },
      },
    }),
  );
  return feeds;
}
