/**
 * Where the heartbeat's thread gets its code from. In this repository that is the file beside; the build replaces this module by
 * one that holds the same code, with the driver in it, as a text: a bundler that moves our code elsewhere takes no second file
 * along, and the driver may be nowhere to be found there.
 */
export const threadSource: URL | string = new URL('./heartbeat-thread.ts', import.meta.url)
