/** What an 8n1 receiver at one speed makes of bytes that were sent at another, back to back. */
export function misreadAt(bytes: Uint8Array, sent: number, read: number): Uint8Array {
  const levels: number[] = [];
  for (const byte of bytes) {
    levels.push(0);
    for (let bit = 0; bit < 8; bit++) levels.push((byte >> bit) & 1);
    levels.push(1);
  }
  const end = levels.length / sent;
  const levelAt = (time: number) => levels[Math.floor(time * sent)] ?? 1;
  const got: number[] = [];
  const step = 1 / (Math.max(sent, read) * 16);
  for (let at = 0; at < end; ) {
    if (levelAt(at) === 1) {
      at += step;
      continue;
    }
    let byte = 0;
    for (let bit = 0; bit < 8; bit++) byte |= levelAt(at + (bit + 1.5) / read) << bit;
    got.push(byte);
    // The receiver waits for the line to be idle after a stop bit that is none.
    at += 9.5 / read;
    while (at < end && levelAt(at) === 0) at += step;
  }
  return Uint8Array.from(got);
}
