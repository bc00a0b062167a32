/**
 * Where cells get their code from. In this repository that is the file beside; the build replaces this module by one that holds the
 * same code as a text: a bundler that moves our code elsewhere takes no second file along.
 */
export const cellSource: URL | string = new URL('./cell.ts', import.meta.url)
