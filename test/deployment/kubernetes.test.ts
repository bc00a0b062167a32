import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1'
import { Deployment } from 'kubernetes-models/apps/v1'
import { Job } from 'kubernetes-models/batch/v1'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { Secret, Service } from 'kubernetes-models/v1'
import { expect, test } from 'vitest'
import { drainSeconds } from './drain-seconds.ts'
import { kustomization, type Manifest, manifests, manifestsOf, pods, podsWith } from './manifests.ts'
import { typeFaults } from './unknown-fields.ts'

const models = {
  Deployment,
  Job,
  NetworkPolicy,
  PodDisruptionBudget,
  ScaledObject,
  Secret,
  Service,
} as Record<string, new (data: any) => { apiVersion: string; validate(): void }>

test.each(manifests.map((manifest) => [manifest.file, manifest.kind, manifest] as const))(
  '%s: the %s is what its schema asks for',
  (_, kind, { file: __, ...manifest }) => {
    const Model = models[kind] as NonNullable<(typeof models)[string]>
    const model = new Model(manifest)
    expect(manifest.apiVersion).toBe(new Model({}).apiVersion)
    expect(() => model.validate()).not.toThrow()
  },
)

test('no object has a field that Kubernetes or KEDA does not know', () => {
  const typed = manifests.map(({ file: _, ...value }) => ({
    value,
    type: `I${value.kind}`,
    module: `${value.kind === 'ScaledObject' ? '@kubernetes-models/keda' : 'kubernetes-models'}/${value.apiVersion}/${value.kind}`,
  }))
  expect(typeFaults(typed)).toEqual([])
  const [first] = typed
  expect(
    typeFaults([{ ...(first as (typeof typed)[0]), value: { ...first?.value, replica: 2 } }]),
  ).not.toEqual([])
})

test('what is applied is every file but the example of a secret, with an image for each name', () => {
  const files = new Set(manifests.map(({ file }) => file))
  files.delete('secret.example.yaml')
  expect(new Set(kustomization.resources)).toEqual(files)
  const images = new Set(pods.flatMap(({ containers }) => containers.map(({ image }) => image)))
  expect(new Set(kustomization.images.map(({ name }: any) => name))).toEqual(images)
})

test('services, budgets and policies choose the pods that they are for, and KEDA the deployment', () => {
  const chosen = (kind: string, labelsOf: (spec: any) => Record<string, string>) =>
    manifestsOf(kind).map(({ metadata, spec }) => [metadata.name, podsWith(labelsOf(spec))])
  expect(chosen('Deployment', ({ selector }) => selector.matchLabels)).toEqual([
    ['jobqueue-api', ['jobqueue-api']],
    ['jobqueue-worker', ['jobqueue-worker']],
  ])
  expect(chosen('Service', ({ selector }) => selector)).toEqual([['jobqueue', ['jobqueue-api']]])
  expect(chosen('PodDisruptionBudget', ({ selector }) => selector.matchLabels)).toEqual([
    ['jobqueue-api', ['jobqueue-api']],
    ['jobqueue-worker', ['jobqueue-worker']],
  ])
  expect(chosen('NetworkPolicy', ({ podSelector }) => podSelector.matchLabels)).toEqual([
    ['jobqueue', ['jobqueue-api', 'jobqueue-migrate', 'jobqueue-worker']],
  ])
  expect(manifestsOf('ScaledObject').map(({ spec }) => spec.scaleTargetRef.name)).toEqual(['jobqueue-worker'])
})

test('ports are named where they are asked for', () => {
  for (const { containers } of pods)
    for (const { ports = [], startupProbe, livenessProbe, readinessProbe } of containers) {
      const names = ports.map(({ name }: any) => name)
      for (const probe of [startupProbe, livenessProbe, readinessProbe].filter(Boolean))
        expect(names).toContain(probe.httpGet.port)
    }
  const [service] = manifestsOf('Service') as [Manifest]
  expect(service.spec.ports[0].targetPort).toBe('http')
})

test('what asks for jobs or runs them is probed for life and readiness', () => {
  for (const { containers } of pods.filter(({ name }) => name !== 'jobqueue-migrate'))
    for (const { livenessProbe, readinessProbe } of containers)
      expect([livenessProbe.httpGet.path, readinessProbe.httpGet.path]).toEqual(['/livez', '/readyz'])
})

test('a pod that is told to go has time for its drain', async () => {
  for (const { spec, containers } of pods.filter(({ name }) => name !== 'jobqueue-migrate')) {
    const pauses = containers.map(({ lifecycle }) => lifecycle?.preStop.sleep.seconds ?? 0)
    const drains = await Promise.all(containers.map(({ args }) => drainSeconds(args)))
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(
      Math.max(...pauses) + Math.max(...drains) + 5,
    )
  }
})

test('each pod asks for keys that the secret has, and the owner of the tables is asked by the migration alone', () => {
  const keys = Object.keys(manifestsOf('Secret')[0]?.stringData ?? {})
  const asked = pods.map(({ name, containers }) => [
    name,
    containers.flatMap(({ env }) =>
      env.flatMap(({ valueFrom }: any) => (valueFrom === undefined ? [] : [valueFrom.secretKeyRef.key])),
    ),
  ])
  expect(asked).toEqual([
    ['jobqueue-api', ['api-url', 'token']],
    ['jobqueue-migrate', ['owner-url', 'owner-url']],
    ['jobqueue-worker', ['worker-url']],
  ])
  expect(new Set(keys)).toEqual(new Set(asked.flatMap(([, names]) => names)))
})

test('no pod runs as root, writes to its image, or may become more than it is', () => {
  for (const { spec, containers } of pods) {
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    })
    for (const { securityContext, resources } of containers) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
      expect(resources).toMatchObject({
        requests: { memory: expect.any(String) },
        limits: { memory: expect.any(String) },
      })
    }
  }
})

test('no secret is written down', () => {
  for (const value of Object.values(manifestsOf('Secret')[0]?.stringData ?? {}))
    expect(value).toContain('replace-me')
})
