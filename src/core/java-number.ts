/**
 * A finite number as Java prints it since 19 (`Double.toString`, and `Float.toString` for the shortest decimal of a float): the shortest digits with a point
 * always, plain from 10^-3 up to below 10^7, else `1.1E-300`
 * (https://docs.oracle.com/en/java/javase/25/docs/api/java.base/java/lang/Double.html#toString(double)).
 */
export function javaNumberText(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  if (size >= 1e-3 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value);
  const shortest = value.toExponential();
  const [mantissa, exponent] = (shortest.includes(".") ? shortest : value.toExponential(1)).split(
    "e",
  );
  return `${mantissa}E${Number(exponent)}`;
}
