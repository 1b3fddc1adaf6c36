// Whether someone has changed a field since the server sent it.

export function isChanged(field) {
  if (field.type === "hidden") return false;
  if (field.matches("select")) return field.selectedIndex !== Math.max([...field.options].findIndex((option) => option.defaultSelected), 0);
  if (field.matches("[type='checkbox'], [type='radio']")) return field.checked !== field.defaultChecked;
  return field.value !== field.defaultValue;
}
