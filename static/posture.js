/* Comforts only: every page works without this file. */
(function () {
  "use strict";
  var root = document.documentElement;

  function label(name, fallback) {
    var found = document.querySelector("[data-words-" + name + "]");
    return found ? found.getAttribute("data-words-" + name) : fallback;
  }

  /* Theme: system, light, dark. */
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-theme-toggle]");
    if (!button) return;
    var next = { undefined: "light", light: "dark", dark: undefined }[root.dataset.theme];
    if (next) root.dataset.theme = next; else delete root.dataset.theme;
    try {
      if (next) localStorage.setItem("posture-theme", next); else localStorage.removeItem("posture-theme");
    } catch (refused) { /* only this page remembers */ }
  });

  /* "/" goes to the search, Escape closes menus; one menu at a time. */
  document.addEventListener("keydown", function (event) {
    var typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      var search = document.getElementById("search");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    }
    if (event.key === "Escape") {
      document.querySelectorAll(".menu[open], .drawer[open]").forEach(function (menu) {
        menu.open = false;
        if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
      });
    }
  });
  document.addEventListener("click", function (event) {
    document.querySelectorAll(".menu[open], .drawer[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  /* Selects that submit their form when they change. */
  document.addEventListener("change", function (event) {
    if (event.target.matches("form.filters select")) event.target.form.requestSubmit();
  });

  /* Copy buttons beside commands. */
  function addCopy(scope) {
    if (!navigator.clipboard) return;
    scope.querySelectorAll(".code:not([data-ready])").forEach(function (box) {
      box.dataset.ready = "";
      var button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = label("copy", "Copy");
      button.addEventListener("click", function () {
        navigator.clipboard.writeText(box.querySelector("pre").textContent.replace(/\n$/, "")).then(function () {
          button.textContent = label("copied", "Copied");
          setTimeout(function () { button.textContent = label("copy", "Copy"); }, 1600);
        });
      });
      box.append(button);
    });
  }

  /* Steps of a fix become tabs; without script they stand one below the other. */
  function addTabs(scope) {
    scope.querySelectorAll("[data-tabs]:not([data-ready])").forEach(function (group) {
      var steps = Array.prototype.slice.call(group.querySelectorAll(":scope > .step"));
      group.dataset.ready = "";
      if (steps.length < 2) return;
      var list = document.createElement("div");
      list.className = "tabs";
      list.setAttribute("role", "tablist");
      var buttons = steps.map(function (step, place) {
        var head = step.querySelector("h3");
        var button = document.createElement("button");
        button.type = "button";
        button.id = step.id + "-tab";
        button.textContent = head.textContent;
        button.setAttribute("role", "tab");
        button.setAttribute("aria-controls", step.id);
        step.setAttribute("role", "tabpanel");
        step.setAttribute("aria-labelledby", button.id);
        head.hidden = true;
        button.addEventListener("click", function () { show(place); });
        button.addEventListener("keydown", function (event) {
          var way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (way) { show((place + way + steps.length) % steps.length, true); event.preventDefault(); }
        });
        list.append(button);
        return button;
      });
      function show(chosen, focus) {
        steps.forEach(function (step, place) {
          step.hidden = place !== chosen;
          buttons[place].setAttribute("aria-selected", String(place === chosen));
          buttons[place].tabIndex = place === chosen ? 0 : -1;
        });
        if (focus) buttons[chosen].focus();
      }
      steps[0].before(list);
      show(0);
    });
  }

  /* Relative times grow old between two answers of the server. */
  function renewTimes() {
    if (!window.Intl || !Intl.RelativeTimeFormat) return;
    var words = new Intl.RelativeTimeFormat(root.lang, { numeric: "always" });
    document.querySelectorAll("time[data-ago]").forEach(function (time) {
      var seconds = (new Date(time.dateTime) - Date.now()) / 1000;
      var units = [["day", 86400], ["hour", 3600], ["minute", 60]];
      for (var place = 0; place < units.length; place += 1) {
        if (Math.abs(seconds) >= units[place][1] && Math.abs(seconds) < 86400 * 7) {
          time.textContent = words.format(Math.trunc(seconds / units[place][1]), units[place][0]);
          return;
        }
      }
    });
  }

  /* New results swap the content: keep what the person had opened, never disturb typing. */
  var opened = [];
  document.addEventListener("htmx:beforeRequest", function (event) {
    if (event.detail.elt.id !== "main") return;
    var active = document.activeElement;
    if (active && active.closest("#main") && /^(INPUT|TEXTAREA|SELECT)$/.test(active.tagName)) event.preventDefault();
  });
  document.addEventListener("htmx:beforeSwap", function () {
    opened = Array.prototype.map.call(document.querySelectorAll("main details[open][id]"), function (open) { return open.id; });
  });
  document.addEventListener("htmx:afterSettle", function () {
    opened.forEach(function (id) {
      var details = document.getElementById(id);
      if (details) details.open = true;
    });
    prepare(document);
  });

  function prepare(scope) {
    addCopy(scope);
    addTabs(scope);
  }
  prepare(document);
  setInterval(renewTimes, 30000);
})();
