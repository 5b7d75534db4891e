// Pages that are open to more than those who take part.

/** What one sees without being signed in. */
export const OPEN = ['/aanmelden', '/toegang', '/toegang/bevestig'];

/** What stays open to those whose access has ended: what is their own, and asking for access again. */
export const STAYS_OPEN = ['/ik', '/ik/wissen', ...OPEN];
