/** A power device whose relays are files, as a user's own driver: what it was told is what a test finds on disk. */
export const TOY = `
import { readFile, writeFile, appendFile, rm } from "node:fs/promises";
import { definePower, OobError, textOf } from "oob/sdk";
const outlet = async (folder: string, instance: string) => {
  const text = (await readFile(folder + "/" + instance, "utf8")).trim();
  const state = text === "on" || text === "off" ? text : "unknown";
  return { instance, label: instance, state, pending: false } as const;
};
export default definePower({
  summary: "relays that are files", sources: ["this test"], address: "path",
  options: { path: { kind: "text", required: true, summary: "folder" } },
  async open(options) {
    const folder = textOf(options, "path");
    return {
      label: folder, commands: ["on", "off"], settle: 0,
      async read() {
        // Is silent once.
        if (await rm(folder + "/silent").then(() => true, () => false))
          throw new OobError("PDU_SILENT", "no answer");
        return { family: "toy", outlets: [await outlet(folder, "1"), await outlet(folder, "2")] };
      },
      readOutlet: (instance) => outlet(folder, instance),
      async command(instance, command) {
        await appendFile(folder + "/told", instance + " " + command + "\\n");
        const stuck = (await readFile(folder + "/stuck", "utf8").catch(() => "")).trim() === instance;
        if (!stuck) await writeFile(folder + "/" + instance, command);
        // An outlet that is switched with it.
        const also = (await readFile(folder + "/also", "utf8").catch(() => "")).trim();
        if (also !== "") await writeFile(folder + "/" + also, command);
      },
      async close() {},
    };
  },
});
`;
