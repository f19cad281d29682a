/*
 * Virtual serial port of a VMware machine: the host that it runs on connects to us (vSPC). One `listen` address serves
 * all machines that are configured with it; the machine's UUID or name tells which one has come.
 */
import { readFile } from "node:fs/promises";
import {
  defineConsole,
  joinVspc,
  type Link,
  type LinkNotice,
  messageOf,
  OobError,
  type OpenContext,
  type OptionFault,
  type OptionValues,
  textOf,
  type VspcAddress,
} from "oob/sdk";

const WILDCARDS = ["0.0.0.0", "::", "*", ""];

export default defineConsole({
  summary: "Virtual serial port of a VMware machine, which connects to us (vSPC, telnet)",
  sources: [
    '"Using a Proxy with vSphere Virtual Serial Ports", vSphere Web Services SDK 4.1 to 8.0',
    "Knowledge base 344089: how a machine's UUID is written",
  ],
  address: "none",
  identity: ["listen", "uuid", "name", "service"],
  options: {
    listen: {
      kind: "text",
      required: true,
      summary: "address of ours that machines connect to, host:port; the same for all of them",
    },
    uuid: { kind: "text", summary: "the machine's UUID: vCenter's (instanceUuid) or the BIOS's" },
    name: { kind: "text", summary: "the machine's name, where no UUID is given" },
    service: {
      kind: "text",
      summary: "the port's URI, where a machine has several serial ports",
    },
    "tls-cert": { kind: "text", summary: "file with our certificate: machines use telnets://" },
    "tls-key": { kind: "text", summary: "file with its key" },
  },
  check: optionFaults,
  open: openPort,
});

function optionFaults(options: OptionValues): readonly OptionFault[] {
  const faults: OptionFault[] = [];
  const { host, port } = listenOf(options);
  if (port === 0) faults.push({ option: "listen", message: "expected host:port" });
  else if (WILDCARDS.includes(host))
    faults.push({
      option: "listen",
      message: "give one address of this machine, not all of them",
      hint: "Machines are not authenticated: listen on the management network only",
    });
  const uuid = textOf(options, "uuid");
  if (uuid === "" && textOf(options, "name") === "")
    faults.push({ option: "listen", message: "give the machine's uuid, or its name" });
  if (uuid !== "" && !/^[0-9a-fA-F]{32}$/.test(uuid.replace(/[ -]/g, "")))
    faults.push({ option: "uuid", message: `"${uuid}" is no UUID` });
  if ((textOf(options, "tls-cert") === "") !== (textOf(options, "tls-key") === ""))
    faults.push({ option: "tls-cert", message: "tls-cert and tls-key go together" });
  return faults;
}

function listenOf(options: OptionValues): { readonly host: string; readonly port: number } {
  const [, inner, plain, port] =
    /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(textOf(options, "listen")) ?? [];
  return { host: inner ?? plain ?? "", port: Number(port ?? 0) };
}

async function openPort(options: OptionValues, context: OpenContext): Promise<Link> {
  const [fault] = optionFaults(options);
  if (fault) throw new OobError("USAGE", `Cannot listen for a machine: ${fault.message}`);
  context.signal.throwIfAborted();
  const { listener, seat } = await joinVspc(
    await addressOf(options),
    portOf(options),
    context.clock,
  );
  let tell: ((notice: LinkNotice) => void) | undefined;
  seat.events = {
    note(text) {
      if (tell) tell({ is: "note", text });
      else context.progress(text);
    },
  };
  const who = textOf(options, "name") || textOf(options, "uuid");
  const label = `vmware ${who} at ${textOf(options, "listen")}`;
  let closed = false;
  const close = (): Promise<void> => {
    if (!closed) listener.leave(seat);
    closed = true;
    return Promise.resolve();
  };
  if (!seat.isUp) context.progress(`waits for ${who} to connect to ${textOf(options, "listen")}`);
  try {
    await Promise.race([seat.arrival(), aborted(context.signal)]);
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return {
    label,
    bytes: { [Symbol.asyncIterator]: read },
    async write(bytes) {
      if (closed || !(await seat.write(bytes)))
        throw new OobError("LINK_LOST", `Lost ${label}: the machine is not connected`);
    },
    onNotice(listen) {
      tell = listen;
    },
    close,
  };

  async function* read(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      await seat.ready();
      if (closed) return;
      const bytes = seat.take();
      if (bytes === undefined)
        throw new OobError("LINK_LOST", `Lost ${label}: its host closed the connection`);
      yield bytes;
    }
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () =>
      reject(
        new OobError("INTERRUPTED", "Cannot wait for the machine: the attempt was given up", {
          cause: signal.reason,
        }),
      );
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

async function addressOf(options: OptionValues): Promise<VspcAddress> {
  const address = listenOf(options);
  const cert = textOf(options, "tls-cert");
  if (cert === "") return address;
  const read = (path: string) =>
    readFile(path, "utf8").catch((cause: unknown) => {
      throw new OobError("LINK_REFUSED", `Cannot read "${path}": ${messageOf(cause)}`, { cause });
    });
  return {
    ...address,
    tls: { cert: await read(cert), key: await read(textOf(options, "tls-key")) },
  };
}

function portOf(options: OptionValues) {
  const [uuid, name, service] = ["uuid", "name", "service"].map((key) => textOf(options, key));
  return { ...(uuid && { uuid }), ...(name && { name }), ...(service && { service }) };
}
