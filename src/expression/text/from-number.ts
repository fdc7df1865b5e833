import { textOfDouble } from "../numeric/format.ts";
import { sessionText, type DecimalType, type DoubleType, type IntegerType } from "../sql-type.ts";
import type { Conversion } from "./convert.ts";

/** How numbers of a type become text in functions of strings. */
export function numberToText(type: IntegerType | DecimalType | DoubleType): Conversion<never> {
  switch (type.kind) {
    case "integer":
      if (type.isYear) return { type: asciiText(4), run: yearText };
      return { type: asciiText(type.digits + (type.isUnsigned ? 0 : 1)), run: String };
    case "decimal":
      return { type: asciiText(type.precision + 2), run: decimalText(type) };
    case "double":
      return {
        type: asciiText(type.textWidth ?? (type.isFloat ? 12 : 22)),
        run: textOfDouble(type),
      };
  }
}

function asciiText(maxCharacters: number) {
  return { ...sessionText(maxCharacters), isAscii: true } as const;
}

function yearText(year: number): string {
  return String(year).padStart(4, "0");
}

function decimalText({ scale, frac }: DecimalType): (value: bigint) => string {
  const unit = 10n ** BigInt(frac - scale);
  return (value) => {
    const size = value < 0n ? -value : value;
    const shown = unit === 1n ? size : (size + unit / 2n) / unit;
    const digits = String(shown).padStart(scale + 1, "0");
    const whole = digits.slice(0, digits.length - scale);
    const sign = value < 0n && shown !== 0n ? "-" : "";
    return `${sign}${whole}${scale === 0 ? "" : `.${digits.slice(-scale)}`}`;
  };
}
