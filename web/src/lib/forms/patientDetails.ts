// What in a text may tell who a patient is, by the rule in schema/patient-details.json, which the server reads too. Where
// this and the server (crates/domain/src/patient_details.rs) differ, one of them is wrong.

/** The rule as it is written down. */
export interface Rule {
  refused: { patterns: readonly string[]; weights: readonly number[]; divisor: number };
  likely: readonly { kind: string; ignoreCase: boolean; patterns: readonly string[] }[];
  notNames: readonly string[];
  parts: Readonly<Record<string, string>>;
}

/** Something in a text that likely tells who a patient is. */
export interface Found {
  kind: string;
  fragment: string;
}

export interface Reader {
  /** What likely tells who a patient is, in the order of the text. */
  likely(text: string): Found[];
  holdsCitizenServiceNumber(text: string): boolean;
}

export function readerOf({ refused, likely, notNames, parts }: Rule): Reader {
  // Parts hold parts, at most as deep as there are parts.
  const whole = (pattern: string) =>
    Object.keys(parts).reduce((at) => at.replace(/%([a-zA-Z0-9]+)%/g, (as, name: string) => parts[name] ?? as), pattern);
  const kinds = likely.flatMap(({ kind, ignoreCase, patterns }) =>
    patterns.map((pattern) => ({ kind, pattern: new RegExp(whole(pattern), ignoreCase ? 'dgiu' : 'dgu') })),
  );
  const numbers = refused.patterns.map((pattern) => new RegExp(whole(pattern), 'dgu'));

  return {
    likely(text) {
      const found = kinds.flatMap(({ kind, pattern }) =>
        groups(pattern, text, (_, end) => end)
          .filter(({ fragment }) => !notNames.includes(fragment.split(/[ \t\u00a0]/).at(-1) ?? ''))
          .map((group) => ({ kind, ...group })),
      );
      let behind = 0;
      return found
        .sort((one, other) => one.start - other.start || other.end - one.end)
        .filter(({ start, end }) => {
          const apart = start >= behind;
          if (apart) behind = end;
          return apart;
        })
        .map(({ kind, fragment }) => ({ kind, fragment }));
    },

    holdsCitizenServiceNumber(text) {
      // Groups of digits may begin anew within what was no number.
      const candidates = numbers.flatMap((pattern) => groups(pattern, text, (start) => start + 1));
      return candidates.some(({ fragment }) => {
        const digits = [...fragment.replace(/[^0-9]/g, '')].map(Number);
        const sum = digits.reduce((sum, digit, n) => sum + digit * (refused.weights[n] ?? 0), 0);
        return digits.some((digit) => digit > 0) && sum % refused.divisor === 0;
      });
    },
  };
}

/** What the one group of a pattern finds; the search goes on where `next` says. */
function groups(pattern: RegExp, text: string, next: (start: number, end: number) => number) {
  const found: { start: number; end: number; fragment: string }[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const [start, end] = match.indices?.[1] ?? [match.index, pattern.lastIndex];
    found.push({ start, end, fragment: text.slice(start, end) });
    pattern.lastIndex = next(start, end);
  }
  return found;
}
