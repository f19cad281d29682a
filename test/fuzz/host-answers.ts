import { countAttempts, readAuthText } from "../../src/codec/auth-lines.ts";
import { readDenials } from "../../src/codec/avc-records.ts";
import { readDeletedLibs, remedyOf, wantsReboot } from "../../src/codec/deleted-libs.ts";
import { readBanStatus } from "../../src/codec/fail2ban-status.ts";
import { readBlocked } from "../../src/codec/firewall-block.ts";
import { listenerKey, readListeners } from "../../src/codec/host-listeners.ts";
import { networkText } from "../../src/codec/ip-networks.ts";
import { readJails } from "../../src/codec/jail-list.ts";
import { readJailLogs } from "../../src/codec/jail-logs.ts";
import { readLogSummary } from "../../src/codec/log-summary.ts";
import { readPackages } from "../../src/codec/package-list.ts";
import { readProbes } from "../../src/codec/web-probes.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import type { FuzzTarget } from "./fuzz-target.ts";

/** What hosts print to our scripts: nothing throws, nothing unprintable comes through, addresses are addresses. */
const target: FuzzTarget = {
  seeds: [
    "by\tmaps\ngone\t20\t0::/system.slice/nginx.service\t/usr/lib/libssl.so.3\tnginx\nunread\t3\nflag\treboot-required\nend\n",
    'by\tss\nline\ttcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=1,fd=3))\nend\n',
    "by\tproc\nline\ttcp6 B80D0120000000000000000001000000:01BB 7 sshd\nend\n",
    "by\tsockstat\nline\troot sshd 812 3 tcp4 *:22 *:*\nby\tnetstat\nline\tudp 0 0 *.514 *.*\n",
    "jail\tsshd\nfailed\tsshd\t3\ntotal-banned\tsshd\t9\nbanned\tsshd\t192.0.2.7 ::1\nend\n",
    'by\tausearch\nmode\tPermissive\navc\t3\thttpd_t\tshadow_t\tfile\tread\t"httpd"\t0\nend\n',
    "log\t/var/log/a\ntotal\t9\t1\nprobe\t1\t3\t200\tGET\t1\t192.0.2.7\t/.env\nkinds\t1\nend\n",
    "by\tjournal\nkind\t3\tsshd: x\ntotal\t3\nkinds\t1\nend\n",
    "by\tlogwatch\nlw\t --- SSHD Begin --- \nlw\tx\nlw\t --- SSHD End --- \nend\n",
    "os\t\tdpkg\tdebian\t12\tbookworm\np\t3\tcurl\t7.88\t\t\t\nsum\t3\t99\nall\t1\nrunning\t6.1\t#1\nkernel\t6.1\nend\n",
    "jail\tweb\t/proc/7/root\nfile\tweb\tsyslog\t12\t99\t0\nl\tweb\tx\nlink\tweb\tvar/log\nend\n",
    "by log\nNov 23 01:02:03 h sshd[1]: Failed password for root from 192.0.2.7 port 4 ssh2\nend\n",
    "fw nft\nrule\nhas 192.0.2.7\nhas 2001:db8::/64\nend\n",
    "\u001b[2J\u202e\u0007\u0000",
  ].map(utf8),
  run(input) {
    const text = Buffer.from(input).toString("utf8");
    const gone = readDeletedLibs(text);
    wantsReboot(gone);
    gone.files.map(remedyOf);
    const listeners = readListeners(text);
    listeners.listeners.map(listenerKey);
    for (const { port } of listeners.listeners)
      if (!(port >= 1 && port <= 65_535)) throw new Error(`port ${port}`);
    const auth = readAuthText(text);
    const read = [
      gone,
      listeners,
      readBanStatus(text),
      readDenials(text),
      readProbes(text),
      readLogSummary(text),
      readPackages(text, {}),
      readJails(text),
      readJailLogs(text),
      countAttempts(auth?.lines ?? []).map(({ from }) => networkText(from)),
      readBlocked(text).networks.map(networkText),
    ];
    const said = JSON.stringify(read, (_, value: unknown) => {
      if (typeof value === "string") return value.replaceAll("\n", " ");
      return typeof value === "bigint" ? String(value) : value;
    });
    const odd = /[\u007f-\u009f\u202a-\u202e]|\\u00[01]|\\[bfnrt]/.exec(
      said.replaceAll("\\\\", "/"),
    );
    if (odd) throw new Error(`${JSON.stringify(odd[0])} came through: ${said}`);
  },
};
export default target;
