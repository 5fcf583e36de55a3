// Owns which fields of a form an answer complains about, by the pointers of its problem document.
import { ApiError } from '@/api/client'

/** The first part of each pointer, `valid_hours` of `/valid_hours/0/opens`; empty when the fault is no field's. */
export const faultyFields = (error: unknown): string[] =>
  error instanceof ApiError
    ? [...new Set((error.problem?.errors ?? []).map((fault) => fault.pointer.split('/')[1] ?? ''))].filter(
        Boolean,
      )
    : []
