// Files as people save them, read in the browser. No imports here: a test reads this file by itself.

/** The text of a file: UTF-8, what older spreadsheets save (windows-1252), or "Unicode text" (UTF-16, by its mark). */
export function textOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** How many lines a list has, without the one that names the columns and without empty ones. */
export const linesOf = (text: string) => Math.max(0, text.split(/\r\n|\r|\n/).filter((line) => line.trim()).length - 1);

/** One cell, so that a spreadsheet reads it as one. */
const cell = (text: string) => (/[;"\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** A file of lines; the mark at the beginning tells spreadsheets that it is UTF-8. */
export const fileOf = (lines: readonly (readonly string[])[]) =>
  `\ufeff${lines.map((line) => `${line.map(cell).join(';')}\r\n`).join('')}`;
