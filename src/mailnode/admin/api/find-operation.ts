import {
  API_OPERATIONS,
  API_ROOT,
  type ApiOperation,
  type OperationId,
} from "../../../contract/api-operations.ts";

export type Found =
  | { readonly kind: "operation"; readonly id: OperationId; readonly operation: ApiOperation }
  /** There is the resource, with these methods. */
  | { readonly kind: "other-method"; readonly allow: string }
  | { readonly kind: "nothing" };

const OPERATIONS = Object.entries(API_OPERATIONS) as [OperationId, ApiOperation][];

/** The operation that a method and a whole path name. */
export function findOperation(method: string, path: string): Found {
  const here = OPERATIONS.filter(([, operation]) => API_ROOT + operation.path === path);
  const [match] = here.filter(([, operation]) => operation.method === method);
  if (match) return { kind: "operation", id: match[0], operation: match[1] };
  if (here.length === 0) return { kind: "nothing" };
  return { kind: "other-method", allow: here.map(([, operation]) => operation.method).join(", ") };
}
