// A range and a number field that say the same: who cannot drag types, and the field's form works without any script.

export function pair(range, field, told) {
  const both = (from, to) => () => {
    const low = Number(range.min), high = Number(range.max);
    const value = Math.min(high, Math.max(low, Math.round(Number(from.value))));
    if (!Number.isFinite(value)) return;
    to.value = String(value);
    told(value);
  };
  range.addEventListener("input", both(range, field));
  field.addEventListener("change", both(field, range));
}
