/** Words that PDUs print about outlets and meters. A text made of them alone tells nothing about whose PDU it is. */
const WORDS = new Set(
  `a active alarm alarms amp amps and apparent auto available b bank blank branch breaker bus c cable card celsius
  circuit clear closed closing config contact control cord critical current cycle cycling d default delay delayed
  deg degrees device disabled display down dry e enabled energy error event external f factor fahrenheit fail failed
  fault feed frequency fuse g good group h high hot humidity hz i idle in infeed inlet input internal j k kva kw kwh l
  last lcd line link load local locked low m main manual master max maximum mean metered meter min minimum minor module
  n na name neutral no none normal not o of off ok on one open opening orientation out outlet outlets output over p pdu
  pending percent phase plug point port power present pt q r reactive ready reboot receptacle relay remote reset running
  s sec seconds sensor sequence slave slot socket sockets state status strip supply switch switched system t temp
  temperature time to total tower trip type u under unit units unknown unlocked unplugged up v va value var volt
  voltage volts w wall warn warning watt watts wh x y yes z`.split(/\s+/),
);

const MAX_DIGITS = 6;

/**
 * Whether a text of a device may stay in a recording that goes to others: numbers, labels as they are printed beside
 * outlets ("AA12"), and words that every PDU says. Whatever else it is, nobody can know whose name it is, or whose
 * password.
 */
export function isHarmless(text: string): boolean {
  const words = text.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
  if (words.some((word) => /^\d+$/.test(word) && word.length > MAX_DIGITS)) return false;
  if (/\d+\.\d+\.\d+\.\d+/.test(text)) return false;
  if (/^[A-Z]{1,2}-?\d{1,2}$/.test(text.trim())) return true;
  return words.every((word) => /^\d+$/.test(word) || /^L\d{1,2}$/i.test(word) || isWord(word));
}

const isWord = (word: string): boolean => {
  const [, letters = word] = /^(\p{L}+)\d{0,3}$/u.exec(word) ?? [];
  return WORDS.has(letters.toLowerCase());
};
