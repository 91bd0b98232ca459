/** Draws QR codes. The library `uqr` encodes them. */

import { encode } from "uqr";

const SVG = "http://www.w3.org/2000/svg";

/**
 * The largest version of a QR code that is drawn. It has 117 × 117 modules. On a phone, each of them is then more than
 * two pixels wide. A code with more modules could hardly be read from a screen.
 */
const MAX_VERSION = 25;

/** The number of light modules that must surround a QR code: ISO/IEC 18004, "quiet zone". */
const BORDER = 4;

/** Draws the QR code of a text. Returns `undefined` if the text is too long for a code that can be read. */
export function drawQrCode(text: string): SVGElement | undefined {
  const data = modulesOf(text);
  if (!data) return undefined;
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", `0 0 ${data.length} ${data.length}`);
  picture.setAttribute("shape-rendering", "crispEdges");
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  const dark = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  path.setAttribute("d", dark.join(""));
  picture.append(path);
  return picture;
}

function modulesOf(text: string): boolean[][] | undefined {
  try {
    return encode(text, { border: BORDER, maxVersion: MAX_VERSION }).data;
  } catch {
    // the library throws if the text does not fit
    return undefined;
  }
}
