const SLASH = 0x2f

/** The path of something inside a folder; either may be empty. */
export function pathBelow(folder: Buffer, name: Buffer): Buffer {
  if (folder.length === 0) return name
  if (name.length === 0) return folder
  return folder.at(-1) === SLASH
    ? Buffer.concat([folder, name])
    : Buffer.concat([folder, Buffer.of(SLASH), name])
}

/** The other way round: where `path` lies, seen from the folder; undefined if it does not lie in it. */
export function pathSeenFrom(folder: Buffer, path: Buffer): Buffer | undefined {
  const start = folder.at(-1) === SLASH ? folder : Buffer.concat([folder, Buffer.of(SLASH)])
  return path.subarray(0, start.length).equals(start) ? path.subarray(start.length) : undefined
}
