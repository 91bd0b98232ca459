/**
 * UTF-8 for the JavaScript that wasm-bindgen generates. Uses the platform's encoder and decoder. If the platform has
 * none, as in jest's jsdom, uses the encoder and the decoder in this file.
 */

/** The platform's text encoder and decoder, declared with the methods that the generated JavaScript calls. */
export type Codec = {
  TextEncoder: new () => { encode(text: string): Uint8Array };
  TextDecoder: new () => { decode(bytes?: Uint8Array): string };
};

class OwnEncoder {
  encode(text: string): Uint8Array {
    // a surrogate without its other half cannot be encoded
    const whole = text.replace(/[\ud800-\udfff]/gu, "\ufffd");
    const letters = encodeURIComponent(whole).replace(/%(..)/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
    return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  }
}

class OwnDecoder {
  decode(bytes = new Uint8Array()): string {
    return decodeURIComponent(Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""));
  }
}

/** Returns the platform's codec, or the codec in this file if the platform has none. */
export function utf8(): Codec {
  const { TextEncoder = OwnEncoder, TextDecoder = OwnDecoder } = globalThis as Partial<Codec>;
  return { TextEncoder, TextDecoder };
}
