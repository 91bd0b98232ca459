/** Random bytes and texts. */

export function randomBytes(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(16));
}

/** Returns 128 random bits in hexadecimal. */
export function randomText(): string {
  return Array.from(randomBytes(), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
