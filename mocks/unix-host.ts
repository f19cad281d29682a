import type { Clock, Millis, Timer } from "../src/lib/clock.ts";
import { runShell } from "./host-shell.ts";
import { TypedLine } from "./typed-line.ts";
import { UNIX_TEXTS, type UnixTexts } from "./unix-texts.ts";

type Phase =
  | "off"
  | "menu"
  | "asked"
  | "prompt"
  | "booting"
  | "path"
  | "user"
  | "maintenance"
  | "shell"
  | "login"
  | "password";

/** How the machine is made. */
export interface UnixHostOptions {
  readonly system: keyof typeof UNIX_TEXTS;
  readonly clock: Clock;
  readonly write: (bytes: Uint8Array) => void;
  readonly password: string;
  /** /etc/ttys calls the console insecure: root's password is asked for before the shell. */
  readonly insecure?: boolean;
  /** The loader loses every fifth key. */
  readonly losesKeys?: boolean;
}

/**
 * A BSD or illumos machine as its serial line shows it: loader with menu or prompt, kernel, single-user shell, login.
 * Built from manual pages and sources, not from recordings.
 */
export class UnixHost {
  readonly #options: UnixHostOptions;
  readonly #texts: UnixTexts;
  readonly #line = new TypedLine();
  #phase: Phase = "off";
  #single = false;
  #typed = 0;
  #timer: Timer | undefined;
  /** Lines that its loader was given. */
  readonly told: string[] = [];

  constructor(options: UnixHostOptions) {
    this.#options = options;
    this.#texts = UNIX_TEXTS[options.system];
  }

  get phase(): Phase {
    return this.#phase;
  }

  power(on: boolean): void {
    if (on === (this.#phase !== "off")) return;
    this.#timer?.cancel();
    this.#phase = "off";
    if (on) this.#start();
  }

  receive(bytes: Uint8Array): void {
    for (const byte of bytes) this.#key(byte);
  }

  receiveBreak(): void {}

  kernel(text: string): void {
    if (this.#phase === "shell" || this.#phase === "login") this.#say(`${text}\r\n`);
  }

  #start(): void {
    this.#single = false;
    this.#phase = "menu";
    this.#say(this.#texts.loader);
    this.#later(9000, () => this.#boot(""));
  }

  #boot(words: string): void {
    this.#timer?.cancel();
    this.#phase = "booting";
    this.#single = /(?:^| )-s/.test(words);
    this.#say(
      `\r\nbooting ${words}\r\n${this.#texts.kernel.map((text) => `${text}\r\n`).join("")}`,
    );
    this.#later(3000, () => (this.#single ? this.#askSingle() : this.#login()));
  }

  #askSingle(): void {
    this.#line.take();
    if (this.#options.insecure) {
      this.#phase = "maintenance";
      this.#say("Enter root password, or ^D to go multi-user\r\nPassword:");
      return;
    }
    this.#phase = this.#options.system === "illumos" ? "user" : "path";
    this.#say(this.#texts.single);
  }

  #login(): void {
    this.#single = false;
    this.#phase = "login";
    this.#line.take();
    this.#say(this.#texts.login);
  }

  #key(byte: number): void {
    if (this.#phase === "off" || this.#phase === "booting") return;
    if (this.#phase === "menu") this.#menuKey(String.fromCharCode(byte));
    else if (byte === 13) this.#enter(this.#line.take());
    else this.#add(byte);
  }

  #add(byte: number): void {
    this.#typed++;
    const atLoader = this.#phase === "prompt" || this.#phase === "asked";
    if (this.#options.losesKeys && atLoader && this.#typed % 5 === 0) return;
    const echoes = this.#phase !== "password" && this.#phase !== "maintenance";
    this.#say(this.#line.add(byte, echoes));
  }

  #menuKey(key: string): void {
    const { promptKey, asks, anyKey, toPrompt, prompt } = this.#texts;
    this.#timer?.cancel();
    if (key === "\r") this.#boot("");
    else if (key === promptKey || anyKey) {
      this.#phase = "prompt";
      this.#say(anyKey ? key : `${toPrompt}${prompt}`);
      if (anyKey) this.#line.add(key.charCodeAt(0), false);
    } else if (asks) {
      this.#phase = "asked";
      this.#say(asks);
    }
  }

  #enter(line: string): void {
    this.#say("\r\n");
    const text = line.trim();
    const { prompt, toPrompt, promptKey } = this.#texts;
    const phase = this.#phase;
    if (phase === "asked" && text === promptKey) {
      this.#phase = "prompt";
      this.#say(`${toPrompt}${prompt}`);
    } else if (phase === "asked") this.#boot("");
    else if (phase === "prompt") this.#command(text);
    else if (phase === "path") this.#shell();
    else if (phase === "user" || phase === "login") this.#askPassword(text);
    else if (phase === "shell") this.#run(line);
    else this.#checkPassword(line);
  }

  #command(text: string): void {
    this.told.push(text);
    if (/^boot(?: |$)/.test(text)) this.#boot(text.slice(5));
    else this.#say(`unknown command\r\n${this.#texts.prompt}`);
  }

  #askPassword(user: string): void {
    if (user === "") {
      this.#say(this.#phase === "user" ? this.#texts.single : "login: ");
      return;
    }
    const single = this.#phase === "user";
    this.#phase = single ? "maintenance" : "password";
    this.#say(single ? "Enter root password (control-d to bypass): " : "Password:");
  }

  #checkPassword(typed: string): void {
    if (typed !== this.#options.password) {
      this.#say("\r\nLogin incorrect\r\n");
      if (this.#phase === "maintenance") this.#askSingle();
      else this.#login();
    } else if (this.#options.insecure && this.#phase === "maintenance") {
      this.#phase = "path";
      this.#say(this.#texts.single);
    } else this.#shell();
  }

  #shell(): void {
    this.#phase = "shell";
    this.#say("\r\n# ");
  }

  #run(line: string): void {
    let known = line;
    for (const [command, single, multi] of this.#texts.commands)
      known = known.replaceAll(command, this.#single ? single : multi);
    if (/^ ?shutdown -r now$/.test(known)) known = "reboot";
    const facts = { name: "web1", commandLine: "", uptimeSeconds: 9, single: this.#single };
    const { output, next } = runShell(known, facts);
    this.#say(output.replaceAll("\n", "\r\n"));
    if (next === "exit") this.#login();
    else if (next === "reboot") this.#later(1000, () => this.#start());
    else this.#say("# ");
  }

  #say(text: string): void {
    this.#options.write(new TextEncoder().encode(text));
  }

  #later(delay: Millis, run: () => void): void {
    this.#timer = this.#options.clock.after(delay, run);
  }
}
