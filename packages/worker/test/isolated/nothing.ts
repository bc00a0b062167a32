export const handler = () => undefined
