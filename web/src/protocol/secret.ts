/** The client secret of hosted mode: fetched when first needed, kept, renewed when refused or about to expire. */

/** Milliseconds before its expiry from which on a secret is not sent any more: clocks differ, requests take time. */
const MARGIN = 30_000;

type Renew = (current: string | null) => Promise<string>;

export class ClientSecret {
  #current: string | null = null;
  #renewal: Promise<string> | null = null;

  /** The secret to send, other than `refused`. Requests that ask at the same time share one renewal. */
  async get(renew: Renew, refused: string | null): Promise<string> {
    const current = this.#current;
    if (current !== null && current !== refused && !hasExpired(current, Date.now())) return current;
    this.#renewal ??= renew(current).finally(() => {
      this.#renewal = null;
    });
    this.#current = await this.#renewal;
    return this.#current;
  }
}

/** Whether a JWT's own expiry has come close; an opaque secret never says. */
export function hasExpired(secret: string, now: number): boolean {
  try {
    const payload = secret.split('.')[1] ?? '';
    const claims: unknown = JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/')));
    const { exp } = claims as { exp?: unknown };
    return typeof exp === 'number' && exp * 1000 - MARGIN <= now;
  } catch {
    return false;
  }
}
