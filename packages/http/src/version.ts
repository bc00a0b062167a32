/** What the OpenAPI documents say of themselves; a test holds it against package.json. */
export const version = '0.0.0'
