/** Draws QR codes. The library `uqr` encodes them. */

import { encode } from "uqr";

const SVG = "http://www.w3.org/2000/svg";

/**
 * The largest version of a QR code that is drawn. It has 117 × 117 modules, each of which is two pixels wide on a
 * narrow phone. A code with more modules could hardly be read from a screen.
 */
const MAX_VERSION = 25;

/** The number of light modules that must surround a QR code: ISO/IEC 18004, "quiet zone". */
const BORDER = 4;

/** The modules of a QR code with its border, by rows. Dark modules are `true`. */
export type QrCode = readonly (readonly boolean[])[];

/** Returns the QR code of a text, or `undefined` if the text is too long for a code that can be read. */
export function qrCodeOf(text: string): QrCode | undefined {
  try {
    return encode(text, { border: BORDER, maxVersion: MAX_VERSION }).data;
  } catch {
    // the library throws if the text does not fit
    return undefined;
  }
}

/**
 * Draws a QR code that is at most `width` pixels wide. Each module has the same whole number of pixels, because a
 * scanner reads a code with uneven modules badly.
 */
export function draw(code: QrCode, width: number): SVGElement {
  const size = code.length;
  const drawn = String(size * Math.max(1, Math.floor(width / size)));
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", `0 0 ${size} ${size}`);
  picture.setAttribute("width", drawn);
  picture.setAttribute("height", drawn);
  picture.setAttribute("shape-rendering", "crispEdges");
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  const dark = code.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  path.setAttribute("d", dark.join(""));
  picture.append(path);
  return picture;
}
