/** The client secret of hosted mode: fetched when first needed, kept, renewed when refused or expired. */

type Renew = (current: string | null) => Promise<string>;

export class ClientSecret {
  private current: string | null = null;
  private renewal: Promise<string> | null = null;

  /** Requests that ask at the same time share one renewal. */
  async get(renew: Renew, refused: boolean): Promise<string> {
    if (this.current !== null && !refused && !hasExpired(this.current, Date.now())) return this.current;
    this.renewal ??= renew(this.current).finally(() => {
      this.renewal = null;
    });
    this.current = await this.renewal;
    return this.current;
  }
}

/** Whether a JWT's own expiry has passed; an opaque secret never says. */
export function hasExpired(secret: string, now: number): boolean {
  try {
    const payload = secret.split('.')[1] ?? '';
    const claims: unknown = JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/')));
    const { exp } = claims as { exp?: unknown };
    return typeof exp === 'number' && exp * 1000 <= now;
  } catch {
    return false;
  }
}
