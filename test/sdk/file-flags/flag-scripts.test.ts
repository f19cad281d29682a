import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  APPLY_SCRIPT,
  beginScript,
  CLOSE_SCRIPT,
  FLAG_JOURNAL,
  lookAtFlags,
  newContentPath,
  openScript,
  readFlaggedFiles,
  SEAL_SCRIPT,
  UNDO_SCRIPT,
  UNFLAG_SCRIPT,
} from "../../../src/sdk/file-flags/flag-scripts.ts";

// Shells of this machine do the work, and others use it, too.
vi.setConfig({ testTimeout: 60_000 });

/** Flags are kept in files beside: what a system's own programs would have shown and set. */
const LINUX = {
  uname: "echo Linux",
  lsattr: `printf '%s %s\\n' "$(cat "$FLAGS$2" 2>/dev/null || echo --------------e-------)" "$2"`,
  chattr: `f="$FLAGS$2"; now=$(cat "$f" 2>/dev/null || echo --------------e-------)
case $1 in
  -i) now=$(echo "$now" | sed 's/^\\(....\\)i/\\1-/') ;; +i) now=$(echo "$now" | sed 's/^\\(....\\)./\\1i/') ;;
  -A) now=$(echo "$now" | sed 's/^\\(.......\\)A/\\1-/') ;;
  -a) now=$(echo "$now" | sed 's/^\\(.....\\)a/\\1-/') ;; +a) now=$(echo "$now" | sed 's/^\\(.....\\)./\\1a/') ;;
esac
[ ! -e "$FLAGS/stuck" ] || exit 1
echo "$now" >"$f"`,
};
const FREEBSD = {
  uname: "echo FreeBSD",
  sysctl: `cat "$FLAGS/securelevel"`,
  stat: `cat "$FLAGS$3" 2>/dev/null || echo -`,
  chflags: `f="$FLAGS$2"; now=$(cat "$f" 2>/dev/null | tr , '\\n' | grep -vx -- - || :)
[ ! -e "$FLAGS/stuck" ] || exit 1
case $1 in
  dump) now=$(echo "$now" | grep -vx nodump || :) ;;
  nodump) now=$( (echo "$now"; echo nodump) | grep . | sort -u) ;;
  no*) now=$(echo "$now" | grep -vx "\${1#no}" || :) ;;
  *) now=$( (echo "$now"; echo "$1") | grep . | sort -u) ;;
esac
echo "$now" | tr '\\n' , | sed 's/,$//; s/^$/-/' >"$f"`,
};

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A host as the scripts see it: its programs for flags, its journal and its files in a folder. */
function hostWith(programs: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), "oob-flags-"));
  folders.push(folder);
  const bin = join(folder, "bin");
  const flagsFolder = join(folder, "flags");
  mkdirSync(bin);
  mkdirSync(join(flagsFolder, folder, "etc"), { recursive: true });
  mkdirSync(join(folder, "etc"));
  const program = (name: string, text: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  for (const [name, text] of Object.entries({ ...programs, mount: "exit 0", sync: "exit 0" }))
    program(name, text);
  const file = (name: string) => join(folder, "etc", name);
  const journal = join(folder, "journal");
  return {
    file,
    journal,
    program,
    mounts: () => readFileSync(join(flagsFolder, "mounts"), "utf8"),
    stuck: (is: boolean) =>
      is ? writeFileSync(join(flagsFolder, "stuck"), "") : rmSync(join(flagsFolder, "stuck")),
    securelevel: (level: number) => writeFileSync(join(flagsFolder, "securelevel"), `${level}\n`),
    make(name: string, content: string, flags: string): string {
      writeFileSync(file(name), content);
      writeFileSync(join(flagsFolder, file(name)), `${flags}\n`);
      return file(name);
    },
    flag: (name: string, flags: string) =>
      writeFileSync(join(flagsFolder, file(name)), `${flags}\n`),
    flags: (name: string) => readFileSync(join(flagsFolder, file(name)), "utf8").trim(),
    run(script: string) {
      const { status, stdout } = spawnSync("sh", ["-c", script.replaceAll(FLAG_JOURNAL, journal)], {
        env: { PATH: `${bin}:${process.env.PATH}`, FLAGS: flagsFolder },
        encoding: "utf8",
      });
      return { status, text: stdout };
    },
    put: (index: number, content: string) =>
      writeFileSync(newContentPath(index).replace(FLAG_JOURNAL, journal), content),
  };
}

const sha256 = (path: string) =>
  execFileSync("sha256sum", { input: readFileSync(path) })
    .toString("utf8")
    .slice(0, 64);

const SYSTEMS = [
  ["Linux", LINUX, "----ia--------e-------", "----i---------e-------"],
  ["FreeBSD", FREEBSD, "sappnd,schg", "nodump,schg"],
] as const;

