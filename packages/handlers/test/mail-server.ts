import type { AddressInfo } from 'node:net'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { onTestFinished } from 'vitest'

export interface MailServer {
  readonly port: number
  /** What has arrived: for whom, and what. */
  readonly messages: { to: string[]; mail: ParsedMail; raw: string }[]
  /** Connections that are open. */
  connections(): number
}

/** A real SMTP server on loopback, without accounts, until the test has finished. */
export async function mailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const messages: MailServer['messages'] = []
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    closeTimeout: 100,
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', async () => {
        const raw = Buffer.concat(chunks).toString()
        const to = session.envelope.rcptTo.map(({ address }) => address)
        messages.push({ to, mail: await simpleParser(raw), raw })
        callback(null, 'Taken')
      })
    },
    ...options,
  })
  server.on('error', () => {}) // connections that a client breaks off
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise<void>((resolve) => server.close(resolve)))
  const { port } = server.server.address() as AddressInfo
  return { port, messages, connections: () => server.connections.size }
}
