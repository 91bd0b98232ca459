/**
 * Decodes WebAssembly from text in a script. `ascii.mjs` encodes the text. A comment there explains why the encoding is
 * not base64.
 */

/** Encoded bytes. */
export interface Ascii {
  /** The letters that occur in `text`. The number of a letter is its index in this string. */
  letters: string;
  /** The bytes that are encoded as a single letter. The letter with number `n` encodes the byte `frequent[n]`. */
  frequent: number[];
  /** The number of bytes. */
  length: number;
  /**
   * The encoded bytes. A letter with a number below `frequent.length` stands for one frequent byte. Any other letter
   * and the letter after it together stand for one byte.
   */
  text: string;
}

export function decode({ letters, frequent, length, text }: Ascii): Uint8Array<ArrayBuffer> {
  const numbers = new Uint8Array(128);
  [...letters].forEach((letter, number) => (numbers[letter.charCodeAt(0)] = number));
  let at = 0;
  const next = (): number => numbers[text.charCodeAt(at++)] ?? 0;
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) {
    const number = next();
    bytes[index] = frequent[number] ?? (number - frequent.length) * letters.length + next();
  }
  return bytes;
}