describe.each(SYSTEMS)("the flag scripts on %s", (_, programs, first, second) => {
  const begun = () => {
    const host = hostWith(programs);
    const names = [
      host.make("a 'b'", "old a\n", first),
      host.make("c", "old c\n", second),
      host.make("beside", "other\n", first),
    ].slice(0, 2);
    expect(host.run(beginScript(names))).toMatchObject({ status: 0 });
    return { host, names };
  };

  it("change exactly the named files, in their inode, and flag them as before", () => {
    const { host, names } = begun();
    const inode = statSync(names[0] ?? "").ino;
    expect(host.run(UNFLAG_SCRIPT)).toMatchObject({ status: 0 });
    expect(host.flags("a 'b'")).not.toMatch(/i|schg|sappnd/);
    expect(host.flags("beside")).toBe(first);
    host.put(0, "new a\n");
    host.put(1, "new c\n");
    expect(host.run(APPLY_SCRIPT)).toMatchObject({ status: 0 });
    expect(host.run(SEAL_SCRIPT)).toMatchObject({ status: 0 });
    const closed = host.run(CLOSE_SCRIPT);
    expect(closed.status, closed.text).toBe(0);
    expect(readFlaggedFiles(closed.text)).toEqual([
      { index: 0, flags: first, digest: sha256(names[0] ?? ""), size: 6 },
      { index: 1, flags: second, digest: sha256(names[1] ?? ""), size: 6 },
    ]);
    expect([host.flags("a 'b'"), host.flags("c")]).toEqual([first, second]);
    expect(readFileSync(names[0] ?? "", "utf8")).toBe("new a\n");
    expect(statSync(names[0] ?? "").ino).toBe(inode);
    expect(existsSync(host.journal)).toBe(false);
  });

  it("a run that was killed before the seal is undone by the next", () => {
    const { host, names } = begun();
    host.run(UNFLAG_SCRIPT);
    writeFileSync(names[0] ?? "", "half");
    const undone = host.run(UNDO_SCRIPT);
    expect(undone.text.trim().split("\n").at(-1)).toBe("undone");
    expect(readFileSync(names[0] ?? "", "utf8")).toBe("old a\n");
    expect([host.flags("a 'b'"), host.flags("c")]).toEqual([first, second]);
    expect(existsSync(host.journal)).toBe(false);
  });

  it("a run that was killed after the seal is finished by the next", () => {
    const { host, names } = begun();
    host.run(UNFLAG_SCRIPT);
    writeFileSync(names[0] ?? "", "new");
    host.run(SEAL_SCRIPT);
    expect(host.run(UNDO_SCRIPT).text.trim().split("\n").at(-1)).toBe("finished");
    expect(readFileSync(names[0] ?? "", "utf8")).toBe("new");
    expect(host.flags("a 'b'")).toBe(first);
  });

  it("a sealed file that somebody changed afterwards is put back", () => {
    const { host, names } = begun();
    host.run(UNFLAG_SCRIPT);
    writeFileSync(names[0] ?? "", "new");
    host.run(SEAL_SCRIPT);
    writeFileSync(names[0] ?? "", "not ours");
    expect(host.run(CLOSE_SCRIPT).status).not.toBe(0);
    expect(host.run(UNDO_SCRIPT).text.trim().split("\n").at(-1)).toBe("undone");
    expect(readFileSync(names[0] ?? "", "utf8")).toBe("old a\n");
    expect(host.flags("a 'b'")).toBe(first);
  });

  it("flags that do not come back: said so, and the journal stays for the next run", () => {
    const { host, names } = begun();
    host.run(UNFLAG_SCRIPT);
    writeFileSync(names[0] ?? "", "half");
    host.stuck(true);
    const failed = host.run(UNDO_SCRIPT);
    expect(failed.status).toBe(64);
    expect(failed.text).toContain("not as before:");
    expect(existsSync(host.journal)).toBe(true);
    host.stuck(false);
    expect(host.run(UNDO_SCRIPT)).toMatchObject({ status: 0 });
    expect(host.flags("a 'b'")).toBe(first);
    expect(readFileSync(names[0] ?? "", "utf8")).toBe("old a\n");
  });

  it("flags that a command had added are taken off again", () => {
    const { host, names } = begun();
    host.run(UNFLAG_SCRIPT);
    host.flag("c", programs === LINUX ? "----ia-A------e-------" : "sappnd,schg,uhidden");
    host.run(SEAL_SCRIPT);
    expect(host.run(CLOSE_SCRIPT).status).toBe(62);
    expect(host.run(UNDO_SCRIPT)).toMatchObject({ status: 0 });
    expect(host.flags("c")).toBe(second);
    expect(readFileSync(names[1] ?? "", "utf8")).toBe("old c\n");
  });

  it("a second journal over the first is refused; flags that cannot be taken off stop it", () => {
    const { host, names } = begun();
    expect(host.run(beginScript(names)).status).toBe(40);
    host.stuck(true);
    expect(host.run(UNFLAG_SCRIPT).status).toBe(60);
  });

  it("killed while the journal is removed: what was done stays, no file is emptied", () => {
    const { host, names } = begun();
    host.run(UNFLAG_SCRIPT);
    writeFileSync(names[0] ?? "", "new");
    host.run(SEAL_SCRIPT);
    host.program(
      "rm",
      `for a; do
  [ -e "$a/1/copy" ] || continue
  /bin/rm "$a/1/copy" "$a/1/sum" "$a/state"; kill -9 $PPID; exit
done
exec /bin/rm "$@"`,
    );
    expect(host.run(CLOSE_SCRIPT).status).not.toBe(0);
    host.program("rm", 'exec /bin/rm "$@"');
    expect(host.run(UNDO_SCRIPT)).toMatchObject({ status: 0, text: "none\n" });
    expect(readFileSync(names[0] ?? "", "utf8")).toBe("new");
    expect(host.flags("a 'b'")).toBe(first);
    expect(existsSync(`${host.journal}.old`)).toBe(false);
  });

  it("a copy that is gone or damaged is not put over a file", () => {
    const { host, names } = begun();
    writeFileSync(names[0] ?? "", "half");
    writeFileSync(join(host.journal, "1/copy"), "");
    expect(host.run(UNDO_SCRIPT).status).toBe(64);
    expect(readFileSync(names[0] ?? "", "utf8")).toBe("half");
  });

  it("a file that the command removed, or put a link in place of, comes back with its mode", () => {
    const { host, names } = begun();
    const beside = host.file("beside");
    rmSync(names[0] ?? "");
    rmSync(names[1] ?? "");
    symlinkSync(beside, names[1] ?? "");
    expect(host.run(UNDO_SCRIPT)).toMatchObject({ status: 0 });
    expect(statSync(names[0] ?? "").mode & 0o777).toBe(0o644);
    expect(readFileSync(names[0] ?? "", "utf8")).toBe("old a\n");
    expect(lstatSync(names[1] ?? "").isSymbolicLink()).toBe(false);
    expect(readFileSync(beside, "utf8")).toBe("other\n");
  });

  it("links, folders and missing files are refused before anything is changed", () => {
    const { host } = begun();
    for (const path of ["/nonexistent/file", "/etc"])
      expect(host.run(lookAtFlags([path])).status).toBe(52);
  });
});

