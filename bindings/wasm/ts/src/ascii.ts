/** Decodes the text in which a script contains WebAssembly. `ascii.mjs` beside the build encodes it, and says why. */

/** Encoded bytes. */
export interface Ascii {
  /** The letters of `text`. Each letter stands for the number of its place in this string. */
  letters: string;
  /** The bytes that are one letter each, by the numbers of these letters. */
  frequent: number[];
  /** The number of bytes. */
  length: number;
  /** The bytes. If a letter's number has no byte in `frequent`, the letter forms a byte with the letter after it. */
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
