// Where a thing can be seen, by its id (`kind-uuid`).

const PLACES: readonly (readonly [RegExp, string])[] = [
  [/^question-/, '/vragen/'],
  [/^experience-/, '/ervaringen/'],
  [/^project-/, '/projecten/'],
  [/^(pdsa|cycle|pdsa[-_]cycle)-/, '/pdsa/'],
  [/^(knowledge[-_]page|page|knowledge)-/, '/kennis/'],
];

/** Null for what has no page of its own. */
export function placeOf(id: string): string | null {
  const place = PLACES.find(([kind]) => kind.test(id));
  return place ? place[1] + id : null;
}
