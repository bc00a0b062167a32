import { execFileSync } from 'node:child_process'

/**
 * Makes a file and a folder whose paths are longer than the 4,096 bytes that a path may have, in a folder whose path is not:
 * whoever lists it sees both, and nobody, be it root, can open them by their paths.
 */
export function unreachableFile(folder: string): void {
  const script = `mkdir deep && cd deep
    while [ \${#PWD} -lt 3800 ]; do mkdir "$NAME" && cd "./$NAME" || exit 1; done
    mkdir folder-"$NAME" && cd folder-"$NAME" && echo > file-"$NAME" && mkdir folder-"$NAME"`
  execFileSync('/bin/sh', ['-c', script], {
    cwd: folder,
    env: { NAME: 'x'.repeat(200), PATH: process.env.PATH },
  })
}
