// Whether someone has changed a field since the server sent it; data-changed: the server did, at their word.

export function isChanged(field) {
  if (field.type === "hidden") return false;
  if ("changed" in field.dataset) return true;
  if (field.matches("select")) return field.selectedIndex !== Math.max([...field.options].findIndex((option) => option.defaultSelected), 0);
  if (field.matches("[type='checkbox'], [type='radio']")) return field.checked !== field.defaultChecked;
  return field.value !== field.defaultValue;
}
