"use strict";
// Shows the entries whose result is chosen, and whose names have the text that was written.
(() => {
  const boxes = [...document.querySelectorAll(".chooser input")];
  const name = document.getElementById("name");
  const entries = [...document.querySelectorAll(".entry")];

  const choose = () => {
    const chosen = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const part = name.value.toLowerCase();
    let count = 0;
    for (const entry of entries) {
      const { standing, name: own } = entry.dataset;
      entry.hidden = !chosen.has(standing) || !own.toLowerCase().includes(part);
      if (!entry.hidden) count += 1;
    }
    document.getElementById("shown").textContent = `${count} of ${entries.length} shown`;
  };

  for (const box of boxes) box.addEventListener("change", choose);
  name.addEventListener("input", choose);
  choose();
})();
