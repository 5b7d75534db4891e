// Which text is taken away.

export type Redaction =
  | { of: 'question'; questionId: string; answerId?: string }
  | { of: 'experience'; experienceId: string }
  | { of: 'project'; projectId: string; text: { bottleneckId: string } | { updateId: string } };
