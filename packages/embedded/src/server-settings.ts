/** The settings of the server as arguments of `postgres`, the user's after ours, so that theirs win. */
export function serverSettings(durable: boolean, settings: Record<string, string> = {}): string[] {
  const all = { ...common, ...(durable ? {} : careless), ...settings }
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

const common = {
  listen_addresses: '127.0.0.1',
  // No socket file: its path may be longer than the 107 bytes that the system allows, and everybody comes over TCP.
  unix_socket_directories: '',
  max_connections: '200',
  // Errors of clients stay out of the log, which we read only to see the server start: while our event loop is busy, a
  // full pipe would make the server wait for us.
  log_min_messages: 'log',
}

/** Three times as fast where many small transactions commit; a crash of the machine may destroy the data. */
const careless = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
}
