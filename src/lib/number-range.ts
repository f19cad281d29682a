/**
 * The numbers of "1-3,7" as texts; leading zeros keep their width: "08-10" is 08 09 10. A string is the reason why it
 * cannot be done.
 */
export function expandNumbers(list: string, most: number): readonly string[] | string {
  const numbers: string[] = [];
  for (const part of list.split(",")) {
    const [, from, to = from] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part) ?? [];
    if (from === undefined) return `has "${part}" where numbers belong, as "7" or "1-3"`;
    const count = Number(to) - Number(from) + 1;
    if (count < 1) return `counts backwards in "${part}"`;
    if (count + numbers.length > most) return `means too many hosts: more than ${most}`;
    for (let n = Number(from); n <= Number(to); n++)
      numbers.push(String(n).padStart(from.length, "0"));
  }
  return numbers;
}
