/* Before the first paint: what the person chose, and that there is a script. */
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.replace("no-js", "js");
  try {
    var theme = localStorage.getItem("posture-theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch (refused) { /* storage is closed to us: the system's choice holds */ }
})();
