/** A message of the protocol with its letter. */
export function message(type: string, ...parts: (string | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? cString(part) : part)))
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeInt32BE(4 + body.length, 1)
  return Buffer.concat([head, body])
}

/** What a connection begins with: protocol 3.0 by default, or one of the special requests. */
export function startup(code = 3 << 16, body: Buffer = cString('user')): Buffer {
  const head = Buffer.alloc(8)
  head.writeInt32BE(8 + body.length, 0)
  head.writeInt32BE(code, 4)
  return Buffer.concat([head, body])
}

export const SSL_REQUEST = startup(80877103, Buffer.alloc(0))
export const GSSENC_REQUEST = startup(80877104, Buffer.alloc(0))
export const CANCEL_REQUEST = startup(80877102, Buffer.alloc(8))

function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`)
}
