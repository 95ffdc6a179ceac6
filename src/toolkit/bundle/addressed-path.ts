/** A path with a hash before its ending: "/etc/haproxy/public.pem" becomes "/etc/haproxy/public-0a1b2c3d4e5f.pem". */
export function addressedPath(path: string, hash: string): string {
  const slash = path.lastIndexOf("/");
  const dot = path.lastIndexOf(".");
  return dot > slash + 1 ? `${path.slice(0, dot)}-${hash}${path.slice(dot)}` : `${path}-${hash}`;
}
