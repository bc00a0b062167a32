import fc from 'fast-check'

/** Texts of any UTF-16 units: with U+0000, halves of characters and whole ones. */
export const anyText = fc.string({
  unit: fc.oneof(
    fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    fc.constantFrom('\0', '\ud83d', '\ude00', '😀'),
  ),
})
