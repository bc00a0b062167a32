/**
 * What a caller may do: look at everything, payloads too; add jobs, bundles and schedules; cancel, reset and put off what is there;
 * delete; limit, pause, and make a deployment's schedules exactly what it says.
 */
export type Right = 'read' | 'add' | 'act' | 'delete' | 'admin'

export const allRights: readonly Right[] = ['read', 'add', 'act', 'delete', 'admin']
