// Kubernetes' own types, offline: what an object lacks, has wrong, or has too much.

import * as apps from 'kubernetes-models/apps/v1';
import * as core from 'kubernetes-models/v1';
import * as monitoring from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import * as networking from 'kubernetes-models/networking.k8s.io/v1';
import * as policy from 'kubernetes-models/policy/v1';

const GROUPS = {
  'apps/v1': apps,
  'monitoring.coreos.com/v1': monitoring,
  'networking.k8s.io/v1': networking,
  'policy/v1': policy,
  v1: core,
};

// The types let unknown fields pass, as the API server does in requests that do not
// ask for strictness. A field that the whole validation never looked at is one that
// the type does not have. `looked` maps each object or list to the fields looked at.
function watched(value, looked) {
  if (typeof value !== 'object' || value === null) return value;
  const copy = Array.isArray(value) ? [] : {};
  for (const [key, child] of Object.entries(value)) copy[key] = watched(child, looked);
  const seen = new Set();
  const proxy = new Proxy(copy, {
    get(target, key, self) {
      seen.add(key);
      return Reflect.get(target, key, self);
    },
  });
  looked.set(proxy, {copy, seen});
  return proxy;
}

function unknownFields(proxy, looked, path) {
  const entry = looked.get(proxy);
  if (!entry) return [];
  return Object.entries(entry.copy).flatMap(([key, child]) =>
    entry.seen.has(key)
      ? unknownFields(child, looked, `${path}/${key}`)
      : [`${path}/${key}: unknown field`]);
}

// A line for each fault of `object`; empty if it is right.
export function faults(object) {
  const type = GROUPS[object.apiVersion]?.[object.kind];
  if (!type) return [`${object.apiVersion} ${object.kind}: unknown type`];
  const looked = new WeakMap();
  const proxy = watched(object, looked);
  const found = [];
  try {
    type.prototype.validate.call(proxy);
  } catch (error) {
    found.push(error.message);
  }
  return [...found, ...unknownFields(proxy, looked, '')];
}
