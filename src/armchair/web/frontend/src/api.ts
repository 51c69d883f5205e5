/** Requests to our own server; every failure is one of two errors. */
import { at } from "./base";

/** The server answered, but not with what was asked for. */
export class Refused extends Error {
  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
  }
}

/** No answer came: the network or the server is away. Worth trying again. */
export class Unreachable extends Error {}

/** Statuses that say "not now" rather than "no". */
export function isTransient(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof Refused && (error.status >= 500 || error.status === 429));
}

/** Whether the person is out: signed out, or left out by the run's owner. */
export function isOut(error: unknown): boolean {
  return error instanceof Refused && (error.status === 401 || error.code === "excluded");
}

export interface Client {
  get<T>(url: string): Promise<T>;
  bytes(url: string): Promise<ArrayBuffer>;
  /** patience: ms to wait for an answer. */
  post<T>(url: string, body: unknown, patience?: number): Promise<T>;
  /** Sends without waiting; the browser finishes it even when the page is closed. */
  farewell(url: string, body: unknown): void;
}

const PATIENCE = 15_000; // ms

async function request(url: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(at(url), { credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE), ...init });
  } catch {
    throw new Unreachable("the server cannot be reached");
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => ({})) as { error?: string; code?: string };
  throw new Refused(response.status, told.code ?? "", told.error ?? `the server answered ${response.status}`);
}

async function body<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch {
    throw new Unreachable("the server's answer broke off");
  }
}

function writing(data: unknown): RequestInit {
  return {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Armchair": "1" },
    body: JSON.stringify(data),
    keepalive: true, // an answer that is under way survives the closing of the tab
  };
}

export const client: Client = {
  async get<T>(url: string): Promise<T> {
    const response = await request(url, {});
    return body(() => response.json() as Promise<T>);
  },
  async bytes(url: string): Promise<ArrayBuffer> {
    const response = await request(url, {});
    return body(() => response.arrayBuffer());
  },
  async post<T>(url: string, data: unknown, patience = PATIENCE): Promise<T> {
    const response = await request(url, { ...writing(data), signal: AbortSignal.timeout(patience) });
    return body(async () => (response.status === 204 ? undefined : await response.json()) as T);
  },
  farewell(url: string, data: unknown): void {
    void fetch(at(url), { credentials: "same-origin", ...writing(data) }).catch(() => undefined);
  },
};
