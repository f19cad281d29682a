import type { Link, LinkNotice } from "../../sdk/link.ts";

/** Notes kept until somebody listens. */
const MAX_EARLY = 16;

/**
 * A Link that another one goes through. The driver above is given `link`. What this one tells goes to that driver if it
 * listens; else its notes go up with its name, and what only means this step (its lines, its BREAK) goes nowhere.
 */
export class LinkBelow {
  readonly link: Link;
  readonly #below: Link;
  #driver: ((notice: LinkNotice) => void) | undefined;
  #above: ((notice: LinkNotice) => void) | undefined;
  #early: LinkNotice[] = [];

  constructor(below: Link) {
    this.#below = below;
    below.onNotice?.((notice) => this.#heard(notice));
    this.link = { ...facesOf(below), onNotice: (listen) => this.#giveTo(listen) };
  }

  /** The Link above, which takes this one along when it closes. */
  carry(above: Link): Link {
    const below = this.#below;
    return {
      ...facesOf(above),
      label: `${above.label} via ${below.label}`,
      // What waits in the upper one waits in the lower one, too.
      ...(below.readWithin !== undefined && {
        readWithin: Math.min(below.readWithin, above.readWithin ?? Number.POSITIVE_INFINITY),
      }),
      async close() {
        try {
          await above.close();
        } finally {
          await below.close();
        }
      },
      onNotice: (listen) => {
        this.#above = listen;
        above.onNotice?.(listen);
        for (const notice of this.#early.splice(0)) this.#heard(notice);
      },
    };
  }

  #giveTo(listen: (notice: LinkNotice) => void): void {
    this.#driver = listen;
    for (const notice of this.#early.splice(0)) listen(notice);
  }

  #heard(notice: LinkNotice): void {
    if (this.#driver) this.#driver(notice);
    else if (notice.is !== "note") return;
    else if (this.#above) this.#above({ is: "note", text: `${this.#below.label}: ${notice.text}` });
    else if (this.#early.length < MAX_EARLY) this.#early.push(notice);
  }
}

/** What a Link can do besides telling, whatever class it is of. */
function facesOf(link: Link): Link {
  return {
    label: link.label,
    bytes: link.bytes,
    write: (bytes) => link.write(bytes),
    close: () => link.close(),
    ...(link.sendBreak && { sendBreak: link.sendBreak.bind(link) }),
    ...(link.setLines && { setLines: link.setLines.bind(link) }),
    ...(link.readLines && { readLines: link.readLines.bind(link) }),
    ...(link.setBaud && { setBaud: link.setBaud.bind(link) }),
    ...(link.pull && { pull: link.pull.bind(link) }),
    ...(link.readWithin !== undefined && { readWithin: link.readWithin }),
  };
}
