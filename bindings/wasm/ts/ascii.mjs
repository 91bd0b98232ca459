/**
 * Encodes bytes as ASCII text, for a script that contains WebAssembly. `src/ascii.ts` decodes the text.
 *
 * With base64, the script would be larger after compression, because compression finds repeated bytes only if equal
 * bytes always give equal text. Base64 encodes three bytes together, so the text for a byte depends on its neighbours.
 * DESIGN.md compares the sizes.
 */

/**
 * The printable ASCII characters that bundlers leave unescaped in a string and that cannot end a `<script>` element.
 */
const LETTERS = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).filter((letter) => !"\"'`\\<$".includes(letter));

/**
 * The number of letters that can be the first letter of a pair. Any letter can be the second letter of a pair. So there
 * are at least 256 pairs, one for each byte.
 */
const PAIRS = Math.ceil(256 / LETTERS.length);

/**
 * Encodes each of the most frequent bytes as one letter, and every other byte as two. Returns the arguments for
 * `decode` in `src/ascii.ts`.
 */
export function encode(bytes) {
  const counts = new Array(256).fill(0);
  for (const byte of bytes) counts[byte] += 1;
  const all = [...counts.keys()];
  const frequent = all.sort((one, other) => counts[other] - counts[one]).slice(0, LETTERS.length - PAIRS);
  const codes = counts.map((_, byte) => LETTERS[frequent.length + Math.floor(byte / LETTERS.length)] + LETTERS[byte % LETTERS.length]);
  frequent.forEach((byte, index) => (codes[byte] = LETTERS[index]));
  return { letters: LETTERS.join(""), frequent, length: bytes.length, text: Array.from(bytes, (byte) => codes[byte]).join("") };
}
