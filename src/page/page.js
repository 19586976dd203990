"use strict";
// Steps through an execution. Step 0 is the state before the first one.
(() => {
  const story = JSON.parse(document.getElementById("story").textContent);
  const at = (id) => document.getElementById(id);
  const slider = at("step");
  const last = story.steps.length;
  let now = -1;

  // An element with a class and children: elements, or texts, which are never read as HTML.
  const made = (name, className, ...children) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    element.append(...children);
    return element;
  };

  const laneClass = (lane) => `lane-${lane % 6}`;

  // The state after so many steps.
  const stateAfter = (steps) => {
    const state = { threads: [], memory: [], locks: [], output: "" };
    const apply = (change) => {
      for (const [number, thread] of change.threads) state.threads[number] = thread;
      if (change.locks !== null) state.locks = change.locks;
      if (change.memory !== null) {
        state.memory.length = change.memory.count;
        for (const [row, name, value] of change.memory.new) state.memory[row] = [name, value];
      }
      if (change.output !== null) state.output = state.output.slice(0, change.output.kept) + change.output.more;
    };
    apply(story.before);
    for (const step of story.steps.slice(0, steps)) apply(step.change);
    return state;
  };

  // A table of names and values, in which those are marked that the step has changed.
  const table = (rows, before) => {
    const old = new Map(before);
    const body = made("tbody");
    for (const [name, value] of rows) {
      const isNew = now > 0 && old.get(name) !== value;
      body.append(made("tr", isNew ? "new" : "", made("td", "", name), made("td", "", value)));
    }
    return made("table", "", body);
  };

  const threadCard = (number, thread, before, isMine) => {
    const lane = story.lanes[number];
    const card = made("div", `card ${laneClass(number)}${isMine ? " mine" : ""}`,
      made("h3", "", lane.name), made("p", "", thread.state));
    thread.calls.forEach((call, depth) => {
      const old = before?.calls[before.calls.length - thread.calls.length + depth];
      if (call.function) card.append(made("p", "call", call.function));
      if (call.variables.length) {
        card.append(table(call.variables, old?.function === call.function ? old.variables : []));
      }
    });
    return card;
  };

  const card = (title, className, ...children) =>
    made("div", `card ${className}`, made("h3", "", title), ...children);

  const lockTable = (locks) => {
    const heads = ["", "held by", "waiting"].map((text) => made("th", "", text));
    const rows = locks.map((lock) =>
      made("tr", "", ...[lock.name, lock.owner || "–", lock.waiting || "–"].map((text) => made("td", "", text))));
    return made("table", "", made("thead", "", made("tr", "", ...heads)), made("tbody", "", ...rows));
  };

  const showState = (step) => {
    const state = stateAfter(now);
    const before = now > 0 ? stateAfter(now - 1) : state;
    const cards = [];
    if (step?.why) cards.push(card("An older value", "why wide", made("p", "", step.why)));
    state.threads.forEach((thread, number) =>
      cards.push(threadCard(number, thread, before.threads[number], step?.lane === number)));
    if (state.memory.length) cards.push(card("Memory", "", table(state.memory, before.memory)));
    if (state.locks.length) cards.push(card("Locks", "wide", lockTable(state.locks)));
    if (state.output) cards.push(card("Output", "wide", made("pre", "", state.output)));
    at("state").replaceChildren(...cards);
    return state;
  };

  // Scrolls inside a box, and never the page.
  const scrollTo = (box, top, height) => {
    if (top < box.scrollTop + 60 || top + height > box.scrollTop + box.clientHeight - 40) {
      box.scrollTop = top - box.clientHeight / 2;
    }
  };

  const showSource = (state, step) => {
    for (const line of document.querySelectorAll(".text.now")) line.classList.remove("now");
    for (const here of document.querySelectorAll(".here")) here.replaceChildren();
    state.threads.forEach((thread, number) => {
      const line = thread.spot && at(`line-${thread.spot.source}-${thread.spot.line}`);
      line?.querySelector(".here").append(made("span", laneClass(number), story.lanes[number].name));
    });
    const spot = step?.spot;
    const line = spot && at(`line-${spot.source}-${spot.line}`);
    if (line) {
      line.classList.add("now");
      const box = line.parentElement;
      box.scrollTop = line.offsetTop - box.offsetTop - box.clientHeight / 3;
    }
  };

  const showPicture = () => {
    for (const part of document.querySelectorAll(".lanes [data-step]")) {
      const number = Number(part.dataset.step);
      part.classList.toggle("now", number === now - 1);
      part.classList.toggle("later", number >= now);
    }
    for (const link of document.querySelectorAll(".lanes [data-to]")) {
      link.classList.toggle("later", Math.max(link.dataset.from, link.dataset.to) >= now);
    }
    const row = document.querySelector(".lanes .row.now");
    const box = document.querySelector(".pictured");
    if (!row) {
      box.scrollTo(0, 0);
      return;
    }
    scrollTo(box, Number(row.getAttribute("y")), Number(row.getAttribute("height")));
    const x = Number(document.querySelector(".lanes .step.now .dot").getAttribute("cx"));
    if (x < box.scrollLeft + 40 || x + 200 > box.scrollLeft + box.clientWidth) {
      box.scrollLeft = x - Math.min(60, box.clientWidth / 4);
    }
  };

  const goTo = (wanted) => {
    const next = Math.min(Math.max(wanted, 0), last);
    if (next === now) return;
    now = next;
    const step = story.steps[now - 1];
    slider.value = now;
    const name = step && story.lanes[step.lane].name;
    slider.setAttribute("aria-valuetext", step ? `${now} of ${last}: ${name}: ${step.words}` : "the beginning");
    at("where").textContent = `${now} of ${last}`;
    const what = step
      ? [made("b", "", name), step.is_pending ? " has begun: " : ": ", step.words,
        step.preempts ? ` (preempts ${step.preempts}, which could have gone on)` : ""]
      : ["The beginning."];
    at("what").replaceChildren(...what);
    at("first").disabled = at("back").disabled = now === 0;
    at("on").disabled = at("last").disabled = now === last;
    showPicture();
    showSource(showState(step), step);
    history.replaceState(null, "", `#${now}`);
  };

  const copy = async (button) => {
    const text = at(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = "Copied";
    } catch {
      // A page from disk may not be allowed to: then the text is selected, to be copied by hand.
      getSelection().selectAllChildren(text);
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  };

  // The names of the threads stay in sight.
  const box = document.querySelector(".pictured");
  box.addEventListener("scroll", () => {
    document.querySelector(".lanes .names").setAttribute("transform", `translate(0 ${box.scrollTop})`);
  });

  const keys = { ArrowLeft: () => now - 1, ArrowRight: () => now + 1, Home: () => 0, End: () => last };
  document.addEventListener("keydown", (event) => {
    const wanted = keys[event.key];
    if (!wanted || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    goTo(wanted());
  });
  slider.addEventListener("input", () => goTo(Number(slider.value)));
  at("first").addEventListener("click", () => goTo(0));
  at("back").addEventListener("click", () => goTo(now - 1));
  at("on").addEventListener("click", () => goTo(now + 1));
  at("last").addEventListener("click", () => goTo(last));
  for (const part of document.querySelectorAll(".lanes [data-step]")) {
    part.addEventListener("click", () => goTo(Number(part.dataset.step) + 1));
  }
  for (const button of document.querySelectorAll("button.copy")) {
    button.addEventListener("click", () => copy(button));
  }
  const asked = () => (/^#\d+$/.test(location.hash) ? Number(location.hash.slice(1)) : last);
  addEventListener("hashchange", () => goTo(asked()));
  goTo(asked());
  // The page opens with its step in sight, if need be without what is above the steps.
  const row = document.querySelector(".lanes .row.now");
  if (row && row.getBoundingClientRect().bottom > innerHeight) document.querySelector("nav").scrollIntoView();
})();
