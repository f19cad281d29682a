/*
 * `on-detach: drop-dtr` on a real line: at the far end a getty that heeds its carrier, so that DTR low here hangs its
 * shell up there.
 */
import { startHost } from "./far-host.mjs";
import { LineWatch } from "./line-watch.mjs";

/** The host that the site of dial-in-checks.mjs has for this. */
export const OLD1 =
  "old1: { console: { driver: serial, path: /dev/ttyNM6, baud: 115200 }, on-detach: drop-dtr, os: linux, watch: off }";

/** Adds the check. `startSite`: the daemon with OLD1. */
export function addDetachChecks({ check, must, startSite }) {
  check(
    "on-detach: drop-dtr: DTR falls and comes back, the shell is hung up, by proof",
    async () => {
      const { site } = await startSite();
      startHost("old1", "/dev/ttyNM7", "-L=never");
      const lines = new LineWatch("/dev/ttyNM7");
      const client = await site.client();
      const mine = {
        mode: "write",
        reason: "",
        replayLines: 0,
        filter: "raw",
        columns: 80,
        rows: 24,
      };
      const attachment = await client.attach({ host: "old1", ...mine });
      let heard = "";
      (async () => {
        for await (const event of attachment.events)
          if (event.is === "bytes") heard += Buffer.from(event.bytes).toString("latin1");
      })().catch(() => undefined);
      const types = async (text, answer) => {
        heard = "";
        await attachment.write(Buffer.from(text));
        const end = performance.now() + 20_000;
        while (!answer.test(heard)) {
          must(performance.now() < end, `not heard: ${answer}; ${JSON.stringify(heard)}`);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      };
      await types("\r", /login: $/);
      await types("root\r", /Password: $/);
      await types("oob\r", /root@old1:~# $/);
      const before = lines.states.length;
      await attachment.leave("left");
      const out = await site.event("session.logout", ({ host }) => host === "old1");
      must(/DTR dropped, .*the console shows "old1 login:/.test(out.text), out.text);
      const seen = lines.states.slice(before).map((state) => state.slice(0, 3));
      must(seen.join(" ") === "dtr DTR", `DTR at the far end: ${seen.join(" ")}`);
      return `${seen.join(" ")}; ${out.text}`;
    },
  );
}
