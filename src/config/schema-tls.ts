import { z } from "zod";
import { textKey } from "./schema-values.ts";

/** A key that holds a certificate or a private key, as PEM text or as the path of a PEM file. */
export function pemKey(description: string, file: string) {
  return textKey()
    .optional()
    .meta({ title: "PEM or path", description, examples: [`/etc/tailrace/${file}`] });
}

/** The keys of every `tls` table. */
export const tlsKeys = {
  ca: pemKey(
    "Certificates to trust instead of the system's: PEM or the path of a PEM file.",
    "ca.pem",
  ),
  insecure: z.boolean().prefault(false).meta({
    description: "Accept any certificate. Encrypted, but open to whoever stands in between.",
  }),
} as const;
