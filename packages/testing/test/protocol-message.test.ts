import { describe, expect, test } from 'vitest'
import { Conversation, type ProtocolMessage } from '../src/protocol-message.ts'
import { CANCEL_REQUEST, GSSENC_REQUEST, message, SSL_REQUEST, startup } from './protocol-messages.ts'

const types = (messages: ProtocolMessage[]) => messages.map(({ type }) => type)
const bytes = (messages: ProtocolMessage[]) => Buffer.concat(messages.map((message) => message.bytes))

function begun(): Conversation {
  const conversation = new Conversation()
  conversation.fromClient(startup())
  return conversation
}

describe('a conversation', () => {
  const replies = [
    message('Z', Buffer.from('I')),
    message('A', 'channel'),
    message('D', Buffer.alloc(300)),
    message('1'),
  ]
  const stream = Buffer.concat(replies)

  test('is cut into messages wherever a chunk ends', () => {
    for (let border = 0; border <= stream.length; border++) {
      const conversation = begun()
      const [before, after] = [stream.subarray(0, border), stream.subarray(border)]
      const messages = [...conversation.fromServer(before), ...conversation.fromServer(after)]
      expect(messages.map((message) => message.bytes)).toEqual(replies)
      expect(types(messages)).toEqual(['Z', 'A', 'D', '1'])
    }
  })

  test('is cut into messages when it comes byte by byte, from its first byte on', () => {
    const conversation = new Conversation()
    const sent = Buffer.concat([startup(), message('Q', 'select 1'), message('X')])
    const messages = [...sent].flatMap((byte) => conversation.fromClient(Buffer.of(byte)))
    expect(types(messages)).toEqual(['', 'Q', 'X'])
    expect(bytes(messages)).toEqual(sent)
  })

  test('joins the chunks of a big message once', () => {
    const conversation = begun()
    const big = message('D', Buffer.alloc(8 * 1024 * 1024))
    const began = performance.now()
    const messages = []
    for (let at = 0; at < big.length; at += 256)
      messages.push(...conversation.fromServer(big.subarray(at, at + 256)))
    expect(bytes(messages).equals(big)).toBe(true)
    // 32,768 chunks: joining at each would copy 128 GiB.
    expect(performance.now() - began).toBeLessThan(5_000)
  })

  test('begins anew where encryption is refused, as often as it is asked for', () => {
    const conversation = new Conversation()
    for (const request of [SSL_REQUEST, GSSENC_REQUEST]) {
      expect(types(conversation.fromClient(request))).toEqual([''])
      expect(types(conversation.fromServer(Buffer.from('N')))).toEqual([''])
    }
    conversation.fromClient(startup())
    expect(types(conversation.fromClient(message('Q', 'select 1')))).toEqual(['Q'])
    expect(types(conversation.fromServer(stream))).toEqual(['Z', 'A', 'D', '1'])
  })

  test.each([
    ['TLS that was granted', [SSL_REQUEST], 'S'],
    ['GSSAPI that was granted', [GSSENC_REQUEST], 'G'],
  ])('passes as it comes under %s', (_, requests, yes) => {
    const conversation = new Conversation()
    for (const request of requests) conversation.fromClient(request)
    conversation.fromServer(Buffer.from(yes))
    const chunk = message('Q', 'select 1').subarray(0, 7)
    expect(conversation.fromClient(chunk)).toEqual([{ type: '', bytes: chunk }])
    expect(conversation.fromServer(chunk)).toEqual([{ type: '', bytes: chunk }])
  })

  test.each([
    ['TLS without asking', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00])],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n')],
    ['a request to cancel', CANCEL_REQUEST],
  ])('passes as it comes where it begins with %s', (_, begin) => {
    const conversation = new Conversation()
    expect(bytes(conversation.fromClient(begin))).toEqual(begin)
    expect(types(conversation.fromClient(Buffer.from('Q')))).toEqual([''])
    expect(types(conversation.fromServer(Buffer.from('Z')))).toEqual([''])
  })

  test('does not hang where a length makes no sense', () => {
    const nonsense = Buffer.from([0x5a, 0xff, 0xff, 0xff, 0xff])
    expect(bytes(begun().fromServer(nonsense))).toEqual(nonsense)
  })
})
