import { generateKeyPairSync, sign } from "node:crypto";

/** A self-signed certificate and its key, as PEM. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

const SEQUENCE = 0x30;
const SET = 0x31;
const OID_ECDSA_SHA256 = "06082a8648ce3d040302";
const OID_COMMON_NAME = "0603550403";
const OID_SUBJECT_ALT_NAME = "0603551d11";
const OID_BASIC_CONSTRAINTS = "0603551d13";

/** Issues certificates. */
export interface TestAuthority {
  /** Its own certificate, PEM. */
  readonly cert: string;
  /** A certificate for these names (`DNS:host`, `IP:a.b.c.d`), with its key. */
  issue(commonName: string, names: readonly string[]): TestCertificate;
}

/** Makes a self-signed certificate for these names (`DNS:host`, `IP:a.b.c.d`), valid from 2020 to 2049. */
export function createCertificate(names: readonly string[]): TestCertificate {
  const keys = generateKeys();
  const subject = { commonName: "test", keys };
  return certify(subject, subject, alternativeNames(names));
}

/** Makes an authority whose certificates are valid as long. */
export function createAuthority(commonName: string): TestAuthority {
  const authority = { commonName, keys: generateKeys() };
  let serial = 1;
  return {
    cert: certify(authority, authority, IS_AUTHORITY).cert,
    issue: (name, names) => {
      serial += 1;
      const subject = { commonName: name, keys: generateKeys() };
      return certify(subject, authority, alternativeNames(names), serial);
    },
  };
}

interface Party {
  readonly commonName: string;
  readonly keys: ReturnType<typeof generateKeys>;
}

function generateKeys() {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

function certify(subject: Party, issuer: Party, extension: Buffer, serial = 1): TestCertificate {
  const { privateKey, publicKey } = subject.keys;
  const algorithm = der(SEQUENCE, hex(OID_ECDSA_SHA256));
  const validity = der(
    SEQUENCE,
    der(0x17, Buffer.from("200101000000Z")),
    der(0x17, Buffer.from("490101000000Z")),
  );
  const body = der(
    SEQUENCE,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([serial])),
    algorithm,
    nameOf(issuer),
    validity,
    nameOf(subject),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, der(SEQUENCE, extension)),
  );
  const signature = der(0x03, Buffer.from([0]), sign("sha256", body, issuer.keys.privateKey));
  const base64 = der(SEQUENCE, body, algorithm, signature).toString("base64");
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64.replaceAll(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function nameOf({ commonName }: Party): Buffer {
  const attribute = der(SEQUENCE, hex(OID_COMMON_NAME), der(0x0c, Buffer.from(commonName)));
  return der(SEQUENCE, der(SET, attribute));
}

function alternativeNames(names: readonly string[]): Buffer {
  const value = der(SEQUENCE, ...names.map(generalName));
  return der(SEQUENCE, hex(OID_SUBJECT_ALT_NAME), der(0x04, value));
}

function generalName(name: string): Buffer {
  const [kind, value = ""] = name.split(":");
  return kind === "IP"
    ? der(0x87, Buffer.from(value.split(".").map(Number)))
    : der(0x82, Buffer.from(value));
}

/** Critical basic constraints: a certificate of an authority. */
const IS_AUTHORITY = der(
  SEQUENCE,
  hex(OID_BASIC_CONSTRAINTS),
  der(0x01, Buffer.from([0xff])),
  der(0x04, der(SEQUENCE, der(0x01, Buffer.from([0xff])))),
);

/** A DER value: tag, length, content. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  return Buffer.concat([Buffer.from([tag, ...sizeBytes(length)]), content]);
}

/** In the shortest form: Java takes no other. */
function sizeBytes(length: number): number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}

function hex(text: string): Buffer {
  return Buffer.from(text, "hex");
}