describe("where single-user mode is needed", () => {
  it("FreeBSD: at a securelevel of 1, and only for the system's flags", () => {
    const host = hostWith(FREEBSD);
    const mine = host.make("mine", "x", "uchg");
    const system = host.make("system", "x", "schg,uarch");
    host.securelevel(1);
    expect(host.run(lookAtFlags([mine])).text).toContain("single no");
    expect(host.run(lookAtFlags([mine, system])).text).toContain("single yes");
    expect(readFlaggedFiles(host.run(lookAtFlags([system])).text)[0]?.flags).toBe("schg");
    host.securelevel(-1);
    expect(host.run(lookAtFlags([system])).text).toContain("single no");
  });

  it("a journal that cannot be written takes no room afterwards", () => {
    const host = hostWith(LINUX);
    const names = [host.make("a", "x", "----i---------e-------"), host.file("missing")];
    expect(host.run(beginScript(names)).status).toBe(59);
    expect(existsSync(`${host.journal}.new`)).toBe(false);
  });

  it("what lies on a writable file system is not remounted", () => {
    const host = hostWith(LINUX);
    expect(host.run(openScript([host.make("a", "x", "----i---------e-------")])).text).toBe("");
  });

  it("a file system that was made writable is read-only again where a file is missing", () => {
    const host = hostWith(LINUX);
    host.program(
      "mount",
      'case $2 in remount,rw) : >"$FLAGS/rw" ;; *) rm "$FLAGS/rw" ;; esac; echo "$2 $3" >>"$FLAGS/mounts"',
    );
    const script = openScript([host.file("missing")]);
    const opened = host.run(script.replace(/^can\(\).*$/m, 'can() { [ -e "$FLAGS/rw" ]; }'));
    expect(opened.status).toBe(52);
    expect(opened.text.trim().split("\n").at(-1)).toContain("is not there");
    expect(host.mounts()).toBe("remount,rw /\nremount,ro /\n");
  });

  it("readFlaggedFiles() leaves out what no script of ours prints", () => {
    expect(readFlaggedFiles("file x y z\nfile 1 schg abc 3\nsingle no\n")).toEqual([]);
  });
});
