import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { sharedFolder } from "../shared/shared-folder.ts";

/** Built, this file lies one folder deeper in the checkout. */
const beside = resolve(import.meta.dirname, "../../../../shared");

/** A labelled recording; corpus/README.md names the fields. */
export interface CorpusFile {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly must_not_act: boolean;
}

/** All labelled recordings, or none where the shared folder is missing. */
export function corpusFiles(): readonly CorpusFile[] {
  const folder = sharedFolder ?? beside;
  if (!existsSync(`${folder}/corpus/labels.jsonl`)) return [];
  return readFileSync(`${folder}/corpus/labels.jsonl`, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line))
    .map((label) => ({
      ...label,
      bytes: new Uint8Array(readFileSync(`${folder}/corpus/${label.file}`)),
    }));
}
