import { globSync } from 'node:fs'
import { parse, parseAllDocuments } from 'yaml'
import { read, root } from '../workspace.ts'

/** One object of Kubernetes, as far as every kind has it. */
export interface Manifest {
  readonly file: string
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec?: any
  readonly stringData?: Record<string, string>
}

/** Of a pod, what is asked here of all. */
export interface Pod {
  readonly name: string
  readonly labels: Record<string, string>
  readonly spec: any
  /** Those that come first, too. */
  readonly containers: readonly any[]
}

const FOLDER = 'deploy/kubernetes/'

/** What kustomize reads, and which files it is told to. */
export const kustomization: any = parse(read(`${FOLDER}kustomization.yaml`))

/** All objects of all files, the example of a secret among them. */
export const manifests: readonly Manifest[] = globSync(`${FOLDER}*.yaml`, { cwd: root })
  .filter((file) => !file.endsWith('kustomization.yaml'))
  .sort()
  .flatMap((file) =>
    parseAllDocuments(read(file)).map((document) => {
      if (document.errors.length > 0) throw new Error(`${file}: ${document.errors.join(', ')}`)
      return { ...document.toJS(), file: file.slice(FOLDER.length) }
    }),
  )

/** The pods that deployments and jobs make. */
export const pods: readonly Pod[] = manifests
  .filter(({ kind }) => kind === 'Deployment' || kind === 'Job')
  .map(({ metadata, spec }) => ({
    name: metadata.name,
    labels: spec.template.metadata.labels,
    spec: spec.template.spec,
    containers: [...(spec.template.spec.initContainers ?? []), ...spec.template.spec.containers],
  }))

export function manifestsOf(kind: string): readonly Manifest[] {
  return manifests.filter((manifest) => manifest.kind === kind)
}

/** The names of the pods that carry all of these labels. */
export function podsWith(labels: Record<string, string>): string[] {
  const wanted = Object.entries(labels)
  return pods
    .filter((pod) => wanted.every(([key, value]) => pod.labels[key] === value))
    .map(({ name }) => name)
}
